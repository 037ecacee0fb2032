"""A market in a file, to go on with another day: the whole state, bit for bit.

A checkpoint belongs to the code, Mesa, numpy and Python that wrote it; others refuse it rather than go on differently.
Inside is a pickle. It is read with a short list of what may be in it (classes of the market, of Mesa and of numpy), so
that a file from elsewhere cannot call anything else; even so, open only files whose origin you know.

Where a roster of one's own plays, the first line names its classes by import path and checksum, and the pickle names
them by key. Nothing of it is imported unless the caller says so.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import mesa
import numpy as np
from mesa.time.events import EventGenerator

from agents.party import Party
from agents.roster import RosterError, checksum, load_class, origin, paths_of, short
from model.code_checksum import code_checksum
from model.whole_file import whole_file

FORMAT = "lastmile-checkpoint-1"
PACKAGES = ("agents", "model")
_OTHERS = {
    "builtins": {"list", "set", "frozenset", "dict"},
    "collections": {"defaultdict", "OrderedDict", "deque"},
    "functools": {"partial"},
    "random": {"Random"},
    "mesa.agentset": {"_HardKeyAgentSet", "AgentSet"},
    "mesa.datacollection": {"DataCollector"},
    "mesa.experimental.data_collection.dataset": {"DataRegistry"},
    "mesa.experimental.scenarios.scenario": {"Scenario"},
    "mesa.time.events": {"Event", "EventGenerator", "EventList", "Priority", "Schedule"},
    "model.checkpoint": {"_array"},
    "model.market": {"_latest"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.random._pcg64": {"PCG64"},
    "numpy.random._pickle": {"__bit_generator_ctor", "__generator_ctor"},
    "numpy.random.bit_generator": {"SeedSequence", "__pyx_unpickle_SeedSequence"},
}


class CheckpointError(ValueError):
    """A market cannot be kept in a file, or a file holds none that can go on here."""


def write_checkpoint(market: Any, path: str | Path) -> Path:
    """Write a market to a file, all or nothing; see the module.

    Raises:
        CheckpointError: It plays with a class of one's own that no other process could find, or holds what is no part
            of a market.
        OSError: The file cannot be written.
    """
    try:
        roster = _travelling(market)
        classes = {key: load_class(key, entry["path"]) for key, entry in roster.items()}
        buffer = io.BytesIO()
        (_Writer(buffer, 5) if not classes else _RosterWriter(buffer, classes)).dump(market)
        content = buffer.getvalue()
        _Reader(io.BytesIO(content), classes).load()
    except (CheckpointError, pickle.PicklingError, AttributeError, TypeError) as error:
        raise CheckpointError(f"this market cannot be kept: {error}") from error
    head: dict[str, Any] = {"format": FORMAT, "sha256": hashlib.sha256(content).hexdigest(), **_made_by()}
    if roster:
        head["roster"] = roster
    with whole_file(path) as draft:
        draft.write_bytes(json.dumps(head).encode() + b"\n" + content)
    return Path(path)


def read_checkpoint(path: str | Path, roster: bool | Mapping[str, type[Party] | str] = False) -> Any:
    """Read what `write_checkpoint` wrote.

    Args:
        path: The file.
        roster: What may be imported for the classes of one's own that the file names: nothing, whatever it names
            (True), or the classes themselves or their paths, by key.

    Raises:
        CheckpointError: There is no such file, it is no checkpoint, damaged, of other code, or holds what it must not;
            or it names classes that it was not given, or that have changed.
    """
    try:
        first, _, content = Path(path).read_bytes().partition(b"\n")
        head = json.loads(first)
    except OSError as error:
        raise CheckpointError(f"checkpoint {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise CheckpointError(f"checkpoint {path}: it is no checkpoint of a market")
    for name, value in _made_by().items():
        if head.get(name) != value:
            raise CheckpointError(
                f"checkpoint {path}: it was written with {name} {head.get(name)!r}, here it is {value!r}; "
                "play the run again from its start"
            )
    if head.get("sha256") != hashlib.sha256(content).hexdigest():
        raise CheckpointError(f"checkpoint {path}: it is damaged")
    try:
        return _Reader(io.BytesIO(content), _classes(head.get("roster", {}), roster)).load()
    except (CheckpointError, RosterError) as error:
        raise CheckpointError(f"checkpoint {path}: {error}") from error
    except Exception as error:  # a pickle can fail in any way
        raise CheckpointError(f"checkpoint {path}: it is damaged: {error}") from error


def _travelling(market: Any) -> dict[str, dict[str, str]]:
    """Import paths and checksums of the classes of one's own in a market, by key.

    Raises:
        CheckpointError: One of them cannot be found by another process.
    """
    own: dict[str, str] = market.settings.own_classes
    known = [load_class(key, path) for key, path in own.items()]
    for party in (*market.carrier_agents, market.regulator, *market.other_parties):
        kind = type(party)
        if kind not in known and kind.__module__.partition(".")[0] not in PACKAGES:
            raise CheckpointError(f"{party.key} is played by {kind.__qualname__}, which no other process could find")
    return origin(own)


def _classes(named: object, given: bool | Mapping[str, type[Party] | str]) -> dict[str, type[Party]]:
    """The classes that a file names, as far as the caller allows.

    Raises:
        CheckpointError: It names some that are not given, or that have changed since.
    """
    if not _is_roster(named):
        raise CheckpointError("it is damaged: its roster is none")
    assert isinstance(named, dict)
    told = ", ".join(f"{key} is played by {short(entry['path'])}" for key, entry in named.items())
    paths = {key: entry["path"] for key, entry in named.items()}
    if given is not True:
        if missing := sorted(paths.keys() - (given or {}).keys()):
            raise CheckpointError(
                f"in it {told}, and to read that is to run its code; allow it with roster=True, or give the class of "
                f"{', '.join(missing)}"
            )
        paths = paths_of({key: one for key, one in (given or {}).items() if key in paths})
    for key, path in paths.items():
        if checksum(path) != named[key]["sha256"]:
            raise CheckpointError(f"in it {key} is played by {short(path)}, whose file has changed since it was saved")
    return {key: load_class(key, path) for key, path in paths.items()}


def _is_roster(named: object) -> bool:
    return isinstance(named, dict) and all(
        isinstance(one, dict) and one.keys() == {"path", "sha256"} and {*map(type, one.values())} == {str}
        for one in named.values()
    )


@cache
def _made_by() -> dict[str, str]:
    return {
        "code": code_checksum(PACKAGES),
        "mesa": metadata.version("mesa"),
        "numpy": metadata.version("numpy"),
        "python": platform.python_version(),
    }


class _Writer(pickle.Pickler):
    """Writes arrays with their layout in memory, and those that share memory as sharing it.

    A pickle of numpy writes every array as a copy of its own in plain order: sums over it then add up in another order,
    and differ in their last digit.
    """

    def __init__(self, stream: io.BytesIO, protocol: int) -> None:
        super().__init__(stream, protocol=protocol)
        self._blocks: dict[int, tuple[Any, Any]] = {}  # by id of the array that owns the memory: it, and the memory
        self._plain: set[int] = set()

    def reducer_override(self, value: Any) -> Any:
        """How arrays are written; everything else as usual."""
        if type(value) is not np.ndarray or value.dtype.hasobject or not value.size or id(value) in self._plain:
            return NotImplemented
        owner = value
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        block = self._memory_of(owner)
        offset = _address(value) - _address(block)
        return _array, (block, value.dtype.str, value.shape, value.strides, offset, value.flags.writeable)

    def _memory_of(self, owner: Any) -> Any:
        if id(owner) not in self._blocks:
            order = sorted(range(owner.ndim), key=lambda axis: -abs(owner.strides[axis]))
            block = owner.transpose(order).reshape(-1)
            if not np.shares_memory(block, owner):
                raise CheckpointError("an array does not own one block of memory")
            self._blocks[id(owner)] = (owner, block)
            self._plain.add(id(block))
        return self._blocks[id(owner)][1]


class _RosterWriter(_Writer):
    """Writes classes that stand in the files of a roster by key and name: another process may have them elsewhere."""

    def __init__(self, stream: io.BytesIO, classes: Mapping[str, type[Party]]) -> None:
        super().__init__(stream, 5)
        self._classes = classes
        self._keys = {found.__module__: key for key, found in classes.items()}

    def persistent_id(self, value: Any) -> tuple[str, str] | None:
        """Key and name of a class of the roster's files; None for everything else."""
        if not isinstance(value, type) or value.__module__ not in self._keys:
            return None
        name: str = value.__qualname__
        for key, found in self._classes.items():
            if value is found:
                return key, name
        if getattr(sys.modules[value.__module__], name, None) is not value:
            raise CheckpointError(f"it holds a {name}, which stands at the top of no module")
        return self._keys[value.__module__], name


