"""The page on the back-test in the documentation: every figure on it is computed when it is written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.backtest.draws import stored_sets
from experiments.backtest.hindcast import Hindcast, hindcast
from experiments.backtest.pictures import check_pictures, draw_pictures
from experiments.backtest.stored import stored_file, write_stored
from experiments.errors import InputError
from experiments.runs import Progress
from experiments.storage import write_text

FROZEN = "frozen-2021"
IMAGES = "images"
SHOWN = (("volume", 2), ("share", 3), ("revenue_per_parcel", 2), ("own_share", 2), ("package_revenue", 1))
SAMPLES = {"in": "up to 2021", "out": "2022 to 2024"}

LIMITS = """\
* The model is given the observed totals of the market and of what Amazon ships. Amazon's total is not published: it is
  put together from its own deliveries and shares that conflict (see the notes in `model/data/start_years.csv`), so it
  knows something of the split that is being tested.
* Before 2019 only USPS and Amazon have volumes of their own; UPS, FedEx and the others share the rest as in 2019.
* The relative prices and segments inside a carrier are those of 2024 also where the set is called frozen-2021: nothing
  is published for an earlier year. Their level is the revenue of the start year.
* Regional carriers grow sixteenfold in the data and hardly in the model. A part of that is a residual of the totals.
* Amazon's yearly build limit holds in 2020 too, when it added 2.35 bn; what it cannot deliver goes to UPS above all.
* USPS wages follow private wages, for want of a series; several of its accounts before 2023 are from memory of the
  annual reports and have to be checked. Its cost grows too fast, so its income comes out too low.
* Bands hold the luck of a run and, where draws are used, the estimated parameters. They do not hold what is wrong with
  the model: that is why they cover too little."""


@dataclass(frozen=True)
class Span:
    """One back-test of the page: first month, mode, what it is for, and whether it may use the draws of 2021."""

    first: str
    mode: str
    purpose: str
    frozen: bool = False


SPANS = (
    Span("2022-01", "free", "Out of sample: the start is the year 2021", True),
    Span("2022-01", "forced", "Out of sample: the start is 2021; dated contracts and prices are imposed", True),
    Span("2019-01", "free", "In sample to 2021, then on"),
    Span("2019-01", "forced", "In sample to 2021, dated contracts and prices imposed"),
    Span("2016-01", "free", "The long way: Amazon's network from almost nothing"),
)


def write_history_page(
    file: Path, replications: int = 20, workers: int | None = None, progress: Progress | None = None
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

        draws = FROZEN if span.frozen and FROZEN in stored_sets() else None
        results.append(
            hindcast(span.first, "2024-12", span.mode, replications, None, draws, workers=workers, progress=report)
        )
    folder = file.parent / IMAGES
    folder.mkdir(exist_ok=True)
    pictures = {id(result): draw_pictures(result, folder) for result in results}
    write_text(file, history_page(results, pictures))
    return results


def keep_results(results: list[Hindcast], file: Path | None = None) -> Path:
    """Keep the results of the page as data, for the browser.

    Args:
        results: What `write_history_page` returned.
        file: Where; the file that comes with the package unless told.

    Raises:
        InputError: The file cannot be written there.
    """
    target = file or stored_file()
    words = [(_name(result), span.purpose, _given(result)) for span, result in zip(SPANS, results, strict=True)]
    limits = [line.removeprefix("* ") for line in LIMITS.replace("\n  ", " ").splitlines()]
    write_stored(target, results, words, limits, command(results[0].replications))
    return target


def command(replications: int) -> str:
    """What makes the page."""
    return f"lastmile hindcast --write docs/history.md --replications {replications}"


def check_page(file: Path) -> None:
    """Check that the page can be written.

    Raises:
        InputError: It is a folder, its folder does not exist, or figures cannot be drawn.
    """
    if file.is_dir():
        raise InputError(f"write: {str(file)!r} is a folder; name a file")
    if not file.parent.is_dir():
        raise InputError(f"write: the folder {str(file.parent)!r} does not exist")
    check_pictures(file.parent)


def history_page(results: list[Hindcast], pictures: Mapping[int, list[Path]]) -> str:
    """The page as Markdown; the same runs give the same text."""
    lines = [
        "# Against history",
        "",
        f"Made by `{command(results[0].replications)}`. The model runs the past and is "
        "held against what was published, beside two forecasts that need no model: the market shares of 2021 stay "
        "(persistence), or their trend of 2019 to 2021 goes on (drift). All three know the observed total. The limits "
        "were written down before any run; a test that failed is shown as failed. Out of sample are only the runs from "
        "2022 with draws estimated on data up to 2021; of the others the years 2022 to 2024 count as in sample, "
        "because data of these years shaped the default parameters.",
        "",
        "## Errors",
        "",
        *_score_table(results),
        "",
        "## Patterns",
        "",
        *_pattern_table(results),
        "",
        "## What limits it",
        "",
        LIMITS,
    ]
    for span, result in zip(SPANS, results, strict=True):
        lines += ["", f"## {span.mode.capitalize()} run from {span.first}", "", f"{span.purpose}. {_given(result)}", ""]
        lines += [f"![{path.stem}]({IMAGES}/{path.name})" for path in pictures[id(result)]]
        lines += ["", *_value_table(result)]
    return "\n".join(lines) + "\n"


def _given(result: Hindcast) -> str:
    if result.draws is None:
        return "Default parameters, which data up to 2025 has shaped."
    return f"Parameter draws `{result.draws}`, estimated on data up to 2021; its manifest lists what is later still."


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


def _pattern_table(results: list[Hindcast]) -> list[str]:
    lines = ["| pattern | " + " | ".join(map(_name, results)) + " |", "|---|" + "---|" * len(results)]
    for row in zip(*(result.patterns for result in results), strict=True):
        answers = [{True: "yes", False: "**no**", None: "not in this span"}[pattern.shown] for pattern in row]
        lines.append(f"| {row[0].name} | " + " | ".join(answers) + " |")
    return lines


def _value_table(result: Hindcast) -> list[str]:
    lines = ["| figure | year | observed | modelled | 90 % band | persistence |", "|---|---|---:|---:|---:|---:|"]
    for series, digits in SHOWN:
        for row in result.table[result.table["series"] == series].to_dict("records"):
            if math.isnan(row["observed"]):
                continue
            band = f"{row['low90']:.{digits}f} to {row['high90']:.{digits}f}"
            numbers = [_cell(row[name], digits) for name in ("observed", "median")]
            name = f"{series.replace('_', ' ')} of {row['entity']}, {row['unit']}"
            lines.append(
                f"| {name} | {row['year']} | {' | '.join(numbers)} | {band} | {_cell(row['persistence'], digits)} |"
            )
    return lines


def _cell(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"
