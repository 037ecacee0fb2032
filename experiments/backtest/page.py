"""The page on the back-test in the documentation: every figure on it is computed when it is written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.backtest.discrepancy import Residual, residuals
from experiments.backtest.hindcast import LAYERS, Hindcast, hindcast
from experiments.backtest.pictures import draw_pictures
from experiments.backtest.quarters import SERIES as QUARTER_SERIES
from experiments.backtest.quarters import read_quarters
from experiments.backtest.stored import stored_file, write_stored
from experiments.draws import stored_sets
from experiments.runs import Progress
from experiments.storage import check_file, check_place, write_text
from model.words import party_name

FROZEN = "frozen-2021"
REPLICATIONS = 16  # all back-tests of the page in less than ten minutes on two processors
IMAGES = "images"
SHOWN = (
    ("volume", 2),
    ("share", 3),
    ("revenue_per_parcel", 2),
    ("own_share", 2),
    ("package_revenue", 1),
    ("mail_revenue", 1),
    ("expense_without_noncash", 1),
    ("income_without_noncash", 1),
)
SAMPLES = {"in": "up to 2021", "out": "2022 to 2024"}

LIMITS = """\
* The model is given the observed totals of the market and of what Amazon ships. Amazon's total is not published: it is
  put together from its own deliveries and the last published shares of the others (see the notes in
  `model/data/start_years.csv`), so it knows something of the split that is being tested.
* USPS publishes its accounts by fiscal year, October to September. They are compared with the same twelve months of the
  model, so a run that begins in January is not compared with the fiscal year that it enters in the middle. A start
  takes the calendar year before it: the fiscal year and what the autumn that follows was more or less than the one
  before (`model/data/usps_autumns.csv`, 2017 to 2021; elsewhere a quarter of the way to the next fiscal year).
* Before 2019 only USPS and Amazon have volumes of their own; UPS, FedEx and the others share the rest as in 2019.
* How Amazon and USPS end their talks of October 2022 is luck in the model: after a failure Amazon takes far more of its
  parcels, in a few months. That makes the bands of 2023 and 2024 wide, and in history it happened once.
* A start in 2019 takes the mean of 2018 for the state of January, after a year in which Amazon's own deliveries grew
  two and a half times; and its contract with USPS, signed in October 2018, is that of the mean of the year. It never
  catches up. A start in 2018 does not have this fault and follows Amazon well.
* In 2020 households ordered more and firms less. The model lets all segments grow alike, so UPS, whose parcels go to
  firms, gains what USPS and FedEx gained. Parcels by segment and year would help; they are not published.
* Prices follow cost and margin with a lag of a year and a cap; the rise of revenue per parcel at UPS from 2021 on, when
  it gave up volume for yield, is more than that.
* Regional carriers: runs from 2018 and 2019 have a quarter to a third more of their parcels in 2024 than published,
  and there the older ones grow most, where in history it was the young ones. A run from 2022 is a tenth too high. Until
  3 December 2026 it had six tenths of them: it knew nothing of the places that carriers which had just doubled were
  about to open, and in a year whose inflation leaves them little margin they order few. What is on order at a start
  follows from the year before it alone; but the rule was written to mend this fault, so 2022 is no clean test of it.
  Their first figures are residuals of rounded totals.
* What customers of USPS pay grows with its cost: by 7 % in July 2022. In history its revenue per parcel grew by 1 %
  from 2021 to 2024. In a run from 2022 it then sells too little at too high a price; both errors nearly cancel in its
  package revenue.
* Until 3 December 2026 every start earned 2.4 % too much from packages: the relative prices of the draws were held
  against the package revenue of 2024, which draws that end in 2021 must not know. And parcels of USPS of 2015 to 2018
  were those of fiscal years, beside revenue of calendar years. Both are mended by rules that look at no test year; but
  that package revenue was too high in test years is how the first of them was found.
