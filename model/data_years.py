"""Which year's data a parameter uses at the latest: what a test against later years must not know."""

from __future__ import annotations

import re
from functools import cache

from model.parameters import Parameter
from model.tables import read_table, text

SOURCE_FILE = "sources.csv"
RECONCILED_YEAR = 2024
_YEAR = re.compile(r"(?<!\d)(20[0-3]\d)(?!\d)")
_SOURCE_COLUMNS = {
    "source_id": text(),
    "publisher": text(),
    "title": text(),
    "date": text(),
    "url": text(required=False),
    "kind": text(),
}


@cache
def publication_years() -> dict[str, int]:
    """Year of publication by source id; sources without a date are left out.

    Raises:
        model.tables.DataError: The file is wrong.
    """
    found = {}
    for row in read_table(SOURCE_FILE, _SOURCE_COLUMNS, key=("source_id",)):
        if years := _YEAR.findall(str(row["date"])):
            found[str(row["source_id"])] = int(max(years))
    return found


def latest_data_year(row: Parameter) -> int | None:
    """Latest year whose data a parameter uses, None for an assumption that uses none.

    A source counts with its year of publication, which is no earlier than its data. Years in symbol, name, source and
    note count too: a row that describes 2024 uses 2024.
    """
    published = publication_years()
    words = f"{row.symbol} {row.name} {row.source} {row.note}"
    years = [int(year) for year in _YEAR.findall(words.replace("_", " "))]
    years += [published[word] for word in re.findall(r"[A-Z0-9_]{4,}", f"{row.source} {row.note}") if word in published]
    if "reconciled" in row.note:
        years.append(RECONCILED_YEAR)
    return max(years, default=None)
