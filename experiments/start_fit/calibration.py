"""How well the start of the model fits 2024: modelled figures beside published ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from agents.calendar import MONTHS_PER_YEAR
from experiments.provenance import provenance
from experiments.reports.sections import read_section
from experiments.runs import Progress, start_market
from experiments.settings import prepare_scenario
from experiments.start_fit.figures import START_YEAR, Row, start_year_rows
from experiments.start_fit.shipper_numbers import SECTION
from experiments.storage import write_text

SCENARIO = "standing_still"


@dataclass(frozen=True, eq=False)
class Calibration:
    """Modelled and published figures of 2024.

    Attributes:
        rows: All figures, in order.
        provenance: Where the modelled ones come from.
    """

    rows: tuple[Row, ...] = field(repr=False)
    provenance: dict[str, Any] = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row per figure: section, figure, unit, modelled, published, error (a share), source, note."""
        names = [item.name for item in fields(Row)]
        table = pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=names)
        table.insert(names.index("published") + 1, "error", table["modelled"] / table["published"] - 1)
        return table

    def summary(self) -> dict[str, Any]:
        """The table as `lastmile calibration --json` prints it."""
        rows = self.table.astype(object).where(self.table.notna(), None)
        return {
            "scenario": SCENARIO,
            "year": START_YEAR,
            "rows": rows.to_dict("records"),
            "provenance": self.provenance,
        }

    def markdown(self) -> str:
        """The table as a page of the documentation; the same figures give the same text."""
        lines = [
            f"# The start year {START_YEAR}",
            "",
            f"Made by `lastmile calibration --write docs/calibration.md`: twelve months of the scenario `{SCENARIO}` "
            f"beside what was published for {START_YEAR}. A figure with no published value is implied by the model. "
            f"Parameters {self.provenance['parameter_checksum'][:12]}, seed 1.",
        ]
        section = ""
        for row in self.rows:
            if row.section != section:
                section = row.section
                lines += ["", f"## {section}", "", "| figure | unit | modelled | published | error | source | note |"]
                lines += ["|---|---|---:|---:|---:|---|---|"]
            cells = (row.figure, row.unit, *cells_of(row), row.source, row.note)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        return "\n".join(lines) + "\n"

    def write(self, file: str | Path) -> None:
        """Write the page, all or nothing; the section on the number of shippers stays if it has one.

        Raises:
            InputError: The file cannot be written there.
        """
        kept = read_section(file, SECTION)
        write_text(file, self.markdown() + (f"\n{kept}\n" if kept else ""))


def cells_of(row: Row) -> tuple[str, str, str]:
    """Modelled, published and error of a row as people read them."""
    if math.isnan(row.published):
        return f"{row.modelled:,.3f}", "", ""
    return f"{row.modelled:,.3f}", f"{row.published:,.3f}", _percent(row.error)


def _percent(share: float) -> str:
    shown = round(100 * share, 1) + 0.0  # no "-0.0"
    return f"{shown:+.1f} %" if shown else "0.0 %"


def calibration(changes: Mapping[str, Any] | None = None, progress: Progress | None = None) -> Calibration:
    """Run twelve months in which nothing changes, and compare them with 2024.

    Args:
        changes: Parameters to change, for example to see what an input does to the fit.
        progress: Called with months done and months in all.

    Raises:
        InputError: A change is not possible.
    """
    scenario = prepare_scenario(SCENARIO, changes, keep_own=True)
    scenario = prepare_scenario(scenario, until=scenario.start + (MONTHS_PER_YEAR - 1))
    market = start_market(scenario, seed=1)
    for done in range(1, market.n_months + 1):
        market.step()
        if progress is not None:
            progress(done, market.n_months)
    return Calibration(start_year_rows(market), provenance(scenario))
