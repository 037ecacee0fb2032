"""What a player did, as text that fits into an address: `seat=amazon&moves=2.3-w-2.55-t`.

A move is a price, `t` (take), `w` (decline and wait), `l` (leave the table) or `m` (as the model would); where several
price groups are answered at once they are joined by `_`. The same moves with the same seed bring the same run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

MAX_MOVES = 300
MOVE = re.compile(r"(?:l|m|(?:t|w|\d{1,4}(?:\.\d{1,4})?)(?:_(?:t|w|\d{1,4}(?:\.\d{1,4})?)){0,2})")
ALLOWED = "t (take), w (wait), l (leave), m (as the model) and prices such as 2.95, joined by -"


def move_of(values: Mapping[str, Any]) -> str:
    """One answer of a browser that was taken, as text."""
    if values.get("leave") is True:
        return "l"
    if values.get("model") is True:
        return "m"
    accept, price = values.get("accept", []), values.get("price", [])
    parts = []
    for position in range(max(len(accept), len(price), 1)):
        named = price[position] if position < len(price) else None
        if position < len(accept) and accept[position] is True:
            parts.append("t")
        else:
            parts.append("w" if named is None else f"{named:.4f}".rstrip("0").rstrip("."))
    return "_".join(parts)


def answer_of(move: str) -> dict[str, Any]:
    """A move as a browser would send it."""
    if move == "l":
        return {"leave": True}
    if move == "m":
        return {"model": True}
    parts = move.split("_")
    price = [None if part in "tw" else float(part) for part in parts]
    found: dict[str, Any] = {"accept": [part == "t" for part in parts], "price": price}
    if all(part in "tw" for part in parts):
        found["price"] = []
    return found


def read_moves(text: str) -> tuple[str, ...]:
    """Moves of an address.

    Raises:
        ValueError: It holds something else, or too much.
    """
    moves = tuple(text.split("-")) if text else ()
    if len(moves) > MAX_MOVES:
        raise ValueError(f"moves: there are {len(moves)}; allowed: at most {MAX_MOVES}")
    for move in moves:
        if not MOVE.fullmatch(move):
            raise ValueError(f"moves: {move[:20]!r} is no move; allowed: {ALLOWED}")
    return moves


def write_moves(moves: Sequence[str]) -> str:
    """Moves as an address holds them."""
    return "-".join(moves)
