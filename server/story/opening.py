"""The first months of the run that the Story opens with, stored with the package: there at once, with no simulation.

They are what `tell` says of that run, made by `python -m server.studies.story_fan`, and are shown only as long as code
and data are those that made them. The run itself is simulated meanwhile and goes on from there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.code_checksum import code_checksum
from server.choice import Choice
from server.parties import marked
from server.stepping.stepper import start_market
from server.story.stage import N_COLUMNS
from server.story.turning import LASTS
from server.story.view import tell

FILE = Path(__file__).with_name("opening.json")
PACKAGES = Path(__file__).parents[2]
#: All months that the five steps show, and those after them in which a crossing could still turn out to have lasted.
MONTHS = 12 + LASTS


#: Modules whose code says what the months are and how they are told; what stands beside them on the page may change.
TOLD_BY = (
    *(f"server.story.{name}" for name in ("faces", "gate", "run", "stage", "turning", "view", "words")),
    "server.talks.sides",
    "server.words",
)


def fingerprint() -> str:
    """Checksum of the code and data that the months and their words follow from."""
    digest = hashlib.sha256(code_checksum(("agents", "model")).encode())
    for module in TOLD_BY:
        digest.update(PACKAGES.joinpath(*module.split(".")).with_suffix(".py").read_bytes())
    return digest.hexdigest()


def make_opening(choice: Choice) -> dict[str, Any]:
    """Simulate the first months of a run and tell them, ready for JSON."""
    market = start_market(choice)
    for _ in range(MONTHS):
        market.step()
    told = tell(market)
    return {
        "fingerprint": fingerprint(),
        "seed": choice.seed,
        "first": str(market.settings.start),
        "total": market.n_months,
        "width": N_COLUMNS,
        "rows": base64.b64encode(np.ascontiguousarray(told.rows, dtype="<f4").tobytes()).decode(),
        "months": list(told.months),
        "turns": list(told.turns),
        "due": [list(one) for one in told.due],
    }


def write_opening(opening: dict[str, Any], path: Path = FILE) -> None:
    """Store it, a line for each month."""
    text = json.dumps(opening, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text.replace('{"name":', '\n{"name":') + "\n", encoding="utf-8")


@cache
def stored_opening() -> dict[str, Any] | None:
    """What is stored, its rows as bytes; None where other code or data made it."""
    kept: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    if kept["fingerprint"] != fingerprint():
        return None
    return kept | {"rows": base64.b64decode(kept["rows"])}


def opening_of(choice: Choice) -> dict[str, Any] | None:
    """The stored months of a run as the browser reads them, but for key and first month to show; None without any."""
    found = stored_opening()
    if found is None or marked() or choice != Choice(seed=found["seed"]):
        return None
    return {key: value for key, value in found.items() if key not in ("fingerprint", "seed")} | {"begin": 0}
