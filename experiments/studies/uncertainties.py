"""Which uncertainties drive what stays of Amazon's parcels with USPS, and when the cash of USPS runs out.

python -m experiments.studies.uncertainties --out results/uncertainties [--write docs/sensitivity.md]

The sweep resumes: called again with the same folder, it goes on where it was ended.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import sensitivity, sweep
from experiments.analysis.sensitivity import Sensitivity
from experiments.figures import figure, unit_of
from experiments.likely import SCREENED
from experiments.reports import charts
from experiments.reports.theme import standalone
from experiments.reports.words import factor_meaning, outcome_meaning
from experiments.resolution import coarse_note
from experiments.simulation import Simulation, simulate_market
from experiments.storage import write_text
from experiments.store.reading import SweepResult
from model.scenario import Scenario

KEPT, EXHAUSTED = "amazon_usps_retained_share_2029", "usps_cash_exhausted_after_months"
OUTCOMES = (KEPT, EXHAUSTED)
SMALL = {"n_shippers": 200, "n_enterprise_shippers": 20}


def design(trajectories: int, replications: int) -> dict[str, Any]:
    """Morris trajectories over the uncertainties, each over its declared range."""
    return {
        "kind": "morris",
        "scenario": "baseline",
        "trajectories": trajectories,
        "replications": replications,
        "until": "2029-12",
        "set": SMALL,
        "outcomes": list(OUTCOMES),
        "uncertainties": dict.fromkeys(SCREENED, "declared"),
    }


def simulate(scenario: Scenario, seed: int) -> Simulation:
    """The market; where cash lasts to the end of the run, the month after it counts: it lasts at least so long."""
    found = simulate_market(scenario, seed)
    after = found.outcomes.get(EXHAUSTED, float(scenario.n_months + 1))
    return replace(found, outcomes={**found.outcomes, EXHAUSTED: after})


def page(result: SweepResult, found: Sensitivity, picture: str) -> str:
    """The study as Markdown."""
    told = result.manifest.provenance
    text = [
        "# What drives the answers",
        "",
        f"Made by `make sensitivity-study` on {date.today()}, commit {str(told['commit'] or 'unknown')[:12]}, "
        f"parameters {told['parameter_checksum'][:12]}. Scenario `baseline`, {result.manifest.runs} runs of 60 months "
        f"with {SMALL['n_shippers']} shippers: {found.points} points of Morris trajectories over {len(result.factors)} "
        f"uncertainties, each over its declared range, {found.replications} seeds per point. "
        f"{coarse_note([SMALL['n_shippers']])}",
        "",
        "An effect is the mean size of the change of an outcome when one uncertainty goes through its whole declared "
        "range and the others stay where they are. It is a screening: it ranks, and it tells what does not matter. "
        "Intervals (95 %) are those of the trajectories; the seeds are averaged, and what luck does is told apart.",
        "",
        f"![Effects with their intervals]({picture})",
    ]
    for name in OUTCOMES:
        text += ["", f"## {outcome_meaning(name) or name}", "", f"`{name}`, {unit_of(name) or 'months'}."]
        values = result.runs[name]
        low, middle, high = (figure(name, float(values.quantile(share))) for share in (0.05, 0.5, 0.95))
        text[-1] += f" Over all runs: median {middle}, 5 % {low}, 95 % {high}."
        if name == EXHAUSTED:
            lasts = float((values > 60).mean())
            text[-1] += f" Where cash lasts to the end it counts as 61 months; it does in {lasts:.0%} of the runs."
        if name not in found.luck:
            text += ["", "It does not vary."]
            continue
        text[-1] += f" Luck makes up {found.luck[name]:.0%} of the variance of a single run."
        text += ["", *_table(result, found.outcome(name), name)]
    return "\n".join(text) + "\n"


def _table(result: SweepResult, indices: pd.DataFrame, name: str) -> list[str]:
    rows = [
        "| uncertainty | range | effect | 95 % interval | mean with sign | meaning |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for factor, row in indices.sort_values(by="effect", ascending=False).iterrows():
        told = result.describe_factor(str(factor))
        interval = f"{figure(name, max(0.0, row['effect_low']))} to {figure(name, row['effect_high'])}"
        cells = [f"`{factor}`", f"{told['low']:g} to {told['high']:g}", figure(name, row["effect"]), interval]
        cells += [figure(name, row["signed"], signed=True), factor_meaning(str(factor))]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def main() -> None:
    """Run what is missing, compute, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--trajectories", type=int, default=10)
    parser.add_argument("--replications", type=int, default=2)
    arguments = parser.parse_args()
    result = sweep(
        design(arguments.trajectories, arguments.replications),
        arguments.out,
        simulate=simulate,
        progress=lambda done, failed, total: print(f"{done} of {total} runs, {failed} failed", file=sys.stderr),
    )
    found = sensitivity(result)
    drawing = charts.effects({name: found.outcome(name) for name in OUTCOMES if name in found.luck})
    text = page(result, found, "sensitivity.svg")
    print(text)
    if arguments.write:
        write_text(arguments.write.with_name("sensitivity.svg"), standalone(drawing))
        write_text(arguments.write, text)


if __name__ == "__main__":
    from experiments.studies import uncertainties

    uncertainties.main()  # by its own name, so that other processes find `simulate`
