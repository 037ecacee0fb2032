"""Outcomes of Amazon."""

from __future__ import annotations

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import ZONE_TYPES
from model.economy import Economy
from model.outcomes.registry import Outcome, Rows, last, named, single, total
from model.records import by_zone_type


def _own_share(market: Economy, rows: Rows) -> dict[str, float]:
    own, all_parcels = market.records["amazon_own_parcels"][rows], market.records["amazon_parcels"][rows]
    kinds = market.zones.zone_type
    own_type, all_type = by_zone_type(own.sum(axis=0), kinds), by_zone_type(all_parcels.sum(axis=0), kinds)
    found = {"amazon_own_share": float(own.sum() / all_parcels.sum())}
    return found | named(ZONE_TYPES, own_type, all_type, "amazon_own_share_{}")


def _retained(market: Economy, rows: Rows) -> dict[str, float]:
    """Amazon's parcels at USPS over those of the first full year of the run."""
    at_usps = market.records["amazon_via_usps_parcels"]
    first = at_usps[:MONTHS_PER_YEAR].sum()
    if rows.start < MONTHS_PER_YEAR or first <= 0.0:
        return {}
    return {"amazon_usps_retained_share": float(at_usps[rows].sum() / first)}


def _delivered_cost(market: Economy, rows: Rows) -> dict[str, float]:
    parcels = market.records["amazon_parcels"][rows].sum(axis=1)
    cost = market.records["amazon_delivered_cost_usd"][rows]
    return {"amazon_delivered_cost_usd": float((cost * parcels).sum() / parcels.sum())}


def _idle(market: Economy, rows: Rows) -> dict[str, float]:
    """Capacity beyond what is delivered, mean of the months."""
    idle = market.records["amazon_idle_capacity_parcels"][rows].mean(axis=0)
    kinds = by_zone_type(idle, market.zones.zone_type)
    found = {"amazon_idle_capacity_parcels": float(idle.sum())}
    found |= {f"amazon_idle_capacity_parcels_{name}": float(kinds[i]) for i, name in enumerate(ZONE_TYPES)}
    return found | {"amazon_idle_capital_usd": float(market.records["amazon_idle_capital_usd"][rows].mean())}


OUTCOMES: tuple[Outcome, ...] = (
    *(
        Outcome(name, "parcels", meaning, single(name, total))
        for name, meaning in (
            ("amazon_parcels", "Parcels shipped by Amazon"),
            ("amazon_own_parcels", "Of these, delivered by Amazon itself"),
            ("amazon_via_usps_parcels", "Of these, delivered by USPS"),
            ("amazon_via_ups_parcels", "Of these, delivered by UPS"),
            ("amazon_via_fedex_parcels", "Of these, delivered by FedEx"),
            ("amazon_refused_parcels", "Orders that Amazon does not take and nobody delivers for it"),
            ("amazon_later_parcels", "Parcels that Amazon delivers itself on fewer days of the week"),
        )
    ),
    Outcome("amazon_own_share[_{zone_type}]", "share", "Share of its parcels that Amazon delivers itself", _own_share),
    Outcome(
        "amazon_usps_retained_share",
        "share",
        "Amazon's parcels at USPS over those of the first year of the run",
        _retained,
        whole_run=False,
        from_second_year=True,
    ),
    *(
        Outcome(name, "$", meaning, single(name, total))
        for name, meaning in (
            (
                "amazon_delivery_bill_usd",
                "What delivery takes out of Amazon's hands: work, capital in use, what others are paid, less its sales",
            ),
            ("amazon_paid_usps_usd", "What Amazon pays USPS, missed commitments included"),
            ("amazon_paid_ups_usd", "What Amazon pays UPS"),
            ("amazon_paid_fedex_usd", "What Amazon pays FedEx"),
            ("amazon_sales_usd", "What others pay Amazon for delivery"),
        )
    ),
    Outcome("amazon_delivered_cost_usd", "$ per parcel", "Amazon's cost of a delivered parcel", _delivered_cost),
    Outcome(
        "amazon_short_parcels",
        "parcels",
        "Parcels that Amazon meant to deliver itself but could not for want of capacity",
        single("amazon_short_parcels", total),
    ),
    Outcome(
        "amazon_usps_price_usd", "$ per parcel", "Contract price, last month", single("amazon_usps_price_usd", last)
    ),
    Outcome(
        "amazon_usps_revenue_usd",
        "$",
        "What Amazon pays USPS for parcels that it delivers",
        single("amazon_usps_revenue_usd", total),
    ),
    Outcome(
        "amazon_idle_capacity_parcels[_{zone_type}], amazon_idle_capital_usd",
        "parcels a year, $",
        "Capacity of Amazon beyond its deliveries, and the capital in it: what is stranded; mean of the months",
        _idle,
    ),
)
