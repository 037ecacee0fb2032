"""The command that repeats a stored run."""

from __future__ import annotations

from pathlib import Path

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar, table_problems
from experiments.settings import gather

_SHOWN = 20


def run_rerun(file: Path, run_id: str | None, table: Path | None, json: bool) -> bool:
    """Repeat a stored run and show what differs; whether it is identical."""
    from experiments.repetition import rerun
    from experiments.spreadsheets.evidence import rerun_tables

    gather(known=table_problems(table))
    with progress_bar(str(file), "months", quiet=json) as progress:
        found = rerun(file, run_id, progress)
    keep_tables(table, lambda: rerun_tables(found), quiet=json)
    if json:
        print_json(found.summary())
        return found.identical
    out, stored = console(), found.stored
    out.print(
        f"{stored.label}: {stored.scenario.name}, seed {stored.seed}, {stored.scenario.start} to {stored.scenario.end}"
    )
    if found.identical:
        out.print(f"Identical: {found.compared:,} figures are equal to the last bit.")
    else:
        shown = grid(
            f"What differs, of {found.compared:,} figures", ("", "stored", "again", "difference"), right=(1, 2, 3)
        )
        for row in found.differences.head(_SHOWN).itertuples():
            shown.add_row(str(row.what), *(_text(value) for value in (row.stored, row.again, row.difference)))
        out.print(shown)
        if len(found.differences) > _SHOWN:
            out.print(f"... and {len(found.differences) - _SHOWN:,} more; --json lists all.")
    for line in found.made_with:
        out.print(f"Note: {line}.")
    return found.identical


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)[:60]
