"""Alternating offers against the worked example, the Monte Carlo oracle, an independent reference, and theory."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from agents.bargaining import AlternatingOffers, Bargaining, Concession, Side, Stakes, Talks, View, nash_price
from model.parameters import Parameters
from tests.oracles import ORACLES

P = Parameters.default()
TOLERANCE = 0.02
THREADS = ("urban", "suburban", "rural", "uniform")
NO_BREAKDOWN = 1.0  # a uniform draw that no hazard reaches


def protocol(**changes: object) -> AlternatingOffers:
    """The full protocol with the default parameters."""
    base = AlternatingOffers(
        buyer=Concession(P.concession_exponent_buyer, P.aspiration_gap),
        seller=Concession(P.concession_exponent_seller, P.aspiration_gap),
        breakdown_hazard=P.breakdown_hazard,
        freeze_months=int(P.freeze_months),
        seller_weight=P.seller_bargaining_weight,
        resume_interval=int(P.resume_interval),
        belief_gain=P.belief_gain,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def stakes(buyer: float | np.ndarray, seller: float | np.ndarray, floor: float = 0.0, **more: float) -> Stakes:
    buyer, seller = np.atleast_1d(np.asarray(buyer, float)), np.atleast_1d(np.asarray(seller, float))
    ones = np.ones(max(buyer.size, seller.size))
    return Stakes(1e9 * ones, buyer * ones, seller * ones, floor * ones, 4.4 * ones, **more)


def talks(n: int = 1, *, build_lead: int | None = None, **more: object) -> Talks:
    lead = int(P.build_lead_months) if build_lead is None else build_lead
    names = tuple(f"thread {i}" for i in range(n))
    price = more.pop("current_price", P.price_access_amazon)
    opening = int(more.pop("opening_lead", P.opening_lead_strategic))  # type: ignore[call-overload]
    return Talks.opened(names, price, opening, lead, **more)  # type: ignore[arg-type]


def play(procedure: Bargaining, state: Talks, at_stake: Stakes, rounds: int = 20, draws: object = None) -> Talks:
    for round_ in range(1, rounds + 1):
        draw = NO_BREAKDOWN if draws is None else draws[round_]  # type: ignore[index]
        state = procedure.advance(state, round_, at_stake, draw)
    return state


# --- worked example --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", THREADS)
def test_worked_example(thread: str) -> None:
    at_stake = stakes(ORACLES[f"deal_{thread}_buyer_reservation"], ORACLES[f"deal_{thread}_seller_reservation"])
    after = play(protocol(), talks(), at_stake)
    assert after.signed_round == ORACLES[f"deal_{thread}_protocol_round"]
    assert after.price[0] == pytest.approx(ORACLES[f"deal_{thread}_protocol_price"], abs=TOLERANCE)
    nash = nash_price(at_stake, P.seller_bargaining_weight)[0]
    assert nash == pytest.approx(ORACLES[f"deal_{thread}_nash_price"], abs=TOLERANCE)


def test_contract_is_signed_when_the_last_closable_thread_closes() -> None:
    names = THREADS[:3]
    at_stake = stakes(
        np.array([ORACLES[f"deal_{name}_buyer_reservation"] for name in names]),
        np.array([ORACLES[f"deal_{name}_seller_reservation"] for name in names]),
    )
    after = play(protocol(), talks(3), at_stake)
    assert after.closed_round.tolist() == [13, 13, 6]
    assert after.signed_round == 13
    hopeless = replace(at_stake, buyer=np.array([1.0, *at_stake.buyer[1:]]))
    after = play(protocol(), talks(3), hopeless)
    assert after.closed_round.tolist() == [-1, 13, 6]
    assert after.signed_round == 13
    assert np.isnan(after.price[0])


def test_offers_are_kept_and_converge() -> None:
    after = play(protocol(), talks(), stakes(3.78, 2.24))
    assert [(offer.round, offer.side) for offer in after.offers[:2]] == [(1, Side.BUYER), (2, Side.SELLER)]
    assert len(after.offers) == after.signed_round == 8
    bids = [offer.price[0] for offer in after.offers if offer.side is Side.BUYER]
    asks = [offer.price[0] for offer in after.offers if offer.side is Side.SELLER]
    assert bids == sorted(bids)
    assert asks == sorted(asks, reverse=True)
    assert [bool(offer.accepted[0]) for offer in after.offers] == [False] * 7 + [True]
    assert after.offers[-1].price[0] == after.price[0]


# --- Monte Carlo oracle: 40,000 negotiations, so the error of a share is below 0.003 ---------------------------------

CASES = {
    "base": (0.0, None),
    "seller_plus_040": (0.4, None),
    "seller_plus_080": (0.8, None),
    "both_hold_out": (0.0, 0.3),
    "both_concede": (0.0, 1.5),
}
PRECISION = {"zopa": 0.01, "deal_by_commitment": 0.015, "deal_by_expiry": 0.01, "mean_price": 0.02, "mean_round": 0.15}


@pytest.mark.parametrize("case", CASES)
def test_monte_carlo_oracle(case: str) -> None:
    more, exponent = CASES[case]
    n = 40_000
    rng = np.random.default_rng(20250101)
    noise = rng.standard_normal((2, n)) * ORACLES["talks_reservation_sd"]
    draws = rng.random((21, n))
    tactics = {
        side: Concession(exponent or P[f"concession_exponent_{side}"], P.aspiration_gap) for side in ("buyer", "seller")
    }
    at_stake = stakes(ORACLES["access_m1_2_mean_value"], ORACLES["deal_uniform_seller_reservation"] + more)
    at_stake = replace(at_stake, statutory_floor=np.array([ORACLES["usps_attributable_amazon"]]))
    # Talks of their own as threads of one: with a draw by thread nothing connects them.
    opened = talks(n, noise=(noise[0], noise[1]))
    after = play(protocol(**tactics), opened, at_stake, draws=draws)
    closed = ~after.open
    found = {
        "zopa": opened.closable(at_stake).mean(),
        "deal_by_commitment": (closed & (after.closed_round <= opened.commitment_round)).mean(),
        "deal_by_expiry": closed.mean(),
        "mean_price": after.price[closed].mean(),
        "mean_round": after.closed_round[closed].mean(),
    }
    misses = {
        name: (value, ORACLES[f"talks_{case}_{name}"])
        for name, value in found.items()
        if abs(value - ORACLES[f"talks_{case}_{name}"]) > PRECISION[name]
    }
    assert misses == {}


# --- independent reference -------------------------------------------------------------------------------------------


def random_case(rng: np.random.Generator) -> dict[str, float]:
    uniform = rng.uniform
    return {
        "current_price": uniform(2.0, 6.0),
        "floor": uniform(1.0, 3.0),
        "buyer": uniform(1.5, 6.0),
        "seller": uniform(1.0, 4.0),
        "noise_buyer": rng.normal(0.0, 0.5),
        "noise_seller": rng.normal(0.0, 0.5),
        "opening_lead": float(rng.integers(1, 25)),
        "build_lead": float(rng.integers(0, 19)),
        "aspiration_gap": uniform(0.0, 0.5),
        "exponent_buyer": uniform(0.3, 1.5),
        "exponent_seller": uniform(0.3, 1.5),
        "breakdown_hazard": uniform(0.0, 0.3) * (rng.random() < 0.5),
        "freeze_months": float(rng.integers(1, 5)),
        "resume_interval": float(rng.integers(1, 7)),
        "belief_gain": uniform(0.1, 0.6),
        "seller_weight": uniform(0.3, 0.7),
    }


def test_reference_agrees_on_agreement_round_and_price(reference: ModuleType) -> None:
    rng = np.random.default_rng(7)
    months, seen = 45, {"none": 0, "before expiry": 0, "after expiry": 0, "frozen": 0}
    for number in range(2000):
        case, split = random_case(rng), number % 2 == 0
        draws = list(rng.random(months + 1))
        expected = reference.reference_deal(case, draws, months, split)
        procedure = AlternatingOffers(
            buyer=Concession(case["exponent_buyer"], case["aspiration_gap"]),
            seller=Concession(case["exponent_seller"], case["aspiration_gap"]),
            breakdown_hazard=case["breakdown_hazard"],
            freeze_months=int(case["freeze_months"]),
            seller_weight=case["seller_weight"],
            resume_interval=int(case["resume_interval"]),
            belief_gain=case["belief_gain"],
            split_after_expiry=split,
        )
        opened = talks(
            current_price=case["current_price"],
            opening_lead=int(case["opening_lead"]),
            build_lead=int(case["build_lead"]),
            noise=(case["noise_buyer"], case["noise_seller"]),
        )
        after = play(procedure, opened, stakes(case["buyer"], case["seller"], case["floor"]), months, draws)
        found = (after.signed_round, pytest.approx(after.price[0], abs=1e-9)) if after.signed else None
        assert expected == found, case
        before = expected is not None and expected[0] <= case["opening_lead"]
        seen["none" if expected is None else "before expiry" if before else "after expiry"] += 1
        seen["frozen"] += bool(after.frozen_until[0])
    assert all(count >= 50 for count in seen.values()), seen  # the cases reach every branch


# --- theory ----------------------------------------------------------------------------------------------------------


def test_no_zone_of_agreement_no_deal_and_prices_between_limits() -> None:
    rng = np.random.default_rng(11)
    n = 3000
    at_stake = stakes(rng.uniform(1.5, 5.0, n), rng.uniform(1.0, 4.0, n), 1.5)
    opened = talks(n, noise=(rng.normal(0.0, 0.4, n), rng.normal(0.0, 0.4, n)))
    after = play(protocol(), opened, at_stake)
    buyer, seller = opened.perceived(at_stake).limits()
    np.testing.assert_array_equal(~after.open, buyer >= seller)
    closed = ~after.open
    assert np.all(at_stake.statutory_floor <= seller)
    assert np.all((seller[closed] <= after.price[closed]) & (after.price[closed] <= buyer[closed]))
    hopeless = play(protocol(), talks(), stakes(2.0, 2.5), 60)
    assert not hopeless.signed
    assert np.isnan(hopeless.price[0])


def test_symmetric_patient_bargainers_settle_near_the_nash_split() -> None:
    rng = np.random.default_rng(3)
    for exponent in (0.5, 1.0, 1.5):
        patient = Concession(exponent, P.aspiration_gap)
        for mover in Side:
            middle, half = rng.uniform(3.0, 4.0), rng.uniform(0.3, 1.0)
            at_stake = stakes(middle + half, middle - half)
            opened = talks(build_lead=0, opening_lead=400, current_price=middle)
            after = play(protocol(buyer=patient, seller=patient, first_mover=mover), opened, at_stake, 400)
            nash = nash_price(at_stake, 0.5)[0]
            assert after.price[0] == pytest.approx(nash, abs=0.02 * 2 * half)


def test_better_outside_option_moves_the_price_the_right_way() -> None:
    base = play(protocol(), talks(), stakes(3.78, 2.24)).price[0]
    assert play(protocol(), talks(), stakes(3.48, 2.24)).price[0] < base  # the buyer can build cheaper
    assert play(protocol(), talks(), stakes(3.78, 2.54)).price[0] > base  # the seller earns more without it
    # An offer from elsewhere is a limit: it binds where it is better than the price, and only there.
    assert play(protocol(), talks(), stakes(3.78, 2.24, buyer_outside=3.0)).price[0] <= 3.0 < base
    assert play(protocol(), talks(), stakes(3.78, 2.24, seller_outside=3.6)).price[0] >= 3.6 > base
    for weak, strong in ((1.0, 2.0), (2.0, 2.2)):
        assert nash_price(stakes(3.78, weak), 0.5)[0] < nash_price(stakes(3.78, strong), 0.5)[0]


def test_longer_build_lead_raises_the_price_before_the_commitment_deadline() -> None:
    rural = stakes(ORACLES["deal_rural_buyer_reservation"], ORACLES["deal_rural_seller_reservation"])
    leads = range(int(P.opening_lead_strategic) - 1)
    deals = [play(protocol(), talks(build_lead=lead), rural) for lead in leads]
    assert all(deal.signed_round <= deal.commitment_round for deal in deals)  # type: ignore[operator]
    paid = [deal.price[0] for deal in deals]
    assert paid == sorted(paid)  # in steps, since rounds are whole months
    assert paid[0] < paid[4] < paid[9] < paid[12] < paid[18]

    # Over many pairs it rises with every month, for what is signed before the buyer must order.
    rng = np.random.default_rng(13)
    n = 4000
    many = stakes(rng.uniform(3.2, 4.8, n), rng.uniform(1.8, 3.0, n))
    means = []
    for lead in leads:
        after = play(protocol(), talks(n, build_lead=lead), many)
        before = ~after.open & (after.closed_round <= after.commitment_round)
        assert before.mean() > 0.5
        means.append(after.price[before].mean())
    assert np.all(np.diff(means) > 0.0)


def test_exponents_and_deadlines_decide_who_waits() -> None:
    base = play(protocol(), talks(), stakes(3.78, 2.24))
    tough_seller = play(protocol(seller=Concession(0.25, P.aspiration_gap)), talks(), stakes(3.78, 2.24))
    tough_buyer = play(protocol(buyer=Concession(0.25, P.aspiration_gap)), talks(), stakes(3.78, 2.24))
    assert tough_buyer.price[0] < base.price[0] < tough_seller.price[0]
    assert min(tough_buyer.signed_round, tough_seller.signed_round) >= base.signed_round


# --- around the protocol ---------------------------------------------------------------------------------------------


def test_breakdown_freezes_talks_and_the_clock_runs_on() -> None:
    draws = [NO_BREAKDOWN] * 40
    draws[5] = 0.0
    after = play(protocol(), talks(), stakes(3.78, 2.24), draws=draws)
    assert not {5, 6, 7} & {offer.round for offer in after.offers}
    assert after.signed_round == 8  # back in time for the round in which it would have closed
    draws[8] = 0.0
    assert play(protocol(), talks(), stakes(3.78, 2.24), draws=draws).signed_round == 11
    always = play(protocol(breakdown_hazard=1.0), talks(), stakes(3.78, 2.24), draws=[0.5] * 40)
    assert always.offers == ()


def test_where_a_split_is_imposed_they_meet_at_intervals_after_the_expiry_and_learn() -> None:
    # Private pessimism hides a zone of agreement; each attempt removes 30 % of it.
    opened = talks(noise=(-0.9, 0.9))
    at_stake = stakes(3.78, 2.24)
    after = play(protocol(split_after_expiry=True), opened, at_stake, 60)
    interval, expiry = int(P.resume_interval), int(P.opening_lead_strategic)
    left = 1.0 - P.belief_gain
    attempts = next(k for k in range(1, 20) if 1.8 * left**k <= 3.78 - 2.24)
    assert after.attempts == attempts
    assert after.signed_round == expiry + attempts * interval
    noise = 0.9 * left**attempts
    assert after.price[0] == pytest.approx((3.78 - noise + 2.24 + noise) / 2)


def test_forced_past_signs_nothing_before_its_date() -> None:
    after = play(protocol(), talks(earliest_round=11), stakes(4.52, 2.52), 30)
    assert after.signed_round == 11
    assert [offer.round for offer in after.offers] == list(range(1, 12))


def test_regulator_sends_a_low_price_back() -> None:
    signed = play(protocol(), talks(), stakes(3.78, 2.24))
    assert signed.sent_back(3.0).signed
    back = signed.sent_back(3.5)
    assert not back.signed
    again = back
    for round_ in range(9, 21):
        again = protocol().advance(again, round_, stakes(3.78, 2.24), NO_BREAKDOWN)
    assert again.signed
    assert again.price[0] >= 3.5


def test_commitment_and_signature_end_the_talks() -> None:
    opened = talks()
    assert not opened.commits(10)
    assert opened.commits(11)
    signed = play(protocol(), opened, stakes(3.78, 2.24))
    assert not signed.commits(11)
    assert protocol().advance(signed, 21, stakes(9.0, 1.0), NO_BREAKDOWN) is signed


def test_empty_group_never_closes_and_blocks_nothing() -> None:
    at_stake = replace(stakes(np.array([3.78, 9.0]), np.array([2.24, 0.0])), quantity=np.array([1e9, 0.0]))
    after = play(protocol(), talks(2), at_stake)
    assert after.signed_round == 8
    assert np.isnan(after.price[1])
    assert np.isnan(after.offers[0].price[1])


def test_same_draws_same_talks() -> None:
    rng = np.random.default_rng(5)
    noise, draws = rng.normal(0.0, 0.4, (2, 1)), rng.random(61)
    runs = [play(protocol(), talks(noise=(noise[0], noise[1])), stakes(3.78, 2.24), 60, draws) for _ in range(2)]
    assert runs[0].signed_round == runs[1].signed_round
    assert [offer.price.tolist() for offer in runs[0].offers] == [offer.price.tolist() for offer in runs[1].offers]


# --- a strategy of one's own -----------------------------------------------------------------------------------------


class SplitTheDifference:
    """A user's buyer: starts 30 % below the present price, then always offers the middle between both last offers."""

    def propose(self, view: View) -> np.ndarray | float:
        mine = [offer.price for offer in view.offers if offer.side is view.side]
        theirs = [offer.price for offer in view.offers if offer.side is not view.side]
        return (mine[-1] + theirs[-1]) / 2 if mine and theirs else 0.7 * view.current_price

    def accept(self, view: View, price: np.ndarray) -> bool:
        return bool(price[0] <= 0.85 * view.reservation[0])


