"""Designs from a form, stores in one folder, and what the figures of a store hold."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock

from experiments import open_sweep, read_design, sensitivity, sweep
from experiments.analysis.drivers import drivers_of
from experiments.designs.restore import restore_design
from experiments.errors import InputError
from experiments.resolution import coarse_note
from experiments.store.locks import LOCK
from experiments.store.shards import StorageError
from experiments.sweeps.drive import SweepInterruptedError
from server.pages.experiments import state
from server.pages.experiments.checking import Checked, check_design
from server.pages.experiments.figures import Question, store_figures
from server.pages.experiments.form import design_mapping, design_toml, factor_choices, first_form
from server.pages.experiments.page import _listed_store, size_in_words
from server.pages.experiments.state import Experimenting
from server.work import sweep_child
from server.work.pool import BusyError
from server.work.stores import StoreEntry, existing_store, list_stores, new_store
from server.work.sweeps import Sweep, Sweeps, SweepView
from tests.experiments.stand_ins import cancelled, crossed, failing, ishigami, moved_together, product

PATIENCE_SECONDS = 300  # a sweep gives way to all other work
SMALL = {"until": "2025-02", "shippers": 100}
MIXED = [
    {"name": "build_limit", "low": 0.5, "high": 3.0, "steps": 3},
    {"name": "make_or_buy", "values": ""},
    {"name": "exit_start", "values": "2025-01, 2026-01"},
]


def test_a_sweep_of_this_server_never_runs_elsewhere(monkeypatch):
    """Its store is locked until its process has gone; another tab, which has not opened it, sees it end as well."""
    view = SweepView("mine", "stopping", 3, 0, 12, None, ())
    locked = [StoreEntry(name, "grid", ("baseline",), (), 12, 3, at_work=True) for name in ("mine", "theirs")]
    at_work = [view]
    sweeps = SimpleNamespace(running=lambda: at_work[0], view=lambda name: None)
    tab = Experimenting()

    def listed():
        tab.look(None, sweeps, None)
        return [_listed_store(entry, sweeps.running())["state"] for entry in tab.stores]

    monkeypatch.setattr(state, "list_stores", lambda: locked)
    assert listed() == ["running", "running elsewhere"]
    monkeypatch.setattr(state, "list_stores", lambda: [replace(one, at_work=one.name == "theirs") for one in locked])
    at_work[0] = None  # it ends between two looks at the folder, which are seconds apart
    assert [_listed_store(entry, None)["state"] for entry in tab.stores] == ["not finished", "running elsewhere"]
    assert listed() == ["not finished", "running elsewhere"]


@pytest.fixture
def stores(tmp_path, monkeypatch):
    folder = tmp_path / "stores"
    folder.mkdir()
    monkeypatch.setenv("LASTMILE_STORES", str(folder))
    return folder


def mapping_of(**changes):
    problems: list[str] = []
    mapping = design_mapping(first_form() | changes, problems)
    assert problems == []
    return mapping


def test_the_number_of_shippers_is_chosen_once():
    problems: list[str] = []
    design_mapping(first_form() | SMALL | {"set": "n_shippers = 300"}, problems)
    assert problems == ["set: n_shippers: the number of shippers is chosen above; leave one of both"]


def test_what_a_scenario_sets_itself_is_not_varied_or_set():
    exit_date = {"name": "usps_amazon_volume", "values": "kept withdrawn"}
    varied = mapping_of(scenarios=["baseline", "withdraw"], factors=[exit_date], **SMALL)
    fixed = mapping_of(scenarios=["baseline", "withdraw"], set="usps_amazon_volume = kept", **SMALL)
    for mapping in (varied, fixed):
        with pytest.raises(InputError, match=r"'withdraw' sets (it|usps_amazon_volume)"):
            check_design(mapping, ())


def test_damaged_months_are_missing_in_the_list(stores):
    design = {
        "kind": "grid", "until": "2025-01", "set": {"n_shippers": 100}, "outcomes": ["usps_cash_usd"],
        "monthly": ["usps_cash_usd"], "uncertainties": {"build_limit": [0.5, 1.0]},
    }  # fmt: skip
    sweep(design, stores / "mine", workers=1)
    assert list_stores()[0].done == 2
    for file in (stores / "mine" / "monthly").iterdir():
        file.write_bytes(file.read_bytes()[:-30])
    assert (list_stores()[0].done, list_stores()[0].left) == (0, 2)
    with pytest.raises(InputError, match=r"^mine: runs/.* months are missing or were changed") as caught:
        store_figures(str(stores / "mine"), Question())
    assert str(stores) not in str(caught.value)


@pytest.mark.parametrize(("kind", "points"), [("grid", 3 * 2 * 2), ("lhs", 8), ("sobol", 8 * 5), ("morris", 8 * 4)])
def test_a_form_a_file_and_a_manifest_are_one_design(tmp_path, kind, points):
    mapping = mapping_of(kind=kind, size=8, factors=MIXED, **SMALL)
    design = read_design(mapping)
    assert (design.n_points, design.n_runs) == (points, 2 * points)
    file = tmp_path / "design.toml"
    file.write_text(design_toml(mapping, "mine"))
    assert read_design(file).describe() == design.describe()
    again = restore_design(json.loads(json.dumps(design.describe())))
    assert again.describe() == design.describe()
    assert [again.point(i) for i in range(points)] == [design.point(i) for i in range(points)]


def test_a_table_and_a_changed_scenario_come_back_from_a_manifest_too():
    points = [{"build_limit": 0.5, "price_rule": "frozen"}, {"build_limit": 1.0, "price_rule": "adaptive"}]
    design = read_design({"kind": "table", "points": points, "set": {"n_shippers": 300}, "until": "2025-03"})
    assert restore_design(design.describe()).describe() == design.describe()


def test_everything_that_can_be_varied_can_be_varied():
    for choice in factor_choices():
        values = "2025-01, 2029-01" if choice.kind == "month" else ""
        mapping = mapping_of(factors=[{"name": choice.name, "steps": 2, "values": values}])
        assert read_design(mapping).n_points >= 2, choice.name


def test_all_problems_of_a_design_come_at_once():
    problems: list[str] = []
    form = first_form() | {
        "kind": "guess",
        "replications": 0,
        "until": "2030-13",
        "outcomes": "usps_incom",
        "factors": [{"name": "build_limit", "low": 3, "high": 1, "steps": 4}, {"name": "the_weather"}],
        "set": "build_limt = 1",
    }
    mapping = design_mapping(form, problems)
    with pytest.raises(InputError) as caught:
        check_design(mapping, problems)
    told = "\n".join(caught.value.problems)
    for piece in ("'guess'", "replications", "2030-13", "high 1 must be above low 3", "'the_weather'", "build_limt"):
        assert piece in told, piece


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "sobol", "size": 4096},
        {"replications": 100, "factors": [dict(MIXED[0], steps=50), {"name": "growth_market", "steps": 50}]},
    ],
)
def test_a_design_that_is_too_large_for_a_page_is_refused_before_it_is_made(changes):
    with pytest.raises(InputError, match="this page allows 20,000"):
        design_mapping(first_form() | changes, [])


@pytest.mark.parametrize(
    "hostile",
    [
        {"factors": "all"},
        {"factors": [3]},
        {"scenarios": ["/etc/passwd"]},
        {"until": ["x"]},
        {"size": 1e9},
        {"set": "x" * 5000},
    ],
)
def test_a_form_is_never_trusted(hostile):
    problems: list[str] = []
    design_mapping(first_form() | {"kind": "lhs"} | hostile, problems)
    assert problems


def test_the_check_counts_runs_and_times_one_of_them():
    checked = check_design(mapping_of(factors=[MIXED[0]], replications=3, **SMALL), [])
    assert (checked.points, checked.runs, checked.simulations, checked.months) == (3, 9, 9, 2)
    assert checked.pilot_seconds > 0
    assert checked.seconds(2) == pytest.approx(9 * checked.pilot_seconds / 2)
    assert checked.seconds(100) == pytest.approx(checked.pilot_seconds)
    assert "9 runs: 3 points × 1 scenario × 3 seeds" in size_in_words(checked, 2)
    assert size_in_words(checked, 2).endswith(coarse_note([100]))
    assert not size_in_words(replace(checked, coarse=""), 2).endswith("more.")


def test_equal_points_are_timed_once():
    checked = Checked({}, "grid", 4, ("a",), 1, 4, 2, 1, 12, 10.0)
    assert checked.seconds(1) == 20.0


def test_stores_are_those_of_one_folder(stores, tmp_path):
    design = {"kind": "grid", "uncertainties": {"build_limit": [0.5, 1.0]}, "outcomes": ["y"], "until": "2025-02"}
    sweep(design, stores / "first", workers=1, simulate=product)
    sweep(design, tmp_path / "outside", workers=1, simulate=product)
    (stores / "link").symlink_to(tmp_path / "outside")
    (stores / "other").mkdir()
    assert [(entry.name, entry.kind, entry.factors, entry.runs) for entry in list_stores()] == [
        ("first", "grid", ("build_limit",), 2)
    ]
    assert existing_store("first") == stores / "first"
    for name in ("link", "other", "../outside", "/etc", "", None, "first/../first"):
        with pytest.raises(InputError, match="there is none"):
            existing_store(name)
    for name in ("../x", "a/b", ".hidden", "Ä", "", "x" * 41, None, "CON\0", "x\n", "link"):
        with pytest.raises(InputError, match="name:"):
            new_store(name)


def test_a_server_that_shows_one_store_shows_nothing_else(stores, monkeypatch):
    design = {"kind": "grid", "uncertainties": {"build_limit": [0.5, 1.0]}, "outcomes": ["y"], "until": "2025-02"}
    sweep(design, stores / "only", workers=1, simulate=product)
    sweep(design, stores / "beside", workers=1, simulate=product)
    monkeypatch.setenv("LASTMILE_STORES", str(stores / "only"))
    assert [entry.name for entry in list_stores()] == ["only"]
    with pytest.raises(InputError):
        existing_store("beside")
    with pytest.raises(InputError, match="one store"):
        new_store("another")


def titles(found):
    return [picture.title for picture in found.pictures if not picture.empty]


def test_figures_of_a_grid_are_its_means(stores):
    design = {
        "kind": "grid",
        "scenarios": ["baseline", "withdraw"],
        "uncertainties": {"build_limit": [0.5, 1.0, 2.0], "amazon_own_cost_multiplier": [0.8, 1.2]},
        "outcomes": ["y", "z"],
        "until": "2025-02",
        "replications": 2,
    }
    sweep(design, stores / "grid", workers=1, simulate=product)
    found = store_figures(str(stores / "grid"), Question("y", None, "build_limit", "amazon_own_cost_multiplier"))
    assert titles(found) == [
        "Build limit and Amazon own cost multiplier",
        "What moves it",
        "Along build limit",
        "Along Amazon own cost multiplier",
    ]
    heat, tornado, along, _ = found.pictures
    cells = {tuple(one["value"][:2]): one["value"][2] for one in heat.option["series"][0]["data"]}
    assert cells[2, 1] == pytest.approx(2.0 * 1.2 + 0.015)
    assert tornado.option["rows"][0] == "build limit"
    assert found.finding.startswith("Build limit matters most for Y, whole run: +")
    assert "build limit, Amazon own cost multiplier: 6 points" in found.lead
    assert tornado.option["series"][0]["data"][0] == pytest.approx((2.0 - 0.5) * 1.0)
    (line,) = [one for one in along.option["series"] if one["name"] == "baseline"]
    np.testing.assert_allclose(line["data"], [[x, x * 1.0 + 0.015] for x in (0.5, 1.0, 2.0)])
    assert [(entry["name"], entry["forced"]) for entry in along.legend] == [("baseline", False), ("withdraw", True)]
    tables = {table.title: table.frame for table in found.tables}
    assert len(tables["Runs"]) == 24
    assert tables["Differences between scenarios"]["difference"].tolist() == [0.0]


CROSSED = {
    "kind": "grid",
    "scenarios": ["baseline", "withdraw"],
    "uncertainties": {"amazon_own_cost_multiplier": [0.8, 1.0, 1.2, 1.4], "build_limit": [0.5, 1.0, 1.5, 2.0]},
    "outcomes": ["additive", "mixed", "noise"],
    "until": "2025-01",
    "replications": 3,
}


def test_what_drives_it_is_that_of_the_scenario_that_is_chosen(stores):
    result = sweep(CROSSED, stores / "two", workers=1, simulate=crossed)
    for scenario, first in (("baseline", "Build limit"), ("withdraw", "Amazon own cost multiplier")):
        found = store_figures(str(stores / "two"), Question("mixed", scenario))
        table = next(one for one in found.tables if one.title == "What drives it")
        np.testing.assert_array_equal(table.frame["share"], drivers_of(result, "mixed", scenario).table["share"])
        assert found.finding.startswith(f"{first} matters most for Mixed, whole run: +6.")
        forced = "withdraw (forced)" if scenario == "withdraw" else "baseline"
        assert found.finding.endswith(f"Scenario: {forced}.")
        assert all(
            f"scenario {forced}" in text.lower() for text in (table.note, *[one.note for one in found.pictures[:2]])
        )
    assert "Each cell is the mean over 3 seeds" in found.pictures[0].note


def test_noise_is_no_headline(stores):
    sweep(CROSSED, stores / "noise", workers=1, simulate=crossed)
    found = store_figures(str(stores / "noise"), Question("noise"))
    assert found.finding.startswith("Nothing that was varied can be told from chance in Noise, whole run.")
    tornado = next(one for one in found.pictures if one.title == "What moves it")
    assert all(row.endswith("(may be chance)") for row in tornado.option["rows"])


def test_a_cancelled_sweep_is_headlined_as_partial(stores):
    with pytest.raises(SweepInterruptedError):
        sweep({**CROSSED, "scenarios": ["baseline"]}, stores / "part", workers=1, simulate=cancelled)
    found = store_figures(str(stores / "part"), Question("mixed"))
    assert found.finding.startswith("Partial sweep, 28 of 48 runs; cancelled. So far: Build limit matters most")


def test_factors_that_go_together_are_headlined_together(stores):
    points = [{"build_limit": 0.5 + 0.1 * i, "growth_market": 0.02 + 0.002 * i} for i in range(15)]
    design = {"kind": "table", "points": points, "outcomes": ["y"], "until": "2025-01", "replications": 3}
    sweep(design, stores / "line", workers=1, simulate=moved_together)
    found = store_figures(str(stores / "line"), Question("y"))
    assert found.finding.startswith("Build limit and growth market cannot be told apart; together they matter most")
    tornado = next(one for one in found.pictures if one.title == "What moves it")
    assert "build_limit and growth_market cannot be told apart" in tornado.empty


def test_indices_are_those_of_the_command_and_an_unfinished_design_says_what_is_missing(stores):
    design = {
        "kind": "sobol",
        "uncertainties": dict.fromkeys(("growth_market", "build_limit", "amazon_own_cost_multiplier"), "declared"),
        "points": 64,
        "outcomes": ["y"],
        "until": "2025-02",
    }
    sweep(design, stores / "sobol", workers=1, simulate=ishigami)
    found = store_figures(str(stores / "sobol"), Question("y"))
    (picture,) = [one for one in found.pictures if one.title == "Sensitivity indices"]
    table = sensitivity(stores / "sobol", "y").outcome("y").sort_values("total", ascending=False)
    total = next(one for one in picture.option["series"] if one["name"] == "with interactions")
    np.testing.assert_allclose([row[1] for row in total["data"]], 100 * table["total"])
    np.testing.assert_allclose([row[2] for row in total["data"]], 100 * table["total_low"])
    next(iter((stores / "sobol" / "runs").iterdir())).unlink()
    found = store_figures(str(stores / "sobol"), Question("y"))
    (picture,) = [one for one in found.pictures if one.title == "Sensitivity indices"]
    assert "are missing" in picture.empty


def test_failures_are_counted_and_told(stores):
    design = {
        "kind": "grid",
        "uncertainties": {"build_limit": [0.5, 1.0]},
        "outcomes": ["y"],
        "until": "2025-02",
        "replications": 2,
    }
    sweep(design, stores / "bad", workers=1, simulate=failing)
    found = store_figures(str(stores / "bad"), Question("no such outcome", "nor scenario"))
    assert (found.status.failed, found.question.outcome, found.question.scenario) == (2, "y", "baseline")
    assert found.lead.endswith("2 of 4 runs are done, 2 failed.")


def ended(sweeps: Sweeps, name: str):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sweeps.view(name).at_work:
        assert time.monotonic() < deadline, sweeps.view(name)
        time.sleep(0.02)
    return sweeps.view(name)


def test_a_sweep_of_the_server_is_cancelled_resumed_and_is_the_sweep_of_the_command_line(stores, monkeypatch):
    monkeypatch.setenv("LASTMILE_WORKERS", "1")
    mapping = mapping_of(factors=[dict(MIXED[0], steps=3)], outcomes="amazon_own_share", **SMALL)
    sweeps = Sweeps()
    sweeps.start("mine", stores / "mine", mapping, may_cancel=lambda who: who == "me")
    with pytest.raises(BusyError, match="mine is running"):
        sweeps.start("other", stores / "other", mapping)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sweeps.view("mine").done < 1:
        assert time.monotonic() < deadline, sweeps.view("mine")
        time.sleep(0.01)
    sweeps.cancel("mine", "somebody else")
    assert sweeps.view("mine").state in ("running", "finished")
    sweeps.cancel("mine", "me")
    assert ended(sweeps, "mine").state in ("cancelled", "finished")
    sweeps.start("mine", stores / "mine", None)
    view = ended(sweeps, "mine")
    assert (view.state, view.done, view.total) == ("finished", 6, 6)
    assert open_sweep(stores / "mine").status.left == 0
    told = sweep(mapping, stores / "told", workers=1)
    same = ["point", "seed", "amazon_own_share"]
    assert open_sweep(stores / "mine").runs[same].equals(told.runs[same])


def test_a_sweep_that_has_told_its_end_is_at_work_until_its_process_has_left_the_store(stores):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True)
    sweep = Sweep(stores / "full", process, lambda who: True)
    sweep.hear({"problems": ["the disk is full"]})
    assert sweep.view().at_work  # whoever resumes it now would find the store taken
    assert sweep.view().problems == ("the disk is full",)
    process.communicate("\n", timeout=PATIENCE_SECONDS)


@pytest.mark.thorough
def test_a_store_that_somebody_works_on_is_left_alone(stores):
    mapping = mapping_of(replications=1, factors=[{"name": "make_or_buy", "values": "true"}], **SMALL)
    sweep(mapping, stores / "taken", workers=1)
    sweeps = Sweeps()
    with FileLock(stores / "taken" / LOCK):
        sweeps.start("taken", stores / "taken", None)
        view = ended(sweeps, "taken")
    assert view.state == "failed"
    assert "another process is at work" in view.problems[0]


def test_code_that_a_store_names_is_not_run_for_a_browser(stores):
    design = {"kind": "grid", "uncertainties": {"build_limit": [0.5, 1.0]}, "outcomes": ["y"], "until": "2025-02"}
    sweep(design, stores / "own", workers=1, simulate=product)
    with pytest.raises(InputError, match="a simulation of its own"):
        sweep_child._design_of(str(stores / "own"))


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (StorageError("the disk is full"), {"problems": ["the disk is full"]}),
        (InputError(["one", "two"]), {"problems": ["one", "two"]}),
        (KeyboardInterrupt(), {"ended": "interrupted"}),
    ],
)
def test_the_process_of_a_sweep_tells_how_it_ended(monkeypatch, capsys, error, wanted):
    def fail(order):
        raise error

    monkeypatch.setattr(sweep_child, "_sweep", fail)
    monkeypatch.setattr(sweep_child, "_leave_with_input", lambda: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("{}\n"))
    monkeypatch.setattr("os.nice", lambda by: None)
    sweep_child.main()
    assert json.loads(capsys.readouterr().out) == wanted


def test_what_a_library_prints_in_a_sweep_is_no_message(tmp_path):
    code = "print('warning: 3 things'); print(7); print('{\"ended\": \"finished\"}')"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    sweep_of_it = Sweep(tmp_path, process, lambda who: True)
    Sweeps()._listen(sweep_of_it)
    assert sweep_of_it.state == "finished"
