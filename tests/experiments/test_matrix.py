"""Policies against scenarios: regret by hand, which choice is robust and how surely, the command, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from stand_ins import refused_at_once
from typer.testing import CliRunner, Result

from experiments import InputError, Matrix, matrix, open_sweep
from experiments.cli.app import app
from experiments.designs.restore import restore_design
from experiments.intervals import REAL, chance_interval
from experiments.policies.better import more_is_better
from experiments.policies.matrix import PAGE, SUMMARY
from experiments.policies.reading import read_policies
from experiments.policies.regret import Cells, cell_table, choice_table, robust_choice
from experiments.targets.crossing import mean_and_interval
from tests.small import SMALL

POLICIES = {
    "status_quo": {},
    "five_days": {"owner": "Congress", "set": {"five_day_delivery": "at_once"}},
}
ASKED = {"policies": POLICIES, "set": SMALL, "until": "2025-12", "replications": 2, "workers": 1}
OUTCOME = "usps_net_income_usd_2025"


def cells(values: list[list[list[float]]], high: bool = True) -> Cells:
    """Values by world, policy and seed."""
    array = np.array(values)
    worlds, policies = ([f"{kind}{number}" for number in range(count)]
                        for kind, count in zip("wp", array.shape, strict=False))  # fmt: skip
    return Cells(array, worlds, policies, high, mean_and_interval, REAL)


# In the first world the first policy is best, in the second the last one; the one in the middle is never far off.
THREE = [[[10.0, 12.0], [9.0, 11.0], [2.0, 4.0]], [[0.0, 2.0], [6.0, 8.0], [8.0, 8.0]]]


def test_regret_is_what_the_best_policy_of_a_world_has_more() -> None:
    table = cell_table(cells(THREE))
    assert table["regret"].tolist() == [0.0, 1.0, 8.0, 7.0, 1.0, 0.0]
    assert table["difference"].tolist()[1:3] == [-1.0, -8.0]
    assert table["best_share"].tolist() == [1.0, 0.0, 0.0, 0.0, 0.25, 0.75]  # a tie is divided
    assert table.groupby("scenario")["best_share"].sum().tolist() == [1.0, 1.0]
    assert (table["regret_low"].dropna() >= 0.0).all()


def test_where_less_is_better_the_least_is_the_best() -> None:
    table = cell_table(cells(THREE, high=False))
    assert table["regret"].tolist() == [8.0, 7.0, 0.0, 0.0, 6.0, 7.0]
    assert table["best_share"].tolist() == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_the_robust_choice_has_the_least_regret_in_its_worst_world() -> None:
    choice = choice_table(cells(THREE))
    assert choice["worst_regret"].tolist() == [7.0, 1.0, 8.0]
    assert choice["worst_scenario"].tolist() == ["w1", "w0", "w0"]
    assert robust_choice(choice) == "p1"
    assert choice["chosen_share"].tolist() == [0.0, 1.0, 0.0]
    assert (choice["low"] <= choice["worst_regret"]).all()
    assert (choice["worst_regret"] <= choice["high"]).all()


def test_a_choice_that_hangs_on_luck_is_told_as_such() -> None:
    draw = np.random.default_rng(3)
    luck = draw.normal(0.0, 5.0, (1, 2, 12))
    share = choice_table(cells((np.zeros((1, 2, 12)) + luck).tolist()))["chosen_share"]
    assert 0.02 < share.min() < share.max() < 0.98
    assert share.sum() == pytest.approx(1.0)
    sure = choice_table(cells((np.array([[[0.0], [20.0]]]) + luck).tolist()))["chosen_share"]
    assert sure.tolist() == [0.0, 1.0]


def test_missing_runs_and_single_seeds_claim_nothing() -> None:
    holes = np.array(THREE)
    holes[0, 1, 0] = np.nan
    table = cell_table(cells(holes.tolist()))
    assert table["n"].tolist() == [2, 1, 2, 2, 2, 2]
    assert table["regret"].tolist()[:3] == [0.0, 1.0, 8.0]
    one = choice_table(cells(holes.tolist()))
    assert one["worst_regret"].tolist() == [6.0, 1.0, 8.0]
    assert one["chosen_share"].isna().all()
    holes[0, 0, 1] = np.nan
    assert choice_table(cells(holes.tolist())).empty


def test_the_policies_of_the_package_are_sound_and_have_owners() -> None:
    policies = read_policies()
    assert policies[0].name == "status_quo"
    assert all(one.owners and one.title for one in policies[1:])
    together = next(one for one in policies if one.name == "all_together")
    parts = [one for one in policies if one.name in ("debt_ceiling", "five_days", "price_freedom")]
    assert dict(together.changes) == {key: value for one in parts for key, value in one.changes.items()}
    assert set(together.owners) == {owner for one in parts for owner in one.owners}


def test_all_problems_of_a_file_of_policies_come_at_once() -> None:
    with pytest.raises(InputError) as told:
        read_policies(
            {
                "a": {"owner": "USPS", "set": {"debt_cap": "raised"}},
                "b": {"set": {"mail_trend": "fast", "usps_price_step_max": 0.1}},
                "c": {"owner": "Me", "colour": "x", "set": {"build_limt": 3}},
                "d": 5,
                "e f": {},
            },
            ["a", "z"],
        )
    text = str(told.value)
    for part in (
        "debt_cap is the choice of Congress, and owner says USPS",
        "mail_trend is no policy: the world chooses it",
        "owner is missing; nobody else tells whose choice usps_price_step_max is",
        "c.colour: unknown",
        "'Me' is not allowed",
        "did you mean build_limit",
        "policies.d: 5 is not allowed",
        "letters, digits and _ only",
        "there is no policy 'z'",
    ):
        assert part in text, part
    assert read_policies({"a": {"set": {"debt_cap": "raised"}}})[0].owners == ("Congress",)


def test_what_is_better_is_known_only_where_nobody_would_argue() -> None:
    assert more_is_better("usps_fiscal_net_income_usd_2028")
    assert more_is_better("usps_arrears_usd_2030") is False
    assert more_is_better("amazon_usps_retained_share_2028") is None


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Matrix, Path]:
    folder = tmp_path_factory.mktemp("matrix") / "out"
    return matrix(["baseline", "mail_decline"], **ASKED, out=folder), folder  # type: ignore[arg-type]


def test_a_matrix_is_a_sweep_of_every_policy_in_every_scenario(kept: tuple[Matrix, Path]) -> None:
    result, folder = kept
    found = open_sweep(folder)
    assert found.status.done == 2 * 2 * 2
    assert found.scenarios == tuple(f"{one}+{two}" for one in ("baseline", "mail_decline") for two in POLICIES)
    assert result.table.index.tolist() == [
        (OUTCOME, one, two) for one in ("baseline", "mail_decline") for two in POLICIES
    ]
    # Five days save money in every world; with the same luck each seed says so.
    assert result.table.loc[(OUTCOME, "baseline", "five_days"), "difference_low"] > 0.0
    assert result.choice.loc[(OUTCOME, "five_days"), "worst_regret"] == 0.0
    assert "five_days (the choice of Congress), best in every scenario" in result.answers[OUTCOME]
    assert restore_design(found.manifest.design).describe() == found.manifest.design
    runs = found.runs.set_index(["scenario", "seed"])[OUTCOME]
    cell = result.runs[(result.runs["scenario"] == "baseline") & (result.runs["policy"] == "five_days")]
    assert cell[OUTCOME].tolist() == runs.loc["baseline+five_days"].tolist()


def test_another_outcome_and_more_seeds_run_only_what_is_missing(kept: tuple[Matrix, Path]) -> None:
    _, folder = kept
    before = open_sweep(folder).status.cpu_seconds
    other = matrix(
        ["baseline", "mail_decline"], **ASKED, out=folder, outcome=["usps_cash_usd@2025", "usps_volume_parcels_2025"],
        best="low",
    )  # type: ignore[arg-type]  # fmt: skip
    assert open_sweep(folder).status.cpu_seconds == before
    assert other.outcomes == {"usps_cash_usd_2025": False, "usps_volume_parcels_2025": False}
    with pytest.raises(InputError, match="holds another sweep"):
        matrix(["baseline"], **ASKED, out=folder)  # type: ignore[arg-type]


def test_the_page_needs_no_other_file_and_holds_what_the_summary_holds(kept: tuple[Matrix, Path]) -> None:
    result, folder = kept
    page = (folder / PAGE).read_text(encoding="utf-8")
    assert "http" not in page.replace("http://www.w3.org", "")
    assert page.count("<svg") >= 3
    assert "what it sets" in page
    summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    assert summary["kind"] == "matrix"
    assert {one["name"] for one in summary["policies"]} == set(POLICIES)
    assert result.grid(OUTCOME).shape == (2, 2)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["matrix", *arguments])


def test_the_command_prints_outcome_regret_and_the_robust_choice(kept: tuple[Matrix, Path], tmp_path: Path) -> None:
    _, folder = kept
    file = tmp_path / "policies.toml"
    file.write_text('[status_quo]\n[five_days]\nowner = "Congress"\nset = { five_day_delivery = "at_once" }\n')
    settings = [part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")]
    asked = ["--scenarios", "baseline,mail_decline", "--policies", str(file), "--until", "2025-12",
             "--replications", "2", "--workers", "1", "--out", str(folder), *settings]  # fmt: skip
    answer = call(*asked)
    assert answer.exit_code == 0, answer.output
    told = " ".join(answer.stdout.split())
    assert "less status_quo" in told
    assert "five_days (Congress): sets five_day_delivery = at_once." in told
    assert "it is the choice in 100% of resamples" in told
    found = json.loads(call(*asked, "--json").stdout)
    assert found["outcomes"][OUTCOME]["best"] == "high"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], ["scenarios: missing"]),
        (["--scenarios", "baseline,withdrew,baseline"], ["did you mean withdraw", "'baseline' comes twice"]),
        (["--scenarios", "baseline", "--only", "five_dys"], ["there is no policy 'five_dys'", "five_days"]),
        (["--scenarios", "baseline", "--policies", "none.toml"], ["none.toml", "No such file"]),
        (["--scenarios", "five_day_delivery", "--set", "debt_cap=raised"], ["policy debt_ceiling sets it too"]),
        (["--scenarios", "baseline", "--outcome", "amazon_own_share_2030"], ["best: whether more or less"]),
        (["--scenarios", "baseline", "--outcome", "usps_cash_usd_2050"], ["known of 2025 to 2030"]),
        (["--scenarios", "baseline", "--best", "most", "--replications", "0", "--workers", "0", "--seed", "-1"],
         ["4 problems", "best: 'most'", "replications: 0", "workers: 0", "seed: -1"]),
        (["--scenarios", "standing_still"], ["mail_price_above_inflation", "policy price_freedom"]),
    ],
)  # fmt: skip
def test_every_problem_is_told_at_once(
    arguments: list[str], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused_at_once(call(*arguments, "--out", "made"), told, tmp_path)


def test_a_share_of_seeds_is_known_as_well_as_their_number_allows() -> None:
    table = cell_table(cells(THREE))
    assert table["best_high"].iloc[0] == 1.0
    assert table["best_low"].iloc[0] == pytest.approx(chance_interval(np.ones(2))[1])
