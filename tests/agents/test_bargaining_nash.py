"""Nash-in-Nash to its fixed point, the fast mode, take-it-or-leave-it and the posted tariff."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from agents.bargaining import (
    Bargaining,
    NashSplit,
    PostedTariff,
    Side,
    Stakes,
    TakeItOrLeaveIt,
    Talks,
    nash_in_nash,
    nash_price,
)
from model.parameters import Parameters

P = Parameters.default()
TOLERANCE, SWEEPS = P.nash_tolerance, int(P.nash_max_sweeps)


def stakes(buyer: object, seller: object, published: float = 4.4, **more: float) -> Stakes:
    buyer, seller = np.atleast_1d(np.asarray(buyer, float)), np.atleast_1d(np.asarray(seller, float))
    ones = np.ones(buyer.size)
    return Stakes(1e9 * ones, buyer, seller, 0.0 * ones, published * ones, **more)


def opened(n: int = 1, noise: tuple[object, object] = (0.0, 0.0)) -> Talks:
    names = tuple(f"thread {i}" for i in range(n))
    return Talks.opened(names, P.price_access_amazon, 20, 9, noise)  # type: ignore[arg-type]


def play(procedure: Bargaining, state: Talks, at_stake: Stakes, rounds: int) -> Talks:
    for round_ in range(1, rounds + 1):
        state = procedure.advance(state, round_, at_stake, 0.5)
    return state


FAST = NashSplit(P.seller_bargaining_weight, int(P.resume_interval), P.belief_gain)


# --- Nash-in-Nash ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.3, 0.5, 0.7])
def test_one_pair_meets_the_closed_form(weight: float) -> None:
    result = nash_in_nash(lambda pair, prices: stakes(3.78, 2.24), [np.array([9.0])], weight, TOLERANCE, SWEEPS)
    assert result.converged
    assert result.price[0][0] == pytest.approx(2.24 + weight * (3.78 - 2.24), abs=TOLERANCE)


def linked(pair: int, prices: tuple[np.ndarray, ...]) -> Stakes:
    """Each seller's price is part of what the buyer pays without the other; sellers lose volume to each other."""
    other = np.nan_to_num(prices[1 - pair], nan=5.0)
    return stakes(1.5 + 0.6 * other + 0.5 * pair, 1.2 + 0.2 * other + 0.3 * pair)


def test_two_pairs_have_one_fixed_point_from_any_start() -> None:
    # Closed form: p = r + w (b - r) with b, r linear in the other's price.
    w = P.seller_bargaining_weight
    slope = (1 - w) * 0.2 + w * 0.6
    constant = [(1 - w) * (1.2 + 0.3 * pair) + w * (1.5 + 0.5 * pair) for pair in range(2)]
    expected = np.linalg.solve([[1, -slope], [-slope, 1]], constant)
    rng = np.random.default_rng(2)
    starts = [*rng.uniform(0.0, 20.0, (50, 2)), np.array([np.nan, 3.0]), np.array([np.nan, np.nan])]
    for start in starts:
        result = nash_in_nash(linked, [start[:1], start[1:]], w, TOLERANCE, SWEEPS)
        assert result.converged
        assert [price[0] for price in result.price] == pytest.approx(expected, abs=TOLERANCE)


def test_fixed_point_says_when_it_is_not_reached() -> None:
    result = nash_in_nash(linked, [np.array([50.0])] * 2, 0.5, TOLERANCE, 2)
    assert not result.converged
    assert (result.sweeps, result.change > TOLERANCE) == (2, True)
    with pytest.raises(ValueError, match="max_sweeps is 0"):
        nash_in_nash(linked, [np.array([3.0])] * 2, 0.5, TOLERANCE, 0)


def test_pairs_may_have_different_numbers_of_threads() -> None:
    def values(pair: int, prices: tuple[np.ndarray, ...]) -> Stakes:
        return stakes([3.0, 4.0, 1.0], [2.0, 2.0, 2.0]) if pair == 0 else stakes(prices[0][1], 2.0)

    result = nash_in_nash(values, [np.zeros(3), np.zeros(1)], 0.5, TOLERANCE, SWEEPS)
    np.testing.assert_allclose(result.price[0], [2.5, 3.0, np.nan])
    np.testing.assert_allclose(result.price[1], [2.5])


