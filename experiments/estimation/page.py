"""The page on the estimation in the documentation: every figure on it comes from the runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.estimation.calibrate import CHECKS, METHODS, Estimation, root_mean_square
from experiments.estimation.inference import CUT
from experiments.estimation.recovery import INTERVAL, MAX_SD_RATIO, MIN_COVERAGE
from experiments.storage import write_text

NAMES = {"nearest": "nearest runs", "emulated": "emulator"}


def estimation_page(result: Estimation) -> str:
    """The page as Markdown; the same runs give the same text."""
    manifest = result.manifest
    found = result.recovered
    lines = [
        f"# Estimation on data up to {result.last_year}",
        "",
        f"Made by `{manifest['made_by']}`. Free runs from {manifest['first_month']} to {result.last_year}-12 with "
        f"{manifest['shippers']} shippers; {manifest['moments']} moments with their tolerances are in "
        "`experiments/estimation/moments.csv`. History matching rules out what an emulator holds to be more than "
        f"{CUT:g} s.d. away; it leaves {100 * result.kept:.1f} % of the prior. Two methods then estimate: the runs "
        "that come nearest, moved by regression (approximate Bayesian computation), and the emulator's likelihood.",
        "",
        "## Recovery on synthetic data",
        "",
        f"Runs of the design with known parameters stand in for the past, one at a time. A parameter counts as "
        f"recovered where at least {100 * MIN_COVERAGE:.0f} % of its {100 * INTERVAL:.0f} % intervals hold the truth "
        f"and the posterior s.d. is at most {MAX_SD_RATIO:g} of the prior's. {len(found)} of "
        f"{len(result.prior.symbols)} are; the others are fixed at their default.",
        "",
        *_recovery(result),
        "",
        "## Posterior",
        "",
        *_posterior(result),
        "",
        "## Fit of the moments",
        "",
        f"Mean distance in tolerances: {root_mean_square(result.fit, 'default'):.2f} at the default parameters, "
        f"{root_mean_square(result.fit, 'posterior'):.2f} at the posterior (median of {CHECKS} runs).",
        "",
        *_fit(result.fit),
        "",
        "## What the set still knows of later years",
        "",
        *_later(result),
    ]
    return "\n".join(lines) + "\n"


def write_page(file: str | Path, result: Estimation) -> None:
    """Write the page, all or nothing.

    Raises:
        InputError: The file cannot be written there.
    """
    write_text(file, estimation_page(result))


def _recovery(result: Estimation) -> list[str]:
    head = [f"{NAMES[method]}: {what}" for method in METHODS for what in ("in the interval", "s.d. over prior")]
    lines = ["| parameter | " + " | ".join(head) + " | recovered |", "|---|" + "---:|" * len(head) + "---|"]
    for row in result.table().to_dict("records"):
        cells = [f"{100 * row[f'coverage_{m}']:.0f} % | {row[f'sd_ratio_{m}']:.2f}" for m in METHODS]
        lines.append(f"| {row['symbol']} | {' | '.join(cells)} | {'yes' if row['recovered'] else 'no'} |")
    for symbol in result.prior.fixed:
        lines.append(f"| {symbol} | | | | | nothing reads it yet |")
    return lines


def _posterior(result: Estimation) -> list[str]:
    lines = ["| parameter | prior | default | nearest runs | emulator |", "|---|---:|---:|---:|---:|"]
    for row in result.table().to_dict("records"):
        found = [f"{row[f'mean_{m}']:.3f} ± {row[f'sd_{m}']:.3f}" for m in METHODS]
        lines.append(
            f"| {row['symbol']} | {row['low']:g} to {row['high']:g} | {row['default']:g} | {' | '.join(found)} |"
        )
    return lines


def _fit(fit: pd.DataFrame) -> list[str]:
    lines = ["| moment | year | observed | tolerance | default | posterior |", "|---|---:|---:|---:|---:|---:|"]
    for row in fit.to_dict("records"):
        numbers = [f"{row[name]:.3f}" for name in ("observed", "tolerance", "default", "posterior")]
        lines.append(f"| {row['series']} of {row['entity']} | {row['year']} | {' | '.join(numbers)} |")
    return lines


def _later(result: Estimation) -> list[str]:
    later = result.manifest["later_rows"]
    if not later:
        return ["Nothing: no row that it uses is later than its last year."]
    rows = [f"`{symbol}` ({year})" for symbol, year in later.items()]
    return [
        f"{len(later)} rows rest on sources after {result.last_year} and were not replaced. Prices and cost levels are "
        "carried to the start year by the accounts and indices of that year, so only their relations to each other are "
        "later; rows on plans and price lists of later years do not act before their dates.",
        "",
        ", ".join(rows) + ".",
        "",
        f"Figures of {result.last_year} in `model/data/start_years.csv` that use later data: "
        + (", ".join(f"{name} ({year})" for name, year in result.manifest["later_start_figures"].items()) or "none")
        + ".",
    ]
