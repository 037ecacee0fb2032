"""Makes the answers that come with the Experiments page: `python -m server.studies.stored_examples`, some minutes."""

from __future__ import annotations

import argparse
import datetime
import tempfile
import time
from pathlib import Path
from typing import Any

from experiments import sweep
from experiments.resolution import usual_shippers
from experiments.simulation import simulate_market
from experiments.workers import default_workers, usable_workers
from model.scenario import Scenario
from server.pages.experiments.examples import EXAMPLES, FILE, answer_of, save
from server.pages.experiments.form import design_mapping


def main() -> None:
    """Do the runs of all questions and write what they gave."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=default_workers())
    asked = parser.parse_args()
    workers = usable_workers(asked.workers)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for example in EXAMPLES:
            problems: list[str] = []
            result = sweep(design_mapping(example.form(), problems), Path(folder) / example.key, workers=workers)
            assert not problems, problems
            assert result.status.done == example.n_runs, f"{example.key}: {result.status.done} runs are done"
            found[example.key] = answer_of(example, result)
    save(found, datetime.datetime.now(datetime.UTC).date().isoformat(), usual_shippers(), seconds_of_a_run())
    print(f"{sum(example.n_runs for example in EXAMPLES)} runs are in {FILE}")


def seconds_of_a_run() -> float:
    """Processor time of one usual run, so that what else the machine does is not counted."""
    scenario = Scenario.load("baseline")
    simulate_market(scenario, 1)  # reads all tables
    began = time.process_time()
    simulate_market(scenario, 1)
    return time.process_time() - began


if __name__ == "__main__":
    main()
