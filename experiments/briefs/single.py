"""The brief of a single run."""

from __future__ import annotations

from experiments.briefs.brief import Brief, Picture, origin_of
from experiments.briefs.drawing import by_month
from experiments.briefs.repeating import commands_of_run
from experiments.briefs.saying import assumptions, level, month_words, outcome_words, scenario_words
from experiments.briefs.unknown import unknowns
from experiments.figures import split_year
from experiments.reports.page import Table
from experiments.results import RunResult
from model.words import party_name

HEADLINE = "usps_net_income_usd"
CARRIERS = ("usps", "amazon", "ups", "fedex")
BILLION, MILLION = 1e9, 1e6


def brief_of_run(result: RunResult, outcome: str = HEADLINE) -> Brief:
    """What one run says of one outcome.

    Args:
        result: The run.
        outcome: Name of an outcome; with a year that one, else its last year.
    """
    scenario, monthly = result.scenario, result.monthly
    found = {str(name): float(value) for name, value in result.outcomes.items()}
    stem, year = split_year(outcome)
    years = sorted(split_year(name)[1] for name in found if split_year(name)[0] == stem and split_year(name)[1])
    last = year or (years[-1] if years else "")
    asked = f"{stem}_{last}" if last else stem
    what, span = outcome_words(stem), f"{month_words(scenario.start)} to {month_words(scenario.end)}"
    before = f", after {level(stem, found[f'{stem}_{years[0]}'])} in {years[0]}" if years and years[0] != last else ""
    months = [str(month) for month in monthly.index]
    repeat, needed = commands_of_run(result)
    volumes = {party_name(one): monthly[f"{one}_volume_parcels"].to_numpy() / MILLION for one in CARRIERS}
    money = {
        "cash": monthly["usps_cash_usd"].to_numpy() / BILLION,
        "debt": monthly["usps_debt_usd"].to_numpy() / BILLION,
    }
    year_long = monthly["usps_net_income_usd"].rolling(12).sum().to_numpy() / BILLION
    whole_year = len(months) > 12
    income = year_long[11:] if whole_year else monthly["usps_net_income_usd"].to_numpy() / BILLION
    of_months = "of the twelve months before" if whole_year else "by month"
    when = f"In {last}" if last else "Over the whole time"
    return Brief(
        question=f"What becomes of {what} under {scenario_words(scenario)}, {span}?",
        answer=[
            f"{when} {what} is {level(asked, found[asked]) if asked in found else 'not known'}{before}.",
            f"This is one run, seed {result.seed}: it has no interval, and other luck gives other figures; "
            "a comparison or a forecast over many seeds tells how far they go.",
        ],
        pictures=[
            Picture(
                f"Net income of USPS, {of_months}",
                by_month(months[11:] if whole_year else months, {"net income": income}, "bn $", "Net income of USPS"),
                "One run; every month looks back a year, so that Decembers do not stand out."
                if whole_year
                else "One run, month by month.",
            ),
            Picture(
                "Who brings parcels to the door",
                by_month(months, volumes, "mn parcels a month", "Parcels by carrier"),
                "Parcels a month of the four national carriers; peaks are Decembers.",
            ),
            Picture(
                "Cash and debt of USPS",
                by_month(months, money, "bn $", "Cash and debt of USPS"),
                "At the end of every month.",
            ),
        ],
        assumed=[f"{span}, one run with seed {result.seed}.", *assumptions([scenario])],
        unknown=unknowns([scenario], 1, None, result.warnings),
        repeat=repeat,
        repeating=needed,
        table=Table(("year", what), [[one, level(stem, found[f"{stem}_{one}"])] for one in years], right=(1,))
        if years
        else None,
        origin=origin_of(result.provenance),
    )
