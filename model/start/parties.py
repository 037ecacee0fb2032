"""Who takes part: the carriers as agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.amazon import Amazon
from agents.calendar import JANUARY, JULY
from agents.carriers import RegionalCarrier
from agents.rivals import FedEx, Ups
from agents.usps import Usps
from model.carriers import AMAZON, FEDEX, NATIONAL, UPS, USPS

if TYPE_CHECKING:
    from model.market import ParcelMarket


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
