"""The page of the documentation about USPS: what it loses with Amazon's parcels, and what it does about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from agents.rules.distress import Rung
from experiments.postal.first_year import PARTS, FirstYear
from experiments.postal.losses import UspsLosses
from experiments.postal.volume_loss import LADDER
from experiments.storage import write_text
from model.parameters import Parameters


def write_page(file: str | Path, result: UspsLosses) -> None:
    """Write the page as Markdown, all or nothing.

    Raises:
        InputError: The file cannot be written there.
    """
    write_text(file, "\n".join(_lines(result)) + "\n")


def _lines(result: UspsLosses) -> Iterator[str]:
    yield "# USPS without Amazon's parcels"
    yield ""
    yield (
        "Made by `lastmile usps-loss --write docs/usps.md`. Parameters "
        f"{result.provenance['parameter_checksum'][:12]}, seed {result.seed}. Bn $ a year unless a column says "
        "otherwise; one run each."
    )
    yield from _at_once(result.loss)
    yield from _gradually(result.gradual)
    yield from _answers(result.answers)
    yield from _ceiling(result.ceiling)
    yield from _first_year(result.first_year)


def _at_once(loss: pd.DataFrame) -> Iterator[str]:
    yield from ("", "## Lost at once, nothing else moving", "")
    yield (
        f"Scenario `standing_still` ({LADDER[False]}) with and without the parcels, which leave in the first month. "
        f"The same as `lastmile usps-loss --static`. Long run: the "
        "last year of the run. The design's figures stand in section 14 of its market text; the one for three "
        "quarters is not printed there and is taken in proportion."
    )
    yield from _header(
        "share lost",
        "first year",
        "design",
        "long run",
        "design",
        "million parcels",
        "$ paid",
        "$ cost",
        "contribution",
    )
    for share, row in loss.iterrows():
        yield (
            f"| {share:.0%} | {row.first_year:.2f} | {row.design_first_year:.2f} | {row.long_run:.2f} | "
            f"{row.design_long_run:.2f} | {row.parcels_m:,.0f} | {row.price:.2f} | {row.cost:.2f} | "
            f"{row.contribution_bn:.2f} |"
        )
    quarter, whole = loss.iloc[0], loss.iloc[-1]
    gap = max(abs(loss["long_run"] + loss["contribution_bn"] - loss["interest_bn"]))
    avoided = 1.0 - (whole.long_run - whole.first_year) / (whole.cost * whole.parcels_m / 1000)
    yield ""
    yield (
        "In the long run USPS loses what the parcels that leave contribute, price less attributable cost: the "
        f"last column, and interest on the cash that is missing (${-whole.interest_bn:.2f} billion in the last year "
        f"where all leave), to within ${gap:.2f} billion. In the first year staff has not followed: {avoided:.0%} of "
        "their cost is avoided then. The design's figures are proportional to the share. The model's are not, because "
        "Amazon takes first what is cheapest for it to deliver. Those are dense places, which are cheap for USPS "
        f"too: the first quarter costs USPS ${quarter.cost:.2f} a parcel, all of them ${whole.cost:.2f}, at one "
        f"price of ${whole.price:.2f}. So the first quarter takes "
        f"{quarter.contribution_bn / whole.contribution_bn:.0%} of the contribution, and the parcels that are "
        "left at the end are those that pay least."
    )


def _gradually(gradual: pd.DataFrame) -> Iterator[str]:
    yield from ("", f"## Leaving by December 2026, {LADDER[False]}", "")
    yield (
        "Scenarios `partial` and `withdraw` (forced) against `renew` (forced), with growth, prices and wages: the same "
        f"as `lastmile usps-loss`. Both are {LADDER[False]}, whose measures begin at other dates in each run and would "
        "move single years; `--distress-ladder` brings them in. "
        "What Amazon cannot deliver yet stays at published prices for a while, which softens the first years."
    )
    yield from _header("share lost", *map(str, gradual.columns))
    for share, row in gradual.iterrows():
        yield f"| {share:.0%} | " + " | ".join(f"{value:.2f}" for value in row) + " |"


def _answers(answers: pd.DataFrame) -> Iterator[str]:
    yield from ("", f"## What USPS does about it, {LADDER[True]}", "")
    yield (
        "The same scenarios with it. First month of each measure of the distress ladder, and cash, debt, deferred "
        "retirement contributions and unpaid bills at the end of 2030. One rung a quarter is taken while the cash that "
        "USPS forecasts for twelve months ahead is below its minimum; five-day delivery needs a scenario of its own."
    )
    rungs = [rung.name.lower() for rung in Rung if rung is not Rung.FIVE_DAY]
    money = ("cash_bn", "debt_bn", "deferred_bn", "arrears_bn")
    yield from _header("", *rungs, "cash", "debt", "deferred", "unpaid")
    for name, row in answers.iterrows():
        yield (
            f"| {name} | "
            + " | ".join([*(row[rung] or "-" for rung in rungs), *(f"{row[key]:.1f}" for key in money)])
            + " |"
        )


def _ceiling(ceiling: pd.DataFrame) -> Iterator[str]:
    p = Parameters.default()
    rows = {str(name): dict(zip(ceiling.columns, map(float, row), strict=True)) for name, *row in ceiling.itertuples()}
    new, rate = rows["raised"]["debt_bn"] - p.usps_debt_start, p.interest_rate_projected + p.usps_borrowing_premium
    yield from ("", "## A higher debt ceiling costs interest", "")
    yield (
        "Scenarios `baseline` and `debt_cap_raised` without the distress ladder, so that nothing but interest differs. "
        "Cash and debt at the end of the last year, interest and net income of that year, bn $."
    )
    yield from _header("debt ceiling", "cash", "debt", "interest earned", "interest paid", "net income")
    for name, row in rows.items():
        yield f"| {name} | " + " | ".join(f"{value:.2f}" for value in row.values()) + " |"
    yield ""
    yield (
        f"The arithmetic: what USPS owed at the start bears {p.usps_debt_rate:.2%} "
        f"(${p.usps_debt_rate * p.usps_debt_start:.2f} billion a year). New debt costs what money costs, {rate:.1%}: "
        f"on the ${new:.1f} billion of new debt at the end ${rate * new:.2f} billion a year, less what the cash that "
        f"it brings earns at {p.interest_rate_projected:.1%}. Cash and debt of the start give the published net "
        f"interest of ${p.usps_interest_income_net_2024:.1f} billion. `--set interest_rate_projected=0.05` asks "
        "what dearer money does."
    )


def _first_year(found: FirstYear) -> Iterator[str]:
    parts, low, high = found.parts, found.history.min(), found.history.max()
    before, after, noncash = -parts["before"].sum(), -parts["after"].sum(), Parameters.default().usps_noncash_and_unpaid
    fell = found.history.index[found.history < 0.0]
    yield from ("", "## The step of the first year", "")
    yield (
        f"USPS lost ${before:.1f} billion in fiscal 2024 and loses ${after:.1f} billion "
        "in the first year of `baseline` (mean of three seeds). What higher wages add by themselves stands apart; the "
        "rest is volumes, prices and the months between the middle of the one year and that of the other. Cost is "
        "negative."
    )
    yield from _header("", "fiscal 2024", "wages", "rest", "first year")
    for key, name in PARTS:
        yield f"| {name} | " + " | ".join(f"{value:.2f}" for value in parts.loc[key]) + " |"
    yield "| Net income | " + " | ".join(f"{value:.2f}" for value in parts.sum()) + " |"
    yield ""
    yield (
        f"Without expense that uses no cash, the step is {found.after:+.1f} billion. From {found.history.index[0]} to "
        f"{found.history.index[-1]} the same figure changed by {low:+.1f} to {high:+.1f} billion a year, and fell in "
        f"{len(fell)} of {len(found.history)} years. Expense that uses no cash "
        f"(${noncash:.1f} billion and depreciation) does not grow with wages. Institutional cost that is paid does; "
        "`institutional_drift` says by how much less or more, for history leaves that open."
    )


def _header(*names: str) -> Iterator[str]:
    yield ""
    yield "| " + " | ".join(names) + " |"
    yield "|---" + "|---:" * (len(names) - 1) + "|"
