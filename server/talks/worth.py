"""What a price is worth to one side of the access talks: parcels a year, and what it gains by them over no contract.

Two readings, which the page never mixes: what a player can reckon from its own side (`reckoned`), and what a deal
really brings (`brought`), without the error that each side makes about its own limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Question, Side
from model.bargains.packages import PackageTable
from model.bargains.table import BargainTable
from model.market import ParcelMarket
from model.state import TalksState
from server.talks.sides import ACCESS_PAIR

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

MILLION = 1e6
CENTS = 100  # to the dollar


@dataclass(frozen=True, eq=False)
class Reckoned:
    """What a player may expect of each price that it could name; one price for all parcels.

    Attributes:
        price: $ per parcel, a cent apart, (D,).
        parcels: Parcels a year under a contract at this price, (D,).
        gain: What the own side gains a year over no contract, by its own limit, $, (D,).
    """

    price: Floats
    parcels: Floats
    gain: Floats


@dataclass(frozen=True)
class Deal:
    """A deal and what it brings one side.

    Attributes:
        round: Months since the talks opened.
        price: Mean, $ per parcel.
        parcels: Parcels a year.
        gain: What the side gains a year over no contract, $.
    """

    round: int
    price: float
    parcels: float
    gain: float


def prices_to_name(current: float, published: float, offered: Floats) -> Floats:
    """Prices between which a player chooses, a cent apart, $ per parcel, (D,); both sides know what they follow from.

    Args:
        current: Price in force.
        published: What a parcel pays without a contract.
        offered: Prices that were named so far.
    """
    known = offered[np.isfinite(offered)]
    low = min([0.4 * current, *known])
    high = max([published, *known[known <= published]])
    return np.arange(max(1, int(low * CENTS)), int(high * CENTS + 1e-9) + 1) / CENTS


def reckoned(question: Question, table: BargainTable, prices: Floats, side: Side) -> Reckoned:
    """What one side can reckon of prices; nothing of it follows from the limit of the other.

    What is on the table both know. Which parcels stay at a price is known to the buyer alone, where a contract would
    not promise them all; a seller reckons with all of them.

    Args:
        question: What is asked.
        table: What is at stake, one thread.
        prices: $ per parcel, (D,).
        side: Who reckons.
    """
    limit = float(question.view.reservation[0])
    values, pool = table.values, _pool(table)
    sign = 1.0 if side is Side.BUYER else -1.0
    everything = float(values.volume[pool].sum())
    if side is Side.SELLER or _promised(table):
        return Reckoned(prices, np.full(len(prices), everything), sign * everything * (limit - prices))
    # Richest first, so that what is kept at each price is a sum from the start.
    order = np.argsort(-values.buyer[pool], kind="stable")
    worth, volume = values.buyer[pool][order], values.volume[pool][order]
    moved = limit - (float(worth @ volume) / everything if everything > 0.0 else 0.0)
    count = np.searchsorted(-worth, -prices, side="right")
    parcels = np.concatenate([[0.0], np.cumsum(volume)])[count]
    value = np.concatenate([[0.0], np.cumsum(volume * (worth + moved))])[count]
    return Reckoned(prices, parcels, value - parcels * prices)


def would_bring(market: ParcelMarket, table: BargainTable, price: Floats, side: Side) -> tuple[float, float]:
    """Parcels a year and gain a year of one side, $, of a deal this month at prices by thread, (G,); see `brought`."""
    taken = table.taken(price, market.agent(ACCESS_PAIR[1]))
    values = table.values
    parcels = float(values.volume[taken].sum())
    if isinstance(table, PackageTable):
        if _promised(table):
            stakes = table.stakes(market.usps.displacement_belief())
            limit = float(stakes.limits()[0 if side is Side.BUYER else 1][0])
            return parcels, (1.0 if side is Side.BUYER else -1.0) * parcels * (limit - float(price[0]))
        paid = np.full(len(values.volume), float(price[0]))
    else:
        paid = price[table.group]
    gain = values.buyer - paid if side is Side.BUYER else paid - values.seller
    return parcels, float((values.volume * gain)[taken].sum())


def brought(market: ParcelMarket, state: TalksState, side: Side) -> Deal | None:
    """What was signed in some talks and what it brings one side; None where nothing was signed.

    Where all parcels are promised, the gain is parcels times the distance from the limit without its error, which
    counts what is expected to be taken back; else it is the sum over what is carried.
    """
    signed, stakes = state.talks.signed_round, state.stakes
    if signed is None or stakes is None:
        return None
    buyer, seller = state.pair.buyer, state.pair.seller
    month = state.opened + signed
    event = next(e for e in market.events if e.kind == "agreement" and e.actors == (buyer, seller) and e.month == month)
    told = dict(event.numbers)
    price, parcels = told["price_usd"], told["parcels"]
    package = state.package
    if package is not None and package.form.promised:
        limit = float(stakes.limits()[0 if side is Side.BUYER else 1][0])
        gain = (1.0 if side is Side.BUYER else -1.0) * parcels * (limit - price)
    else:
        gain = told["buyer_surplus_usd" if side is Side.BUYER else "seller_surplus_usd"]
    return Deal(signed, price, parcels, gain)


def in_millions(parcels: Floats) -> list[float]:
    """Numbers in millions, short enough for a browser."""
    return [round(float(one) / MILLION, 4) for one in parcels]


def _promised(table: BargainTable) -> bool:
    return isinstance(table, PackageTable) and table.package is not None and table.package.form.promised


def _pool(table: BargainTable) -> Bools:
    """What is on the table, (L,)."""
    if isinstance(table, PackageTable) and table.package is not None and _promised(table):
        return table.package.carried
    return table.values.efficient
