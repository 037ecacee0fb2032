"""Who takes part: the key of each party and the class that decides for it.

A roster names only what differs from the usual parties. It holds import paths ("module:Class" or "file.py:Class"), so
that it travels into other processes, files and stores, each with the SHA-256 of its file; a class that no other process
could find is refused where it would have to travel. To read a path is to run that code: paths come from people, and
from stores that they made, never from an address or a page.
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
from agents.carriers import Carrier
from agents.party import Party
from agents.regional import RegionalCarrier
from agents.regulator import Regulator
from agents.rivals import FedEx, Ups
from agents.shippers import Shippers
from agents.usps import Usps

#: Key of the regulator.
REGULATOR = "regulator"
#: Key of all shippers together.
SHIPPERS = "shippers"
#: The usual class of each national carrier, of the other carriers by their group, of the regulator and of the shippers.
#: A scenario names those of the carriers that it adds.
USUAL: Mapping[str, type[Party]] = {
    "usps": Usps,
    "amazon": Amazon,
    "ups": Ups,
    "fedex": FedEx,
    "regional": RegionalCarrier,
    REGULATOR: Regulator,
    SHIPPERS: Shippers,
}
_KINDS: Mapping[type[Party], str] = {Carrier: "a carrier", Regulator: "the regulator", Shippers: "the shippers"}
_LOADED_FILES = "lastmile_roster_"
# What this process has read: each class with the checksum of its file at that time.
_known: dict[str, tuple[type[Party], str]] = {}


class RosterError(ValueError):
    """A roster names a party that cannot take part; the message says which and why."""


def carrier_class(key: str, group: str, roster: Mapping[str, str]) -> type[Any]:
    """The class that decides for a carrier, the regulator or the shippers, a subclass of the usual one of its group.

    Args:
        key: Key of the party.
        group: Its key where there is one of it, "regional" for the other carriers.
        roster: Import paths by key, or by group for all of a group; those of added carriers among them.

    Raises:
        RosterError: The class cannot be found or is none of a party.
    """
    path = roster.get(key, roster.get(group))
    return USUAL[group] if path is None else find_class(key, path, USUAL.get(group, Carrier))


def find_class(key: str, path: str, base: type[Party] = Party) -> type[Party]:
    """The class at an import path, as far as it can be a party.

    Args:
        key: Key of the party that it is for.
        path: "module:Class" or "file.py:Class".
        base: What it must be a subclass of; `Party` for a party that is no carrier.

    Raises:
        RosterError: There is none, or it is no party, or not of this kind.
    """
    found = load_class(key, path)
    check_kind(key, found, base)
    return found


def load_class(key: str, path: str) -> type[Party]:
    """The class at an import path, whatever kind of party it is; a file is read once and stays what it was then.

    Args:
        key: Key of the party that it is for.
        path: "module:Class" or "file.py:Class".

    Raises:
        RosterError: There is none, or it is no party.
    """
    if path not in _known:
        where, colon, name = path.rpartition(":")
        if not colon or not where or not name.isidentifier():
            raise RosterError(f"roster: {key} is {path!r}; allowed: module:Class or file.py:Class")
        found = getattr(_load(key, where), name, None)
        if not isinstance(found, type) or not issubclass(found, Party):
            raise RosterError(
                f"roster: {key} is {path!r}; {where} has no class {name} that is a party (agents.party.Party)"
            )
        _known[path] = (found, _file_checksum(found))
    return _known[path][0]


def check_kind(key: str, found: object, base: type[Party] = Party) -> None:
    """Refuse a class that cannot be this party.

    Args:
        key: Key of the party.
        found: The class.
        base: What it must be a subclass of; `Party` for a party that is no carrier.

    Raises:
        RosterError: It is no party, or of another kind.
    """
    if not isinstance(found, type) or not issubclass(found, Party):
        raise RosterError(f"roster: {key} is {found!r}; allowed: a class that is a party (agents.party.Party)")
    if not issubclass(found, base):
        raise RosterError(f"roster: {key} is {found.__name__}; its class must be a subclass of {base.__name__}")
    if base is Party and issubclass(found, tuple(_KINDS)):
        kind = next(what for one, what in _KINDS.items() if issubclass(found, one))
        raise RosterError(
            f"roster: {key} is {found.__name__}, which is {kind}, and none is called {key!r}; there are "
            f"{', '.join(USUAL)}, and single regional carriers by their own keys"
        )


def located(path: str, folder: Path) -> str:
    """An import path that means the same everywhere: a file by its whole path.

    Args:
        path: "module:Class" or "file.py:Class". A module that is not installed, but stands as a file in the folder, is
            that file.
        folder: Where a person named it.
    """
    where, colon, name = path.rpartition(":")
    file = (folder / f"{where}.py").resolve()
    if colon and where.isidentifier() and where not in sys.modules and file.is_file():
        found = importlib.util.find_spec(where)
        if found is None or (found.origin is not None and Path(found.origin).resolve() == file):
            where = f"{where}.py"
    return f"{(folder / where).resolve()}{colon}{name}" if where.endswith(".py") else path


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
            f"roster: {key} is {found.__qualname__}, which stands at the top of no module: no other process can find "
            "it; move it into a file of its own"
        )
    where = found.__module__
    if where == "__main__" or where.startswith(_LOADED_FILES):
        where = str(Path(inspect.getfile(found)).resolve())
    path = f"{where}:{found.__name__}"
    if path not in _known or _known[path][0] is not found:
        _known[path] = (found, _file_checksum(found))
    return path


def paths_of(roster: Mapping[str, type[Party] | str], folder: Path | None = None) -> dict[str, str]:
    """Import paths of a roster as Python takes it: classes, or paths of classes.

    Args:
        roster: Classes or import paths by key of a party.
        folder: Where files are looked for; None for the current folder.

    Raises:
        RosterError: A class that no other process could find, or what is neither class nor path.
    """
    start = Path.cwd() if folder is None else folder
    return {key: located(one, start) if isinstance(one, str) else path_of(key, one) for key, one in roster.items()}


def checksum(path: str) -> str:
    """SHA-256 over the file that a class of a roster stands in, as it was when this process read it.

    Raises:
        RosterError: The class cannot be found.
    """
    load_class("a party", path)
    return _known[path][1]


def origin(roster: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What a result tells of its roster: import path and checksum by key of a party."""
    return {key: {"path": path, "sha256": checksum(path)} for key, path in roster.items()}


def played_by(roster: Mapping[str, str]) -> list[str]:
    """Who plays whom, one sentence each, without the folders of files."""
    return [f"{key} is played by {short(path)}" for key, path in roster.items()]


def short(path: str) -> str:
    """An import path without folders."""
    where, colon, name = path.rpartition(":")
    return f"{Path(where).name if where.endswith('.py') else where}{colon}{name}"


def _file_checksum(found: type) -> str:
    try:
        return hashlib.sha256(Path(inspect.getfile(found)).read_bytes()).hexdigest()
    except (OSError, TypeError) as error:
        raise RosterError(f"roster: the file of {found.__name__} cannot be read: {error}") from error


def _load(key: str, where: str) -> ModuleType:
    """The module of a name or of a file."""
    try:
        return importlib.import_module(where) if not where.endswith(".py") else _load_file(key, where)
    except RosterError:
        raise
    except Exception as error:
        raise RosterError(f"roster: {key} is in {where}, which cannot be imported: {error}") from error


def _load_file(key: str, where: str) -> ModuleType:
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
