"""The brief of a branch."""

from __future__ import annotations

from experiments.branching import Branch
from experiments.briefs.brief import Brief, Picture, origin_of
from experiments.briefs.drawing import Band, by_month, by_year
from experiments.briefs.repeating import commands_of_run
from experiments.briefs.saying import (
    amount,
    assumptions,
    capital,
    changed_words,
    level,
    listed,
    month_words,
    outcome_words,
    way,
)
from experiments.briefs.unknown import unknowns
from experiments.figures import figure, scale_of, split_year
from experiments.repetition import descent_of
from experiments.reports.page import Table
from experiments.reports.words import outcome_unit
from model.words import party_name

HEADLINE = "usps_net_income_usd"
SECOND = ("amazon_usps_retained_share", "usps_cash_usd", "amazon_own_share")
CARRIERS = ("usps", "amazon", "ups", "fedex")
MILLION = 1e6
Values = dict[str, tuple[float, float]]


def brief_of_branch(result: Branch, outcome: str = HEADLINE) -> Brief:
    """What a branch says of one outcome.

    Args:
        result: The branch.
        outcome: Name of an outcome; with a year that one, else its last year.
    """
    run = result.result
    scenario, monthly = run.scenario, run.monthly
    found: Values = {
        row["outcome"]: (float(row["parent"]), float(row["branch"])) for row in result.differences.to_dict("records")
    }
    stem, year = split_year(outcome)
    years = _years(found, stem)
    # A year before the branch shows nothing of it; where no later one is whole, all months together do.
    later = [one for one in years if int(one) >= result.at.year]
    asked = f"{stem}_{year or later[-1]}" if year or later else stem
    second = next((one for one in SECOND if one != stem and _years(found, one)), stem)
    what, before = outcome_words(stem), descent_of(run.provenance, scenario.name)[-1].settings
    changed = listed(changed_words(before, scenario)) or "nothing is changed"
    at, shared = month_words(result.at), month_words(result.at + -1)
    commands, needed = commands_of_run(run)
    shown = f"{'By year' if later else 'Over the whole time'}: the run that was left, and the branch."
    volumes = {party_name(one): monthly[f"{one}_volume_parcels"].to_numpy() / MILLION for one in CARRIERS}
    months = [str(month) for month in monthly.index]
    span = f"{month_words(scenario.start)} to {month_words(scenario.end)}"
    return Brief(
        question=f"What becomes of {what} if from {at} on things are otherwise: {changed}?",
        answer=[
            _told(asked, what, found),
            f"Up to {shared} both are one run, and this is one pair with seed {run.seed}: it has no interval, and the "
            "difference holds what luck makes of the change; a comparison over many seeds tells it from luck.",
        ],
        pictures=[
            Picture(capital(what), _both(found, stem, years if later else []), shown),
            Picture(
                capital(outcome_words(second)),
                _both(found, second, _years(found, second) if later else []),
                shown,
            ),
            Picture(
                "Who brings parcels to the door in the branch",
                by_month(months, volumes, "mn parcels a month", "Parcels by carrier", mark=str(result.at)),
                f"Parcels a month of the four national carriers; peaks are Decembers. The line is {at}.",
            ),
        ],
        assumed=[f"{span}, one run with seed {run.seed}, which others take over in {at}.", *assumptions([before]),
                 f"From {at} on: {changed}."],
        unknown=unknowns([scenario], 1, None, run.warnings),
        repeat=commands,
        repeating=needed,
        table=_table(found, stem, [*years, ""]),
        origin=origin_of(run.provenance),
    )  # fmt: skip


def _years(found: Values, stem: str) -> list[str]:
    return sorted(split_year(name)[1] for name in found if split_year(name)[0] == stem and split_year(name)[1])


def _told(name: str, what: str, found: Values) -> str:
    if name not in found:
        return f"Of {what} there is no figure in both runs."
    year = split_year(name)[1]
    when = f"In {year}" if year else "Over the whole time"
    parent, branch = found[name]
    if parent == branch:
        return f"{when} {what} is {level(name, branch)}, the same as in the run that was left."
    step = branch - parent
    return (
        f"{when} {what} is {level(name, branch)}, {amount(name, step)} {way(step)} than in the run that was left, "
        f"where it is {level(name, parent)}."
    )


def _both(found: Values, stem: str, years: list[str]) -> str:
    names = [name for year in years or [""] if (name := f"{stem}_{year}" if year else stem) in found]
    scale = scale_of(stem)[0]
    lines: dict[str, Band] = {}
    for position, told in enumerate(("run that was left", "branch")):
        values = [found[name][position] / scale for name in names]
        lines[told] = (values, values, values)
    return by_year([split_year(name)[1] or "whole time" for name in names], lines, outcome_unit(stem),
                   outcome_words(stem))  # fmt: skip


def _table(found: Values, stem: str, years: list[str]) -> Table:
    unit = outcome_unit(stem)
    rows = [
        [
            year or "whole time",
            figure(name, found[name][0]),
            figure(name, found[name][1]),
            figure(name, found[name][1] - found[name][0], signed=True),
        ]
        for year in years
        if (name := f"{stem}_{year}" if year else stem) in found
    ]
    with_unit = f", {unit}" if unit else ""
    heads = ("year", f"run that was left{with_unit}", f"branch{with_unit}", "difference")
    return Table(heads, rows, right=(1, 2, 3))