def _address(value: Any) -> int:
    return int(value.__array_interface__["data"][0])


def _array(block: Any, kind: str, shape: Any, strides: Any, offset: int, writeable: bool) -> Any:
    """An array in a block of memory; numpy refuses what would lie outside of it."""
    found: Any = np.ndarray(shape, np.dtype(kind), buffer=block, offset=offset, strides=strides)
    found.flags.writeable = writeable
    return found


class _Reader(pickle.Unpickler):
    """Reads only what a market consists of, with classes that stand in the same files as those of a roster."""

    def __init__(self, stream: io.BytesIO, classes: Mapping[str, type[Party]]) -> None:
        super().__init__(stream)
        self._classes = classes

    def persistent_load(self, pid: Any) -> Any:
        """A class of the roster's files."""
        key, name = pid if isinstance(pid, tuple) and len(pid) == 2 else ("", "")
        if key in self._classes and name == self._classes[key].__qualname__:
            return self._classes[key]
        home = self._classes[key].__module__ if key in self._classes else ""
        found = getattr(sys.modules.get(home), name, None) if isinstance(name, str) else None
        if not isinstance(found, type) or found.__module__ != home:
            raise CheckpointError(f"it holds {name!r} of {key!r}, which is no part of its roster")
        return found

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _method
        known = name in _OTHERS.get(module, ())
        own = module.partition(".")[0] in PACKAGES and "." not in name
        found = super().find_class(module, name) if known or own else None
        if known or (isinstance(found, type) and found.__module__ == module):
            return found
        raise CheckpointError(f"it holds {module}.{name}, which is no part of a market")


def _method(owner: object, name: str) -> Any:
    """A method of the market or of Mesa's schedule: all that a pickle of them has to look up by name."""
    if not isinstance(owner, mesa.Model | EventGenerator) or name.startswith("__"):
        raise CheckpointError(f"it asks for {name!r} of a {type(owner).__name__}, which is no part of a market")
    return getattr(owner, name)
