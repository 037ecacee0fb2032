"""Processor time of default runs and of planning a sweep, now and at an earlier commit, in turns: `make speed-study`.

With `--pages` also how long a page takes to its first chart in motion, alone and beside processes that only work.

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from experiments.provenance import commit
from experiments.reports.sections import write_section
from server.studies.browser import open_story, open_watch
from server.studies.servers import CHROMIUM, FLAGS, running

SECTION = "earlier-commit"
PAGES = "earlier-pages"
BUSY = 4  # processes that do nothing but work
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
PLAN = """
import time
from experiments.designs import read_design
from experiments.designs.plan import make_plan
varied = "build_limit amazon_own_cost_multiplier price_coef_economy concession_exponent_buyer route_flex_down".split()
design = read_design({
    "kind": "lhs", "points": 6000, "uncertainties": dict.fromkeys(varied, "declared"), "outcomes": ["amazon_own_share"],
})
begun = time.process_time()
make_plan(design)
print(time.process_time() - begun)
"""
Times = list[tuple[float, ...]]


def said(folder: Path, script: str, words: Sequence[object] = ()) -> Times:
    """What a script prints with the code of a folder: numbers, line by line."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", script, *map(str, words)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return [
        tuple(map(float, line.split())) for line in done.stdout.splitlines() if re.match(r"^[\d.]+( [\d.]+)*$", line)
    ]


def section(names: Sequence[str], played: Sequence[Times], planned: Sequence[Times]) -> str:
    """The table, earlier commit first, with medians, ranges and ratios."""
    found = [
        [*zip(*played[side], strict=True), [sum(one) for one in played[side]], [one[0] for one in planned[side]]]
        for side in range(2)
    ]
    rows = [
        f"| {name} | " + " | ".join(f"{median(part):.2f} ({min(part):.2f} to {max(part):.2f})" for part in parts) + " |"
        for name, parts in zip(names, found, strict=True)
    ]
    ratios = " | ".join(f"{median(now) / median(then):.2f}" for then, now in zip(*found, strict=True))
    return "\n".join(
        [
            "## Against an earlier commit",
            "",
            f"Made by `make speed-study` on {date.today()}: processor time in processes that took turns, median and",
            f"range of {len(played[0])} default runs and of {len(planned[0])} plans of a design of 6,000 points.",
            "The ratios are of the code, seconds of the machine.",
            "",
            "| commit | start, s | all months, s | run with its start, s | planning 6,000 points, s |",
            "| --- | ---: | ---: | ---: | ---: |",
            *rows,
            f"| ratio | {ratios} |",
        ]
    )


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep the machine at work meanwhile."""
    workers = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def opened(folder: Path, load: int, tries: int, opens: Callable[[Any, str, int], float]) -> list[float]:
    """Seconds to the first chart in motion of the server of a folder, after a first visit that does not count.

    Args:
        folder: Of the code.
        load: Processes at work beside it.
        tries: Visits that count, each by a browser without memory.
        opens: Opens a page; gets a context, the address and the number of the visit.
    """
    from playwright.sync_api import sync_playwright

    found = []
    with tempfile.TemporaryDirectory() as place, running(Path(place), folder) as server, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with busy(load):
            for visit in range(tries + 1):
                context = browser.new_context(viewport={"width": 1280, "height": 900})
                found.append(opens(context, server.url, visit))
                context.close()
        browser.close()
    return found[1:]


def pages(folders: Sequence[Path], names: Sequence[str], turns: int) -> str:
    """The table of pages, earlier commit first; it has no Story."""

    def watch(context: Any, url: str, visit: int) -> float:
        return open_watch(context.new_page(), url, visit)

    def story(context: Any, url: str, visit: int) -> float:
        return open_story(context, url)

    earlier, here = folders
    kinds = ((names[0], "Watch", earlier, watch), (names[1], "Watch", here, watch), (names[1], "Story", here, story))
    times: dict[tuple[str, str, int], list[float]] = {}
    for _ in range(turns):
        for load in (0, BUSY):
            for name, page, folder, opens in kinds:
                times.setdefault((name, page, load), []).extend(opened(folder, load, 3, opens))
    rows = []
    for name, page, _, _ in kinds:
        alone, beside = (times[name, page, load] for load in (0, BUSY))
        cells = (f"{median(part):.1f} ({min(part):.1f} to {max(part):.1f})" for part in (alone, beside))
        rows.append(f"| {name} | {page} | " + " | ".join(cells) + " |")
    return "\n".join(
        [
            "## Pages against an earlier commit",
            "",
            f"Made by `make speed-study ARGS=--pages` on {date.today()}: seconds from asking for a page to its first",
            f"chart in motion, {3 * turns} visits each by a browser without memory, median and range, servers in turns",
            f"on {os.cpu_count()} processors. Beside them: {BUSY} processes that do nothing but work.",
            "",
            "| commit | page | alone, s | beside others, s |",
            "| --- | --- | ---: | ---: |",
            *rows,
        ]
    )


def main() -> None:
    """Compare, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default="f390c3e", help="the earlier one")
    parser.add_argument("--turns", type=int, default=2, help="of each commit")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pages", action="store_true", help="also how long pages take to open, in a Chromium")
    parser.add_argument("--write", type=Path, help="page that gets the section")
    arguments = parser.parse_args()
    here = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as place:
        earlier = Path(place) / "earlier"
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", earlier, arguments.commit], cwd=here, check=True
        )
        try:
            played: tuple[Times, Times] = ([], [])
            planned: tuple[Times, Times] = ([], [])
            names = (arguments.commit, (commit() or "this one")[:12])
            for _ in range(arguments.turns):
                for side, folder in enumerate((earlier, here)):
                    played[side].extend(said(folder, PLAY, arguments.seeds))
                    planned[side].extend(said(folder, PLAN))
            tell(section(names, played, planned), SECTION, arguments.write)
            if arguments.pages:
                assets = earlier / "server/assets/cdn"  # what the browser needs is the same, and set up here
                assets.symlink_to(here / "server/assets/cdn")
                tell(pages((earlier, here), names, arguments.turns), PAGES, arguments.write)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", earlier], cwd=here, check=True)


def tell(text: str, section_name: str, page: Path | None) -> None:
    """Print a section, and write it where asked to."""
    print(text)
    if page is not None:
        write_section(page, section_name, text)


if __name__ == "__main__":
    main()
