"""Buying the last mile: sparsest first, dearer means less, caps and promises bind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.rules.access import (
    AccessCase,
    AccessTerms,
    HandOverPlan,
    avoidable_share,
    buy_access,
    hand_over,
    hand_over_by_margin,
    keeps_commitment,
)

ZONES, CELLS = 6, 20
COST = np.linspace(1.0, 6.0, CELLS) + np.linspace(0.0, 2.0, ZONES)[:, None]  # sparser is dearer, by zone and cell
VOLUME = np.linspace(50.0, 300.0, ZONES)
GROUP = np.array([0, 0, 0, 1, 1, 1])
INJECTION = 0.35
ENDLESS = np.full(2, 1e9)


def terms(price=3.0, published=4.0, cap=ENDLESS, least=(0.0, 0.0), relief=(0.0, 0.0)):
    prices = np.broadcast_to(np.asarray(price, dtype=float), (ZONES,)).copy()
    return AccessTerms(prices, published, GROUP, np.array(cap, float), np.array(least, float), np.array(relief, float))


def bought(**kwargs):
    return buy_access(COST, VOLUME, terms(**kwargs), INJECTION)


def test_the_sparsest_addresses_are_handed_over_and_only_where_access_is_cheaper():
    purchase = bought()
    place = (np.arange(CELLS) + 0.5) / CELLS
    for zone in range(ZONES):
        own = place < purchase.kept[zone]
        assert (COST[zone][own] <= 3.0 + INJECTION + 0.3).all()  # a cell that the end cuts costs a step more or less
        assert (COST[zone][~own] >= 3.0 + INJECTION - 0.3).all()
    assert purchase.parcels == pytest.approx(VOLUME * (1.0 - purchase.kept))
    assert (purchase.published == 0.0).all()


@given(st.floats(0.0, 9.0), st.floats(0.0, 9.0), st.floats(0.0, 800.0))
def test_a_lower_price_never_buys_less(one, other, cap):
    low, high = sorted((one, other))
    cheap, dear = (bought(price=price, published=9.0, cap=(cap, cap)) for price in (low, high))
    assert cheap.parcels.sum() >= dear.parcels.sum() - 1e-9
    assert (cheap.kept <= dear.kept + 1e-9).all() or cap < 800.0


@given(st.floats(0.0, 500.0), st.floats(0.0, 500.0), st.floats(0.0, 8.0), st.floats(0.0, 8.0))
def test_the_cap_of_each_group_binds_and_the_rest_pays_the_published_price(first, second, price, published):
    purchase = bought(price=price, published=published, cap=(first, second))
    under = np.bincount(GROUP, weights=purchase.contract)
    assert (under <= np.array([first, second]) + 1e-6).all()
    assert (purchase.contract >= 0.0).all()
    assert (purchase.published >= 0.0).all()
    free = bought(price=price, published=published)
    assert purchase.parcels.sum() <= free.parcels.sum() + 1e-6 or published < price
    only_published = bought(price=published, published=published, cap=(0.0, 0.0))
    assert purchase.parcels.sum() >= only_published.parcels.sum() - 1e-6


def test_a_bound_cap_goes_to_the_parcels_that_gain_most():
    purchase = bought(cap=(20.0, 20.0), published=100.0)
    assert np.bincount(GROUP, weights=purchase.contract) == pytest.approx([20.0, 20.0])
    dearest = np.where(VOLUME * (1 - purchase.kept) > 1e-9, COST.max(axis=1), 0.0)
    assert purchase.contract[2] > 0.0  # the dearest zone of its group
    assert dearest[[2, 5]] == pytest.approx(COST[[2, 5]].max(axis=1))


def test_a_cap_or_a_promise_is_met_exactly_where_many_addresses_cost_the_same():
    """Wanted parcels jump from nothing to all at one price; the limit lies in between."""
    flat = np.full((ZONES, CELLS), 3.5)
    capped = buy_access(flat, VOLUME, terms(price=2.0, published=100.0, cap=(40.0, 700.0)), INJECTION)
    assert np.bincount(GROUP, weights=capped.contract) == pytest.approx([40.0, 700.0])
    held = terms(price=4.0, published=100.0, least=(40.0, 700.0), relief=(0.5, 0.5))
    assert np.bincount(GROUP, weights=buy_access(flat, VOLUME, held, INJECTION).contract) == pytest.approx([40, 700])


def test_what_is_promised_is_bought_as_far_as_a_missing_parcel_costs():
    free = bought(price=6.0, published=9.0)
    wanted = np.bincount(GROUP, weights=free.parcels)
    least = wanted + np.array([30.0, 30.0])
    held = bought(price=6.0, published=9.0, least=least, relief=(1.0, 1.0))
    assert np.bincount(GROUP, weights=held.contract) == pytest.approx(least, abs=1e-6)
    half = bought(price=6.0, published=9.0, least=(1e9, 1e9), relief=(0.5, 0.5))
    cheaper = bought(price=3.0, published=9.0)
    assert half.parcels == pytest.approx(cheaper.parcels, abs=1e-6)  # as if the price were half
    assert bought(price=6.0, published=9.0, least=least).parcels == pytest.approx(free.parcels)  # no relief, no reason


def test_a_promise_is_kept_when_the_later_price_is_worth_it():
    offer = terms(price=3.0, published=6.0, least=(300.0, 740.0))  # nearly all that there is

    def keeps(months_left, months_after):
        return keeps_commitment(COST, VOLUME, offer, INJECTION, months_left, months_after)

    assert keeps(1, 12).all()
    assert not keeps(12, 0).any()  # nothing is lost when the contract ends anyway
    easy = terms(price=3.0, published=6.0, least=(1.0, 1.0))
    assert keeps_commitment(COST, VOLUME, easy, INJECTION, 12, 0).all()  # what it wants anyway costs nothing


def by_margin(before, speed=1.0, alone=1.0, now=0.7, price=3.0):
    case = AccessCase(COST, VOLUME, np.zeros(ZONES), np.ones(ZONES), terms(price=price), INJECTION, 0.0)
    share = np.full(ZONES, alone)
    return hand_over_by_margin(HandOverPlan(COST, COST * now, share, np.asarray(before, float), speed), case), case


def test_between_what_pays_now_and_what_pays_later_nothing_moves():
    nothing, case = by_margin(np.zeros(ZONES))
    all_of_it, _ = by_margin(VOLUME)
    least, most = hand_over(COST * 0.7, case), hand_over(COST, case)
    np.testing.assert_allclose(nothing.parcels, least.parcels)
    np.testing.assert_allclose(all_of_it.parcels, most.parcels)
    assert (nothing.parcels <= all_of_it.parcels).all()
    assert nothing.parcels.sum() < 0.8 * all_of_it.parcels.sum()
    middle = (nothing.parcels + all_of_it.parcels) / 2.0
    np.testing.assert_allclose(by_margin(middle)[0].parcels, middle)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.5, 1.0))
def test_a_part_of_the_gap_closes_and_no_stop_is_counted_twice(before, speed, alone):
    start = VOLUME * before
    now, _ = by_margin(start, speed, alone)
    wanted, _ = by_margin(start, 1.0, alone)
    np.testing.assert_allclose(
        now.parcels, np.minimum(start + speed * (wanted.parcels - start), VOLUME * alone), atol=1e-6
    )
    assert (now.parcels <= VOLUME * alone + 1e-9).all()
    np.testing.assert_allclose(now.kept * VOLUME + now.parcels, VOLUME, rtol=1e-6)
    assert (now.contract <= now.parcels + 1e-9).all()


def test_with_no_slack_in_routes_it_is_the_plain_choice():
    found, case = by_margin(np.zeros(ZONES), now=1.0)
    np.testing.assert_allclose(found.parcels, hand_over(COST, case).parcels)
    np.testing.assert_allclose(found.kept, hand_over(COST, case).kept)


def test_seven_tenths_of_a_stop_go_within_three_years():
    assert avoidable_share(0.0914, 36, 0.0065) == pytest.approx(0.71, abs=0.02)
    assert avoidable_share(1.0, 36, 0.0065) == 1.0
    assert avoidable_share(0.0914, 120, 0.0065) > avoidable_share(0.0914, 36, 0.0065)


@given(st.lists(st.floats(0.0, 1.2), min_size=ZONES, max_size=ZONES), st.floats(0.0, 1.0), st.booleans())
def test_a_zone_that_is_a_price_group_by_itself_keeps_what_a_search_would_find(shares, relief, capped):
    """With a zone by itself no price is searched for; with an empty twin in its group one is: both say the same."""
    amount = np.array(shares) * VOLUME
    own, every = np.arange(ZONES), np.full(ZONES, 1e9)
    cap, least = (amount, np.zeros(ZONES)) if capped else (every, amount)
    alone = AccessTerms(np.full(ZONES, 3.0), 100.0, own, cap, least, np.full(ZONES, relief))
    twins = AccessTerms(np.full(2 * ZONES, 3.0), 100.0, np.tile(own, 2), cap, least, np.full(ZONES, relief))
    direct = buy_access(COST, VOLUME, alone, INJECTION)
    searched = buy_access(np.tile(COST, (2, 1)), np.concatenate([VOLUME, np.zeros(ZONES)]), twins, INJECTION)
    assert direct.contract == pytest.approx(searched.contract[:ZONES], rel=1e-6, abs=1e-3)
