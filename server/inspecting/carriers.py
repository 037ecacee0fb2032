"""A carrier: what it carries, earns and owns, what it expects, and which limits bind."""

from __future__ import annotations

import numpy as np

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import SEGMENTS, ZONE_TYPES
from model.carriers import AMAZON, USPS
from model.market import ParcelMarket
from server.headline import month_name
from server.inspecting import national
from server.inspecting.report import (
    FULL,
    Chart,
    Fact,
    Group,
    Report,
    events_of,
    fact,
    history,
    latest,
    on_time_floor,
    ratio,
    share,
    told,
)
from server.inspecting.statement import statement_group

MILLION, BILLION = 1e6, 1e9
QUIET = ("enterprise_contract",)


def carrier(market: ParcelMarket, key: str) -> Report:
    """Everything about one carrier."""
    index = market.carriers.keys.index(key)
    events, n_events = told(events_of(market, (key,), QUIET), f"carrier:{key}")
    groups = [_state(market, index), _network(market, index), _prices(market, index), statement_group(market, index)]
    charts = _charts(market, index)
    if index == USPS:
        groups += national.usps_groups(market)
        charts += national.usps_charts(market)
    elif index == AMAZON:
        groups += national.amazon_groups(market)
        charts += national.amazon_charts(market)
    kinds = {"regional": "a regional carrier", "own": "a big shipper and the network that it builds for itself"}
    kind = kinds.get(market.carriers.kinds[index], "a national carrier")
    groups.insert(1, Group("What binds this month", _binding(market, index), "No limit binds this month."))
    name = market.carriers.names[index]
    return Report(f"carrier:{key}", name, f"{name}, {kind}", tuple(groups), tuple(charts), events, n_events)


def _state(market: ParcelMarket, index: int) -> Group:
    volume = latest(market, "volume_parcels")
    names = ("profit_usd", "cost_usd")
    profit, cost = (float(latest(market, name)[index]) for name in names)
    year = {name: float(history(market, name, index)[-MONTHS_PER_YEAR:].sum()) for name in names}
    contracts = [one for one in market.book.in_force() if market.carriers.keys[index] in (one.seller, one.buyer)]
    facts = (
        fact("Parcels in the last month", float(volume[index]), "million", "Brought to the door.", scale=MILLION),
        share("Share of all parcels", ratio(float(volume[index]), float(volume.sum()))),
        fact("Received in the last month", profit + cost, "million $", "From everybody who paid it.", scale=MILLION),
        fact("Cost of the last month", cost, "million $", "Work, access, carriage, capital, interest.", scale=MILLION),
        *(() if index == AMAZON else (_margin(year),)),
        share("On time", float(latest(market, "on_time_share")[index]), "Share of its parcels."),
        fact("Contracts in force", len(contracts), "", "As seller or as buyer, rate agreements included."),
    )
    return Group("State now", facts)


def _margin(year: dict[str, float]) -> Fact:
    return share(
        "Margin of the last twelve months",
        ratio(year["profit_usd"], year["profit_usd"] + year["cost_usd"]),
        "What is left of what it received; fewer months where the run is younger.",
    )


def _network(market: ParcelMarket, index: int) -> Group:
    network = market.state.network
    books = market.own_books(index)
    coming = market.carrier_agents[index].capacity_coming(books, market.month)
    pipeline = sorted((order for order in network.pipeline if order.carrier == index), key=lambda one: one.arrives)
    households = market.zones.households
    facts = [
        share(
            "Households that it can reach",
            float(np.average(network.coverage[index], weights=households)),
            "With routes of its own.",
        ),
        *(
            share(f"Of these, {kind}", float(np.average(network.coverage[index][here], weights=households[here])))
            for kind, here in ((kind, market.zones.zone_type == i) for i, kind in enumerate(ZONE_TYPES))
        ),
        fact(
            "Capacity of the month",
            float(latest(market, "capacity_parcels")[index]),
            "million",
            "Last mile; of USPS the national sorting limit.",
            scale=MILLION,
        ),
        share("Used", float(latest(market, "utilisation_share")[index])),
        fact("Ordered and on its way", float(coming.sum()), "million a year", scale=MILLION, decimals=1),
        fact("Closures decided", float(books.closing.sum()), "million a year", scale=MILLION, decimals=1),
    ]
    if pipeline:
        facts.append(Fact("Next arrival", month_name(pipeline[0].arrives)))
    limit = market.carrier_agents[index].yearly_build_limit()
    if index != USPS:
        facts.append(
            fact(
                "Can add in a year at most", limit, "million", "Build limit, annual parcels of capacity.", scale=MILLION
            )
        )
    return Group("Network and plans", tuple(facts))


