"""What a party sees of its own contracts and talks: the door to the book and the tables, for one side only."""

from __future__ import annotations

from agents.bargaining import Side, View
from agents.contracts import Contract
from model.bargains.pairs import strategic_pairs
from model.economy import Economy


def own_contracts(market: Economy, party: str) -> tuple[Contract, ...]:
    """Contracts in force in which a party is one side."""
    return tuple(one for one in market.book.in_force() if party in (one.seller, one.buyer))


def own_talks(market: Economy, party: str) -> dict[str, View]:
    """What a party sees of its talks that go on, by the key of the other side.

    At stake is what was so in the latest round, the round is that of this month. Talks that are signed, wait for the
    regulator or have not had a round are none.
    """
    seen: dict[str, View] = {}
    for pair in strategic_pairs(market):
        seller, buyer = pair.parties
        state = market.state.talks.get(pair.parties)
        if party not in (seller, buyer) or state is None or state.stakes is None or state.talks.signed:
            continue
        side, other = (Side.SELLER, buyer) if party == seller else (Side.BUYER, seller)
        seen[other] = state.talks.view(side, market.month - state.opened, state.stakes)
    return seen
