"""A scenario adds carriers: from data, with the class named in it, and the start still balances."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents.carriers import Carrier
from agents.regional import RegionalCarrier
from model.market import ParcelMarket
from model.newcomers import told
from model.scenario import Scenario, ScenarioError

NORTH = {"name": "Parcel North", "kind": "regional", "class": "REGIONAL", "states": "IL WI MN", "volume": 0.05}
FIFTH = {"name": "Fifth", "kind": "national", "class": "agents.carriers:Carrier", "like": "fedex", "volume": 0.5}
NORTH["class"] = f"{RegionalCarrier.__module__}:RegionalCarrier"
SMALL = {"n_shippers": 200, "end": "2025-06"}


class Bold(RegionalCarrier):
    """A carrier that raises prices by a tenth a year, whatever happens."""

    def price_increase(self) -> float:
        return 0.1


@cache
def market(*added: str) -> ParcelMarket:
    known = {"parcel_north": NORTH, "fifth": FIFTH, "bold": {**NORTH, "name": "Bold", "class": f"{__name__}:Bold"}}
    scenario = Scenario().with_changes({**SMALL, "carriers": {key: known[key] for key in added}})
    return ParcelMarket(scenario, rng=2)


@pytest.mark.parametrize(("key", "volume"), [("parcel_north", 0.05e9), ("fifth", 0.5e9)])
def test_it_starts_with_its_parcels_and_takes_them_from_all_others_in_proportion(key: str, volume: float) -> None:
    usual, added = market(), market(key)
    assert added.carriers.keys == (*usual.carriers.keys, key)
    before = usual.state.network.annual_volume.sum(axis=1)
    now = added.state.network.annual_volume.sum(axis=1)
    assert now[-1] == pytest.approx(volume, rel=1e-6)
    # Amazon's own parcels stay where they are; the total does, too.
    assert now.sum() == pytest.approx(before.sum(), rel=1e-9)
    handed = usual.amazon.memory.flows
    of_others = before - [handed.usps.sum(), handed.own.sum(), handed.ups.sum(), handed.fedex.sum(), *[0] * 8]
    lost = (before - now[:-1])[[0, 2, 3, 4, 11]] / of_others[[0, 2, 3, 4, 11]]
    assert (lost > 0.0).all()
    assert lost.max() < 4.0 * volume / of_others.sum()


@pytest.mark.parametrize("key", ["parcel_north", "fifth"])
def test_it_takes_part_and_everything_balances(key: str) -> None:
    run = ParcelMarket(market(key).settings, rng=2).run()
    found = run.outcomes()
    assert found[f"{key}_volume_parcels"] > 1e6
    assert found[f"{key}_revenue_usd"] > 1e6
    assert run.balances()["money"] == 0.0
    assert run.balances()["parcels"] < 1e-9
    assert any(key in event.actors for event in run.events)
    names = {event.text for event in run.events if key in event.actors}
    assert any(run.carriers.name_of[key] in text for text in names)


def test_nothing_becomes_a_regional_carrier_in_silence() -> None:
    national, regional = market("fifth"), market("parcel_north")
    assert type(national.agent("fifth")) is Carrier
    assert type(regional.agent("parcel_north")) is RegionalCarrier
    assert national.national[-1]
    assert not regional.national[-1]
    assert (national.state.network.coverage[-1] == 1.0).all()
    served = set(regional.zones.state[regional.state.network.coverage[-1] > 0.0].tolist())
    assert served == {"IL", "WI", "MN"}


def test_its_class_decides() -> None:
    assert market("bold").agent("bold").price_increase() == 0.1
    run = ParcelMarket(market("bold").settings.with_changes({"end": "2026-02"}), rng=2).run()
    assert run.state.tariffs.list_growth[-1] > run.state.tariffs.list_growth[4]


def test_it_starts_with_the_prices_of_whom_it_is_like() -> None:
    tariffs = market("fifth").state.tariffs
    np.testing.assert_allclose(tariffs.level[:, -1], tariffs.level[:, 3], rtol=0.1)
    assert tariffs.rural[-1] == tariffs.rural[3] > 0.0


def test_two_can_be_added_and_luck_of_the_others_stays() -> None:
    both = market("parcel_north", "fifth")
    assert both.carriers.keys[-2:] == ("parcel_north", "fifth")
    assert (both.shippers.discount[:20] == market().shippers.discount[:20]).all()


def test_what_it_does_to_the_start_is_told() -> None:
    settings = market("parcel_north").settings
    (sentence,) = told(settings.carriers, sum(settings.parameters.by_segment("volume_segment")))
    assert "Parcel North starts with 50 million parcels a year" in sentence


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "local"}, "carriers.parcel_north.kind"),
        ({"volume": 0.0}, "carriers.parcel_north.volume"),
        ({"volume": "much"}, "carriers.parcel_north.volume"),
        ({"states": ""}, "states: missing; a regional carrier delivers in some"),
        ({"states": "IL XX"}, "parcel_north: no state XX"),
        ({"like": "ups"}, "like: 'ups' is not allowed for a regional carrier"),
        ({"kind": "national"}, "states: 'IL WI MN' is not allowed for a national carrier"),
        ({"kind": "national", "states": ""}, 'like: missing; a national carrier starts like "ups" or "fedex"'),
        ({"class": "agents.carriers:Nobody"}, "has no class Nobody"),
        ({"class": "agents.rivals:Ups"}, "its class must be a subclass of RegionalCarrier"),
        ({"class": "nowhere:Nobody"}, "No module named 'nowhere'"),
        ({"name": "Veho"}, "veho is called 'Veho' already"),
        ({"colour": "red"}, "colour: unknown; a carrier has name, kind, class, volume, states, like"),
    ],
)
def test_what_is_wrong_with_one_is_told_in_one_line(change: dict[str, object], told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario().with_changes({"carriers": {"parcel_north": {**NORTH, **change}}})
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("key", ["ups", "veho", "regional", "regional_9", "Parcel North", "enterprise_3"])
def test_a_key_that_somebody_has_or_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ScenarioError, match=key):
        Scenario().with_changes({"carriers": {key: NORTH}})


def test_the_class_must_be_named() -> None:
    with pytest.raises(ScenarioError, match=r"carriers\.parcel_north\.class"):
        Scenario().with_changes({"carriers": {"parcel_north": {k: v for k, v in NORTH.items() if k != "class"}}})


def test_the_past_has_the_carriers_of_its_time() -> None:
    with pytest.raises(ScenarioError, match="parcel_north cannot be added to a run that starts in 2022-01"):
        Scenario().with_changes({"start": "2022-01", "carriers": {"parcel_north": NORTH}})


def test_it_cannot_start_with_more_than_there_is() -> None:
    big = Scenario().with_changes({**SMALL, "carriers": {"fifth": {**FIFTH, "volume": 9.0}}})
    with pytest.raises(ValueError, match="Fifth would start with"):
        ParcelMarket(big)


def test_a_scenario_file_holds_it_and_travels(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        f"from {RegionalCarrier.__module__} import RegionalCarrier\nclass Mine(RegionalCarrier): pass\n"
    )
    lines = [f"{key} = {value!r}" for key, value in {**NORTH, "class": "mine.py:Mine"}.items()]
    text = "\n".join(['title = "Mine"', "[parameters]", "n_shippers = 200", "[carriers.parcel_north]", *lines])
    (tmp_path / "mine.toml").write_text(text)
    found = Scenario.load(tmp_path / "mine.toml")
    assert found.own_classes == {"parcel_north": f"{tmp_path}/mine.py:Mine"}
    assert Scenario.from_mapping(found.changes()) == found
    assert type(ParcelMarket(found).agent("parcel_north")).__name__ == "Mine"


@pytest.mark.parametrize(
    ("roster", "regionals"), [({"lso": f"{__name__}:Bold"}, 3), ({"regional_11": f"{__name__}:Bold"}, 10)]
)
def test_a_party_of_the_roster_that_takes_no_part_is_not_dropped_in_silence(
    roster: dict[str, str], regionals: int
) -> None:
    settings = Scenario().with_changes({**SMALL, "n_regional_carriers": regionals, "roster": roster})
    with pytest.raises(ValueError, match="takes no part with n_regional_carriers"):
        ParcelMarket(settings)
    if "regional_11" in roster:
        more = settings.with_changes({"n_regional_carriers": 11})
        assert type(ParcelMarket(more).agent("regional_11")).__name__ == "Bold"
