"""What a scenario sets itself and somebody sets too: told in a single run, refused where one of both would be lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from experiments import InputError, calibration, compare, read_design, run, uso_cost
from experiments.backtest.hindcast import prepare_hindcast
from experiments.cli.app import app
from experiments.designs.restore import restore_design
from experiments.draws import load_draws
from experiments.levers.check import check_levers
from experiments.settings import prepare_scenario
from model.scenario import Scenario

NAME = "frozen-2024"
COST = "amazon_own_cost_multiplier"
QUICK = {"n_shippers": 120}
GRID = {"kind": "grid", "levers": {"price_structure": "all"}, "until": "2025-02"}


@pytest.fixture
def cheap(tmp_path: Path) -> Path:
    """A scenario file in which Amazon's own delivery is cheap."""
    file = tmp_path / "cheap.toml"
    file.write_text(f'title = "Cheap"\n[parameters]\n{COST} = 0.8\n')
    return file


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def as_object(file: Path) -> Scenario:
    return Scenario.load(file)


def as_default(file: Path) -> Scenario:
    """The same parameter, set to what it is anyway: it is set all the same."""
    return Scenario.load(file).with_changes({COST: Scenario().parameters[COST]})


# -- parameter draws -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [
        lambda scenario: run(scenario, draws=NAME),
        lambda scenario: compare(["baseline", scenario], draws=NAME),
        lambda scenario: read_design({**GRID, "scenarios": ["baseline", scenario], "draws": NAME}),
    ],
    ids=["run", "compare", "design"],
)
@pytest.mark.parametrize("given", [str, as_object, as_default])
def test_draws_do_not_overwrite_what_a_scenario_sets(
    cheap: Path, given: Callable[[Path], str | Scenario], ask: Callable[[str | Scenario], object]
) -> None:
    with pytest.raises(InputError) as caught:
        ask(given(cheap))
    (told,) = caught.value.problems
    assert told.startswith(f"{COST}: scenario 'cheap' sets it to ")
    assert f"the draws '{NAME}' set it too" in told


def test_the_command_line_refuses_it_before_anything_runs(cheap: Path, tmp_path: Path) -> None:
    (tmp_path / "design.toml").write_text(
        f'kind = "grid"\nscenarios = ["baseline", "{cheap}"]\ndraws = "{NAME}"\n[levers]\nreopeners = [true, false]\n'
    )
    for arguments in (
        ("run", str(cheap), "--draws", NAME),
        ("compare", "baseline", str(cheap), "--draws", NAME),
        ("sweep", str(tmp_path / "design.toml"), "--out", str(tmp_path / "store")),
    ):
        done = call(*arguments)
        assert done.exit_code == 2
        assert done.stdout == ""
        assert f"{COST}: scenario 'cheap' sets it to 0.8 itself" in done.stderr
    assert not (tmp_path / "store").exists()


def test_a_store_in_which_draws_overwrite_a_scenario_is_not_resumed() -> None:
    """The browser's Resume makes the design again from the manifest; one of an earlier version may hold both."""
    described = read_design({**GRID, "draws": NAME}).describe()
    described["scenarios"] = [{"name": "cheap", "end": "2025-02", COST: 0.8}]
    with pytest.raises(InputError, match=f"{COST}: scenario 'cheap' sets it"):
        restore_design(described)


def test_what_the_draws_leave_to_the_scenario_it_may_set() -> None:
    """Runs that impose dated events have the list increases that came, so the draws do not set those."""
    drawn = load_draws("frozen-2021")
    left_out = drawn.manifest["forced_runs_leave_out"][0]
    scenario = Scenario(name="mine").with_changes({left_out: drawn.fixed[left_out], "build_lead_months": 5, **QUICK})
    with pytest.raises(InputError) as caught:
        run(scenario, draws="frozen-2021", until="2025-01")
    assert [one.split(":")[0] for one in caught.value.problems] == ["build_lead_months"]
    with pytest.raises(InputError, match=left_out):
        run(scenario.with_changes({"history_mode": "free_run"}), draws="frozen-2021", until="2025-01")


# -- set -----------------------------------------------------------------------------------------------------------


