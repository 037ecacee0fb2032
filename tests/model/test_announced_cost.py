"""Nobody builds what it will idle: Amazon's announced rural stations, and what they count for in its talks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents.calendar import Month
from agents.rules.capacity import CapacityOrder
from model.bargains.access import access_groups, access_table
from model.carriers import AMAZON
from model.market import ParcelMarket
from model.operations import amazon_own_cost, own_cost_factor, usps_cost_grid
from model.scenario import Scenario
from model.timeline import usps_amazon_expiry
from tests.small import FEWER

EXPIRY = usps_amazon_expiry()
RURAL = 2
CHANGES = {**FEWER, "n_shippers": 120, "end": "2026-12"}


def market(**changes):
    return ParcelMarket(Scenario.load("baseline").with_changes(CHANGES | changes), rng=1)


@pytest.fixture(scope="module")
def played():
    """Runs to the end of 2026 by what the plan is taken for."""
    return {kind: market(rural_plan=kind).run() for kind in ("as_announced", "revealed", "reconsidered")}


def own_rural_share(run, month):
    """Share of its rural parcels that Amazon delivers itself in a month."""
    row, rural = month - run.settings.start, run.zones.zone_type == RURAL
    own, shipped = (run.records[name][row, rural].sum() for name in ("amazon_own_parcels", "amazon_parcels"))
    return own / shipped


def idle_rural(run, month):
    """Annual parcels of rural capacity beyond what is delivered."""
    row, rural = month - run.settings.start, run.zones.zone_type == RURAL
    return run.records["amazon_idle_capacity_parcels"][row, rural].sum()


def test_stations_of_the_plan_are_used_when_the_new_contract_begins(played):
    run = played["revealed"]
    assert own_rural_share(run, EXPIRY) > own_rural_share(run, EXPIRY + -1) - 0.03
    capacity = run.state.network.capacity[AMAZON, run.zones.zone_type == RURAL].sum()
    assert max(idle_rural(run, month) for month in (EXPIRY + -1, EXPIRY, EXPIRY + 2)) < 0.05 * capacity
    before = played["as_announced"]  # what it mends
    assert own_rural_share(before, EXPIRY) < own_rural_share(before, EXPIRY + -1) - 0.1
    assert idle_rural(before, EXPIRY) > 3e8


def test_a_plan_that_does_not_pay_is_given_up_and_an_event_says_so(played):
    run, whole = played["reconsidered"], played["as_announced"]
    (told, *_) = [event for event in run.events if event.kind == "order" and "gives up" in event.text]
    assert told.actors == ("amazon",)
    dropped = dict(told.numbers)["dropped_annual_parcels"]
    coming = [one.amazon.announced_plan().coming(one.settings.start).sum() for one in (whole, run)]
    assert coming[0] - coming[1] >= dropped * (1.0 - 1e-9) > 0.0
    lead = int(run.figures.build_lead_months)
    begun = [one.amazon.announced_plan().coming(one.settings.start, within=lead) for one in (whole, run)]
    np.testing.assert_array_equal(*begun)  # what is under construction comes
    assert idle_rural(run, EXPIRY) < 0.5 * idle_rural(whole, EXPIRY)


def test_where_own_delivery_is_cheap_a_plan_reveals_little_and_nothing_of_it_is_given_up():
    cheap = market(amazon_own_cost_multiplier=0.8)
    usual = market(amazon_own_cost_multiplier=0.8, rural_plan="as_announced")
    factor, plain = own_cost_factor(cheap.costs), own_cost_factor(usual.costs)
    shrunk = [float((np.broadcast_to(a, b.shape) / b).min()) for a, b in ((factor, plain + 0.0 * factor),)]
    dear = market()
    least = float((own_cost_factor(dear.costs) / own_cost_factor(market(rural_plan="as_announced").costs)).min())
    assert least < shrunk[0] <= 1.0


def test_cost_changes_in_the_addresses_of_the_plan_alone_and_never_rises():
    revealed, usual = market(), market(rural_plan="as_announced")
    plan, zones = usual.amazon.announced_plan(), usual.zones
    covered = usual.state.network.start_coverage
    middle = (np.arange(zones.density_grid.shape[1]) + 0.5) / zones.density_grid.shape[1]
    beyond = middle > (covered + plan.months * plan.coverage)[:, None]
    parcels = usual.amazon.memory.flows.parcels
    now, before = (amazon_own_cost(one.costs, zones, parcels) for one in (revealed, usual))
    np.testing.assert_array_equal(now[beyond], before[beyond])
    np.testing.assert_array_equal(now[zones.zone_type != RURAL], before[zones.zone_type != RURAL])
    assert (now <= before).all()
    assert (now < before).any()
    # Every slice of the plan is worth its running cost under a contract that both sides find best.
    slices = revealed.amazon.memory.slices
    mine = ~beyond[slices.zone, slices.cell] & (plan.coverage[slices.zone] > 0.0)
    floor = usps_cost_grid(revealed.costs, zones, 1.0, 1.0, 1.0) * (1.0 + revealed.figures.seller_margin_floor)
    worth = revealed.amazon.running_worth()
    assert (worth[mine] <= floor[slices.zone, slices.cell][mine] * (1.0 + 1e-12)).all()


def test_nothing_is_revealed_before_the_announcement(played):
    past = market(start="2024-07", end="2025-03")
    assert past.costs.own_cost_most is None
    while past.month <= past.settings.projection_start:
        past.step()
    assert past.costs.own_cost_most is not None
    assert market(announced_plans=False).costs.own_cost_most is None


def test_talks_count_what_is_announced_or_ordered_as_standing():
    """Capital of it is sunk: the buyer's value is its running cost, though none of it is in use yet."""
    run = market(rural_plan="as_announced")
    amazon, slices = run.amazon, run.amazon.memory.slices
    running, capital, committed = amazon.slice_cost(slices.zone, slices.cell)
    end = run.state.network.coverage[AMAZON] + amazon.announced_plan().covering(run.month)
    middle = (slices.cell + 0.5) / run.zones.density_grid.shape[1]
    announced = middle <= end[slices.zone]  # orders are on their way, too
    assert committed[announced].all()
    assert announced.any()
    values = access_table(run, EXPIRY, access_groups(run)).values
    saved = amazon.saved_by_own_delivery()
    np.testing.assert_allclose(values.own_value[committed], (running - saved)[committed])
    np.testing.assert_allclose(values.own_value[~committed], (running + capital - saved)[~committed])
    # The same of what is on its way; the seller, too, then earns the published price for a shorter while.
    everywhere = np.ones(run.zones.n_zones)
    order = CapacityOrder(AMAZON, EXPIRY + -3, everywhere * 2e7, everywhere, 0.0)
    run.state.network.pipeline.append(order)
    after = access_table(run, EXPIRY, access_groups(run)).values
    np.testing.assert_allclose(after.own_value, running - saved)
    assert (after.buyer <= values.buyer + 1e-12).all()
    assert after.seller.sum() < values.seller.sum()


