"""What a carrier knows about itself when it plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from agents.rules.distress import Ladder

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CarrierBooks:
    """A carrier's own figures at the end of a month.

    Attributes:
        annual_volume: Deseasonalised parcels a year that it delivers, by zone, (Z,).
        capacity: Annual parcels of last-mile capacity by zone, (Z,).
        on_its_way: Annual parcels of capacity ordered and not yet in use, (Z,).
        closing: Annual parcels of capacity whose closure has been decided, (Z,).
        locked: Annual parcels of capacity that came into use too recently to be retired, (Z,).
        coverage: Share of households that it can serve by zone, (Z,).
        unit_cost: Dollars per parcel of the next household by zone, (Z,).
        revenue: Of the last twelve months, $.
        margin: Operating margin of the last twelve months.
        cost_growth: Growth of its cost per parcel over the last twelve months, as a share.
        utilisation: Mean utilisation of the last twelve months.
        start_utilisation: Mean utilisation of the year before the start.
    """

    annual_volume: Floats
    capacity: Floats
    on_its_way: Floats
    closing: Floats
    locked: Floats
    coverage: Floats
    unit_cost: Floats
    revenue: float
    margin: float
    cost_growth: float
    utilisation: float
    start_utilisation: float


@dataclass(frozen=True, slots=True)
class PostalBooks:
    """What USPS knows of its own money at the end of a month, dollars.

    Attributes:
        cash: Cash.
        arrears: Payments that it could not make.
        borrowing_room: What it may borrow in the next twelve months.
        underlying_flow: Mean monthly change of cash over the last twelve months, without borrowing and measures.
        tariff_revenue: Mean monthly revenue from parcels at published prices, without a surcharge.
        institutional_cost: Of the month, without measures.
        capital_plan: Monthly capital spending without measures.
        wage_index: Its wages relative to the start.
        ladder: Distress measures taken so far.
        five_day_allowed: Whether Congress allows it to deliver on five days a week.
    """

    cash: float
    arrears: float
    borrowing_room: float
    underlying_flow: float
    tariff_revenue: float
    institutional_cost: float
    capital_plan: float
    wage_index: float
    ladder: Ladder
    five_day_allowed: bool
