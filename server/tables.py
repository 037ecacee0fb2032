"""A sortable table with what lies behind it: figures for people in the cells, exact ones in the download."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import solara

from server.glossary import TERMS, term_of

FORMATS = {"csv": "text/csv;charset=utf-8", "parquet": "application/vnd.apache.parquet"}
type Cell = str | tuple[str, float | str | None] | tuple[str, float | str | None, str]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        label: What it is called.
        number: Whether it holds numbers: to the right, largest first when sorted.
        help: One line that explains it; left out, the glossary explains the term that the label names.
        term: What the '?' says it explains; the label where left out.
        mark: Whether it holds a word that is coloured, such as yes and no.
        wide: Whether it holds sentences, which need room.
        explained: Whether the hints of its cells are explanations, which get a '?' rather than show on hover alone.
        code: Whether it holds names of code or files, as one writes them.
    """

    label: str
    number: bool = False
    help: str = ""
    term: str = ""
    mark: bool = False
    wide: bool = False
    explained: bool = False
    code: bool = False


@dataclass(frozen=True, eq=False)
class TableData:
    """What a table shows and what a download of it holds.

    Attributes:
        title: Its heading, and the name of the file.
        columns: Columns of the cells.
        cells: One row each: what is shown, or with it what is sorted by, or a hint too.
        frame: The same rows with exact values and speaking column names, for the download.
        note: What it shows, in a sentence or two.
        empty: What to do when there are no rows.
    """

    title: str
    columns: tuple[Column, ...]
    cells: tuple[tuple[Cell, ...], ...]
    frame: pd.DataFrame
    note: str = ""
    empty: str = "Nothing to show."

    def __post_init__(self) -> None:
        if len(self.cells) != len(self.frame):
            raise ValueError(f"{self.title}: {len(self.cells)} rows are shown and {len(self.frame)} lie behind them")


def number_cell(text: str, value: float, unit: str = "") -> Cell:
    """A number as it is shown, with the exact one as a hint; empty where there is none."""
    if not math.isfinite(value):
        return (text or "–", None)
    return text, float(value), f"{value:,.10g} {unit}".strip()


def file_of(table: TableData, values: dict[str, Any]) -> dict[str, Any]:
    """The rows that a browser asks for, in its order, as a file.

    Args:
        table: What it shows.
        values: "format" and "rows" (positions), as the browser sent them.

    Raises:
        ValueError: They are no format and no positions of this table.
    """
    kind, rows = values.get("format"), values.get("rows")
    if kind not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {kind!r}")
    count = len(table.frame)
    if (
        not isinstance(rows, list)
        or len(rows) > count
        or not all(type(row) is int and 0 <= row < count for row in rows)
    ):
        raise ValueError("rows must be positions of the rows shown")
    frame = table.frame.iloc[rows].reset_index(drop=True)
    buffer = io.BytesIO()
    if kind == "csv":
        frame.to_csv(buffer, index=False)
    else:
        frame.to_parquet(buffer, index=False)
    name = "-".join("".join(c if c.isalnum() else " " for c in table.title.lower()).split())
    return {"name": f"{name}.{kind}", "type": FORMATS[kind], "content": buffer.getvalue()}


@solara.component
def DataTable(table: TableData, searchable: bool = False) -> solara.Element:
    """A table that sorts, searches and is downloaded."""
    file, set_file = solara.use_state({})
    asked = solara.use_ref(0)

    def download(values: dict[str, Any]) -> None:
        try:
            made = file_of(table, values)
        except (ValueError, AttributeError):
            return
        asked.current += 1
        set_file({**made, "number": asked.current})  # so that asking twice is two downloads

    columns = solara.use_memo(lambda: _columns(table.columns), [table])
    return _table(
        title=table.title,
        note=table.note,
        columns=columns,
        rows=[list(map(_plain, row)) for row in table.cells],
        empty=table.empty,
        searchable=searchable,
        file=file,
        event_download=download,
    )


def _columns(columns: Sequence[Column]) -> list[dict[str, Any]]:
    found, seen = [], set[str]()
    for i, c in enumerate(columns):
        # A term is explained where it is first met.
        term = "" if c.help else term_of(c.label)
        help_ = c.help or ("" if term in seen else TERMS.get(term, ""))
        seen.add(term)
        found.append(
            {
                "key": str(i),
                "label": c.label,
                "number": c.number,
                "help": help_,
                "term": c.term or term or c.label,
                "mark": c.mark,
                "wide": c.wide,
                "explained": c.explained,
                "code": c.code,
            }
        )
    return found


def _plain(cell: Cell) -> Any:
    return cell if isinstance(cell, str) else list(cell)


@solara.component_vue("vue/table.vue", vuetify=False)
def _table(
    title: str,
    note: str,
    columns: list[dict[str, Any]],
    rows: list[list[Any]],
    empty: str,
    searchable: bool,
    file: dict[str, Any],
    event_download: Callable[[dict[str, Any]], None],
) -> None:
    """Sorts by a click or Enter on a heading; numbers start with the largest."""
