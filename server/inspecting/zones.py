"""One zone: who delivers there, how well, and at what price."""

from __future__ import annotations

import numpy as np

from agents.geography import DIVISIONS, ZONE_TYPES, ZoneTable
from model.carriers import AMAZON, NATIONAL, USPS
from model.market import ParcelMarket
from model.words import group_names, party_name
from server.inspecting.report import (
    FULL,
    Chart,
    Fact,
    Group,
    Report,
    fact,
    history,
    latest,
    on_time_floor,
    ratio,
    share,
    told,
)
from server.words import state_names

MILLION = 1e6


def zone(market: ParcelMarket, index: int) -> Report:
    """One zone: who delivers there, how well, at what cost."""
    state, kind = str(market.zones.state[index]), ZONE_TYPES[int(market.zones.zone_type[index])]
    name = state_names()[state]
    entries = [e for e in market.events if e.kind in ("entry", "exit") and state in e.text.replace(",", " ").split()]
    events, n = told(entries, f"zone:{state}-{kind}")
    return Report(
        f"zone:{state}-{kind}",
        f"{name}, {kind}",
        f"The {kind} part of {name}",
        (
            Group("Place", _place(market.zones, index)),
            Group("What binds this month", _full_carriers(market, index), "No carrier's last mile is full here."),
            Group("Who delivers", _deliveries(market, index)),
            Group("Amazon here", _amazon(market, index)),
        ),
        _charts(market, index),
        events,
        n,
    )


def _place(zones: ZoneTable, index: int) -> tuple[Fact, ...]:
    return (
        fact("Households", float(zones.households[index]), "thousand", scale=1e3),
        fact("Households per square mile", float(zones.density[index]), "", "Mean over the served area.", decimals=1),
        Fact("Census division", DIVISIONS[int(zones.division[index])]),
    )


def _full_carriers(market: ParcelMarket, index: int) -> tuple[Fact, ...]:
    """Carriers whose last mile takes no more; USPS must serve everybody."""
    used = market.state.network.utilisation[:, index]
    full = [k for k in range(market.carriers.n_carriers) if k != USPS and used[k] >= FULL]
    return tuple(Fact(f"Capacity of {market.carriers.names[k]}", "full", binds=True) for k in full)


def _deliveries(market: ParcelMarket, index: int) -> tuple[Fact, ...]:
    """Last month's parcels, who brought them, how well, and the price."""
    delivered = latest(market, "delivered_parcels")[:, index]
    paid = float(latest(market, "quoted_paid_usd")[index])
    quoted = float(latest(market, "quoted_parcels")[index])
    return (
        fact("Parcels in the last month", float(delivered.sum()), "million", decimals=2, scale=MILLION),
        *(
            share(f"Delivered by {market.carriers.names[k]}", ratio(float(delivered[k]), float(delivered.sum())))
            for k in np.argsort(-delivered, kind="stable")
            if delivered[k] > 0.0
        ),
        share("On time", float(latest(market, "on_time_by_zone_share")[index])),
        fact(
            "Price of a parcel",
            ratio(paid, quoted),
            "$",
            "Paid by others than Amazon, surcharges included.",
            decimals=2,
        ),
    )


def _amazon(market: ParcelMarket, index: int) -> tuple[Fact, ...]:
    shipped = float(latest(market, "amazon_parcels")[index])
    return (
        fact("Parcels of Amazon", shipped, "million", decimals=2, scale=MILLION),
        share("Of these in its own vans", ratio(float(latest(market, "amazon_own_parcels")[index]), shipped)),
        share("Of these by USPS", ratio(float(latest(market, "amazon_via_usps_parcels")[index]), shipped)),
        share("Households that it reaches", float(market.state.network.coverage[AMAZON][index])),
    )


def _charts(market: ParcelMarket, index: int) -> tuple[Chart, ...]:
    volumes = history(market, "delivered_parcels")[:, :, index]
    by_group = [*(volumes[:, k] for k in range(len(NATIONAL))), volumes[:, len(NATIONAL) :].sum(axis=1)]
    own, shipped = history(market, "amazon_own_parcels", index), history(market, "amazon_parcels", index)
    own_share = 100 * np.divide(own, shipped, out=np.full_like(own, np.nan), where=shipped > 0.0)
    on_time = history(market, "on_time_by_zone_share", index)[:, None] * 100
    return (
        Chart(
            "Who delivers, month by month",
            "Parcels brought to the door in this zone.",
            "million a month",
            tuple(group_names().values()),
            tuple(group_names()),
            np.stack(by_group, axis=1) / MILLION,
            decimals=2,
        ),
        Chart(
            "Amazon's own share",
            "Share of Amazon's parcels to this zone in its own vans.",
            "%",
            (party_name("amazon"),),
            ("amazon",),
            own_share[:, None],
            decimals=1,
        ),
        Chart(
            "On time",
            "Share of parcels to this zone that arrive on time.",
            "%",
            ("All carriers",),
            ("first",),
            on_time,
            decimals=1,
            floor=on_time_floor(on_time),
        ),
    )