def test_user_strategy_plugs_in() -> None:
    after = play(protocol(buyer=SplitTheDifference()), talks(), stakes(3.78, 2.24))
    assert after.signed
    assert after.offers[0].price[0] == pytest.approx(0.7 * P.price_access_amazon)
    assert after.price[0] != play(protocol(), talks(), stakes(3.78, 2.24)).price[0]


class Reckless:
    """Offers and takes anything."""

    def __init__(self, price: float) -> None:
        self.price = price

    def propose(self, view: View) -> float:
        return self.price

    def accept(self, view: View, price: np.ndarray) -> bool:
        return True


@pytest.mark.parametrize("price", [0.01, 100.0])
def test_no_strategy_can_sign_beyond_a_limit(price: float) -> None:
    reckless = Reckless(price)
    for side in ("buyer", "seller"):
        after = play(protocol(**{side: reckless}), talks(), stakes(3.78, 2.24))
        assert np.isnan(after.price[0]) or 2.24 <= after.price[0] <= 3.78
    assert not play(protocol(buyer=reckless, seller=reckless), talks(), stakes(2.0, 2.5)).signed


def test_view_holds_only_what_the_side_may_know() -> None:
    opened = talks(noise=(0.3, -0.2))
    at_stake = stakes(3.78, 2.24)
    buyer, seller = opened.view(Side.BUYER, 3, at_stake), opened.view(Side.SELLER, 3, at_stake)
    assert (buyer.reservation[0], seller.reservation[0]) == pytest.approx((4.08, 2.04))
    assert (buyer.deadline, seller.deadline) == (11, 20)
    # The other side's limit changes nothing in a view.
    other = opened.view(Side.BUYER, 3, stakes(3.78, 1.0))
    for name in View.__dataclass_fields__:
        assert np.array_equal(getattr(buyer, name), getattr(other, name)), name


def test_bad_input_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match="exponent is 0"):
        Concession(0.0, 0.35)
    with pytest.raises(ValueError, match=r"breakdown_hazard is 1\.5"):
        protocol(breakdown_hazard=1.5)
    with pytest.raises(ValueError, match="resume_interval is 0"):
        protocol(resume_interval=0)
    with pytest.raises(ValueError, match="current_price is nan"):
        talks(current_price=float("nan"))
    with pytest.raises(ValueError, match="opening_lead -1"):
        talks(opening_lead=-1)
    with pytest.raises(ValueError, match="buyer: propose of its Reckless answers nan; allowed: a finite price"):
        play(protocol(buyer=Reckless(float("nan"))), talks(), stakes(3.78, 2.24))
