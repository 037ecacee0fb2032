"""The comparison that comes with the program, so that the page has something to say at once.

`python -m server.studies.stored_comparison` makes it; it says when and with what it was made, and whether the code or
the data of the model have changed since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.comparison import Comparison, assemble
from experiments.paired import paired_months
from experiments.provenance import code_checksum, commit
from experiments.simulation import Simulation
from model.texts import read_text_file
from server.pages.compare.plan import Draft, Plan, make_plan
from server.pages.compare.work import Compared, with_shares
from server.stored_origin import stored_origin

FOLDER = Path(__file__).parent / "stored"
COMMAND = "python -m server.studies.stored_comparison"


@dataclass(frozen=True, eq=False)
class Stored:
    """A stored comparison.

    Attributes:
        compared: The comparison, without counties.
        about: date, pairs, shippers, commit, code_checksum.
    """

    compared: Compared
    about: dict[str, Any]

    def line(self) -> str:
        """When and with what it was made, and whether the code has changed since."""
        about = self.about
        made = stored_origin(about, f"{about['pairs']} pairs of runs, {about['shippers']:,} shippers")
        return f"This comparison came with the program: {made}. Press Compare to make your own."


def plan_of(replications: int, shippers: int | None, until: str) -> Plan:
    """What is stored: the usual runs of the page.

    Args:
        replications: Pairs of runs.
        shippers: Number of shippers, None for the usual one.
        until: Last month.
    """
    plan = make_plan(replace(Draft(), replications=replications, until=until))
    if shippers is None:
        return plan
    return replace(plan, scenarios=tuple(one.with_changes({"n_shippers": shippers}) for one in plan.scenarios))


def assembled(plan: Plan, simulations: Sequence[Simulation]) -> Compared:
    """A comparison without counties from its runs, by scenario and then by seed."""
    comparison = assemble(plan.scenarios, plan.seed, plan.replications, simulations)
    frames = [with_shares(simulation.monthly) for simulation in simulations]
    values = np.stack([frame.to_numpy(dtype=float) for frame in frames])
    shaped = values.reshape(len(plan.scenarios), plan.replications, *values.shape[1:])
    series = tuple(map(str, frames[0].columns))
    bands = paired_months(shaped, [*series]).astype(np.float32)
    return Compared(comparison, comparison.gains(), tuple(map(str, frames[0].index)), series, bands, None)


def save(plan: Plan, found: Compared, date: str, folder: Path = FOLDER) -> None:
    """Write a comparison, its outcomes run by run and its months."""
    folder.mkdir(parents=True, exist_ok=True)
    runs, table = found.comparison.runs, found.comparison.table
    np.savez_compressed(
        folder / "runs.npz",
        bands=found.bands,
        runs=runs.to_numpy(dtype=float),
        outcomes=runs.columns.to_numpy(str),
        table=table.to_numpy(dtype=float),
        compared=table.index.get_level_values("outcome").to_numpy(str),
        with_scenario=table.index.get_level_values("scenario").to_numpy(str),
    )
    about = {
        "date": date,
        "pairs": plan.replications,
        "first_seed": plan.seed,
        "shippers": int(plan.scenarios[0].parameters.n_shippers),
        "until": str(plan.scenarios[0].end),
        "scenarios": list(found.comparison.names),
        "commit": commit(),
        "code_checksum": code_checksum(),
        "balances": found.comparison.balances,
        "warnings": list(found.comparison.warnings),
        "months": list(found.months),
        "series": list(found.series),
        "columns": list(map(str, found.comparison.table.columns)),
    }
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load(folder: Path = FOLDER) -> Stored | None:
    """Read a stored comparison; None where there is none, or it is of other scenarios than those of today."""
    try:
        about = json.loads(read_text_file(folder / "about.json"))
        with np.load(folder / "runs.npz") as arrays:
            known = {name: arrays[name] for name in arrays.files}
        plan = plan_of(about["pairs"], about["shippers"], about["until"])
        names = [one.name for one in plan.scenarios]
        rows = pd.MultiIndex.from_product([names, plan.seeds], names=["scenario", "seed"])
        cells = pd.MultiIndex.from_arrays([known["compared"], known["with_scenario"]], names=["outcome", "scenario"])
        runs = pd.DataFrame(known["runs"], index=rows, columns=known["outcomes"].tolist())
        table = pd.DataFrame(known["table"], index=cells, columns=about["columns"]).astype({"n": int})
        balances, warnings = about["balances"], tuple(about["warnings"])
        months, series, bands = tuple(about["months"]), tuple(about["series"]), known["bands"]
    except (OSError, KeyError, ValueError):
        return None
    if about["scenarios"] != names:
        return None
    comparison = Comparison(plan.scenarios, plan.seed, plan.replications, table, runs, balances, warnings)
    return Stored(Compared(comparison, comparison.gains(), months, series, bands, None), about)


@cache
def stored_comparison() -> Stored | None:
    """The one that came with the program, read once."""
    return load()
