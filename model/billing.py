"""Invoices: accepted parcels times prices and surcharges, rounded once to whole cents (ODD 7.5 and 7.10)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from model.allocation import Allocation
from model.ledger import Cents, to_cents

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


def peak_weight(month: int) -> float:
    """Share of a calendar month (1 to 12) under the peak surcharge: October to mid-January."""
    if month >= 10:
        return 1.0
    return 0.5 if month == 1 else 0.0


def mean_peak_weight(season: Floats) -> float:
    """Share of a year's parcels that pay the peak surcharge.

    Args:
        season: Month factors from January on, (12,).
    """
    return float(sum(season[m] * peak_weight(m + 1) for m in range(len(season))) / len(season))
