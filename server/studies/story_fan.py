"""Makes the runs behind the Story page: twenty of each road, and the first months of the one in the middle.

python -m server.studies.story_fan [--seeds 20] [--shippers N] [--processes N] [--out FOLDER] [--only-opening]

It writes fan.json and opening.json in server/story. Each run takes ten seconds or so of one processor. The fan follows
from agents, model and their data; the opening also from what the story says, so it can be made anew alone.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.gains import Row, gains, rows_of
from experiments.provenance import provenance
from experiments.runs import start_market
from experiments.workers import Task, work_all
from model.outcomes import compute_outcomes
from model.scenario import Scenario
from server.choice import Choice
from server.story.fan import (
    FILE,
    ROADS,
    Dot,
    Fan,
    Floats,
    Road,
    bands_of,
    dot_of,
    fingerprint,
    lines_of,
    middle_of,
    read_fan,
    write_fan,
)
from server.story.opening import make_opening, write_opening
from server.story.run import Story

SEEDS = 20
#: Whose gains the ending shows.
ACTORS = ("Amazon", "USPS", "UPS", "FedEx", "Small shippers", "Enterprise shippers", "Consumers")


@dataclass(frozen=True, eq=False)
class Finished:
    """What is kept of one run."""

    lines: dict[str, Floats]
    dot: Dot
    deadline: int
    expiry: int
    kept_at_start: float
    outcomes: dict[str, float]


def finish(task: Task) -> Finished:
    """Run one task to its end."""
    market = start_market(task.scenario, task.seed).run()
    story = Story(market)
    first = story.talks[0]
    return Finished(
        lines=lines_of(story),
        dot=dot_of(market, story, task.seed),
        deadline=first.deadline,
        expiry=first.expiry,
        kept_at_start=float(market.records["amazon_via_usps_parcels"][:12].sum()) / 1e6,
        outcomes=compute_outcomes(market),
    )


def scenarios(shippers: int | None) -> tuple[Scenario, ...]:
    """The two roads, with fewer shippers where wanted."""
    changed = {} if shippers is None else {"n_shippers": float(shippers)}
    return tuple(Scenario.load(name).with_changes(changed, "shippers") for name in ROADS)


def make_fan(seeds: int, shippers: int | None = None, processes: int = 1, report: Any = None) -> Fan:
    """Run both roads.

    Args:
        seeds: How many runs of each, with the seeds from 1 on; at least 2.
        shippers: How many shippers the market has; None for as many as usual.
        processes: Processes that work.
        report: Called with runs done and runs in all.
    """
    if seeds < 2:
        raise ValueError(f"seeds must be at least 2, not {seeds}")
    roads = scenarios(shippers)
    tasks = [Task(road, seed) for road in roads for seed in range(1, seeds + 1)]
    found = work_all(finish, tasks, processes, report)
    parts = {name: found[place * seeds : (place + 1) * seeds] for place, name in enumerate(ROADS)}
    index = pd.MultiIndex.from_tuples([(name, one.dot.seed) for name in ROADS for one in parts[name]])
    table = pd.DataFrame([one.outcomes for one in found], index=index.set_names(["scenario", "seed"]))
    gained = rows_of(gains(table, ROADS))
    usual = parts[ROADS[0]]
    return Fan(
        roads={
            name: Road(bands_of([one.lines for one in runs]), tuple(one.dot for one in runs))
            for name, runs in parts.items()
        },
        middle=middle_of([one.dot for one in usual]),
        deadline=usual[0].deadline,
        expiry=usual[0].expiry,
        kept_at_start=float(np.mean([one.kept_at_start for one in usual])),
        gains=tuple((actor, *_billions(gained[actor, ROADS[1]])) for actor in ACTORS),
        origin=origin_of(roads[0], seeds),
    )


def _billions(row: Row) -> tuple[float, float, float]:
    mean, low, high = row
    return mean / 1e9, low / 1e9, high / 1e9


def origin_of(scenario: Scenario, seeds: int) -> dict[str, Any]:
    """Where the runs come from: what made them, of which model, with how many shippers."""
    known = provenance(scenario)
    kept = ("model_version", "commit", "parameter_checksum", "changes")
    return {
        "made_by": "python -m server.studies.story_fan",
        "fingerprint": fingerprint(),
        **{key: known[key] for key in kept},
        "seeds": seeds,
        "start": str(scenario.start),
        "end": str(scenario.end),
        "n_shippers": int(scenario.parameters.n_shippers),
    }


def main() -> None:
    """Make both files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--shippers", type=int)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path, default=FILE.parent)
    parser.add_argument("--only-opening", action="store_true", help="keep the stored runs")
    asked = parser.parse_args()

    def report(done: int, total: int) -> None:
        print(f"\r{done} of {total} runs", end="", file=sys.stderr, flush=True)

    if asked.only_opening:
        fan = read_fan(asked.out / FILE.name)
    else:
        fan = make_fan(asked.seeds, asked.shippers, asked.processes, report)
        write_fan(fan, asked.out / FILE.name)
    write_opening(make_opening(Choice(seed=fan.middle)), asked.out / "opening.json")
    print(f"\nthe middle run is seed {fan.middle}", file=sys.stderr)


if __name__ == "__main__":
    main()
