"""The study of carriers as firms: several seeds, a table by carrier and year, checks, and its page with figures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.firms.checks import CHECKS
from experiments.firms.play import FirmRun, by_group, play
from experiments.provenance import provenance
from experiments.runs import Progress
from experiments.settings import check_seeds, prepare_scenario
from experiments.storage import check_file, check_place, write_text
from experiments.workers import Task, work_all
from model.scenario import Scenario
from model.words import group_names

MEASURES = {
    "sold_bn": ("volume", "bn parcels sold a year"),
    "price": ("price", "$ of revenue per parcel sold"),
    "margin": ("margin", "margin, share of revenue"),
    "handed_bn": ("handed", "bn parcels a year that USPS delivers for it"),
}
GROUPS = ("usps", "ups", "fedex", "amazon", "regional")
IMAGES = "images"
INK, SEED = "#1f3a5f", "#9ab3cc"


@dataclass(frozen=True, eq=False)
class FirmStudy:
    """Runs of one scenario under several seeds.

    Attributes:
        scenario: The scenario.
        runs: One for each seed.
        table: Figures by group, year and seed: sold_bn, price, margin, handed_bn.
        found: What each check found, by check.
        provenance: Of the scenario.
    """

    scenario: Scenario
    runs: tuple[FirmRun, ...] = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    found: dict[str, list[str]] = field(repr=False)
    provenance: dict[str, Any] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Whether every check says yes for every seed."""
        return not any(self.found.values())

    def summary(self) -> dict[str, Any]:
        """The study as plain values, as `lastmile firms --json` prints it."""
        rows = self.table.reset_index().to_dict("records")
        return {
            "scenario": self.scenario.name,
            "seeds": [run.seed for run in self.runs],
            "holds": self.holds,
            "found": self.found,
            "table": [{str(name): value for name, value in row.items()} for row in rows],
        }


def study_firms(
    scenario: str | Path | Scenario = "baseline",
    seeds: int = 5,
    shippers: int = 600,
    workers: int | None = None,
    progress: Progress | None = None,
) -> FirmStudy:
    """Run a scenario under the seeds 1 to N and look at every carrier.

    Args:
        scenario: A name of the library, the path of a TOML file, or a scenario.
        seeds: How many seeds, at least one.
        shippers: Number of shippers of each run.
        workers: Processes; one for each processor unless told.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: What was asked for is not possible.
    """
    check_seeds(1, seeds)
    prepared = prepare_scenario(scenario, {"n_shippers": shippers})
    runs = tuple(work_all(play, [Task(prepared, seed) for seed in range(1, seeds + 1)], workers, progress))
    return of_runs(prepared, runs)


def of_runs(scenario: Scenario, runs: tuple[FirmRun, ...]) -> FirmStudy:
    """Table and checks of runs that are done."""
    table = pd.concat({run.seed: by_group(run) for run in runs}, names=["seed"]).reorder_levels(
        ["group", "year", "seed"]
    )
    many = len(runs) > 1
    found = {
        name: [f"seed {run.seed}: {one}" if many else one for run in runs for one in check(run)]
        for name, check in CHECKS.items()
    }
    return FirmStudy(scenario, runs, table.sort_index(), found, provenance(scenario))


def check_page(file: Path) -> None:
    """Check that the page and its figures can be written.

    Raises:
        InputError: They cannot.
    """
    check_file(file)
    check_place(file.parent / IMAGES, "write")


def write_page(file: Path, study: FirmStudy) -> list[Path]:
    """Write the page as Markdown and its figures into the folder `images` beside it.

    Returns:
        The figures.

    Raises:
        InputError: The page cannot be written there.
    """
    check_page(file)
    folder = file.parent / IMAGES
    folder.mkdir(exist_ok=True)
    pictures = [_draw(study, measure, folder / f"firms-{name}.png") for measure, (name, _) in MEASURES.items()]
    write_text(file, "\n".join(_lines(study, [os.path.relpath(one, file.parent) for one in pictures])) + "\n")
    return pictures


