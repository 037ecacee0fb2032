"""From a TOML file or a mapping to policies, with everything that is wrong told at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from experiments.errors import InputError
from experiments.settings import shown
from model.scenario import Scenario, ScenarioError, levers
from model.toml_files import read_toml, read_toml_file

OWNERS = ("USPS", "Amazon", "UPS", "FedEx", "Congress", "regulator")
_KEYS = ("title", "owner", "set")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Levers of these belong to nobody who could choose a policy.
_NOBODY = {"the world": "the world chooses it; make a scenario of it", "run": "it says what is run, not what is chosen"}


@dataclass(frozen=True)
class Policy:
    """A named bundle of levers and parameters.

    Attributes:
        name: Its name.
        title: One line for people.
        owners: Whose choice it is; nobody's where nothing is changed.
        changes: Levers and parameters by name.
    """

    name: str
    title: str = ""
    owners: tuple[str, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """The policy as plain values, for a manifest."""
        return {"name": self.name, "title": self.title, "owners": list(self.owners), "set": dict(self.changes)}

    @property
    def told(self) -> str:
        """What it sets, in one line."""
        return ", ".join(f"{key} = {shown(value)}" for key, value in self.changes.items()) or "nothing"


def read_policies(source: str | Path | Mapping[str, Any] | None = None, only: Sequence[str] = ()) -> tuple[Policy, ...]:
    """Read policies and check them.

    Args:
        source: The path of a TOML file, the same as a mapping, or None for those that come with the package.
        only: Names of those to take, in their order; all unless told.

    Raises:
        InputError: All that is wrong: unknown levers, values out of range, levers of somebody else, unknown owners.

    Examples:
        >>> [one.name for one in read_policies(only=["status_quo", "five_days"])]
        ['status_quo', 'five_days']
        >>> read_policies({"mine": {"owner": "USPS", "set": {"debt_cap": "raised"}}})
        Traceback (most recent call last):
        ...
        experiments.errors.InputError: policies.mine: debt_cap is the choice of Congress, and owner says USPS
    """
    content, where = _content(source)
    problems: list[str] = []
    policies = [_policy(str(name), spec, problems) for name, spec in content.items()]
    if not content:
        problems.append("policies: there are none; each is a table with title, owner and set")
    chosen = []
    for name in only or content:
        if name not in content:
            close = difflib.get_close_matches(name, list(content), n=3, cutoff=0.5) or list(content)
            problems.append(f"only: there is no policy {name!r}; there are {', '.join(close)}")
        elif name in chosen:
            problems.append(f"only: {name} comes twice")
        chosen.append(name)
    if problems:
        raise InputError([f"{where}{problem}" for problem in problems])
    by_name = {policy.name: policy for policy in policies if policy is not None}
    return tuple(by_name[name] for name in chosen)


def _content(source: str | Path | Mapping[str, Any] | None) -> tuple[Mapping[str, Any], str]:
    if source is None:
        return read_toml((resources.files("experiments.policies") / "library.toml").read_text(encoding="utf-8")), ""
    if isinstance(source, Mapping):
        return source, ""
    path = Path(source)
    try:
        return read_toml_file(path), f"{path.name}: "
    except ValueError as error:
        raise InputError(f"policies {path}: {error}") from error


def _policy(name: str, spec: object, problems: list[str]) -> Policy | None:
    where, before = f"policies.{name}", len(problems)
    if not _NAME.fullmatch(name):
        problems.append(f"{where}: the name must have letters, digits and _ only, and begin with a letter")
    if not isinstance(spec, Mapping):
        problems.append(f"{where}: {spec!r} is not allowed; it must be a table with {', '.join(_KEYS)}")
        return None
    problems += [f"{where}.{key}: unknown; a policy has {', '.join(_KEYS)}" for key in spec if key not in _KEYS]
    title, changes = spec.get("title", ""), spec.get("set", {})
    if not isinstance(title, str):
        problems.append(f"{where}.title: {title!r} is not allowed; it must be a text")
    if not isinstance(changes, Mapping):
        problems.append(f"{where}.set: {changes!r} is not allowed; it must be a table of levers, parameters and values")
        return None
    owners = _owners(spec.get("owner", []), where, problems)
    _check_changes(changes, owners, "owner" in spec, where, problems)
    return Policy(name, title, owners or _owners_of(changes), dict(changes)) if len(problems) == before else None


def _owners(owner: object, where: str, problems: list[str]) -> tuple[str, ...]:
    named = [owner] if isinstance(owner, str) else owner
    if not isinstance(named, list | tuple) or not all(isinstance(one, str) for one in named):
        problems.append(
            f"{where}.owner: {owner!r} is not allowed; it must be one of {', '.join(OWNERS)}, or a list of them"
        )
        return ()
    problems += [
        f"{where}.owner: {one!r} is not allowed; it must be one of {', '.join(OWNERS)}"
        for one in named
        if one not in OWNERS
    ]
    return tuple(dict.fromkeys(named))


def _check_changes(
    changes: Mapping[str, Any], owners: Sequence[str], told: bool, where: str, problems: list[str]
) -> None:
    try:
        Scenario().with_changes(changes, source=f"{where}.set")
    except ScenarioError as error:
        problems += str(error).splitlines()
    known = {lever.key: lever for lever in levers()}
    for name in changes:
        lever = known.get(name)
        if lever is None:
            continue
        if lever.owner in _NOBODY:
            problems.append(f"{where}: {name} is no policy: {_NOBODY[lever.owner]}")
        elif told and (missing := [one for one in _parts(lever.owner) if one not in owners]):
            problems.append(
                f"{where}: {name} is the choice of {' and '.join(missing)}, and owner says {', '.join(owners)}"
            )
    loose = [name for name in changes if name not in known and name in Scenario().parameters]
    if loose and not told:
        problems.append(f"{where}: owner is missing; nobody else tells whose choice {', '.join(loose)} is")


def _parts(owner: str) -> list[str]:
    """Who must agree to a lever; nobody for one that belongs to all."""
    return [one for one in owner.split(" and ") if one in OWNERS]


def _owners_of(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Owners of the levers that a policy sets, where it does not tell them."""
    known = {lever.key: lever.owner for lever in levers()}
    return tuple(dict.fromkeys(part for name in changes for part in _parts(known.get(name, ""))))
