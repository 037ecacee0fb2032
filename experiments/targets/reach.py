"""What an outcome should reach, as people write it: `amazon_usps_retained_share_2028=0.8`, `chance(NAME>0)=0.9`."""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from experiments.designs.columns import outcome_names
from experiments.figures import figure, split_year, unit_of
from experiments.intervals import Interval, chance_interval, domain_of, mean_interval
from model.outcomes import OUTCOMES
from model.scenario import Scenario

EXAMPLES = "'amazon_usps_retained_share_2028=0.8', 'chance(usps_cash_usd_2030>0)=0.9'"
_NAME = r"(?P<name>[A-Za-z][A-Za-z0-9_]*(?:@\d{4})?)"
_PLAIN = re.compile(rf"^\s*{_NAME}\s*=\s*(?P<figure>[^=<>]+?)\s*$")
_CHANCE = re.compile(
    rf"^\s*chance\(\s*{_NAME}\s*(?P<sign><=|>=|<|>)\s*(?P<bound>[^()=<>]+?)\s*\)\s*=\s*(?P<figure>.+?)\s*$"
)
_NUMBER = re.compile(r"^(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>%|mn|bn)?$")
_UNITS = {None: 1.0, "%": 0.01, "mn": 1e6, "bn": 1e9}
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """A figure and the outcome, or the chance of a condition on an outcome, that should reach it.

    Attributes:
        outcome: Name with its year, if it is of one.
        figure: What to reach: a mean in the unit of the outcome, or a chance.
        sign: How the condition compares; empty where the outcome itself is meant.
        bound: What the condition compares with.
    """

    outcome: str
    figure: float
    sign: str = ""
    bound: float = math.nan

    @property
    def is_chance(self) -> bool:
        """Whether the values of runs are 0 or 1: a condition, or an outcome that tells whether something happened."""
        return bool(self.sign) or is_indicator(self.outcome)

    @property
    def label(self) -> str:
        """What is looked at, as it can be written."""
        return f"chance({self.outcome}{self.sign}{self.bound:g})" if self.sign else self.outcome

    @property
    def text(self) -> str:
        """The whole of it, as it can be written."""
        return f"{self.label}={self.figure:.12g}"

    @property
    def words(self) -> str:
        """What is looked at, in a sentence."""
        if not self.sign:
            return f"the chance of {self.outcome}" if self.is_chance else self.outcome
        bound = figure(self.outcome, self.bound) or f"{self.bound:g}"
        return f"the chance that {self.outcome} {self.sign} {bound} {unit_of(self.outcome)}".rstrip()

    def value(self, outcomes: Mapping[str, float]) -> float:
        """What a run shows; nan where it has no figure."""
        found = float(outcomes.get(self.outcome, math.nan))
        if not self.sign or math.isnan(found):
            return found
        return float(_SIGNS[self.sign](found, self.bound))

    @property
    def interval(self) -> Interval:
        """From values of runs to their mean and its 95 % interval."""
        if self.is_chance:
            return chance_interval
        low, high = domain_of(self.outcome)
        return lambda values: tuple(float(one) for one in mean_interval(values, low, high))  # type: ignore[return-value]

    def told(self, value: float) -> str:
        """A value with its unit, for people; empty for nan."""
        if math.isnan(value):
            return ""
        return f"{value:.0%}" if self.is_chance else f"{figure(self.outcome, value)} {unit_of(self.outcome)}".rstrip()


def is_indicator(outcome: str) -> bool:
    """Whether an outcome is 0 or 1 in every run."""
    stem = split_year(outcome)[0]
    for one in OUTCOMES:
        names, units = one.name_pattern.split(", "), one.unit.split(", ")
        if stem in names and len(names) == len(units):
            return units[names.index(stem)] == "0 or 1"
    return False


def read_reach(text: object, problems: list[str]) -> Reach | None:
    """Read what should be reached; whether the outcome exists `check_reach` tells.

    Args:
        text: As it stands behind `--reach`.
        problems: Gets a line for everything that is wrong.
    """
    match = _CHANCE.match(str(text)) or _PLAIN.match(str(text))
    if match is None:
        told = f"{str(text)!r} is not allowed; it must be like" if text else "missing; for example"
        problems.append(f"reach: {told} {EXAMPLES}")
        return None
    parts = match.groupdict()
    wanted = _number(parts["figure"], "reach", problems)
    bound = _number(parts["bound"], "reach", problems) if "bound" in parts else math.nan
    reach = Reach(read_name(parts["name"]), wanted, parts.get("sign", ""), bound)
    if reach.is_chance and not math.isnan(wanted) and not 0.0 < wanted < 1.0:
        problems.append(
            f"reach: a chance of {wanted:g} is not allowed; it must lie between 0 and 1: no number of runs shows that "
            "something is certain or impossible"
        )
    return reach


def read_name(name: str) -> str:
    """Name of an outcome; NAME@YEAR is another way to write NAME_YEAR."""
    return name.replace("@", "_")


def _number(text: str, field: str, problems: list[str]) -> float:
    match = _NUMBER.match(text)
    if match is None:
        problems.append(f"{field}: {text!r} is not allowed; it must be a number, such as 0.8, 80%, 250 mn or -10 bn")
        return math.nan
    return float(match["number"]) * _UNITS[match["unit"]]


def check_reach(reach: Reach, scenario: Scenario, problems: list[str]) -> None:
    """Add a problem unless a run of a scenario has the outcome, or if the outcome can never be the figure."""
    known = outcome_names(scenario)
    stem = split_year(reach.outcome)[0]
    if reach.outcome not in known:
        years = [split_year(name)[1] for name in known if split_year(name)[0] == stem and split_year(name)[1]]
        if years:
            hint = f"it is known of {years[0]} to {years[-1]}, for example {stem}_{years[-1]}"
        else:
            close = difflib.get_close_matches(reach.outcome, known, n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(close)}?" if close else "`lastmile outcomes` lists them"
        problems.append(f"reach: there is no outcome {reach.outcome!r} in a run to {scenario.end}; {hint}")
        return
    low, high = domain_of(reach.outcome)
    if not reach.is_chance and not low <= reach.figure <= high:
        share = " (80 % is 0.8 or 80%)" if high == 1.0 else ""
        problems.append(
            f"reach: {reach.outcome} can never be {reach.figure:g}; it lies between {low:g} and {high:g}{share}"
        )
