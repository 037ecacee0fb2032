"""A party of one's own plays in a script, from the command line, in a sweep that is killed, and where it is kept."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import killing
import pandas as pd
import pytest
from typer.testing import CliRunner

from agents.rivals import Ups
from experiments import InputError, RunResult, compare, negotiate, open_sweep, read_design, rerun, run, status, sweep
from experiments.cli.app import app
from experiments.reports.report import report
from experiments.settings import prepare_scenario
from model.market import ParcelMarket
from model.parameters import Parameters
from tests.small import SMALL, small_markets

EXAMPLES = Path(__file__).parents[2] / "examples"
USUAL_MULTIPLIER = Parameters.default().amazon_own_cost_multiplier
UPS = f"{EXAMPLES}/tough_ups.py:ToughUps"


@dataclass(frozen=True)
class Case:
    """An example: whom it plays, how long it takes until that shows, and in which outcome."""

    key: str
    file: str
    name: str
    until: str
    outcome: str
    set: tuple[tuple[str, float], ...] = ()
    scenario: str = "baseline"

    @property
    def path(self) -> str:
        return f"{EXAMPLES}/{self.file}:{self.name}"

    @property
    def changes(self) -> dict[str, float]:
        return {**SMALL, **dict(self.set)}

    @property
    def options(self) -> list[str]:
        return [part for key, value in self.changes.items() for part in ("--set", f"{key}={value}")]

    def __str__(self) -> str:
        return self.file.removesuffix(".py")


CASES = (
    Case("ups", "tough_ups.py", "ToughUps", "2026-10", "amazon_via_ups_parcels"),
    Case("usps", "zone_tariff_usps.py", "ZoneTariffUsps", "2026-04", "usps_net_income_usd"),
    # With contracts of a year it negotiates twice, and has something to remember.
    Case(
        "amazon", "learning_amazon.py", "LearningAmazon", "2027-11", "amazon_via_ups_parcels", (("term_strategic", 12),)
    ),
    Case("union", "wage_union.py", "Union", "2025-07", "ups_profit_usd"),
    Case(
        "walmart",
        "patient_walmart.py",
        "PatientWalmart",
        "2025-12",
        "walmart_own_network_parcels",
        scenario="walmart_builds_too",
    ),
)
each = pytest.mark.parametrize("case", CASES, ids=str)


@cache
def played(case: Case) -> RunResult:
    return run(case.scenario, set=case.changes, until=case.until, roster={case.key: case.path})


def command(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


@pytest.mark.thorough("patient_walmart")
@each
def test_an_example_is_short_and_runs_as_a_script(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len((EXAMPLES / case.file).read_text().splitlines()) < 30
    # Until there is something to print: a wage that the union sets, a network that Walmart builds.
    until = case.until if case.key in ("union", "walmart") else "2025-03"
    small_markets(monkeypatch, **dict(case.set), end=until)
    runpy.run_path(str(EXAMPLES / case.file), run_name="__main__")
    printed = capsys.readouterr().out
    assert "UPS" in printed if case.key == "union" else float(printed)


@pytest.mark.thorough("tough_ups", "learning_amazon", "patient_walmart")
@each
def test_it_changes_the_market_and_the_result_says_so(case: Case) -> None:
    usual = run(case.scenario, set=case.changes, until=case.until)
    assert played(case).outcomes[case.outcome] != usual.outcomes[case.outcome]
    assert played(case).balances["money"] == 0.0
    assert f"{case.key} is played by {case.file}:{case.name}" in played(case).warnings
    assert "roster" not in usual.provenance
    told = played(case).provenance["roster"][case.key]
    assert told["path"] == case.path
    assert len(told["sha256"]) == 64


@pytest.mark.thorough("tough_ups", "learning_amazon", "wage_union", "patient_walmart")
@each
def test_the_command_line_plays_it_and_repeats_it(case: Case, tmp_path: Path) -> None:
    folder = str(tmp_path / "kept")
    roster = ["--roster", f"{case.key}={case.path}"]
    printed = command("run", case.scenario, *roster, "--until", case.until, *case.options, "--out", folder)
    assert f"Note: {case.key} is played by {case.file}:{case.name}" in printed
    kept = json.loads((tmp_path / "kept" / "summary.json").read_text())
    assert kept["outcomes"][case.outcome] == played(case).outcomes[case.outcome]
    assert rerun(folder).identical


def design(case: Case, *multipliers: float) -> dict[str, Any]:
    return {
        "kind": "grid",
        "scenario": case.scenario,
        "until": case.until,
        "set": case.changes,
        "outcomes": [case.outcome],
        "uncertainties": {"amazon_own_cost_multiplier": list(multipliers) or [USUAL_MULTIPLIER]},
    }


@pytest.mark.thorough("tough_ups", "zone_tariff_usps", "learning_amazon")
@each
def test_a_sweep_plays_it_and_is_repeated(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    found = sweep(design(case), folder, workers=1, roster={case.key: case.path})
    assert found.runs[case.outcome].tolist() == [played(case).outcomes[case.outcome]]
    assert status(folder).parties == (f"{case.key} is played by {case.file}:{case.name}",)
    assert rerun(folder).identical


@pytest.mark.thorough("patient_walmart")
@pytest.mark.parametrize("case", [CASES[0], CASES[-1]], ids=str)
def test_a_sweep_that_is_killed_goes_on_with_it(case: Case, tmp_path: Path) -> None:
    folder, content = tmp_path / "store", design(case, 0.9, USUAL_MULTIPLIER)
    script = (
        "import json, sys\nfrom experiments import sweep\n"
        "if __name__ == '__main__':\n"
        "    sweep(json.loads(sys.argv[1]), sys.argv[2], workers=int(sys.argv[5]), roster={sys.argv[3]: sys.argv[4]})\n"
    )
    (tmp_path / "start.py").write_text(script)
    workers = "2" if case.scenario != "baseline" else "1"  # once it travels to other processes, with its scenario
    start = [sys.executable, str(tmp_path / "start.py"), json.dumps(content), str(folder), case.key, case.path]
    start.append(workers)
    process = subprocess.Popen(start, stderr=subprocess.DEVNULL)
    killing.wait_for(lambda: killing.files(folder) or process.poll() is not None)
    process.kill()
    process.wait()
    with pytest.raises(InputError, match=f"{case.key} is played by {case.file}:{case.name} then, the usual parties"):
        sweep(content, folder, workers=1)
    found = sweep(content, folder, workers=1, roster={case.key: case.path})
    assert (found.status.done, found.status.failed, found.status.left) == (2, 0, 0)
    alone = found.runs.set_index("amazon_own_cost_multiplier")[case.outcome]
    assert alone[USUAL_MULTIPLIER] == played(case).outcomes[case.outcome]
    assert len(alone.dropna()) == 2


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, tuple[dict[str, float], dict[str, float]]]:
    """Outcomes of runs that were not cut, and of those that another process went on with two months before the end."""
    folder, uncut = tmp_path_factory.mktemp("kept"), {}
    for case in CASES:
        market = ParcelMarket(
            prepare_scenario(case.scenario, case.changes, until=case.until), rng=1, roster={case.key: case.path}
        )
        while market.months_done < market.n_months - 2:
            market.step()
        market.save(folder / str(case))
        uncut[case] = market.run().outcomes()
    code = (
        "import json, sys\nfrom model.market import ParcelMarket\n"
        "print(json.dumps([ParcelMarket.load(path, roster=True).run().outcomes() for path in sys.argv[1:]]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, *(str(folder / str(case)) for case in CASES)],
        cwd=EXAMPLES.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(answer.stdout)
    return {case: (uncut[case], one) for case, one in zip(CASES, found, strict=True)}


@each
def test_a_checkpoint_goes_on_with_it_in_another_process(case: Case, checkpoints: Any) -> None:
    uncut, gone_on = checkpoints[case]
    assert gone_on == uncut


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A copy of an example that may be changed."""
    return Path(shutil.copy(EXAMPLES / "tough_ups.py", tmp_path / "mine.py"))