def _prices(market: ParcelMarket, index: int) -> Group:
    if market.carriers.owned[index]:
        return Group("Prices", (), "It sells nothing.")
    tariffs, agent = market.state.tariffs, market.carrier_agents[index]
    offered = np.isfinite(market.state.choice.constants[:, index])
    facts = [
        fact(
            f"List level, {segment}",
            float(tariffs.offered[i, index]),
            "$",
            "Price for a parcel before volume discounts and surcharges.",
            decimals=2,
        )
        for i, segment in enumerate(SEGMENTS)
        if offered[i]
    ]
    facts += [
        share("Latest list increase", float(tariffs.list_growth[index]), "Of the yearly general increase."),
        share("Target margin", agent.target_margin, "What its price plan aims at."),
    ]
    fill = float(tariffs.fill[:, index].max())
    if fill > 0.0:
        facts.append(share("Discount to fill its network", fill))
    return Group("Prices", tuple(facts))


def _binding(market: ParcelMarket, index: int) -> tuple[Fact, ...]:
    """Limits that bind in the last month."""
    network, p = market.state.network, market.figures
    found = []
    used = network.utilisation[index]
    full = int((used >= FULL).sum())
    if full:
        found.append(
            Fact("Capacity of the last mile", f"{full} zones full", help="Zones where no parcel more fits.", binds=True)
        )
    waiting = float(latest(market, "backlog_parcels")[index])
    if waiting > 1.0:
        found.append(fact("Parcels that wait", waiting, "million", decimals=2, scale=MILLION, binds=True))
    floor = _at_floor(market, index)
    if floor > 0.0:
        found.append(
            share(
                "Parcels quoted at its lowest price",
                floor,
                "Its quotes may not fall below what one parcel more costs.",
                binds=True,
            )
        )
    if index == USPS:
        found += national.usps_limits(market)
    elif index == AMAZON:
        found += national.amazon_limits(market)
    elif market.carriers.groups[index] == "regional":
        losing = market.carrier_agents[index].negative_months
        if losing:
            months = f"{losing}; it gives up after {int(p.regional_exit_cash_months)}"
            found.append(Fact("Months of losses in a row", months, binds=True))
    return tuple(found)


def _at_floor(market: ParcelMarket, index: int) -> float:
    """Share of small shippers' volume that would be quoted at the carrier's floor."""
    tariffs, shippers = market.state.tariffs, market.shippers
    kept = 1.0 - shippers.discount[shippers.small]
    volume = shippers.market_volume[shippers.small]
    at_floor, total = 0.0, 0.0
    for segment in range(len(SEGMENTS)):
        if not np.isfinite(market.state.choice.constants[segment, index]):
            continue
        low = tariffs.offered[segment, index] * kept < tariffs.floor[segment, index]
        mine = shippers.primary[shippers.small, segment] == index
        at_floor += float(volume[mine & low, segment].sum())
        total += float(volume[mine, segment].sum())
    return at_floor / total if total > 0.0 else 0.0


def _charts(market: ParcelMarket, index: int) -> list[Chart]:
    key = market.carriers.keys[index]
    cost = history(market, "cost_usd", index)
    money = np.stack([history(market, "profit_usd", index) + cost, cost], axis=1) / MILLION
    volume = history(market, "volume_parcels", index)[:, None] / MILLION
    used = history(market, "utilisation_share", index)[:, None] * 100
    on_time = history(market, "on_time_share", index)[:, None] * 100
    name = market.carriers.names[index]
    return [
        Chart(
            "Parcels",
            "Parcels that it brings to the door in a month.",
            "million a month",
            (name,),
            (key,),
            volume,
            decimals=1,
        ),
        Chart(
            "Received and spent",
            "What it receives and its cost, by month.",
            "million $ a month",
            ("Received", "Cost"),
            (key, "second"),
            money,
        ),
        Chart(
            "Capacity used",
            "Parcels over capacity, by month.",
            "%",
            (name,),
            (key,),
            used,
            (("full", 100.0),),
            decimals=1,
        ),
        Chart(
            "On time",
            "Share of its parcels that arrive on time.",
            "%",
            (name,),
            (key,),
            on_time,
            decimals=1,
            floor=on_time_floor(on_time),
        ),
    ]
