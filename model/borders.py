"""Which states share a border: where a regional carrier can grow to."""

from __future__ import annotations

from functools import cache

from model.tables import DataError, read_table, text

BORDER_FILE = "state_borders.csv"
_COLUMNS = {"state_abbrev": text(), "neighbours": text(required=False), "source_id": text()}


@cache
def read_borders() -> dict[str, frozenset[str]]:
    """Return the neighbours of each state by postal abbreviation.

    Raises:
        model.tables.DataError: A neighbour is unknown, or a border has only one side.
    """
    rows = read_table(BORDER_FILE, _COLUMNS, key=("state_abbrev",))
    borders = {str(row["state_abbrev"]): frozenset(str(row["neighbours"] or "").split()) for row in rows}
    for state, neighbours in borders.items():
        for other in sorted(neighbours):
            if state not in borders.get(other, frozenset()):
                raise DataError(f"{BORDER_FILE}, state {state}: {other} is no state or does not border on {state}")
    return borders
