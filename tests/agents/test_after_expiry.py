"""Talks that go on after the expiry: nobody gains by letting it pass, and nobody gets a deal without being asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest

from agents.bargaining import AlternatingOffers, Concession, Side, Stakes, Talks, View

BUYER, SELLER = Concession(0.6, 0.35), Concession(0.5, 0.35)
EXPIRY, ROUNDS = 20, 60
USUAL = AlternatingOffers(BUYER, SELLER, 0.0, 3, 0.5, resume_interval=3, belief_gain=0.3)


@dataclass(frozen=True)
class Firm:
    """Names one price for ever, and takes nothing worse."""

    price: float

    def propose(self, view: View) -> float:
        return self.price

    def accept(self, view: View, price: np.ndarray) -> np.ndarray:
        return price >= self.price if view.side is Side.SELLER else price <= self.price


def stakes(buyer: float = 3.4, seller: float = 2.6) -> Stakes:
    one = np.ones(1)
    return Stakes(1.7e9 * one, buyer * one, seller * one, 2.3 * one, 4.5 * one, buyer_outside=4.5 * one)


def play(procedure: AlternatingOffers, at_stake: Stakes, earliest: int = 0, **more: object) -> Talks:
    talks = Talks.opened(("uniform",), 3.6, EXPIRY, 9, earliest_round=earliest, **more)  # type: ignore[arg-type]
    for round_ in range(1, ROUNDS):
        talks = procedure.advance(talks, round_, at_stake, 1.0)
    return talks


def test_a_seller_that_demands_too_much_for_ever_signs_nothing() -> None:
    stubborn = replace(USUAL, seller=Firm(4.5))
    assert not play(stubborn, stakes()).signed
    unasked = play(replace(stubborn, split_after_expiry=True), stakes())
    assert unasked.price[0] == pytest.approx(3.0)  # the split that nobody agreed to


@pytest.mark.parametrize(("buyer", "seller"), [(3.4, 2.6), (2.9, 2.85), (4.3, 2.4)])
def test_with_frozen_stakes_the_price_does_not_depend_on_the_first_month_in_which_signing_is_allowed(
    buyer: float, seller: float
) -> None:
    at_stake = stakes(buyer, seller)
    prices = [float(play(USUAL, at_stake, earliest).price[0]) for earliest in range(40)]
    assert max(prices) - min(prices) < 1e-9
    split = replace(USUAL, split_after_expiry=True)
    jumps = [float(play(split, at_stake, earliest).price[0]) for earliest in range(40)]
    assert max(jumps) - min(jumps) >= 0.02


def test_nobody_offers_a_worse_price_than_the_other_side_has_asked_for_itself() -> None:
    talks = play(USUAL, stakes(), earliest=40)
    last: dict[Side, float] = {}
    for offer in talks.offers:
        asked = last.get(offer.side.other, np.nan)
        if offer.side is Side.BUYER:
            assert not offer.price[0] > asked
        else:
            assert not offer.price[0] < asked
        last[offer.side] = float(offer.price[0])


def test_an_offer_that_stands_never_drives_a_side_beyond_its_own_limit() -> None:
    talks = Talks.opened(("uniform",), 3.6, EXPIRY, 9, earliest_round=100)
    for round_ in range(1, ROUNDS):
        at_stake = stakes(seller=2.6 if round_ < 15 else 3.1)  # the seller's limit rises above what it has asked for
        talks = USUAL.advance(talks, round_, at_stake, 1.0)
        if talks.offers[-1:] and talks.offers[-1].round == round_ and talks.offers[-1].side is Side.SELLER:
            assert talks.offers[-1].price[0] >= at_stake.seller[0]


def test_errors_that_prevented_a_deal_shrink_from_meeting_to_meeting_until_there_is_one() -> None:
    noise = (-0.7, 0.7)  # the two believe that no price suits both
    talks = play(USUAL, stakes(), noise=noise)
    assert talks.signed_round is not None
    assert talks.signed_round > EXPIRY
    assert (talks.signed_round - EXPIRY) % USUAL.resume_interval == 0
    buyer, seller = (float(limit[0]) for limit in talks.perceived(stakes()).limits())
    assert seller <= talks.price[0] <= buyer


def test_who_did_not_speak_last_proposes_in_the_next_meeting() -> None:
    talks = play(replace(USUAL, resume_interval=4), stakes(buyer=2.5))
    late = [offer.side for offer in talks.offers if offer.round > EXPIRY]
    assert len(late) > 3
    assert all(one is not other for one, other in pairwise(late))
