"""What the model is made of, as tables: parameters, sources, files, phases."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources

import pandas as pd

from model.market import PHASES
from model.parameters import Parameters
from server.glossary import TERMS
from server.pages.evidence.texts import FILES, STATUS
from server.tables import Cell, Column, TableData, number_cell

_WORD = re.compile(r"[A-Z0-9][A-Z0-9_]+")


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a file of `model/data`."""
    text = (resources.files("model") / "data" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def sources() -> dict[str, dict[str, str]]:
    """Sources by their id."""
    return {row["source_id"]: row for row in read_rows("sources.csv")}


def cited(text: str) -> list[str]:
    """Ids of sources that a text names."""
    return [word for word in dict.fromkeys(_WORD.findall(text)) if word in sources()]


def _told(text: str) -> str:
    """What the ids of a text stand for."""
    return "; ".join(f"{one}: {sources()[one]['publisher']}, {sources()[one]['title']}" for one in cited(text))


@cache
def parameters_table() -> TableData:
    """Every parameter with value, range, unit, status and source."""
    rows = Parameters.default().rows()
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        how = ".6g" if row.unit == "year" else ",.6g"  # the year 2025 is no 2,025
        ends = [
            number_cell("" if end is None else f"{end:{how}}", float("nan") if end is None else end)
            for end in (row.low, row.high)
        ]
        can = "yes" if row.settable else row.use if row.use != "input" else "derived"
        cells.append(
            (
                (row.symbol, row.symbol, row.note),
                row.name,
                number_cell(f"{row.value:{how}}", row.value, row.unit),
                *ends,
                row.unit,
                (row.status, row.status, STATUS.get(row.status, "")),
                (can, can, f"allowed: {row.allowed}"),
                (row.source, row.source, _told(row.source)),
            )
        )
    heads = ("symbol", "meaning", "value", "low", "high", "unit", "status", "settable", "source")
    frame = pd.DataFrame(
        [(r.symbol, r.name, r.value, r.low, r.high, r.unit, r.status, r.settable, r.source, r.note) for r in rows],
        columns=[*heads, "note"],
    )
    helps = {
        "low": "Lower end of the range that designs sample",
        "high": "Upper end",
        "settable": "Whether it can be changed",
    }
    return TableData(
        title="Parameters",
        columns=tuple(
            Column(
                one,
                number=one in ("value", "low", "high"),
                help=helps.get(one, ""),
                wide=one == "meaning",
                code=one in ("symbol", "source"),  # a derived one names those that it is made of
            )
            for one in heads
        ),
        cells=tuple(cells),
        frame=frame,
        note="Point at a symbol for its note, at a source for where it was published, at settable for what is allowed.",
    )


@cache
def sources_table() -> TableData:
    """Where figures were published."""
    heads = ("source_id", "publisher", "title", "date", "kind", "url")
    rows = [tuple(row[head] for head in heads) for row in sources().values()]
    return TableData(
        title="Sources",
        columns=tuple(
            Column(head.replace("source_id", "id"), wide=head in ("title", "url"), code=head == "url") for head in heads
        ),
        cells=tuple(rows),
        frame=pd.DataFrame(rows, columns=list(heads)),
    )


@cache
def files_table() -> TableData:
    """The files of `model/data`, what they hold, and which sources they name."""
    cells: list[tuple[Cell, ...]] = []
    plain = []
    for name, meaning in FILES.items():
        rows = read_rows(name)
        ids = cited(
            " ".join(value or "" for row in rows for key, value in row.items() if key in ("source_id", "source"))
        )
        shown = ", ".join(ids[:6]) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "")
        cells.append((name, meaning, number_cell(f"{len(rows):,}", len(rows)), (shown, len(ids), ", ".join(ids))))
        plain.append((name, meaning, len(rows), ";".join(ids)))
    return TableData(
        title="Data files",
        columns=(
            Column("File in model/data", code=True),
            Column("What it holds"),
            Column("Rows", number=True),
            Column("Sources"),
        ),
        cells=tuple(cells),
        frame=pd.DataFrame(plain, columns=["file", "meaning", "rows", "source_ids"]),
        note="The tables that the model reads. Point at the sources of a file for all of them.",
    )


@cache
def words_table() -> TableData:
    """The glossary."""
    rows = sorted(TERMS.items(), key=lambda item: item[0].lower())
    return TableData(
        title="Glossary",
        columns=(Column("Word"), Column("What it means", wide=True)),
        cells=tuple((term[:1].upper() + term[1:], meaning) for term, meaning in rows),
        frame=pd.DataFrame(rows, columns=["word", "meaning"]),
    )


@cache
def phases_table() -> TableData:
    """The phases of a month in order."""
    rows = [
        (number, one.name, one.does, one.reads_in_words, one.writes_in_words)
        for number, one in enumerate(PHASES, start=1)
    ]
    return TableData(
        title="A month, phase by phase",
        columns=(
            Column("#", number=True),
            Column("Phase"),
            Column("What happens"),
            Column("Reads", wide=True),
            Column("Writes", wide=True),
        ),
        cells=tuple(
            (number_cell(str(number), number), name.replace("_", " "), does, reads, writes)
            for number, name, does, reads, writes in rows
        ),
        frame=pd.DataFrame(rows, columns=["number", "phase", "does", "reads", "writes"]),
        note="No equilibrium is solved inside a month: everybody acts on prices, quality and beliefs as they stood at "
        "its start.",
    )
