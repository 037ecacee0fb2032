"""Who takes part: the key of each party and the class that decides for it.

A roster names only what differs from the usual parties. It holds import paths ("module:Class" or "file.py:Class"), so
that it travels into other processes, files and stores; a class that no other process could find is refused where it
would have to travel.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from agents.amazon import Amazon
from agents.carriers import RegionalCarrier
from agents.party import Party
from agents.regulator import Regulator
from agents.rivals import FedEx, Ups
from agents.usps import Usps

#: Key of the regulator.
REGULATOR = "regulator"
#: The usual class of each national carrier, of the other carriers by their group, and of the regulator.
USUAL: Mapping[str, type[Party]] = {
    "usps": Usps,
    "amazon": Amazon,
    "ups": Ups,
    "fedex": FedEx,
    "regional": RegionalCarrier,
    REGULATOR: Regulator,
}
_LOADED_FILES = "lastmile_roster_"
_known: dict[str, type[Party]] = {}


class RosterError(ValueError):
    """A roster names a party that cannot take part; the message says which and why."""


def carrier_class(key: str, group: str, roster: Mapping[str, str]) -> type[Any]:
    """The class that decides for a carrier or the regulator, a subclass of the usual one of its group.

    Args:
        key: Key of the party.
        group: Its key where there is one of it, "regional" for the other carriers.
        roster: Import paths by key, or by group for all of a group.

    Raises:
        RosterError: The class cannot be found or is none of a party.
    """
    path = roster.get(key, roster.get(group))
    return USUAL[group] if path is None else find_class(group, path)


def find_class(key: str, path: str) -> type[Party]:
    """The class at an import path.

    Args:
        key: Key of the party that it is for.
        path: "module:Class" or "file.py:Class".

    Raises:
        RosterError: There is none, or it is no party.
    """
    if path in _known:
        return _known[path]
    where, colon, name = path.rpartition(":")
    if not colon or not where or not name.isidentifier():
        raise RosterError(f"roster: {key} is {path!r}; allowed: module:Class or file.py:Class")
    found = getattr(_load(key, where), name, None)
    if not isinstance(found, type) or not issubclass(found, Party):
        raise RosterError(
            f"roster: {key} is {path!r}; {where} has no class {name} that is a party (agents.party.Party)"
        )
    usual = USUAL.get(key)
    if usual is not None and not issubclass(found, usual):
        raise RosterError(f"roster: {key} is {path!r}; its class must be a subclass of {usual.__name__}")
    _known[path] = found
    return found


def travels(found: object) -> bool:
    """Whether another process could find a class by its import path, and repeat what it does."""
    if not isinstance(found, type) or "." in found.__qualname__ or not getattr(found, "travels", True):
        return False
    return getattr(sys.modules.get(found.__module__), "__file__", None) is not None  # none in a notebook


def path_of(key: str, found: type[Party]) -> str:
    """Import path of a class.

    Raises:
        RosterError: No other process could find the class.
    """
    if not isinstance(found, type) or not issubclass(found, Party):
        raise RosterError(f"roster: {key} is {found!r}; allowed: a class that is a party (agents.party.Party)")
    if not travels(found):
        raise RosterError(
            f"roster: {key} is {found.__qualname__}, which stands at the top of no module: no other process can find it"
        )
    where = found.__module__
    if where == "__main__" or where.startswith(_LOADED_FILES):
        where = str(Path(inspect.getfile(found)).resolve())
    path = f"{where}:{found.__name__}"
    _known[path] = found
    return path


def checksum(path: str) -> str:
    """SHA-256 over the file that a class of a roster stands in.

    Raises:
        RosterError: The class cannot be found.
    """
    found = find_class("a party", path)
    return hashlib.sha256(Path(inspect.getfile(found)).read_bytes()).hexdigest()


def _load(key: str, where: str) -> ModuleType:
    """The module of a name or of a file."""
    try:
        if not where.endswith(".py"):
            return importlib.import_module(where)
        file = Path(where).resolve()
        name = _LOADED_FILES + hashlib.sha256(str(file).encode()).hexdigest()[:16]
        if name in sys.modules:
            return sys.modules[name]
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None or not file.is_file():
            raise RosterError(f"roster: {key} is in {where}, and there is no such file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module
    except RosterError:
        raise
    except Exception as error:
        raise RosterError(f"roster: {key} is in {where}, which cannot be imported: {error}") from error
