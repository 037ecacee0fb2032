"""Figures of the start year: what the running market gives and what was published."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZONE_TYPES
from model.market import ParcelMarket
from model.operations import usps_costs
from model.records import by_zone_type
from model.tables import number, read_table, text
from model.words import group_names

START_YEAR = 2024
HISTORY_FILE = "market_history.csv"
GROUPS = {"usps": "USPS", "amazon": "Amazon", "ups": "UPS", "fedex": "FedEx", "regional": "Others"}
NAMES = group_names()
BILLION = 1e9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One figure of the start year.

    Attributes:
        section: Heading under which it stands.
        figure: What it is.
        unit: Its unit.
        modelled: What the running market gives.
        published: What was published; nan where nothing was.
        source: Source id of the published figure, or the parameter row that holds it.
        note: Why the two may differ.
    """

    section: str
    figure: str
    unit: str
    modelled: float
    published: float = math.nan
    source: str = ""
    note: str = ""

    @property
    def error(self) -> float:
        """Modelled over published, less one."""
        return self.modelled / self.published - 1


def start_year_rows(market: ParcelMarket) -> tuple[Row, ...]:
    """All figures of a market that has run twelve months of standing still."""
    sections = (_volumes, _revenues, _amazon, _postal_accounts, _unit_costs)
    return tuple(row for section in sections for row in section(market))


def _by_group(market: ParcelMarket, values: Floats) -> dict[str, float]:
    """Sum a carrier axis over the groups that are published, (K,) to group."""
    groups = np.array(market.carriers.groups)
    return {group: float(values[groups == group].sum()) for group in GROUPS}


def _year(market: ParcelMarket, series: str) -> Floats:
    return np.asarray(market.records[series].sum(axis=0))


def _published_volume(market: ParcelMarket) -> Floats:
    """Parcels as carriers publish them, (K,): UPS and FedEx what they sold, USPS what it brought to the door."""
    return _year(market, "volume_parcels") + _year(market, "bought_parcels")


def _volumes(market: ParcelMarket) -> Iterator[Row]:
    section, unit = "Parcels by carrier", "bn parcels a year"
    modelled = _by_group(market, _published_volume(market) / BILLION)
    for group, name in NAMES.items():
        published, source, note = _published("parcel_volume", GROUPS[group], START_YEAR)
        yield Row(section, name, unit, modelled[group], published, source, note)
    published, source, note = _published("parcel_volume", "Total", START_YEAR)
    yield Row(section, "all carriers", unit, sum(modelled.values()), published, source, note)


def _revenues(market: ParcelMarket) -> Iterator[Row]:
    section, unit = "Parcel revenue by carrier", "bn $ a year"
    modelled = _by_group(market, _year(market, "revenue_usd") / BILLION)
    published, source, note = _published("parcel_revenue", "Total", START_YEAR)
    yield Row(section, "all carriers", unit, sum(modelled.values()), published, source, note)
    for group, name in NAMES.items():
        # By carrier nothing newer than the year before was published.
        published, source, note = _published("parcel_revenue", GROUPS[group], START_YEAR - 1)
        year = f"published for {START_YEAR - 1}" if source else "none published"
        yield Row(section, name, unit, modelled[group], published, source, "; ".join(filter(None, (year, note))))


def _amazon(market: ParcelMarket) -> Iterator[Row]:
    section, p = "Amazon", market.figures
    parcels = {
        name: _year(market, f"amazon_{name}parcels") for name in ("", "own_", "via_usps_", "via_ups_", "via_fedex_")
    }
    channels = {"own_": "by itself", "via_usps_": "by USPS", "via_ups_": "by UPS", "via_fedex_": "by FedEx"}
    for name, symbol in (
        ("own_", "amazon_own_delivered_2024"),
        ("via_usps_", "amazon_via_usps"),
        ("via_ups_", "amazon_via_ups_2024"),
        ("via_fedex_", "amazon_via_fedex_2024"),
    ):
        figure = f"its parcels: {channels[name]}"
        value = float(parcels[name].sum()) / BILLION
        yield Row(section, figure, "bn parcels a year", value, p[symbol], p.row(symbol).source or symbol)
    ups = market.carriers.keys.index("ups")
    contract = market.book.get("ups", "amazon")
    assert contract is not None
    paid = parcels["via_ups_"].sum() * contract.price_at(market.settings.end)
    for figure, value, symbol in (
        ("its share of UPS volume", parcels["via_ups_"].sum() / _published_volume(market)[ups], "volume"),
        ("its share of UPS revenue", paid / _year(market, "revenue_usd")[ups], "revenue"),
    ):
        row = market.figures.row(f"amazon_share_ups_{symbol}")
        note = "of US revenue; published of consolidated revenue" if symbol == "revenue" else ""
        yield Row(section, figure, "share", float(value), row.value, row.source, note)
    kinds = market.zones.zone_type
    for channel, symbol, label in (
        ("own_", "amazon_mix_own", "mix of its own deliveries"),
        ("via_usps_", "amazon_mix_usps", "mix of its parcels at USPS"),
    ):
        by_type = by_zone_type(parcels[channel], kinds)
        for i, zone_type in enumerate(ZONE_TYPES):
            row = p.row(f"{symbol}_{zone_type}")
            share = float(by_type[i] / by_type.sum())
            yield Row(section, f"{label}: {zone_type}", "share", share, row.value, row.source or row.symbol, row.note)
    own, total = by_zone_type(parcels["own_"], kinds), by_zone_type(parcels[""], kinds)
    for i, zone_type in enumerate(ZONE_TYPES):
        row = p.row(f"amazon_coverage_{zone_type}")
        share = float(own[i] / total[i])
        yield Row(section, f"coverage: {zone_type}", "share of its parcels", share, row.value, row.symbol)


