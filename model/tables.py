"""Reads the data files of the model strictly: what is wrong is named by file, line and column.

`python -m model.tables` checks the checksums of the data files, `--refresh-checksums` writes them anew.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import hashlib
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from model.texts import decode_text

CHECKSUM_FILE = "SHA256SUMS"
REFRESH_COMMAND = "python -m model.tables --refresh-checksums"


class DataError(ValueError):
    """A data file is missing or holds what it must not hold."""


@dataclass(frozen=True)
class Column:
    """What one column of a data file may hold.

    Attributes:
        parse: Turns the text of a cell into a value; raises ValueError where the text is not allowed.
        allowed: What is allowed, in words, for the error message.
        required: Whether a cell must not be empty; an empty cell of another column is read as None.
    """

    parse: Callable[[str], Any]
    allowed: str
    required: bool = True


def text(*, required: bool = True) -> Column:
    """Any text."""
    return Column(str, "a text", required)


def choice(*options: str) -> Column:
    """One of a few words."""

    def parse(cell: str) -> str:
        if cell not in options:
            raise ValueError
        return cell

    return Column(parse, "one of " + ", ".join(options))


def number(low: float = -math.inf, high: float = math.inf, *, required: bool = True) -> Column:
    """A finite number between two bounds, both included."""

    def parse(cell: str) -> float:
        value = float(cell)
        if not math.isfinite(value) or not low <= value <= high:
            raise ValueError
        return value

    bounds = [f"at least {low:g}"] * math.isfinite(low) + [f"at most {high:g}"] * math.isfinite(high)
    return Column(parse, " ".join(["a finite number", " and ".join(bounds)]).strip(), required)


def data_folder() -> Traversable:
    """Folder of the model's data files, in a checkout and in an installed wheel alike."""
    return files("model").joinpath("data")


def read_table(
    name: str, columns: Mapping[str, Column], *, key: Sequence[str] = (), folder: Traversable | None = None
) -> list[dict[str, Any]]:
    """Read one CSV file.

    Args:
        name: File name.
        columns: The columns that the file must have, neither more nor fewer; their order is free.
        key: Columns that together name a row; no two rows may share them.
        folder: Where the file is; the model's own data folder if not given.

    Returns:
        One dictionary per row, column name to value; None for an empty cell that may be empty.

    Raises:
        DataError: The first thing found wrong, with file, line and column.
    """
    source = (folder or data_folder()).joinpath(name)
    try:
        content = decode_text(source.read_bytes())
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(f"{name}: there is no such data file in {folder or data_folder()}") from None
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None
    records = _records(name, content)
    header_line, header = next(records, (1, []))
    _check_header(name, header_line, header, columns)
    rows: list[dict[str, Any]] = []
    seen: dict[tuple[Any, ...], int] = {}
    for line, cells in records:
        if len(cells) != len(header):
            raise DataError(f"{name}, line {line}: {len(cells)} cells, the header has {len(header)} columns")
        row = {
            column: _value(name, line, column, columns[column], cell)
            for column, cell in zip(header, cells, strict=True)
        }
        identity = tuple(row[column] for column in key)
        if key and seen.setdefault(identity, line) != line:
            raise DataError(
                f"{name}, line {line}, column {' + '.join(key)}: {' + '.join(map(repr, identity))} is already in line "
                f"{seen[identity]}; it must be unique"
            )
        rows.append(row)
    return rows


def _records(name: str, content: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line on which each begins (a quoted cell may span lines); blank lines are skipped."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {line}: not a valid CSV record ({error})") from None


def _check_header(name: str, line: int, header: list[str], columns: Mapping[str, Column]) -> None:
    if repeated := sorted({column for column in header if header.count(column) > 1}):
        raise DataError(f"{name}, line {line}: column {', '.join(repeated)} appears twice")
    problems = [f"column {column!r} is missing" for column in columns if column not in header]
    for column in header:
        if column not in columns:
            near = difflib.get_close_matches(column, columns, n=1)
            problems.append(f"unknown column {column!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    if problems:
        raise DataError(f"{name}, line {line}: {'; '.join(problems)}; allowed are {', '.join(columns)}")


def _value(name: str, line: int, column: str, spec: Column, cell: str) -> Any:
    stripped = cell.strip()
    if not stripped:
        if spec.required:
            raise DataError(f"{name}, line {line}, column {column}: the cell is empty; it must be {spec.allowed}")
        return None
    try:
        return spec.parse(stripped)
    except ValueError:
        raise DataError(f"{name}, line {line}, column {column}: found {cell!r}; it must be {spec.allowed}") from None


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder but the checksum file itself, by file name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != CHECKSUM_FILE and not path.name.startswith(".")
    }


def refresh_checksums(folder: Path) -> None:
    """Write the checksum file of a folder, in the format of `sha256sum`."""
    lines = [f"{digest}  {name}\n" for name, digest in checksums(folder).items()]
    (folder / CHECKSUM_FILE).write_text("".join(lines), encoding="utf-8", newline="\n")


def verify_checksums(folder: Path) -> None:
    """Compare the files of a folder with its checksum file.

    Raises:
        DataError: Names every file that was changed, added or removed, and the command that accepts the change.
    """
    listed = folder / CHECKSUM_FILE
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    recorded = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = checksums(folder)
    problems = [f"{name} is in {CHECKSUM_FILE} but not in the folder" for name in recorded if name not in found]
    problems += [f"{name} is not in {CHECKSUM_FILE}" for name in found if name not in recorded]
    problems += [f"{name} was changed" for name in found if recorded.get(name, found[name]) != found[name]]
    if problems:
        raise DataError(f"{folder}: {'; '.join(problems)}. If this is meant, run `{REFRESH_COMMAND}` and commit.")


def _checkout_folders() -> list[Path]:
    """The model's data folder and, in a checkout, the data folder of the tests."""
    data = Path(str(data_folder()))
    return [folder for folder in (data, data.parents[1] / "tests" / "data") if folder.is_dir()]


def main(arguments: Iterable[str] | None = None) -> None:
    """Check or refresh the checksums of the data files."""
    parser = argparse.ArgumentParser(prog="python -m model.tables", description=main.__doc__)
    parser.add_argument("--refresh-checksums", action="store_true", help="accept the data files as they are now")
    options = parser.parse_args(None if arguments is None else list(arguments))
    for folder in _checkout_folders():
        if options.refresh_checksums:
            refresh_checksums(folder)
        verify_checksums(folder)
        print(f"{folder.parent.name}/{folder.name}: {len(checksums(folder))} files agree with {CHECKSUM_FILE}")


if __name__ == "__main__":
    try:
        main()
    except DataError as error:
        raise SystemExit(str(error)) from None
