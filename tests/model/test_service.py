"""Distance: how far people live from centres and stations, and what it does to stems, transit and punctuality."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from agents.calendar import Month
from agents.geography import RURAL, URBAN
from agents.rules.distress import Ladder, Measures, Rung, measures_in_force
from model.carriers import AMAZON, USPS
from model.distances import stem_factor, zone_distances
from model.market import ParcelMarket
from model.measuring.places import transit_by_zone_type, transit_of_zones
from model.parameters import ParameterError, Parameters
from model.places import county_places, measure_carriers, measure_places, zone_places
from model.scenario import Scenario
from model.service import late_staff, on_time_base, service_by_place, transit_days
from model.tables import data_folder
from model.zones import build_zone_table

P = Parameters.default()
ZONES = build_zone_table(P)
DISTANCES = zone_distances(ZONES)
COUNTIES = county_places(ZONES)
EVERYWHERE_ALIKE = dict.fromkeys(
    (
        "stem_by_distance",
        "transit_days_per_100_miles",
        "on_time_per_100_miles",
        "on_time_per_halving",
        "distress_by_distance",
        "usps_far_days",
        "usps_far_on_time_loss",
        "usps_zone_capacity",
    ),
    0.0,
)
SMALL = {"n_shippers": 60}


def played(changes, months=1, scenario="baseline"):
    market = ParcelMarket(Scenario.load(scenario).with_changes({**SMALL, **changes}), rng=3)
    for _ in range(months):
        market.step()
    return market


@pytest.fixture(scope="module")
def market():
    return played({}, 2)


@pytest.fixture(scope="module")
def alike():
    return played(EVERYWHERE_ALIKE, 2)


# distances


def test_a_county_is_as_far_as_the_map_says() -> None:
    """Polk County, Iowa: Kansas City is the nearest centre, 184 miles from (41.6, -93.6) as the crow flies."""
    miles = dict(zip(COUNTIES.ids, COUNTIES.of_households(COUNTIES.miles), strict=True))
    centres = pd.read_csv(str(data_folder() / "regional_centres.csv"))
    nearest = centres.loc[((centres["latitude"] - 41.6) ** 2 + (centres["longitude"] + 93.6) ** 2).idxmin()]
    assert nearest["county_name"] == "Jackson County"
    north = 69.0 * (41.6 - nearest["latitude"])
    east = 69.17 * np.cos(np.radians(40.3)) * (nearest["longitude"] + 93.6)
    assert miles["19153"] == pytest.approx(P.road_circuity * np.hypot(north, east), rel=0.02)
    assert miles["36061"] < 10.0 < 200.0 < miles["31091"]  # Manhattan; Hooker County, Nebraska


def test_nearly_half_of_the_people_live_far_from_a_centre() -> None:
    far = np.average(DISTANCES.far, weights=ZONES.households)
    assert 0.40 < far < 0.50  # the plan: almost half
    by_type = [
        np.average(DISTANCES.far[ZONES.zone_type == kind], weights=ZONES.households[ZONES.zone_type == kind])
        for kind in range(3)
    ]
    assert by_type == sorted(by_type)
    assert len(pd.read_csv(str(data_folder() / "regional_centres.csv"))) == 59


def test_counties_have_the_distances_of_their_zones() -> None:
    zone = COUNTIES.held.indices // COUNTIES.slices
    for each, of_zones in ((COUNTIES.miles, DISTANCES.centre), (COUNTIES.far, DISTANCES.far)):
        mean = np.bincount(zone, COUNTIES.held.data * each) / np.bincount(zone, COUNTIES.held.data)
        assert mean == pytest.approx(of_zones, rel=2e-3, abs=2e-4)  # half precision in the file


# stems


def test_stems_keep_the_mean_of_their_type_and_grow_with_distance() -> None:
    factor = stem_factor(ZONES, 1.0)
    for kind in range(3):
        here = ZONES.zone_type == kind
        assert np.average(factor[here], weights=ZONES.households[here]) == pytest.approx(1.0)
    assert stem_factor(ZONES, 0.5) == pytest.approx((1.0 + factor) / 2.0)
    rural = {state: value for state, kind, value in zip(ZONES.state, ZONES.zone_type, factor, strict=True) if kind == 2}
    assert rural["CT"] < 1.0 < rural["MT"] < rural["AK"]


def test_stems_leave_the_mean_street_cost_within_one_percent(market, alike) -> None:
    for row in range(3):
        with_stem, without = (
            np.average(one.state.network.street.street[row], weights=one.state.network.annual_volume[row + 1])
            for one in (market, alike)
        )
        assert with_stem == pytest.approx(without, rel=0.01)
    assert alike.costs.geometry.stem_factor is None
    factor = market.costs.geometry.stem_factor
    dearer = market.state.network.street.street[1] - alike.state.network.street.street[1]
    rural = ZONES.zone_type == RURAL
    assert np.corrcoef(dearer[rural], factor[rural])[0, 1] > 0.7


def test_a_stem_that_leaves_no_time_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="stem_by_distance"):
        played({"stem_miles_rural": 120.0}, 0)


# national means


def test_national_means_of_the_start_are_kept() -> None:
    annual = np.random.default_rng(1).uniform(0.0, 1e6, (5, ZONES.n_zones))
    annual[4] = 0.0  # a network without parcels
    found = service_by_place(P, ZONES, annual, annual[USPS])
    for weight, days, on_time in zip(annual[:4], found.days, found.on_time, strict=False):
        assert weight @ days == pytest.approx(0.0, abs=1e-6 * weight.sum())
        assert weight @ on_time == pytest.approx(0.0, abs=1e-6 * weight.sum())
    assert np.average(found.distress, weights=annual[USPS]) == pytest.approx(1.0)
    assert np.isfinite(found.days).all()


def test_the_first_month_is_as_punctual_as_published() -> None:
    first = played({"usps_far_days": 0.0, "usps_far_on_time_loss": 0.0})
    for name, on_time in zip(first.carriers.like[:4], first.records["on_time_share"][0], strict=False):
        assert on_time == pytest.approx(P[f"on_time_base_{name}"], abs=0.002)


def test_places_differ_and_far_ones_are_later(market, alike) -> None:
    on_time = market.records["on_time_by_zone_share"][1]
    assert np.ptp(on_time) > 0.03 > 0.012 > np.ptp(alike.records["on_time_by_zone_share"][1])
    found, counties = (measure_places(market, each) for each in (zone_places(ZONES), COUNTIES))
    miles = np.minimum(COUNTIES.of_households(COUNTIES.miles), 300.0)
    assert np.corrcoef(miles, counties["transit_days"])[0, 1] > 0.8
    assert np.corrcoef(miles, counties["on_time_share"])[0, 1] < -0.7
    rural, urban = (
        np.average(found["transit_days"][ZONES.zone_type == kind], weights=ZONES.households[ZONES.zone_type == kind])
        for kind in (RURAL, URBAN)
    )
    assert rural > urban + 0.2


def test_places_add_up_to_zones_and_zones_to_the_records(market) -> None:
    zones = measure_places(market, zone_places(ZONES))
    assert zones["on_time_share"] == pytest.approx(market.records["on_time_by_zone_share"][1])
    door = market.state.flows.allocation.accepted.sum(axis=(0, 1, 2))
    for kind in range(3):
        here = ZONES.zone_type == kind
        mean = np.average(zones["transit_days"][here], weights=door[here])
        assert mean == pytest.approx(market.records["mean_transit_days"][1][kind], rel=1e-6)
    # more here is less there
    amount = np.random.default_rng(2).uniform(0.0, 1.0, (ZONES.n_zones, COUNTIES.slices))
    more = COUNTIES.uneven(amount, COUNTIES.miles)
    for state in ("WY", "NJ", "TX"):
        assert more[np.array(COUNTIES.states) == state].sum() == pytest.approx(0.0, abs=1e-6 * np.abs(more).sum())
    assert zone_places(ZONES).uneven(amount, zone_places(ZONES).miles) == pytest.approx(np.zeros(152), abs=1e-6)


def test_a_county_knows_who_delivers_how_late(market) -> None:
    found = dict(zip(COUNTIES.ids, range(3123), strict=True))
    by_carrier = measure_carriers(market, COUNTIES)
    for name in ("usps", "ups", "fedex"):
        days = by_carrier[f"{name}_transit_days"]
        assert days[found["31091"]] > days[found["36061"]] + 0.3
    zones = measure_carriers(market, zone_places(ZONES))
    assert zones["usps_on_time_share"] == pytest.approx(market.state.network.on_time[USPS])


def test_everywhere_alike_is_what_it_was(alike) -> None:
    assert alike.service.flat
    assert not alike.service.on_time.any()
    assert (alike.service.distress == 1.0).all()
    on_time = alike.state.network.on_time
    assert on_time[USPS] == pytest.approx(np.full(152, P.on_time_base_usps))
    mean = alike.records["mean_transit_days"][1]
    assert mean == pytest.approx(np.full(3, mean.mean()), rel=0.02)


def test_days_by_zone_agree_with_the_mean_by_carrier_where_nothing_differs() -> None:
    luck = np.random.default_rng(4)
    parcels, days = luck.uniform(0.0, 1.0, (3, 4, 152)), luck.uniform(1.0, 5.0, (3, 4))
    parcels[:, 2] = 0.0
    one = transit_by_zone_type(parcels, days, ZONES.zone_type)
    other = transit_of_zones(parcels, np.repeat(days[:, :, None], 152, axis=2), ZONES.zone_type)
    for plain, by_zone in zip(one, other, strict=True):
        assert by_zone == pytest.approx(plain)


# the plan for far places


def test_the_plan_begins_when_it_may_and_not_before() -> None:
    p = P
    assert measures_in_force(p, Ladder(), Month(2024, 12)).far_days == 0.0
    assert measures_in_force(p, Ladder(), Month(2025, 1)).far_days == p.usps_far_days
    later = p.with_overrides({"usps_far_from": 6.0})
    assert measures_in_force(later, Ladder(), Month(2025, 6)).far_days == 0.0
    assert measures_in_force(later, Ladder(), Month(2025, 7)).far_on_time_loss == p.usps_far_on_time_loss


def test_without_announced_plans_there_is_no_plan() -> None:
    market = played({"announced_plans": False})
    assert market.usps.measures.far_days == market.usps.measures.far_on_time_loss == 0.0
    assert not np.any(market.state.choice.extra_days)


def test_the_plan_slows_what_comes_through_the_centres_and_nothing_else(market) -> None:
    without = replace(market.usps.measures, far_days=0.0)
    slow, usual = (transit_days(P, market.state, market.service, one) for one in (market.usps.measures, without))
    assert slow.own[:, USPS] - usual.own[:, USPS] == pytest.approx(np.tile(P.usps_far_days * DISTANCES.far, (3, 1)))
    np.testing.assert_array_equal(slow.handed, usual.handed)
    np.testing.assert_array_equal(slow.own[:, AMAZON], usual.own[:, AMAZON])
    mean = P.usps_far_days * market.service.far_mean
    assert market.state.choice.extra_days[USPS] == pytest.approx(mean)
    assert 0.35 < market.service.far_mean < 0.55


def test_distress_strikes_far_places_more_with_the_same_mean(market) -> None:
    ladder = Ladder().with_rung(Rung.SERVICE, Month(2025, 1))
    measures = measures_in_force(P, ladder, Month(2025, 2))
    plain = on_time_base(np.full(12, 0.9), market.service, Measures(), np.ones(152))[USPS]
    loss = (
        plain
        - on_time_base(np.full(12, 0.9), market.service, replace(measures, far_on_time_loss=0.0), np.ones(152))[USPS]
    )
    far, near = DISTANCES.far > 0.9, DISTANCES.far < 0.1
    assert loss[far].mean() > P.distress_on_time_loss > loss[near].mean() > 0.0
    start = played({}, 0)
    assert np.average(loss, weights=start.state.network.annual_volume[USPS]) == pytest.approx(P.distress_on_time_loss)


# staff by zone


def test_usps_is_late_where_staff_and_overtime_do_not_do() -> None:
    sorting, load = np.full(4, 0.4), np.array([0.8, 1.15, 1.3, 2.0])
    found = late_staff(sorting, load, P)
    assert found[:2].tolist() == [0.4, 0.4]
    assert P.congestion_threshold < found[2] < found[3]
    np.testing.assert_array_equal(late_staff(sorting, load, P.with_overrides({"usps_zone_capacity": 0.0})), sorting)


def test_a_surge_makes_usps_late_there_until_staff_has_followed() -> None:
    """Half of the staff is away in one zone: nothing is refused, it is late, and it gets better by itself."""
    usual, short = played({}, 1), played({}, 1)
    zone = int(np.argmax(ZONES.households))
    short.state.network.in_place[USPS, zone] *= 0.5
    later = []
    for _ in range(8):
        for market in (usual, short):
            market.step()
        later.append(usual.state.network.on_time[USPS] - short.state.network.on_time[USPS])
    here = [month[zone] for month in later]
    assert here[0] > 2.0 * here[1] > 4.0 * here[2] > 0.0
    assert here[-1] == pytest.approx(0.0, abs=0.004)
    assert np.abs(np.delete(later, zone, axis=1)).max() < 0.004
    first, other = (one.records["delivered_parcels"][1, USPS, zone] for one in (short, usual))
    assert first == pytest.approx(other, rel=0.01)
    assert short.records["unserved_parcels"].sum() == usual.records["unserved_parcels"].sum()