def test_what_arrives_after_the_contract_would_begin_shortens_no_stay_before_it_stands():
    run = market(rural_plan="as_announced", build_limit=0.0)
    amazon, term = run.amazon, int(run.figures.term_strategic)
    late = replace(amazon.memory.plan, begins=EXPIRY + 12)
    amazon.opens(replace(amazon.memory, plan=None))
    without = amazon.capacity_after(EXPIRY, term)
    amazon.opens(replace(amazon.memory, plan=late))
    with_late = amazon.capacity_after(EXPIRY, term)
    np.testing.assert_array_equal(with_late[:12], without[:12])
    assert with_late[-1] >= without[-1]


def test_an_unknown_way_to_take_the_plan_is_one_clear_error():
    with pytest.raises(ValueError, match=r"rural_plan.*'as_announced', 'revealed' or 'reconsidered'"):
        market(rural_plan="cancelled")


def test_a_run_from_the_past_hears_of_the_plan_at_the_addresses_that_are_left():
    run = market(start="2023-01", end="2025-02", history_mode="free_run").run()
    most, covered = run.costs.own_cost_most, run.state.network.start_coverage
    assert most is not None
    cells = most.shape[1]
    assert np.isinf(most[(np.arange(cells) + 1.0) / cells <= covered[:, None]]).all()
    assert run.month >= Month(2025, 2)
