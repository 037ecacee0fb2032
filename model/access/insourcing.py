"""What own delivery spares or costs a carrier whose routes pass, and how one that used to buy takes parcels over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.make_or_buy import desired_coverage, perceived_error
from model.access.terms import access_price
from model.carriers import UPS, USPS
from model.timeline import surepost_end

if TYPE_CHECKING:
    from model.market import ParcelMarket

Floats = NDArray[np.float64]


def spared_cost(market: ParcelMarket, carrier: int, passed: Floats) -> Floats:
    """What a parcel that is not delivered spares the carrier, by percentile of what it passes, $ per parcel, (Z, P).

    Its routes pass anyway: one stop less is saved, and a part of sorting at the station. A parcel for a delivery unit
    of USPS goes through the same building and is sorted there too, only more coarsely.

    Args:
        market: The market.
        carrier: Index of the carrier.
        passed: Share of households that its routes pass, densest first, (Z,).
    """
    street = market.state.network.street
    grid = street.marginal_grid[carrier - 1]
    cells = grid.shape[1]
    position = np.clip((np.arange(cells) + 0.5) * passed[:, None] - 0.5, 0.0, cells - 1.0)
    lower = position.astype(np.intp)
    at_lower = np.take_along_axis(grid, lower, axis=1)
    at_upper = np.take_along_axis(grid, np.minimum(lower + 1, cells - 1), axis=1)
    cost = at_lower + (at_upper - at_lower) * (position % 1.0)
    return np.asarray(cost + market.figures.access_sorting_spared * street.sort[carrier - 1][:, None])


def insourcing_error(market: ParcelMarket, carrier: int) -> float:
    """What a carrier misjudges its own cost by as long as delivering such parcels itself is new to it, $ per parcel."""
    since = market.state.access.learning_since.get(carrier)
    if since is None:
        return 0.0
    p = market.figures
    key = market.carriers.keys[carrier]
    normal = market.streams.generator("insourcing_error", owner=key).standard_normal(1)
    months = market.month - since
    error = perceived_error(
        normal, months, p.insourcing_error_mean, p.insourcing_error_sd, int(p.insourcing_learning_months)
    )
    return float(error[0])


def take_announced_decision(market: ParcelMarket) -> None:
    """UPS took its economy last mile back from USPS on 1 January 2025: a fact where announced plans take effect."""
    access = market.state.access
    moved = access.economy[USPS] * market.surepost_share * (1.0 - access.insourced)
    access.economy[USPS] -= moved
    access.economy[UPS] += moved
    access.insourced[:] = 1.0
    access.learning_since.setdefault(UPS, market.month)


def insource(market: ParcelMarket) -> None:
    """Once a quarter UPS takes over what it believes to deliver more cheaply itself: a part of the gap, densest first.

    The error of a carrier that has never delivered such parcels counts in full until it begins, and fades from then on.
    """
    access, p, settings = market.state.access, market.figures, market.settings
    after = market.month >= surepost_end()
    imposed = settings.announced_plans if after else settings.history_mode == "forced_events"
    if imposed or not settings.make_or_buy or market.surepost_share == 0.0:
        return
    new = UPS not in access.learning_since
    if new:
        access.learning_since[UPS] = market.month
    passed = market.state.network.coverage[UPS]
    cost = np.maximum(spared_cost(market, UPS, passed) + insourcing_error(market, UPS), 0.0)
    injection = p.injection_cost_amazon * market.state.environment.price_level
    desired = desired_coverage(cost, np.zeros(len(cost)), access_price(market, UPS), injection, 0.0)
    taken = p.coverage_adjust_speed * np.maximum(desired - access.insourced, 0.0)
    if not taken.any():
        if new:
            del access.learning_since[UPS]
        return
    access.insourced += taken
    if new:
        text = "UPS begins to deliver itself what USPS delivered for it"
        market.events.add(market.month, "sourcing", ("ups", "usps"), text, share=float(taken.mean()))
