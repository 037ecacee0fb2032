"""One small shipper: what it ships and to where, who carries it and at what price, and why it changed last."""

from __future__ import annotations

import numpy as np

from agents.geography import DIVISIONS, SEGMENTS, ZONE_TYPES
from agents.rules.pricing import quote
from agents.shipper_moves import CLOSED, REFUSED, TAKEN_OVER, LastMove
from model.market import ParcelMarket
from model.phases.parcels import segment_reach
from server.headline import month_name
from server.inspecting.report import Chart, Fact, Group, Report, fact, history, ratio, share
from server.words import state_names

LARGEST_STATES = 5
LISTED = 24  # of thousands; the others by their number


def listed(market: ParcelMarket) -> list[int]:
    """Numbers of the small shippers that stand in the list: from the smallest to the largest in equal steps."""
    table = market.shippers
    volume = table.annual_volume[table.small].sum(axis=1)
    order = np.argsort(-volume, kind="stable")
    steps = np.linspace(0, len(order) - 1, min(LISTED, len(order))).round().astype(int)
    return [int(number) for number in dict.fromkeys((order[steps] + 1).tolist())]


def count(market: ParcelMarket) -> int:
    """How many rows of small shippers there are; numbers run from 1 to this."""
    return len(market.shippers) - market.shippers.n_enterprise


def small_shipper(market: ParcelMarket, number: int) -> Report:
    """Everything about one small shipper; numbers start at 1."""
    table = market.shippers
    row = table.n_enterprise + number - 1
    weight = float(table.weight[row])
    return Report(
        f"small:{number}",
        f"Small shipper {number}",
        f"One row of {count(market):,}; it stands for {weight:,.0f} shippers that are alike",
        (
            Group("State now", _state(market, row)),
            Group("Where its parcels go", _places(market, row)),
            *(
                Group(f"{label.capitalize()}: who carries it", _carried(market, row, s))
                for s, label in _shipped(market, row)
            ),
            Group("Its contract", (), "None: small shippers take quotes off the list, less their discount."),
            Group("Its last change of carrier", _last(market, row), "None so far."),
        ),
        (_prices(market, row),),
        (),
        0,
    )


def _shipped(market: ParcelMarket, row: int) -> list[tuple[int, str]]:
    """Segments in which it ships something."""
    return [(s, label) for s, label in enumerate(SEGMENTS) if market.shippers.annual_volume[row, s] > 0.0]


def _state(market: ParcelMarket, row: int) -> tuple[Fact, ...]:
    table = market.shippers
    volume = table.annual_volume[row]
    total = float(volume.sum())
    return (
        Fact("Home", DIVISIONS[int(table.division[row])]),
        fact("Parcels a year at the start", total, "", "Of one of these shippers.", decimals=0 if total >= 10 else 2),
        *(share(f"Of these, {label}", ratio(float(volume[s]), total)) for s, label in enumerate(SEGMENTS)),
        share("Discount on the list price", float(table.discount[row])),
        fact("Changes of carrier so far", float(table.switches[row]), "", "Over all services."),
    )


def _places(market: ParcelMarket, row: int) -> tuple[Fact, ...]:
    """By density, and the states that get most; the same for all of one home."""
    mix, zones, names = market.mix[int(market.shippers.division[row])], market.zones, state_names()
    by_type = [share(kind.capitalize(), float(mix[zones.zone_type == i].sum())) for i, kind in enumerate(ZONE_TYPES)]
    states, at = np.unique(zones.state, return_inverse=True)
    part = np.bincount(at, weights=mix)
    most = np.argsort(-part, kind="stable")[:LARGEST_STATES]
    return (*by_type, *(share(names[str(states[i])], float(part[i])) for i in most))


