"""A market in a file, to go on with another day: the whole state, bit for bit.

A checkpoint belongs to the code, Mesa, numpy and Python that wrote it; others refuse it rather than go on differently.
Inside is a pickle. It is read with a short list of what may be in it (classes of the market, of Mesa and of numpy), so
that a file from elsewhere cannot call anything else; even so, open only files whose origin you know.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import platform
import tempfile
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import mesa
import numpy as np
from mesa.time.events import EventGenerator

from model.code_checksum import code_checksum

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
        CheckpointError: It plays with a strategy of one's own, which no other process would know.
        OSError: The file cannot be written.
    """
    try:
        buffer = io.BytesIO()
        _Writer(buffer, protocol=5).dump(market)
        content = buffer.getvalue()
        _Reader(io.BytesIO(content)).load()
    except (CheckpointError, pickle.PicklingError, AttributeError, TypeError) as error:
        raise CheckpointError(f"this market cannot be kept: {error}") from error
    head = {"format": FORMAT, "sha256": hashlib.sha256(content).hexdigest(), **_made_by()}
    target = Path(path)
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(json.dumps(head).encode() + b"\n" + content)
        os.chmod(draft, 0o644)
        os.replace(draft, target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return target


def read_checkpoint(path: str | Path) -> Any:
    """Read what `write_checkpoint` wrote.

    Raises:
        CheckpointError: There is no such file, it is no checkpoint, damaged, of other code, or holds what it must not.
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
        return _Reader(io.BytesIO(content)).load()
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint {path}: {error}") from error
    except Exception as error:  # a pickle can fail in any way
        raise CheckpointError(f"checkpoint {path}: it is damaged: {error}") from error


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


def _address(value: Any) -> int:
    return int(value.__array_interface__["data"][0])


def _array(block: Any, kind: str, shape: Any, strides: Any, offset: int, writeable: bool) -> Any:
    """An array in a block of memory; numpy refuses what would lie outside of it."""
    found: Any = np.ndarray(shape, np.dtype(kind), buffer=block, offset=offset, strides=strides)
    found.flags.writeable = writeable
    return found


class _Reader(pickle.Unpickler):
    """Reads only what a market consists of."""

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
