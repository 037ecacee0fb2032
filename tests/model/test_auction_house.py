"""Clearing of lots: the example, a slow reference, feasibility, and what no bidder can gain."""

from itertools import product

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.auction import FORMATS, Bid, Demand, Lot, bid_for
from agents.regulator import Regulator
from model.answers import AnswerError
from model.auction.house import clear, efficiency, fill, hold
from model.auction.winnings import Winnings, strike_out

RESERVE = 2.0
HIGHEST = 5.0


class Large:
    """A bidder who moves a uniform price and knows it."""

    def bids(self, kind, lot, demand, highest):
        return bid_for(kind, lot, demand, highest, moves_price=True)


def lot(capacity, reserve=RESERVE, bidders=3):
    return Lot(0, "next_day", capacity, reserve, reserve / 1.1, bidders)


def bid(bidder, rows):
    return Bid(bidder, np.array([q for q, _ in rows], dtype=float), np.array([p for _, p in rows], dtype=float))


def demand(bidder, rows):
    rows = sorted(rows, key=lambda row: -row[1])
    quantity, value = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return Demand(bidder, quantity, value, np.arange(len(rows)))


steps = st.lists(st.tuples(st.floats(0.5, 60.0), st.floats(1.5, HIGHEST)), min_size=1, max_size=3)
markets = st.lists(steps, min_size=1, max_size=5)
capacities = st.floats(10.0, 250.0)


def test_the_example_to_the_digits(oracle):
    offered = lot(oracle("auction_capacity"), oracle("auction_reserve"))
    wants = [demand(n, [(oracle(f"auction_quantity_{n}"), oracle(f"auction_value_{n}"))]) for n in "abc"]
    awards = {
        kind: clear(offered, [bid_for(kind, offered, one, HIGHEST, False) for one in wants], kind) for kind in FORMATS
    }
    revenue = {kind: sum(award.payment for award in found) for kind, found in awards.items()}
    assert round(revenue["pay_as_bid"], 1) == oracle("auction_revenue_pay_as_bid")
    assert round(revenue["uniform_price"], 6) == oracle("auction_revenue_uniform")
    assert round(revenue["vcg"], 6) == oracle("auction_revenue_vcg")
    first, second, third = awards["vcg"]
    assert round(first.payment, 6) == oracle("auction_vcg_payment_a")
    assert round(second.payment, 6) == oracle("auction_vcg_payment_b")
    assert (first.quantity, second.quantity, third.quantity, third.payment) == pytest.approx((80, 20, 0, 0))


def test_who_pays_as_bid_pays_the_mean_of_its_steps_and_who_wins_nothing_no_price():
    first, second = clear(lot(30.0), [bid("a", [(10, 5), (10, 4)]), bid("b", [(5, 2.5), (20, 2.4)])], "pay_as_bid")
    assert (first.quantity, first.price) == (20.0, 4.5)
    assert second.price == pytest.approx((5 * 2.5 + 5 * 2.4) / 10)
    (nothing,) = clear(lot(30.0), [bid("c", [(10, 1.9)])], "pay_as_bid")  # below the reserve
    assert (nothing.quantity, nothing.price) == (0.0, 0.0)


@settings(max_examples=300, deadline=None)
@given(markets, capacities, st.sampled_from(FORMATS))
def test_awards_are_feasible_and_respect_the_reserve(rows, capacity, kind):
    offered = lot(capacity)
    bids = [bid(str(k), one) for k, one in enumerate(rows)]
    awards = clear(offered, bids, kind)
    won = np.concatenate([award.by_step for award in awards])
    quantity, price = (np.concatenate([getattr(one, name) for one in bids]) for name in ("quantity", "price"))
    assert won.sum() <= capacity * (1 + 1e-12)
    assert (won >= 0).all()
    assert (won <= quantity * (1 + 1e-12)).all()
    assert (won[price < RESERVE] == 0).all()
    # Nobody loses to a lower bid, and nothing stays on offer that somebody wants.
    losing = (won < quantity * (1 - 1e-9)) & (price >= RESERVE)
    if losing.any():
        assert price[won > 1e-9].min() >= price[losing].max() - 1e-12
        assert won.sum() == pytest.approx(capacity)
    for one, award in zip(bids, awards, strict=True):
        assert award.payment >= RESERVE * award.quantity * (1 - 1e-12) - 1e-9
        assert award.payment <= float((award.by_step * one.price).sum()) * (1 + 1e-12) + 1e-9


