"""Regional carriers: they go to neighbouring states, build beyond their routes, take each other over, and give up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.carriers import QUARTER, Carrier
from agents.rules.capacity import CapacityOrder
from agents.rules.entry import EntryCase, annuity_with_ramp, entry_parts
from agents.rules.extension import ExtensionCase, extension_parts
from agents.rules.mergers import MergerCase, merger_value
from agents.rules.reach import ReachCase, reach_beyond

Floats = NDArray[np.float64]


class RegionalCarrier(Carrier):
    """A carrier of some states, which cannot grow faster than its organisation."""

    expands = True

    def yearly_build_limit(self) -> float:
        """Annual parcels of capacity that it can add in a year."""
        return self.world.figures.regional_growth_cap * float(self.world.own_books(self.index).capacity.sum())

    def build_lead(self) -> int:
        """Months from an order of capacity to its use: contractors drive for it, and what it sorts in is leased."""
        return int(self.world.figures.regional_lead_months)

    def build_room(self, months: int) -> float:
        """Annual parcels of capacity that it can order in some months; a year of them grows by the cap, not more.

        A small one opens a station now and then all the same: nobody builds a tenth of one.
        """
        grown = self.growth_cap(months) * float(self.world.own_books(self.index).capacity.sum())
        stations = self.world.figures.regional_stations_a_year * months / MONTHS_PER_YEAR
        return max(grown, stations * self.smallest_station())

    def growth_cap(self, months: int) -> float:
        """Largest growth in some months, as a share."""
        grown: float = (1.0 + self.world.figures.regional_growth_cap) ** (months / MONTHS_PER_YEAR) - 1.0
        return grown

    def enters(self, case: EntryCase, room: float) -> CapacityOrder | None:
        """Order capacity in the neighbouring states that are worth it, the best ones first; None where none is.

        It expects as many parcels by household as where it delivers today, once shippers there
        consider it as those at home do, at its own cost and prices. It knows what it
        earns where it delivers today, and the places around it. Rule: ODD 7.11.

        Args:
            case: What it expects of the states around it.
            room: Annual parcels of capacity that its growth cap leaves for this quarter.
        """
        figures, lead = self.world.figures, self.build_lead()
        years = self.years_of_business(lead, figures.reconsider_hazard, case.considered)
        part = entry_parts(case, years, figures.regional_entry_density, self.smallest_station(), room)
        if not part.any():
            return None
        before = case.covered
        coverage = np.maximum(before, np.where(part > 0.0, before + part * (case.coverage - before), 0.0))
        parcels = part * case.parcels
        capital = float((parcels * case.capital).sum())
        return CapacityOrder(self.index, self.world.month + lead, parcels, coverage, capital)

    def years_of_business(self, lead_months: int, hazard: float, considered: Floats | float = 1.0) -> float:
        """Years of full business that an investment is worth today; see `agents.rules.entry.annuity_with_ramp`."""
        figures = self.world.figures
        months = int(figures.capital_life_years) * MONTHS_PER_YEAR
        return annuity_with_ramp(figures.discount_rate_monthly, months, lead_months, hazard, considered)

    def extends(self, case: ExtensionCase, room: float) -> CapacityOrder | None:
        """Build where it used to buy beyond its routes and own delivery pays, a part of the gap a quarter.

        It knows its own cost there but for the error of who has never delivered there, which counts in full until it
        begins and fades from then on. Rule: ODD 7.8.

        Args:
            case: Places beyond its routes in its states.
            room: Annual parcels of capacity that it can still order this quarter.
        """
        since = self.world.month if self.learning_since is None else self.learning_since
        figures = self.world.figures
        found = extension_parts(
            case,
            self.misjudgement(case.luck, since),
            hurdle=figures.investment_hurdle,
            speed=figures.coverage_adjust_speed,
            smallest=self.smallest_station(),
            room=room,
        )
        if found is None:
            return None
        additions, coverage = found
        self.learning_since = since
        capital = float((additions * figures.by_type("capacity_capex")[self.world.zones.zone_type]).sum())
        arrives: Month = self.world.month + self.build_lead()
        return CapacityOrder(self.index, arrives, additions, coverage, capital)

    def moves_slowly(self) -> bool:
        """Not so: contractors drive for it, and what lies beyond its routes it must buy to sell at all."""
        return False

    def stops_alone(self) -> Floats:
        """All of its parcels: it has few stops that it makes anyway, (Z,).

        It knows how many parcels it brings to a stop. Rule: ODD 7.8.
        """
        return np.ones(self.world.zones.n_zones)

    def error_on_routes(self, luck: float) -> float:
        """Nothing: where its routes pass it has always delivered itself."""
        return 0.0

    def sells_beyond(self, case: ReachCase) -> Floats:
        """Share of the households beyond its routes to which it sells economy until the next quarter, (Z,).

        It sells where the price covers access, injection and upstream; what a contract does not carry costs the
        published price. All that it sells grows by its cap at most. It knows what it could sell there, and what access
        costs. Rule: ODD 7.8.

        Args:
            case: What it could sell there, and what access costs.
        """
        return reach_beyond(case, self.growth_cap(QUARTER))

    def takes_over(self, case: MergerCase) -> float | None:
        """What a neighbour that gives up is worth to it, $; None where it does not want it.

        A carrier buys when it earns money itself, and the customers are there from the first month. There is no
        purchase price, since the other one is worth nothing to its owners; but the buyer must be able to pay what the
        business costs until its customers' money comes in. It knows its own cash, and what the joined network would
        cost it. Rule: ODD 7.11.

        Args:
            case: What it expects of the joined network.
        """
        if (
            not case.touches
            or case.cash <= 0.0
            or self.negative_months > 0
            or case.bill > case.cash + self.owners_pay()
        ):
            return None
        worth = merger_value(case, self.years_of_business(0, 1.0))
        return worth if worth > 0.0 else None

    def owners_pay(self) -> float:
        """What its owners would still put in, $."""
        capital = self.world.figures.regional_runway * self.world.own_books(self.index).revenue
        return max(0.0, capital - self.burned)

    def leaves(self) -> bool:
        """Whether it gives up: after so many months of losses in a row, once its owners pay for no more.

        It knows its own months of losses, and what its owners have paid. Rule: ODD 7.11.
        """
        figures = self.world.figures
        return self.negative_months >= int(figures.regional_exit_cash_months) and self.owners_pay() <= 0.0

    def accepts_buyer(self, offers: Mapping[int, float]) -> int | None:
        """To whom it goes when it gives up: to the one to which it is worth most; None where it closes instead.

        It knows what it is worth to each that wants it. Rule: ODD 7.11.

        Args:
            offers: What it is worth to each carrier that wants it, $, by index; of equals the first one buys.
        """
        return max(offers, key=lambda carrier: offers[carrier]) if offers else None
