"""Shippers: the two classes, and the enterprise shippers one by one."""

from __future__ import annotations

import numpy as np

from agents.geography import DIVISIONS, SEGMENTS
from agents.shipper_table import ShipperTable
from model.carriers import NATIONAL
from model.events import Event
from model.market import ParcelMarket
from server.headline import month_name
from server.inspecting.contracts import price_history
from server.inspecting.report import (
    Chart,
    Fact,
    Group,
    Report,
    events_of,
    fact,
    history,
    ratio,
    share,
    told,
)

MILLION = 1e6
LARGEST = 4  # carriers that are named of each segment


def shipper_class(market: ParcelMarket, name: str) -> Report:
    """All enterprise shippers, or all small ones."""
    table, enterprise = market.shippers, name == "enterprise"
    rows = table.enterprise if enterprise else table.small
    refused = int((table.refused_months[rows] > 0).sum())
    limits = (fact("Rows whose parcels were refused last month", refused, "", binds=True),) if refused else ()
    return Report(
        f"shippers:{name}",
        "Enterprise shippers" if enterprise else "Small shippers",
        "They bargain for rate agreements one by one" if enterprise else "They take quotes and switch now and then",
        (
            Group("State now", _class_state(table, rows)),
            Group("What binds this month", limits, "No parcels of theirs were refused."),
            Group("Largest carrier of each, by segment", _largest_carriers(market, rows)),
            Group("What they believe", _beliefs(market)),
        ),
        _class_charts(market, f"{'enterprise' if enterprise else 'small'}_shippers_gain_usd"),
        *told(_of_class(market, name), f"shippers:{name}"),
    )


def _class_state(table: ShipperTable, rows: slice) -> tuple[Fact, ...]:
    volume = table.market_volume[rows]
    return (
        fact("Shippers", float(table.weight[rows].sum()), "", f"Stood for by {volume.shape[0]:,} rows of the model."),
        fact("Parcels a year at the start", float(volume.sum()), "million", scale=MILLION),
        share(
            "Mean discount", float(np.average(table.discount[rows], weights=volume.sum(axis=1))), "On the list price."
        ),
        fact(
            "Changes of carrier so far",
            float((table.switches[rows] * table.weight[rows]).sum()),
            "thousand",
            "Of the primary carrier of a segment.",
            decimals=1,
            scale=1e3,
        ),
    )


def _largest_carriers(market: ParcelMarket, rows: slice) -> tuple[Fact, ...]:
    """Carriers with most volume of those whose primary carrier they are, by segment."""
    table, found = market.shippers, []
    volume, primary = table.market_volume[rows], table.primary[rows]
    for segment, label in enumerate(SEGMENTS):
        weight = np.bincount(primary[:, segment], weights=volume[:, segment], minlength=market.carriers.n_carriers)
        for k in np.argsort(-weight, kind="stable")[:LARGEST]:
            if weight[k] > 0.0:
                part = ratio(float(weight[k]), float(weight.sum()))
                found.append(share(f"{label}: {market.carriers.names[k]}", part))
    return tuple(found)


def _beliefs(market: ParcelMarket) -> tuple[Fact, ...]:
    return tuple(
        share(
            f"On time at {market.carriers.names[k]}",
            float(market.state.choice.perceived_on_time[k]),
            "What shippers believe; it follows what they see.",
        )
        for k in range(len(NATIONAL))
    )


def _class_charts(market: ParcelMarket, gain: str) -> tuple[Chart, ...]:
    return (
        Chart(
            "Gain since the start",
            "What these shippers and their customers gain or lose a month against the start, in"
            " price, speed and reliability.",
            "million $ a month",
            ("Gain",),
            ("first",),
            history(market, gain)[:, None] / MILLION,
            floor=None,
        ),
        Chart(
            "Price of a parcel",
            "Mean price paid by shippers other than Amazon.",
            "$ per parcel",
            tuple(label.capitalize() for label in SEGMENTS),
            SEGMENTS,
            history(market, "price_per_parcel_usd"),
            decimals=2,
        ),
    )


def _of_class(market: ParcelMarket, name: str) -> list[Event]:
    """What happened to a class of shippers; of small ones no single event is kept."""
    kinds = ("enterprise_contract", "shed") if name == "enterprise" else ()
    return [event for event in market.events if event.kind in kinds]


def shipper(market: ParcelMarket, number: int) -> Report:
    """One enterprise shipper; numbers start at 1."""
    row, table, choice = number - 1, market.shippers, market.state.choice
    name, key = f"Enterprise shipper {number}", market.groups.buyer(row)
    volume = table.annual_volume[row]
    split = choice.enterprise_share[row]  # (S, K, Z)
    weight = split @ market.mix[int(table.division[row])]  # (S, K)
    facts = [
        Fact("Home", DIVISIONS[int(table.division[row])]),
        fact("Parcels a year at the start", float(volume.sum()), "million", decimals=1, scale=MILLION),
        *(
            share(f"Of these, {label}", ratio(float(volume[i]), float(volume.sum())))
            for i, label in enumerate(SEGMENTS)
        ),
        share("Discount on the list price", float(table.discount[row])),
    ]
    uses = [
        share(f"{label}: {market.carriers.names[k]}", float(weight[s, k] / weight[s].sum()), "Share of its parcels.")
        for s, label in enumerate(SEGMENTS)
        if weight[s].sum() > 0.0
        for k in np.argsort(-weight[s], kind="stable")[:LARGEST]
        if weight[s, k] > 0.005
    ]
    held = [one for one in market.book.in_force() if one.buyer == key]
    agreements = [
        Fact(
            f"With {market.book.name(one.seller)}, until {month_name(one.expiry)}",
            ", ".join(f"${price:.2f} {label}" for price, label in zip(one.price, one.groups, strict=True)),
        )
        for one in held
    ]
    return Report(
        f"shipper:{number}",
        name,
        "An enterprise shipper: it splits its parcels over carriers and bargains for rate agreements",
        (
            Group("State now", tuple(facts)),
            Group("Rate agreements in force", tuple(agreements), "None: it takes quotes."),
            Group("Who carries its parcels", tuple(uses)),
        ),
        (price_history(market, key, None),),
        *told(events_of(market, (key,)), f"shipper:{number}"),
    )
