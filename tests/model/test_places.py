"""Places: the matrix of counties, where parcels go inside a zone, and what a county gets."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.access import delivered_parcels
from model.carriers import AMAZON, USPS
from model.market import ParcelMarket
from model.parameters import Parameters
from model.places import MEASURES, county_places, measure_places, zone_places
from model.places.measures import _amazon_parcels, _others_at_door
from model.places.spread import covered, spread
from model.scenario import Scenario
from model.tables import DataError
from model.zones import build_zone_table

ZONES = build_zone_table(Parameters.default())
COUNTIES = county_places(ZONES)
BY_ZONE = zone_places(ZONES)


@pytest.fixture(scope="module")
def market():
    played = ParcelMarket(Scenario.load("withdraw").with_changes({"n_shippers": 60}), rng=3)
    for _ in range(13):
        played.step()
    return played


def test_places_add_up_to_the_country() -> None:
    assert COUNTIES.households.sum() == pytest.approx(132e6, rel=1e-9)
    assert BY_ZONE.households.sum() == pytest.approx(132e6, rel=1e-9)
    assert len(COUNTIES.ids) == len(set(COUNTIES.ids)) == 3123


def test_places_sum_to_the_zones_of_the_data() -> None:
    rows = np.asarray(COUNTIES.held.sum(axis=0)).reshape(152, 50)
    assert rows == pytest.approx(np.repeat(rows.mean(axis=1)[:, None], 50, axis=1), rel=1e-4)


def test_a_county_lies_in_zones_of_its_own_state_alone() -> None:
    alabama = np.flatnonzero(np.array(COUNTIES.states) == "AL")
    held = np.asarray(COUNTIES.held[alabama].sum(axis=0)).reshape(152, 50).sum(axis=1)
    assert set(ZONES.state[held > 0].tolist()) == {"AL"}


@given(st.floats(0, 1), st.floats(0, 1))
def test_county_and_national_coverage_agree(urban: float, rural: float) -> None:
    share = np.where(ZONES.zone_type == 2, rural, urban)
    by_county = COUNTIES.mean(covered(share, COUNTIES.slices))
    assert np.all((by_county >= -1e-12) & (by_county <= 1 + 1e-9))
    weight = np.asarray(COUNTIES.held.sum(axis=0)).reshape(152, 50).sum(axis=1)
    assert by_county @ COUNTIES.households == pytest.approx(share @ weight, rel=1e-6)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e9))
def test_spreading_keeps_parcels_and_gives_reached_households_alike(one: float, other: float, parcels: float) -> None:
    first, last = sorted((one, other))
    found = spread(np.array([parcels]), np.array([first]), np.array([last]), 50)[0]
    assert found.sum() == pytest.approx(parcels)
    middle = (np.arange(50) + 0.5) / 50
    if last - first > 0.1:
        assert np.all(found[(middle < first - 0.02) | (middle > last + 0.02)] == 0.0)
        inside = found[(middle > first + 0.02) & (middle < last - 0.02)]
        assert np.ptp(inside) <= 1e-9 * max(parcels, 1e-9)


def test_every_parcel_at_the_door_is_in_some_slice(market) -> None:
    of_amazon = market.state.flows.allocation.accepted[market.groups.amazon.all].sum(axis=(0, 1))
    by_slice = _amazon_parcels(of_amazon, 50) + sum(_others_at_door(market, 50))
    assert by_slice.sum(axis=2) == pytest.approx(delivered_parcels(market).sum(axis=0), rel=1e-9, abs=1e-6)
    assert by_slice.min() >= 0.0


def test_amazon_delivers_the_densest_and_usps_the_sparsest_of_its_parcels() -> None:
    accepted = np.zeros((4, 1))
    accepted[[AMAZON, USPS, 2], 0] = 50.0, 20.0, 30.0
    found = _amazon_parcels(accepted, 10)[:, 0]
    assert found[AMAZON].tolist() == pytest.approx([10] * 5 + [0] * 5)
    assert found[2].tolist() == pytest.approx([0] * 5 + [10] * 3 + [0] * 2)
    assert found[USPS].tolist() == pytest.approx([0] * 8 + [10] * 2)


def test_zones_get_what_the_records_say(market) -> None:
    found = measure_places(market, BY_ZONE)
    assert set(found) == {one.name for one in MEASURES}
    assert found["on_time_share"] == pytest.approx(market.records["on_time_by_zone_share"][-1])
    paid = market.records["quoted_paid_usd"][-1] / market.records["quoted_parcels"][-1]
    assert found["price_per_parcel_usd"] == pytest.approx(paid)
    assert found["amazon_reach_share"] == pytest.approx(market.state.network.coverage[AMAZON])
    door = delivered_parcels(market).sum(axis=0)
    assert found["usps_delivered_share"] == pytest.approx(door[USPS] / door.sum(axis=0))


def test_counties_and_zones_tell_the_same_about_the_country(market) -> None:
    counties, zones = measure_places(market, COUNTIES), measure_places(market, BY_ZONE)
    shares = [name for name in zones if name.endswith("_delivered_share")]
    assert sum(counties[name] for name in shares) == pytest.approx(np.ones(3123))
    weight = np.asarray(COUNTIES.held.sum(axis=0)).reshape(152, 50).sum(axis=1)
    for name in ("carriers_count", "amazon_reach_share"):
        assert np.average(counties[name], weights=COUNTIES.households) == pytest.approx(
            np.average(zones[name], weights=weight), rel=1e-6
        )


def test_usps_brings_amazons_parcels_where_people_live_far_apart(market) -> None:
    share = dict(zip(COUNTIES.ids, measure_places(market, COUNTIES)["amazon_parcels_usps_share"], strict=True))
    assert share["36061"] < 0.2 < share["31091"]  # Manhattan; Hooker County, Nebraska


def test_coverage_is_recorded_each_december(market) -> None:
    assert list(market.records.coverage) == [2025]
    assert market.records.coverage[2025].shape == market.state.network.coverage.shape
    assert np.all(market.records.coverage[2025][USPS] == 1.0)


def test_counties_do_not_fit_another_table_of_zones() -> None:
    few = {one.name: getattr(ZONES, one.name)[:10] for one in fields(ZONES) if one.name != "percentile"}
    with pytest.raises(DataError, match=r"place_shares\.npz"):
        county_places(replace(ZONES, **few))


def test_only_measures_that_can_be_worse_have_words() -> None:
    assert all(bool(one.words) == bool(one.worse) for one in MEASURES)
