"""Results as tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from experiments.cli.console import grid
from experiments.draws import draws_note
from experiments.figures import HEADLINES, choose, dollars, figure, split_year, unit_of
from experiments.provenance import changes
from experiments.resolution import coarse_note
from model.scenario import Scenario

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.comparison import Comparison
    from experiments.postal.volume_loss import UspsLoss
    from experiments.results import RunResult
    from experiments.start_fit.calibration import Calibration

WHOLE_RUN = "whole run"


def label(scenario: Scenario) -> str:
    """Name of a scenario; forced ones say so wherever they are shown."""
    return f"{scenario.name} (forced)" if scenario.forced else scenario.name


def assumptions(scenario: Scenario) -> str:
    """What a scenario changes against the default but for who takes part, in one line."""
    found = {key: value for key, value in changes(scenario).items() if key not in ("roster", "carriers", "shippers")}
    told = ", ".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in found.items()
    )
    return f"{scenario.name} assumes {told or 'what is usual'}."


def show_run(console: Console, result: RunResult, patterns: Sequence[str]) -> None:
    """Print outcomes with one column per year."""
    scenario = result.scenario
    chosen = choose(result.outcomes.index, patterns or HEADLINES)
    years = sorted({split_year(name)[1] for name in chosen} - {""})
    stems = dict.fromkeys(split_year(name)[0] for name in chosen)
    ordered = [stem for stem in HEADLINES if stem in stems] + [stem for stem in stems if stem not in HEADLINES]
    title = f"{label(scenario)}: {scenario.title}; seed {result.seed}, {scenario.start} to {scenario.end}"
    table = grid(title, ("outcome", "unit", *years, WHOLE_RUN), right=range(2, 3 + len(years)))
    for stem in ordered:
        names = [*(f"{stem}_{year}" for year in years), stem]
        table.add_row(stem, unit_of(stem), *(figure(stem, result.outcomes.get(name, float("nan"))) for name in names))
    console.print(table)
    tell_absent(console, patterns, result.outcomes.index)
    hidden = len({split_year(name)[0] for name in result.outcomes.index}) - len(ordered)
    if hidden:
        console.print(f"{hidden} more outcomes with --outcome '*'.")
    console.print(assumptions(scenario))
    console.print(
        f"{len(result.events)} events. Worst month: parcels balance to {result.balances['parcels']:.1e}, "
        f"money to {dollars(result.balances['money'])}."
    )
    if result.ended is not None:
        console.print(f"Ended with {result.ended['month']}: {result.ended['why']}.")
    for warning in result.warnings:
        console.print(f"Note: {warning}.")
    if note := coarse_note([scenario.parameters.n_shippers]):
        console.print(f"Note: {note}")


def tell_absent(console: Console, patterns: Sequence[str], names: Iterable[str]) -> None:
    """Say which of the outcomes that were asked for have no figure here: a share of nothing has none."""
    known = list(names)
    for pattern in patterns:
        if not choose(known, [pattern]):
            console.print(f"Note: there is no figure for {pattern!r} in this result.")


def show_comparison(console: Console, result: Comparison, patterns: Sequence[str]) -> None:
    """Print levels and paired differences with their intervals."""
    first = result.scenarios[0]
    names = list(dict.fromkeys(result.table.index.get_level_values("outcome")))
    title = f"{result.replications} paired runs each, seeds from {result.seed}, {first.start} to {first.end}"
    columns = ("outcome", "unit", "scenario", "mean", "median", f"difference to {first.name}", "95 % interval")
    table = grid(title, columns, right=(3, 4, 5, 6))
    shown = _by_stem(choose(names, patterns)) if patterns else headlines(names)
    rows: dict[Any, Any] = result.table.to_dict("index")
    for name in shown:
        for position, scenario in enumerate(result.scenarios):
            row = rows[name, scenario.name]
            low, high = figure(name, row["low"], signed=True), figure(name, row["high"], signed=True)
            table.add_row(
                name if position == 0 else "",
                unit_of(name) if position == 0 else "",
                label(scenario),
                figure(name, row["mean"]),
                figure(name, row["median"]),
                figure(name, row["difference"], signed=True),
                f"{low} to {high}" if low else "",
                end_section=position == len(result.scenarios) - 1,
            )
    console.print(table)
    tell_absent(console, patterns, names)
    if len(shown) < len(names):
        console.print(f"{len(names) - len(shown)} more outcomes with --outcome '*'.")
    for scenario in result.scenarios:
        console.print(assumptions(scenario))
    if result.draws is not None:
        console.print(f"{draws_note(result.draws['name'])}.")
    for warning in result.warnings:
        console.print(f"Note: {warning}")


def _by_stem(names: Sequence[str]) -> list[str]:
    """Keep the years of one quantity together."""
    stems = list(dict.fromkeys(split_year(name)[0] for name in names))
    return sorted(names, key=lambda name: (stems.index(split_year(name)[0]), split_year(name)[1]))


def headlines(names: Sequence[str]) -> list[str]:
    """Headline outcomes of the last full year, or of the whole run, and every year's net income of USPS."""
    last = max((split_year(name)[1] for name in names), default="")
    wanted = [f"{stem}_{last}" if last else stem for stem in HEADLINES]
    every_year = choose(names, [f"{HEADLINES[0]}_????"])
    return list(dict.fromkeys([*every_year, *(name for name in wanted if name in names)]))


def show_loss(console: Console, result: UspsLoss) -> None:
    """Print what USPS loses, at once and gradually."""
    from experiments.postal.volume_loss import GRADUAL, LADDER

    years = list(result.by_year.index)
    title = f"Change of USPS net income when {result.share:.0%} of Amazon's parcels leave, bn $"
    table = grid(title, ("", *years), right=range(1, 1 + len(years)))
    for name, column in result.by_year.items():
        told = f"{name}, {LADDER[name == GRADUAL and result.distress_ladder]}"
        table.add_row(told, *(figure("x_usd", value, signed=True) for value in column))
        if result.replications > 1:
            low, high = (
                [figure("x_usd", value, signed=True) for value in part[name]] for part in (result.low, result.high)
            )
            table.add_row("  95 % interval", *(" to ".join(ends) for ends in zip(low, high, strict=True)))
    console.print(table)
    if result.static is not None:
        console.print(
            f"At once, nothing else moving, {LADDER[False]}: first year {dollars(result.first_year, signed=True)}, "
            f"long run {dollars(result.long_run, signed=True)} a year."
        )
    console.print(result.note)


def show_calibration(console: Console, result: Calibration) -> None:
    """Print modelled and published figures side by side."""
    from experiments.start_fit.calibration import cells_of

    for section, rows in groupby(result.rows, key=lambda row: row.section):
        table = grid(section, ("figure", "unit", "modelled", "published", "error", "source"), right=(2, 3, 4))
        for row in rows:
            table.add_row(row.figure, row.unit, *cells_of(row), row.source)
        console.print(table)
