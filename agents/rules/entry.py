"""Where a regional carrier goes next and when it gives up: entry into neighbouring states, exit after losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class EntryCase:
    """What a carrier expects of zones that it does not serve yet, all (Z,).

    Attributes:
        state: Index of the state of each zone.
        open_to_it: Zones of neighbouring states that it does not serve in full.
        parcels: Parcels a year once known.
        stop_density: Stops per square mile and operating day; of zones that are open to it.
        margin: Revenue less all cost that comes with the parcels, without capital, $ per parcel at start prices.
        capital: Capital per annual parcel, $ at start prices.
        coverage: Share of households that it would reach.
        covered: Share of households that it reaches today.
        considered: Share of those whom it would win at home that consider it there, by month after it opens, (M,).
    """

    state: NDArray[np.int64]
    open_to_it: Bools
    parcels: Floats
    stop_density: Floats
    margin: Floats
    capital: Floats
    coverage: Floats
    covered: Floats
    considered: Floats


def annuity_with_ramp(
    discount_rate_monthly: float, months: int, lead_months: int, hazard: float, considered: Floats | float = 1.0
) -> float:
    """Years of full business that an entry is worth today: it opens after the lead time, and customers come slowly.

    Args:
        discount_rate_monthly: Discount rate.
        months: Life of the investment.
        lead_months: Months until it opens.
        hazard: Monthly chance that a shipper reconsiders its carrier.
        considered: Share of them that consider it, by month after it opens, (M,) with M = months.
    """
    month = np.arange(months)
    known = (1.0 - (1.0 - hazard) ** (month + 1)) * considered
    return float((known * (1.0 - discount_rate_monthly) ** (month + lead_months)).sum() / MONTHS_PER_YEAR)


def entry_value(case: EntryCase, years: float) -> Floats:
    """Net present value of entering each zone, $, (Z,)."""
    return np.asarray(case.parcels * (case.margin * years - case.capital), dtype=np.float64)


def entry_parts(case: EntryCase, years: float, least_density: float, smallest: float, room: float) -> Floats:
    """How far the carrier enters each zone: the best states first, as far as it can grow.

    Args:
        case: What it expects.
        years: Value of a year's business, years (see `annuity_with_ramp`).
        least_density: Stops per square mile and day that a zone must promise.
        smallest: Annual parcels of the smallest station.
        room: Annual parcels by which it can still grow.

    Returns:
        Shares of the expected parcels, 0 to 1, (Z,); 0 where it stays away. Their parcels add up to at most `room`.
    """
    value = entry_value(case, years)
    good = case.open_to_it & (case.stop_density >= least_density) & (value > 0.0) & (case.parcels > 0.0)
    part = np.zeros(len(value))
    by_state = np.bincount(case.state[good], weights=value[good], minlength=int(case.state.max()) + 1)
    for state in np.argsort(-by_state, kind="stable"):
        here = good & (case.state == state)
        if not here.any():
            break
        for zone in sorted(np.flatnonzero(here), key=lambda z: -value[z] / case.parcels[z]):
            taken = min(float(case.parcels[zone]), room)
            if 0.0 < taken >= smallest:
                part[zone] = taken / case.parcels[zone]
                room -= taken
    return part


def months_of_losses(before: int, cash: float) -> int:
    """Months in a row with negative cash.

    Args:
        before: The count until last month.
        cash: Seasonally adjusted cash flow of the month, $.
    """
    return before + 1 if cash < 0.0 else 0
