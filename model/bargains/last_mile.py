"""USPS and carriers with routes of their own: what access to the sparsest addresses is worth to both (ODD 7.1).

UPS and FedEx pass everywhere, so they can do without access at once: what it spares them is one stop more. Regional
carriers that consolidate sell with it beyond their routes; without it they would have to build, or not sell there.
"""

from __future__ import annotations

import numpy as np

from agents.bargaining import PriceGroups, slice_values
from model.access.slices import carrier_slices
from model.bargains.access import usps_cost, usps_cost_by_cell
from model.bargains.table import BargainTable
from model.economy import Economy


def last_mile_table(market: Economy, buyer: str, groups: PriceGroups) -> BargainTable:
    """What access is worth to a carrier and to USPS today, by slice of the carrier's economy parcels.

    What the carrier does for less than it costs USPS is not talked about: nobody could gain there.

    Args:
        market: The market.
        buyer: Key of the carrier.
        groups: Zones that share a price.
    """
    p = market.figures
    saved = p.injection_cost_amazon * market.state.environment.price_level
    slices = carrier_slices(market, market.carriers.keys.index(buyer), usps_cost_by_cell(market) + saved)
    at_once = np.zeros(len(slices.volume), dtype=np.int64)
    values = slice_values(
        slices.volume,
        slices.own_cost,
        usps_cost(market, slices.zone, slices.cell),
        market.published_access_price(),
        at_once,
        int(p.term_usps_nsa),
        saved_by_own_delivery=saved,
        discount_rate_monthly=p.discount_rate_monthly,
        sells=market.usps.seller_limits,
    )
    return BargainTable(values, slices.zone, groups, slices.cell)