def in_another_process(*commands: tuple[str, ...], folder: Path) -> list[tuple[int, str]]:
    """Exit codes and what is told, of commands that one new process runs one after the other."""
    code = (
        "import json, sys\nfrom typer.testing import CliRunner\nfrom experiments.cli.app import app\n"
        "found = [CliRunner().invoke(app, one) for one in json.loads(sys.argv[1])]\n"
        "print(json.dumps([(one.exit_code, one.output) for one in found]))"
    )
    start = [sys.executable, "-c", code, json.dumps(commands)]
    answer = subprocess.run(start, cwd=folder, capture_output=True, text=True, check=True)
    return [tuple(one) for one in json.loads(answer.stdout)]


def test_a_file_that_has_changed_or_is_gone_is_told(mine: Path, tmp_path: Path) -> None:
    quick = SMALL
    roster = {"ups": f"{mine}:ToughUps"}
    run(set=quick, until="2025-02", roster=roster).save(tmp_path / "kept")
    content = {**design(CASES[0]), "until": "2025-02"}
    sweep(content, tmp_path / "store", workers=1, roster=roster)
    text = json.dumps(content["set"]).replace(":", " =").replace('"', "")
    (tmp_path / "design.toml").write_text(
        f'kind = "grid"\nscenario = "baseline"\nuntil = "2025-02"\nset = {text}\n'
        f'outcomes = ["amazon_via_ups_parcels"]\n[uncertainties]\namazon_own_cost_multiplier = [{USUAL_MULTIPLIER}]\n'
    )
    mine.write_text(mine.read_text() + "\n# another one\n")
    on = ("sweep", "design.toml", "--out", "store", "--roster", "ups=mine:ToughUps", "--workers", "1")
    again, store, refused = in_another_process(("rerun", "kept"), ("rerun", "store"), on, folder=tmp_path)
    assert "the file of mine.py:ToughUps has changed: it was " in again[1]
    assert "the file of mine.py:ToughUps has changed: it was " in store[1]
    assert refused[0] == 2
    assert "the file of mine.py:ToughUps has changed" in refused[1]
    mine.unlink()
    (gone,) = in_another_process(("rerun", "kept"), folder=tmp_path)
    assert gone[0] == 2
    assert gone[1].count("\n") == 1
    assert f"ups is in {mine}, and there is no such file" in gone[1]
    # What a store tells of it needs no code of anybody.
    assert open_sweep(tmp_path / "store").status.parties == ("ups is played by mine.py:ToughUps",)
    page = report(tmp_path / "store").read_text()
    assert "ups is played by mine.py:ToughUps." in page


