"""The address bar: scenario, seed, what is changed and the month shown, so that a link brings the same view again.

`/?scenario=withdraw&seed=7&month=2026-05&set.build_limit=0.5`. Where a visitor sits at the table the address holds the
seat and what was answered (`server.talks.moves`), so that it brings the same talks again. Where a run is a branch,
`branch=2026-06&then.debt_cap=raised` says from which month on what is changed, and `set.` what was changed until then.
Parties of one's own cannot come by it: where some play, the address is marked, and who opens it elsewhere is told.
Pages have names of their own beside these (`what`, `talks`, ...), which are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from agents.calendar import Month
from model.scenario import DEFAULT_SCENARIO, levers
from server.choice import Choice, ChoiceError, Value, branch_choice, lever_keys, make_choice
from server.parties import ONLY_BY_SERVING, marked
from server.talks.moves import read_moves, write_moves
from server.talks.seat import why_no_seat
from server.talks.sides import SEATS

MAX_QUERY = 8000
CHANGE, LATER = "set.", "then."
OWN = ("scenario", "seed", "month", "roster", "seat", "moves", "branch")


@dataclass(frozen=True)
class View:
    """What an address asks for.

    Attributes:
        choice: The run.
        months: How many months to simulate at once; 0 stays at the start.
        moves: What was answered in the seat, oldest first.
    """

    choice: Choice
    months: int = 0
    moves: tuple[str, ...] = ()


def read_query(query: str | None) -> View:
    """Read the part of an address behind the question mark.

    Raises:
        ChoiceError: All that is wrong with it.
    """
    if len(query or "") > MAX_QUERY:
        raise ChoiceError(f"the address is longer than {MAX_QUERY} characters")
    try:
        pairs = parse_qsl(query or "", keep_blank_values=True, max_num_fields=300)
    except ValueError as error:
        raise ChoiceError("the address has too many parts") from error
    values: dict[str, str] = {}
    problems: list[str] = []
    for name, value in pairs:
        if name in OWN or name.startswith((CHANGE, LATER)):
            if name in values:
                problems.append(f"{name} is given twice")
            values[name] = value
    if values.get("roster", marked()) != marked():  # a mark only: nothing of it is ever read as code
        problems.append(f"roster: {ONLY_BY_SERVING}")
    seed = _whole(values.get("seed", "1"))
    overrides, later = (
        {name.removeprefix(prefix): _value(name, text) for name, text in values.items() if name.startswith(prefix)}
        for prefix in (CHANGE, LATER)
    )
    choice, months = Choice(), 0
    moves: tuple[str, ...] = ()
    try:
        choice = make_choice(values.get("scenario", DEFAULT_SCENARIO), seed, overrides)
        months = _months(choice, values.get("month"))
        choice = _seated(choice, values.get("seat", ""))
        choice = _branched(choice, values.get("branch"), later)
    except ChoiceError as error:
        problems += [line.removeprefix("change: ") for line in error.problems]
    try:
        moves = read_moves(values.get("moves", ""))
    except ValueError as error:
        problems.append(str(error))
    if moves and not values.get("seat"):
        problems.append(f"moves: nobody sits at the table; name the seat, one of {', '.join(SEATS)}")
    if problems:
        raise ChoiceError("\n".join(problems))
    return View(choice, months, moves)


def names_run(query: str | None) -> bool:
    """Whether the part of an address behind the question mark names anything of a run."""
    names = [name for name, _ in parse_qsl((query or "")[:MAX_QUERY], keep_blank_values=True)]
    return any(name in OWN or name.startswith((CHANGE, LATER)) for name in names)


def write_query(choice: Choice, month: Month | None, moves: Sequence[str] = ()) -> str:
    """Write the part of an address behind the question mark: only what differs from the default; may be empty.

    Args:
        choice: The run.
        month: The month shown; None says nothing of it.
        moves: What was answered in its seat.
    """
    parts: list[tuple[str, str]] = []
    if choice.scenario != DEFAULT_SCENARIO:
        parts.append(("scenario", choice.scenario))
    if choice.seed != 1:
        parts.append(("seed", str(choice.seed)))
    if month is not None:
        parts.append(("month", str(month)))
    if marked():
        parts.append(("roster", marked()))
    if choice.seat:
        parts.append(("seat", choice.seat))
        parts += [("moves", write_moves(moves))] if moves else []
    past = choice.past
    parts += [(CHANGE + key, _text(value)) for key, value in (choice if past is None else past).overrides]
    if past is not None:
        parts += [("branch", str(past.left)), *((LATER + key, _text(value)) for key, value in choice.overrides)]
    return urlencode(parts)


def _branched(choice: Choice, text: str | None, overrides: dict[str, Any]) -> Choice:
    """A choice with a branch, where the address names one."""
    if text is None:
        if overrides:
            raise ChoiceError(f"{LATER}{next(iter(overrides))}: no branch is named, as in branch=2026-06")
        return choice
    try:
        month = Month.parse(text)
    except ValueError as error:
        raise ChoiceError(f"branch must be a month such as 2026-06, not {text[:40]!r}") from error
    return branch_choice(choice, month, overrides)


def _seated(choice: Choice, seat: str) -> Choice:
    """A choice with a seat taken."""
    if not seat:
        return choice
    if seat not in SEATS:
        raise ChoiceError(f"seat must be one of {', '.join(SEATS)}, not {seat[:40]!r}")
    if problem := why_no_seat(choice.settings(), seat):
        raise ChoiceError(f"seat: {problem}")
    return replace(choice, seat=seat)


def _months(choice: Choice, text: str | None) -> int:
    """Months from the start of a run to the end of a month that is named."""
    if text is None:
        return 0
    settings = choice.settings()
    try:
        month = Month.parse(text)
    except ValueError as error:
        raise ChoiceError(f"month must be a month such as {settings.start}, not {text[:40]!r}") from error
    if not settings.start <= month <= settings.end:
        raise ChoiceError(f"month must be from {settings.start} to {settings.end}, not {month}")
    return month - settings.start + 1


def _whole(text: str) -> Any:
    """A whole number, or the text where it is none, which the check of the seed then names."""
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 30 else text


def _value(name: str, text: str) -> Any:
    """A value of an address in the type that its lever has; what does not fit is left for the checks to name."""
    key = name.partition(".")[2]
    if key in lever_keys():
        (lever,) = (lever for lever in levers() if lever.key == key)
        return {"true": True, "false": False}.get(text, text) if lever.kind == "switch" else text
    try:
        return float(text)
    except ValueError:
        return text


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else value
