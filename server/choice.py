"""What a visitor chooses before a run starts: a scenario of the library, what is changed in it, and the seed."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from agents.calendar import Month
from model.branching import check_branch
from model.scenario import DEFAULT_SCENARIO, Scenario, ScenarioError, levers, scenario_names
from model.seeds import MAX_SEED
from model.start_figures import figures_of_start
from server.headline import month_name
from server.parties import ONLY_BY_SERVING, marked, with_house_roster
from server.talks.sides import SEATS
from server.words import factor_words
from server.work.limits import size_problems

MAX_OVERRIDES = 200
# They name code.
NEVER_FROM_A_PAGE = frozenset({"roster", "carriers", "shippers"})
# Changes that make the market coarser or finer and are no assumptions about it.
SIZES = frozenset({"n_shippers", "n_enterprise_shippers"})

type Value = bool | float | str


class ChoiceError(ValueError):
    """A choice that cannot be run; one line per problem."""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line each."""
        return tuple(str(self).splitlines())


@dataclass(frozen=True, slots=True)
class Past:
    """What a run assumed until a branch left it.

    Attributes:
        left: First month that is played under the present choice.
        overrides: Levers and parameters that differed from the scenario's until then, sorted by name.
    """

    left: Month
    overrides: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True)
class Choice:
    """What a visitor chooses before a run starts. Cheap; `settings` validates it as a whole.

    Attributes:
        scenario: Name in the library.
        seed: Seed of the run's luck.
        overrides: Levers and parameters that differ from the scenario's, sorted by name.
        seat: Side between Amazon and USPS that the visitor plays by hand; empty for none.
        past: Where the run is a branch: what it assumed before.
    """

    scenario: str = DEFAULT_SCENARIO
    seed: int = 1
    overrides: tuple[tuple[str, Value], ...] = ()
    seat: str = ""
    past: Past | None = None

    def __post_init__(self) -> None:
        if self.seat not in ("", *SEATS):
            raise ChoiceError(f"seat must be one of {', '.join(SEATS)} or empty, not {self.seat!r}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ChoiceError(f"seed must be between 0 and {MAX_SEED}, not {self.seed}")

    @property
    def changed(self) -> str:
        """What is changed in the scenario, in words; empty for nothing."""
        told = [
            f"{factor_words(key)} {f'{value:g}' if isinstance(value, float) else factor_words(str(value))}"
            for key, value in self.overrides
        ]
        more = f" and {len(told) - 2} more" if len(told) > 2 else ""
        since = "" if self.past is None else f" from {month_name(self.past.left)} on"
        return f",{since} with {', '.join(told[:2]) or 'nothing changed'}{more}" if told or since else ""

    @property
    def is_usual(self) -> bool:
        """Whether it is a scenario of the library with nothing changed but how many shippers there are."""
        by_itself = not self.seat and self.past is None and not marked()
        return by_itself and {key for key, _ in self.overrides} <= SIZES

    def settings(self) -> Scenario:
        """The validated scenario, with the parties that whoever serves the app has named.

        Raises:
            ScenarioError: What is wrong, all at once.
        """
        return self._with(self.overrides)

    def settings_at_start(self) -> Scenario:
        """What the run assumes when it begins: `settings`, or where it is a branch what came before."""
        return self._with(self.overrides if self.past is None else self.past.overrides)

    def _with(self, overrides: tuple[tuple[str, Value], ...]) -> Scenario:
        base = with_house_roster(Scenario.load(self.scenario))
        return base.with_changes(dict(overrides), "change") if overrides else base


def make_choice(scenario: object, seed: object, overrides: Mapping[str, Any]) -> Choice:
    """Check what came from a browser: only scenarios of the library, never a path, and nothing that is not valid.

    Args:
        scenario: Name in the library.
        seed: A whole number.
        overrides: Levers and parameters by name; those that say what the scenario says anyway are left out.

    Raises:
        ChoiceError: All that is wrong, for the visitor.
    """
    problems: list[str] = []
    if not isinstance(scenario, str) or scenario not in scenario_names():
        problems.append(f"scenario must be one of {', '.join(scenario_names())}, not {_short(scenario)}")
        scenario = DEFAULT_SCENARIO  # so that what else is wrong is told too
    if type(seed) is not int:
        problems.append(f"seed must be a whole number, not {_short(seed)}")
    elif not 0 <= seed <= MAX_SEED:
        problems.append(f"seed must be between 0 and {MAX_SEED}, not {_short(seed)}")
    kept: tuple[tuple[str, Value], ...] = ()
    try:
        kept = _differences(scenario, overrides)
    except ScenarioError as error:
        problems += str(error).splitlines()
    if problems:
        raise ChoiceError("\n".join(problems))
    assert isinstance(seed, int)
    return Choice(scenario, seed, kept)


def branch_choice(choice: Choice, at: Month, overrides: Mapping[str, Any]) -> Choice:
    """A choice that shares its past with another one and goes on from a month under other assumptions.

    Args:
        choice: The run that is left.
        at: First month under the new assumptions.
        overrides: Levers and parameters that differ from the scenario's from then on.

    Raises:
        ChoiceError: All that is wrong, for the visitor.
    """
    after = make_choice(choice.scenario, choice.seed, overrides)
    if choice.past is not None:
        raise ChoiceError(
            f"this run is a branch already, from {choice.past.left} on; start it again, or use `lastmile branch`"
        )
    before, later = choice.settings(), after.settings()
    problems = check_branch(before, later, at, figures_of_start(before.start))
    if not before.start < at <= before.end:
        problems.append(f"branch: {at} is not allowed; it must be after {before.start}, and {before.end} at the latest")
    if choice.seat:
        problems.append("branch: a run that is played by hand has no branches")
    if problems:
        raise ChoiceError("\n".join(problems))
    return replace(after, past=Past(at, choice.overrides))


def _differences(scenario: str, overrides: Mapping[str, Any]) -> tuple[tuple[str, Value], ...]:
    """What of the changes differs from the scenario, sorted.

    Raises:
        ScenarioError: They are not valid, or the run would be too large for a server.
    """
    if len(overrides) > MAX_OVERRIDES:
        raise ScenarioError(f"{len(overrides)} changes are too many; at most {MAX_OVERRIDES}")
    if NEVER_FROM_A_PAGE & overrides.keys():
        raise ScenarioError(f"{', '.join(sorted(NEVER_FROM_A_PAGE & overrides.keys()))}: {ONLY_BY_SERVING}")
    texts = {"name", "title", "description", "forced"} & overrides.keys()
    if texts:
        raise ScenarioError(f"{', '.join(sorted(texts))}: cannot be changed here")
    base = library_scenario(scenario)
    changed = base.with_changes(dict(overrides), "change")
    problems = size_problems(changed)
    if problems:
        raise ScenarioError("\n".join(problems))
    return tuple(sorted((key, plain(changed, key)) for key in overrides if plain(changed, key) != plain(base, key)))


@cache
def library_scenario(name: str) -> Scenario:
    """A scenario of the library, read once."""
    return Scenario.load(name)


@cache
def lever_keys() -> frozenset[str]:
    """Names of the levers."""
    return frozenset(lever.key for lever in levers())


def plain(settings: Scenario, key: str) -> Value:
    """A lever or parameter of a scenario as a value that TOML, JSON and an address can hold."""
    value = getattr(settings, key) if key in lever_keys() else settings.parameters[key]
    if isinstance(value, Month):
        return str(value)
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    assert isinstance(value, bool | str)
    return value


def _short(value: object) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
