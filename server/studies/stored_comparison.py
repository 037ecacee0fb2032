"""Makes the comparison that comes with the program: `python -m server.studies.stored_comparison --pairs 20`."""

from __future__ import annotations

import argparse
import datetime
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from experiments.simulation import Simulation, play_market, simulation_of
from experiments.workers import default_workers, usable_workers
from model.scenario import Scenario
from server.pages.compare.stored import FOLDER, assembled, plan_of, save

PAIRS = 20


def _run(scenario: Scenario, seed: int) -> Simulation:
    os.nice(5 - os.nice(0))
    return simulation_of(play_market(scenario, seed))


def main() -> None:
    """Do the runs and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="pairs of runs, with seeds from 1")
    parser.add_argument("--shippers", type=int, default=None, help="fewer shippers than usual, for a trial")
    parser.add_argument("--until", default="2030-12", help="last month")
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    plan = plan_of(asked.pairs, asked.shippers, asked.until)
    tasks = [(scenario, seed) for scenario in plan.scenarios for seed in plan.seeds]
    with ProcessPoolExecutor(usable_workers(asked.workers)) as pool:
        found = list(pool.map(_run, *zip(*tasks, strict=True)))
    save(plan, assembled(plan, found), datetime.datetime.now(datetime.UTC).date().isoformat(), asked.out)
    print(f"{len(found)} runs are in {asked.out}")


if __name__ == "__main__":
    main()
