"""Invoices: accepted parcels times prices and surcharges, rounded once to whole cents (ODD 7.5 and 7.10)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agents.calendar import JANUARY, MONTHS_PER_YEAR, OCTOBER, Month
from model.allocation import Allocation
from model.demand import season_factors
from model.ledger import Cents, to_cents
from model.parameters import Parameters

Floats = NDArray[np.float64]


def invoice_cents(allocation: Allocation, surcharge: Floats, tendered: slice) -> Cents:
    """Invoices of a month by customer group, segment and carrier, whole cents, (G, S, K).

    Args:
        allocation: What was accepted, and its dollars before surcharges.
        surcharge: Surcharges by carrier and zone, $ per parcel, (K, Z).
        tendered: Groups that pay published surcharges (Amazon's contracts set their own).
    """
    dollars = allocation.value.sum(axis=-1)
    extra = np.einsum("gskz,kz->gsk", allocation.accepted[tendered], surcharge)
    dollars[tendered] += extra
    return to_cents(dollars)


def sum_over_carriers(values: Floats) -> Floats:
    """Sum over carriers exactly, so that one more carrier without parcels changes not even the last digit.

    Args:
        values: Anything by segment and carrier, (S, K).

    Returns:
        Sums by segment, (S,).
    """
    return np.array([math.fsum(row) for row in values])


def month_surcharges(rural: Floats, peak: Floats, area: Floats, season_weight: float) -> Floats:
    """Published surcharges of one month by carrier and zone, $ per parcel, (K, Z).

    Args:
        rural: Rural rate of the delivery-area surcharge by carrier, $, (K,).
        peak: Peak surcharge by carrier, $, (K,).
        area: Mean delivery-area surcharge of a zone over the rural rate, (Z,) or (K, Z).
        season_weight: Share of the month in which the peak surcharge applies.
    """
    return np.asarray(rural[:, None] * area + (peak * season_weight)[:, None])


def peak_weight(p: Parameters, month: Month) -> float:
    """Share of a month under the peak surcharge: October to mid-January, from the first such autumn on.

    Args:
        p: Figures: the year of the first autumn in which ordinary residential parcels paid one.
        month: The month.
    """
    if month < Month(int(p.peak_surcharge_first_year), OCTOBER):
        return 0.0
    if month.month >= OCTOBER:
        return 1.0
    return 0.5 if month.month == JANUARY else 0.0


def mean_peak_weight(p: Parameters, begin: Month) -> float:
    """Share of the parcels of twelve months that pay the peak surcharge.

    Args:
        p: Figures.
        begin: First of the twelve months.
    """
    season = season_factors(p)
    # From January on, whatever month is the first: the same sum to the last digit.
    months = (begin + (number - begin.month) % MONTHS_PER_YEAR for number in range(JANUARY, MONTHS_PER_YEAR + 1))
    return float(sum(season[month.month - 1] * peak_weight(p, month) for month in months) / MONTHS_PER_YEAR)
