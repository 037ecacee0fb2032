"""What a market of a given size costs: start, month and memory, each size in a process of its own.

python -m experiments.benchmarks.sizes '{"shippers": 1000, "months": 12}'
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZoneTable
from experiments.benchmarks.timing import exponent
from model.zones import build_zone_table

KILOBYTE = 1024
SERIES: Mapping[str, tuple[dict[str, int], ...]] = {
    "shippers": tuple({"shippers": n, "months": 12} for n in (1_000, 10_000, 100_000, 1_000_000)),
    "carriers": tuple({"carriers": n, "months": 12} for n in (5, 10, 20, 40)),
    "zones": tuple({"zones": n, "months": 6} for n in (51, 152, 760, 3_040)),
    "months": tuple({"months": n} for n in (9, 18, 36, 72, 144, 288)),
}


def county_like_zones(table: ZoneTable, n_zones: int) -> ZoneTable:
    """Cut every zone into equal parts, as many as there are counties, or keep one zone of every state.

    Args:
        table: The zones of the model.
        n_zones: Wanted number: that of the states, or a multiple of that in the table.

    Raises:
        ValueError: Another number.
    """
    n_states = len(set(table.state_index.tolist()))
    if n_zones == n_states:
        # Which type of zone a state keeps goes round, so that every type is there.
        of_state = [np.flatnonzero(table.state_index == state) for state in range(n_states)]
        return _take(table, np.array([rows[state % len(rows)] for state, rows in enumerate(of_state)]), 1)
    parts, rest = divmod(n_zones, table.n_zones)
    if rest or parts < 1:
        raise ValueError(f"zones = {n_zones}: it must be {n_states} or a multiple of {table.n_zones}")
    return _take(table, np.repeat(np.arange(table.n_zones), parts), parts)


def _take(table: ZoneTable, rows: NDArray[np.int64], parts: int) -> ZoneTable:
    names = ("state", "state_index", "zone_type", "division", "density", "density_grid")
    same = {name: getattr(table, name)[rows] for name in names}
    shared = {name: getattr(table, name)[rows] / parts for name in ("households", "delivery_points", "served_area")}
    return replace(table, **same, **shared)


def peak_memory() -> int:
    """Largest memory that this process has held, bytes.

    Linux keeps it by program; `getrusage` would hand down the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) * KILOBYTE
    unit = 1 if sys.platform == "darwin" else KILOBYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure_here(size: Mapping[str, int]) -> dict[str, float]:
    """Build and run a market of some size in this process.

    Args:
        size: Any of shippers, carriers, zones, months.

    Returns:
        Processor seconds of the start, of the run and of a month, and peak memory of the process in bytes.
    """
    from model.carriers import NATIONAL
    from model.market import ParcelMarket
    from model.scenario import Scenario

    changes: dict[str, Any] = {}
    if "shippers" in size:
        changes["n_shippers"] = size["shippers"]
    if "carriers" in size:
        changes["n_regional_carriers"] = size["carriers"] - len(NATIONAL)
    scenario = Scenario.load("baseline").with_changes(changes)
    if size["months"] > scenario.n_months:
        scenario = scenario.with_changes({"end": str(scenario.start + (size["months"] - 1))})
    imported = peak_memory()

    def zones(parameters: Any) -> ZoneTable:
        table = build_zone_table(parameters)
        return county_like_zones(table, size["zones"]) if "zones" in size else table

    with mock.patch("model.economy.build_zone_table", zones):
        began = time.process_time()
        market = ParcelMarket(scenario, rng=1)
    started = time.process_time()
    for _ in range(size["months"]):
        market.step()
    ended = time.process_time()
    peak = peak_memory()
    return {
        **size,
        "start_seconds": started - began,
        "run_seconds": ended - started,
        "month_seconds": (ended - started) / size["months"],
        "memory_bytes": peak,
        "market_bytes": peak - imported,
    }


def measure(size: Mapping[str, int]) -> dict[str, float]:
    """The same in a process of its own, so that memory is its own."""
    command = [sys.executable, "-m", "experiments.benchmarks.sizes", json.dumps(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def scaling(series: str) -> dict[str, Any]:
    """Measure the sizes of one series.

    Returns:
        points, and the fitted exponent of the cost of a month (of a whole run for the series "months").
    """
    points = [measure(size) for size in SERIES[series]]
    cost = "run_seconds" if series == "months" else "month_seconds"
    return {"points": points, "exponent": exponent([p[series] for p in points], [p[cost] for p in points])}


def bytes_per_shipper(points: list[dict[str, float]]) -> float:
    """Memory that one more shipper takes, by the two largest markets."""
    small, large = points[-2], points[-1]
    return (large["memory_bytes"] - small["memory_bytes"]) / (large["shippers"] - small["shippers"])


if __name__ == "__main__":
    print(json.dumps(measure_here(json.loads(sys.argv[1]))))