def test_equal_bids_share_a_lot_whatever_their_order():
    for order in ((0, 1, 2), (2, 1, 0)):
        rows = [("x", [(60, 3.0)]), ("y", [(30, 3.0)]), ("z", [(10, 4.0)])]
        awards = clear(lot(55.0), [bid(*rows[k]) for k in order], "uniform_price")
        assert {award.bidder: award.quantity for award in awards} == pytest.approx({"x": 30, "y": 15, "z": 10})


# a slow reference that shares no line with the house: parcels one by one, every allocation tried


def try_all(rows, capacity):
    """Largest gain over the reserve of any allocation of whole parcels; rows are (bidder, quantity, price)."""
    best, choice = 0.0, (0,) * len(rows)
    for taken in product(*(range(quantity + 1) for _, quantity, _ in rows)):
        if sum(taken) <= capacity:
            gain = sum(n * (price - RESERVE) for n, (_, _, price) in zip(taken, rows, strict=True))
            if gain > best + 1e-12:
                best, choice = gain, taken
    return best, choice


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(150, 500)),
        min_size=1,
        max_size=4,
        unique_by=lambda row: row[2],
    ),
    st.integers(1, 9),
)
def test_small_lots_against_every_allocation(rows, capacity):
    rows = [(who, quantity, cents / 100) for who, quantity, cents in rows if cents != 100 * RESERVE]
    names = sorted({who for who, _, _ in rows})
    if not names:
        return
    bids = [bid(str(who), [(q, p) for w, q, p in rows if w == who]) for who in names]
    gain, taken = try_all(rows, capacity)
    awards = {kind: clear(lot(float(capacity)), bids, kind) for kind in FORMATS}
    lost = [price for n, (_, quantity, price) in zip(taken, rows, strict=True) if n < quantity and price >= RESERVE]
    single = max(lost, default=RESERVE)
    for position, who in enumerate(names):
        mine = [(n, price) for n, (w, _, price) in zip(taken, rows, strict=True) if w == who]
        won, offered = sum(n for n, _ in mine), sum(n * price for n, price in mine)
        without, _ = try_all([row for row in rows if row[0] != who], capacity)
        others = gain - sum(n * (price - RESERVE) for n, price in mine)
        expected = {
            "pay_as_bid": offered,
            "uniform_price": single * won,
            "vcg": RESERVE * won + without - others,
        }
        for kind in FORMATS:
            assert awards[kind][position].quantity == pytest.approx(won)
            assert awards[kind][position].payment == pytest.approx(expected[kind], abs=1e-9)


# incentives


def gain_of(wants, award):
    """True worth of what was won, whatever was bid, less the payment; nothing beyond the demand is worth anything."""
    before = np.cumsum(wants.quantity) - wants.quantity
    used = np.clip(award.quantity - before, 0.0, wants.quantity)
    return float((used * wants.value).sum()) - award.payment


@settings(max_examples=500, deadline=None)
@given(markets, capacities, st.data())
def test_under_vcg_nobody_gains_by_another_bid(rows, capacity, data):
    offered = lot(capacity)
    wants = [demand(str(k), one) for k, one in enumerate(rows)]
    truth = [bid_for("vcg", offered, one, HIGHEST, True) for one in wants]
    liar = data.draw(st.integers(0, len(rows) - 1))
    lies = data.draw(st.one_of(steps, st.just([(1e-9, 0.0)])))
    told = [bid(one.bidder, lies) if k == liar else one for k, one in enumerate(truth)]
    honest, other = (clear(offered, bids, "vcg")[liar] for bids in (truth, told))
    assert gain_of(wants[liar], other) <= gain_of(wants[liar], honest) + 1e-9
    assert gain_of(wants[liar], honest) >= -1e-9


def test_the_other_formats_are_not_truthful():
    """The check above can fail: the same question has the other answer where winners pay their bids."""
    offered, wants = lot(100.0), [demand("a", [(80, 4.2)]), demand("b", [(40, 3.1)])]
    truth = [bid(one.bidder, [(one.quantity[0], one.value[0])]) for one in wants]
    for kind, lie in (("pay_as_bid", [(80, 3.2)]), ("uniform_price", [(60, 4.2)])):
        honest = gain_of(wants[0], clear(offered, truth, kind)[0])
        assert gain_of(wants[0], clear(offered, [bid("a", lie), truth[1]], kind)[0]) > honest + 1.0


