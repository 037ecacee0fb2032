"""What no agent decides, month by month: demand totals, prices, wages, mail; observed in the past, trends after it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from agents.calendar import MONTHS_PER_YEAR, Month
from model.demand import HALF_MONTH, HALF_YEAR, season_factors
from model.history.handed import handed_over
from model.history.shocks import NO_SHOCKS, Shocks
from model.history.table import FIRST_YEAR, LAST_YEAR, History, base_time, middle_of, read_history
from model.parameters import Parameters

#: Yearly rates whose change takes effect from its month on, whatever went before.
TRENDS = frozenset(
    {
        "growth_amazon_demand",
        "growth_market",
        "growth_other_demand",
        "inflation",
        "institutional_drift",
        "mail_decline_fast",
        "mail_revenue_growth_other",
        "mail_trend_first_class",
        "mail_trend_marketing",
        "wage_growth_other",
        "wage_growth_usps",
    }
)
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

    def mail_trend(self, name: str, months: int) -> float:
        """Pieces of first-class or marketing mail by their trend alone."""
        ...

    def trend(self, symbol: str, months: int) -> float:
        """Index of what grows by a yearly rate of the figures, by its symbol."""
        ...

    def changed(self, era: Era | None, shocks: Shocks) -> Self:
        """These paths up to a month and from it on with other trends, where they differ; shocks are as told."""
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


@dataclass(frozen=True, slots=True)
class Era:
    """Trends that hold from a month on: those of the scenario, or of a branch that left it.

    Attributes:
        since: First month, from the start of the run.
        figures: Figures with the trends.
        fast_mail: Whether mail falls by `mail_decline_fast` a year instead of its trends.
    """

    since: int
    figures: Parameters
    fast_mail: bool = False


def grown(rates: Sequence[tuple[int, float]], months: int, years: Callable[[int], float]) -> float:
    """Index of what grows at yearly rates one after the other.

    Args:
        rates: First month of each rate and the rate, in order.
        months: The month looked at, from the start of the run.
        years: Years of growth that lie between the base of the index and a month.
    """
    ends = [since - 1 for since, _ in rates[1:]] + [months]
    first = float((1.0 + rates[0][1]) ** years(min(months, ends[0])))
    for (since, rate), end in zip(rates[1:], ends[1:], strict=True):
        if months >= since:
            first *= float((1.0 + rate) ** (years(min(months, end)) - years(since - 1)))
    return first


class _Shocked:
    """What shocks do to paths, by month, and which trends hold when."""

    def __init__(self, era: Era, shocks: Shocks) -> None:
        self.shocks = shocks
        self._eras: tuple[Era, ...] = (era,)

    def changed(self, era: Era | None, shocks: Shocks) -> Self:
        """These paths up to a month and from it on with other trends, where they differ; shocks are as told."""
        found = copy.copy(self)
        found.shocks = shocks
        if era is not None:
            found._eras = (*(one for one in self._eras if one.since < era.since), era)
        return found

    @property
    def _p(self) -> Parameters:
        """Figures of the latest trends."""
        return self._eras[-1].figures

    def _years(self, months: int) -> float:
        """Years of trend that lie between the base of the indices and a month."""
        raise NotImplementedError

    def _grown(self, symbol: str, months: int) -> float:
        return grown([(era.since, era.figures[symbol]) for era in self._eras], months, self._years)

    def trend(self, symbol: str, months: int) -> float:
        """Index of what grows by a yearly rate of the figures, by its symbol."""
        return grown([(era.since, era.figures[symbol]) for era in self._eras], months, _since_base)

    def mail_trend(self, name: str, months: int) -> float:
        """Pieces of first-class or marketing mail by their trend alone."""
        rates = [
            (one.since, one.figures.mail_decline_fast if one.fast_mail else one.figures[f"mail_trend_{name}"])
            for one in self._eras
        ]
        return grown(rates, months, _since_base)

    def fuel_price(self, months: int) -> float:
        """Price of fuel over what it would be with prices in general."""
        return 1.0 + self.shocks.fuel.at(months)


def _since_base(months: int) -> float:
    """Years since the mean of the twelve months before the start, whose middle lies half a year back."""
    return (months + HALF_MONTH + HALF_YEAR) / MONTHS_PER_YEAR


class Trends(_Shocked):
    """Constant yearly growth from the start on, as every projection has it.

    Args:
        p: Figures of the run.
        shocks: What the scenario changes in them.
        fast_mail: Whether mail falls faster than its trends.
    """

    observed = False

    def __init__(self, p: Parameters, shocks: Shocks = NO_SHOCKS, fast_mail: bool = False) -> None:
        super().__init__(Era(0, p, fast_mail), shocks)

    def _years(self, months: int) -> float:
        return _since_base(months)

    def price_level(self, months: int) -> float:
        """Consumer prices."""
        return self._grown("inflation", months)

    def wage_other(self, months: int) -> float:
        """Wages of private carriers."""
        return self._grown("wage_growth_other", months) * (1.0 + self.shocks.wage_other.at(months))

    def wage_usps(self, months: int) -> float:
        """Wages of USPS."""
        return self._grown("wage_growth_usps", months) * (1.0 + self.shocks.wage_usps.at(months))

    def interest_rate(self, months: int) -> float:
        """Interest that cash earns, a year."""
        years = (months + _MIDDLE_OF_MONTH) / MONTHS_PER_YEAR
        return settling_rate(self._p, years, self._p.usps_cash_rate_2024) + self.shocks.interest.at(months)

    def other_parcels(self, months: int) -> float:
        """Other shippers' parcels."""
        return self._grown("growth_other_demand", months)

    def amazon_parcels(self, months: int, now: int) -> float:
        """Amazon's parcels, known or expected."""
        return self._grown("growth_amazon_demand", months)

    def mail_volume(self, name: str, months: int) -> float | None:
        """Observed pieces of a class of mail."""
        return None

    def figures(self, months: int) -> dict[str, float] | None:
        """Expected growth rates, if they change this month."""
        return None


