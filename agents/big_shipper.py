"""A named large shipper beside Amazon: it has contracts with carriers and, where it builds, a network for itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.calendar import Month
from agents.carriers import QUARTER, Carrier
from agents.rules.capacity import CapacityOrder, cut_to_limit, wanted_additions
from agents.rules.extension import ExtensionCase, extension_parts

Floats = NDArray[np.float64]


class BigShipper(Carrier):
    """Leaves its parcels to carriers and takes over, zone by zone, those that its own routes deliver more cheaply.

    Like Amazon it is a shipper and a carrier in one; its network carries nobody else's parcels.
    """

    hands_over = False  # its own routes deliver what they pass, carriers the rest
    follows_cost = False  # it sells nothing
    #: Whether it builds where that pays.
    builds: bool = False
    #: Annual parcels of capacity that it can add in a year.
    build_limit: float = 0.0

    def price_change(self, announced: Floats | None) -> Floats | None:
        """None: it sells nothing."""
        return None

    def yearly_build_limit(self) -> float:
        """Annual parcels of capacity that it can add in a year."""
        return self.build_limit

    def expected_volume(self, months: int, now: Month) -> Floats:
        """Parcels a year that it expects to deliver itself with what stands and is ordered, (Z,).

        It knows what it will ship and where its own routes will go. Rule: ODD 7.8.
        """
        return self.world.shipper_parcels_expected(self.index, months) * self.world.coverage_ordered(self.index)

    def capacity_order(
        self, lead_months: int, horizon_months: int = QUARTER, month: Month | None = None
    ) -> CapacityOrder | None:
        """Order what growth needs where it delivers, and a part of what would pay beyond; None where nothing is.

        Nothing was ordered before the start of the run. Rule: ODD 7.8.

        Args:
            lead_months: Months until the order can be used.
            horizon_months: Months between two orders.
            month: Month in which it decides, before the start of the run; None for this one.
        """
        if not self.builds or month is not None:
            return None
        now, room = self.world.month, self.build_room(horizon_months)
        books, passed = self.world.own_books(self.index), self.world.coverage_ordered(self.index)
        needed = self.expected_volume(lead_months + horizon_months, now)
        missing = wanted_additions(needed, books.capacity, books.on_its_way)
        growth = cut_to_limit(missing, books.unit_cost, room)
        case = self.world.delivery_case(self.index, lead_months + horizon_months)
        found = self.goes_further(case, room - float(growth.sum()))
        additions, coverage = (growth, passed) if found is None else (growth + found[0], found[1])
        if not additions.any():
            return None
        zone_type = self.world.zones.zone_type
        capital = float((additions * self.world.figures.by_type("capacity_capex")[zone_type]).sum())
        return CapacityOrder(self.index, now + lead_months, additions, coverage, capital)

    def goes_further(self, case: ExtensionCase, room: float) -> tuple[Floats, Floats] | None:
        """What it builds of the gap between its routes and the coverage that pays: a part a quarter, whole stations.

        Its error in its own cost counts in full until it begins and fades from then on.

        Args:
            case: What it ships, what that costs it with others, and what it would cost on routes of its own.
            room: Annual parcels of capacity that it can still order.

        Returns:
            Additions, annual parcels, and coverage with them, (Z,) each; None where it builds nothing.
        """
        figures = self.world.figures
        since = self.world.month if self.learning_since is None else self.learning_since
        found = extension_parts(
            replace(case, price=np.maximum(case.price, 0.0)),
            self.misjudgement(case.luck, since),
            hurdle=figures.investment_hurdle,
            speed=figures.coverage_adjust_speed,
            smallest=self.smallest_station(),
            room=room,
        )
        if found is not None:
            self.learning_since = since
        return found