def test_a_comparison_refuses_to_set_what_one_of_its_scenarios_sets(cheap: Path) -> None:
    done = call("compare", "baseline", str(cheap), "--set", f"{COST}=1.1")
    assert done.exit_code == 2
    assert f"scenario 'cheap' sets {COST} = 0.8 itself, and set makes it 1.1; leave one of both" in done.stderr
    with pytest.raises(InputError, match="scenario 'withdraw' sets usps_amazon_volume = withdrawn itself"):
        compare(["baseline", "withdraw"], {"usps_amazon_volume": "kept"})


def test_the_same_value_twice_loses_nothing(cheap: Path) -> None:
    found = compare(["baseline", cheap], {COST: 0.8, **QUICK}, until="2025-01", replications=1, workers=1)
    assert (found.table["difference"].dropna() == 0.0).all()
    assert prepare_scenario(cheap, {COST: 0.8}, keep_own=True).parameters[COST] == 0.8


@pytest.mark.parametrize(
    ("design", "told"),
    [
        ({"set": {COST: 1.1}}, f"scenario 'cheap' sets {COST} = 0.8 itself, and set makes it 1.1"),
        (
            {"uncertainties": {COST: [0.9, 1.1]}},
            f"{COST}: scenario 'cheap' sets it to 0.8 itself, and the",
        ),
    ],
    ids=["set", "factor"],
)
def test_a_design_does_not_overwrite_its_scenarios(cheap: Path, design: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_design({**GRID, "scenarios": ["baseline", str(cheap)], **design})


def test_a_table_of_points_overwrites_neither_set_nor_scenario(cheap: Path) -> None:
    table = {"kind": "table", "points": [{COST: 0.9}], "until": "2025-02"}
    with pytest.raises(InputError, match="fixed in set and varied"):
        read_design({**table, "set": {COST: 1.1}})
    with pytest.raises(InputError, match="scenario 'cheap' sets it"):
        read_design({**table, "scenario": str(cheap)})


def test_one_run_is_changed_and_says_so(cheap: Path, tmp_path: Path) -> None:
    told = f"scenario 'cheap' sets {COST} = 0.8 itself, and set makes it 1.1"
    arguments = ("run", str(cheap), "--set", f"{COST}=1.1", "--set", "n_shippers=120", "--until", "2025-01")
    shown = call(*arguments, "--out", str(tmp_path / "kept"))
    assert shown.exit_code == 0
    assert f"Note: {told}." in " ".join(shown.stdout.split())
    assert json.loads((tmp_path / "kept" / "summary.json").read_text())["warnings"] == [told]
    printed = json.loads(call(*arguments, "--json").stdout)
    assert printed["warnings"] == [told]
    assert printed["provenance"]["changes"][COST] == 1.1
    plain = run(cheap, QUICK, until="2025-01")
    assert plain.warnings == ()
    assert "warnings" not in plain.summary()


# -- experiments that set something themselves ---------------------------------------------------------------------


def test_the_cost_of_universal_service_is_measured_without_the_distress_ladder() -> None:
    with pytest.raises(InputError, match="distress_ladder: it is set to true, and this command runs without it"):
        uso_cost("baseline", {"distress_ladder": True})
    with pytest.raises(InputError, match="five_day_delivery are what this command varies"):
        uso_cost("baseline", {"five_day_delivery": "in_distress"})
    done = call("uso-cost", "--set", "distress_ladder=true")
    assert done.exit_code == 2
    assert "distress_ladder" in done.stderr


def test_the_mode_of_a_hindcast_is_said_once() -> None:
    with pytest.raises(InputError, match="history_mode cannot be set here, mode chooses it"):
        prepare_hindcast("2022-01", "2024-12", "free", 2, {"history_mode": "forced_events"}, None, 1)


def test_a_lever_that_is_checked_is_not_set_for_all() -> None:
    with pytest.raises(InputError, match="sets distress_ladder = false itself, and set makes it true"):
        check_levers(["distress_ladder"], {"distress_ladder": True})


def test_the_year_that_stands_still_is_not_set_in_motion() -> None:
    with pytest.raises(InputError, match="scenario 'standing_still' sets inflation = 0 itself"):
        calibration({"inflation": 0.02})
