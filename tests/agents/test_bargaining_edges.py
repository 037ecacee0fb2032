"""Talks at the edge: equal limits, deadlines of no length, the month of an expiry, smallest volumes, odd settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from agents.bargaining import (
    AlternatingOffers,
    Concession,
    NashSplit,
    PostedTariff,
    Side,
    SliceValues,
    Stakes,
    TakeItOrLeaveIt,
    Talks,
    View,
    exit_months,
    group_stakes,
    nash_in_nash,
    nash_price,
    private_noise,
    slice_values,
    stay_weight,
    tendered,
)

LEAD, BUILD = 18, 6
PROCEDURES = {
    "nash": NashSplit(0.5, 3, 0.5),
    "take it or leave it": TakeItOrLeaveIt(Side.SELLER, 0.0, 3, 0.5),
    "tariff": PostedTariff(),
    "alternating": AlternatingOffers(Concession(1.0, 0.2), Concession(1.0, 0.2), 0.0, 2, 0.5, 3, 0.5),
}


def stakes(buyer: list[float], seller: list[float], quantity: float = 1e9, published: float = 3.0) -> Stakes:
    ones = np.ones(len(buyer))
    return Stakes(quantity * ones, np.array(buyer), np.array(seller), 0.0 * ones, published * ones)


def talks(n: int = 1, lead: int = LEAD, earliest_round: int = 0, price: float = 3.0) -> Talks:
    return Talks.opened(tuple(f"thread {i}" for i in range(n)), price, lead, BUILD, earliest_round=earliest_round)


def view(side: Side, deadline: int, round_: int, limit: float = 3.0, price: float = 2.0) -> View:
    ones = np.ones(1)
    return View(side, round_, deadline, ("all",), limit * ones, price * ones, 4.0 * ones, 1e9 * ones, ())


@dataclass(frozen=True)
class Always:
    """Names one price and takes any."""

    price: float

    def propose(self, view: View) -> np.ndarray:
        return np.full(view.reservation.shape, self.price)

    def accept(self, view: View, price: np.ndarray) -> np.ndarray:
        return np.ones(price.shape, dtype=np.bool_)


def always(buyer: float, seller: float) -> AlternatingOffers:
    return replace(PROCEDURES["alternating"], buyer=Always(buyer), seller=Always(seller))


# --- settings --------------------------------------------------------------------------------------------------------


def test_settings_at_the_edge_of_what_is_allowed() -> None:
    Concession(0.01, 0.0)
    replace(PROCEDURES["alternating"], resume_interval=1, freeze_months=0)
    Talks.opened(("all",), 3.0, 0, 0)
    assert stay_weight(np.array([0, 1]), 1, 0.0).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Concession(0.0, 0.1),
        lambda: Concession(1.0, -0.1),
        lambda: replace(PROCEDURES["alternating"], resume_interval=0),
        lambda: replace(PROCEDURES["alternating"], freeze_months=-1),
        lambda: Talks.opened(("all",), 3.0, -1, 0),
        lambda: Talks.opened(("all",), 3.0, 1, -1),
        lambda: Talks.opened(("one", "two"), np.array([3.0, np.nan]), 1, 0),
        lambda: stay_weight(np.array([1]), 0, 0.0),
        lambda: stay_weight(np.array([1]), 1, 1.0),
        lambda: stay_weight(np.array([1]), 1, -0.01),
        lambda: private_noise(np.zeros((3, 2)), 0.1, 3.0),
        lambda: private_noise(np.zeros(2), 0.1, 3.0),
        lambda: private_noise(np.zeros((2, 2)), 1.1, 3.0),
        lambda: exit_months(np.ones(1), np.ones(1), np.array([1.0, 2.0, 1.0, 3.0])),
        lambda: nash_in_nash(lambda pair, prices: stakes([4.0], [2.0]), [np.ones(1)], 0.5, 1e-6, 0),
    ],
)
def test_settings_beyond_it_are_refused(make) -> None:
    with pytest.raises(ValueError, match=r"allowed|must be"):
        make()


@pytest.mark.parametrize(("field", "value"), [("own_cost", np.nan), ("attributable_cost", -1.0), ("volume", -1.0)])
def test_a_slice_that_cannot_be_is_refused_by_name(field, value) -> None:
    arrays = {"volume": np.ones(2), "own_cost": np.ones(2), "attributable_cost": np.ones(2)}
    arrays[field] = np.array([1.0, value])
    with pytest.raises(ValueError, match=field):
        slice_values(
            *arrays.values(), 4.0, np.zeros(2, dtype=np.int64), 12,
            seller_margin_floor=0.0, saved_by_own_delivery=0.0, discount_rate_monthly=0.0,
        )  # fmt: skip


def test_a_price_that_is_no_number_is_refused_even_in_one_thread_alone() -> None:
    class Odd(Always):
        def propose(self, view: View) -> np.ndarray:
            return np.array([np.nan, 3.0])

    with pytest.raises(ValueError, match="allowed: a finite price, or one of each of 2 threads"):
        replace(PROCEDURES["alternating"], buyer=Odd(3.0)).advance(talks(2), 1, stakes([4.0] * 2, [2.0] * 2), 1.0)


# --- deadlines and positions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "opening"), [(Side.BUYER, 2.0), (Side.SELLER, 4.0)])
def test_a_position_goes_from_the_opening_to_the_limit_and_stays_there(side: Side, opening: float) -> None:
    tactic = Concession(1.0, 0.5)  # opens half the price in force of 2.0 $ from its limit of 3.0 $
    assert tactic.position(view(side, 1, 0), 0).tolist() == [opening]
    assert tactic.position(view(side, 1, 1), 1).tolist() == [3.0]
    assert tactic.position(view(side, 1, 3), 3).tolist() == [3.0]
    assert tactic.position(view(side, 0, 1), 1).tolist() == [3.0]


@pytest.mark.parametrize(("side", "worse"), [(Side.BUYER, 0.001), (Side.SELLER, -0.001)])
def test_a_price_as_good_as_the_own_next_position_is_taken_and_none_that_is_worse(side: Side, worse: float) -> None:
    tactic = Concession(1.0, 0.5)
    seen = view(side, 10, 4)
    asked = tactic.position(seen, 5)
    assert tactic.accept(seen, asked).all()
    assert not tactic.accept(seen, asked + worse).any()


def test_sides_with_the_same_limit_agree_on_it() -> None:
    at_stake = stakes([3.0], [3.0])
    after = talks(price=2.5)
    for round_ in range(1, LEAD + 1):
        after = PROCEDURES["alternating"].advance(after, round_, at_stake, 1.0)
    assert after.price.tolist() == [3.0]
    assert nash_price(at_stake, 0.5).tolist() == [3.0]
    assert PROCEDURES["tariff"].advance(talks(), 1, at_stake, 1.0).price.tolist() == [3.0]


@pytest.mark.parametrize(("round_", "buyer", "seller"), [(1, 2.0, 9.0), (2, 0.0, 4.0)])
def test_even_one_who_takes_anything_signs_at_its_limit_and_not_beyond(round_, buyer, seller) -> None:
    """In round 1 the seller is offered its limit of 2 $, in round 2 the buyer its limit of 4 $."""
    procedure, at_stake = always(buyer, seller), stakes([4.0], [2.0])
    assert procedure.advance(talks(), round_, at_stake, 1.0).signed
    beyond = stakes([3.999], [2.001])
    cut = always(min(buyer, 2.0), max(seller, 4.0)).advance(talks(), round_, beyond, 1.0)
    assert not cut.signed


# --- months ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROCEDURES)
def test_what_is_signed_stays_whatever_changes(name: str) -> None:
    procedure, after = PROCEDURES[name], talks()
    for round_ in range(1, LEAD + 1):
        after = procedure.advance(after, round_, stakes([4.0], [2.0]), 1.0)
    assert after.signed
    for round_ in (LEAD, LEAD + 3):
        assert procedure.advance(after, round_, stakes([9.0], [8.0], published=8.5), 1.0) is after


@pytest.mark.parametrize("name", PROCEDURES)
def test_nothing_happens_in_the_month_of_opening(name: str) -> None:
    before = talks()
    assert PROCEDURES[name].advance(before, 0, stakes([4.0], [2.0]), 1.0) is before


@pytest.mark.parametrize("name", ["nash", "take it or leave it", "tariff"])
def test_nothing_is_signed_before_it_may_be(name: str) -> None:
    before = talks(earliest_round=5)
    assert PROCEDURES[name].advance(before, 4, stakes([4.0], [2.0]), 1.0) is before
    assert PROCEDURES[name].advance(before, 5, stakes([4.0], [2.0]), 1.0).signed_round == 5


def test_alternating_offers_go_on_before_anything_may_be_signed_also_after_the_expiry() -> None:
    procedure, at_stake = always(2.5, 2.5), stakes([4.0], [2.0])
    waiting = procedure.advance(talks(earliest_round=3), 2, at_stake, 1.0)
    assert len(waiting.offers) == 1
    assert not waiting.signed
    assert procedure.advance(waiting, 3, at_stake, 1.0).signed_round == 3
    late = talks(earliest_round=LEAD + 6)
    assert procedure.advance(late, LEAD + 3, at_stake, 1.0) is late
    assert procedure.advance(late, LEAD + 6, at_stake, 1.0).signed_round == LEAD + 6


@pytest.mark.parametrize("name", ["nash", "take it or leave it"])
def test_the_month_of_the_expiry_is_no_attempt_after_it(name: str) -> None:
    at_expiry = PROCEDURES[name].advance(talks(), LEAD, stakes([4.0], [2.0]), 1.0)
    assert (at_expiry.signed_round, at_expiry.attempts) == (LEAD, 0)
    after = PROCEDURES[name].advance(talks(), LEAD + 3, stakes([4.0], [2.0]), 1.0)
    assert (after.signed_round, after.attempts) == (LEAD + 3, 1)
    assert not talks().resumes(LEAD, 3)
    assert [round_ for round_ in range(30) if talks().resumes(round_, 3)] == [21, 24, 27]


def test_talks_break_off_only_in_the_threads_whose_draw_lies_below_the_hazard() -> None:
    before = talks(2)
    after = before.frozen(4, np.array([0.05, 0.2]), 0.1, 3)
    assert after.frozen_until.tolist() == [7, 0]
    assert before.frozen(4, 0.0, 0.0, 3) is before
    again = after.frozen(7, np.array([0.05, 0.2]), 0.1, 3)
    assert again.frozen_until.tolist() == [10, 0]
    assert after.frozen(6, np.array([0.05, 0.2]), 0.1, 3) is after


# --- smallest volumes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nash", "take it or leave it", "tariff"])
def test_any_volume_is_enough_for_a_deal_and_none_is_not(name: str) -> None:
    assert PROCEDURES[name].advance(talks(), 1, stakes([4.0], [2.0], quantity=0.5), 1.0).signed
    assert not PROCEDURES[name].advance(talks(), 1, stakes([4.0], [2.0], quantity=0.0), 1.0).signed


def test_any_volume_is_talked_about() -> None:
    procedure = always(2.5, 2.5)
    assert procedure.advance(talks(), 1, stakes([4.0], [2.0], quantity=0.5), 1.0).signed
    nothing = talks()
    assert procedure.advance(nothing, 1, stakes([4.0], [2.0], quantity=0.0), 1.0) is nothing


# --- what is undone --------------------------------------------------------------------------------------------------


def both_signed() -> Talks:
    return PROCEDURES["nash"].advance(talks(2), 4, stakes([4.0, 8.0], [2.0, 2.0]), 1.0)


def test_what_fell_through_is_open_again_and_can_be_signed_anew() -> None:
    after = both_signed().fallen_through()
    assert after.closed_round.tolist() == [-1, -1]
    assert not after.signed
    assert PROCEDURES["nash"].advance(after, 5, stakes([4.0, 8.0], [2.0, 2.0]), 1.0).closed_round.tolist() == [5, 5]


def test_the_regulator_sends_back_what_lies_below_its_floor_and_not_what_meets_it() -> None:
    signed = both_signed()
    assert signed.price.tolist() == [3.0, 5.0]
    back = signed.sent_back(4.0)
    assert back.closed_round.tolist() == [-1, 4]
    assert not back.signed
    assert signed.sent_back(3.0).closed_round.tolist() == [4, 4]
    assert signed.sent_back(3.0).signed_round == 4


# --- values of slices ------------------------------------------------------------------------------------------------


def values(own: float, cost: float, published: float, exit_month: int = 0, **more: bool) -> SliceValues:
    return slice_values(
        np.full(1, 10.0), np.full(1, own), np.full(1, cost), published, np.array([exit_month]), 12,
        seller_margin_floor=0.0, saved_by_own_delivery=0.0, discount_rate_monthly=0.0, **more,
    )  # fmt: skip


def test_a_slice_that_costs_both_the_same_is_left_with_the_seller() -> None:
    at_stake = group_stakes(values(own=2.0, cost=2.0, published=3.0), np.array([0]), 2)
    assert at_stake.quantity.tolist() == [10.0, 0.0]
    assert at_stake.seller.tolist() == [2.0, 0.0]
    assert at_stake.buyer.tolist() == [2.0, 0.0]


def test_means_of_a_group_hold_for_less_than_a_parcel() -> None:
    small = replace(values(own=3.0, cost=2.0, published=4.0), volume=np.full(1, 0.5))
    assert group_stakes(small, np.array([0]), 1).buyer.tolist() == [3.0]


def test_a_buyer_to_whom_the_published_price_is_as_good_as_its_own_stays() -> None:
    """The seller would then earn the published price without a deal, and takes no less with one."""
    assert values(own=3.0, cost=2.0, published=3.0).seller.tolist() == [3.0]
    assert values(own=2.9, cost=2.0, published=3.0).seller.tolist() == [2.0]


def test_a_small_margin_counts_and_no_margin_is_lost_below_cost() -> None:
    assert values(own=5.0, cost=2.0, published=2.5).seller.tolist() == [2.5]
    assert values(own=5.0, cost=2.0, published=1.5).seller.tolist() == [2.0]
    assert values(own=5.0, cost=2.0, published=2.5, seller_keeps=False).seller.tolist() == [2.0]


def test_a_slice_that_is_worth_just_the_price_is_handed_over() -> None:
    found = values(own=3.0, cost=2.0, published=4.0)
    assert tendered(found, np.array([0]), np.array([3.0])).tolist() == [10.0]
    assert tendered(found, np.array([0]), np.array([3.001])).tolist() == [0.0]
    assert tendered(found, np.array([0]), np.array([np.nan])).tolist() == [0.0]


# --- Nash-in-Nash ----------------------------------------------------------------------------------------------------


def coupled(pair: int, prices: tuple[np.ndarray, ...]) -> Stakes:
    """The second buyer's value follows the prices of both others; the third pair stands alone and rests at once."""
    buyer = prices[0].item() + prices[2].item() - 2.0 if pair == 1 else (6.0, np.nan, 4.0)[pair]
    return stakes([buyer], [2.0])


def test_sweeps_are_counted_and_the_largest_change_decides() -> None:
    start = [np.array([0.0]), np.array([0.0]), np.array([3.0])]
    found = nash_in_nash(coupled, start, 0.5, 0.0, 10)
    assert [price.item() for price in found.price] == [4.0, 3.5, 3.0]
    assert (found.sweeps, found.change, found.converged) == (2, 0.0, True)


def test_one_sweep_is_allowed_and_says_that_prices_still_move() -> None:
    found = nash_in_nash(coupled, [np.array([0.0]), np.array([3.5]), np.array([3.0])], 0.5, 0.0, 1)
    assert (found.sweeps, found.change, found.converged) == (1, 4.0, False)


def test_a_change_of_just_the_tolerance_is_rest() -> None:
    found = nash_in_nash(coupled, [np.array([3.5]), np.array([3.5]), np.array([3.0])], 0.5, 0.5, 10)
    assert (found.sweeps, found.change, found.converged) == (1, 0.5, True)


def test_no_pairs_have_nothing_to_settle() -> None:
    found = nash_in_nash(coupled, [], 0.5, 0.0, 10)
    assert (found.price, found.change, found.converged) == ((), 0.0, True)
