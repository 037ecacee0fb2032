"""Calendar years of the run that is watched, beside the bands of the stored forecast."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ipyvue
import numpy as np
import pandas as pd
import solara
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from experiments.errors import InputError
from experiments.settings import shown
from experiments.stored_forecast import StoredForecast, stored_forecast
from server.charts import CARRIERS
from server.choice import Choice, library_scenario
from server.pages.evidence.ahead import lead
from server.snapshot import Snapshot
from server.tables import Column, DataTable, TableData, number_cell

type Floats = NDArray[np.float64]
type Totals = tuple[tuple[float, ...], ...]

TITLE = "By year, against the forecast"
BILLION = 1e9
# What a band may hold, as the forecast calls it, in words.
HOLDS = {"luck": "luck", "parameters": "parameters", "form": "what the form of the model gets wrong"}
LEVELS = ("low90", "low50", "median", "high50", "high90")


@dataclass(frozen=True)
class Figure:
    """A yearly figure that is shown.

    Attributes:
        stem: Name of the outcome without its year.
        title: What it is called.
        unit: Its unit, in billions.
        carrier: Whose colour and marker it has, by place in `CARRIERS`.
    """

    stem: str
    title: str
    unit: str
    carrier: int


FIGURES = (
    *(
        Figure(f"{key}_volume_parcels", str(CARRIERS[number]["name"]), "billion parcels", number)
        for number, key in enumerate(("usps", "amazon", "ups", "fedex", "regional"))
    ),
    Figure("usps_net_income_usd", "Net income of USPS", "billion $", 0),
)


def totals(start: Month | None, volume: Floats, net_income: Floats) -> Totals:
    """What the run has brought in each calendar year that it has completed from January on.

    Args:
        start: First month of the run; None before there is one.
        volume: (n, 5) parcels a month by carrier group.
        net_income: (n,) of USPS, US dollars a month.

    Returns:
        By figure of `FIGURES` the sums of the years, the first of them the first full year of the run.
    """
    begun = 0 if start is None else (1 - start.month) % MONTHS_PER_YEAR
    series = np.column_stack([volume, net_income])[begun:]
    n_years = len(series) // MONTHS_PER_YEAR
    years = series[: n_years * MONTHS_PER_YEAR].reshape(n_years, MONTHS_PER_YEAR, len(FIGURES)).sum(axis=1)
    return tuple(tuple(float(value) for value in column) for column in years.T)


def why_none(stored: StoredForecast, choice: Choice) -> str:
    """Why the bands do not fit a run, in sentences; empty where they do."""
    if not stored.is_current:
        return f"No bands here: the stored forecast is of other code than this run. {stored.origin}"
    if choice.is_usual and library_scenario(choice.scenario).title == stored.title:
        return ""
    told = f"No bands here: the stored forecast is of “{stored.title}” with nothing changed, and this is another run."
    if choice.seat or choice.past is not None or not Choice(choice.scenario).is_usual:
        return told
    draws = f" --draws {stored.draws}" if stored.draws else ""
    changed = "".join(f" --set {key}={shown(value)}" for key, value in choice.overrides)
    return f"{told} Bands of its own come from `lastmile forecast {choice.scenario}{draws}{changed}`."


def panels(stored: StoredForecast, first_year: int, found: Totals) -> list[dict[str, Any]]:
    """What is drawn of each figure that the forecast has: bands by year and what the run has brought.

    Args:
        stored: The forecast.
        first_year: Calendar year of the first of the totals.
        found: As `totals` gives them.

    Returns:
        By figure: title, unit, colours and marker; years; by year [low90, low50, median, high50, high90] and the run's
        figure (None where the year is not complete), all in billions; and the same in words.
    """
    return [
        _panel(figure, rows, _of_run(rows, first_year, values))
        for figure, values in zip(FIGURES, found, strict=True)
        if not (rows := stored.years(figure.stem)).empty
    ]


def _of_run(rows: pd.DataFrame, first_year: int, values: Sequence[float]) -> list[float | None]:
    known = dict(enumerate(values, start=first_year))
    return [known[int(year)] / BILLION if int(year) in known else None for year in rows.index]


def _panel(figure: Figure, rows: pd.DataFrame, run: list[float | None]) -> dict[str, Any]:
    years, bands = [str(year) for year in rows.index], (rows[list(LEVELS)] / BILLION).to_numpy(dtype=float).tolist()
    carrier = CARRIERS[figure.carrier]
    words = [_year_words(year, band, value) for year, band, value in zip(years, bands, run, strict=True)]
    return {
        "title": figure.title,
        "unit": figure.unit,
        **{key: carrier[key] for key in ("light", "dark", "symbol")},
        "years": years,
        "bands": bands,
        "run": run,
        "words": words,
        "summary": f"{figure.title}, {figure.unit}: {'; '.join(words)}",
    }


def _year_words(year: str, band: Sequence[float], value: float | None) -> str:
    low, low_half, middle, high_half, high = (_written(one) for one in band)
    run = "not complete" if value is None else f"this run {_written(value)}"
    return f"{year}: {run}; forecast {middle}, nine of ten runs {low} to {high}, half {low_half} to {high_half}"


def _written(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def tally(stored: StoredForecast, drawn: Sequence[dict[str, Any]]) -> str:
    """How many of the run's yearly figures lie in the bands, and what that means; before the first what to wait for."""
    pairs = [
        (value, band)
        for panel in drawn
        for value, band in zip(panel["run"], panel["bands"], strict=True)
        if value is not None
    ]
    if not pairs:
        return f"{_meaning(stored)} The first markers come when the run has completed a calendar year."
    wide, half = (sum(band[low] <= value <= band[high] for value, band in pairs) for low, high in ((0, -1), (1, -2)))
    found = f"Of {len(pairs)} yearly figures so far, {wide} lie within the light bars and {half} within the dark ones."
    return f"{found} {_meaning(stored)} So a marker inside is no proof of the model."


