"""Parties of one's own in experiments: how a person names them, where a result tells of them, what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agents.party import Party
from agents.roster import RosterError, checksum, origin, paths_of, played_by, short
from model.big_shippers import told as told_of_big_shippers
from model.newcomers import told as told_of_newcomers
from model.scenario import Scenario, own_classes_in

#: Classes of one's own by key of a party, or their import paths.
type Roster = Mapping[str, type[Party] | str]


def read_roster(items: Sequence[str], problems: list[str]) -> dict[str, str]:
    """Read `key=module:Class` texts.

    Args:
        items: Texts as they stand behind `--roster`.
        problems: Gets a line for each text without key or "=", and for a key that comes twice.
    """
    found: dict[str, str] = {}
    for item in items:
        key, equals, path = (part.strip() for part in item.partition("="))
        if not equals or not key or not path:
            problems.append(f"--roster {item!r}: it must be key=module:Class, for example --roster ups=mine.py:MyUps")
        elif key in found:
            problems.append(f"--roster {key}: it is named twice")
        else:
            found[key] = path
    return found


def roster_paths(roster: Roster | None, problems: list[str]) -> dict[str, str]:
    """Import paths of a roster; files are looked for in the current folder.

    Args:
        roster: Classes or import paths; None for the usual parties.
        problems: Gets a line for a class that no other process could find: results would not tell whose they are.
    """
    try:
        return paths_of(roster or {})
    except RosterError as error:
        problems.append(str(error))
        return {}


def party_origin(scenario: Scenario) -> dict[str, Any]:
    """What a result tells of the classes of one's own in it, by key: import path, checksum; empty without any.

    Raises:
        RosterError: A class cannot be found any more.
    """
    return origin(scenario.own_classes)


def party_files(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Checksums by import path of all classes of one's own in some scenarios."""
    paths = {path for scenario in scenarios for path in scenario.own_classes.values()}
    return {path: checksum(path) for path in sorted(paths)}


def party_notes(scenario: Scenario) -> tuple[str, ...]:
    """What a reader of a result must know of who takes part, one sentence each; nothing for the usual parties."""
    market = float(sum(scenario.parameters.by_segment("volume_segment")))
    added = (*told_of_newcomers(scenario.carriers, market), *told_of_big_shippers(scenario.shippers, market))
    return (*played_by(scenario.own_classes), *added)


def parties_of_design(described: Mapping[str, Any]) -> tuple[str, ...]:
    """The same of a stored design; nothing of it is imported."""
    found: dict[str, None] = {}
    for scenario in described["scenarios"]:
        where = f" in {scenario['name']}" if len(described["scenarios"]) > 1 else ""
        found |= {f"{one}{where}": None for one in played_by(own_classes_in(scenario))}
    return tuple(found)


def changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Classes whose files are other ones now, one sentence each.

    Args:
        before: Checksums by import path.
        now: Likewise.
    """
    for path, sha256 in now.items():
        if before.get(path, sha256) != sha256:
            yield f"the file of {short(path)} has changed: it was {before[path][:12]}, now it is {sha256[:12]}"
