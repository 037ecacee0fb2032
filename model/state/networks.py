"""What carriers have: capacity, coverage, routes, and the last mile that they buy from USPS."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.rules.capacity import CapacityOrder, Closure
from model.operations import StreetCosts

Floats = NDArray[np.float64]


@dataclass(slots=True)
class NetworkState:
    """Capacity, coverage and routes.

    Attributes:
        capacity: Annual parcels of last-mile capacity, (K, Z); inf for USPS.
        added_capital: Capital of what came into use since the start, at the prices that were paid, $, (K,).
        earlier_charge: What that costs a year beyond the charge at today's rate of interest, because it came at another
            one, $, (K,).
        coverage: Share of households that can be served, (K, Z).
        start_coverage: Amazon's coverage at the start, (Z,).
        start_handled: Parcels a year that each carrier handled at the start, (K,); more where it has taken one over.
        sorting: National sorting capacity, parcels a month, (K,); inf where only the last mile binds.
        peak_factor: Monthly parcels that one annual parcel of capacity allows.
        pipeline: Orders on their way.
        recent: What came into use since the start, newest last: carrier, month, annual parcels (Z,).
        closures: Closures that have been decided and not yet carried out.
        savings: Fixed cost that closures spare: carrier, first month, $ a month at start prices once in full; below 0
            where an entry adds it.
        in_place: Routes and staff in place, deseasonalised dollars a month at current rates, (K, Z).
        annual_volume: Deseasonalised parcels a year delivered, mean of the last quarter, (K, Z).
        recent_volume: The same by month, newest last, (3, K, Z).
        amazon_own: Deseasonalised parcels a year of its own that Amazon delivers, (Z,).
        street: Latest cost of the networks.
        utilisation: Volume over capacity this month, (K, Z).
        on_time: On-time share this month, (K, Z).
    """

    capacity: Floats
    added_capital: Floats
    earlier_charge: Floats
    coverage: Floats
    start_coverage: Floats
    start_handled: Floats
    sorting: Floats
    peak_factor: float
    pipeline: list[CapacityOrder]
    in_place: Floats
    annual_volume: Floats
    recent_volume: Floats
    amazon_own: Floats
    street: StreetCosts
    utilisation: Floats
    on_time: Floats
    recent: list[tuple[int, Month, Floats]] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    savings: list[tuple[int, Month, float]] = field(default_factory=list)

    def closing(self, carrier: int) -> Floats:
        """Annual parcels whose closure a carrier has decided, (Z,)."""
        total = np.zeros(self.capacity.shape[1])
        for closure in self.closures:
            if closure.carrier == carrier:
                total += closure.annual_parcels
        return total

    def locked(self, carrier: int, since: Month) -> Floats:
        """Annual parcels of a carrier that came into use after a month, (Z,)."""
        total, last = np.zeros(self.capacity.shape[1]), since.index
        for owner, month, annual_parcels in reversed(self.recent):
            if owner != carrier:
                continue
            if month.index <= last:
                break  # all others of its own came earlier
            total += annual_parcels
        return total

    @property
    def monthly_capacity(self) -> Floats:
        """Parcels that can be delivered in a month, (K, Z)."""
        return self.capacity * self.peak_factor

    def coverage_ordered(self, carrier: int) -> Floats:
        """Share of households that a carrier can serve once all that it has ordered stands, (Z,)."""
        reached: Floats = self.coverage[carrier]
        for order in self.pipeline:
            if order.carrier == carrier:
                reached = np.maximum(reached, order.coverage)
        return reached

    def on_its_way(self, carrier: int) -> Floats:
        """Annual parcels ordered by a carrier and not yet in use, (Z,)."""
        total = np.zeros(self.capacity.shape[1])
        for order in self.pipeline:
            if order.carrier == carrier:
                total += order.annual_parcels
        return total


@dataclass(slots=True)
class AccessState:
    """The last mile that carriers other than Amazon buy from USPS.

    Attributes:
        economy: Deseasonalised economy parcels a year of each carrier's customers, of the last month, (K, Z).
        handed: Deseasonalised parcels a year that USPS delivers for each carrier, of the last month, (K,).
        bought: Parcels that USPS delivers for each carrier this month, (K, Z).
        contract: The part of it under a contract, (K, Z).
        kept: Share of households, densest first, to which the carrier delivers economy parcels itself, (K, Z).
        reach: Share of households to which it sells economy, (K, Z).
        extension: Share of the households beyond its routes to which it sells economy, (K, Z).
        paid: What each carrier owes USPS for the month, $, (K,).
    """

    economy: Floats
    handed: Floats
    bought: Floats
    contract: Floats
    kept: Floats
    reach: Floats
    extension: Floats
    paid: Floats

    @classmethod
    def opening(cls, economy: Floats, coverage: Floats, handed: Floats) -> AccessState:
        """What stands before the first month.

        Args:
            economy: Economy parcels a year by carrier, (K, Z).
            coverage: Share of households that each carrier reaches, (K, Z).
            handed: Parcels a year that USPS delivers for each carrier, (K, Z).
        """
        nothing = np.zeros_like(economy)
        return cls(
            economy=economy,
            handed=handed.sum(axis=1),
            bought=nothing,
            contract=nothing.copy(),
            kept=coverage.copy(),
            reach=coverage.copy(),
            extension=np.zeros_like(coverage),
            paid=np.zeros(len(economy)),
        )

    def open_month(self) -> None:
        """Forget what was bought last month."""
        self.bought = np.zeros_like(self.bought)
        self.contract = np.zeros_like(self.contract)
        self.kept = self.reach.copy()
        self.paid = np.zeros_like(self.paid)
