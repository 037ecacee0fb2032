"""Kills a sweep at random moments and lets it go on, until it is done.

python tests/experiments/killing.py [runs] [kills] [--write PAGE]   # prints a report; the short version is a test
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import open_sweep, sweep
from experiments.reports.sections import write_section
from experiments.store.journal import read_journal
from experiments.store.shards import RUNS, WORK, is_shard

HERE = Path(__file__).parent
DESIGN: dict[str, Any] = {
    "kind": "lhs",
    "scenario": "withdraw",
    "until": "2025-01",
    "set": {"n_shippers": 200, "n_enterprise_shippers": 20},
    "uncertainties": {"build_limit": "declared", "amazon_own_cost_multiplier": "declared"},
}
SCRIPT = """
import json, sys
from importlib import import_module
from experiments import sweep
module, name = sys.argv[3].split(":")
sweep(json.loads(sys.argv[1]), sys.argv[2], workers=2, simulate=getattr(import_module(module), name))
"""


@dataclass
class Outcome:
    """What became of a sweep that was killed again and again."""

    starts: int
    kills: dict[str, int]
    finished: bool
    simulations: int
    table: pd.DataFrame
    leftovers: list[str]
    repairs: list[str]


def design(runs: int, market: bool) -> dict[str, Any]:
    """A design with so many runs; the market, or a stand-in."""
    return {**DESIGN, "points": runs, "outcomes": ["usps_cash_usd", "amazon_own_share"] if market else ["y", "z"]}


def kill_and_resume(
    folder: Path, content: dict[str, Any], simulate: str, kills: int, seed: int, within: float
) -> Outcome:
    """Start a sweep and kill its main process or a worker at random moments, in turn; then let it end.

    Args:
        folder: The store.
        content: The design.
        simulate: "module:function".
        kills: How many of each.
        seed: Seed of the moments.
        within: Longest time between two kills, seconds after the first file.
    """
    dice = random.Random(seed)
    done: Counter[str] = Counter()
    starts = 0
    while done.total() < 2 * kills:
        starts += 1
        process = start(folder, content, simulate)
        try:
            before = len(files(folder))
            wait_for(lambda count=before, one=process: one.poll() is not None or len(files(folder)) > count)
            while process.poll() is None and done.total() < 2 * kills:
                time.sleep(dice.uniform(0.0, within))
                victim = "worker" if done["worker"] < done["main process"] else "main process"
                pids = children(process.pid) if victim == "worker" else [process.pid]
                if process.poll() is not None or not pids:
                    break
                os.kill(dice.choice(pids), signal.SIGKILL)
                done[victim] += 1
                if victim == "main process":
                    process.wait()
            if process.poll() == 0:
                break  # it was faster than the kills
        finally:
            if process.poll() is None and done.total() < 2 * kills:
                process.kill()
            elif process.poll() is None:
                process.wait(timeout=600)
    last = start(folder, content, simulate)
    code = last.wait(timeout=1800)
    found = open_sweep(folder)
    shards = [entry for entry in read_journal(folder) if entry["event"] == "shard"]
    leftovers = [str(path.relative_to(folder)) for path in (folder / WORK).rglob("*")]
    leftovers += [path.name for path in (folder / RUNS).iterdir() if not is_shard(path.name)]
    leftovers += [path.name for path in folder.iterdir() if path.name.startswith(".")]
    return Outcome(
        starts=starts + 1,
        kills=dict(done),
        finished=code == 0,
        simulations=sum(entry["rows"] for entry in shards),
        table=found.runs,
        leftovers=leftovers,
        repairs=list(found.status.repairs),
    )


def start(folder: Path, content: dict[str, Any], simulate: str) -> subprocess.Popen[bytes]:
    """Start a sweep in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps(content), str(folder), simulate],
        env=environment,
        stderr=subprocess.DEVNULL,
    )


def files(folder: Path) -> list[Path]:
    """Files with rows that are in place."""
    return [path for path in (folder / RUNS).iterdir() if is_shard(path.name)] if (folder / RUNS).is_dir() else []


def children(pid: int) -> list[int]:
    """Worker processes of a sweep."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid and b"spawn_main" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait_for(condition: Any, seconds: float = 900.0) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: It does not happen.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.02)


def main() -> None:
    """Kill a big sweep and report what was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", type=int, nargs="?", default=2000)
    parser.add_argument("kills", type=int, nargs="?", default=4)
    parser.add_argument("--stand-in", action="store_true", help="runs that sleep 20 ms instead of the market")
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    content = design(arguments.runs, market=not arguments.stand_in)
    simulate = "stand_ins:slow_product" if arguments.stand_in else "experiments.simulation:simulate_market"
    module, _, function = simulate.partition(":")
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        whole = sweep(content, Path(place) / "whole", workers=2, simulate=getattr(import_module(module), function)).runs
        usual = time.perf_counter() - began
        began = time.perf_counter()
        found = kill_and_resume(
            Path(place) / "killed", content, simulate, arguments.kills, seed=1, within=usual / (2 * arguments.kills + 1)
        )
        longer = time.perf_counter() - began
    equal = found.finished and found.table.equals(whole)
    lines = [
        f"Sweep of {arguments.runs:,} short runs {'that sleep 20 ms' if arguments.stand_in else 'of the market'} on "
        f"two workers, {date.today()}.",
        "",
        f"* Killed with SIGKILL at random moments: {', '.join(f'{who} {n} times' for who, n in found.kills.items())}; "
        f"started {found.starts} times.",
        f"* The final table equals that of an uninterrupted sweep row by row, to the bit: {'yes' if equal else 'NO'}.",
        f"* Rows written: {found.simulations:,} for {arguments.runs:,} runs, so "
        f"{found.simulations - arguments.runs} runs were recorded twice.",
        f"* Files left over: {', '.join(found.leftovers) or 'none'}.",
        f"* Put right and reported on the way: {'; '.join(found.repairs) or 'nothing was damaged'}.",
        f"* Wall time {longer:.0f} s, {usual:.0f} s without kills (the machine was shared with other work).",
    ]
    print("\n".join(lines))
    if arguments.write:
        heading = "## Killed and resumed\n\nMade by `tests/experiments/killing.py` (`make kill-study`). "
        write_section(arguments.write, "sweep-kills", heading + "\n".join(lines))
    sys.exit(0 if equal and not found.leftovers and found.simulations == arguments.runs else 1)


if __name__ == "__main__":
    main()