* Contracts of Amazon with UPS and FedEx end at a start when that with USPS does; when they ended is not public. Until
  3 December 2026 draws that end in 2021 gave Amazon's parcels at UPS the price of its cheapest service, 10.7 % of its
  revenue of 2020, where 13.3 % are published. That was below what they cost it: in half of the runs from 2018 it lost
  all of them in that year, USPS had half a billion too many, and UPS earned 13 to 16 % on what was left. They have the
  published part now. In history UPS kept 0.9 to 1.2 bn; the contracts of October 2022 still end too often without new
  ones.
* Imposed prices raise what all customers of USPS pay by the mean list change, and nobody moves to a cheaper product
  within a segment: with imposed events its package revenue of 2024 is far too high. The 25 % on Parcel Select in July
  2024, which met consolidators only as their agreements ended, makes up a fifth of that.
* Wages of USPS follow what the union of its clerks agreed on (`model/data/usps_pay.csv`); other crafts agreed on nearly
  the same, and what overtime and younger staff do to mean pay is not in it. 21 of its figures (cash, debt, revenue of
  mail up to 2018, expense that is not paid in 2017, 2018 and 2020) are from memory of the annual reports.
* Income is a small difference of large sums: a hundredth of expense is half of what may be missed. The tables of each
  run show its parts.
* From October 2020 carriers take peak surcharges on top of prices that had none. In a run that begins before, and whose
  prices otherwise follow cost, USPS then earns too much: what other prices gave way is not in the model."""


BANDS = """\
A band should hold what makes a forecast wrong: the luck of a run, the parameters, and what the form of the model gets
wrong. The last is taken from residuals of free spans, only of years before the first one of the span that is forecast.
A span starts from published figures, so its error begins at zero; what comes to it in a year has a size of each figure,
drawn towards those of others where few years are known, and a part of the error is left a year later. The residuals
say how much: less than all of it, so that errors grow for some years and then stay as large as they are (a random walk
would let them grow for ever, which spans of nine years do not show). Where the fit of the parameters alone is further
off, its error counts instead, of each figure by itself, drawn towards the median of its series. A residual is the error
of a whole forecast, luck and parameters included: only what is missing to it is added to the spread of the runs. A run
from 2016 has no residuals to go by, and one from 2018 only those of 2016 and 2017.
The table tells how many observations of volume, revenue per parcel and package revenue lie within the bands without and
with each part; 75 to 97 % should. No parameter was fitted to make it so; but that the error of a fit is each figure's
own was decided on 2 December 2026, after bands had been too narrow, and that residuals are not added to luck and
parameters, which they hold, on 3 December, after bands had been too wide. So what holds now is no test of either.
Bands are still too wide in most spans: what went wrong in runs from 2016 and 2019 is expected of every later one.
Volumes of the whole market are given to the runs and do not count."""
QUARTERS = """\
Packages of USPS by calendar quarter, October 2017 to December 2021, in pieces as its accounts count them and in
revenue. It publishes changes more exactly than levels: most levels are chained from changes, July to September is the
fiscal year less its other quarters, and the last table tells the arithmetic. Nothing was estimated on these figures,
and no other error of this page holds them; what a start knows of them is by how much the autumn before it differed
from that of a year earlier. Bands hold luck and parameters. The limits, on volume alone, were written down before the
first run; the forecast beside the model is that nothing changes on the year before."""
QUARTERS_MEAN = """\
*What fails, and why we believe it does.* Demand is given to the model, free or forced, as totals of years, and within a
year by how far online sales of each quarter were beyond even growth (`model/data/online_sales.csv`), for all shippers
alike. (Until 2 December 2026 growth within a year was even; the jump of April 2020 then began in summer 2019, and the
change on the year before was missed by 10 to 14 %.) The season is one set of twelve factors for all years and carriers,
with a high December in the draws; the autumn of USPS was flatter every year, and flattest in 2020, when its rivals had
more to deliver than they could and turned parcels away that the model then gives to USPS.

