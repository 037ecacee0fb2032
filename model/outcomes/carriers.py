"""Outcomes of every carrier and of the market as a whole."""

from __future__ import annotations

import math

from agents.geography import SEGMENTS
from model.carriers import USPS
from model.economy import Economy
from model.outcomes.registry import Floats, Outcome, Rows, by_carrier, named, over_months

KG_PER_TONNE = 1000.0
PERCENT = 100.0


def _on_time(market: Economy, rows: Rows) -> dict[str, float]:
    volume = market.records["volume_parcels"][rows]
    good = (market.records["on_time_share"][rows] * volume).sum(axis=0)
    return named(market.carriers.keys, good, volume.sum(axis=0), "{}_on_time_share")


def _volume_share(market: Economy, rows: Rows) -> dict[str, float]:
    volume = market.records["volume_parcels"][rows].sum(axis=0)
    return {f"{key}_volume_share": float(volume[i] / volume.sum()) for i, key in enumerate(market.carriers.keys)}


def _sold(market: Economy, rows: Rows) -> Floats:
    """Parcels by who sold them, Amazon's own by who delivers them, (K,): each parcel of the market once."""
    bought = market.records["bought_parcels"][rows].sum(axis=0)
    sold: Floats = market.records["volume_parcels"][rows].sum(axis=0) + bought
    sold[USPS] -= bought.sum()
    return sold


def _revenue_per_parcel(market: Economy, rows: Rows) -> dict[str, float]:
    """As published: of USPS over what it delivers, for others too; of all others over what they sold."""
    parcels = _sold(market, rows)
    parcels[USPS] = market.records["volume_parcels"][rows, USPS].sum()
    revenue = market.records["revenue_usd"][rows].sum(axis=0)
    return named(market.carriers.keys, revenue, parcels, "{}_revenue_per_parcel_usd")


def _prices(market: Economy, rows: Rows) -> dict[str, float]:
    parcels, price = market.records["shipped_parcels"][rows], market.records["price_per_parcel_usd"][rows]
    return named(SEGMENTS, (parcels * price).sum(axis=0), parcels.sum(axis=0), "{}_price_per_parcel_usd")


def _hhi(market: Economy, rows: Rows) -> dict[str, float]:
    """Concentration by zone and segment, and where each carrier leads, weighted by parcels."""
    parcels = market.records["delivered_by_segment_parcels"][rows]
    found: dict[str, float] = {}
    for name, series in (("hhi_zone", "hhi_delivered_index"), ("hhi_zone_sold", "hhi_sold_index")):
        weighted = parcels * market.records[series][rows]
        found[name] = float(weighted.sum() / parcels.sum())
        found |= named(SEGMENTS, weighted.sum(axis=(0, 2)), parcels.sum(axis=(0, 2)), f"{name}_{{}}")
    leader = market.records["leading_carrier"][rows]
    for i, key in enumerate(market.carriers.keys):
        found[f"{key}_led_share"] = float((parcels * (leader == i)).sum() / parcels.sum())
    volume: Floats = market.records["volume_parcels"][rows].sum(axis=0)
    found["hhi_national"] = math.fsum((PERCENT * volume / math.fsum(volume)) ** 2)
    return found


def _carbon(market: Economy, rows: Rows) -> dict[str, float]:
    kg = market.records["carbon_kg"][rows].sum(axis=0)
    found = {f"{key}_carbon_tonnes": float(kg[i]) / KG_PER_TONNE for i, key in enumerate(market.carriers.keys)}
    return found | {"carbon_tonnes": math.fsum(kg) / KG_PER_TONNE}


OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "{carrier}_volume_parcels", "parcels", "Parcels brought to the door", by_carrier("volume_parcels", over_months)
    ),
    Outcome(
        "{carrier}_sold_parcels",
        "parcels",
        "Parcels by who sold them, whoever brings them to the door; Amazon's own by who brings them",
        lambda market, rows: {
            f"{key}_sold_parcels": float(value)
            for key, value in zip(market.carriers.keys, _sold(market, rows), strict=True)
        },
    ),
    Outcome("{carrier}_volume_share", "share", "Share of all parcels brought to the door", _volume_share),
    Outcome(
        "{carrier}_revenue_usd",
        "$",
        "Parcel revenue; Amazon's with the imputed value of its own deliveries",
        by_carrier("revenue_usd", over_months),
    ),
    Outcome(
        "{carrier}_revenue_per_parcel_usd",
        "$ per parcel",
        "Revenue over parcels sold, of USPS over parcels delivered",
        _revenue_per_parcel,
    ),
    Outcome(
        "{carrier}_profit_usd",
        "$",
        "What the ledger says that it received less what it paid for work, access, carriage, capital in use and "
        "interest; USPS: net income; Amazon: less its delivery bill",
        by_carrier("profit_usd", over_months),
    ),
    *(
        Outcome(f"{{carrier}}_{series}", "$", meaning, by_carrier(series, over_months))
        for series, meaning in (
            ("wages_usd", "Wages on routes and in stations; of USPS all but vehicles"),
            ("operations_usd", "What it pays for vehicles, line-haul, hubs and overhead"),
            (
                "capital_charge_usd",
                "Depreciation and return of capital that it added since the start; USPS: in its wages",
            ),
            ("capital_paid_usd", "Cash that it pays for capital goods when it orders them, not in its profit"),
        )
    ),
    Outcome(
        "{carrier}_bought_parcels",
        "parcels",
        "Parcels of its customers that USPS brings to the door for it",
        by_carrier("bought_parcels", over_months),
    ),
    Outcome("{carrier}_access_usd", "$", "What it pays USPS for them", by_carrier("access_usd", over_months)),
    Outcome("{carrier}_on_time_share", "share", "Parcels on time", _on_time),
    Outcome("{carrier}_unserved_parcels", "parcels", "Parcels given up", by_carrier("unserved_parcels", over_months)),
    Outcome(
        "{carrier}_overflow_parcels",
        "parcels",
        "Parcels delivered after another carrier refused them",
        by_carrier("overflow_parcels", over_months),
    ),
    Outcome("{segment}_price_per_parcel_usd", "$ per parcel", "Mean price paid by others than Amazon", _prices),
    Outcome(
        "hhi_zone[_sold][_{segment}], hhi_national, {carrier}_led_share",
        "index, share",
        "Concentration: sum of squared carrier shares in % by zone and segment, parcel-weighted, by who brings parcels "
        "to the door and by who has the customer (sold); share of parcels where a carrier leads its zone and segment",
        _hhi,
    ),
    Outcome("[{carrier}_]carbon_tonnes", "t", "Emissions of delivery vans; USPS 0, its routes pass anyway", _carbon),
)
