"""What no agent decides, month by month: demand totals, prices, wages, mail; observed in the past, trends after it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from agents.calendar import MONTHS_PER_YEAR, Month
from model.demand import growth_index, season_factors
from model.history.handed import handed_over
from model.history.shocks import NO_SHOCKS, Shocks
from model.history.table import FIRST_YEAR, LAST_YEAR, History, base_time, middle_of, read_history
from model.parameters import Parameters

_LAST_MIDDLE = LAST_YEAR + 0.5
_MIDDLE_OF_MONTH = 0.5
_MAIL_SERIES = {"first_class": "mail_volume_first_class", "marketing": "mail_volume_marketing"}


class Paths(Protocol):
    """Indices relative to the mean of the twelve months before the start; `months` count from the start, 0 first."""

    #: Whether the run begins in the past, so that months up to `LAST_YEAR` follow what was observed.
    observed: bool
    #: What the scenario changes in them; wages and interest contain it.
    shocks: Shocks

    def price_level(self, months: int) -> float:
        """Consumer prices."""
        ...

    def wage_other(self, months: int) -> float:
        """Wages of private carriers."""
        ...

    def wage_usps(self, months: int) -> float:
        """Wages of USPS."""
        ...

    def interest_rate(self, months: int) -> float:
        """Interest that cash earns, a year."""
        ...

    def fuel_price(self, months: int) -> float:
        """Price of fuel over what it would be with prices in general."""
        ...

    def other_parcels(self, months: int) -> float:
        """Parcels of shippers other than Amazon, without season, luck or price response."""
        ...

    def amazon_parcels(self, months: int, now: int) -> float:
        """Amazon's parcels without season or luck, as expected in month `now`; known up to then."""
        ...

    def mail_volume(self, name: str, months: int) -> float | None:
        """Observed pieces of a class of mail, None where its trend and price decide."""
        ...

    def figures(self, months: int) -> dict[str, float] | None:
        """Growth rates that everybody expects from this month on, by symbol; None where they are as before."""
        ...


def settling_rate(p: Parameters, years: float, before: float) -> float:
    """Interest on cash while rates move evenly from what they were to what is projected.

    Args:
        p: Figures with the rates that are projected.
        years: Since the projection began; before it the rate is as it was.
        before: What they were, a year.
    """
    if years <= 0.0:
        return before
    done = min(years * MONTHS_PER_YEAR / max(p.interest_rate_settles_months, 1.0), 1.0)
    return before + (p.interest_rate_projected - before) * done


class _Shocked:
    """What shocks do to paths, by month."""

    def __init__(self, shocks: Shocks) -> None:
        self.shocks = shocks

    def fuel_price(self, months: int) -> float:
        """Price of fuel over what it would be with prices in general."""
        return 1.0 + self.shocks.fuel.at(months)


class Trends(_Shocked):
    """Constant yearly growth from the start on, as every projection has it.

    Args:
        p: Figures of the run.
        shocks: What the scenario changes in them.
    """

    observed = False

    def __init__(self, p: Parameters, shocks: Shocks = NO_SHOCKS) -> None:
        super().__init__(shocks)
        self._p = p

    def price_level(self, months: int) -> float:
        """Consumer prices."""
        return growth_index(self._p.inflation, months)

    def wage_other(self, months: int) -> float:
        """Wages of private carriers."""
        return growth_index(self._p.wage_growth_other, months) * (1.0 + self.shocks.wage_other.at(months))

    def wage_usps(self, months: int) -> float:
        """Wages of USPS."""
        return growth_index(self._p.wage_growth_usps, months) * (1.0 + self.shocks.wage_usps.at(months))

    def interest_rate(self, months: int) -> float:
        """Interest that cash earns, a year."""
        years = (months + _MIDDLE_OF_MONTH) / MONTHS_PER_YEAR
        return settling_rate(self._p, years, self._p.usps_cash_rate_2024) + self.shocks.interest.at(months)

    def other_parcels(self, months: int) -> float:
        """Other shippers' parcels."""
        return growth_index(self._p.growth_other_demand, months)

    def amazon_parcels(self, months: int, now: int) -> float:
        """Amazon's parcels, known or expected."""
        return growth_index(self._p.growth_amazon_demand, months)

    def mail_volume(self, name: str, months: int) -> float | None:
        """Observed pieces of a class of mail."""
        return None

    def figures(self, months: int) -> dict[str, float] | None:
        """Expected growth rates, if they change this month."""
        return None