def _lines(study: FirmStudy, pictures: list[str]) -> Iterator[str]:
    seeds, shippers = len(study.runs), study.scenario.parameters.n_shippers
    yield "# Carriers by year"
    yield ""
    yield (
        f"Made by `lastmile firms --seeds {seeds} --write docs/firms-by-carrier.md`. Scenario `{study.scenario.name}`, "
        f"{shippers:,.0f} shippers, seeds 1 to {seeds}; parameters {study.provenance['parameter_checksum'][:12]}. What "
        "each rule of carriers is for stands in [Firms](firms.md)."
    )
    yield ""
    yield (
        "Volume is what a carrier sells, also what USPS brings to the door for it; of Amazon it is what it sells to "
        "other shippers. Margin is the operating margin of the year; of USPS it is what parcels leave over their "
        "attributable cost, and of Amazon what its sales leave over the cost of these parcels: both networks stand "
        "anyway. Handed over is what USPS delivers for a carrier; of Amazon that stands in "
        "[Negotiation](negotiation.md)."
    )
    yield from ("", "## What firms do not do", "", "| check | holds | what was found |", "|---|---|---|")
    for name, found in study.found.items():
        more = f"; and {len(found) - 4} more" if len(found) > 4 else ""
        yield f"| {name} | {'no' if found else 'yes'} | {'; '.join(found[:4])}{more} |"
    names = group_names()
    yield from ("", "## Figures", "", f"One thin line for each of {seeds} seeds, the mean in bold.")
    for (_, words), picture in zip(MEASURES.values(), pictures, strict=True):
        yield from ("", f"![{words}, by carrier]({picture})")
    yield from ("", "## Table", "", "Mean over the seeds, in brackets the smallest and the largest.")
    for group in GROUPS:
        yield from ("", f"### {names[group]}", "")
        yield "| year | bn parcels | $ per parcel | margin, % | handed over, bn |"
        yield "|---|---:|---:|---:|---:|"
        of_group = study.table.xs(group, level="group")
        for year in dict.fromkeys(of_group.index.get_level_values("year")):
            rows = of_group.xs(year, level="year")
            cells = (
                _cell(rows["sold_bn"], 2),
                _cell(rows["price"], 2),
                _cell(100.0 * rows["margin"], 1),
                _cell(rows["handed_bn"], 2) if group in ("ups", "fedex", "regional") else "",
            )
            yield f"| {year} | " + " | ".join(cells) + " |"


def _cell(values: pd.Series, decimals: int) -> str:
    mean, low, high = (f"{one:.{decimals}f}" for one in (values.mean(), values.min(), values.max()))
    return f"{mean} ({low} to {high})" if len(values) > 1 else mean


def _draw(study: FirmStudy, measure: str, file: Path) -> Path:
    from matplotlib.figure import Figure

    names, table = group_names(), study.table[measure]
    shown = [group for group in GROUPS if measure != "handed_bn" or group in ("ups", "fedex", "regional")]
    sheet = Figure(figsize=(2.5 * len(shown), 2.6), layout="constrained")
    axes: Any = sheet.subplots(1, len(shown), squeeze=False, sharey=measure == "handed_bn")[0]
    for place, group in zip(axes, shown, strict=True):
        by_year = table.loc[group].unstack("seed")
        place.plot(by_year.index, by_year.to_numpy(), color=SEED, linewidth=0.8)
        place.plot(by_year.index, by_year.mean(axis=1), color=INK, linewidth=2.0)
        place.set_title(names[group], loc="left", fontsize=9)
        place.tick_params(labelsize=8)
        place.set_xticks(list(by_year.index)[:: max(1, len(by_year) // 3)])
        if measure in ("sold_bn", "handed_bn", "price"):
            place.set_ylim(bottom=0.0)
        else:
            place.axhline(0.0, color="#8c8c8c", linewidth=0.6)
        place.spines[["top", "right"]].set_visible(False)
        place.grid(color="#e4e4e4", linewidth=0.6)
    axes[0].set_ylabel(MEASURES[measure][1], fontsize=8)
    sheet.savefig(file, dpi=110, metadata={"Software": None})
    return file
