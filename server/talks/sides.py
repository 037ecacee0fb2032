"""Which sides of the talks between Amazon and USPS a visitor may play."""

from typing import Protocol

from agents.amazon import Amazon
from agents.bargaining import Bargaining, PlayedByHand, Side
from agents.carriers import Carrier
from agents.usps import Usps
from model.market import ParcelMarket
from model.scenario import Scenario
from model.state import TalksState

ACCESS_PAIR = ("usps", "amazon")

SEATS = {"usps": Side.SELLER, "amazon": Side.BUYER}


class Held(Protocol):
    """A seat that a visitor has taken."""

    key: str
    procedure: PlayedByHand


class Seated(Carrier):
    """A party whose bargaining with the other side of the access contract a visitor takes over."""

    travels = False
    seat: Held | None = None

    def sits_down(self, usual: Bargaining, side: Side, other: str) -> Bargaining:
        """Let the visitor decide in the talks over access, as long as somebody sits there."""
        held = super().sits_down(usual, side, other)
        return held if self.seat is None or other not in ACCESS_PAIR else self.seat.procedure


class SeatedUsps(Seated, Usps):
    """USPS with a visitor in its seat."""


class SeatedAmazon(Seated, Amazon):
    """Amazon with a visitor in its seat."""


SEATED: dict[str, type[Seated]] = {"usps": SeatedUsps, "amazon": SeatedAmazon}


def roster_of(seat: str) -> dict[str, type[Seated]]:
    """Who takes part where a visitor sits somewhere; the usual parties where the seat is empty."""
    return {seat: SEATED[seat]} if seat else {}


def seats_taken(market: ParcelMarket) -> list[Held]:
    """The seats that visitors have in a market."""
    return [party.seat for party in market.carrier_agents if isinstance(party, Seated) and party.seat is not None]


def first_talks(market: ParcelMarket) -> TalksState | None:
    """The first talks over access of a run, None before they open."""
    return next(
        (past for past in market.state.past_talks if past.pair.parties == ACCESS_PAIR),
        market.state.talks.get(ACCESS_PAIR),
    )


def seat_is_over(market: ParcelMarket, held: Held) -> bool:
    """Whether whoever holds a seat has nothing more to decide in the latest talks: signed, left, or the run has ended.

    Only then may the limit of the other side be shown. While the contract ends without a deal, or the regulator looks
    at one that it may send back, the talks go on; but not past the end of the contract where nothing can be signed in
    the whole run.
    """
    state = market.state.talks.get(ACCESS_PAIR)
    if state is None:
        return False
    signed = state.talks.signed and state.under_review is None
    return (
        signed
        or held.procedure.left
        or market.finished
        or (_is_past_expiry(market, state) and signs_nothing(market.settings))
    )


def signs_nothing(settings: Scenario) -> bool:
    """Whether a scenario lets nothing be signed before its run ends."""
    return settings.earliest_signature > settings.end


def _is_past_expiry(market: ParcelMarket, state: TalksState) -> bool:
    return market.month - state.opened > state.talks.expiry_round