def _postal_accounts(market: ParcelMarket) -> Iterator[Row]:
    section, unit, p = "USPS accounts (published: fiscal year)", "bn $ a year", market.figures

    def total(series: str) -> float:
        return float(_year(market, f"usps_{series}_usd")) / BILLION

    parcel_revenue, contribution = total("parcel_revenue"), total("parcel_contribution")
    attributable = parcel_revenue - contribution
    mail_revenue, expense = total("mail_revenue"), total("expense")
    for figure, value, symbol, sign in (
        ("operating revenue", parcel_revenue + mail_revenue, "usps_revenue_2024", 1),
        ("operating expense", expense, "usps_expense_2024", 1),
        ("net income", total("net_income"), "usps_net_loss_2024", -1),
        ("controllable income", total("controllable_income"), "usps_controllable_loss_2024", -1),
        ("package revenue", parcel_revenue, "usps_package_revenue_2024", 1),
        ("attributable cost of packages", attributable, "usps_competitive_attributable_2024", 1),
        ("contribution of packages", contribution, "usps_competitive_contribution_2024", 1),
    ):
        row = p.row(symbol)
        yield Row(section, figure, unit, value, sign * row.value, row.source, row.note)
    volume = _year(market, "volume_parcels")[market.carriers.keys.index("usps")] / BILLION
    revenue, pieces = p.row("usps_package_revenue_2024"), p.row("usps_package_volume_2024")
    yield Row(
        section,
        "package revenue per piece",
        "$ per parcel",
        parcel_revenue / volume,
        revenue.value / pieces.value,
        f"{revenue.source}, {pieces.source}",
        "the published volume counts more pieces than the market volume of USPS",
    )
    revenue_from_amazon = float(_year(market, "amazon_usps_revenue_usd")) / BILLION
    row = p.row("revenue_usps_from_amazon")
    yield Row(section, "package revenue from Amazon", unit, revenue_from_amazon, row.value, row.source, row.note)


def _unit_costs(market: ParcelMarket) -> Iterator[Row]:
    unit, network, kinds = "$ per parcel", market.state.network, market.zones.zone_type
    groups = np.array(market.carriers.groups[1:])
    volume, street = network.annual_volume[1:], network.street
    for section, cost in (
        ("Last-mile cost with sorting", street.street + street.sort),
        ("Marginal street cost", street.marginal),
    ):
        for group in (group for group in GROUPS if group != "usps"):
            one = groups == group
            by_type = _weighted(cost[one], volume[one], kinds)
            for label, value in zip((*ZONE_TYPES, "mean"), by_type, strict=True):
                yield Row(section, f"{NAMES[group]}: {label}", unit, value)
    section = "Attributable cost of a parcel at a USPS delivery unit"
    amazon_from = market.amazon.memory.flows.usps_from
    mean, sparse = usps_costs(market.costs, market.zones, amazon_from, 1.0, 1.0, 1.0)
    points = market.zones.households[None]
    for label, value in zip((*ZONE_TYPES, "mean over households"), _weighted(mean[None], points, kinds), strict=True):
        yield Row(section, label, unit, value)
    amazon = _weighted(sparse[None], market.amazon.memory.flows.usps[None], kinds)[-1]
    yield Row(section, "Amazon's parcels, with the sparse term", unit, amazon)


def _weighted(cost: Floats, volume: Floats, kinds: NDArray[np.int8]) -> list[float]:
    """Volume-weighted mean cost by zone type, and over all: (N, Z) twice to 4 figures."""
    value, weight = by_zone_type((cost * volume).sum(axis=0), kinds), by_zone_type(volume.sum(axis=0), kinds)
    return [
        *(float(v / w) if w > 0 else math.nan for v, w in zip(value, weight, strict=True)),
        float(value.sum() / weight.sum()),
    ]


def _published(series: str, entity: str, year: int) -> tuple[float, str, str]:
    """Value, source id and note of the published history; nan where it has none."""
    columns = {
        "series": text(),
        "entity": text(),
        "period": text(),
        "period_kind": text(),
        "value": number(required=False),
        "low": number(required=False),
        "high": number(required=False),
        "text": text(required=False),
        "unit": text(),
        "source_id": text(),
        "confidence": text(),
        "note": text(required=False),
        "edition": text(required=False),
    }
    for row in read_table(HISTORY_FILE, columns):
        if (row["series"], row["entity"], row["period"]) == (series, entity, str(year)) and row["value"] is not None:
            return row["value"], row["source_id"], row["note"] or ""
    return math.nan, "", ""
