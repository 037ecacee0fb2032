"""What a server and its stepping processes say to each other; both are started from the same code, so it is pickled."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, Literal

# A run has one key for as long as it lives in a process; messages that concern the process as a whole have key 0.
WHOLE_PROCESS = 0
_HEAD = struct.Struct("!Q")


@dataclass(frozen=True)
class Pulse:
    """A sign of life of a process, once a second.

    Attributes:
        runs: Runs that it steps.
        markets: Markets in its memory.
        competing: Runs that compute or wait for their turn.
    """

    runs: int
    markets: int
    competing: int


@dataclass(frozen=True)
class Reply:
    """What a question about a market found.

    Attributes:
        question: Number of the question.
        value: The answer.
    """

    question: int
    value: object


@dataclass(frozen=True)
class Wish:
    """Something that a run is to do.

    Attributes:
        what: "open", "begin_ahead" of the whole process, or the name of a method of the run.
        arguments: Its arguments.
    """

    what: Literal[
        "open", "reset", "want_months", "set_speed", "look_back", "show_view", "refresh", "ask", "answer",
        "acknowledge", "close", "begin_ahead",
    ]  # fmt: skip
    arguments: tuple[Any, ...] = ()


def packed(key: int, content: object) -> bytes:
    """A message as bytes; its key can be read without the rest."""
    return _HEAD.pack(key) + pickle.dumps(content, pickle.HIGHEST_PROTOCOL)


def key_of(message: bytes) -> int:
    """Which run a message is about."""
    key: int = _HEAD.unpack_from(message)[0]
    return key


def content_of(message: bytes) -> Any:
    """What it says."""
    return pickle.loads(memoryview(message)[_HEAD.size :])
