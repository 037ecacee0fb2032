"""What places get: service, price and choice by zone type."""

from __future__ import annotations

from agents.geography import RURAL, URBAN, ZONE_TYPES
from model.economy import Economy
from model.outcomes.registry import Outcome, Rows, named
from model.records import by_zone_type


def _on_time(market: Economy, rows: Rows) -> dict[str, float]:
    delivered = market.records["delivered_parcels"][rows].sum(axis=1)
    on_time = market.records["on_time_by_zone_share"][rows]
    kinds = market.zones.zone_type
    good, parcels = by_zone_type((on_time * delivered).sum(axis=0), kinds), by_zone_type(delivered.sum(axis=0), kinds)
    return named(ZONE_TYPES, good, parcels, "{}_on_time_share")


def _transit(market: Economy, rows: Rows) -> dict[str, float]:
    """Means over months, weighted by parcels; the 90th percentile too is a mean of those of the months."""
    parcels = by_zone_type(market.records["delivered_parcels"][rows].sum(axis=1), market.zones.zone_type)
    found: dict[str, float] = {}
    for series, name in (("mean_transit_days", "{}_transit_days"), ("p90_transit_days", "{}_transit_p90_days")):
        weighted = (market.records[series][rows] * parcels).sum(axis=0)
        found |= named(ZONE_TYPES, weighted, parcels.sum(axis=0), name)
    return found


def _prices(market: Economy, rows: Rows) -> dict[str, float]:
    kinds = market.zones.zone_type
    parcels = by_zone_type(market.records["quoted_parcels"][rows].sum(axis=0), kinds)
    paid = by_zone_type(market.records["quoted_paid_usd"][rows].sum(axis=0), kinds)
    found = named(ZONE_TYPES, paid, parcels, "{}_price_per_parcel_usd")
    if parcels[RURAL] > 0.0 and parcels[URBAN] > 0.0:
        found["rural_over_urban_price"] = float(paid[RURAL] / parcels[RURAL] / (paid[URBAN] / parcels[URBAN]))
    return found


def _access(market: Economy, rows: Rows) -> dict[str, float]:
    """At the end of the last month."""
    found: dict[str, float] = {}
    for series, what in (
        ("rural_households_served_share", "rural_households_with_{}_carriers_share"),
        ("rural_parcels_served_share", "rural_parcels_with_{}_carriers_share"),
    ):
        shares = market.records[series][rows][-1]
        found |= {what.format(i + 1): float(share) for i, share in enumerate(shares)}
    return found


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("{zone_type}_on_time_share", "share", "Parcels on time by zone type", _on_time),
    Outcome(
        "{zone_type}_transit_days, {zone_type}_transit_p90_days",
        "days",
        "Mean and 90th percentile of transit by zone type, parcel-weighted",
        _transit,
    ),
    Outcome(
        "{zone_type}_price_per_parcel_usd, rural_over_urban_price",
        "$ per parcel, ratio",
        "Mean price paid by others than Amazon by zone type, surcharges included",
        _prices,
    ),
    Outcome(
        "rural_households_with_{n}_carriers_share, rural_parcels_with_{n}_carriers_share",
        "share",
        "Rural households (parcels) that at least 1, 2, 3, 4 carriers serve, at the end",
        _access,
    ),
)