def test_outside_options_clip_and_do_not_split() -> None:
    assert nash_price(stakes(4.0, 2.0), 0.5)[0] == 3.0
    assert nash_price(stakes(4.0, 2.0, buyer_outside=3.5), 0.5)[0] == 3.0
    assert nash_price(stakes(4.0, 2.0, buyer_outside=2.7), 0.5)[0] == 2.7
    assert nash_price(stakes(4.0, 2.0, seller_outside=3.4), 0.5)[0] == 3.4
    assert np.isnan(nash_price(stakes(4.0, 2.0, seller_outside=4.1), 0.5)[0])


# --- fast mode -------------------------------------------------------------------------------------------------------


def test_fast_mode_agrees_at_once_where_it_can() -> None:
    after = play(FAST, opened(2), stakes([3.78, 1.0], [2.24, 2.0]), 1)
    assert after.signed_round == 1
    np.testing.assert_allclose(after.price, [3.01, np.nan])


def test_fast_mode_learns_after_expiry() -> None:
    after = play(FAST, opened(noise=(-0.9, 0.9)), stakes(3.78, 2.24), 60)
    assert after.signed_round == 20 + int(P.resume_interval) * after.attempts
    assert after.price[0] == pytest.approx(3.01)


# --- take it or leave it, posted tariff ------------------------------------------------------------------------------


def ultimatum(proposer: Side, sd: float = 0.0) -> TakeItOrLeaveIt:
    return TakeItOrLeaveIt(proposer, sd, int(P.resume_interval), P.belief_gain)


def test_ultimatum_without_private_noise_takes_the_whole_surplus() -> None:
    assert play(ultimatum(Side.SELLER), opened(), stakes(3.78, 2.24), 1).price[0] == 3.78
    assert play(ultimatum(Side.BUYER), opened(), stakes(3.78, 2.24), 1).price[0] == 2.24


@pytest.mark.parametrize("side", list(Side))
def test_ultimatum_maximises_expected_gain(side: Side) -> None:
    sd = P.reservation_belief_sd
    price = play(ultimatum(side, sd), opened(), stakes(3.78, 2.24), 1).offers[0].price[0]
    scale = sd * P.price_access_amazon
    tries = np.linspace(2.0, 4.5, 4001)
    if side is Side.SELLER:
        gain = (tries - 2.24) * norm.sf(tries, 3.78, scale)
    else:
        gain = (3.78 - tries) * norm.cdf(tries, 2.24, scale)
    assert price == pytest.approx(tries[np.argmax(gain)], abs=0.02)


def test_ultimatum_is_made_once_and_again_only_after_expiry() -> None:
    # The seller expects the buyer to be worth 3.78, the buyer privately knows better.
    at_stake, state = stakes(3.78, 2.24), opened(noise=(-1.2, 0.0))
    after = play(ultimatum(Side.SELLER, P.reservation_belief_sd), state, at_stake, 60)
    rounds = [offer.round for offer in after.offers]
    assert rounds[:2] == [1, 20 + int(P.resume_interval)]
    assert after.signed_round == rounds[-1]


def test_ultimatum_signs_what_is_taken() -> None:
    # The second thread has a zone of agreement but its price is refused; the first is signed all the same.
    state = opened(2, noise=(np.array([0.5, -0.9]), np.zeros(2)))
    after = play(ultimatum(Side.SELLER, P.reservation_belief_sd), state, stakes([3.78, 3.78], [2.24, 2.24]), 1)
    assert after.signed
    assert np.isnan(after.price).tolist() == [False, True]


def test_posted_tariff_is_taken_or_left_and_never_below_the_sellers_limit() -> None:
    after = play(PostedTariff(), opened(3), stakes([5.0, 4.0, 6.0], [2.0, 2.0, 5.0]), 1)
    np.testing.assert_allclose(after.price, [4.4, np.nan, 5.0])
    assert after.signed
    assert not play(PostedTariff(), opened(), stakes(4.0, 2.0), 30).signed


def test_procedures_are_interchangeable_and_keep_to_the_limits() -> None:
    rng = np.random.default_rng(4)
    n = 500
    at_stake = stakes(rng.uniform(1.5, 5.0, n), rng.uniform(1.0, 4.0, n), published=3.6)
    state = opened(n, noise=(rng.normal(0.0, 0.4, n), rng.normal(0.0, 0.4, n)))
    buyer, seller = state.perceived(at_stake).limits()
    sd = P.reservation_belief_sd
    for procedure in (FAST, ultimatum(Side.SELLER, sd), ultimatum(Side.BUYER, sd), PostedTariff()):
        after = play(procedure, state, at_stake, 1)
        closed = ~after.open
        assert 50 < closed.sum() <= np.sum(buyer >= seller)
        assert np.all((seller <= after.price)[closed] & (after.price <= buyer)[closed])
