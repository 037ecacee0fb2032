"""Which sides of the talks between Amazon and USPS a visitor may play."""

from typing import Protocol

from agents.amazon import Amazon
from agents.bargaining import Bargaining, PlayedByHand, Side
from agents.carriers import Carrier
from agents.usps import Usps
from model.market import ParcelMarket

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
