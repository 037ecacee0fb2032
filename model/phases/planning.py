"""What carriers decide for later: capacity orders once a quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.capacity import CapacityOrder
from agents.carriers import QUARTER
from model.access.insourcing import insource

if TYPE_CHECKING:
    from model.market import ParcelMarket


def learn_and_plan(market: ParcelMarket) -> None:
    """Once a quarter every carrier orders the capacity that it expects to need; the order of carriers is drawn."""
    if not (market.month + 1).quarter_start:
        return
    insource(market)
    lead = int(market.figures.build_lead_months)
    order = market.streams.generator("planning_order", market.month).permutation(len(market.carrier_agents))
    for position in order:
        placed = market.carrier_agents[position].capacity_order(lead)
        if placed is not None:
            _place(market, placed)


def order_before_start(market: ParcelMarket) -> None:
    """Orders that were on their way when the run begins: one a quarter, as each carrier would have placed them then.

    They were placed in ignorance of anything that a scenario decides from the start on.
    """
    lead, start = int(market.figures.build_lead_months), market.settings.start
    for arrives in range(0, max(lead, 1), QUARTER):
        market.month = start + (arrives - lead)
        for carrier in market.carrier_agents:
            placed = carrier.capacity_order(lead)
            if placed is not None:
                _place(market, placed, quiet=True)
    market.month = start


def _place(market: ParcelMarket, order: CapacityOrder, quiet: bool = False) -> None:
    market.state.network.pipeline.append(order)
    if quiet:
        return
    key = market.carriers.keys[order.carrier]
    market.ledger.pay("capital", key, "suppliers", order.capital)
    million = order.annual_parcels.sum() / 1e6
    market.events.add(
        market.month,
        "order",
        (key,),
        f"{market.carriers.names[order.carrier]} orders capacity for {million:,.0f} million parcels a year, "
        f"usable from {order.arrives}",
        annual_parcels=order.annual_parcels.sum(),
        capital_usd=order.capital,
    )