@pytest.mark.parametrize(
    ("roster", "told"),
    [
        ("ups", "--roster 'ups': it must be key=module:Class"),
        ("=mine:X", "it must be key=module:Class"),
        ("ups=nowhere:X", "roster: ups is in nowhere, which cannot be imported: No module named 'nowhere'"),
        ("ups=nowhere.py:X", "and there is no such file"),
        (f"ups={EXAMPLES}/tough_ups.py:Nobody", "has no class Nobody that is a party"),
        (f"ups={EXAMPLES}/tough_ups.py:Tough", "has no class Tough that is a party"),
        (f"usps={UPS}", "usps is ToughUps; its class must be a subclass of Usps"),
        (f"upps={UPS}", "which is a carrier, and none is called 'upps'"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "compare", "sweep", "negotiate", "serve"])
def test_every_command_refuses_it_in_one_sentence(verb: str, roster: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text('kind = "grid"\n[uncertainties]\nbuild_limit = [0.5, 1.0]\n')
    arguments = {
        "run": ["baseline"],
        "compare": ["renew", "withdraw"],
        "sweep": [str(tmp_path / "d.toml"), "--out", str(tmp_path / "store")],
        "negotiate": [],
        "serve": ["--port", "0"],
    }[verb]
    error = command(verb, *arguments, "--roster", roster, code=2)
    assert told in error
    assert error.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_it_is_named_once(tmp_path: Path) -> None:
    error = command("run", "baseline", "--roster", f"ups={UPS}", "--roster", f"ups={UPS}", code=2)
    assert "--roster ups: it is named twice" in error


def test_a_class_that_could_not_be_found_again_is_refused_where_it_would_have_to_travel(tmp_path: Path) -> None:
    class Local(Ups):
        pass

    verbs = (
        lambda roster: run(roster=roster),
        lambda roster: compare(["renew", "withdraw"], roster=roster),
        lambda roster: negotiate(roster=roster),
        lambda roster: sweep(design(CASES[0]), tmp_path / "store", roster=roster),
        lambda roster: read_design(design(CASES[0]), roster),
    )
    for verb in verbs:
        with pytest.raises(InputError, match=r"roster: ups is .*Local, which stands at the top of no module"):
            verb({"ups": Local})
    assert not (tmp_path / "store").exists()


class Bold(Ups):
    """A class of a module that can be imported."""

    def price_increase(self) -> float:
        return 0.3


def test_a_class_itself_goes_to_worker_processes() -> None:
    # Its increase of 2026 was announced: without the plans it decides itself.
    quick = {**SMALL, "announced_plans": False}
    scenarios, months = ["renew", "withdraw"], {"until": "2026-01", "replications": 1}
    one = compare(scenarios, set=quick, workers=1, roster={"ups": Bold}, **months)
    two = compare(scenarios, set=quick, workers=2, roster={"ups": f"{__name__}:Bold"}, **months)
    pd.testing.assert_frame_equal(one.runs, two.runs)
    usual = compare(scenarios, set=quick, workers=1, **months)
    assert (one.runs["ups_profit_usd"] != usual.runs["ups_profit_usd"]).all()
    assert any("ups is played by" in note for note in one.warnings)
    assert one.summary()["provenance"]["renew"]["roster"]["ups"]["path"] == f"{__name__}:Bold"


@pytest.mark.thorough
def test_it_negotiates() -> None:
    quick = SMALL
    usual = negotiate(1, quick, seller="ups", workers=1)
    tough = negotiate(1, quick, seller="ups", workers=1, roster={"ups": UPS})
    assert tough.runs[0].offers[1].price_usd > usual.runs[0].offers[1].price_usd


def test_a_scenario_file_brings_its_own_parties(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "tough.toml").write_text('title = "Tough"\n[roster]\nups = "mine.py:ToughUps"\n')
    quick = SMALL
    found = run(tmp_path / "tough.toml", set=quick, until="2025-02")
    assert found.provenance["roster"]["ups"]["path"] == f"{mine}:ToughUps"
    both = compare(["baseline", tmp_path / "tough.toml"], set=quick, until="2025-02", replications=1, workers=1)
    assert "in tough ups is played by mine.py:ToughUps" in both.warnings
    with pytest.raises(InputError, match="scenario 'tough' names ups itself, and roster names it too"):
        compare(["baseline", tmp_path / "tough.toml"], roster={"ups": UPS})


@pytest.mark.parametrize("key", ["roster", "carriers", "shippers"])
def test_what_names_code_is_no_value_to_set(key: str) -> None:
    with pytest.raises(InputError, match=f"set: {key} cannot be set; "):
        run(set={key: {"ups": UPS}})
    with pytest.raises(InputError, match=f"set: {key} cannot be set; "):
        read_design({"kind": "grid", "set": {key: {"ups": UPS}}, "uncertainties": {"build_limit": [0.5, 1.0]}})


def test_carriers_of_ones_own_travel_too(tmp_path: Path) -> None:
    (tmp_path / "north.py").write_text('from agents.roster import USUAL\nclass North(USUAL["regional"]): pass\n')
    (tmp_path / "north.toml").write_text(
        'title = "North"\n[carriers.north]\nname = "North"\nkind = "regional"\nclass = "north.py:North"\n'
        'states = "IL WI"\nvolume = 0.03\n'
    )
    quick = {"n_shippers": 400}
    found = run(tmp_path / "north.toml", set=quick, until="2025-02")
    assert any("North starts with 30 million parcels a year" in note for note in found.warnings)
    found.save(tmp_path / "kept")
    assert rerun(tmp_path / "kept").identical
    content = {**design(CASES[0]), "scenario": str(tmp_path / "north.toml"), "until": "2025-02", "set": quick}
    swept = sweep({**content, "outcomes": ["north_volume_parcels"]}, tmp_path / "store", workers=1)
    assert (swept.runs["north_volume_parcels"] > 0).all()
    assert swept.status.parties == ("north is played by north.py:North",)
