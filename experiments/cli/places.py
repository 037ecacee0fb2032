"""What `lastmile places` prints: who loses what, and how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar
from experiments.errors import InputError
from experiments.figures import figure, scale_of
from experiments.settings import gather

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.by_place import Places


def run_places(
    scenarios: Sequence[str],
    asked: Mapping[str, Any],
    problems: Sequence[str],
    out: Path | None,
    file: Path | None,
    json: bool,
) -> None:
    """Run scenarios, look at every place, print and save.

    Args:
        scenarios: As `lastmile places` names them.
        asked: Arguments of `experiments.places`; replications may be None for the usual number.
        problems: What is wrong with the settings already.
        out: File for all places.
        file: File for the tables.
        json: Whether to print one JSON object and nothing else.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    from experiments.by_place import DEFAULT_REPLICATIONS, check_out, check_places, places
    from experiments.spreadsheets.mechanisms import places_tables

    asked = dict(asked)
    if asked["replications"] is None:
        asked["replications"] = DEFAULT_REPLICATIONS
    checked = {key: value for key, value in asked.items() if key != "draws"}
    (prepared, looked), _ = gather(
        lambda: check_places(scenarios, **checked),
        lambda: None if out is None else check_out(out),
        known=problems,
    )
    left = {**asked, "set": None, "until": None, "roster": None, "month": looked}  # what the prepared ones hold already
    with progress_bar(" / ".join(scenario.name for scenario in prepared), "runs", quiet=json) as progress:
        result = places(prepared, **left, progress=progress)
    if out is not None:
        result.save(out)
    if json:
        print_json(result.summary())
    else:
        show_places(console(), result)
        if out is not None:
            console().print(f"The places are in {out}")
    keep_tables(file, lambda: places_tables(result), quiet=json)


def show_places(out: Console, result: Places) -> None:
    """Print who delivers most, then the places that lose most in each respect."""
    from experiments.by_place import CAVEAT, TOLD
    from model.places import MEASURES

    if not result.asked.empty:
        _show_asked(out, result)
        return
    kind = {"county": "counties", "zone": "zones"}[result.by]
    table = grid(
        f"Who brings most parcels to the door in {result.month}", ("scenario", "carrier", kind, "households, m")
    )
    for name in result.names:
        rows = result.table.loc[name]
        for carrier, group in rows.groupby("delivers_most"):
            table.add_row(name, str(carrier), f"{len(group):,}", f"{group['households'].sum() / 1e6:.1f}")
    out.print(table)
    for name in result.names[1:]:
        for measure in (one for one in MEASURES if one.worse):
            lost = result.losers(name, measure, None)
            people = f"{len(lost):,} {kind} with {lost['households'].sum() / 1e6:.2f} million households"
            if lost.empty:
                out.print(f"{name}: {measure.words}: nowhere beyond luck.")
                continue
            columns = ("", "households", measure.name, "error")
            table = grid(f"{name}: {measure.words}: {people}; most of all", columns, right=(1, 2, 3))
            for row in lost.head(TOLD).to_dict("records"):
                values = (figure(measure.name, row["difference"], signed=True), figure(measure.name, row["error"]))
                table.add_row(str(row["name"]), f"{row['households']:,.0f}", *values)
            out.print(table)
    out.print(f"Means of {result.replications} seeds from {result.seed}. {CAVEAT}.")
    for warning in result.warnings:
        out.print(f"Note: {warning.rstrip('.')}.")


def _show_asked(out: Console, result: Places) -> None:
    """Print what was asked for, a table a place and one for all of them together."""
    from experiments.by_place import CAVEAT
    from model.places import MEASURES

    units = {one.name: scale_of(one.name)[1] for one in MEASURES}
    meaning = {one.name: f"{one.meaning}, {units[one.name]}" if units[one.name] else one.meaning for one in MEASURES}
    first, *others = result.names
    for _, rows in result.asked.groupby("id", sort=False):
        differences = [column for name in others for column in (f"{name}, difference", "error")]
        columns = (f"{rows['name'].iloc[0]} in {result.month}", first, *differences)
        table = grid(columns[0], ("", *columns[1:]), right=range(1, len(columns)))
        for measure, cells in rows.groupby("measure", sort=False):
            numbers = cells.set_index("scenario")[["value", "difference", "error"]].astype(float)
            told = [figure(str(measure), float(numbers["value"][first]))]
            for name in others:
                told.append(figure(str(measure), float(numbers["difference"][name]), signed=True))
                told.append(figure(str(measure), float(numbers["error"][name])))
            table.add_row(meaning[str(measure)], *told)
        out.print(table)
    out.print(f"Means of {result.replications} seeds from {result.seed}. {CAVEAT}.")
    for warning in result.warnings:
        out.print(f"Note: {warning.rstrip('.')}.")


def write_harm(
    file: Path,
    scenarios: Sequence[str],
    seed: int,
    until: str | None,
    seeds: int | None,
    workers: int | None,
    unfit: Sequence[str],
) -> None:
    """Write the page of who is harmed where.

    Args:
        file: Where to.
        scenarios: The reference and others; those of the page unless told.
        seed: First seed.
        until: Last month.
        seeds: Seeds of each.
        workers: Processes.
        unfit: Options that were given and do not go with it.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.harm.page import write_page
    from experiments.harm.study import SCENARIOS, SEEDS, study_harm
    from experiments.storage import check_file

    if unfit:
        raise InputError(f"write: it does not go with {', '.join(unfit)}; the page has settings of its own")
    if len(scenarios) == 1:
        raise InputError("write: it needs a reference and at least one scenario, or none for those of the page")
    check_file(file)
    with progress_bar("places", "runs", quiet=False) as progress:
        harm = study_harm(
            scenarios or SCENARIOS,
            SEEDS if seeds is None else seeds,
            until=until,
            workers=workers,
            progress=progress,
            seed=seed,
        )
    write_page(file, harm)
    console().print(f"The page is in {file}")
