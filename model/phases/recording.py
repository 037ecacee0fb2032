"""Balance checks and records at the end of the month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.access import delivered_parcels
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.checks import check_month
from model.phases.contract_cover import amazon_access_cost, covers_by_carrier
from model.phases.measuring import measure
from model.phases.parcels import ECONOMY, amazon_prices

if TYPE_CHECKING:
    from model.market import ParcelMarket


def contract_price(market: ParcelMarket) -> float:
    """Mean price per parcel of the month under the contract of Amazon with USPS, over its zones, $."""
    access = amazon_prices(market)[0][USPS]
    weight = market.state.amazon.retained
    return float(np.average(access, weights=weight if weight.sum() > 0.0 else None))


def check_and_record(market: ParcelMarket) -> None:
    """Check that parcels, money and capacity balance, then record the month."""
    check_month(market)
    state = market.state
    flows, network, books, ledger = state.flows, state.network, state.books, market.ledger
    allocation, demand, sourcing, postal, cost = (
        flows.allocation,
        flows.demand,
        flows.sourcing,
        flows.postal,
        flows.operating_cost,
    )
    assert allocation is not None
    assert demand is not None
    assert sourcing is not None
    assert postal is not None
    assert cost is not None
    delivered = delivered_parcels(market).sum(axis=0)
    handed = allocation.accepted[-2:, ECONOMY].sum(axis=0)
    volume = delivered.sum(axis=1)
    invoiced = books.revenue[-1]
    imputed = np.zeros_like(invoiced)
    imputed[AMAZON] = market.figures.amazon_unit_revenue_imputed * handed[AMAZON].sum()
    carrier_cost = cost + state.access.paid
    carrier_cost[USPS] = postal.parcel_cost
    waiting = np.zeros_like(delivered) if allocation.backlog is None else allocation.backlog.by_carrier_zone
    overflow = np.zeros_like(volume) if allocation.overflow is None else allocation.overflow.sum(axis=(0, 1, 3))
    zone_total = delivered.sum(axis=0)
    capacity = np.where(np.isinf(network.capacity), 0.0, network.monthly_capacity).sum(axis=1)
    capacity[USPS] = network.sorting[USPS]
    base = market.figures.by("on_time_base", market.carriers.groups)
    contract_paid, contract_cost = covers_by_carrier(market)
    market.records.append(
        {
            **measure(market),
            "delivered_parcels": delivered,
            "volume_parcels": volume,
            "bought_parcels": state.access.bought.sum(axis=1),
            "access_usd": state.access.paid,
            "revenue_usd": invoiced + imputed,
            "cost_usd": carrier_cost,
            "profit_usd": invoiced - carrier_cost,
            "on_time_share": np.divide(
                (network.on_time * delivered).sum(axis=1), volume, out=base.copy(), where=volume > 0.0
            ),
            "utilisation_share": books.utilisation[-1],
            "capacity_parcels": capacity,
            "backlog_parcels": waiting.sum(axis=1),
            "unserved_parcels": allocation.unserved.sum(axis=1),
            "overflow_parcels": overflow,
            "on_time_by_zone_share": (network.on_time * delivered).sum(axis=0) / np.maximum(zone_total, 1e-9),
            "price_per_parcel_usd": flows.price_paid if flows.price_paid is not None else state.choice.start_price,
            "shipped_parcels": market.annual_parcels.sum(axis=0) * demand.scale,
            "amazon_parcels": demand.amazon,
            "amazon_own_parcels": handed[AMAZON],
            "amazon_via_usps_parcels": handed[USPS],
            "amazon_via_ups_parcels": handed[UPS],
            "amazon_via_fedex_parcels": handed[FEDEX],
            "amazon_short_parcels": float(sourcing.short.sum()),
            "amazon_delivered_cost_usd": state.amazon.delivered_cost,
            "amazon_usps_price_usd": contract_price(market),
            "amazon_usps_revenue_usd": float(allocation.value[-2:, :, USPS].sum()),
            "usps_mail_revenue_usd": postal.mail_revenue,
            "usps_parcel_revenue_usd": postal.parcel_revenue,
            "usps_parcel_contribution_usd": postal.parcel_contribution,
            "usps_expense_usd": postal.expense,
            "usps_net_income_usd": postal.net_income,
            "usps_controllable_income_usd": postal.controllable_income,
            "usps_cash_usd": ledger.cash("usps"),
            "usps_debt_usd": books.usps_debt,
            "usps_arrears_usd": books.usps_arrears,
            "usps_deferred_usd": state.postal.deferred,
            "usps_distress_rung": float(state.postal.ladder.highest),
            "usps_violations_count": float(len(market.regulator.broken)),
            "usps_institutional_usd": postal.institutional_cost,
            "amazon_usps_attributable_usd": float((handed[USPS] * amazon_access_cost(market)).sum()),
            "usps_contract_paid_usd": contract_paid,
            "usps_contract_cost_usd": contract_cost,
            "usps_mail_index": market.mail_index,
            "list_price_usd": state.tariffs.level.T,
        }
    )
