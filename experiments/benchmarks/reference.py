"""Reference runs: outcomes of a few short runs, kept in a file, so that a change of results cannot go unseen.

`lastmile baseline` compares, `lastmile baseline --refresh` accepts what the model gives today.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.errors import InputError
from experiments.provenance import machine
from experiments.storage import write_text
from model.market import ParcelMarket
from model.scenario import Scenario
from model.tables import CHECKSUM_FILE, refresh_checksums
from model.texts import read_text_file

REFERENCE_FILE = Path(__file__).parents[2] / "tests" / "data" / "reference_runs.json"
OF_ONE_YEAR = re.compile(r"_\d{4}$")
REFRESH_COMMAND = "lastmile baseline --refresh"
# Another processor may round exp() and sums differently; a shipper that sits on the fence may then choose otherwise.
OTHER_MACHINE_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Case:
    """One reference run.

    Attributes:
        scenario: Scenario of the library.
        seed: Seed.
        changes: Levers and parameters that differ from the scenario.
    """

    scenario: str
    seed: int
    changes: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the file calls it."""
        return " ".join([self.scenario, f"seed={self.seed}", *(f"{k}={v}" for k, v in self.changes.items())])


CASES = (
    Case("baseline", 1, {"end": "2026-12", "n_shippers": 400}),
    Case("withdraw", 2, {"end": "2026-12", "n_shippers": 400, "build_limit": 0.5}),
    Case("auction_pay_as_bid", 3, {"end": "2026-12", "n_shippers": 400}),
    Case("baseline", 4, {"start": "2019-01", "end": "2020-12", "n_shippers": 400}),
)


@dataclass(frozen=True, slots=True)
class Move:
    """An outcome that is not what it was.

    Attributes:
        case: Name of the run.
        outcome: Name of the outcome.
        before: What the file says, None where it does not know the outcome.
        now: What the model gives, None where it does not give it any more.
    """

    case: str
    outcome: str
    before: float | None
    now: float | None

    @property
    def share(self) -> float:
        """Change relative to the larger of the two; infinite where one of them is missing."""
        if self.before is None or self.now is None:
            return float("inf")
        return abs(self.now - self.before) / max(abs(self.now), abs(self.before))

    def __str__(self) -> str:
        return f"{self.case}: {self.outcome} was {self.before!r}, is {self.now!r} (moved by {self.share:.3g})"


def outcomes_now() -> dict[str, dict[str, float]]:
    """Play the reference runs; outcomes of the whole run (years sum up to it), by run."""
    found = {}
    for case in CASES:
        scenario = Scenario.load(case.scenario).with_changes(dict(case.changes))
        outcomes = ParcelMarket(scenario, rng=case.seed).run().outcomes()
        found[case.name] = {name: float(value) for name, value in outcomes.items() if not OF_ONE_YEAR.search(name)}
    return found


def read_reference(path: Path = REFERENCE_FILE) -> dict[str, Any]:
    """Read the file.

    Raises:
        InputError: There is none.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; `{REFRESH_COMMAND}` writes it")
    content: dict[str, Any] = json.loads(read_text_file(path))
    return content


def refresh(path: Path = REFERENCE_FILE) -> None:
    """Write what the model gives today."""
    content = {"machine": _machine(), "runs": outcomes_now()}
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n")
    if (path.parent / CHECKSUM_FILE).is_file():
        refresh_checksums(path.parent)


def moves(path: Path = REFERENCE_FILE) -> list[Move]:
    """Outcomes that differ from the file: to the last bit on the machine that wrote it, else by more than 1e-6.

    Raises:
        InputError: There is no file.
    """
    content = read_reference(path)
    tolerance = 0.0 if content["machine"] == _machine() else OTHER_MACHINE_TOLERANCE
    now, found = outcomes_now(), []
    for case in sorted(content["runs"].keys() | now.keys()):
        before, after = content["runs"].get(case, {}), now.get(case, {})
        for outcome in sorted(before.keys() | after.keys()):
            move = Move(case, outcome, before.get(outcome), after.get(outcome))
            if not _same(move, tolerance):
                found.append(move)
    return sorted(found, key=lambda move: -move.share)


def _machine() -> dict[str, str]:
    """What the last bits may hang on."""
    return {"numpy": metadata.version("numpy"), "scipy": metadata.version("scipy"), **machine()}


def _same(move: Move, tolerance: float) -> bool:
    if move.before is None or move.now is None:
        return False
    both_missing = move.before != move.before and move.now != move.now
    return both_missing or move.before == move.now or move.share <= tolerance
