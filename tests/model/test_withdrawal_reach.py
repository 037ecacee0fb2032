"""Amazon leaves USPS by decree and need not go everywhere: who reaches, waits, pays and is refused."""

import numpy as np
import pytest

from model.carriers import AMAZON
from model.demand import Demand, with_other_sellers
from model.market import ParcelMarket
from model.operations import RareVisits, street_costs
from model.places import measure_places, zone_places
from model.scenario import Scenario
from tests.small import FEWER

SMALL = {**FEWER, "n_shippers": 200, "end": "2028-06"}
REFUSES = {"amazon_order_margin": 4.0}


@pytest.fixture(scope="module")
def everywhere(finished):
    return finished("withdraw", **SMALL)


@pytest.fixture(scope="module")
def selective(finished):
    return finished("withdraw_selective", **SMALL)


@pytest.fixture(scope="module")
def refuses(finished):
    return finished("withdraw_refuses", **SMALL, **REFUSES)


def year(run, name):
    return run.records[name][-12:].sum()


def rural_reach(run):
    rural = run.zones.zone_type == 2
    homes = run.zones.households * rural
    return float(run.state.network.coverage[AMAZON] @ homes / homes.sum())


def test_fewer_rural_households_on_its_routes_later_parcels_a_lower_bill_and_money_for_usps(everywhere, selective):
    assert rural_reach(selective) < rural_reach(everywhere) - 0.02
    assert year(selective, "amazon_delivery_bill_usd") < year(everywhere, "amazon_delivery_bill_usd")
    assert year(selective, "amazon_usps_revenue_usd") > year(everywhere, "amazon_usps_revenue_usd") + 0.3e9
    assert year(selective, "usps_parcel_contribution_usd") > year(everywhere, "usps_parcel_contribution_usd")
    assert selective.outcomes()["rural_transit_days_2027"] > everywhere.outcomes()["rural_transit_days_2027"]
    assert year(selective, "amazon_later_parcels") > 0.0
    assert year(everywhere, "amazon_later_parcels") == year(everywhere, "amazon_refused_parcels") == 0.0


def test_refused_orders_are_counted_and_most_go_to_other_sellers(everywhere, refuses):
    refused = year(refuses, "amazon_refused_parcels")
    assert refused > 50e6
    ordered = year(refuses, "amazon_parcels") + refused
    assert ordered == pytest.approx(year(everywhere, "amazon_parcels"), rel=2e-3)
    more = year(refuses, "shipped_parcels") - year(everywhere, "shipped_parcels")
    assert 0.4 * refused < more < 1.2 * refused  # prices of others move a little, too
    assert year(refuses, "amazon_delivery_bill_usd") < year(everywhere, "amazon_delivery_bill_usd")
    rural = refuses.zones.zone_type == 2
    assert (refuses.records["amazon_refused_parcels"][:, ~rural].sum(axis=0) <= 1.0).mean() > 0.5


def test_every_parcel_is_delivered_waiting_or_refused(selective, refuses):
    for run in (selective, refuses):
        assert run.balances() == {"parcels": pytest.approx(0.0, abs=1e-9), "money": 0.0}
        records, last = run.records, run.state.flows.allocation
        shipped = records["shipped_parcels"].sum() + records["amazon_parcels"].sum()
        waiting = 0.0 if last.backlog is None else float(last.backlog.volume.sum())
        unserved = records["unserved_parcels"].sum()
        assert records["volume_parcels"].sum() + waiting + unserved == pytest.approx(shipped, rel=1e-9)


def test_nothing_is_refused_before_the_exit_begins(finished):
    late = finished("withdraw_refuses", n_shippers=100, end="2025-12", exit_start="2025-07", **REFUSES)
    refused = late.records["amazon_refused_parcels"].sum(axis=1)
    assert not refused[:6].any()


def test_refused_orders_lie_where_people_live_far_apart(refuses):
    found = measure_places(refuses, zone_places(refuses.zones))["amazon_refused_share"]
    flows = refuses.state.flows.demand
    assert found == pytest.approx(flows.amazon_refused / flows.amazon_ordered)
    assert found[refuses.zones.zone_type == 2].mean() > found[refuses.zones.zone_type == 0].mean()


def test_fewer_days_cost_a_wait_and_the_days_of_the_week_have_none(selective):
    found = measure_places(selective, zone_places(selective.zones))["transit_days"]
    share = selective.state.flows.demand.amazon_later
    assert share.max() > 0.0
    rural = selective.zones.zone_type == 2
    assert found[rural & (share > 0.02)].mean() > found[~rural].mean()


def test_routes_on_fewer_days_cost_less_and_only_where_they_run():
    market = ParcelMarket(Scenario.load("withdraw").with_changes({"n_shippers": 60, "end": "2025-02"}), rng=1)
    network, zones = market.state.network, market.zones
    used = np.clip(network.coverage[1:], 1e-9, 1.0)
    used[0], volume = 0.9, network.annual_volume[1:].copy()
    volume[0] = 100.0 * zones.households
    share = np.where(zones.zone_type == 2, 0.2, 0.0)
    plain, rare = (
        street_costs(market.costs, zones, volume, used, network.start_coverage, 1.0, 1.0, one).street
        for one in (None, RareVisits(share, 7.0 / 3.0))
    )
    assert (rare[1:] == plain[1:]).all()
    assert rare[0, share == 0.0] == pytest.approx(plain[0, share == 0.0], rel=1e-12)
    assert (rare[0, share > 0.0] < plain[0, share > 0.0]).all()
    assert (rare[0] > 0.5 * plain[0]).all()  # a fifth of the households spares no half of the cost


def test_other_sellers_bring_the_orders_to_the_very_places():
    rng = np.random.default_rng(1)
    mix, parcels = rng.random((3, 5)), np.array([2.0, 5.0, 3.0])
    mix /= mix.sum(axis=1, keepdims=True)
    refused = np.array([0.0, 1.0, 0.0, 0.5, 0.0])
    nothing = np.zeros(5)
    before = Demand(np.ones(2), nothing, nothing, mix, 1.0, refused, nothing)
    after = with_other_sellers(before, float(parcels.sum()), 0.8)
    to_zone = parcels * after.scale[0] @ after.mix
    assert to_zone == pytest.approx(parcels @ mix + 0.8 * refused)
    assert after.mix.sum(axis=1) == pytest.approx(np.ones(3))
