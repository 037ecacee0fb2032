"""All that changes while the market runs, by whom it belongs to. Shapes: K carriers, S segments, Z zones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.rules.sourcing import Sourcing
from model.allocation import Allocation, Backlog
from model.auction.awarded import AwardedParcels
from model.auction.round import AuctionRound
from model.demand import Demand
from model.ledger import Cents
from model.postal_accounts import PostalStatement
from model.state.carriers import Books
from model.state.networks import AccessState, NetworkState
from model.state.prices import ChoiceState, Environment, Tariffs
from model.state.talks import Agreement, TalksState
from model.tender import Tender

Floats = NDArray[np.float64]

__all__ = [
    "AccessState",
    "Agreement",
    "Books",
    "ChoiceState",
    "Environment",
    "MarketState",
    "MonthFlows",
    "NetworkState",
    "TalksState",
    "Tariffs",
]


@dataclass(slots=True, repr=False)
class MonthFlows:
    """What a month's phases hand to each other.

    A field holds last month's value until the phase that writes it has run; before the first month there is none, and
    reading it is an error. Fields that can be None hold nothing where there was nothing to hand over.
    `access_cost` is what a parcel that carriers hand over costs USPS, $ per parcel, (K, Z), `amazon_access_cost` the
    same of one that Amazon hands over, (Z,); `wages` is the part of
    `operating_cost` that is paid to staff, $, (K,); `shock_cost` what fuel and wages beyond their paths added to it, $,
    (2, K); `delivered` are parcels by who brings them to the door, (S, K, Z), `brought` the same over all segments,
    (K, Z); `amazon_sales_cost` what the parcels cost that Amazon delivered for others, $; `switched` how many small
    shippers changed the carrier of a service, counted by service, from and to, (K, K).
    """

    demand: Demand = field(init=False)
    tender: Tender = field(init=False)
    sourcing: Sourcing = field(init=False)
    allocation: Allocation = field(init=False)
    invoices: Cents = field(init=False)
    operating_cost: Floats = field(init=False)
    wages: Floats = field(init=False)
    shock_cost: Floats = field(init=False)
    amazon_sales_cost: float = 0.0
    postal: PostalStatement = field(init=False)
    access_cost: Floats = field(init=False)
    amazon_access_cost: Floats = field(init=False)
    price_paid: Floats = field(init=False)
    delivered: Floats = field(init=False)
    brought: Floats = field(init=False)
    awarded: AwardedParcels | None = None
    switched: Floats = field(init=False)


@dataclass(slots=True)
class MarketState:
    """Everything that changes, by owner.

    Attributes:
        talks: Latest negotiation of each pair, by seller and buyer.
        past_talks: Negotiations before the latest of their pair, in the order in which the next ones opened.
        agreed_volume: Parcels a year by zone under each negotiated contract, (Z,), by seller, buyer and first month.
        auctions: Access auctions held so far.
    """

    environment: Environment
    tariffs: Tariffs
    choice: ChoiceState
    network: NetworkState
    books: Books
    access: AccessState
    backlog: Backlog | None = None
    flows: MonthFlows = field(default_factory=MonthFlows)
    talks: dict[tuple[str, str], TalksState] = field(default_factory=dict)
    agreed_volume: dict[tuple[str, str, Month], Floats] = field(default_factory=dict)
    auctions: list[AuctionRound] = field(default_factory=list)
    past_talks: list[TalksState] = field(default_factory=list)