*What it means for the answers.* Yearly figures, and differences between scenarios that share their demand, do not rest
on it. The load of a peak, the month in which cash runs short and how fast anybody answers a sudden change of demand do:
they should be read as of a usual year, and no closer than a year."""
QUARTER_TESTS = {
    "quarter_change_error": "change of volume on the year before, mean absolute error",
    "quarter_revenue_change_error": "change of revenue on the year before, mean absolute error",
    "fourth_quarter_share_error": "share of October to December in the volume of a year, largest absolute error",
}
# Name, series, entity, unit and digits of the errors that are told.
FORM = (
    ("volume of USPS", "volume", "usps", "%", 0),
    ("volume of Amazon", "volume", "amazon", "%", 0),
    ("volume of UPS", "volume", "ups", "%", 0),
    ("volume of regional carriers", "volume", "regional", "%", 0),
    ("revenue per parcel of UPS", "revenue_per_parcel", "ups", "%", 0),
    ("package revenue", "package_revenue", "usps", "%", 0),
    ("income of USPS", "income_without_noncash", "usps", "bn $", 1),
)


@dataclass(frozen=True)
class Span:
    """One back-test of the page: first month, mode, what it is for, and the draws that it has where they are stored."""

    first: str
    mode: str
    purpose: str
    draws: str | None = FROZEN


SPANS = (
    Span("2022-01", "free", "Out of sample: the start is the year 2021"),
    Span("2022-01", "forced", "Out of sample: the start is 2021; dated contracts and prices are imposed"),
    Span("2018-01", "free", "The years to 2021 that the draws were estimated on, then out of sample"),
    Span("2019-01", "free", "In sample to 2021 from the first year with volumes of all carriers, then out of sample"),
    Span("2019-01", "forced", "The same with dated contracts and prices imposed"),
    Span("2016-01", "free", "The long way: Amazon's network from almost nothing"),
)


def write_history_page(
    file: Path, replications: int = REPLICATIONS, workers: int | None = None, progress: Progress | None = None
) -> list[Hindcast]:
    """Run all back-tests, write the page and its figures.

    Args:
        file: The page; figures go to the folder `images` beside it.
        replications: Runs of each.
        workers: Processes; one per processor unless told.
        progress: Called with runs done and runs in all.

    Raises:
        InputError: The page or the figures cannot be written there.
    """
    check_page(file)
    results = []
    for number, span in enumerate(SPANS):

        def report(done: int, total: int, before: int = number) -> None:
            if progress is not None:
                progress(before * replications + done, len(SPANS) * replications)

        draws = span.draws if span.draws in stored_sets() else None
        results.append(
            hindcast(
                span.first, "2024-12", span.mode, replications, None, draws, workers=workers, progress=report, known=()
            )
        )
    known = residuals_of(results)
    results = [result.with_form(known) for result in results]
    folder = file.parent / IMAGES
    folder.mkdir(exist_ok=True)
    pictures = {id(result): draw_pictures(result, folder) for result in results}
    write_text(file, history_page(results, pictures))
    return results


def residuals_of(results: Iterable[Hindcast]) -> list[Residual]:
    """Residuals of the free ones of the back-tests."""
    return [
        one
        for result in results
        if result.mode == "free"
        for one in residuals(_name(result), result.scenario.start.year, result.table)
    ]


def keep_results(results: list[Hindcast], file: Path | None = None) -> Path:
    """Keep the results of the page as data, for the browser.

    Args:
        results: What `write_history_page` returned.
        file: Where; the file that comes with the package unless told.

    Raises:
        InputError: The file cannot be written there.
    """
    target = file or stored_file()
    words = [(_name(result), span.purpose, result.given) for span, result in zip(SPANS, results, strict=True)]
    limits = [line.removeprefix("* ") for line in LIMITS.replace("\n  ", " ").splitlines()]
    write_stored(target, results, words, limits, command(results[0].replications))
    return target


def command(replications: int) -> str:
    """What makes the page."""
    return f"lastmile hindcast --write docs/history.md --replications {replications}"


def check_page(file: Path) -> None:
    """Check that the page can be written.

    Raises:
        InputError: It is a folder, its folder does not exist, or nothing can be written there.
    """
    check_file(file)
    check_place(file.parent / IMAGES, "write")


def history_page(results: list[Hindcast], pictures: Mapping[int, list[Path]]) -> str:
    """The page as Markdown; the same runs give the same text."""
    lines = [
        "# Against history",
        "",
        f"Made by `{command(results[0].replications)}`. The model runs the past and is "
        "held against what was published, beside two forecasts that need no model: the market shares of 2021 stay "
        "(persistence), or their trend of 2019 to 2021 goes on (drift). All three know the observed total. The limits "
        "were written down before any run; a test that failed is shown as failed. With draws estimated on data up to "
        "2021, of a set in which no row that moves these runs is later, 2022 to 2024 are out of sample. Bands hold the "
        "luck of a run, the parameters and what the form of the model gets wrong (see Bands).",
        "",
        "## Errors",
        "",
        *_score_table(results),
        "",
        "## Bands",
        "",
        BANDS,
        "",
        *_coverage_table(results),
        "",
        *_form_table(results),
        "",
        "## Patterns",
        "",
        *_pattern_table(results),
        "",
        *_quarter_section(results),
        "## What limits it",
        "",
        LIMITS,
    ]
    for span, result in zip(SPANS, results, strict=True):
        lines += ["", f"## {span.mode.capitalize()} run from {span.first}", "", f"{span.purpose}. {result.given}", ""]
        lines += [f"![{path.stem}]({IMAGES}/{path.name})" for path in pictures[id(result)]]
        lines += ["", *_value_table(result)]
    return "\n".join(lines) + "\n"


def _name(result: Hindcast) -> str:
    return f"{result.mode} from {result.scenario.start.year}"


def _score_table(results: list[Hindcast]) -> list[str]:
    lines = ["| run | error | unit | years | model | persistence | drift | limit | met |"]
    lines.append("|---|---|---|---|---:|---:|---:|---:|---|")
    for result in results:
        for score in result.scores:
            met = {True: "yes", False: "**no**", None: ""}[score.met]
            numbers = [_cell(x, 3) for x in (score.model, score.persistence, score.drift, score.limit)]
            cells = (_name(result), score.name.replace("_", " "), score.unit, SAMPLES[score.sample], *numbers, met)
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def _coverage_table(results: list[Hindcast]) -> list[str]:
    lines = ["| run | years | observations |" + "".join(f" 90 %: {held} |" for held in LAYERS) + " 50 %: all | met |"]
    lines.append("|---|---|---:|" + "---:|" * (len(LAYERS) + 1) + "---|")
    for result in results:
        for sample, years in (SAMPLES | {"all": "all years"}).items():
            rows = [one for one in result.coverage if one.sample == sample and one.figures]
            if rows:
                met = {True: "yes", False: "**no**", None: ""}[rows[-1].met]
                inside = (f"{100.0 * value:.0f} %" for value in (*(one.inside90 for one in rows), rows[-1].inside50))
                cells = (_name(result), years, str(rows[-1].figures), *inside, met)
                lines.append("| " + " | ".join(cells) + " |")
    return lines


def _form_table(results: list[Hindcast]) -> list[str]:
    """Errors that the bands take the form of the model to make, by what was known when a span began."""
    lines = ["| run | residuals up to | left after a year |" + "".join(f" {name} |" for name, *_ in FORM)]
    lines.append("|---|---|---:|" + "---:|" * len(FORM))
    for result in results:
        found = result.discrepancy
        if found.last_year is None:
            lines.append(f"| {_name(result)} | none are known | |" + " |" * len(FORM))
            continue
        sizes = [
            " / ".join(
                f"{found.spread(series, entity, years) * (100.0 if unit == '%' else 1.0):.{digits}f}"
                for years in (1, 3)
            )
            + f" {unit}"
            for _, series, entity, unit, digits in FORM
        ]
        lines.append(f"| {_name(result)} | {found.last_year} | {found.persistence:.2f} | " + " | ".join(sizes) + " |")
    return lines


def _pattern_table(results: list[Hindcast]) -> list[str]:
    lines = ["| pattern | " + " | ".join(map(_name, results)) + " |", "|---|" + "---|" * len(results)]
    for row in zip(*(result.patterns for result in results), strict=True):
        answers = [{True: "yes", False: "**no**", None: "not in this span"}[pattern.shown] for pattern in row]
        lines.append(f"| {row[0].name} | " + " | ".join(answers) + " |")
    return lines


def _quarter_section(results: list[Hindcast]) -> list[str]:
    """Quarters of the spans that have some; nothing where none has."""
    having = [result for result in results if not result.quarters.empty]
    if not having:
        return []
    lines = ["## USPS by quarter", "", QUARTERS, "", "| run | test | model | no change | limit | met |"]
    lines.append("|---|---|---:|---:|---:|---|")
    for result in having:
        for score in result.quarter_scores:
            met = {True: "yes", False: "**no**", None: ""}[score.met]
            numbers = [_cell(x, 3) for x in (score.model, score.persistence, score.limit)]
            lines.append("| " + " | ".join((_name(result), QUARTER_TESTS[score.name], *numbers, met)) + " |")
    lines += ["", QUARTERS_MEAN, ""]
    for result in having:
        lines += [*_quarter_table(result), ""]
    return [*lines, *_quarter_sources(), ""]


def _quarter_table(result: Hindcast) -> list[str]:
    lines = [
        f"| {_name(result)} | bn pieces, observed | modelled | 90 % band | bn $, observed | modelled | 90 % band |"
    ]
    lines.append("|---|" + "---:|" * 6)
    rows = {(row["series"], row["quarter"]): row for row in result.quarters.to_dict("records")}
    for quarter in dict.fromkeys(result.quarters["quarter"]):
        cells = []
        for series in QUARTER_SERIES:
            row = rows[series, quarter]
            cells += [f"{row['observed']:.2f}", f"{row['median']:.2f}", f"{row['low90']:.2f} to {row['high90']:.2f}"]
        lines.append(f"| {quarter} | " + " | ".join(cells) + " |")
    return lines


def _quarter_sources() -> list[str]:
    """What is known of the observed quarters, and how."""
    lines = [
        "| quarter | figure | observed | from | to | what it is | how | source |",
        "|---|---|---:|---:|---:|---|---|---|",
    ]
    for (series, quarter), (seen, unit, status) in read_quarters().items():
        figures = (f"{value:.3f}" for value in (seen.value, seen.low, seen.high))
        cells = (quarter, f"{series.replace('_', ' ')}, {unit}", *figures, status, seen.note, seen.source_id)
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _value_table(result: Hindcast) -> list[str]:
    lines = ["| figure | year | observed | modelled | 90 % band | persistence |", "|---|---|---:|---:|---:|---:|"]
    for series, digits in SHOWN:
        for row in result.table[result.table["series"] == series].to_dict("records"):
            if math.isnan(row["observed"]):
                continue
            band = f"{row['low90']:.{digits}f} to {row['high90']:.{digits}f}"
            numbers = [_cell(row[name], digits) for name in ("observed", "median")]
            name = f"{party_name(row['entity'])}: {series.replace('_', ' ')}, {row['unit']}"
            lines.append(
                f"| {name} | {row['year']} | {' | '.join(numbers)} | {band} | {_cell(row['persistence'], digits)} |"
            )
    return lines


def _cell(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"
