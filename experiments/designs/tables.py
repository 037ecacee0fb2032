"""Designs that list their points: in the design itself or in a CSV or parquet file beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.designs.factors import Factor, plain_number, read_factors
from model.plain_values import plain
from model.scenario import Scenario, levers
from model.texts import read_text_file


def read_rows(
    content: Mapping[str, Any], folder: Path, base: Scenario, problems: list[str]
) -> tuple[tuple[Factor, ...], tuple[tuple[Any, ...], ...]]:
    """Read the points of a table and check every value.

    Args:
        content: The design; its `points` are a list of tables, or its `file` names one.
        folder: Where `file` is looked for.
        base: Scenario that is changed.
        problems: Gets a line for everything that is wrong.
    """
    if ("points" in content) == ("file" in content):
        problems.append("points: a design of kind table needs points (a list of tables) or file, and only one of them")
        return (), ()
    points = _from_file(content["file"], folder, problems) if "file" in content else content["points"]
    if points is None:
        return (), ()
    if isinstance(points, str) or not isinstance(points, Sequence) or not points:
        problems.append("points: the table is empty; it needs at least one point")
        return (), ()
    if not all(isinstance(point, Mapping) and point for point in points):
        problems.append("points: each point must be a table of names and values")
        return (), ()
    names = list(points[0])
    for number, point in enumerate(points):
        if set(point) != set(names):
            odd = sorted(set(point) ^ set(names))
            problems.append(f"point {number}: {', '.join(odd)}: every point must give the same names as the first")
    if problems:
        return (), ()
    columns = {name: [plain_number(point[name]) for point in points] for name in names}
    groups = {lever.key for lever in levers()}
    factors: list[Factor] = []
    for name, values in columns.items():
        group = "lever" if name in groups else "uncertainty"
        distinct = list({repr(value): value for value in values}.values())
        factors += read_factors(group, {name: distinct}, base, False, problems)  # type: ignore[arg-type]
    if problems:
        return (), ()
    # Levers come first, as in the other kinds.
    factors.sort(key=lambda factor: factor.group != "lever")
    rows = tuple(zip(*(columns[factor.name] for factor in factors), strict=True))
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows):
        if row in seen:
            problems.append(f"point {number}: it is the same as point {seen[row]}")
        seen.setdefault(row, number)
    return tuple(factors), rows


def _from_file(name: object, folder: Path, problems: list[str]) -> list[dict[str, Any]] | None:
    path = folder / str(name)
    if path.suffix not in (".csv", ".parquet"):
        problems.append(f"file: {str(name)!r} is not allowed; it must be a .csv or a .parquet file")
        return None
    import pandas as pd

    try:
        if path.suffix == ".csv":
            text = read_text_file(path)
            if _twice(text, path.name, problems):
                return None
            frame = pd.read_csv(io.StringIO(text))
        else:
            frame = pd.read_parquet(path)
    except (OSError, ValueError, csv.Error) as error:
        problems.append(f"file: {path}: {getattr(error, 'strerror', None) or error}")
        return None
    missing = [str(column) for column in frame.columns if frame[column].isna().any()]
    if missing:
        problems.append(f"file: {path.name}: column {missing[0]} has empty cells or nan")
        return None
    found: list[dict[str, Any]] = plain(frame)
    return found


def _twice(text: str, file: str, problems: list[str]) -> bool:
    """Whether a column name comes twice; pandas would rename the second in silence."""
    header = next(csv.reader(io.StringIO(text)), [])
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            problems.append(f"file: {file}: column {name} comes {header.count(name)} times")
    return len(set(header)) < len(header)
