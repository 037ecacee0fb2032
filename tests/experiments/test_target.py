"""`target` on a stand-in for the market: what it finds, says, keeps and refuses; and once on the market itself."""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import refused_at_once
from typer.testing import CliRunner, Result

from experiments import InputError, Target, target
from experiments.cli.app import app
from experiments.cli.targets import strip
from experiments.targets.picture import draw_target
from experiments.targets.reach import Reach, read_reach
from experiments.workers import Replication, Task
from tests.small import SMALL

START_PRICE = 6.0 / 1.7  # what Amazon pays USPS at the start
KEEPS = "amazon_usps_retained_share_2027=0.8"
NO_DEFAULT = "chance(usps_cash_exhausted_share_2027<=0)=0.5"


class StandIn:
    """Stands for the market: what Amazon keeps falls with the price, a ceiling on debt avoids what luck asks of it."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.stop_after = math.inf

    def __call__(self, task: Task) -> Replication:
        if len(self.tasks) >= self.stop_after:
            raise KeyboardInterrupt
        self.tasks.append(task)
        p = task.scenario.parameters
        luck = np.random.default_rng(task.seed).normal()
        price = p.price_access_published_ratio * START_PRICE
        outcomes = {
            "amazon_usps_retained_share_2027": 1.4 - 0.2 * price + 0.02 * luck,
            "amazon_usps_price_usd_2027": price * 1.1,
            "amazon_own_share_2027": 0.5 + 0.01 * math.sin(2.0 * math.pi * p.build_limit),
            "usps_cash_exhausted_share_2027": float(p.usps_debt_cap < 24.0 + luck),
            "usps_cash_usd_2027": 1e9 * (task.scenario.exit_start.index - 12 * 2025 + luck),
        }
        if task.scenario.debt_cap == "raised":
            outcomes.pop("usps_cash_usd_2027")
        return Replication(outcomes, {"parcels": 0.0, "money": 0.0})


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setattr("experiments.targets.runs.replicate", stand_in)
    return stand_in


def ask(vary: str = "price_access", between: object = "2..5", reach: str = KEEPS, **more: object) -> Target:
    return target("baseline", vary, between, reach, workers=1, **more)  # type: ignore[arg-type]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["target", *arguments])


def test_the_price_at_which_amazon_keeps_80_percent(market: StandIn) -> None:
    found = ask()
    (row,) = found.root.to_dict("records")
    assert row["low"] <= 3.0 <= row["high"]
    assert row["value"] == pytest.approx(3.0, abs=0.1)
    assert row["direction"] == "falls"
    assert "amazon_usps_retained_share_2027 falls to 80.00 % at price_access = " in found.answer
    assert "$ per parcel (95 % interval 2.9" in found.answer
    (beside,) = found.beside.to_dict("records")
    assert beside["outcome"] == "amazon_usps_price_usd_2027"
    assert beside["mean"] == pytest.approx(1.1 * row["value"])
    task = market.tasks[0]
    assert task.scenario.bargaining == "posted"
    assert str(task.scenario.end) == "2027-12"  # no month more than the question needs
    seeds = {value: set(rows["seed"]) for value, rows in found.runs.groupby("value")}
    assert all(one <= set(range(1, 21)) for one in seeds.values())


def test_the_debt_ceiling_that_avoids_default_and_with_which_chance(market: StandIn) -> None:
    found = ask("usps_debt_cap", (15, 35), NO_DEFAULT)
    (row,) = found.root.to_dict("records")
    assert row["low"] < 24.0 < row["high"]
    assert "the chance that usps_cash_exhausted_share_2027 <= 0" in found.answer.lower()
    assert "rises to 50%" in found.answer
    at_end = found.curve.iloc[-1]
    assert (at_end["mean"], at_end["high"]) == (1.0, 1.0)
    assert at_end["low"] < 1.0  # five runs without default do not show that there is none
    plain = ask("usps_debt_cap", (15, 35), "usps_cash_exhausted_share@2027=50%")
    assert plain.reach.is_chance
    assert plain.root["value"].iloc[0] == pytest.approx(row["value"])
    assert plain.root["direction"].iloc[0] == "falls"


def test_a_figure_that_is_never_reached_is_said_with_what_is(market: StandIn) -> None:
    found = ask(reach="amazon_usps_retained_share_2027=0.2")
    assert not found.reaches
    assert "never gets to 20.00 % for price_access from 2 to 5 $ per parcel" in found.answer
    assert "it reaches from 4" in found.answer
    assert "always above" in found.answer
    assert "it falls, as far as paired seeds can tell" in found.answer


def test_what_moves_nothing_is_said_to_move_nothing(market: StandIn) -> None:
    found = ask("usps_debt_cap", "15..30", KEEPS)
    assert found.shape == "flat"
    assert "No rise or fall over the range can be told from luck" in found.answer
    assert "% everywhere" in found.answer


def test_a_curve_that_is_not_monotone_has_all_its_crossings(market: StandIn) -> None:
    found = ask("build_limit", "0.1..1.9", "amazon_own_share_2027=0.5", points=10)
    assert found.root["direction"].tolist() == ["falls", "rises", "falls"]
    assert found.root["value"].tolist() == pytest.approx([0.5, 1.0, 1.5], abs=0.01)
    assert "crosses 50.00 % 3 times as build_limit grows" in found.answer
    assert "not monotone" in found.answer


def test_a_month_is_found_as_a_month(market: StandIn) -> None:
    found = ask("exit_start", "2025-01..2026-12", "usps_cash_usd_2027=12bn")
    summary = found.summary()
    assert summary["root"][0]["value"] in ("2025-12", "2026-01", "2026-02")
    assert summary["in"] == ["2025-01", "2026-12"]
    assert f"exit_start = {summary['root'][0]['value']} (95 % interval 20" in found.answer


def test_a_chance_near_one_needs_seeds_and_says_how_many(market: StandIn) -> None:
    found = ask("usps_debt_cap", (15, 35), NO_DEFAULT.replace("0.5", "0.9"), replications=10)
    assert found.root["open_high"].iloc[0]
    assert "to beyond 35" in found.answer
    assert any("35 would be the least" in note for note in found.warnings)


def test_runs_without_a_figure_are_told(market: StandIn) -> None:
    with pytest.raises(InputError, match="no outcome 'usps_cash_usd_2035'"):
        ask("exit_start", "2025-01..2026-12", "usps_cash_usd_2035=0")
    found = ask("exit_start", "2025-01..2026-12", "usps_cash_usd_2027=12bn", set={"debt_cap": "raised"}, replications=2)
    assert found.answer == "No two runs have a figure of usps_cash_usd_2027."
    assert found.root.empty


def test_what_a_folder_holds_is_not_run_again_whatever_the_figure(market: StandIn, tmp_path: Path) -> None:
    first = ask(out=tmp_path / "kept")
    count = len(market.tasks)
    again = ask(out=tmp_path / "kept")
    assert len(market.tasks) == count
    assert again.summary() == first.summary()
    ask(out=tmp_path / "kept", reach=KEEPS.replace("0.8", "0.82"))
    assert len(market.tasks) < 2 * count
    assert {one.name for one in (tmp_path / "kept").iterdir()} == {
        "summary.json", "curve.parquet", "root.parquet", "beside.parquet", "runs.parquet", "curve.svg",
    }  # fmt: skip
    assert "<svg" in (tmp_path / "kept" / "curve.svg").read_text()


def test_an_interrupted_target_goes_on(market: StandIn, tmp_path: Path) -> None:
    market.stop_after = 50
    with pytest.raises(KeyboardInterrupt, match="50 runs are kept"):
        ask(out=tmp_path / "kept")
    market.stop_after = math.inf
    found = ask(out=tmp_path / "kept")
    whole = ask()
    assert found.summary() == whole.summary()
    keys = [(task.scenario, task.seed) for task in market.tasks[: len(found.runs)]]
    assert len(set(keys)) == len(keys) == len(found.runs)


def test_no_folder_is_written_by_an_interrupt_that_has_nothing(market: StandIn, tmp_path: Path) -> None:
    market.stop_after = 0
    with pytest.raises(KeyboardInterrupt):
        ask(out=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_the_command_prints_the_curve_and_the_answer(market: StandIn, tmp_path: Path) -> None:
    asked = ["--vary", "price_access", "--in", "2..5", "--reach", KEEPS, "--workers", "1", "--seed", "4"]
    answer = call(*asked, "--out", str(tmp_path / "kept"))
    assert answer.exit_code == 0, answer.output
    told = " ".join(answer.stdout.split())
    assert "falls to 80.00 % at price_access" in told
    assert "●" in told
    assert "posted, not bargained over" in told
    found = json.loads(call(*asked, "--json").stdout)
    assert found["root"][0]["direction"] == "falls"
    assert found["curve"][0]["value"] == 2.0
    assert found["command"].startswith(
        "lastmile target baseline --vary price_access --in 2.0..5.0 --reach 'amazon_usps"
    )
    assert "--seed 4" in found["command"]


def test_what_the_scenario_sets_and_is_varied_is_told(market: StandIn) -> None:
    found = target("cash_runs_out", "usps_cash_start", "8..12", KEEPS, workers=1, replications=2)
    assert any("sets usps_cash_start = 10 itself" in note for note in found.warnings)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], ["vary: missing", "in: ''", "reach: missing"]),
        (["--vary", "price_acces", "--in", "2..5", "--reach", KEEPS], ["did you mean price_access"]),
        (["--vary", "five_day_delivery", "--in", "2..5", "--reach", KEEPS], ["no values in between", "at_once"]),
        (["--vary", "price_access_amazon", "--in", "2..5", "--reach", KEEPS], ["price_access_amazon"]),
        (["--vary", "usps_debt_cap", "--in", "5..2", "--reach", KEEPS], ["in: high 2 must be above low 5"]),
        (["--vary", "usps_debt_cap", "--in", "x..2", "--reach", KEEPS], ["in: usps_debt_cap = 'x'"]),
        (["--vary", "usps_debt_cap", "--in", "-5..2", "--reach", KEEPS], ["-5", "from 0"]),
        (["--vary", "exit_start", "--in", "2..5", "--reach", KEEPS], ["YYYY-MM"]),
        (["--vary", "usps_debt_cap", "--in", "2", "--reach", KEEPS], ["two ends"]),
        (["--vary", "usps_debt_cap", "--in", "2..5", "--reach", "x"], ["reach: 'x'"]),
        (["--vary", "usps_debt_cap", "--in", "2..5", "--reach", "usps_cahs_usd_2028=0"], ["mean usps_cash_usd"]),
        (["--vary", "usps_debt_cap", "--in", "2..5", "--reach", "amazon_own_share_2028=80"], ["can never be 80"]),
        (["--vary", "usps_debt_cap", "--in", "2..5", "--reach", "chance(usps_cash_usd_2028>0)=1"], ["0 and 1"]),
        (
            ["basline", "--vary", "price_access", "--in", "2..5", "--reach", KEEPS, "--replications", "1",
             "--set", "bargaining=nash", "--points", "2", "--tolerance", "0", "--seed", "-1", "--workers", "0"],
            ["7 problems", "did you mean baseline", "replications: 1", "points: 2",
             "tolerance: 0", "seed: -1", "workers: 0", "vary: bargaining is set and varied by price_access"],
        ),
    ],
)  # fmt: skip
def test_every_problem_is_told_at_once(
    market: StandIn, arguments: list[str], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused_at_once(call(*arguments, "--out", "made"), told, tmp_path)
    assert market.tasks == []


@given(
    name=st.from_regex(r"[a-z][a-z_]{0,20}_20[2-3][0-9]", fullmatch=True),
    number=st.floats(-1e12, 1e12),
    bound=st.floats(-1e12, 1e12),
    sign=st.sampled_from(["<", "<=", ">", ">="]),
    chance=st.floats(0.01, 0.99),
)
def test_what_is_written_is_read_again(name: str, number: float, bound: float, sign: str, chance: float) -> None:
    for one in (Reach(name, number), Reach(name, chance, sign, bound)):
        problems: list[str] = []
        found = read_reach(one.text, problems)
        if not problems:
            assert found is not None
            assert (found.outcome, found.sign) == (one.outcome, one.sign)
            assert found.figure == pytest.approx(one.figure, rel=1e-9)
        else:
            assert one.is_chance  # an outcome that is 0 or 1 takes only what a chance can be


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    problems: list[str] = []
    found = read_reach(text, problems)
    assert (found is None) <= bool(problems)


def test_units_of_figures() -> None:
    for text, figure in (("80%", 0.8), ("-10 bn", -1e10), ("250mn", 2.5e8), ("1e3", 1000.0), (".5", 0.5)):
        found = read_reach(f"x_2028 = {text}", [])
        assert found is not None
        assert found.figure == pytest.approx(figure)


def test_a_drawn_curve_shows_mean_interval_and_figure() -> None:
    assert strip(0.5, 0.25, 0.75, 0.0, (0.0, 1.0)) == "│       ────────●────────"
    assert strip(1.0, 1.0, 1.0, 1.0, (1.0, 1.0)) == "●"


@pytest.mark.thorough
def test_on_the_market_two_processes_find_what_one_finds() -> None:
    asked = {"set": SMALL, "replications": 2, "points": 3, "until": "2025-12", "tolerance": 0.5}
    reach = "usps_cash_usd_2025=10.5bn"
    one, two = (target("baseline", "usps_cash_start", "12..16", reach, workers=n, **asked) for n in (1, 2))  # type: ignore[arg-type]
    assert one.summary() == two.summary()
    assert one.root["direction"].tolist() == ["rises"]
    assert 12.0 < one.root["value"].iloc[0] < 16.0


def test_the_picture_is_a_file_that_any_viewer_can_read(market: StandIn) -> None:
    drawn = ElementTree.fromstring(draw_target(ask()))
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    texts = " ".join("".join(one.itertext()) for one in drawn.iter("{http://www.w3.org/2000/svg}text"))
    assert "price_access, $ per parcel" in texts
