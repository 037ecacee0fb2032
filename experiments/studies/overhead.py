"""What a sweep costs beside its runs, and beside Mesa's batch runner on the same points.

python -m experiments.studies.overhead [--runs 240] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from experiments.provenance import commit
from experiments.reports.sections import write_section
from experiments.studies.quick import quick
from model.scenario import Scenario

WORKERS = 2
SMALL = {"n_shippers": 200, "n_enterprise_shippers": 20}
# With so few shippers this seed gives one of them no customer, so the market cannot start: a run that fails.
TOO_SMALL, UNLUCKY = {"n_shippers": 60, "n_enterprise_shippers": 10}, 7
MEMORY_RUNS = (1_000, 10_000)


def points(runs: int) -> list[float]:
    """Values of the build limit."""
    return [0.4 + 1.9 * i / max(1, runs - 1) for i in range(runs)]


def scenarios(runs: int, failing: bool) -> list[Scenario]:
    """The points as scenarios."""
    base = Scenario.load("withdraw").with_changes({"end": "2025-12", **SMALL})
    found = [base.with_changes({"build_limit": value}) for value in points(runs)]
    if failing:
        found[len(found) // 2] = found[len(found) // 2].with_changes(TOO_SMALL)
    return found


def by_sweep(runs: int, failing: bool) -> dict[str, Any]:
    """The points as a sweep on two workers."""
    from experiments import sweep

    names = {**SMALL, "build_limit": 0.0}
    rows = [{**names, "build_limit": value} for value in points(runs)]
    if failing:
        rows[len(rows) // 2] |= TOO_SMALL
    design = {"kind": "table", "scenario": "withdraw", "until": "2025-12", "seed": UNLUCKY, "points": rows}
    with tempfile.TemporaryDirectory() as folder:
        status = sweep(design, Path(folder) / "store", workers=WORKERS).status
    return {"kept": status.done, "failed": status.failed, "cpu_of_runs": status.cpu_seconds}


def by_mesa(runs: int, failing: bool) -> dict[str, Any]:
    """The points by Mesa's batch runner on two processes."""
    import warnings

    import mesa

    from model.market import ParcelMarket

    warnings.simplefilter("ignore")
    try:
        rows = mesa.batch_run(
            ParcelMarket,
            {"scenario": scenarios(runs, failing)},
            number_processes=WORKERS,
            rng=[UNLUCKY],
            max_steps=12,
            display_progress=False,
        )
    except Exception as error:
        return {"kept": 0, "failed": 1, "error": type(error).__name__}
    return {"kept": len(rows), "failed": 0}


def many_quick_runs(runs: int, failing: bool) -> dict[str, Any]:
    """A sweep of runs that take no time: what the main process needs does not depend on what its workers compute."""
    from experiments import sweep

    design = {
        "kind": "lhs",
        "points": runs,
        "until": "2025-01",
        "outcomes": ["y"],
        "uncertainties": {"build_limit": "declared"},
    }
    with tempfile.TemporaryDirectory() as folder:
        done = sweep(design, Path(folder) / "store", workers=WORKERS, simulate=quick).status.done
    return {"kept": done, "failed": 0}


RUNNERS: Mapping[str, Callable[[int, bool], dict[str, Any]]] = {
    "sweep": by_sweep,
    "mesa": by_mesa,
    "quick": many_quick_runs,
}


def measure(runner: str, runs: int, failing: bool = False) -> dict[str, Any]:
    """Do something in a process of its own and measure it.

    Returns:
        What the runner tells, with wall time, processor time of the process and its workers, and peak memory of the
        process in MB.
    """
    command = [sys.executable, "-m", "experiments.studies.overhead", "--child", runner, "--runs", str(runs)]
    done = subprocess.run([*command, *(["--failing"] if failing else [])], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def child(runner: str, runs: int, failing: bool) -> None:
    """What happens in that process."""
    began = time.perf_counter()
    found = RUNNERS[runner](runs, failing)
    found["wall"] = time.perf_counter() - began
    here, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    found["cpu"] = here.ru_utime + here.ru_stime + below.ru_utime + below.ru_stime
    found["memory"] = here.ru_maxrss / 1024.0
    print(json.dumps(found))


def overhead_section(runs: int) -> str:
    """Measure sweep and batch runner side by side."""
    load = os.getloadavg()[0]
    ours, theirs = measure("sweep", runs), measure("mesa", runs)
    ours_failing, theirs_failing = measure("sweep", runs, True), measure("mesa", runs, True)
    ideal = ours["cpu_of_runs"] / WORKERS
    failing = (
        f"| points kept when one of {runs:,} fails | {ours_failing['kept']:,}, and a row that says why "
        f"| {theirs_failing['kept']:,} ({theirs_failing.get('error', 'no error')}) |"
    )
    return f"""## A sweep beside its runs, and beside Mesa's batch runner

Made by `python -m experiments.studies.overhead` on {date.today()}, commit {(commit() or "unknown")[:12]}: {runs:,} runs
of the scenario `withdraw`, 12 months, 200 shippers, {WORKERS} workers on {os.cpu_count()} processors; load of
the machine before it began: {load:.1f} (other work makes wall times upper limits).

| | lastmile sweep | mesa.batch_run |
| --- | ---: | ---: |
| wall time, s | {ours["wall"]:.1f} | {theirs["wall"]:.1f} |
| processor time, all processes, s | {ours["cpu"]:.1f} | {theirs["cpu"]:.1f} |
| peak memory of the main process, MB | {ours["memory"]:.0f} | {theirs["memory"]:.0f} |
{failing}
| goes on after a kill | yes | no |

The runs of the sweep took {ours["cpu_of_runs"]:.1f} s of processor time of their own, so {ideal:.1f} s on two workers.
Wall time over that: {ours["wall"] / ideal:.2f}. Processor time of everything over that of the runs, which other work on
the machine hardly touches: {ours["cpu"] / ours["cpu_of_runs"]:.2f}.
"""


def memory_section() -> str:
    """Measure the main process of a short and a long sweep."""
    few, many = (measure("quick", runs) for runs in MEMORY_RUNS)
    return f"""## Memory of a long sweep

Made by `python -m experiments.studies.overhead --memory` on {date.today()}, commit {(commit() or "unknown")[:12]}. Peak
memory of the main process of a sweep on {WORKERS} workers: {few["memory"]:.1f} MB with {MEMORY_RUNS[0]:,} runs,
{many["memory"]:.1f} MB with {MEMORY_RUNS[1]:,}: {many["memory"] / few["memory"] - 1.0:+.1%}. (The runs do nothing; the
main process only hands out points and takes note of files, whatever the workers compute.)
"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=240)
    parser.add_argument("--memory", action="store_true", help="only the memory of a long sweep")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--child", choices=RUNNERS, help=argparse.SUPPRESS)
    parser.add_argument("--failing", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.runs, arguments.failing)
        return
    name = "sweep-memory" if arguments.memory else "sweep-overhead"
    text = memory_section() if arguments.memory else overhead_section(arguments.runs)
    print(text)
    if arguments.write:
        write_section(arguments.write, name, text)


if __name__ == "__main__":
    main()
