"""Who takes part: the carriers, the regulator and the shippers together as agents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents.amazon import Amazon
from agents.calendar import JANUARY, JULY
from agents.carriers import Carrier
from agents.party import Party
from agents.rivals import FedEx, Ups
from agents.roster import REGULATOR, SHIPPERS, RosterError, carrier_class, find_class
from agents.usps import Usps
from model.big_shippers import MILLION, BigShipperData
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.economy import Economy
from model.newcomers import Newcomer
from model.postal_accounts import BILLION
from model.scenario import Scenario
from model.start.opening import opening_cash_flow
from model.words import party_name


def create_carriers(market: Economy, own: Mapping[str, type[Party]]) -> None:
    """Make the agents of all carriers, in the order of every carrier axis.

    Args:
        market: The economy, which keeps them; as the model of Mesa it is the world that they see.
        own: Classes of one's own by key that need not travel; they go before the roster of the settings.
    """
    p, settings, table = market.figures, market.settings, market.carriers
    margins = {
        "usps": p.competitive_margin,
        "amazon": p.amazon_shipping_margin,
        "ups": p.target_margin_ups_fedex,
        "fedex": p.target_margin_ups_fedex,
        "regional": p.target_margin_regional,
    }
    added: dict[str, Newcomer | BigShipperData] = {**settings.carriers, **settings.shippers}
    classes = {**{key: one.decides for key, one in added.items()}, **settings.roster}
    _refuse_absent(market, {*classes, *own})
    found: list[Any] = []
    for index, (key, group, like) in enumerate(zip(table.keys, table.groups, table.like, strict=True)):
        kind: type[Any] = own.get(key) or own.get(group) or carrier_class(key, group, classes)
        month = JULY if group == "usps" else JANUARY
        found.append(kind(market, index, key, table.names[index], margins[like], month))
        found[-1].like = like
        if key in settings.shippers:
            found[-1].builds = settings.shippers[key].builds
            found[-1].build_limit = settings.shippers[key].build_limit * MILLION
    market.carrier_agents = found
    market.usps, market.amazon, market.ups, market.fedex = (_one(found, *one) for one in _NATIONAL)
    debt, flow = p.usps_debt_start * BILLION, opening_cash_flow(p, market.month)
    market.usps.open_accounts(debt, flow, staff_is_sticky=settings.labour_stickiness)
    tell_parties(market, settings)


def tell_parties(market: Economy, settings: Scenario) -> None:
    """Let carriers know the levers that they keep in mind.

    Args:
        market: The economy.
        settings: The levers, of the start or of a branch.
    """
    amazon = market.amazon
    market.usps.staff_is_sticky = settings.labour_stickiness
    amazon.build_limit_applies = settings.build_limit_applies
    amazon.withdrawal_reach = settings.withdrawal_reach
    amazon.weighs_outcomes = settings.building == "outcomes"
    bargains = settings.usps_amazon_volume == "negotiated" and settings.negotiation
    amazon.adjust_speed = market.figures.coverage_adjust_speed if bargains else type(amazon).adjust_speed


def change_parties(market: Economy, own: Mapping[str, type[Party]]) -> None:
    """Let other classes decide from now on: each takes over all that who decided before remembers.

    Args:
        market: The economy.
        own: Classes by key of a party, or of a group of carriers.
    """
    for position, old in enumerate(market.carrier_agents):
        kind: type[Any] | None = own.get(old.key) or own.get(market.carriers.groups[position])
        if kind is not None:
            new = kind(market, old.index, old.key, old.name, old.target_margin, old.price_month)
            market.carrier_agents[position] = _take_over(new, old)
    market.usps, market.amazon, market.ups, market.fedex = (_one(market.carrier_agents, *one) for one in _NATIONAL)
    judge: type[Any] | None = own.get(REGULATOR)
    if judge is not None:
        lag = int(market.figures.regulator_lag)
        market.regulator = _take_over(judge(market, REGULATOR, "Regulator", lag), market.regulator)
    crowd: type[Any] | None = own.get(SHIPPERS)
    if crowd is not None:
        market.population = _take_over(crowd(market, SHIPPERS, "Shippers", market.shippers), market.population)
    others = {one.key: one for one in market.other_parties}
    for key, found in own.items():
        if key in (REGULATOR, SHIPPERS) or issubclass(found, Carrier):
            continue
        new = found(market, key, party_name(key))
        others[key] = _take_over(new, others[key]) if key in others else new
    market.other_parties = [*others.values()]


def _take_over(new: Any, old: Any) -> Any:
    """A party with the memory of another one, in its place."""
    old.remove()
    own = vars(new)["unique_id"]
    vars(new).update(vars(old))
    vars(new)["unique_id"] = own
    return new


def create_regulator(market: Economy, own: Mapping[str, type[Party]]) -> None:
    """Make the regulator.

    Args:
        market: The economy, which keeps it.
        own: Classes of one's own by key that need not travel.
    """
    kind: type[Any] = own.get(REGULATOR) or carrier_class(REGULATOR, REGULATOR, market.settings.roster)
    market.regulator = kind(market, REGULATOR, "Regulator", int(market.figures.regulator_lag))


def create_shippers(market: Economy, own: Mapping[str, type[Party]]) -> None:
    """Make the party that decides for all shippers.

    Args:
        market: The economy, which keeps it.
        own: Classes of one's own by key that need not travel.
    """
    kind: type[Any] = own.get(SHIPPERS) or carrier_class(SHIPPERS, SHIPPERS, market.settings.roster)
    market.population = kind(market, SHIPPERS, "Shippers", market.shippers)


def create_others(market: Economy, own: Mapping[str, type[Party]]) -> None:
    """Make the parties of the roster that are no carriers, not the regulator and not the shippers.

    Args:
        market: The economy, which keeps them.
        own: Classes of one's own by key that need not travel.
    """
    roster: Mapping[str, str] = market.settings.roster
    keys = [
        key
        for key in dict.fromkeys((*roster, *own))
        if key not in (REGULATOR, SHIPPERS) and not _is_carrier(market, key)
    ]
    kinds: list[type[Any]] = [own.get(key) or find_class(key, roster[key]) for key in keys]
    market.other_parties = [kind(market, key, party_name(key)) for key, kind in zip(keys, kinds, strict=True)]


def _is_carrier(market: Economy, key: str) -> bool:
    return issubclass(market.settings.base_of(key), Carrier)


def _refuse_absent(market: Economy, keys: Iterable[str]) -> None:
    """Refuse a roster of which a carrier does not take part: its class would be lost in silence.

    Raises:
        RosterError: There is one.
    """
    here = {*market.carriers.keys, *market.carriers.groups}
    if lost := [key for key in keys if _is_carrier(market, key) and key not in here]:
        raise RosterError(
            f"roster: {', '.join(lost)} takes no part with n_regional_carriers = "
            f"{market.figures.n_regional_carriers:g}; there are {', '.join(market.carriers.keys)}"
        )


_NATIONAL: tuple[tuple[int, type[Carrier]], ...] = ((USPS, Usps), (AMAZON, Amazon), (UPS, Ups), (FEDEX, FedEx))


def _one(found: list[Any], index: int, kind: type[Carrier]) -> Any:
    """The carrier at a place of the axis."""
    assert isinstance(found[index], kind)
    return found[index]
