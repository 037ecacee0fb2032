"""How far outcomes depend on the number of shippers: the same seeds with few and with many of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.calendar import Month
from experiments.comparison import MAX_REPLICATIONS, compare
from experiments.errors import InputError
from experiments.figures import figure, scale_of, split_year, unit_of
from experiments.provenance import provenance
from experiments.reports.sections import write_section
from experiments.resolution import usual_shippers
from experiments.runs import Progress
from experiments.settings import check_count, prepare_scenario
from model.carriers import NATIONAL, REGIONAL

SCENARIO, UNTIL = "baseline", "2026-12"
SIZES = (8_000, 4_000, 2_000, 1_000, 300)  # the others are compared with the first
REPLICATIONS = 40
SECTION = "shippers"
WHY = (
    "With few shippers parcels change carriers in lumps, and a small carrier that has just won some is full in "
    "December and refuses others: so regional carriers earn less with 300 shippers, and it is no matter of the start, "
    "which is exact with any number."
)
OUTCOMES = (
    "ups_profit_usd_2025",
    "fedex_profit_usd_2025",
    "amazon_profit_usd_2025",
    "regional_profit_usd_2025",
    "usps_net_income_usd_2025",
    "usps_net_income_usd_2026",
    "usps_volume_parcels_2025",
    "amazon_volume_parcels_2025",
    "ups_volume_parcels_2025",
    "fedex_volume_parcels_2025",
    "regional_volume_parcels_2025",
    "amazon_usps_retained_share_2026",
    "amazon_delivered_cost_usd_2026",
)


def shown(outcome: str) -> str:
    """An outcome as the page names it; the sums over regional carriers are outcomes of no run."""
    rest = outcome.removeprefix(f"{REGIONAL}_")
    return f"`{outcome}`" if rest == outcome else f"regional carriers, sum of `{{carrier}}_{rest}`"


@dataclass(frozen=True, eq=False)
class ShipperNumbers:
    """Outcomes of the same seeds with different numbers of shippers.

    Attributes:
        table: Index (outcome, shippers), most shippers first: mean over seeds with s_e and s_d; difference to the most
            shippers, seed by seed, with its s_e and s_d (nan for the most shippers).
        runs: Outcomes of every run, index (shippers, seed).
        provenance: Where the runs with the usual number come from.
    """

    table: pd.DataFrame = field(repr=False)
    runs: pd.DataFrame = field(repr=False)
    provenance: dict[str, Any] = field(repr=False)

    @property
    def sizes(self) -> list[int]:
        """Numbers of shippers, most first."""
        return list(dict.fromkeys(self.runs.index.get_level_values("shippers")))

    @property
    def replications(self) -> int:
        """Seeds for each number."""
        return len(self.runs) // len(self.sizes)

    def summary(self) -> dict[str, Any]:
        """The table as `lastmile calibration --shippers --json` prints it."""
        plain = self.table.reset_index().astype(object)
        rows = plain.where(plain.notna(), None).to_dict("records")
        return {
            "scenario": SCENARIO,
            "replications": self.replications,
            "sizes": self.sizes,
            "rows": rows,
            "provenance": self.provenance,
        }

    def rows(self) -> list[list[str]]:
        """Cells as people read them: outcome, unit, shippers, then the columns of the table."""
        found: list[list[str]] = []
        table: dict[Any, Any] = self.table.to_dict("index")
        for (outcome, size), row in table.items():
            first = size == self.sizes[0]
            cells = [figure(outcome, row["mean"]), *(_spread(outcome, row[name]) for name in ("s_e", "s_d"))]
            cells += [figure(outcome, row["difference"], signed=True)]
            cells += [_spread(outcome, row[name]) for name in ("difference_s_e", "difference_s_d")]
            found.append([outcome if first else "", unit_of(outcome) if first else "", f"{size:,}", *cells])
        return found

    @property
    def headers(self) -> list[str]:
        """Names of the columns of `rows`."""
        most = f"difference to {self.sizes[0]:,}"
        return ["outcome", "unit", "shippers", "mean", "s.e.", "s.d.", most, "s.e.", "s.d."]

    def finding(self) -> str:
        """What the table says of the usual number, in a few sentences."""
        usual = usual_shippers()
        differences = self.table.drop(index=self.sizes[0], level=1)
        t = (differences["difference"] / differences["difference_s_e"]).abs()
        beyond = [f"{shown(outcome)} with {size:,}" for outcome, size in t.index[t > 3.0]]
        text = f"{len(beyond)} of {len(t)} differences are larger than three standard errors"
        text += f" (by chance one in 370 is): {', '.join(beyond)}." if beyond else "."
        if usual in self.sizes[1:]:
            luck, rows = self.table.xs(self.sizes[0], level=1), self.table.xs(usual, level=1)
            added = (rows["difference_s_d"] / luck["s_d"])[luck["s_d"] > 0.0]
            wider = max(math.hypot(1.0, share) - 1.0 for share in added)
            text += (
                f" With the usual {usual:,} shippers the sample adds a spread of {percent(added.min())} to "
                f"{percent(added.max())} of the one that all other luck leaves between seeds, so single runs stray at "
                f"most {percent(wider)} more than with {self.sizes[0]:,}."
            )
        return text

    def section(self) -> str:
        """The table as a part of the page on the start year."""
        lines = [
            "## How many shippers",
            "",
            f"Made by `lastmile calibration --shippers --write docs/calibration.md`: `{SCENARIO}` until {UNTIL}, seeds "
            f"1 to {self.replications}, the same for each number of shippers (`n_shippers`). s.e. and s.d. are over "
            "seeds. A difference is taken seed by seed, so its s.d. is what the sample of shippers adds to a run. "
            f"Parameters {self.provenance['parameter_checksum'][:12]}.",
            "",
            f"{self.finding()} {WHY}",
            "",
            "| " + " | ".join(self.headers) + " |",
            "|---|---" + "|---:" * (len(self.headers) - 2) + "|",
        ]
        lines += ["| " + " | ".join([shown(row[0]) if row[0] else "", *row[1:]]) + " |" for row in self.rows()]
        return "\n".join(lines) + "\n"

    def write(self, file: str | Path) -> None:
        """Put the section in its place on a page; the rest of the page stays.

        Raises:
            InputError: The file cannot be written there.
        """
        write_section(file, SECTION, self.section())


def percent(share: float) -> str:
    """A share in whole per cent."""
    return f"{100 * share:.0f} %"


def _spread(outcome: str, value: float) -> str:
    """A spread in the unit of an outcome, with one digit more, because it is smaller."""
    if math.isnan(value):
        return ""
    scale, _ = scale_of(outcome)
    digits = len(figure(outcome, 0.0).partition(".")[2]) + 1
    return f"{value / scale:,.{digits}f}"


def shipper_numbers(
    replications: int = REPLICATIONS,
    sizes: Sequence[int] = SIZES,
    until: str | Month = UNTIL,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ShipperNumbers:
    """Run the same seeds with different numbers of shippers.

    Args:
        replications: Seeds for each number, from 1 on; two or more.
        sizes: Numbers of shippers, the one that the others are compared with first.
        until: Last month.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: What was asked for is not possible.
    """
    problems: list[str] = []
    check_count("replications", replications, 2, MAX_REPLICATIONS, problems)
    if problems:
        raise InputError(problems)
    usual = prepare_scenario(SCENARIO, until=until)
    scenarios = [usual.with_changes({"name": f"shippers-{size}", "n_shippers": size}) for size in sizes]
    found = compare(scenarios, replications=replications, workers=workers, progress=progress)
    runs = _with_regional(found.runs.rename(index=dict(zip(found.names, sizes, strict=True)), level="scenario"))
    runs.index = runs.index.set_names(["shippers", "seed"])
    return ShipperNumbers(_table(runs, sizes), runs, provenance(usual))


def _with_regional(runs: pd.DataFrame) -> pd.DataFrame:
    """Add the sums of the regional carriers."""
    runs = runs.copy()
    for outcome in OUTCOMES:
        stem, year = split_year(outcome)
        if stem.startswith(f"{REGIONAL}_"):
            ending = stem.removeprefix(REGIONAL)
            whose = [
                name
                for name in map(str, runs.columns)
                if name.endswith(f"{ending}_{year}") and not name.startswith(NATIONAL)
            ]
            runs[outcome] = runs[whose].sum(axis=1)
    return runs


def _table(runs: pd.DataFrame, sizes: Sequence[int]) -> pd.DataFrame:
    rows: dict[tuple[str, int], list[float]] = {}
    for outcome in (name for name in OUTCOMES if name in runs):
        values = {size: runs.loc[[size], outcome].to_numpy(dtype=float) for size in sizes}
        for size in sizes:
            difference = values[size] - values[sizes[0]] if size != sizes[0] else np.full(len(values[size]), math.nan)
            rows[outcome, size] = [*_moments(values[size]), *_moments(difference)]
    columns = ["mean", "s_e", "s_d", "difference", "difference_s_e", "difference_s_d"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["outcome", "shippers"])
    return table


def _moments(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean with its standard error, and standard deviation."""
    spread = float(values.std(ddof=1))
    return float(values.mean()), spread / math.sqrt(len(values)), spread
