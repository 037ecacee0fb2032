"""Everything about one agent, contract, zone or shipper of a running market, as frozen values.

`extract` runs on the thread that steps the market; all that it returns are copies.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.calendar import Month
from agents.geography import ZONE_TYPES
from model.market import ParcelMarket
from server.headline import month_name
from server.inspecting import carriers, contracts, regulator, shippers, small_shipper, zones
from server.inspecting.network import Network, network
from server.inspecting.report import Chart, Fact, Group, Report
from server.talks.contracts import is_rate_agreement
from server.words import state_names

__all__ = ["Chart", "Fact", "Group", "Inspection", "Report", "Thing", "extract", "things"]

DEFAULT = "carrier:usps"
# Kinds of things that are a party of the network.
DRAWN = frozenset({"carrier", "shippers"})


@dataclass(frozen=True)
class Thing:
    """One entry of the list.

    Attributes:
        key: What the address calls it.
        name: Its name.
        kind: What kind of thing it is, one or two words.
    """

    key: str
    name: str
    kind: str


@dataclass(frozen=True, eq=False)
class Inspection:
    """All things that can be looked at, and the one that was chosen.

    Attributes:
        things: The list.
        report: The chosen thing.
        unknown: What was asked for and does not exist, empty where it does.
        month: The month at whose end this is; None before the first.
        n_small: How many small shippers there are to pick from.
        network: Who depends on whom, where the chosen thing is one of these parties.
    """

    things: tuple[Thing, ...]
    report: Report
    unknown: str = ""
    month: Month | None = None
    n_small: int = 0
    network: Network | None = None


def things(market: ParcelMarket) -> tuple[Thing, ...]:
    """All that can be looked at: agents first, then contracts, shippers and zones."""
    found = [
        Thing(f"carrier:{key}", name, "carrier")
        for key, name in zip(market.carriers.keys, market.carriers.names, strict=True)
    ]
    found += [
        Thing("regulator", "Regulator", "agent"),
        Thing("shippers:enterprise", "Enterprise shippers", "shipper class"),
        Thing("shippers:small", "Small shippers", "shipper class"),
    ]
    versions = contracts.contract_versions(market).values()
    strategic = [one for one in versions if not is_rate_agreement(one)]
    for one in sorted(strategic, key=lambda contract: contract.start, reverse=True):
        title = f"{market.book.name(one.buyer)} with {market.book.name(one.seller)}, from {month_name(one.start)}"
        key = f"contract:{one.seller}-{one.buyer}-{one.start}"
        found.append(Thing(key, title, f"contract, {one.state.value}"))
    places, names = market.zones, state_names()
    found += [
        Thing(f"zone:{state}-{ZONE_TYPES[kind]}", f"{names[state]}, {ZONE_TYPES[kind]}", f"zone, {state}")
        for state, kind in zip(places.state.tolist(), places.zone_type.tolist(), strict=True)
    ]
    found += [
        Thing(f"shipper:{number}", f"Enterprise shipper {number}", "shipper")
        for number in range(1, market.groups.ordinary + 1)
    ]
    found += [
        Thing(f"small:{number}", f"Small shipper {number}", "small shipper") for number in small_shipper.listed(market)
    ]
    return tuple(found)


def _is_small(market: ParcelMarket, what: str) -> bool:
    """Whether this is a small shipper; there are thousands, of which the list names a few."""
    kind, _, number = what.partition(":")
    return kind == "small" and number.isdecimal() and 1 <= int(number[:9]) <= small_shipper.count(market)


def extract(market: ParcelMarket, what: str = "") -> Inspection:
    """Copy one thing out of a market; USPS where nothing or something unknown is asked for."""
    found = things(market)
    known = {thing.key for thing in found} | {f"contract:{key}" for key in contracts.contract_versions(market)}
    is_known = what in known or _is_small(market, what)
    month = market.records.months[-1] if market.records.n else None
    shown = report(market, what if is_known else DEFAULT)
    unknown = what if what and not is_known else ""
    drawn = network(market) if shown.key.partition(":")[0] in DRAWN else None
    return Inspection(found, shown, unknown, month, small_shipper.count(market), drawn)


def report(market: ParcelMarket, what: str) -> Report:
    """Everything about one thing.

    Args:
        market: The market.
        what: A key of `things`, or of any contract of the run.
    """
    kind, _, name = what.partition(":")
    if kind == "carrier":
        return carriers.carrier(market, name)
    if kind == "contract":
        return contracts.contract(market, contracts.contract_versions(market)[name])
    if kind == "zone":
        state, _, density = name.rpartition("-")
        here = (market.zones.state == state) & (market.zones.zone_type == ZONE_TYPES.index(density))
        return zones.zone(market, int(here.argmax()))
    if kind == "shippers":
        return shippers.shipper_class(market, name)
    if kind == "small":
        return small_shipper.small_shipper(market, int(name))
    if kind == "shipper":
        return shippers.shipper(market, int(name))
    return regulator.regulator(market)
