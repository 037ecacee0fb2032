"""The page on the estimation in the documentation: every figure on it comes from the runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from experiments.estimation.calibrate import CHECKS, LUCK, METHODS, Estimation, root_mean_square
from experiments.estimation.inference import CUT
from experiments.estimation.problem import screened
from experiments.estimation.recovery import INTERVAL, MAX_SD_RATIO, MIN_COVERAGE
from experiments.resolution import coarse_note
from experiments.storage import write_text
from model.words import party_name

NAMES = {"nearest": "nearest runs", "emulated": "emulator"}


def estimation_page(result: Estimation) -> str:
    """The page as Markdown; the same runs give the same text."""
    manifest = result.manifest
    command = f"{manifest['made_by']}{'' if result.neural is None else ' --neural'}"
    found = result.recovered
    with_error = [row.symbol for row in result.recovery_with_error[METHODS[0]] if row.recovered]
    fit = [root_mean_square(result.fit, column) for column in ("default", "posterior")]
    lines = [
        f"# Estimation on data up to {result.last_year}",
        "",
        f"Made by `{command}`. Free runs from {manifest['first_month']} to {result.last_year}-12 with "
        f"{manifest['shippers']} shippers; {manifest['moments']} moments are in `experiments/estimation/moments.csv`. "
        "What separates a moment from the model has three parts: the error of the published figure, the luck of talks "
        f"(the spread of {LUCK} runs that differ in their seed alone), and how far a good model may be away. The runs "
        "of the design have no luck, so that parameters alone move them. History matching rules out what an emulator "
        f"holds to be more than {CUT:g} s.d. away; it leaves {100 * result.kept:.1f} % of the prior. Two methods then "
        "estimate: the emulator's likelihood, which the draws come from, and the runs that come nearest, moved by "
        f"regression (approximate Bayesian computation). {coarse_note([manifest['shippers']])}".rstrip(),
        "",
        "## Recovery on synthetic data",
        "",
        "Runs of the design with known parameters stand in for the past, one at a time. A parameter counts as "
        f"recovered where at least {100 * MIN_COVERAGE:.0f} % of its {100 * INTERVAL:.0f} % intervals hold the truth "
        f"and the posterior s.d. is at most {MAX_SD_RATIO:g} of the prior's. From moments observed without error "
        f"{len(found)} of {len(result.prior.symbols)} are; the others are fixed at their default. With the published "
        f"error and the luck of one past added to what is observed, {len(with_error)} are"
        f"{': ' + ', '.join(with_error) if with_error else ''}.",
        "",
        *_recovery(result, error=False),
        "",
        "With published error and luck:",
        "",
        *_recovery(result, error=True),
        "",
        "## Posterior",
        "",
        *_posterior(result),
        "",
        *_neural(result),
        "## Fit of the moments",
        "",
        f"Mean distance in tolerances: {fit[0]:.2f} at the default parameters (median of {LUCK} runs), {fit[1]:.2f} at "
        f"the posterior (median of {CHECKS} runs).",
        "",
        *_fit(result.fit),
        "",
        "## What was looked at",
        "",
        "How far a parameter moves all moments from one end of its prior to the other: root of the sum of squares, in "
        "s.d. of published error and luck, from two runs each without luck (2016 to 2021).",
        "",
        *_screened(),
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


def _recovery(result: Estimation, error: bool) -> list[str]:
    head = [f"{NAMES[method]}: {what}" for method in METHODS for what in ("in the interval", "s.d. over prior")]
    lines = ["| parameter | " + " | ".join(head) + " | recovered |", "|---|" + "---:|" * len(head) + "---|"]
    by_method = result.recovery_with_error if error else result.recovery
    for rows in zip(*(by_method[method] for method in METHODS), strict=True):
        cells = [f"{100 * row.coverage:.0f} % | {row.sd_ratio:.2f}" for row in rows]
        lines.append(f"| {rows[0].symbol} | {' | '.join(cells)} | {'yes' if rows[0].recovered else 'no'} |")
    for symbol in result.prior.fixed:
        lines.append(f"| {symbol} | | | | | nothing reads it yet |")
    return lines


def _screened() -> list[str]:
    lines = ["| parameter | effect | |", "|---|---:|---|"]
    return lines + [f"| {row['symbol']} | {row['effect']:.1f} | {row['why']} |" for row in screened()]


def _posterior(result: Estimation) -> list[str]:
    names = " | ".join(NAMES[method] for method in METHODS)
    lines = [f"| parameter | prior | default | {names} |", "|---|---:|---:|---:|---:|"]
    for row in result.table().to_dict("records"):
        found = [f"{row[f'mean_{m}']:.3f} ± {row[f'sd_{m}']:.3f}" for m in METHODS]
        lines.append(
            f"| {row['symbol']} | {row['low']:g} to {row['high']:g} | {row['default']:g} | {' | '.join(found)} |"
        )
    return lines


def _neural(result: Estimation) -> list[str]:
    """The estimation beside a neural posterior; nothing where none was asked for."""
    check = result.neural
    if check is None:
        return []
    prior, emulated = result.prior, result.posterior[METHODS[0]]
    width = prior.high - prior.low
    lines = [
        "## Check by a neural posterior",
        "",
        f"A flow (`sbi`, neural posterior estimation) learns the parameters from the moments of the same runs, without "
        f"the emulator and without a likelihood. {check.held_out} runs that it has not seen stand in for the past, "
        "with published error and luck; distance is that of the two posterior means in s.d. of the emulator's.",
        "",
        "| parameter | in the interval | s.d. over prior | recovered | posterior | emulator | distance |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    distance = np.abs(check.posterior.mean - emulated.mean) / emulated.sd
    for i, row in enumerate(check.recovery):
        cells = [
            f"{one.mean[i] * width[i] + prior.low[i]:.3f} ± {one.sd[i] * width[i]:.3f}"
            for one in (check.posterior, emulated)
        ]
        lines.append(
            f"| {row.symbol} | {100 * row.coverage:.0f} % | {row.sd_ratio:.2f} | {'yes' if row.recovered else 'no'} | "
            f"{' | '.join(cells)} | {distance[i]:.1f} |"
        )
    return [*lines, ""]


def _fit(fit: pd.DataFrame) -> list[str]:
    names = ("observed", "luck", "tolerance", "default", "posterior")
    lines = ["| moment | year | " + " | ".join(names) + " |", "|---|---:" + "|---:" * len(names) + "|"]
    for row in fit.to_dict("records"):
        numbers = [f"{row[name]:.3f}" for name in names]
        moment = f"{party_name(row['entity'])}: {row['series'].replace('_', ' ')}"
        lines.append(f"| {moment} | {row['year']} | {' | '.join(numbers)} |")
    return lines


def _later(result: Estimation) -> list[str]:
    manifest, year = result.manifest, result.last_year
    later, figures = manifest["later_rows"], manifest["later_start_figures"]
    if not manifest["fixed"]:
        return ["It is for projections: all rows are those of the parameter table."]
    lines = [
        f"Rows that rest on sources after {year} and move a run up to 2024: "
        + (", ".join(f"`{symbol}` ({rest})" for symbol, rest in later.items()) or "none")
        + f". {len(manifest['fixed'])} rows have values that were known then, with their basis in "
        "`experiments/estimation/frozen_2021.csv`. The segments inside a carrier's volume are an assumption of the "
        "parameter table, scaled to the carriers' totals of the start year; the states of regional carriers are those "
        "of 2024, for want of an earlier list.",
        "",
    ]
    for key, told in (("imposed", "Imposed as demand and inflation are"), ("unread", "Read by no run up to 2024")):
        rows = [f"`{symbol}` ({why})" for symbol, why in manifest[f"later_rows_{key}"].items()]
        lines += [f"{told}: {', '.join(rows)}.", ""]
    named = ", ".join(f"{name} ({rest})" for name, rest in figures.items()) or "none"
    told = "Figures of {} in `model/data/start_years.csv` that use later data: {}; no run reads parcels_total."
    return [*lines, told.format(year, named)]
