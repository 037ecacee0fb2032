"""The benchmark as a part of the page about performance, with a figure."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from experiments.benchmarks import startup
from experiments.benchmarks.benchmark import LARGE, SMALL, Benchmark
from experiments.benchmarks.profile import RunProfile
from experiments.benchmarks.timing import Timing
from experiments.benchmarks.versions import AGENTPY, OURS
from experiments.errors import InputError
from experiments.provenance import commit
from experiments.reports.sections import write_section

SECTION = "benchmark"
FIGURE = "benchmark-scaling.png"
MEGABYTE = 1e6
MILLISECONDS = 1e3


def check_page(path: Path) -> None:
    """Check before minutes of work that the page can be written.

    Raises:
        InputError: Its folder does not exist.
    """
    if not path.parent.is_dir():
        raise InputError(f"write: the folder {str(path.parent)!r} does not exist")


def write_page(result: Benchmark, path: Path) -> None:
    """Put the benchmark in its place on the page, and its figure in the folder `images` beside it."""
    images = path.parent / "images"
    images.mkdir(exist_ok=True)
    draw(result, images / FIGURE)
    write_section(path, SECTION, "\n".join(section(result)))


def section(result: Benchmark) -> Iterator[str]:
    """Lines of the part."""
    yield "## A month beside other ways to write it"
    yield ""
    yield (
        f"Made by `lastmile benchmark --write docs/performance.md` on {date.today()}, commit "
        f"{(commit() or 'unknown')[:12]}: Python {platform.python_version()}, {os.cpu_count()} processors, load before "
        f"it began {result.load:.1f}. Processor time, medians and the range in brackets."
    )
    yield ""
    yield from _goals(result)
    yield from _versions(result)
    yield from _scaling(result)
    yield "### A default run by phase"
    yield ""
    yield from profile_table(result.profile)
    yield from _packages(result)
    yield from _starts(result)
    yield from _memory(result)


def _goals(result: Benchmark) -> Iterator[str]:
    yield "| promised | found | limit | met |"
    yield "| --- | ---: | ---: | --- |"
    for goal in result.goals():
        sign = "at most" if goal.at_most else "at least"
        yield f"| {goal.meaning} | {goal.found:.2f} | {sign} {goal.limit:g} | {'yes' if goal.met else '**no**'} |"
    yield ""


def _versions(result: Benchmark) -> Iterator[str]:
    yield (
        "The shippers' month - reconsider and choose, tender to carriers by zone, split of enterprise shippers, "
        "refusals - in versions that give the same numbers (choices exactly, parcels and dollars to 1e-9; a test and "
        "every run of this benchmark check it). *One agent per shipper* loops over segments, carriers and zones in "
        "Python. *Whole month*: that version for the shippers, our market for everything else. mesa-frames is not "
        "among them: all its versions need NumPy below 2, which the model does not run on."
    )
    yield ""
    yield "| version | shippers | shippers' phases, ms | times ours | whole month, times ours |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for n in (SMALL, LARGE):
        versions = result.versions[n]
        for name, timing in versions.timings.items():
            month = f"{versions.month_ratio(name):.1f}" if name != OURS else f"1 ({versions.month * 1000:.0f} ms)"
            yield f"| {name} | {n:,} | {_milliseconds(timing)} | {versions.ratio(name):.2f} | {month} |"
    if AGENTPY not in result.versions[SMALL].timings:
        yield ""
        yield "AgentPy was not installed (extra `benchmark`)."
    yield ""


def _milliseconds(timing: Timing) -> str:
    low, high = timing.low * MILLISECONDS, timing.high * MILLISECONDS
    spread = f" ({low:,.1f} to {high:,.1f})" if timing.rounds > 1 else " (once)"
    return f"{timing.median * MILLISECONDS:,.1f}{spread}"


def _scaling(result: Benchmark) -> Iterator[str]:
    yield "### Cost against size"
    yield ""
    yield f"![Cost against size](images/{FIGURE})"
    yield ""
    yield "| | size | start, s | month, ms | run, s | peak memory, MB | exponent |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for series, found in result.scaling.items():
        for point in found["points"]:
            last = f"{found['exponent']:.2f}" if point is found["points"][-1] else ""
            yield (
                f"| {series} | {point[series]:,.0f} | {point['start_seconds']:.2f} "
                f"| {point['month_seconds'] * MILLISECONDS:.1f} | {point['run_seconds']:.2f} "
                f"| {point['memory_bytes'] / MEGABYTE:,.0f} | {last} |"
            )
    yield ""
    yield (
        "The exponent is the slope of log cost over log size: of a month, and of the whole run for the months. Each "
        "size runs in a process of its own; zones are those of the model cut into equal parts, 51 is one zone of every "
        "state. In the first year nobody negotiates, so a month costs less; runs beyond 72 months go on after 2030."
    )
    yield ""


def profile_table(profile: RunProfile) -> Iterator[str]:
    """The profile as Markdown."""
    duration = f"{profile.total:.2f} s after a start of {profile.start:.2f} s"
    yield f"`{profile.scenario}`, {profile.months} months, {duration}."
    yield ""
    yield "| phase | ms a month | share |"
    yield "| --- | ---: | ---: |"
    for name, seconds in profile.phases.items():
        yield f"| {name} | {seconds / profile.months * MILLISECONDS:.2f} | {profile.share(name):.1%} |"
    yield ""


def _packages(result: Benchmark) -> Iterator[str]:
    yield "### A month with packages"
    yield ""
    yield (
        "`baseline` with the form of contracts for access on the table, and with one form for all; 72 months in turns, "
        "of each month the fastest round."
    )
    yield ""
    yield "| shippers | packages, ms | one form, ms | ratio |"
    yield "| ---: | ---: | ---: | ---: |"
    for month in result.forms:
        packages, one_form = month.packages * MILLISECONDS, month.one_form * MILLISECONDS
        yield f"| {month.shippers:,} | {packages:.1f} | {one_form:.1f} | {month.ratio:.2f} |"
    yield ""


def _starts(result: Benchmark) -> Iterator[str]:
    yield "### Start-up"
    yield ""
    yield "| | processor time, ms | over import mesa |"
    yield "| --- | ---: | ---: |"
    base = result.commands[startup.MESA].median
    for name, timing in result.commands.items():
        yield f"| `{name}` | {_milliseconds(timing)} | {timing.median / base:.2f} |"
    for name, timing in result.starts.items():
        yield f"| {name} | {_milliseconds(timing)} | |"
    yield ""


def _memory(result: Benchmark) -> Iterator[str]:
    yield "### Memory"
    yield ""
    yield (
        f"One more shipper takes {result.bytes_per_shipper:,.0f} bytes at the peak (between the two largest markets "
        f"above). A default run, and so a browser session that holds one, takes "
        f"{result.bytes_per_run / MEGABYTE:,.0f} MB beyond what importing the market takes."
    )


def draw(result: Benchmark, path: Path) -> None:
    """Draw the cost of a month against size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 2.8), layout="constrained")
    axes = figure.subplots(1, len(result.scaling))
    for axis, (series, found) in zip(axes, result.scaling.items(), strict=True):
        cost, unit = ("run_seconds", 1.0) if series == "months" else ("month_seconds", MILLISECONDS)
        size = [point[series] for point in found["points"]]
        axis.loglog(size, [point[cost] * unit for point in found["points"]], marker="o", color="#1f3a5f")
        axis.set_title(f"{series}: exponent {found['exponent']:.2f}", loc="left", fontsize=9)
        axis.set_xlabel(series)
        axis.set_ylabel("s per run" if series == "months" else "ms per month")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(color="#e4e4e4", linewidth=0.6)
    figure.savefig(path, dpi=144)
