"""Who takes part: the carriers as agents, and an account in the ledger for everybody who pays or receives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.amazon import Amazon
from agents.calendar import JANUARY, JULY
from agents.carriers import RegionalCarrier
from agents.geography import DIVISIONS
from agents.rivals import FedEx, Ups
from agents.usps import Usps
from model.carriers import AMAZON, FEDEX, NATIONAL, UPS, USPS
from model.ledger import Ledger

if TYPE_CHECKING:
    from model.market import ParcelMarket

Ints = NDArray[np.int64]
LEDGER_CATEGORIES = (
    "opening",
    "parcels",
    "settlement",
    "mail",
    "interest",
    "operations",
    "capital",
    "borrowing",
    "access",
)
OUTSIDE_PARTIES = ("enterprise", "consolidators", "mail_users", "suppliers", "treasury", "capital_market")


def create_carriers(market: ParcelMarket) -> tuple[Usps, Amazon, Ups, FedEx, list[RegionalCarrier]]:
    """Make the agents of all carriers, in the order of every carrier axis."""
    p, settings, names = market.figures, market.settings, market.carriers.names
    usps = Usps(market, USPS, NATIONAL[USPS], names[USPS], p.competitive_margin, JULY)
    amazon = Amazon(market, AMAZON, NATIONAL[AMAZON], names[AMAZON], p.amazon_shipping_margin, JANUARY)
    amazon.build_limit_applies = settings.build_limit_applies
    if settings.usps_amazon_volume == "negotiated" and settings.negotiation:
        amazon.adjust_speed = p.coverage_adjust_speed
    ups = Ups(market, UPS, NATIONAL[UPS], names[UPS], p.target_margin_ups_fedex, JANUARY)
    fedex = FedEx(market, FEDEX, NATIONAL[FEDEX], names[FEDEX], p.target_margin_ups_fedex, JANUARY)
    regional = [
        RegionalCarrier(market, index, market.carriers.keys[index], names[index], p.target_margin_regional, JANUARY)
        for index in range(len(NATIONAL), market.carriers.n_carriers)
    ]
    return usps, amazon, ups, fedex, regional


def open_ledger(carriers: tuple[str, ...]) -> tuple[Ledger, Ints, Ints]:
    """An empty ledger.

    Args:
        carriers: Keys of the carriers, K.

    Returns:
        The ledger, who pays for the parcels of each group of customers, (G,), and the party of each carrier, (K,).
    """
    regions = tuple(f"shippers {name}" for name in DIVISIONS)
    ledger = Ledger((*carriers, *regions, *OUTSIDE_PARTIES), LEDGER_CATEGORIES)
    groups = (*regions, "enterprise", "amazon", "amazon")
    return ledger, np.array([ledger.index(name) for name in groups]), np.array([ledger.index(key) for key in carriers])
