"""Tables as CSV or Excel files, all or nothing.

An Excel file has one sheet a table. In CSV the first table is in the file that was named, and each further one beside
it in a file with its own name behind a hyphen: `loss.csv`, `loss-interval.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pandas as pd

from experiments.errors import InputError
from experiments.storage import check_file
from model.whole_file import whole_file

FORMATS = (".csv", ".xlsx")
_LONGEST_SHEET = 31  # characters that Excel allows
_MOST_ROWS = 1_048_575  # of a sheet, below its headings
_WIDEST = 60
_SHEET = re.compile(r"[\[\]:*?/\\']")


def check_table(file: str | Path) -> Path:
    """Return where tables can be written.

    Raises:
        InputError: The name ends otherwise, it is a folder, or nothing can be written beside it.
    """
    path = Path(str(file)).expanduser()
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"table: {str(file)!r} is not allowed; the name must end with {' or '.join(FORMATS)}")
    return check_file(file, "table")


def write_tables(file: str | Path, tables: Mapping[str, pd.DataFrame]) -> tuple[Path, ...]:
    """Write tables; earlier files of these names are replaced.

    Args:
        file: Ends with .csv or .xlsx.
        tables: By name, the most important one first; headings are the names of their columns, an index is left out.

    Returns:
        The files.

    Raises:
        InputError: See `check_table`; or a sheet would have more rows than Excel can hold.
    """
    path = check_table(file)
    excel = path.suffix.lower() == ".xlsx"
    names = (
        [path]
        if excel
        else [path, *(path.with_name(f"{path.stem}-{_slug(one)}{path.suffix}") for one in [*tables][1:])]
    )
    if problems := [f"table: {str(one)!r} is a folder; name another file" for one in names if one.is_dir()]:
        raise InputError(problems)
    with ExitStack() as drafts:  # none takes its place before all are whole
        files = [drafts.enter_context(whole_file(one)) for one in names]
        if excel:
            _write_book(files[0], tables)
        else:
            for draft, table in zip(files, tables.values(), strict=True):
                table.to_csv(draft, index=False, lineterminator="\n")
    return tuple(names)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _write_book(file: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    too_long = [f"table: {name!r} has {len(one):,} rows; a sheet holds {_MOST_ROWS:,}, a .csv file any number"
                for name, one in tables.items() if len(one) > _MOST_ROWS]  # fmt: skip
    if too_long:
        raise InputError(too_long)
    # Text stays text: a name that begins with "=" is no formula, and one that looks like an address no link.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
        book.book.set_properties({"created": datetime(2000, 1, 1), "author": "lastmile"})  # equal tables, equal bytes
        heading = book.book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for name, table in tables.items():
            sheet = _sheet_name(name)
            table.to_excel(book, sheet_name=sheet, index=False, freeze_panes=(1, 1))
            page = book.sheets[sheet]
            for place, column in enumerate(table.columns):
                page.write(0, place, str(column), heading)
                page.set_column(place, place, _width(str(column), table.iloc[:, place]))


def _sheet_name(name: str) -> str:
    return _SHEET.sub(" ", name)[:_LONGEST_SHEET].strip()


def _width(heading: str, cells: pd.Series) -> float:
    """Characters that show most cells whole; long headings are wrapped."""
    longest = 12 if pd.api.types.is_numeric_dtype(cells) else max((len(str(one)) for one in cells.head(200)), default=0)
    return float(min(_WIDEST, max(longest, min(len(heading), 14)) + 2))
