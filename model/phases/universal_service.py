"""A USPS that may give up days or places: in the scenario of Congress, and in shadow runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import JANUARY, MONTHS_PER_YEAR
from agents.geography import ZONE_TYPES
from agents.rules.distress import Rung
from agents.rules.universal_service import fixed_street_cost, mail_share
from model.carriers import USPS
from model.economy import Economy
from model.operations import usps_mean_cost
from model.postal_accounts import MailMonth, mail_month

Floats = NDArray[np.float64]


def review_service(market: Economy) -> None:
    """Go over to five days from the start where that is free; leave the zones that do not pay, each January."""
    settings = market.settings
    if settings.five_day_delivery == "at_once" and market.months_done == 0:
        market.usps.take_rung(Rung.FIVE_DAY, market.month)
        market.events.add(market.month, "service", ("usps",), "USPS delivers on five days a week from the start")
    if not settings.universal_service and (market.months_done == 0 or market.month.month == JANUARY):
        _leave_zones(market)


def _leave_zones(market: Economy) -> None:
    network, zones = market.state.network, market.zones
    served = network.capacity[USPS] > 0.0
    fixed = fixed_street_cost(market.figures, zones) * market.state.environment.wage_usps
    contribution, parcel_cost = zone_accounts(market)
    left = market.usps.gives_up(contribution, fixed, served, fixed + parcel_cost) & served
    if not left.any():
        return
    network.capacity[USPS, left] = 0.0
    network.coverage[USPS, left] = 0.0
    market.usps.leave_zones(left, market.month)
    homes = float(zones.households[left].sum())
    names = ", ".join(f"{ZONE_TYPES[zones.zone_type[one]]} {zones.state[one]}" for one in np.flatnonzero(left))
    market.events.add(
        market.month,
        "service",
        ("usps",),
        f"USPS leaves {int(left.sum())} zones with {homes / 1e6:,.1f} million households: {names}",
        zones=float(left.sum()),
        households=homes,
        passing_usd=float(fixed[left].sum()),
        contribution_usd=float(contribution[left].sum()),
    )


def zone_contribution(market: Economy) -> Floats:
    """What mail and parcels of a zone leave over their attributable cost, from USPS's own books, $ a year, (Z,)."""
    return zone_accounts(market)[0]


def zone_accounts(market: Economy) -> tuple[Floats, Floats]:
    """Contribution of a zone and the attributable cost of its parcels, from USPS's own books, $ a year, (Z,) each.

    Returns:
        What mail and parcels leave over their attributable cost, and what the parcels cost.
    """
    p, env, books = market.figures, market.state.environment, market.state.books
    volume = market.state.network.annual_volume[USPS]
    sold = float(books.volume[:, USPS].sum())
    mean_cost = usps_mean_cost(market.costs, market.zones, market.mail_index, env.wage_usps, env.price_level)
    margin = float((books.revenue[:, USPS] - books.cost[:, USPS]).sum()) / sold if sold > 0.0 else 0.0
    usual = float(books.cost[:, USPS].sum()) / sold if sold > 0.0 else 0.0
    typical = float(mean_cost @ volume / volume.sum()) if volume.sum() > 0.0 else 0.0
    parcels = volume * (margin + typical - mean_cost)
    mail = mail_of_month(market)
    letters = (mail.revenue - mail.attributable_cost) * MONTHS_PER_YEAR * mail_share(p, market.zones)
    return np.asarray(parcels + letters), np.maximum(volume * (usual + mean_cost - typical), 0.0)


def mail_of_month(market: Economy) -> MailMonth:
    """Mail of the month, if USPS served every address."""
    env, t = market.state.environment, market.months_done
    return mail_month(
        market.figures,
        t,
        env.mail_price,
        env.price_level,
        env.wage_usps,
        market.paths.mail_volume,
        market.paths.mail_trend,
        market.paths.trend("mail_revenue_growth_other", t),
    )


def mail_kept(market: Economy) -> float:
    """Share of the mail that goes to places that USPS still serves."""
    left = np.isfinite(market.usps.left)
    return 1.0 - float(mail_share(market.figures, market.zones)[left].sum()) if left.any() else 1.0


def saved_street_cost(market: Economy) -> float:
    """Street cost of the month that USPS no longer has, $ at the wages of the start: it shrinks as staff leaves."""
    since = market.usps.left
    left = np.isfinite(since)
    if not left.any():
        return 0.0
    down, _ = market.usps.flexes()
    gone = 1.0 - (1.0 - down) ** (market.month.index - since[left] + 1.0)
    return float((fixed_street_cost(market.figures, market.zones)[left] * gone).sum() / MONTHS_PER_YEAR)
