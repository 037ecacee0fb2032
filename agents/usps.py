"""USPS: a carrier under statutes, which serves every address and sells last-mile access to other carriers."""

from __future__ import annotations

from agents.calendar import Month
from agents.capacity import CapacityOrder, Closure
from agents.carriers import QUARTER, Carrier
from agents.distress import BILLION, Rung, forecast_cash


class Usps(Carrier):
    """The postal service: it sells parcels under a price step limit and below its rivals, and serves every address."""

    def price_increase(self) -> float:
        """Yearly growth of paid prices; the list price moves at most `usps_price_step_max` beyond inflation."""
        figures = self.world.figures
        largest_list_step = figures.inflation + figures.usps_price_step_max
        return min(super().price_increase(), figures.list_to_paid_pass_through * largest_list_step)

    def mail_price_increase(self) -> float:
        """Yearly mail price change that the law allows: inflation and the authority beyond it."""
        return self.world.figures.inflation + self.world.figures.mail_price_above_inflation

    def capacity_order(
        self, lead_months: int, horizon_months: int = QUARTER, month: Month | None = None
    ) -> CapacityOrder | None:
        """Order nothing: sorting capacity is slack and the last mile passes every address anyway."""
        return None

    def closure(self, lag_months: int, lead_months: int) -> Closure | None:
        """Close nothing: it serves every address."""
        return None

    def forecast_cash(self, month: Month) -> float:
        """Cash that it expects twelve months after a month, from its own books, $."""
        return forecast_cash(self.world.figures, self.world.postal_books(), month)

    def distress_step(self, month: Month) -> Rung | None:
        """The next rung of the distress ladder, when the cash forecast lies below the minimum (section 14)."""
        books = self.world.postal_books()
        if self.forecast_cash(month) >= self.world.figures.usps_min_cash * BILLION:
            return None
        return books.ladder.next_decision(books.five_day_allowed)