class ObservedPast(_Shocked):
    """The past as it was observed, the trends of the scenario after its last year.

    Demand of a calendar year adds up to the observed total of that year; between the middles of the years growth is
    even. Agents do not know what is to come: they expect the growth of the last twelve months to go on, and from
    January 2025 on the trends of the scenario.

    Args:
        p: Figures of the scenario, with its trends after the past.
        start: First month of the run.
        history: The yearly figures.
        shocks: What the scenario changes in them.
    """

    observed = True

    def __init__(self, p: Parameters, start: Month, history: History | None = None, shocks: Shocks = NO_SHOCKS) -> None:
        super().__init__(shocks)
        self._p, self._start, self._history = p, start, history or read_history()
        self._base = base_time(start)
        season = season_factors(p)
        self._scale = {
            kind: {year: self._to_total(kind, year, season) for year in range(FIRST_YEAR, LAST_YEAR + 1)}
            for kind in ("amazon", "other")
        }

    def price_level(self, months: int) -> float:
        """Consumer prices."""
        return self._relative("consumer_prices", months, self._p.inflation)

    def wage_other(self, months: int) -> float:
        """Wages of private carriers."""
        wages = self._relative("wages_other", months, self._p.wage_growth_other)
        return wages * (1.0 + self.shocks.wage_other.at(months))

    def wage_usps(self, months: int) -> float:
        """Wages of USPS."""
        wages = self._relative("wages_usps", months, self._p.wage_growth_usps)
        return wages * (1.0 + self.shocks.wage_usps.at(months))

    def interest_rate(self, months: int) -> float:
        """Interest that cash earns, a year."""
        time = middle_of(self._start + months)
        known = self._history.at("cash_rate", min(time, _LAST_MIDDLE))
        return settling_rate(self._p, time - (LAST_YEAR + 1), known) + self.shocks.interest.at(months)

    def other_parcels(self, months: int) -> float:
        """Other shippers' parcels."""
        return self._demand("other", months, self._p.growth_other_demand)

    def amazon_parcels(self, months: int, now: int) -> float:
        """Amazon's parcels, known or expected."""
        rate = self._p.growth_amazon_demand
        if months <= now or self._is_after(now):
            return self._demand("amazon", months, rate)
        growth = self._growth("amazon", now)
        return self._demand("amazon", now, rate) * float((1.0 + growth) ** ((months - now) / MONTHS_PER_YEAR))

    def mail_volume(self, name: str, months: int) -> float | None:
        """Observed pieces of a class of mail."""
        series = _MAIL_SERIES.get(name)
        if series is None:
            return None
        time = middle_of(self._start + months)
        start = self._history.at(series, self._base)
        if time <= _LAST_MIDDLE:
            return self._history.at(series, time) / start
        last = self._history.value(series, LAST_YEAR)
        trend: float = (1.0 + self._p[f"mail_trend_{name}"]) ** (time - _LAST_MIDDLE)
        return last / start * trend

    def figures(self, months: int) -> dict[str, float] | None:
        """Expected growth rates, if they change this month."""
        month = self._start + months
        if months > 0 and month.month != 1:
            return None
        p = self._p
        if self._is_after(months):
            rates = {
                name: p[name] for name in ("inflation", "wage_growth_other", "wage_growth_usps", "growth_amazon_demand")
            }
            return (
                rates
                | {"mail_price_above_inflation": p.mail_price_above_inflation}
                | self._market_growth(p.growth_amazon_demand, p.growth_other_demand)
            )
        time = middle_of(month)
        amazon, other = self._growth("amazon", months), self._growth("other", months)
        authority = p.mail_price_above_inflation if month.year >= p.mail_price_authority_year else 0.0
        return {
            "inflation": self._year_on_year("consumer_prices", time),
            "wage_growth_other": self._year_on_year("wages_other", time),
            "wage_growth_usps": self._year_on_year("wages_usps", time),
            "growth_amazon_demand": amazon,
            "mail_price_above_inflation": authority,
            **self._market_growth(amazon, other),
        }

    def observed_value(self, series: str, months: int) -> float:
        """Value of a yearly series in a month, for contracts that are imposed; the last year's after the past."""
        return self._history.at(series, min(middle_of(self._start + months), _LAST_MIDDLE))

    def handed_over(self, carrier: str, months: int) -> float:
        """Parcels a year, in bn, that USPS delivered for UPS or FedEx; the last year's after the past."""
        return handed_over(self._p, self._history, min(middle_of(self._start + months), _LAST_MIDDLE))[carrier]

    def _market_growth(self, amazon: float, other: float) -> dict[str, float]:
        """Growth of the market that makes other shippers' growth what it should be (it is derived from this row)."""
        weight_amazon = sum(self._history.at(f"amazon_{by}", self._base) for by in ("own", "usps", "ups", "fedex"))
        weight_other = self._total("other", self._base)
        return {"growth_market": (amazon * weight_amazon + other * weight_other) / (weight_amazon + weight_other)}

    def _is_after(self, months: int) -> bool:
        return (self._start + months).year > LAST_YEAR

    def _relative(self, series: str, months: int, rate: float) -> float:
        time, history = middle_of(self._start + months), self._history
        value = history.at(series, min(time, _LAST_MIDDLE)) / history.at(series, self._base)
        return value * float((1.0 + rate) ** max(0.0, time - _LAST_MIDDLE))

    def _year_on_year(self, series: str, time: float) -> float:
        return self._history.at(series, time) / self._history.at(series, time - 1.0) - 1.0

    def _growth(self, kind: str, months: int) -> float:
        time = middle_of(self._start + months)
        return self._total(kind, time) / self._total(kind, time - 1.0) - 1.0

    def _total(self, kind: str, time: float) -> float:
        """Parcels a year of Amazon or of all others at a moment, bn."""
        amazon = sum(self._history.at(f"amazon_{by}", time) for by in ("own", "usps", "ups", "fedex"))
        if kind == "amazon":
            return float(amazon)
        groups = ("usps", "amazon", "ups", "fedex", "regional")
        published = sum(self._history.at(f"parcels_{group}", time) for group in groups)
        twice = sum(handed_over(self._p, self._history, time).values())  # sold by one, delivered by another
        return float(published - twice - amazon)

    def _to_total(self, kind: str, year: int, season: np.ndarray) -> float:
        """Factor that makes the months of a year add up to its total."""
        shape = [self._total(kind, year + (month + 0.5) / MONTHS_PER_YEAR) for month in range(MONTHS_PER_YEAR)]
        return self._total(kind, year + 0.5) / float(np.dot(shape, season) / MONTHS_PER_YEAR)

    def _demand(self, kind: str, months: int, rate: float) -> float:
        month = self._start + months
        time, base = middle_of(month), self._total(kind, self._base)
        if month.year > LAST_YEAR:
            return self._total(kind, _LAST_MIDDLE) / base * float((1.0 + rate) ** (time - _LAST_MIDDLE))
        scale = self._scale[kind].get(month.year, 1.0)
        return self._total(kind, time) * scale / base


def make_paths(scenario_figures: Parameters, fitted: Parameters, start: Month, shocks: Shocks = NO_SHOCKS) -> Paths:
    """Return observed paths for a start in the past, trends otherwise."""
    if fitted is scenario_figures:
        return Trends(fitted, shocks)
    return ObservedPast(scenario_figures, start, shocks=shocks)
