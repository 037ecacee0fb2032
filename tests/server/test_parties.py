"""Parties that whoever serves the app has named play in every run; nothing from a browser leads to code."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from agents.roster import RosterError, paths_of
from experiments.errors import InputError
from model.scenario import Scenario
from server import files
from server.address import read_query, write_query
from server.choice import Choice, ChoiceError, make_choice
from server.pages.compare.plan import Draft, make_plan
from server.pages.experiments.checking import check_design
from server.parties import VARIABLE
from server.parts import source_of
from server.serve import _keep_roster
from server.session import Session
from server.stepping.stepper import start_market
from server.talks.seat import why_no_seat

EXAMPLES = Path(__file__).parents[2] / "examples"
PARTIES = {
    "ups": f"{EXAMPLES}/tough_ups.py:ToughUps",
    "usps": f"{EXAMPLES}/zone_tariff_usps.py:ZoneTariffUsps",
    "amazon": f"{EXAMPLES}/learning_amazon.py:LearningAmazon",
    "union": f"{EXAMPLES}/wage_union.py:Union",
}
PLAYED = [("baseline", key, path) for key, path in PARTIES.items()]
PLAYED.append(("walmart_builds_too", "walmart", f"{EXAMPLES}/patient_walmart.py:PatientWalmart"))
SMALL = {"n_shippers": 60.0, "n_enterprise_shippers": 5.0}


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv(VARIABLE, "")
    _keep_roster(PARTIES)
    return PARTIES


@pytest.mark.parametrize(("scenario", "key", "path"), PLAYED)
def test_a_session_plays_each_of_them_and_the_page_says_so(
    scenario: str, key: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps({key: path}))
    choice = make_choice(scenario, 1, {**SMALL, "end": "2025-08"})
    market = start_market(choice)
    player = next(one for one in (*market.carrier_agents, *market.other_parties) if one.key == key)
    assert type(player).__name__ == path.rpartition(":")[2]
    session = Session(choice, months=8)
    try:
        end = time.monotonic() + 60.0
        while session.snapshot.n_done < 8 and session.snapshot.status != "failed" and time.monotonic() < end:
            session.acknowledge(session.snapshot.number)
            time.sleep(0.05)
        shown = session.snapshot
        assert shown.n_done == 8, shown.message
        assert f"{key} is played by {Path(path).name}" in source_of(shown.run)
        assert [event.text for event in market.run().events] == [event.text for event in shown.events]
    finally:
        session.close()
        session.join(20.0)


def test_files_of_a_run_bring_the_parties_along(house: dict[str, str], tmp_path: Path) -> None:
    choice = Choice()
    (tmp_path / "mine.toml").write_text(files.scenario_file(choice))
    assert Scenario.load(tmp_path / "mine.toml") == choice.settings()
    script = files.script_file(choice, None)
    compile(script, "script", "exec")
    assert f"roster={house!r}" in script


def test_an_address_tells_that_they_cannot_come_by_it(house: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    query = write_query(Choice(seed=3), None)
    assert "roster=" in query
    assert str(EXAMPLES) not in query  # nobody learns where they are
    assert read_query(query).choice == Choice(seed=3)
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(ChoiceError, match="roster: parties of one's own cannot come by an address"):
        read_query(query)
    assert "roster" not in write_query(Choice(seed=3), None)


@pytest.mark.parametrize("key", ["roster", "carriers"])
def test_nothing_from_an_address_or_a_page_is_imported(key: str, tmp_path: Path) -> None:
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'here')!r}, 'w')")
    values = {"roster": {"ups": f"{evil}:X"}, "carriers": {"x": {"name": "X", "kind": "regional", "volume": 0.1,
              "states": "IL", "class": f"{evil}:X"}}}  # fmt: skip
    with pytest.raises(ChoiceError, match=f"{key}: parties of one's own cannot come by"):
        make_choice("baseline", 1, {key: values[key]})
    with pytest.raises(ChoiceError, match=f"{key}: parties of one's own cannot come by"):
        read_query(f"set.{key}=x")
    inline = json.dumps(values[key]).replace(": ", " = ", 1)
    for text in (f'roster = {{ ups = "{evil}:X" }}', f"{key} = {inline}", f"{key} = 3"):
        with pytest.raises(InputError, match="parties of one's own cannot come by"):
            make_plan(Draft(runs=(("baseline", ""), ("withdraw", text))))
    design = {"kind": "grid", "set": {key: values[key]}, "levers": {"make_or_buy": [True, False]}}
    with pytest.raises(InputError, match=f"set: {key} cannot be set"):
        check_design(design, [])
    assert not (tmp_path / "here").exists()


def test_comparisons_play_with_them_too(house: dict[str, str]) -> None:
    plan = make_plan(Draft())
    assert [scenario.roster for scenario in plan.scenarios] == [house, house]


def test_a_seat_that_is_taken_is_not_free(house: dict[str, str]) -> None:
    settings = Choice().settings()
    assert why_no_seat(settings, "usps") == "usps is played by zone_tariff_usps.py:ZoneTariffUsps, so its seat is taken"
    assert why_no_seat(Scenario(), "usps") == ""


def test_what_cannot_play_is_refused_before_anything_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(InputError, match="must be a subclass of FedEx"):
        _keep_roster({"fedex": PARTIES["ups"]})
    assert Choice().settings().roster == {}
    with pytest.raises(RosterError):
        paths_of({"ups": 3})  # type: ignore[dict-item]


def test_a_stored_sweep_with_parties_of_its_own_goes_on_where_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments import sweep
    from server.work.sweep_child import _design_of

    content = {"kind": "grid", "until": "2025-01", "set": {"n_shippers": 60}, "outcomes": ["usps_cash_usd"],
               "uncertainties": {"build_limit": [0.5, 1.0]}}  # fmt: skip
    sweep(content, tmp_path / "store", workers=1, roster={"ups": PARTIES["ups"]})
    with pytest.raises(InputError, match=r"in this sweep ups is played by tough_ups\.py:ToughUps; go on with it where"):
        _design_of(str(tmp_path / "store"))
    monkeypatch.setenv(VARIABLE, json.dumps({"ups": PARTIES["ups"]}))
    assert _design_of(str(tmp_path / "store")).scenarios[0].roster == {"ups": PARTIES["ups"]}
