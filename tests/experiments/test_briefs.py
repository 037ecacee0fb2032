"""The page for a colleague: question, answer with interval, figures, assumptions, unknowns, how to repeat it."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments import Comparison, RunResult, Target, branch, compare, matrix, open_result, report, run, target
from experiments.branching import Branch
from experiments.briefs.brief import Brief, Picture
from experiments.briefs.compared import brief_of_comparison
from experiments.briefs.saved import brief_of
from experiments.briefs.saying import change, outcome_words, plain
from experiments.briefs.single import brief_of_run
from experiments.cli.app import app
from experiments.comparison import assemble
from experiments.policies.matrix import open_matrix
from experiments.targets.words import SHAPES
from experiments.workers import Replication
from tests.small import SMALL

FLAT = SHAPES["flat"]
KEY = re.compile(r"\b[a-z]+_[a-z_]+\b")


@pytest.fixture(scope="module")
def compared() -> Comparison:
    scenarios = ["baseline", "withdraw:build_limit=0.5"]
    return compare(scenarios, SMALL, replications=2, until="2026-12", workers=1)


@pytest.fixture(scope="module")
def alone() -> RunResult:
    return run("impasse", SMALL, until="2026-06")


def certain(compared: Comparison) -> Comparison:
    """The same scenarios with outcomes that are known: USPS loses a billion a year, give or take a tenth."""
    rng, found = np.random.default_rng(1), []
    for number, scenario in enumerate(compared.scenarios):
        for seed in range(8):
            luck = np.random.default_rng(seed).normal()
            values = {str(name): value for name, value in compared.runs.loc[(scenario.name, 1)].dropna().items()}
            for year in ("_2025", "_2026", ""):
                values[f"usps_net_income_usd{year}"] = -9e9 + 1e9 * luck - number * (1e9 + 1e8 * rng.normal())
            found.append(Replication(values, {"parcels": 0.0, "money": 0.0}))
    return assemble(compared.scenarios, 1, 8, found)


def text_of(html: str) -> str:
    """What a reader sees of a page, without its figures and their styles."""
    html = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.thorough
def test_a_brief_answers_in_two_sentences_with_the_interval_of_the_table(compared: Comparison) -> None:
    known = certain(compared)
    brief = brief_of_comparison(known)
    assert brief.question == (
        "What does “Amazon withdraws, with largest net addition of Amazon delivery capacity 0.5 bn parcels/yr per yr” "
        "do to the net income of USPS, against “Left to bargaining”?"
    )
    assert len(brief.answer) == 2
    row = known.table.loc[("usps_net_income_usd_2026", "withdraw:build_limit=0.5")]
    ends = sorted(abs(row[end]) / 1e9 for end in ("low", "high"))
    assert brief.answer[0].startswith(
        f"In 2026 the net income of USPS is ${-row['difference'] / 1e9:.2f} billion lower "
        f"(95 % interval: ${ends[0]:.2f} billion to ${ends[1]:.2f} billion lower)"
    )
    assert "loses most" in brief.answer[1]
    assert len(brief.pictures) == 3


def test_what_luck_could_do_as_well_is_said_to_be_so(compared: Comparison) -> None:
    row = compared.table.loc[("usps_net_income_usd_2025", "withdraw:build_limit=0.5")]
    first = brief_of_comparison(compared, "usps_net_income_usd_2025").answer[0]
    assert ("cannot be told from luck" in first) == bool(row["low"] < 0 < row["high"])
    assert change("x_usd", 1e9, -1e9, 3e9) == (
        "$1.00 billion higher on average, which cannot be told from luck "
        "(95 % interval: $1.00 billion lower to $3.00 billion higher)"
    )
    assert change("x_share", -0.1, -0.12, -0.08) == (
        "10.0 percentage points lower (95 % interval: 8.0 percentage points to 12.0 percentage points lower)"
    )
    assert "no interval" in change("x_usd", 1e9, float("nan"), float("nan"))


@pytest.mark.parametrize("outcome", ["usps_net_income_usd", "amazon_usps_retained_share", "ups_volume_parcels"])
def test_no_key_of_the_code_is_in_question_or_answer(compared: Comparison, alone: RunResult, outcome: str) -> None:
    for brief in (brief_of_comparison(compared, outcome), brief_of_run(alone, outcome)):
        assert [KEY.findall(one) for one in (brief.question, *brief.answer) if KEY.findall(one)] == []
        assert [one for one in (*brief.assumed, *brief.unknown) if KEY.search(one)] == []
        assert [one for one in (*brief.answer, *brief.assumed, *brief.unknown) if not one.endswith((".", "?"))] == []


def test_the_page_is_one_file_that_needs_no_network(compared: Comparison, tmp_path: Path) -> None:
    html = report(compared, out=tmp_path / "brief.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=\"(?!#)", html)
    assert "@import" not in html
    assert "url(http" not in html
    assert html.count("<svg") == 3
    told = text_of(html)
    for heading in ("Answer", "What was assumed", "What is not known", "How to repeat it"):
        assert heading in told
    assert "predicts no dates" in told


def test_what_it_says_to_repeat_gives_the_same_scenarios(compared: Comparison, alone: RunResult) -> None:
    from experiments.comparison import check_comparison
    from experiments.settings import read_settings

    words = shlex.split(brief_of_comparison(compared).repeat[0])
    assert words[:2] == ["lastmile", "compare"]
    names = [one for one in words[2:4] if not one.startswith("--")]
    options = list(itertools.pairwise(words))
    changes = read_settings([value for option, value in options if option == "--set"], [])
    given = dict(options)
    again, _ = check_comparison(
        names, changes, 1, given["--until"], int(given["--replications"]), None, 0.25, from_=given["--from"]
    )
    assert [one.changes() for one in again] == [one.changes() for one in compared.scenarios]
    command = brief_of_run(alone).repeat[0]
    assert command.startswith("lastmile run impasse --set ")
    assert command.endswith("--seed 1 --from 2025-01 --until 2026-06")


@pytest.mark.thorough
def test_a_saved_comparison_with_shocks_tells_a_command_that_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = [
        *("compare", "baseline", "withdraw:shocks=demand=-10%@2025-03", "--until", "2025-06"),
        *("--shock", "fuel=+100%@2025-02..2025-04", "--shock", "wages:usps=+5%@2025-03.."),
        *("--stop-when", "usps_cash_usd <= 0", "--replications", "2", "--workers", "1"),
        *(part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")),
    ]
    first = CliRunner().invoke(app, [*asked, "--out", "first"])
    assert first.exit_code == 0, first.output
    saved = open_result("first")
    assert isinstance(saved, Comparison)
    brief = brief_of_comparison(saved)
    assert any("a shock to wages of USPS of +5 % from March 2025 on" in one for one in brief.assumed)
    assert any("the month in which the cash of USPS is at most" in one for one in brief.assumed)
    assert not [one for one in brief.assumed if KEY.search(one)]
    words = shlex.split(brief.repeat[0])
    again = CliRunner().invoke(app, [*words[1:], "--workers", "1", "--out", "again"])
    assert again.exit_code == 0, again.output
    repeated = open_result("again")
    assert isinstance(repeated, Comparison)
    pd.testing.assert_frame_equal(repeated.runs, saved.runs, rtol=0, atol=0)
    assert [one.changes() for one in repeated.scenarios] == [one.changes() for one in saved.scenarios]


def test_a_saved_result_gets_its_brief_beside_its_folder(alone: RunResult, tmp_path: Path) -> None:
    folder = alone.save(tmp_path / "run.of.mine")
    called = CliRunner().invoke(app, ["report", str(folder)])
    assert called.exit_code == 0, called.output
    page = tmp_path / "run.of.mine.html"
    told = text_of(page.read_text(encoding="utf-8"))
    assert "What becomes of the net income of USPS under “No agreement”" in told
    assert "it has no interval" in told
    assert "An outcome is imposed" in told
    alone.save(folder)  # and the folder is still that of a result


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--outcome", "usps_cahs_usd"], "did you mean usps_cash_usd"),
        (["--outcome", "usps_cash_usd", "--outcome", "usps_debt_usd"], "a brief is about one"),
        (["--out", "nowhere/page.html"], "nowhere"),
    ],
)
def test_bad_input_is_told_and_nothing_written(
    alone: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = alone.save(tmp_path / "run")
    before = sorted(tmp_path.rglob("*"))
    called = CliRunner().invoke(app, ["report", str(folder), *more])
    assert called.exit_code == 2
    assert told in called.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_saved_comparison_tells_the_code_that_made_it_and_not_that_of_today(
    compared: Comparison, tmp_path: Path
) -> None:
    folder = compared.save(tmp_path / "saved")
    file = folder / "summary.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    for made in content["provenance"].values():
        made["code_checksum"] = "of another day"
    file.write_text(json.dumps(content), encoding="utf-8")
    again = open_result(folder)
    assert isinstance(again, Comparison)
    assert again.summary()["provenance"]["baseline"]["code_checksum"] == "of another day"
    assert brief_of_comparison(again).origin["code and data"] == "of another day"


def test_others_fill_a_brief_in_with_what_they_know(tmp_path: Path) -> None:
    brief = Brief(
        question="At which price does Amazon keep 80 % with USPS?",
        answer=["At $3.10 (95 % interval: $3.00 to $3.20).", "A <cheaper> one keeps more."],
        pictures=[Picture("Share kept", "<svg></svg>", "By price.")],
        assumed=["What is usual."],
        unknown=["What Amazon pays."],
        repeat=["lastmile target baseline"],
    )
    html = brief.write(tmp_path / "brief.html").read_text(encoding="utf-8")
    assert "A &lt;cheaper&gt; one keeps more." in html
    assert "<svg></svg>" in html


def test_every_outcome_can_be_said(compared: Comparison) -> None:
    names: list[Any] = list(dict.fromkeys(compared.table.index.get_level_values("outcome")))
    said = pd.Series({name: outcome_words(str(name)) for name in names})
    assert (said.str.len() > 3).all()
    assert outcome_words("ups_volume_parcels_2026") == "the parcels that UPS brings to the door"


def test_scenarios_are_called_by_their_titles() -> None:
    assert plain("leave as in `withdraw`; see walmart_builds_too") == (
        "leave as in “Amazon withdraws”; see “Walmart builds too”"
    )


@pytest.fixture(scope="module")
def left(alone: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a branch that was left from a saved run."""
    folder = tmp_path_factory.mktemp("branched")
    parent = alone.save(folder / "parent")
    branch(parent, "2026-02", {"debt_cap": "raised"}, ["wages:usps=+5%@2026-03.."]).save(folder / "branch")
    return folder / "branch"


