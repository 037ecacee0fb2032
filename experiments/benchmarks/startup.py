"""What it takes until something can begin: the help of the command line, imports, the start of a market."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Mapping

from experiments.benchmarks.timing import Timing

HELP, MESA, MARKET = "lastmile --help", "import mesa", "import model.market"
FIRST_START, NEXT_START, SAME_START = "start, first in a process", "start, another seed", "start, same seed again"
COMMANDS: Mapping[str, str] = {
    HELP: "import sys; sys.argv = ['lastmile', '--help']; from experiments.cli import main; main()",
    MESA: "import mesa",
    MARKET: "import model.market",
}
LIMIT = 0.3


def time_commands(rounds: int) -> dict[str, Timing]:
    """Processor time of fresh processes, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, code in COMMANDS.items():
            found = _processor_time(code)
            if turn > 0:  # the first turn fills the disk cache
                seconds[name].append(found)
    return {name: Timing.of(values) for name, values in seconds.items()}


def time_starts(rounds: int) -> dict[str, Timing]:
    """Processor time of starting a market: the first in a process, one more seed, and a start like an earlier one."""
    from model.market import ParcelMarket

    def start(seed: int) -> float:
        began = time.process_time()
        ParcelMarket("baseline", rng=seed)
        return time.process_time() - began

    first = start(1)
    others = [start(seed) for seed in range(2, rounds + 2)]
    again = [start(rounds + 1) for _ in range(rounds)]
    return {FIRST_START: Timing.of([first]), NEXT_START: Timing.of(others), SAME_START: Timing.of(again)}


def _processor_time(code: str) -> float:
    """Of a fresh process that runs some code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
