"""What each carrier sells, asks, earns and hands to USPS, year by year, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from agents.calendar import MONTHS_PER_YEAR
from experiments.runs import start_market
from experiments.workers import Task
from model.events import Event
from model.market import ParcelMarket

QUARTER = 3


@dataclass(frozen=True, eq=False)
class FirmRun:
    """One run, as the checks and the page read it.

    Attributes:
        seed: Its seed.
        years: By carrier and year: sold_parcels, price (revenue per parcel sold, $), margin (operating margin of the
            year; of USPS over what its parcels cost, of Amazon on its sales), target (its target margin).
        quarters: By carrier and quarter, counted from the start: handed (parcels that USPS delivers for it) and share
            (of what it sells).
        levels: Mean list level over that of the start by month and carrier.
        events: What happened.
        groups: What each carrier is told as: its key, or "regional".
        names: Names for people by key.
        start_index: Index of the first month.
        inflation: Growth of consumer prices a year.
    """

    seed: int
    years: pd.DataFrame = field(repr=False)
    quarters: pd.DataFrame = field(repr=False)
    levels: pd.DataFrame = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    groups: dict[str, str]
    names: dict[str, str]
    start_index: int
    inflation: float


def play(task: Task) -> FirmRun:
    """Run one task and keep what the study needs."""
    return follow(start_market(task.scenario, task.seed), task.seed)


def follow(market: ParcelMarket, seed: int) -> FirmRun:
    """Play a market to its end, looking at every carrier's books at the end of each year.

    Args:
        market: A market that has not begun.
        seed: Its seed.
    """
    keys, rows, levels = market.carriers.keys, [], []
    begun = market.state.tariffs.level.copy()
    while not market.finished:
        market.step()
        level = market.state.tariffs.level
        sold_here = np.isfinite(market.state.choice.constants) & (begun > 0.0)
        growth = np.where(sold_here, level / np.where(begun > 0.0, begun, 1.0), np.nan)
        levels.append([float(np.nanmean(one)) if np.isfinite(one).any() else np.nan for one in growth.T])
        if market.months_done % MONTHS_PER_YEAR:
            continue
        books, year = market.state.books, market.settings.start.year + market.months_done // MONTHS_PER_YEAR - 1
        sold, revenue, cost = (one.sum(axis=0) for one in (books.volume, books.revenue, books.cost))
        for carrier, key in enumerate(keys):
            if sold[carrier] > 0.0 and revenue[carrier] > 0.0:
                target = market.carrier_agents[carrier].target_margin
                rows.append((key, year, sold[carrier], revenue[carrier], cost[carrier], target))
    years = pd.DataFrame(rows, columns=["carrier", "year", "sold_parcels", "revenue", "cost", "target"])
    years["price"] = years["revenue"] / years["sold_parcels"]
    years["margin"] = 1.0 - years["cost"] / years["revenue"]
    delivered, bought = (np.asarray(market.records[name]) for name in ("volume_parcels", "bought_parcels"))
    quarters = [
        (key, month // QUARTER, *(one[month : month + QUARTER, carrier].sum() for one in (bought, delivered)))
        for carrier, key in enumerate(keys)
        for month in range(0, market.months_done - QUARTER + 1, QUARTER)
    ]
    by_quarter = pd.DataFrame(quarters, columns=["carrier", "quarter", "handed", "delivered"])
    handed, whole = by_quarter["handed"], by_quarter["handed"] + by_quarter["delivered"]
    by_quarter["share"] = (handed / whole.where(whole > 0.0)).fillna(0.0)
    return FirmRun(
        seed=seed,
        years=years,
        quarters=by_quarter,
        levels=pd.DataFrame(levels, columns=list(keys)),
        events=tuple(market.events),
        groups=dict(zip(keys, market.carriers.groups, strict=True)),
        names=market.carriers.name_of,
        start_index=market.settings.start.index,
        inflation=float(market.figures.inflation),
    )


def by_group(run: FirmRun) -> pd.DataFrame:
    """Figures of a run by group and year: sold_bn, price, margin, handed_bn; regional carriers together."""
    years = run.years.assign(group=run.years["carrier"].map(run.groups))
    found = years.groupby(["group", "year"])[["sold_parcels", "revenue", "cost"]].sum()
    first = int(years["year"].min())
    quarters = run.quarters.assign(
        group=run.quarters["carrier"].map(run.groups),
        year=first + run.quarters["quarter"] // (MONTHS_PER_YEAR // QUARTER),
    )
    handed = quarters.groupby(["group", "year"])["handed"].sum()
    return pd.DataFrame(
        {
            "sold_bn": found["sold_parcels"] / 1e9,
            "price": found["revenue"] / found["sold_parcels"],
            "margin": 1.0 - found["cost"] / found["revenue"],
            "handed_bn": handed.reindex(found.index).fillna(0.0) / 1e9,
        }
    )
