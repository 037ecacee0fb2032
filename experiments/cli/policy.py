"""What commands about policy and carriers print: universal service, what each lever should do, carriers as firms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar, table_problems
from experiments.figures import figure
from experiments.settings import check_seeds, gather, prepare_scenario

TOLD = 20  # counties named

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.firms.study import FirmStudy
    from experiments.levers.check import LeverCheck
    from experiments.postal.universal_service import ServiceCost


def run_uso_cost(
    scenario: str,
    changes: Mapping[str, Any],
    problems: list[str],
    seed: int,
    until: str | None,
    draws: str | None,
    table: Path | None,
    json: bool,
) -> None:
    """Measure what universal service costs and print it.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.postal.universal_service import uso_cost
    from experiments.spreadsheets.mechanisms import service_tables

    gather(lambda: prepare_scenario(scenario, changes, until=until), known=problems)
    with progress_bar("uso-cost", "runs", quiet=json) as progress:
        result = uso_cost(scenario, changes, seed, until, progress, draws)
    print_json(result.summary()) if json else show_uso_cost(console(), result)
    keep_tables(table, lambda: service_tables(result), quiet=json)


def show_uso_cost(out: Console, result: ServiceCost) -> None:
    """Print net cost by year and what changes for people."""
    from experiments.postal.universal_service import SHADOWS

    years = [str(year) for year in result.by_year.index]
    title = f"Net cost of universal service: income without it less with it, bn $; {result.scenario.name}"
    table = grid(title, ("USPS", *years), right=range(1, 1 + len(years)))
    for name, words in SHADOWS.items():
        table.add_row(words, *(figure("x_usd", value, signed=True) for value in result.by_year[name]))
    out.print(table)
    table = grid(f"In {years[-1]}", ("", "required", *SHADOWS), right=range(1, 2 + len(SHADOWS)))
    for outcome, row in result.watched.iterrows():
        table.add_row(str(outcome), *(figure(str(outcome), value) for value in row))
    out.print(table)
    for run, told in result.events.items():
        for month, text in told:
            out.print(f"{SHADOWS[run]}: {month} {text}")
    for run in result.zones.index.unique("run"):
        _show_places(out, result, str(run), years)
    out.print(
        f"Seed {result.seed}, one run each under the same luck, without the distress ladder. A place is given up where "
        "mail and parcels leave less than passing its addresses costs, by more than the interest on the pay of staff "
        "that stays for a while. That pay is a loss of the first two years; what is spared in the end comes later."
    )
    for warning in result.warnings:
        out.print(f"Note: {warning}.")


def _show_places(out: Console, result: ServiceCost, run: str, years: list[str]) -> None:
    """Print why a shadow run earns more or less, and the counties that USPS leaves in it."""
    from experiments.postal.universal_service import PARTS, SHADOWS

    title = f"USPS {SHADOWS[run]}: what that changes in its accounts, bn $"
    why = grid(title, ("", *years), right=range(1, 1 + len(years)))
    parts = result.parts.loc[[run]]
    for name, words in PARTS.items():
        why.add_row(words, *(figure("x_usd", float(value), signed=True) for value in parts[name]))
    out.print(why)
    counties = result.counties.loc[[run]]
    mostly = int((counties["share"] > 0.5).sum())
    title = f"USPS {SHADOWS[run]}: it leaves {len(counties):,} counties, {mostly:,} of them mostly; most households"
    left = grid(title, ("", "households", "share of the county"), right=(1, 2))
    for one in counties.head(TOLD).to_dict("records"):
        left.add_row(str(one["name"]), f"{one['households']:,.0f}", f"{one['share']:.0%}")
    out.print(left)


