"""What carriers remember of themselves: accounts and Amazon's parcels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.sourcing import AccessSlices
from model.start.amazon_flows import AmazonFlows

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Books:
    """Carriers' accounts.

    Attributes:
        fixed_cost: Network cost that volume does not move, $ a month at start prices, (K,).
        institutional_cost: Of USPS, $ a month at start wages.
        revenue: From customers, last twelve months, newest last, $, (12, K).
        cost: Of serving them, last twelve months, $, (12, K); USPS: attributable to parcels; Amazon: of its sales.
        volume: Of their parcels, last twelve months, (12, K).
        utilisation: Last twelve months, (12, K).
        start_utilisation: Mean of the year before the start, (K,).
        last_year_unit_cost: Cost per parcel of the twelve months before the last price plan, $, (K,).
    """

    fixed_cost: Floats
    institutional_cost: float
    revenue: Floats
    cost: Floats
    volume: Floats
    utilisation: Floats
    start_utilisation: Floats
    last_year_unit_cost: Floats


@dataclass(slots=True)
class AmazonState:
    """Amazon as a shipper.

    Attributes:
        flows: Who delivered its parcels in the start year.
        slices: What USPS delivers for it, sorted by Amazon's own cost.
        retained: Parcels a year that the USPS contract carries this month, (Z,).
        retained_share: The same as a share of the start volume.
        ups_share: Share of the start volume that UPS's announced plan leaves.
        with_rivals: Parcels a year that contracts with UPS and FedEx carry this month, (2, Z).
        channel_value: Worth of what UPS and FedEx do beyond the last mile, $ per parcel at start prices.
        carriage_cost_factor: What its parcels cost UPS and FedEx over those of others, by key.
        plan_monthly: Capacity of the announced rural plan that arrives each month, annual parcels, (Z,).
        plan_coverage: Coverage that the plan adds each month, (Z,).
        plan_months: Months of the plan.
        sales_cost: Cost of the parcels that it delivered for others in the last month, $.
        price_belief: Price of USPS access that it expects after the contract in force, $ per parcel.
        agreed: Slices under each contract with USPS that was negotiated, (L,), by its first month.
        taken_back: Slices under the contract in force that it delivers itself this month, (L,).
        own_grid: Its running cost by zone and density cell, $ per parcel, (Z, P), and the day that it holds for.
        at_published: Parcels a year outside the contract that Amazon leaves with USPS at the published price, (Z,).
    """

    flows: AmazonFlows
    slices: AccessSlices
    retained: Floats
    retained_share: float
    ups_share: float
    with_rivals: Floats
    plan_monthly: Floats
    plan_coverage: Floats
    plan_months: int
    channel_value: float = 0.0
    carriage_cost_factor: dict[str, float] = field(default_factory=dict)
    sales_cost: float = 0.0
    price_belief: float = 0.0
    agreed: dict[Month, NDArray[np.bool_]] = field(default_factory=dict)
    taken_back: NDArray[np.bool_] | None = None
    own_grid: tuple[tuple[Month, float, float, float], Floats] | None = None
    at_published: Floats | float = 0.0
