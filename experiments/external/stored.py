"""What the external tests found, as data, so that a page can show it without running anything."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from experiments.errors import InputError
from experiments.external.limits import Limit
from experiments.external.page import command, verdict
from experiments.external.study import ExternalTests, Finding
from experiments.storage import dump_json, write_text
from experiments.stored import Stored, origin_of
from model.texts import read_text_file

STORED_FILE = "results.json"
DIGITS = 6  # significant, more than anything published has


@dataclass(frozen=True, eq=False)
class StoredTests(Stored):
    """All external tests of the documentation.

    Attributes:
        verdict: How many limits are met, in a sentence.
        titles: A few words about each test, by key.
        findings: One for every row of the limits.
    """

    verdict: str
    titles: dict[str, str]
    findings: tuple[Finding, ...]


def stored_file() -> Path:
    """Where the results that come with the package are."""
    return Path(str(resources.files("experiments") / "external" / STORED_FILE))


def keep_results(result: ExternalTests, file: Path | None = None) -> Path:
    """Keep results as data, for the browser.

    Args:
        result: What the tests found.
        file: Where; the file that comes with the package unless told.

    Raises:
        InputError: The file cannot be written there.
    """
    target = file or stored_file()
    told = result.summary()
    content = {
        **origin_of(command(result)),
        "verdict": verdict(result),
        "titles": {test["key"]: test["title"] for test in told["tests"]},
        "findings": [{name: _short(value) for name, value in row.items()} for row in told["findings"]],
    }
    write_text(target, dump_json(content))
    return target


def _short(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


@cache
def stored_tests() -> StoredTests:
    """The results that come with the package; `lastmile external --write FILE` makes them anew.

    Raises:
        InputError: They are missing or cannot be read.
    """
    return read_stored(stored_file())


def read_stored(file: Path) -> StoredTests:
    """Read stored results.

    Raises:
        InputError: The file is missing or holds something else.
    """
    try:
        content = json.loads(read_text_file(file))
        plain = {item.name: content[item.name] for item in fields(StoredTests)}
        return StoredTests(**plain | {"findings": tuple(map(_finding, content["findings"]))})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"external tests: {file.name} cannot be read: {str(error).splitlines()[0]}") from error


def _finding(row: dict[str, Any]) -> Finding:
    limit = Limit(**{item.name: row[item.name] for item in fields(Limit)})
    numbers = {name: math.nan if row[name] is None else row[name] for name in ("value", "lowest", "highest")}
    return Finding(limit, **numbers, holds=row["holds"], reason=row["reason"])
