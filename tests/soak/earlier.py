"""Processor time of default runs, now and at an earlier commit, in processes that take turns: `make speed-study`.

The clock of a machine that others use says little about one commit; that of two, taken in turns, gives their ratio. The
earlier commit is played in a folder of its own, with the packages that are installed here.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median

from experiments.provenance import commit
from experiments.reports.sections import write_section

SECTION = "earlier-commit"
# Only what both commits have: imports and a first start are warm, then each seed is started and played to its end.
PLAY = """
import sys, time
from model.market import ParcelMarket
from model.scenario import Scenario
settings = Scenario.load("baseline")
ParcelMarket(settings.with_changes({"n_shippers": 120}), rng=0).step()
for seed in map(int, sys.argv[1:]):
    begun = time.process_time()
    market = ParcelMarket(settings, rng=seed)
    started = time.process_time()
    market.run()
    print(started - begun, time.process_time() - started)
"""
Times = list[tuple[float, float]]


def play(folder: Path, seeds: Sequence[int]) -> Times:
    """Seconds of processor time of the start and of all months of a default run, by seed, with the code of a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PLAY, *map(str, seeds)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return [(float(start), float(months)) for start, months in re.findall(r"^(\S+) (\S+)$", done.stdout, re.M)]


def section(names: Sequence[str], times: Sequence[Times]) -> str:
    """The table, earlier commit first, with medians, ranges and ratios."""
    ends = [[[one[kind] for one in played] for kind in (0, 1)] for played in times]
    rows = [
        f"| {name} | " + " | ".join(f"{median(part):.2f} ({min(part):.2f} to {max(part):.2f})" for part in parts) + " |"
        for name, parts in zip(names, ends, strict=True)
    ]
    ratios = " | ".join(f"{median(now) / median(then):.2f}" for then, now in zip(*ends, strict=True))
    return "\n".join(
        [
            "## Against an earlier commit",
            "",
            f"Made by `make speed-study` on {date.today()}: processor time of default runs in processes that took",
            f"turns, {len(times[0])} runs each, median and range. The ratios are of the code, seconds of the machine.",
            "",
            "| commit | start, s | all months, s |",
            "| --- | ---: | ---: |",
            *rows,
            f"| ratio | {ratios} |",
        ]
    )


def main() -> None:
    """Compare, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default="f390c3e", help="the earlier one")
    parser.add_argument("--turns", type=int, default=2, help="of each commit")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--write", type=Path, help="page that gets the section")
    arguments = parser.parse_args()
    here = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as place:
        earlier = Path(place) / "earlier"
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", earlier, arguments.commit], cwd=here, check=True
        )
        try:
            times: tuple[Times, Times] = ([], [])
            for _ in range(arguments.turns):
                for folder, found in zip((earlier, here), times, strict=True):
                    found += play(folder, arguments.seeds)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", earlier], cwd=here, check=True)
    text = section((arguments.commit, (commit() or "this one")[:12]), times)
    print(text)
    if arguments.write:
        write_section(arguments.write, SECTION, text)


if __name__ == "__main__":
    main()
