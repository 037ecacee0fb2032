"""What Amazon builds while no contract is signed: for what may come of its talks, not for what it hands over."""

import numpy as np
import pytest

from agents.rules.building import TableSeen
from model.market import ParcelMarket
from model.scenario import Scenario
from model.timeline import usps_amazon_expiry
from tests.small import FEWER

EXPIRY = usps_amazon_expiry()
CHANGES = {**FEWER, "n_shippers": 120, "demand_shock_sd": 0.0, "zone_shock_sd": 0.0, "end": "2026-12"}


def market(**changes):
    return ParcelMarket(Scenario.load("baseline").with_changes(CHANGES | changes), rng=1)


def ordered(run):
    """Annual parcels of capacity that Amazon has ordered."""
    orders = (event for event in run.events if event.kind == "order" and event.actors == ("amazon",))
    return sum(dict(event.numbers)["annual_parcels"] for event in orders)


def test_amazon_orders_less_than_for_one_expected_price_at_which_its_rivals_would_carry_nothing():
    assert ordered(market().run()) < ordered(market(building="expected_price").run())


def seen(chance):
    """A table on which a deal is certain, open, or out of reach."""
    expected = {1.0: 0.0, 0.5: 9.0, 0.0: 99.0}[chance]
    return TableSeen(None, limit=9.0, expected=expected, floor=0.1, error_sd=0.4, expiry=EXPIRY)


def test_what_it_leaves_with_usps_in_its_plans_rises_with_the_chance_of_a_deal():
    run = market()
    run.step()
    amazon, volume = run.amazon, run.amazon.memory.slices.volume
    left = []
    for chance in (0.0, 0.5, 1.0):
        amazon.sees_table(seen(chance), "usps")
        left.append(float(volume[amazon.leaves_open(run.month)].sum()))
    assert left == sorted(left)
    assert left[0] < left[-1]
    late = float(volume[amazon.leaves_open(EXPIRY)].sum())
    assert late == left[0]  # once the contract has ended it carries out what no deal means


@pytest.mark.parametrize("seller", ["ups", "fedex"])
def test_volume_with_rivals_counts_at_its_chance_until_it_is_signed(seller):
    run = market()
    run.step()
    amazon, then = run.amazon, EXPIRY + 2
    handed = amazon.memory.flows.handed_to(seller) * run.announced_share(seller, then, run.month)
    np.testing.assert_allclose(amazon.expected_with(seller, then, run.month), handed)
    amazon.sees_table(seen(0.5), seller)
    np.testing.assert_allclose(amazon.expected_with(seller, then, run.month), 0.5 * handed)
    amazon.sees_table(seen(0.0), seller)
    assert not amazon.expected_with(seller, then, run.month).any()
    amazon.weighs_outcomes = False
    amazon.sees_table(seen(1.0), seller)
    assert not amazon.expected_with(seller, then, run.month).any()


def test_a_buyer_that_would_build_nothing_without_a_contract_is_not_pressed_before_the_end():
    pressed, free = market(), market(amazon_own_cost_multiplier=1.6, price_access_published_ratio=1.0)
    assert pressed.amazon.must_order_in_time()
    for run, lead in ((pressed, int(pressed.figures.build_lead_months)), (free, 0)):
        while not run.state.talks:
            run.step()
        talks = run.state.talks["usps", "amazon"].talks
        if run is pressed or not run.amazon.must_order_in_time():
            assert talks.expiry_round - talks.commitment_round == lead
