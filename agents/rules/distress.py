"""What USPS does when money runs short: a ladder of measures, one rung a quarter, and what each of them brings.

Rule: ODD 7.9. A rung that was taken stays, but the surcharge ends by itself. Its plan to collect once a day far from
its regional centres acts on service as a rung does and needs no distress (ODD 7.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.figures import Figures

BILLION = 1e9
EARLIEST_FAR_PLAN = Month(2025, 1)  # 90 days after the plan was filed


class Rung(IntEnum):
    """Rungs in the order in which they are taken; the last one is no decision but the end of the cash."""

    DEFERRAL = 1
    SURCHARGE = 2
    CAPITAL = 3
    SERVICE = 4
    FIVE_DAY = 5
    EXHAUSTED = 6


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs that were taken.

    Attributes:
        taken: Rung and first month in force, in the order of the rungs.
    """

    taken: tuple[tuple[Rung, Month], ...] = ()

    def since(self, rung: Rung) -> Month | None:
        """First month in which a rung is in force, None while it was not taken."""
        return dict(self.taken).get(rung)

    def months(self, rung: Rung, month: Month) -> int:
        """Months for which a rung has been in force, this month included; 0 before it is."""
        since = self.since(rung)
        return 0 if since is None else max(0, month - since + 1)

    @property
    def highest(self) -> int:
        """Number of the highest rung taken in distress, 0 while none was; five days from the start are none."""
        distress = [int(rung) for i, (rung, _) in enumerate(self.taken) if i or rung is not Rung.FIVE_DAY]
        return max(distress, default=0)

    def open_decisions(self, five_day_allowed: bool) -> tuple[Rung, ...]:
        """Rungs that USPS can still decide on, in their order."""
        last = Rung.FIVE_DAY if five_day_allowed else Rung.SERVICE
        return tuple(rung for rung in Rung if rung <= last and self.since(rung) is None)

    def next_decision(self, five_day_allowed: bool) -> Rung | None:
        """The rung that USPS can decide next, None when none is left."""
        return next(iter(self.open_decisions(five_day_allowed)), None)

    def with_rung(self, rung: Rung, month: Month) -> Ladder:
        """The ladder after a rung that is in force from a month on."""
        return Ladder((*self.taken, (rung, month)))


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


@dataclass(frozen=True, slots=True)
class Measures:
    """What the rungs, and the plan for far places, do in one month.

    Attributes:
        deferral: Retirement contributions that are not paid, $.
        surcharge: Temporary rise of parcel prices, a share.
        capital_cut: Share of capital spending that is saved.
        institutional_cut: Share of institutional cost that slower service saves.
        five_day_saving: Cost that five-day delivery saves, $ at the wages of the start.
        on_time_loss: Parcels that are no longer on time, a share.
        extra_days: Added transit time, days.
        far_days: Added transit time of what comes through its regional centres, more than 50 miles from one, days.
        far_on_time_loss: Parcels of these that are no longer on time, a share.
        sorting: Share of the monthly sorting capacity that is left.
    """

    deferral: float = 0.0
    surcharge: float = 0.0
    capital_cut: float = 0.0
    institutional_cut: float = 0.0
    five_day_saving: float = 0.0
    on_time_loss: float = 0.0
    extra_days: float = 0.0
    far_days: float = 0.0
    far_on_time_loss: float = 0.0
    sorting: float = 1.0


def measures_in_force(figures: Figures, ladder: Ladder, month: Month) -> Measures:
    """What the rungs taken so far, and the plan for far places, do in a month.

    Args:
        figures: Sizes of the measures.
        ladder: Rungs taken.
        month: The month.
    """
    slower, five_day = ladder.months(Rung.SERVICE, month) > 0, ladder.months(Rung.FIVE_DAY, month)
    surcharged = 0 < ladder.months(Rung.SURCHARGE, month) <= figures.distress_surcharge_months
    phased_in = min(1.0, five_day / figures.five_day_phase_in)
    days = figures.delivery_days_per_week
    far = month - EARLIEST_FAR_PLAN >= figures.usps_far_from
    return Measures(
        deferral=figures.distress_deferral * BILLION if ladder.months(Rung.DEFERRAL, month) else 0.0,
        surcharge=figures.distress_surcharge if surcharged else 0.0,
        capital_cut=figures.distress_capex_cut if ladder.months(Rung.CAPITAL, month) else 0.0,
        institutional_cut=figures.distress_cost_cut if slower else 0.0,
        five_day_saving=figures.five_day_saving * BILLION / MONTHS_PER_YEAR * phased_in,
        on_time_loss=figures.distress_on_time_loss if slower else 0.0,
        extra_days=(figures.distress_transit_days if slower else 0.0)
        + (figures.five_day_transit_days if five_day else 0.0),
        far_days=figures.usps_far_days if far else 0.0,
        far_on_time_loss=figures.usps_far_on_time_loss if far else 0.0,
        sorting=(days - 1.0) / days if five_day else 1.0,
    )


def monthly_relief(measures: Measures, books: PostalBooks) -> float:
    """Cash that measures bring in a mean month of the books, $; the surcharge as if no shipper left for it."""
    return (
        measures.deferral
        + measures.surcharge * books.tariff_revenue
        + measures.capital_cut * books.capital_plan
        + measures.institutional_cut * books.institutional_cost
        + measures.five_day_saving * books.wage_index
    )


def forecast_cash(figures: Figures, books: PostalBooks, month: Month) -> float:
    """Cash that USPS expects twelve months after a month, $.

    The last twelve months go on as they were without measures; measures taken so far bring what they bring; when that
    leaves less than the minimum, it borrows what the law still allows.

    Args:
        figures: Sizes of the measures and the minimum of cash.
        books: Its books at the end of the month.
        month: The month that has ended.
    """
    ahead = [measures_in_force(figures, books.ladder, month + h) for h in range(1, MONTHS_PER_YEAR + 1)]
    cash = books.cash - books.arrears + books.underlying_flow * MONTHS_PER_YEAR
    cash += sum(monthly_relief(measures, books) for measures in ahead)
    wanted = max(0.0, figures.usps_min_cash * BILLION - cash)
    return cash + min(wanted, books.borrowing_room)
