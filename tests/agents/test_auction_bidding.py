"""What access is worth, who takes part, and what is bid under each format."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.auction import (
    FORMATS,
    AccessNeed,
    Demand,
    Handover,
    Lot,
    bid_for,
    expected_price,
    handover_cost,
    lot_demands,
    reduced_quantity,
    shaded,
)
from agents.auction.values import access_value
from tests.oracles import ORACLES

PUBLISHED = 4.41
DAYS = 302


def lot(capacity=100.0, reserve=2.38, bidders=3, zone=0, window="same_day"):
    return Lot(zone, window, capacity, reserve, reserve / 1.1, bidders)


def demand(quantity, value, bidder="amazon"):
    quantity, value = np.array(quantity, dtype=float), np.array(value, dtype=float)
    return Demand(bidder, quantity, value, np.arange(len(value)))


def need(quantity, saved, zone=None, stay=0.0, bidder="ups"):
    quantity = np.array(quantity, dtype=float)
    n = len(quantity)
    return AccessNeed(
        bidder,
        np.zeros(n, dtype=np.int64) if zone is None else np.array(zone),
        quantity,
        np.broadcast_to(np.array(saved, dtype=float), (n,)).copy(),
        np.full(n, 2.0),
        np.full(n, stay),
    )


def terms(units=(18_000.0,), stop_cost=75.0, presort=0.0, entry=0.0, window_value=0.15, same_day=0.5):
    return Handover(
        units=np.array(units, dtype=float),
        delivery_days=DAYS,
        stop_cost=stop_cost,
        presort_cost=presort,
        published=PUBLISHED,
        window_value=np.array([window_value, 0.0]),
        window_share=np.array([same_day, 1.0 - same_day]),
        entry_cost=entry,
    )


def both_windows(zones=1, **changes):
    return [lot(zone=z, window=w, **changes) for z in range(zones) for w in ("same_day", "next_day")]


@pytest.mark.parametrize(("parcels", "pieces", "cost"), [(1.7e9, 313, 0.24), (400e6, 74, 1.02), (50e6, 9, 8.15)])
def test_pieces_per_unit_decide_what_a_drop_costs(parcels, pieces, cost):
    assert round(parcels / 18_000 / DAYS) == pieces
    found = handover_cost(need([parcels], 100.0), terms(), np.array([2.0]))
    assert found[0] == pytest.approx(cost, abs=0.005)


def test_parcels_that_are_not_worth_it_share_no_truck():
    some = need([1e8, 1e8], [5.0, 1.0])
    alone = need([1e8], [5.0])
    reserve = np.array([2.0])
    assert handover_cost(some, terms(), reserve)[0] == handover_cost(alone, terms(), reserve)[0]
    assert handover_cost(need([1e8], [1.0]), terms(), reserve)[0] == np.inf


def test_value_is_what_is_saved_less_the_handover_and_never_above_the_published_price():
    reserve = np.array([2.0])
    found = access_value(need([1e9, 1e9], [3.5, 9.0]), terms(presort=0.1), reserve)
    stop = 75.0 / (2e9 / 18_000 / DAYS)
    assert found == pytest.approx([3.5 - 0.1 - stop, PUBLISHED])
    # Who cannot leave for half the term counts half the published price.
    half = access_value(need([1e9, 1e9], [3.5, 9.0], stay=0.5), terms(presort=0.1), reserve)
    assert half == pytest.approx([(PUBLISHED + found[0]) / 2, PUBLISHED])


def test_same_day_is_worth_more_and_parcels_split_over_the_windows():
    found = lot_demands(need([1e9], 4.0), terms(same_day=0.3), both_windows())
    same, later = found[0], found[1]
    assert same.value - later.value == pytest.approx([0.15])
    assert (same.quantity[0], later.quantity[0]) == pytest.approx((0.3e9, 0.7e9))


def test_a_bidder_takes_part_where_it_earns_the_entry_cost():
    """Monthly pieces x (value - reserve) against the cost by unit: just below and just above."""
    one = need([1.2e6], 4.0)
    plain = terms(units=(10.0,), stop_cost=0.0, window_value=0.0)
    gain = 1.2e6 / 12 * (4.0 - 2.38) / 10.0
    for factor, takes in ((0.999, True), (1.001, False)):
        asked = terms(units=(10.0,), stop_cost=0.0, window_value=0.0, entry=gain * factor)
        assert bool(lot_demands(one, asked, both_windows())) is takes
    assert lot_demands(one, plain, both_windows())
    assert not lot_demands(need([1.2e6], 2.3), plain, both_windows())  # free entry, but below the reserve


def test_small_bidders_stay_away_where_large_ones_come():
    usual = terms(presort=0.11, entry=150.0)
    bids = [bool(lot_demands(need([parcels], 4.0), usual, both_windows())) for parcels in (1.7e9, 400e6, 50e6)]
    assert bids == [True, True, False]


def test_demand_points_back_at_the_parcels_and_is_sorted_by_value():
    parcels = need([1e8, 2e8, 3e8], [3.0, 5.0, 4.0], zone=[1, 0, 1])
    found = lot_demands(parcels, terms(units=(9_000.0, 9_000.0)), both_windows(2))
    assert found[0].source.tolist() == [1]
    assert found[2].source.tolist() == [2, 0]
    assert (np.diff(found[2].value) <= 0).all()
    assert found[2].quantity == pytest.approx([1.5e8, 0.5e8])


def test_bids_of_the_example():
    for name in "abc":
        value, quantity = ORACLES[f"auction_value_{name}"], ORACLES[f"auction_quantity_{name}"]
        wants = demand([quantity], [value], name)
        shown = [bid_for(kind, lot(reserve=ORACLES["auction_reserve"]), wants, PUBLISHED, False) for kind in FORMATS]
        assert round(float(shown[0].price[0]), 2) == ORACLES[f"auction_bid_{name}"]
        assert [bid.price[0] for bid in shown[1:]] == [value, value]
        assert all(bid.quantity[0] == quantity for bid in shown)


@given(st.floats(2.0, 5.0), st.integers(1, 12))
def test_more_rivals_less_shading(value, bidders):
    bid = float(shaded(value, 2.0, bidders))
    assert 2.0 - 1e-12 <= bid <= value
    assert bid <= float(shaded(value, 2.0, bidders + 1)) + 1e-12
    if bidders == 1:
        assert bid == pytest.approx(2.0)


steps = st.lists(st.tuples(st.floats(1.0, 80.0), st.floats(2.0, 4.6)), min_size=1, max_size=6)


@given(steps, st.integers(1, 5), st.floats(20.0, 200.0))
def test_amazon_holds_back_what_maximises_its_gain(rows, bidders, capacity):
    rows = sorted(rows, key=lambda row: -row[1])
    wants = demand([q for q, _ in rows], [v for _, v in rows])
    offered = lot(capacity=capacity, reserve=2.0, bidders=bidders)
    best = reduced_quantity(wants, offered, PUBLISHED)

    def gain(quantity):
        before = np.cumsum(wants.quantity) - wants.quantity
        worth = float((np.clip(quantity - before, 0.0, wants.quantity) * wants.value).sum())
        return worth - float(expected_price(np.array([quantity]), offered, PUBLISHED)[0]) * quantity

    most = min(wants.quantity.sum(), capacity)
    assert 0.0 <= best <= most * (1 + 1e-12)
    assert max(gain(q) for q in np.linspace(0.0, most, 400)) <= gain(best) + 1e-6
    if bidders == 1:
        assert best == pytest.approx(most)  # nobody to displace, so nothing to gain by holding back


def test_only_the_large_bidder_holds_back_and_only_under_a_uniform_price():
    wants, offered = demand([80.0], [4.2]), lot()
    bids = {(kind, large): bid_for(kind, offered, wants, PUBLISHED, large) for kind in FORMATS for large in (0, 1)}
    assert bids["uniform_price", 1].quantity[0] < 80.0
    assert all(bid.quantity[0] == 80.0 for key, bid in bids.items() if key != ("uniform_price", 1))
    assert expected_price(np.array([0.0, 100.0 / 3, 100.0]), offered, PUBLISHED) == pytest.approx(
        [2.38, 2.38, PUBLISHED]
    )


def test_a_bid_that_makes_no_sense_is_refused():
    from agents.auction import Bid

    for quantity, price in (([1.0], [-1.0]), ([np.nan], [1.0]), ([1.0, 2.0], [1.0])):
        with pytest.raises(ValueError, match="bid of ups"):
            Bid("ups", np.array(quantity), np.array(price))
