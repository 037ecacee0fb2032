"""What the market asks of a party is answered in kind, or the run stops with one sentence that says whose answer it is.

Only classes of one's own are looked at: `Party` wraps their methods when such a class is made, so that those that come
with the market cost nothing. What a method must answer is what the method that it replaces declares.
"""

from __future__ import annotations

import functools
import inspect
import threading
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from agents.geography import SEGMENTS

_OF_THE_MARKET = "agents."
# Which argument has the shape of the answer, by position: the answer stands beside it in a phase.
_LIKE_ARGUMENT = {
    "price_cap": 0, "coverage_after": 0, "coverage_after_closing": 0, "worth_of_a_stop": 0, "carriage_cost": 0,
    "wanted_additions": 0, "spare_capacity_price": 0, "filling_discount": 0, "carries_beyond": 0, "asks_back": 0,
    "surcharge": 1, "reserve_price": 0, "gives_up": 0, "review_awards": 0, "accepts_prices": 1,
    "leaves_at_published": 0,
}  # fmt: skip
_BY_ZONE = frozenset({
    "expected_volume", "capacity_coming", "reconsiders_plan", "stops_alone", "coverage_planned", "refuses_orders",
    "delivers_later", "coverage_ahead", "carried_by", "expected_with", "expected_at_usps",
    "outsourced",
})  # fmt: skip
_BY_SEGMENT = frozenset({"price_change"})

_local = threading.local()


class AnswerError(ValueError):
    """A party decided what is not possible; the message names the party, the decision and what is allowed."""


def last_asked(key: str) -> str | None:
    """The method that a party of a class of one's own has answered last in this thread; None where it is not known."""
    found: str | None = getattr(_local, "last", {}).get(key)
    return found


def check_answers(own: type) -> None:
    """Let the answers of a class be checked: of every method and property that replaces one of the market's.

    Args:
        own: A subclass of `Party`, as it has just been made.
    """
    if own.__module__.startswith(_OF_THE_MARKET):
        return
    for name, one in list(vars(own).items()):
        declared = _declared(own, name)
        if declared is None:
            continue
        if inspect.isfunction(one):
            setattr(own, name, _checked(one, name, declared))
        elif isinstance(one, property) and one.fget is not None:
            setattr(own, name, property(_checked(one.fget, name, declared), one.fset, one.fdel, one.__doc__))


def _declared(own: type, name: str) -> Callable[..., Any] | None:
    """The method of the market that one of this name replaces."""
    if name.startswith("_"):
        return None
    for base in own.__mro__[1:]:
        if base.__module__.startswith(_OF_THE_MARKET) and name in vars(base):
            found = vars(base)[name]
            found = found.fget if isinstance(found, property) else found
            return found if inspect.isfunction(found) else None
    return None


@functools.cache
def _kind(declared: Callable[..., Any]) -> Any:
    return typing.get_type_hints(declared).get("return")


