"""What a shipper that delivers for itself remembers of its own parcels: frozen, so that only it can change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.rules.announced import AnnouncedPlan
from agents.rules.building import TableSeen
from agents.rules.leaving import LeftPlaces
from agents.rules.sourcing import AccessSlices, AmazonFlows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class ShipperMemory:
    """Amazon as a shipper.

    Attributes:
        flows: Who delivered its parcels in the start year.
        slices: What USPS delivers for it, sorted by Amazon's own cost.
        retained: Parcels a year that the USPS contract carries this month, (Z,).
        with_rivals: Parcels a year that contracts with UPS and FedEx carry this month, (2, Z).
        plan: Its announced rural plan; None where none is known or announced plans are left out.
        retained_share: Parcels that the USPS contract carries this month as a share of the start volume.
        ups_share: Share of the start volume that UPS's announced plan leaves.
        channel_value: Worth of what UPS and FedEx do beyond the last mile, $ per parcel at start prices.
        price_belief: Price of USPS access that it expects after the contract in force, $ per parcel.
        agreed: Slices under each contract with USPS that was negotiated, (L,), by its first month.
        taken_back: Slices under the contract in force that it delivers itself this month, (L,).
        tables: What it sees of its talks with each seller since the latest round, by key, until it has signed.
        at_published: Parcels a year outside the contract that Amazon leaves with USPS at the published price, (Z,).
        ways: What it does with each slice where it withdraws and need not deliver everywhere, (L,); None where it must.
        left: What that leaves of each zone this month; None where it must deliver everywhere.
    """

    flows: AmazonFlows
    slices: AccessSlices
    retained: Floats
    with_rivals: Floats
    plan: AnnouncedPlan | None = None
    retained_share: float = 1.0
    ups_share: float = 1.0
    channel_value: float = 0.0
    price_belief: float = 0.0
    agreed: Mapping[Month, Bools] = field(default_factory=dict)
    taken_back: Bools | None = None
    tables: Mapping[str, TableSeen] = field(default_factory=dict)
    at_published: Floats | float = 0.0
    ways: Ints | None = None
    left: LeftPlaces | None = None