def _carried(market: ParcelMarket, row: int, segment: int) -> tuple[Fact, ...]:
    """Its carrier and the one for what that does not reach, with shares and quotes, and the cheapest quote."""
    table, names = market.shippers, market.carriers.names
    home = int(table.division[row])
    first, rest = int(table.primary[row, segment]), int(table.fallback[row, segment])
    reached = float(market.mix[home] @ segment_reach(market)[segment, first])
    paid = _quotes(market, row, segment)
    told = [share(names[first], reached, "Share of its parcels.")]
    if reached < 0.9995:
        told.append(
            share(f"{names[rest]}, elsewhere", 1.0 - reached, "For the addresses that the first does not reach.")
        )
    told.append(
        fact(f"Quote of {names[first]}", float(paid[first]), "$ per parcel", "Surcharges included.", decimals=2)
    )
    cheapest = int(np.nanargmin(paid))
    if cheapest != first:
        value = float(paid[cheapest])
        told.append(fact(f"Lowest quote: {names[cheapest]}", value, "$ per parcel", "Where it delivers.", decimals=2))
    return tuple(told)


def _quotes(market: ParcelMarket, row: int, segment: int) -> np.ndarray:
    """What each carrier quotes it now, $ per parcel with surcharges, (K,); nan where one offers it nothing."""
    table, tariffs = market.shippers, market.state.tariffs
    home = int(table.division[row])
    paid = quote(tariffs.offered[segment], tariffs.floor[segment], table.discount[row])
    paid = paid + market.mix[home] @ tariffs.surcharge.T
    offered = np.isfinite(market.state.choice.constants[segment])
    reach = market.mix[home] @ segment_reach(market)[segment].T
    return np.where(offered & (reach > 0.0), paid, np.nan)


def _last(market: ParcelMarket, row: int) -> tuple[Fact, ...]:
    """The last change in each segment: when, from whom to whom, and why."""
    found = []
    for segment, label in _shipped(market, row):
        move = market.population.moves.last(row, segment)
        if move is not None:
            found.append(Fact(f"{label.capitalize()}, {month_name(move.month)}", _why(market, row, segment, move)))
    return tuple(found)


def _why(market: ParcelMarket, row: int, segment: int, move: LastMove) -> str:
    names = market.carriers.names
    before, now = names[move.before], names[int(market.shippers.primary[row, segment])]
    if move.why == TAKEN_OVER:
        return f"{before} to {now}, which took {before} over"
    if move.why == CLOSED:
        return f"{before} to {now}: {before} gave up"
    if move.why == REFUSED:
        return f"{before} to {now}: {before} had refused its parcels"
    prices = _listed_then(market, row, segment, move)
    return f"{before} to {now}: it looked at all carriers again and liked this one best{prices}"


def _listed_then(market: ParcelMarket, row: int, segment: int, move: LastMove) -> str:
    """List prices of both in the month of the change."""
    now, months = int(market.shippers.primary[row, segment]), market.records.months
    at = move.month - market.settings.start
    if not 0 <= at < len(months):
        return ""
    prices = market.records["list_price_usd"][at]
    old, new = float(prices[move.before, segment]), float(prices[now, segment])
    if old <= 0.0 or new <= 0.0:
        return ""
    return f" (list ${new:.2f} beside ${old:.2f})"


def _prices(market: ParcelMarket, row: int) -> Chart:
    """List prices of its present carriers, by month."""
    carriers, names = market.carriers, []
    keys, columns = [], []
    for segment, label in _shipped(market, row):
        first = int(market.shippers.primary[row, segment])
        names.append(f"{label.capitalize()}: {carriers.names[first]}")
        keys.append(label)
        columns.append(
            history(market, "list_price_usd")[:, first, segment] * (1.0 - float(market.shippers.discount[row]))
        )
    return Chart(
        "What its carriers ask",
        "List price of its present carriers less its discount, surcharges apart.",
        "$ per parcel",
        tuple(names),
        tuple(keys),
        np.stack(columns, axis=1),
        decimals=2,
    )