def _meaning(stored: StoredForecast) -> str:
    """What the bars hold that the run does not."""
    shown_ones = [one for figure in FIGURES for one in stored.years(figure.stem)["holds"]]
    parts = [part for part in HOLDS if any(part in str(one).split(", ") for one in shown_ones)]
    words = [HOLDS[part] for part in parts]
    told = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    drawn = ", each with its own draw of the parameters," if stored.draws else ""
    return f"This run varies in its luck alone; the bars, made from {stored.replications} runs{drawn} hold {told}."


def note(stored: StoredForecast, drawn: Sequence[dict[str, Any]]) -> str:
    """How to read the pictures, in sentences."""
    missing = [figure.title for figure in FIGURES if figure.title not in {panel["title"] for panel in drawn}]
    left_out = f" Not forecast: {', '.join(missing)}." if missing else ""
    return (
        "Bars: where nine of ten runs (light) and half of them (dark) end a calendar year, and the line their median. "
        f"Markers: what this run has brought, with the parameters as they are. {lead(stored)} {stored.origin}{left_out}"
    )


def table(drawn: Sequence[dict[str, Any]]) -> TableData:
    """The same figures as a table."""
    rows = [
        (panel["title"], year, panel["unit"], math.nan if value is None else value, *band)
        for panel in drawn
        for year, value, band in zip(panel["years"], panel["run"], panel["bands"], strict=True)
    ]
    heads = ("figure", "year", "unit", "this_run", *LEVELS)
    labels = ("This run", "90 % from", "50 % from", "Median", "50 % to", "90 % to")
    return TableData(
        title=TITLE,
        columns=(Column("Figure"), Column("Year"), Column("Unit"), *(Column(one, number=True) for one in labels)),
        cells=tuple(
            (*row[:3], *(number_cell("" if math.isnan(one) else _written(one), one) for one in row[3:])) for row in rows
        ),
        frame=pd.DataFrame(rows, columns=list(heads)),
    )


def years_card(choice: Choice, snapshot: Snapshot) -> solara.Element:
    """The card of a run; drawn again when a year is complete, not every month."""
    run = snapshot.run
    start = run.start if run else None
    first = start.year + (start.month > 1) if start else 0
    return Years(choice, first, totals(start, snapshot.volume, snapshot.usps[:, 0]))


@solara.component
def Years(choice: Choice, first_year: int, found: Totals) -> solara.Element:
    """Yearly figures of the run in the bands of the stored forecast, or why there are no bands."""
    children = solara.use_memo(lambda: _children(choice, first_year, found), [choice, first_year, found])
    return ipyvue.Html.element(tag="div", class_="lm-years", children=children)


def _children(choice: Choice, first_year: int, found: Totals) -> list[solara.Element]:
    try:
        stored = stored_forecast()
    except InputError as error:
        return [_years(panels=[], note="", told=str(error))]
    if stored is None:
        return []
    if problem := why_none(stored, choice):
        return [_years(panels=[], note="", told=problem)]
    drawn = panels(stored, first_year, found)
    folded = [ipyvue.Html.element(tag="summary", children=["These years as a table"]), DataTable(table(drawn))]
    return [
        _years(panels=drawn, note=note(stored, drawn), told=tally(stored, drawn)),
        ipyvue.Html.element(tag="details", class_="lm-folded", children=folded),
    ]


@solara.component_vue("../../vue/years.vue", vuetify=False)
def _years(panels: list[dict[str, Any]], note: str, told: str) -> None:
    """Small pictures side by side, one a figure; arrow keys lead from one to the next."""
