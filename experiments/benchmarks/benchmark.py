"""The whole benchmark: versions, sizes, profile, start-up, memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from experiments.benchmarks import packages, sizes, startup
from experiments.benchmarks.profile import LIMIT, OUTSIDE, RECORDING, RunProfile, profile_run
from experiments.benchmarks.timing import Timing
from experiments.benchmarks.versions import BARE, MESA, Versions, compare_versions

Progress = Callable[[int, int], None]
SMALL, LARGE = 2_000, 100_000
STEPS = 2 + len(sizes.SERIES) + 3


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that was promised.

    Attributes:
        meaning: What.
        found: The figure.
        limit: What it must reach.
        at_most: Whether the limit is an upper one.
    """

    meaning: str
    found: float
    limit: float
    at_most: bool

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.found <= self.limit if self.at_most else self.found >= self.limit


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All that was measured.

    Attributes:
        versions: A month in every version, by number of shippers.
        scaling: Points and exponent by series.
        profile: Of a default run.
        commands: Processor time of fresh processes.
        starts: Processor time of starting a market.
        forms: A month with and without packages, by number of shippers.
        load: Load of the machine before it began.
    """

    versions: dict[int, Versions]
    scaling: dict[str, dict[str, Any]]
    profile: RunProfile
    commands: dict[str, Timing]
    starts: dict[str, Timing]
    forms: list[packages.PackagesMonth]
    load: float

    @property
    def bytes_per_shipper(self) -> float:
        """Memory that one more shipper takes."""
        return sizes.bytes_per_shipper(self.scaling["shippers"]["points"])

    @property
    def bytes_per_run(self) -> float:
        """Memory that a default run adds to a process with the market imported."""
        return float(self.scaling["months"]["points"][-1]["market_bytes"])

    def goals(self) -> Iterator[Goal]:
        """What was promised, with what was found."""
        small, large = self.versions[SMALL], self.versions[LARGE]
        yield Goal(f"shippers' phases against Mesa, {SMALL:,} shippers", small.ratio(MESA), 50, False)
        yield Goal(f"shippers' phases against Mesa, {LARGE:,} shippers", large.ratio(MESA), 200, False)
        yield Goal(f"whole month against Mesa, {SMALL:,} shippers", small.month_ratio(MESA), 5, False)
        yield Goal(f"whole month against Mesa, {LARGE:,} shippers", large.month_ratio(MESA), 100, False)
        yield Goal(f"shippers' phases over NumPy only, {LARGE:,} shippers", 1.0 / large.ratio(BARE), 1.5, True)
        for series, found in self.scaling.items():
            yield Goal(f"exponent of cost against {series}", found["exponent"], 1.1, True)
        outside = max(self.profile.share(name) for name in (RECORDING, OUTSIDE))
        yield Goal("largest share of recording or of Mesa in a default run", outside, LIMIT, True)
        most = max(month.ratio for month in self.forms)
        yield Goal("a month with packages over one with a single form", most, packages.LIMIT, True)
        ratio = self.commands[startup.HELP].median / self.commands[startup.MESA].median
        yield Goal("lastmile --help over import mesa", ratio, startup.LIMIT, True)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "versions": [versions.as_dict() for versions in self.versions.values()],
            "scaling": self.scaling,
            "profile": self.profile.as_dict(),
            "commands_seconds": {name: timing.as_dict() for name, timing in self.commands.items()},
            "starts_seconds": {name: timing.as_dict() for name, timing in self.starts.items()},
            "packages": [month.as_dict() for month in self.forms],
            "bytes_per_shipper": self.bytes_per_shipper,
            "bytes_per_run": self.bytes_per_run,
            "goals": [
                {"meaning": goal.meaning, "found": goal.found, "limit": goal.limit, "met": goal.met}
                for goal in self.goals()
            ],
            "load_before": self.load,
            "processors": os.cpu_count(),
        }


def benchmark(progress: Progress | None = None) -> Benchmark:
    """Measure everything; takes some minutes.

    Args:
        progress: Called with parts done and parts in all.

    Raises:
        experiments.benchmarks.versions.DifferentResultError: Two versions of the month do not agree.
    """
    done = 0

    def tell[T](result: T) -> T:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, STEPS)
        return result

    load = os.getloadavg()[0]
    versions = {
        SMALL: tell(compare_versions(SMALL, rounds=15, loop_rounds=5)),
        LARGE: tell(compare_versions(LARGE, rounds=7, loop_rounds=1)),
    }
    scaling = {series: tell(sizes.scaling(series)) for series in sizes.SERIES}
    profile = tell(profile_run())
    forms = tell(packages.compare_months())
    commands, starts = startup.time_commands(7), tell(startup.time_starts(5))
    return Benchmark(versions, scaling, profile, commands, starts, forms, load)