class Greedy:
    """A bidder that asks for more than it has."""

    def bids(self, kind, lot, demand, highest):
        return Bid(demand.bidder, 2.0 * demand.quantity, demand.value)


def test_a_bid_beyond_what_there_is_to_hand_over_is_refused():
    with pytest.raises(AnswerError, match=r"^a: quantity that it bids for is 160 at \(0\); allowed: 0 to 80$"):
        hold("vcg", [lot(100.0)], [{0: demand("a", [(80, 4.2)])}], HIGHEST, {"a": Greedy()})


@pytest.mark.parametrize("rows", [[(80, 4.2)], [(80, 4.2), (40, 3.0)]])
@pytest.mark.parametrize("kind", FORMATS)
def test_with_one_bidder_revenue_falls_to_the_reserve(kind, rows):
    """One who knows that it is alone pays the reserve under every format, also when it wants more than the lot."""
    (result,) = hold(kind, [lot(100.0, bidders=1)], [{0: demand("a", rows)}], HIGHEST, {"a": Large()})
    assert result.sold == pytest.approx(min(100.0, sum(q for q, _ in rows)))
    assert result.revenue == pytest.approx(RESERVE * result.sold)


def test_a_second_bidder_lifts_the_price_where_it_loses():
    wants = [{0: demand("a", [(80, 4.2)])}, {0: demand("b", [(40, 3.1)])}]
    for kind, second in (("pay_as_bid", 3), ("uniform_price", 3), ("vcg", 3)):
        (alone,) = hold(kind, [lot(100.0, bidders=1)], wants[:1], HIGHEST, {})
        (both,) = hold(kind, [lot(100.0, bidders=second)], wants, HIGHEST, {})
        assert both.revenue / both.sold > alone.revenue / alone.sold + 0.1


@settings(max_examples=100, deadline=None)
@given(markets, capacities)
def test_efficiency_against_vcg(rows, capacity):
    """With one belief for all pay-as-bid ranks as VCG does; holding back under a uniform price can only lose."""
    wants = [
        {0: demand("amazon" if k == 0 else str(k), [(q, max(v, RESERVE)) for q, v in one])}
        for k, one in enumerate(rows)
    ]
    held = {kind: hold(kind, [lot(capacity)], wants, HIGHEST, {"amazon": Large()}) for kind in FORMATS}
    assert efficiency(held["vcg"], held["vcg"]) == 1.0
    assert efficiency(held["pay_as_bid"], held["vcg"]) == pytest.approx(1.0)
    assert efficiency(held["uniform_price"], held["vcg"]) <= 1.0 + 1e-12
    free = hold("uniform_price", [lot(capacity)], wants, HIGHEST, {})
    assert efficiency(free, held["vcg"]) == pytest.approx(1.0)


def test_nobody_nothing():
    (result,) = hold("vcg", [lot(100.0)], [], HIGHEST, {})
    assert (result.sold, result.revenue, result.surplus, result.awards) == (0, 0, 0, ())
    assert efficiency([result], [result]) == 1.0
    assert fill(np.array([5.0]), np.array([1.0]), 100.0, RESERVE).tolist() == [0.0]


def test_the_regulator_strikes_out_what_does_not_cover_its_own_cost():
    won = Winnings(
        "ups",
        parcels=np.array([10.0, 20.0, 0.0]),
        payment=np.array([25.0, 45.0, 0.0]),
        by_step=np.array([4.0, 6.0, 20.0]),
        attributable_cost=np.array([20.0, 46.0, 0.0]),
    )
    judge = Regulator(mesa.Model(), "regulator", "Regulator", lag_months=1)
    passed = judge.review_awards(won.parcels, won.payment, won.attributable_cost)
    kept = strike_out(won, passed, np.array([0, 0, 1]))
    assert kept.parcels.tolist() == [10.0, 0.0, 0.0]
    assert kept.payment.tolist() == [25.0, 0.0, 0.0]
    assert kept.by_step.tolist() == [4.0, 6.0, 0.0]
    passed = judge.review_awards(kept.parcels, kept.payment, kept.attributable_cost)
    assert strike_out(kept, passed, np.array([0, 0, 1])) is kept
