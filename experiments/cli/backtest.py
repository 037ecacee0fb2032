"""What `lastmile hindcast` does and prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar
from experiments.settings import gather
from model.words import party_name

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.backtest.hindcast import Hindcast

SHOWN = (
    ("volume", "Volume, bn parcels", 2, 1.0),
    ("share", "Market share, %", 1, 100.0),
    ("revenue_per_parcel", "Revenue per parcel, $", 2, 1.0),
    ("own_share", "Amazon's parcels that it delivers itself, %", 1, 100.0),
    ("usps_share", "Amazon's parcels that USPS delivers, %", 1, 100.0),
    ("ups_share", "Amazon's parcels that UPS delivers, %", 1, 100.0),
    ("access_price", "What Amazon pays USPS, $ per parcel", 2, 1.0),
    ("package_volume", "Packages in the accounts of USPS, bn pieces", 2, 1.0),
    ("package_revenue", "Package revenue of USPS, bn $", 1, 1.0),
    ("mail_revenue", "Revenue of mail and other services of USPS, bn $", 1, 1.0),
    ("expense_without_noncash", "Expense of USPS but for what uses no cash, bn $", 1, 1.0),
    ("income_without_noncash", "Net income of USPS without expense that uses no cash, bn $", 1, 1.0),
    ("rural_share", "Rural share of what is delivered, %", 1, 100.0),
)
RUNS = 20
SAMPLES = {"in": "up to 2021", "out": "2022 to 2024"}


def run_hindcast(
    from_: str,
    to: str,
    mode: str,
    replications: int | None,
    changes: Mapping[str, Any],
    problems: list[str],
    draws: str | None,
    seed: int,
    workers: int | None,
    figures: Path | None,
    table: Path | None,
    json: bool,
) -> None:
    """Run the past, print it beside what was observed, and draw it where that is asked for."""
    from experiments.backtest.hindcast import hindcast, prepare_hindcast
    from experiments.backtest.pictures import check_pictures, draw_pictures
    from experiments.spreadsheets.evidence import hindcast_tables

    replications = RUNS if replications is None else replications
    gather(
        lambda: prepare_hindcast(from_, to, mode, replications, changes, draws, seed),
        lambda: None if figures is None else check_pictures(figures),
        known=problems,
    )
    with progress_bar(f"hindcast {mode}", "runs", quiet=json) as progress:
        result = hindcast(from_, to, mode, replications, changes, draws, seed, workers, progress)
    written = [] if figures is None else draw_pictures(result, figures)
    keep_tables(table, lambda: hindcast_tables(result), quiet=json)
    if json:
        print_json(result.summary())
        return
    show_hindcast(console(), result)
    for path in written:
        console().print(f"Figure: {path}")


def run_page(file: Path, replications: int | None, workers: int | None, unused: list[str], problems: list[str]) -> None:
    """Run all back-tests of the documentation, write their page and keep the results for the browser.

    Args:
        file: The page.
        replications: Runs of each back-test; what two processors do in less than ten minutes unless told.
        workers: Processes; one per processor unless told.
        unused: Options that were given and have no meaning here.
        problems: Found before; told with all others.
    """
    from experiments.backtest.page import REPLICATIONS, check_page, keep_results, write_history_page
    from experiments.settings import check_count

    replications = REPLICATIONS if replications is None else replications
    problems += [f"{option}: the page has its own runs; leave this option out" for option in unused]
    check_count("replications", replications, 1, 10_000, problems)
    gather(lambda: check_page(file), known=problems)
    with progress_bar("hindcast page", "runs", quiet=False) as progress:
        results = write_history_page(file, replications, workers, progress)
    console().print(f"The page is {file}; the same results as data are {keep_results(results)}")


def show_hindcast(out: Console, result: Hindcast) -> None:
    """Print tables, errors and patterns."""
    out.print(
        f"{result.scenario.start} to {result.scenario.end}, {result.mode} run, {result.replications} runs. "
        f"{result.given} Observed demand, inflation and statutes are given to the model."
    )
    for series, title, digits, scale in SHOWN:
        rows = result.table[result.table["series"] == series]
        if rows.empty:
            continue
        columns = ("", "year", "observed", "modelled", "50 % band", "90 % band", "persistence", "drift")
        table = grid(title, columns, right=range(1, 8))
        last = ""
        for row in rows.to_dict("records"):
            cells = {key: _cell(row[key], digits, scale) for key in row if isinstance(row[key], float)}
            table.add_row(
                party_name(row["entity"]) if row["entity"] != last else "",
                str(row["year"]),
                cells["observed"],
                cells["median"],
                f"{cells['low50']} to {cells['high50']}",
                f"{cells['low90']} to {cells['high90']}",
                cells["persistence"],
                cells["drift"],
            )
            last = row["entity"]
        out.print(table)
    if not result.quarters.empty:
        _show_quarters(out, result)
    _show_scores(out, result)
    table = grid("Patterns", ("", "shown", "share of runs"), right=(2,))
    for pattern in result.patterns:
        answer = {True: "yes", False: "no", None: "not in this span"}[pattern.shown]
        table.add_row(pattern.name, answer, "" if pattern.share is None else f"{100 * pattern.share:.0f} %")
    out.print(table)


def _show_quarters(out: Console, result: Hindcast) -> None:
    columns = ("", "quarter", "observed", "modelled", "90 % band")
    table = grid("Packages of USPS by quarter, bn pieces and bn $", columns, right=range(2, 5))
    last = ""
    for row in result.quarters.to_dict("records"):
        name = row["series"].replace("_", " ")
        numbers = (f"{row['observed']:.2f}", f"{row['median']:.2f}", f"{row['low90']:.2f} to {row['high90']:.2f}")
        table.add_row(name if name != last else "", row["quarter"], *numbers)
        last = name
    out.print(table)


def _show_scores(out: Console, result: Hindcast) -> None:
    columns = ("error", "unit", "sample", "model", "persistence", "drift", "limit", "met")
    table = grid("Errors", columns, right=range(3, 7))
    for score in (*result.scores, *result.quarter_scores):
        met = {True: "yes", False: "no", None: ""}[score.met]
        numbers = (score.model, score.persistence, score.drift, score.limit)
        table.add_row(score.name, score.unit, SAMPLES[score.sample], *(_cell(x, 3, 1.0) for x in numbers), met)
    out.print(table)


def _cell(value: float, digits: int, scale: float) -> str:
    return "" if math.isnan(value) else f"{scale * value:.{digits}f}"
