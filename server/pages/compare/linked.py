"""What a visitor compares as a part of the address: `run=baseline&run=impasse;build_limit=0.5&pairs=5&shown=1`.

Finished comparisons are kept in the server's memory for as long as there is room, so that a reload or a link brings
the result again; who comes too late finds the form filled in.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from urllib.parse import parse_qsl, urlencode

from server.pages.compare.plan import MAX_RUNS, MAX_TEXT, Draft, read_draft
from server.pages.compare.work import Compared

MOST_KEPT = 4
MAX_QUERY = 8000
NUMBERS = {"pairs": "replications", "first": "seed", "shippers": "shippers"}
NAMES = ("run", "until", "shown", *NUMBERS)


class Kept:
    """Finished comparisons of all visitors by what they compare, the newest few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, Compared] = OrderedDict()

    def put(self, draft: Draft, found: Compared) -> None:
        """Keep one; the oldest gives way."""
        with self._lock:
            self._found[write_draft(draft, True)] = found
            self._found.move_to_end(write_draft(draft, True))
            while len(self._found) > MOST_KEPT:
                self._found.popitem(last=False)

    def get(self, draft: Draft) -> Compared | None:
        """A kept one, None where there is none."""
        with self._lock:
            return self._found.get(write_draft(draft, True))


KEPT = Kept()


def write_draft(draft: Draft, shown: bool) -> str:
    """A draft as a part of the address; empty for the usual one without a result."""
    usual = Draft()
    if draft == usual and not shown:
        return ""
    parts = [("run", ";".join([scenario, *_lines(changes)])) for scenario, changes in draft.runs]
    plain, base = draft.plain(), usual.plain()
    parts += [(name, str(plain[key])) for name, key in NUMBERS.items() if plain[key] != base[key]]
    parts += [("until", draft.until)] if draft.until != usual.until else []
    return urlencode([*parts, *([("shown", "1")] if shown else [])], safe=";,=")


def read_link(search: str | None) -> tuple[Draft, bool] | None:
    """A draft of an address, and whether its result was shown; None where it names no comparison.

    Raises:
        ValueError: It is no comparison, or too long.
    """
    if len(search or "") > MAX_QUERY:
        raise ValueError(f"the address is longer than {MAX_QUERY} characters")
    pairs = parse_qsl((search or "").removeprefix("?"), max_num_fields=300)
    runs = [value for name, value in pairs if name == "run"]
    if not runs:
        return None
    if len(runs) > MAX_RUNS or any(len(run) > MAX_TEXT for run in runs):
        raise ValueError(f"run: an address names at most {MAX_RUNS} runs of at most {MAX_TEXT} characters")
    values = dict(pairs)
    form = Draft().plain() | {key: _whole(values[name]) for name, key in NUMBERS.items() if name in values}
    form["runs"] = [_run(run) for run in runs]
    form["until"] = values.get("until", form["until"])
    return read_draft(form), values.get("shown") == "1"


def _lines(changes: str) -> list[str]:
    return [re.sub(r"\s*=\s*", "=", line.strip(), count=1) for line in changes.splitlines() if line.strip()]


def _run(text: str) -> dict[str, str]:
    scenario, *changes = text.split(";")
    return {"scenario": scenario, "changes": "\n".join(change.replace("=", " = ", 1) for change in changes)}


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else -1
