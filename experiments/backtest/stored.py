"""The results of the back-tests as data, so that a page can show them without running anything."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.backtest.discrepancy import Residual, residuals
from experiments.backtest.patterns import Pattern
from experiments.backtest.quarters import COLUMNS as QUARTER_COLUMNS
from experiments.backtest.quarters import WORDS as QUARTER_WORDS
from experiments.backtest.scores import Coverage, Score
from experiments.errors import InputError
from experiments.storage import write_text
from experiments.stored import Stored, origin_of
from model.texts import read_text_file

if TYPE_CHECKING:
    from experiments.backtest.hindcast import Hindcast

STORED_FILE = "results.json"
WORDS = ("series", "entity", "year", "unit", "source_id")  # columns of the table that are no measures
DIGITS = 6  # significant, more than anything published has


@dataclass(frozen=True, eq=False)
class StoredRun:
    """One back-test.

    Attributes:
        name: Its name, for example "free from 2022".
        purpose: What it is for, one sentence.
        given: Which parameters it had and what these know, one sentence.
        mode: "forced" or "free".
        first: First month, as in "2022-01".
        last: Last month.
        draws: Name of the parameter draws, None for the default parameters.
        replications: Runs.
        seed: Seed of the first run.
        table: One row per series, entity and year with the columns of `Hindcast.table`: `series`, `entity`, `year`,
            `unit`, `observed`, `observed_low`, `observed_high`, `median`, `low50`, `high50`, `low90`, `high90`, the
            naive forecasts `persistence` and `drift`, `source_id`; numbers are nan where nothing was published.
        scores: Errors, beside those of the naive forecasts and the limits.
        patterns: What the runs show.
        coverage: How many observations the bands hold, by what they are made of.
        quarters: Packages of USPS by quarter before 2022 with the columns of `quarter_table`; without rows where the
            span has no such quarter or the file is older than they are.
        quarter_scores: Errors of the quarters, likewise.
    """

    name: str
    purpose: str
    given: str
    mode: str
    first: str
    last: str
    draws: str | None
    replications: int
    seed: int
    table: pd.DataFrame = field(repr=False)
    scores: tuple[Score, ...] = field(repr=False)
    patterns: tuple[Pattern, ...] = field(repr=False)
    coverage: tuple[Coverage, ...] = field(default=(), repr=False)
    quarters: pd.DataFrame = field(default_factory=lambda: _quarters({}), repr=False)
    quarter_scores: tuple[Score, ...] = field(default=(), repr=False)

    def series(self, series: str, entity: str) -> pd.DataFrame:
        """Rows of one series of one carrier or total, by year; empty where there is none."""
        rows = self.table[(self.table["series"] == series) & (self.table["entity"] == entity)]
        return rows.set_index("year").sort_index()


@dataclass(frozen=True, eq=False)
class StoredHindcast(Stored):
    """All back-tests of the documentation.

    Attributes:
        limits: What limits the back-test, one sentence or more each.
        runs: The back-tests.
    """

    limits: tuple[str, ...]
    runs: tuple[StoredRun, ...]

    def run(self, name: str) -> StoredRun:
        """A back-test by name.

        Raises:
            InputError: There is none of that name.
        """
        for run in self.runs:
            if run.name == name:
                return run
        raise InputError(f"run: {name!r} is not stored; there are {', '.join(run.name for run in self.runs)}")


@cache
def stored_hindcast() -> StoredHindcast:
    """The results that come with the package; `lastmile hindcast --write FILE` makes them anew.

    Raises:
        InputError: They are missing or cannot be read.
    """
    return read_stored(stored_file())


def stored_residuals() -> list[Residual]:
    """Residuals of the free spans that come with the package, of all their years.

    Raises:
        InputError: They are missing or cannot be read.
    """
    return free_residuals(stored_hindcast().runs)


def free_residuals(runs: Iterable[StoredRun]) -> list[Residual]:
    """Residuals of the free ones among back-tests; imposed events hide what the form of the model gets wrong."""
    return [
        one
        for run in runs
        if run.mode == "free"
        for one in residuals(run.name, int(run.first.partition("-")[0]), run.table)
    ]


def read_stored(file: Path) -> StoredHindcast:
    """Read stored results.

    Raises:
        InputError: The file is missing or holds something else.
    """
    try:
        content = json.loads(read_text_file(file))
        return StoredHindcast(
            **{name: content[name] for name in ("command", "date", "commit", "code_checksum")},
            limits=tuple(content["limits"]),
            runs=tuple(map(_run, content["runs"])),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"back-test: {file.name} cannot be read: {str(error).splitlines()[0]}") from error


def _run(row: dict[str, Any]) -> StoredRun:
    table = pd.DataFrame(row["rows"], columns=row["columns"])
    table = table.astype({name: float for name in table.columns if name not in WORDS})
    plain = {item.name: row[item.name] for item in fields(StoredRun) if item.name in row}
    patterns = tuple(Pattern(**pattern) for pattern in row["patterns"])
    found = {
        "scores": tuple(map(_score, row["scores"])),
        "coverage": tuple(map(_coverage, row.get("coverage", ()))),
        "quarters": _quarters(row),
        "quarter_scores": tuple(map(_score, row.get("quarter_scores", ()))),
    }
    return StoredRun(**plain | {"table": table, "patterns": patterns} | found)


def _quarters(row: dict[str, Any]) -> pd.DataFrame:
    """The quarters of a stored run, without rows where it has none."""
    table = pd.DataFrame(row.get("quarters", []), columns=list(QUARTER_COLUMNS))
    return table.astype({name: float for name in QUARTER_COLUMNS if name not in QUARTER_WORDS})


def _score(row: dict[str, Any]) -> Score:
    return Score(**_numbers(row))


def _coverage(row: dict[str, Any]) -> Coverage:
    return Coverage(**_numbers(row))


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {key: math.nan if value is None and key != "met" else value for key, value in row.items()}


def write_stored(
    file: Path, results: Sequence[Hindcast], words: Sequence[tuple[str, str, str]], limits: Sequence[str], command: str
) -> None:
    """Write results, all or nothing: one row of a table a line, so that changes can be read.

    Args:
        file: Where.
        results: The back-tests.
        words: Name, purpose and what is given, for each.
        limits: What limits them.
        command: What made them.

    Raises:
        InputError: The file cannot be written there.
    """
    runs = [_plain(result, *text) for result, text in zip(results, words, strict=True)]
    head = {
        **origin_of(command),
        "limits": list(limits),
    }
    write_text(file, _dump(head, runs))


def stored_file() -> Path:
    """Where the results that come with the package are."""
    return Path(str(resources.files("experiments") / "backtest" / STORED_FILE))


def _plain(result: Hindcast, name: str, purpose: str, given: str) -> dict[str, Any]:
    told = result.summary()
    columns = list(result.table.columns)
    rows = [[_short(row[column]) for column in columns] for row in told["rows"]]
    return {
        "name": name,
        "purpose": purpose,
        "given": given,
        "mode": result.mode,
        "first": told["from"],
        "last": told["to"],
        "draws": result.draws,
        "replications": result.replications,
        "seed": result.seed,
        "scores": told["errors"],
        "coverage": told["coverage"],
        "patterns": told["patterns"],
        "columns": columns,
        "rows": rows,
        "quarter_scores": told["quarter_errors"],
        "quarters": [[_short(row[name]) for name in QUARTER_COLUMNS] for row in told["quarters"]],
    }


def _short(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _dump(head: dict[str, Any], runs: list[dict[str, Any]]) -> str:
    def text(value: Any) -> str:
        return json.dumps(value, allow_nan=False, ensure_ascii=False)

    def block(values: list[Any]) -> str:
        return "[\n" + ",\n".join(map(text, values)) + "\n]"

    blocks = ("scores", "coverage", "patterns", "rows", "quarter_scores", "quarters")
    parts = []
    for run in runs:
        lines = [f"{text(key)}: {block(value) if key in blocks else text(value)}" for key, value in run.items()]
        parts.append("{\n" + ",\n".join(lines) + "\n}")
    lines = [f"{text(key)}: {text(value)}" for key, value in head.items()]
    return "{\n" + ",\n".join(lines) + ',\n"runs": [\n' + ",\n".join(parts) + "\n]\n}\n"
