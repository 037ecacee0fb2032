"""Outcomes of big shippers that a scenario names."""

from __future__ import annotations

from model.economy import Economy
from model.outcomes.registry import Outcome, Rows, Values, named, total


def _sum(series: str) -> Values:
    def values(market: Economy, rows: Rows) -> dict[str, float]:
        data = market.records[series][rows].sum(axis=0)
        return {f"{key}_{series}": float(data[place]) for place, key in enumerate(market.settings.shippers)}

    return values


def _ratio(above: str, below: str, pattern: str) -> Values:
    def values(market: Economy, rows: Rows) -> dict[str, float]:
        data, weight = (market.records[series][rows].sum(axis=0) for series in (above, below))
        return named(tuple(market.settings.shippers), data, weight, pattern)

    return values


def _bills(market: Economy, rows: Rows) -> dict[str, float]:
    return {"welfare_big_shipper_bills_usd": 0.0 - total(market.records["delivery_bill_usd"][rows])}


OUTCOMES: tuple[Outcome, ...] = (
    *(
        Outcome(f"{{shipper}}_{series}", unit, meaning, _sum(series))
        for series, unit, meaning in (
            ("sent_parcels", "parcels", "Parcels of a big shipper that somebody delivers"),
            ("own_network_parcels", "parcels", "Of these, delivered by its own network"),
            ("delivery_bill_usd", "$", "What delivery costs it: carriers, and work and capital of its own network"),
            ("paid_carriers_usd", "$", "Of this, paid to carriers"),
        )
    ),
    Outcome(
        "{shipper}_own_share",
        "share",
        "Share of its parcels that a big shipper delivers itself",
        _ratio("own_network_parcels", "sent_parcels", "{}_own_share"),
    ),
    Outcome(
        "{shipper}_delivered_cost_usd",
        "$ per parcel",
        "Delivery bill of a big shipper over its parcels",
        _ratio("delivery_bill_usd", "sent_parcels", "{}_delivered_cost_usd"),
    ),
    Outcome(
        "welfare_big_shipper_bills_usd",
        "$",
        "Big shippers that the scenario names: less their delivery bills, 0 where it names none",
        _bills,
    ),
)
