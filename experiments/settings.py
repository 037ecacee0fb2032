"""From what a person asks for to a validated scenario and seed, with all problems at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import index
from pathlib import Path
from typing import Any, SupportsIndex

from agents.calendar import Month
from experiments.errors import DamagedError, InputError
from experiments.parties import Roster, roster_paths
from model.mesa_objects import read_scenario
from model.plain_values import plain
from model.scenario import Scenario, ScenarioError
from model.seeds import MAX_SEED

MAX_WORKERS = 512
# What describes a scenario is not an assumption; changing it by --set would only mislabel a result.
_LABELS = ("name", "title", "description", "forced", "parameters")
# What names code or whole tables has ways of its own to be told.
_ELSEWHERE = {
    "roster": "give roster or --roster, or write [roster] into a scenario file",
    "carriers": "write [carriers.key] into a scenario file",
    "shippers": "write [shippers.key] into a scenario file",
}


def prepare_scenario(
    scenario: str | Path | Scenario,
    set: Mapping[str, Any] | None = None,
    from_: str | Month | None = None,
    until: str | Month | None = None,
    keep_own: bool = False,
    roster: Roster | None = None,
    shocks: Sequence[Any] = (),
) -> Scenario:
    """Load a scenario and apply the changes.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        set: Levers and parameters to change.
        from_: First month instead of the scenario's.
        until: Last month instead of the scenario's.
        keep_own: Refuse to change what the scenario sets itself: for experiments on several scenarios, which would no
            longer differ by it, and for those that a scenario is part of. One scenario alone may be changed; then
            `overruled` tells.
        roster: Classes of one's own that decide for parties, or their import paths, by key.
        shocks: Dated shocks as texts or tables; like those of `set` they come beside the scenario's own.

    Raises:
        InputError: All problems: no such scenario, unknown keys, values out of range, months that are none, classes
            that cannot take part.
    """
    problems: list[str] = []
    changes: dict[str, Any] = {}
    set = plain(set or {})
    for key, value in set.items():
        if key in _LABELS:
            problems.append(f"set: {key} describes the scenario and cannot be set; write a scenario file instead")
        elif key in _ELSEWHERE:
            problems.append(f"set: {key} cannot be set; {_ELSEWHERE[key]}")
        elif key != "shocks":
            changes[key] = value
    for key, option, text in (("start", "from", from_), ("end", "until", until)):
        month = _month(option, text, problems)
        if month is not None and key in changes:
            problems.append(f"{option}: the month is given twice, here and as {key} in set")
        elif month is not None:
            changes[key] = month
    base = _load(scenario, problems)
    if struck := [*_listed(set.get("shocks")), *_listed(plain(shocks))]:
        changes["shocks"] = [*(base.shocks if base is not None else ()), *struck]
    if paths := roster_paths(roster, problems):
        changes["roster"] = {**(base.roster if base is not None else {}), **paths}
    changed: Scenario | None = None
    try:
        # Without a base the changes are still checked, so that one message tells all.
        changed = (base or Scenario()).with_changes(changes, source="set")
    except ScenarioError as error:
        problems += [re.sub("^set: (?=roster: |shocks?[: ])", "", line) for line in str(error).splitlines()]
    if keep_own and base is not None and changed is not None:
        problems += [f"set: {told}; leave one of both" for told in _overruled(base, changed, set)]
        problems += [
            f"roster: scenario {base.name!r} names {key} itself, and roster names it too; leave one of both"
            for key, path in paths.items()
            if base.roster.get(key, path) != path
        ]
    if problems or base is None or changed is None:
        raise InputError(problems)
    return changed


def overruled(scenario: str | Path | Scenario, set: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What a scenario sets itself and `set` changes to another value, one sentence each.

    Args:
        scenario: As in `prepare_scenario`, which has found nothing wrong with it and the changes.
        set: Levers and parameters to change.
    """
    base = read_scenario(scenario)
    return tuple(_overruled(base, base.with_changes(set or {}), set or {}))