def run_levers(check: bool, subjects: list[str], seed: int, write: Path | None, table: Path | None, json: bool) -> bool:
    """List the levers by owner, or check each of them.

    Returns:
        Whether all expectations hold; True where nothing is checked.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.cli.listings import list_scenarios
    from experiments.errors import InputError
    from experiments.levers.check import check_levers
    from experiments.spreadsheets.mechanisms import lever_check_tables
    from experiments.storage import check_file

    problems = table_problems(table)
    if not check:
        if subjects or write is not None:
            raise InputError(["levers: names and --write need --check", *problems])
        list_scenarios(True, table, json)
        return True
    gather(lambda: None if write is None else check_file(write), known=problems)
    with progress_bar("levers", "runs", quiet=json) as progress:
        result = check_levers(subjects, seed=seed, progress=progress)
    if write is not None:
        from experiments.levers.page import write_page

        write_page(write, result)
    print_json(result.summary()) if json else show_levers(console(), result)
    keep_tables(table, lambda: lever_check_tables(result), quiet=json)
    return result.holds


def show_levers(out: Console, result: LeverCheck) -> None:
    """Print each expectation and what came of it."""
    columns = ("", "owner", "with", "outcome", "without", "with it", "expected", "holds")
    table = grid(f"What each lever should do; seed {result.seed}", columns, right=(4, 5))
    from experiments.levers.check import owner_of

    unexpected: list[str] = []
    for check in result.checks:
        row = check.expectation
        settings = " ".join((row.scenario, *row.base, *row.change))
        values = (figure(row.outcome, check.without), figure(row.outcome, check.outcome))
        holds = "yes" if check.holds else "NO"
        table.add_row(row.subject, owner_of(row), settings, row.outcome, *values, row.direction, holds)
        if not check.holds:
            unexpected.append(f"{row.subject}: {row.explanation or 'not explained'}")
    out.print(table)
    for text in unexpected:
        out.print(text)
    for name in result.missing:
        out.print(f"No expectation about {name}.")
    good = sum(check.holds for check in result.checks)
    out.print(f"{good} of {len(result.checks)} expectations hold.")


def run_firms(
    scenario: str,
    seeds: int,
    shippers: int,
    workers: int | None,
    write: Path | None,
    table: Path | None,
    json: bool,
) -> bool:
    """Look at carriers over several seeds, and print or write what came out.

    Returns:
        Whether all checks hold.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.firms.study import check_page, study_firms, write_page
    from experiments.spreadsheets.mechanisms import firm_tables

    gather(lambda: None if write is None else check_page(write), known=table_problems(table))
    with progress_bar("firms", "runs", quiet=json) as progress:
        study = study_firms(scenario, seeds, shippers, workers, progress)
    if write is not None:
        write_page(write, study)
    print_json(study.summary()) if json else show_firms(console(), study)
    keep_tables(table, lambda: firm_tables(study), quiet=json)
    return study.holds


def show_firms(out: Console, study: FirmStudy) -> None:
    """Print the means by carrier and year, and what each check found."""
    columns = ("", "year", "bn parcels", "$ per parcel", "margin", "handed over, bn")
    table = grid(f"Carriers in {study.scenario.name}; mean of {len(study.runs)} seeds", columns, right=range(2, 6))
    means = study.table.groupby(["group", "year"]).mean().reset_index()
    for row in means.to_dict("records"):
        cells = (f"{row['sold_bn']:.2f}", f"{row['price']:.2f}", f"{row['margin']:.1%}", f"{row['handed_bn']:.2f}")
        table.add_row(str(row["group"]), str(row["year"]), *cells)
    out.print(table)
    for name, found in study.found.items():
        out.print(f"{'NO' if found else 'yes'}: {name}.")
        for one in found:
            out.print(f"  {one}")


def write_usps_page(file: Path, seed: int, problems: list[str]) -> None:
    """Write the page about what USPS loses with Amazon's parcels.

    Args:
        file: Where to.
        seed: Seed of all runs.
        problems: Found before; told with all others.

    Raises:
        InputError: The file cannot be written there, or the seed is not allowed.
    """
    from experiments.postal.losses import usps_losses
    from experiments.postal.page import write_page
    from experiments.storage import check_file

    gather(lambda: check_file(file), lambda: check_seeds(seed), known=problems)
    with progress_bar("usps-loss", "runs", quiet=False) as progress:
        result = usps_losses(seed, progress)
    write_page(file, result)
    console().print(f"The page is in {file}")
