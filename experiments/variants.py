"""Scenarios of a comparison that differ from what they are named after: `withdraw:build_limit=0.5`."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.calendar import Month
from experiments.errors import InputError
from experiments.parties import Roster
from experiments.settings import gather, prepare_scenario, read_settings
from model.parameters import Parameters
from model.scenario import Scenario, scenario_names
from model.shocks import DatedShock

#: A name, a path or a scenario; with changes of its own as `name:key=value`, or as a pair in Python.
type Variant = str | Path | Scenario | tuple[str | Path | Scenario, Mapping[str, Any]]

# No lever or parameter has a value with a colon in it, so that every colon before a key begins a change; that of a
# drive (C:\mine.toml) stands before no key. No shell gives a colon or an equals sign inside a word another meaning.
_CHANGED = re.compile(r"(?P<scenario>.+?)(?P<changes>(?::\s*[A-Za-z_]\w*\s*=[^:]*)+)", re.DOTALL)
_COMMA = re.compile(r",\s*[A-Za-z_]\w*\s*=")
_LABELS = ("name", "title", "description", "forced")
# What has a spelling of its own on the command line, or none but a scenario file.
_TABLES = ("carriers", "shippers", "roster", "shocks")
NEEDED = "The files of the classes named with --roster are needed as well."


def split_variant(text: str, problems: list[str]) -> tuple[str, dict[str, Any]]:
    """Read a scenario and its own changes.

    Args:
        text: `scenario`, `scenario:key=value` or `scenario:key=value:key=value`; the scenario is a name or a path. A
            file that has exactly this name is that file.
        problems: Gets a line for what cannot be read.
    """
    found = None if _is_file(text) else _CHANGED.fullmatch(text)
    if found is None:
        name, colon, rest = text.partition(":")
        if colon and name in scenario_names():
            problems.append(
                f"{text!r}: behind {name}: stands {rest!r}; it must be key=value, as in {name}:build_limit=0.5"
            )
            return name, {}
        return text, {}
    if _COMMA.search(found["changes"]):
        problems.append(f"{text!r}: changes are joined by a colon, as in {found['scenario']}:key=value:key=value")
        return found["scenario"], {}
    wrong: list[str] = []
    changes = read_settings(found["changes"][1:].split(":"), wrong)
    problems += [line.replace("--set ", f"{text!r}: ", 1) for line in wrong]
    return found["scenario"], changes


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def prepare_variant(
    variant: Variant,
    set: Mapping[str, Any] | None = None,
    from_: str | Month | None = None,
    until: str | Month | None = None,
    roster: Roster | None = None,
    shocks: Sequence[Any] = (),
) -> Scenario:
    """Load a scenario, apply its own changes and then those of the whole experiment.

    Its own changes may replace what the scenario sets; its name then says so. Those of the experiment may not.

    Args:
        variant: The scenario.
        set: Levers and parameters to change in all scenarios of the experiment.
        from_: First month of all of them.
        until: Last month of all of them.
        roster: Classes of one's own that decide for parties in all of them, or their import paths, by key.
        shocks: Dated shocks of all of them, beside those of the scenarios.

    Raises:
        InputError: All problems.
    """
    problems: list[str] = []
    scenario: Any
    own: Any
    if isinstance(variant, tuple):
        if len(variant) != 2 or not isinstance(variant[1], Mapping):
            raise InputError(f"{variant!r}: a pair is a scenario and a table of names and values")
        (scenario, own), called = variant, str(getattr(variant[0], "name", variant[0]))
    elif isinstance(variant, str):
        (scenario, own), called = split_variant(variant, problems), variant
    else:
        scenario, own, called = variant, {}, ""
    if not own and not problems:
        return prepare_scenario(scenario, set, from_, until, keep_own=True, roster=roster, shocks=shocks)
    try:
        base, *_ = gather(lambda: prepare_scenario(scenario, own), known=problems)
    except InputError as error:
        told = [
            line.replace("set: ", f"{called!r}: ", 1) if line.startswith("set: ") else line for line in error.problems
        ]
        # What is asked of all scenarios is checked all the same, so that one message tells everything.
        gather(lambda: prepare_scenario(Scenario(), set, from_, until, roster=roster, shocks=shocks), known=told)
        raise AssertionError("gather tells what is known") from error
    plain = prepare_scenario(scenario)
    spelling = ":".join(f"{key}={spelled_value(base.value(key))}" for key in own)
    title = f"{plain.title or plain.name}, with {', '.join(_in_words(key, base) for key in own)}"
    named = base.with_changes({"name": f"{plain.name}:{spelling}", "title": title})
    return prepare_scenario(named, set, from_, until, keep_own=True, roster=roster, shocks=shocks)


def _in_words(key: str, scenario: Scenario) -> str:
    """A change for the title of a scenario."""
    value = scenario.value(key)
    if key == "shocks":
        return f"shock {', '.join(map(str, scenario.shocks))}"
    if key not in Parameters.default():
        told = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
        return f"{key} {told}".replace("_", " ")
    row = scenario.parameters.row(key)
    unit = "" if row.unit in ("-", "", "count", "x") else f" {row.unit}"
    return f"{row.name[:1].lower()}{row.name[1:]} {spelled_value(value)}{unit}"


def spelled_value(value: object) -> str:
    """A lever or parameter as it is written behind `key=`, to its last digit; of several shocks a list of texts."""
    if isinstance(value, tuple):
        return str(value[0]) if len(value) == 1 else json.dumps([str(one) for one in value], separators=(",", ":"))
    return (
        str(value).lower() if isinstance(value, bool) else f"{value:.15g}" if isinstance(value, float) else str(value)
    )


def spelling_of(scenario: Scenario) -> str | None:
    """What to write on a command line for a scenario; None where only a scenario file can say it.

    The name of the library with every change against it; months of the run and classes of one's own have options.
    """
    found = _against_library(scenario)
    return None if found is None else found.word(found.changes, found.shocks)


def spell(scenarios: Sequence[Scenario], months: bool = True) -> tuple[str, str]:
    """Arguments of a command that runs some scenarios again, and what they need besides, in a sentence.

    What all of them change comes once, as `--set`, `--shock` or `--stop-when`; the arguments are empty where only
    scenario files can say it.

    Args:
        scenarios: What was run.
        months: Whether to name the first and the last month.
    """
    found = [one for one in map(_against_library, scenarios) if one is not None]
    alone = len(found) == 1  # only then options may change what a scenario sets itself
    common = {
        key: value
        for key, value in (found[0].changes if found else {}).items()
        if all(one.changes.get(key) == value and (alone or key not in one.base.stated) for one in found)
    }
    # Those of an option come behind those of a scenario, so that what is shared is at the end.
    shared = len(found[0].shocks) if found else 0
    while not all(one.shocks[len(one.shocks) - shared :] == found[0].shocks[-shared:] for one in found if shared):
        shared -= 1
    names = [
        one.word(
            {key: value for key, value in one.changes.items() if key not in common},
            one.shocks[: len(one.shocks) - shared],
        )
        for one in found
    ]
    if len(found) < len(scenarios) or None in names:
        return "", "One needs a scenario file as well: a command alone cannot say what is changed."
    words = [shlex.quote(str(one)) for one in names]
    words += spelled_options(common, found[0].shocks[len(found[0].shocks) - shared :])
    if months:
        words += [f"--from {scenarios[0].start}", f"--until {scenarios[0].end}"]
    own = {f"--roster {shlex.quote(f'{key}={path}')}": None for one in scenarios for key, path in one.roster.items()}
    return " ".join([*words, *own]), NEEDED if own else ""


def spelled_options(changes: Mapping[str, str], shocks: Sequence[object] = ()) -> list[str]:
    """Options of a command line, a text each: `--set`, `--stop-when` and `--shock`.

    Args:
        changes: Values as `spelled_value` writes them, by lever or parameter.
        shocks: Dated shocks.
    """
    options = [
        f"--stop-when {shlex.quote(value)}" if key == "stop_when" else f"--set {shlex.quote(f'{key}={value}')}"
        for key, value in changes.items()
    ]
    return [*options, *(f"--shock {shlex.quote(str(one))}" for one in shocks)]


@dataclass(frozen=True)
class _Spelled:
    """A scenario of the library and what one has besides: changes as text, and shocks behind those of the library."""

    base: Scenario
    changes: Mapping[str, str]
    shocks: tuple[DatedShock, ...]

    def word(self, changes: Mapping[str, str], shocks: tuple[DatedShock, ...]) -> str | None:
        """The scenario with some of its own changes, as one word; None where it would be read otherwise."""
        own = {**changes, **({"shocks": spelled_value(shocks)} if shocks else {})}
        word = ":".join([self.base.name, *(f"{key}={value}" for key, value in own.items())])
        # A shock of somebody (`wages:usps=+5%@2026-01`) has a colon, which would begin another change.
        return word if not any(":" in value for value in own.values()) else None


def _against_library(scenario: Scenario) -> _Spelled | None:
    """The scenario of the library that one is made of, and its changes; None where they cannot be written."""
    name = scenario.name.partition(":")[0]
    base = Scenario.load(name) if name in scenario_names() else Scenario()
    if scenario.carriers != base.carriers or scenario.shippers != base.shippers:
        return None
    kept = len(base.shocks)
    if scenario.shocks[:kept] != base.shocks:
        return None
    here, there = (
        {key: value for key, value in one.changes().items() if key not in (*_LABELS, *_TABLES, "start", "end")}
        for one in (scenario, base)
    )
    changed = [key for key in {**there, **here} if here.get(key) != there.get(key)]
    return _Spelled(base, {key: spelled_value(scenario.value(key)) for key in changed}, scenario.shocks[kept:])