def _overruled(base: Scenario, changed: Scenario, names: Iterable[str]) -> list[str]:
    return [
        f"scenario {base.name!r} sets {name} = {shown(base.value(name))} itself, and set makes it "
        f"{shown(changed.value(name))}"
        for name in names
        if name in base.stated and name != "shocks" and base.value(name) != changed.value(name)
    ]


def _listed(value: Any) -> list[Any]:
    """Shocks of a mapping: a list of them, or one alone."""
    return [] if value is None else [*value] if isinstance(value, list | tuple) else [value]


def late_shocks(scenario: Scenario) -> tuple[str, ...]:
    """What a reader must know of shocks that a run never sees, one sentence each."""
    end = scenario.end
    return tuple(
        f"shock {one} begins after the last month, {end}, and moves nothing"
        for one in scenario.shocks
        if one.first > end
    )


def shown(value: object) -> str:
    """A lever or parameter as people write it."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _load(scenario: str | Path | Scenario, problems: list[str]) -> Scenario | None:
    try:
        return read_scenario(scenario)
    except ScenarioError as error:
        problems += str(error).splitlines()
    return None


def _month(option: str, value: object, problems: list[str]) -> Month | None:
    value = plain(value)
    if value is None or isinstance(value, Month):
        return value
    try:
        return Month.parse(str(value))
    except ValueError as error:
        hint = "; a condition that ends a run is stop_when (--stop-when)" if re.search("[<>=]", str(value)) else ""
        problems.append(f"{option}: {error}{hint}")
        return None


def check_count(name: str, value: object, low: int, high: int, problems: list[str]) -> None:
    """Add a problem unless `value` is a whole number from low to high."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, SupportsIndex) or not low <= index(value) <= high:
        problems.append(f"{name}: {value!r} is not allowed; it must be a whole number from {low} to {high}")


def check_workers(workers: object, problems: list[str]) -> None:
    """Add a problem unless `workers` is a number of processes, or None for one per processor."""
    if workers is not None:
        check_count("workers", workers, 1, MAX_WORKERS, problems)


def gather(*checks: Callable[[], Any], known: Sequence[str] = ()) -> list[Any]:
    """Run all checks and return what they return.

    Args:
        checks: What to do; each may raise an `InputError`.
        known: Problems found before.

    Raises:
        InputError: What any of them complains of, without repetition; a `DamagedError` where damage is all that it is.
    """
    results: list[Any] = []
    problems = list(known)
    damaged = not problems
    for check in checks:
        try:
            results.append(check())
        except InputError as error:
            damaged = damaged and isinstance(error, DamagedError)
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise DamagedError(problems) if damaged else InputError(problems)
    return results


def check_seeds(seed: object, replications: int = 1) -> None:
    """Check the first of a row of seeds.

    Raises:
        InputError: It is no whole number from 0 to `MAX_SEED`, or the last one is beyond.
    """
    problems: list[str] = []
    check_count("seed", seed, 0, MAX_SEED - replications + 1, problems)
    if problems:
        raise InputError(problems)


def read_settings(
    items: Sequence[str], problems: list[str], shocks: Sequence[str] | None = None, stop_when: str | None = None
) -> dict[str, Any]:
    """Read `key=value` texts; values are TOML, and what is no TOML is a word.

    Args:
        items: Texts as they stand behind `--set`.
        problems: Gets a line for each text without key or "=", and for a key that comes twice.
        shocks: Texts as they stand behind `--shock`; they become the setting "shocks".
        stop_when: Text as it stands behind `--stop-when`; it becomes the setting "stop_when".
    """
    found: dict[str, Any] = {}
    for item in items:
        key, equals, text = item.partition("=")
        key = key.strip()
        if not equals or not key:
            problems.append(f"--set {item!r}: it must be key=value, for example --set build_limit=0.5")
        elif key in found:
            problems.append(f"--set {key}: it is set twice")
        else:
            found[key] = _value(text.strip())
    if shocks:
        found["shocks"] = [*_listed(found.get("shocks")), *shocks]
    if stop_when is not None and "stop_when" in found:
        problems.append("--stop-when: the condition is given twice, here and as stop_when in --set")
    elif stop_when is not None:
        found["stop_when"] = stop_when
    return found


def _value(text: str) -> Any:
    import tomllib

    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if list(table) == ["value"] else text