class ObservedPast(_Shocked):
    """The past as it was observed, the trends of the scenario after its last year.

    Demand of a calendar year adds up to the observed total of that year; between the middles of the years growth is
    even, but for what online sales of a quarter were beyond even growth. Agents do not know what is to come: they
    expect the growth of the last twelve months to go on, and from January 2025 on the trends of the scenario.

    Args:
        p: Figures of the scenario, with its trends after the past.
        start: First month of the run.
        history: The yearly figures.
        shocks: What the scenario changes in them.
        fast_mail: Whether mail falls faster than its trends once the past is over.
    """

    observed = True

    def __init__(
        self,
        p: Parameters,
        start: Month,
        history: History | None = None,
        shocks: Shocks = NO_SHOCKS,
        fast_mail: bool = False,
    ) -> None:
        super().__init__(Era(0, p, fast_mail), shocks)
        self._start, self._history = start, history or read_history()
        self._base = base_time(start)
        season = season_factors(p)
        self._scale = {
            kind: {year: self._to_total(kind, year, season) for year in range(FIRST_YEAR, LAST_YEAR + 1)}
            for kind in ("amazon", "other")
        }

    def price_level(self, months: int) -> float:
        """Consumer prices."""
        return self._relative("consumer_prices", months, "inflation")

    def wage_other(self, months: int) -> float:
        """Wages of private carriers."""
        wages = self._relative("wages_other", months, "wage_growth_other")
        return wages * (1.0 + self.shocks.wage_other.at(months))

    def wage_usps(self, months: int) -> float:
        """Wages of USPS."""
        wages = self._relative("wages_usps", months, "wage_growth_usps")
        return wages * (1.0 + self.shocks.wage_usps.at(months))

    def interest_rate(self, months: int) -> float:
        """Interest that cash earns, a year."""
        time = middle_of(self._start + months)
        known = self._history.at("cash_rate", min(time, _LAST_MIDDLE))
        return settling_rate(self._p, time - (LAST_YEAR + 1), known) + self.shocks.interest.at(months)

    def other_parcels(self, months: int) -> float:
        """Other shippers' parcels."""
        return self._demand("other", months)

    def amazon_parcels(self, months: int, now: int) -> float:
        """Amazon's parcels, known or expected."""
        if months <= now or self._is_after(now):
            return self._demand("amazon", months)
        growth = self._growth("amazon", now)
        return self._demand("amazon", now) * float((1.0 + growth) ** ((months - now) / MONTHS_PER_YEAR))

    def mail_volume(self, name: str, months: int) -> float | None:
        """Observed pieces of a class of mail."""
        series = _MAIL_SERIES.get(name)
        if series is None:
            return None
        time = middle_of(self._start + months)
        start = self._history.at(series, self._base)
        if time <= _LAST_MIDDLE:
            return self._history.at(series, time) / start
        last = self._history.at(series, _LAST_MIDDLE)
        return last / start * self._grown(f"mail_trend_{name}", months)

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

    def _years(self, months: int) -> float:
        return max(0.0, middle_of(self._start + months) - _LAST_MIDDLE)

    def _relative(self, series: str, months: int, symbol: str) -> float:
        time, history = middle_of(self._start + months), self._history
        value = history.at(series, min(time, _LAST_MIDDLE)) / history.at(series, self._base)
        return value * self._grown(symbol, months)

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
        shape = [self._yearly_rate(kind, Month(year, month)) for month in range(1, MONTHS_PER_YEAR + 1)]
        return self._total(kind, year + 0.5) / float(np.dot(shape, season) / MONTHS_PER_YEAR)

    def _demand(self, kind: str, months: int) -> float:
        month = self._start + months
        base = self._total(kind, self._base)
        if month.year > LAST_YEAR:
            return self._total(kind, _LAST_MIDDLE) / base * self._grown(f"growth_{kind}_demand", months)
        return self._yearly_rate(kind, month) * self._scale[kind].get(month.year, 1.0) / base

    def _yearly_rate(self, kind: str, month: Month) -> float:
        """Parcels a year in a month, bn, without its season and not yet brought to the total of its year."""
        return self._total(kind, middle_of(month)) * self._history.within_year(month)


def make_paths(
    scenario_figures: Parameters, fitted: Parameters, start: Month, shocks: Shocks = NO_SHOCKS, fast_mail: bool = False
) -> Paths:
    """Return observed paths for a start in the past, trends otherwise."""
    if fitted is scenario_figures:
        return Trends(fitted, shocks, fast_mail)
    return ObservedPast(scenario_figures, start, shocks=shocks, fast_mail=fast_mail)