def _checked(function: Callable[..., Any], name: str, declared: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def asked(self: Any, *given: Any, **named: Any) -> Any:
        answer = function(self, *given, **named)
        kind = _kind(declared)
        if kind is not type(None):
            shape = _shape(self, name, declared, given, named)
            if (wrong := problem(answer, kind, shape)) is not None:
                raise AnswerError(f"{self.key}: {name} answers {told(answer)}; allowed: {wrong}")
        if not hasattr(_local, "last"):
            _local.last = {}
        _local.last[self.key] = name
        return answer

    return asked


def _shape(
    party: Any, name: str, declared: Callable[..., Any], given: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[int, ...] | None:
    """Shape of the answer; None where the phase that asks is the one to check it."""
    if name in _LIKE_ARGUMENT:
        position = _LIKE_ARGUMENT[name]
        names = [*inspect.signature(declared).parameters][1:]
        beside = given[position] if position < len(given) else named.get(names[position])
        return np.shape(beside) if beside is not None else None
    if name in _BY_ZONE:
        return (party.world.zones.n_zones,)
    return (len(SEGMENTS),) if name in _BY_SEGMENT else None


def problem(answer: Any, kind: Any, shape: tuple[int, ...] | None = None) -> str | None:
    """What would be allowed where an answer is none of its kind; None where it is one.

    Args:
        answer: What a method has answered.
        kind: What it declares, a type.
        shape: Shape of an array; one number may stand for all. None for any.
    """
    kind = _resolved(kind)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any or isinstance(kind, typing.TypeVar):
        return None
    if origin in (typing.Union, types.UnionType):
        told_of = [problem(answer, one, shape) for one in inner]
        return None if None in told_of else " or ".join(dict.fromkeys(one for one in told_of if one is not None))
    if origin is typing.Literal:
        return None if any(answer is one or answer == one for one in inner) else ", ".join(map(str, inner))
    if origin is np.ndarray:
        return _problem_of_array(answer, np.dtype(typing.get_args(inner[1])[0]).kind, shape)
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Sequence)):
        return _problem_of_sequence(answer, inner, origin is tuple and Ellipsis not in inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        fits = isinstance(answer, Mapping) and all(
            problem(key, inner[0]) is None and problem(one, inner[1]) is None for key, one in answer.items()
        )
        return None if fits else f"a mapping from {_name(inner[0])} to {_name(inner[1])}"
    return _problem_of_one(answer, kind)


def _problem_of_array(answer: Any, kind: str, shape: tuple[int, ...] | None) -> str | None:
    wanted = f"{'numbers' if kind == 'f' else 'booleans' if kind == 'b' else 'whole numbers'}"
    wanted += f" of shape {shape}" if shape is not None else ""
    try:
        found = np.asarray(answer)
    except ValueError:  # rows of different lengths
        return wanted
    fits = {"f": "fiu", "b": "b", "i": "iu"}[kind]
    if found.dtype.kind not in fits or (shape is not None and found.shape not in (shape, ())):
        return wanted
    return f"{wanted}, none of them nan" if kind == "f" and np.isnan(found).any() else None


def _problem_of_sequence(answer: Any, inner: tuple[Any, ...], counted: bool) -> str | None:
    kinds = [one for one in inner if one is not Ellipsis]
    listed = isinstance(answer, Sequence | np.ndarray) and not isinstance(answer, str)
    if listed and counted:
        fits = len(answer) == len(kinds) and all(
            problem(one, kind) is None for one, kind in zip(answer, kinds, strict=True)
        )
    else:
        fits = listed and all(problem(one, kinds[0]) is None for one in answer)
    names = ", ".join(_name(kind) for kind in kinds)
    return None if fits else f"{len(kinds)} together ({names})" if counted else f"a sequence of {names}"


def _problem_of_one(answer: Any, kind: Any) -> str | None:
    if kind is type(None):
        return None if answer is None else "None"
    if isinstance(answer, np.ndarray) and answer.shape == ():
        answer = answer.item()
    if kind is bool:
        return None if isinstance(answer, bool | np.bool_) else _name(kind)
    if kind in (int, float):
        wanted = Integral if kind is int else Real
        is_number = isinstance(answer, wanted) and not isinstance(answer, bool | np.bool_)
        return None if is_number and not (kind is float and np.isnan(float(answer))) else _name(kind)
    if getattr(kind, "_is_protocol", False):
        needed = [name for name in vars(kind) if not name.startswith("_")]
        missing = [name for name in needed if not callable(getattr(answer, name, None))]
        return f"an object with {' and '.join(needed)}" if missing else None
    return None if not isinstance(kind, type) or isinstance(answer, kind) else f"a {kind.__name__}"


def _resolved(kind: Any) -> Any:
    """What a name of a type stands for: `Floats`, and `NDArray` behind it, are such names."""
    if isinstance(kind, typing.TypeAliasType):
        return _resolved(kind.__value__)
    if isinstance(origin := typing.get_origin(kind), typing.TypeAliasType):
        return _resolved(origin.__value__[typing.get_args(kind)])
    return kind


def _name(kind: Any) -> str:
    kind = _resolved(kind)
    if typing.get_origin(kind) is np.ndarray:
        return "an array"
    plain = {float: "a number", int: "a whole number", bool: "true or false", str: "a text", type(None): "None"}
    return plain.get(kind, getattr(kind, "__name__", str(kind)))


def told(value: Any) -> str:
    """An answer as an error message shows it, on one short line."""
    if isinstance(value, np.ndarray) and value.size > 3:
        odd = ", with nan" if value.dtype.kind == "f" and np.isnan(value).any() else ""
        return f"an array of {value.dtype} of shape {value.shape}{odd}"
    try:
        shown = " ".join(repr(value).split())
    except Exception:  # a stranger's class
        shown = f"a {type(value).__name__}"
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