def test_a_branch_tells_what_it_changes_and_both_commands(left: Path) -> None:
    saved = open_result(left)
    assert isinstance(saved, Branch)
    brief = brief_of(saved)
    assert "debt cap: raised" in brief.question
    assert "a shock to wages of USPS of +5 % from March 2026 on" in brief.question
    found = saved.differences.set_index("outcome").loc["usps_net_income_usd"]
    assert f"${abs(found['difference']) / 1e9:.2f} billion lower than in the run that was left" in brief.answer[0]
    assert "no interval" in brief.answer[1]
    assert "“No agreement”" in " ".join(brief.assumed)
    first, second = map(shlex.split, brief.repeat)
    assert first[:3] == ["lastmile", "run", "impasse"]
    assert second[:5] == ["lastmile", "branch", first[-1], "--at", "2026-02"]
    assert second[5:] == ["--set", "debt_cap=raised", "--shock", "wages:usps=+5%@2026-03.."]
    assert open_result(left).summary() == saved.summary()


def test_a_branch_is_shown_and_repeated_as_its_brief_says(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = CliRunner().invoke(app, ["show", str(left)])
    assert "from 2026-02 on: debt_cap = raised" in " ".join(shown.stdout.split()), shown.output
    monkeypatch.chdir(tmp_path)
    saved = open_result(left)
    assert isinstance(saved, Branch)
    for command in brief_of(saved).repeat:
        out = [] if "--out" in command else ["--out", "again"]
        done = CliRunner().invoke(app, [*shlex.split(command)[1:], *out])
        assert done.exit_code == 0, done.output
    again = open_result("again")
    assert isinstance(again, Branch)
    pd.testing.assert_frame_equal(again.result.monthly, saved.result.monthly, rtol=0, atol=0)


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("target") / "price"
    asked = {**SMALL, "shocks": ["wages:usps=+5%@2025-12"]}
    target(
        "baseline", "usps_cash_start", (12, 16), "usps_cash_usd_2025=10bn", asked, replications=2, points=3, workers=1,
        out=folder,
    )  # fmt: skip
    return folder


def test_a_target_is_answered_without_keys_and_its_command_finds_all_runs_done(
    reached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = open_result(reached)
    assert isinstance(saved, Target)
    brief = brief_of(saved)
    assert brief.question.startswith("At which value of “USPS cash, December 2024” does the cash of USPS at the end of")
    told = [brief.question, *brief.answer, *brief.assumed, *brief.unknown, *(one.title for one in brief.pictures)]
    assert not [one for one in told if KEY.search(one)]
    assert "95 % interval" in brief.answer[0]
    (row,) = saved.root.to_dict("records")
    assert f"of {saved.varied.told(row['value'])} bn $" in brief.answer[0]
    assert len(brief.pictures) == 3
    monkeypatch.setattr("experiments.targets.runs.replicate", None)  # no run is missing
    more = ["--points", "3", "--workers", "1", "--out", str(reached)]
    again = CliRunner().invoke(app, [*shlex.split(brief.repeat[0])[1:], *more])
    assert again.exit_code == 0, again.output
    repeated = open_result(reached)
    assert repeated.summary()["curve"] == saved.summary()["curve"]


def test_what_is_never_reached_is_told_with_the_interval_that_comes_closest(reached: Path) -> None:
    saved = open_result(reached)
    assert isinstance(saved, Target)
    never = replace(
        saved, root=saved.root.iloc[:0], reach=replace(saved.reach, figure=15e9), answer="It never gets there. " + FLAT,
        shape="flat",
    )  # fmt: skip
    first, second = brief_of(never).answer
    row = saved.curve.iloc[int(saved.curve["mean"].argmax())]
    assert first == "It never gets there."
    assert f"(95 % interval: {saved.reach.told(row['low'])} to {saved.reach.told(row['high'])})" in second
    assert second.endswith(FLAT)


def test_a_target_has_an_outcome_of_its_own(reached: Path) -> None:
    refused = CliRunner().invoke(app, ["report", str(reached), "--outcome", "ups_profit_usd"])
    assert refused.exit_code == 2
    assert "usps_cash_usd_2025" in refused.stderr
    assert not (reached.parent / "price.html").exists()


@pytest.mark.thorough
def test_a_matrix_names_policies_and_scenarios_by_their_titles(tmp_path: Path) -> None:
    asked = {**SMALL, "stop_when": "usps_cash_usd <= 0"}
    only = ["status_quo", "five_days"]
    matrix(
        ["baseline", "mail_decline"], only=only, outcome="usps_net_income_usd", set=asked, until="2025-02",
        replications=2, workers=1, out=tmp_path / "policies",
    )  # fmt: skip
    made = CliRunner().invoke(app, ["report", str(tmp_path / "policies")])
    assert made.exit_code == 0, made.output
    told = text_of((tmp_path / "policies" / "report.html").read_text(encoding="utf-8"))
    assert "“Delivery on five days a week from the start” (the choice of Congress)" in told
    assert "Mail falls faster" in told
    brief = brief_of(open_matrix(tmp_path / "policies"))
    texts = [brief.question, *brief.answer, *brief.assumed, *(one.title for one in brief.pictures)]
    assert not [one for one in texts if KEY.search(one)]
    assert "95 % interval" in " ".join(brief.answer)
    words = shlex.split(brief.repeat[0])
    assert words[:4] == ["lastmile", "matrix", "--scenarios", "baseline,mail_decline"]
    assert words[words.index("--stop-when") + 1] == "usps_cash_usd <= 0"
    again = CliRunner().invoke(app, [*words[1:], "--workers", "1", "--out", str(tmp_path / "policies"), "--json"])
    assert again.exit_code == 0, again.output
    other = CliRunner().invoke(app, ["report", str(tmp_path / "policies"), "--outcome", "usps_cash_usd"])
    assert other.exit_code == 0, other.output
    assert "the cash of USPS" in text_of((tmp_path / "policies" / "report.html").read_text(encoding="utf-8"))
