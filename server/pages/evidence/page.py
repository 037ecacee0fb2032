"""The Evidence page."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipyvue
import solara

from experiments.backtest.stored import StoredHindcast, stored_hindcast
from experiments.errors import InputError
from experiments.external.stored import StoredTests, stored_tests
from experiments.stored_forecast import StoredForecast, stored_forecast
from server.pages.evidence import ahead, backtest, data, external, told
from server.pages.evidence.texts import LIMITS, METHOD
from server.parts import help_button, main
from server.plots import draw
from server.session import Session
from server.tables import DataTable

PARTS = {
    "figures": "What happened beside what the model says",
    "scores": "Against the past",
    "ahead": "What lies ahead",
    "world": "Against the world",
    "method": "How it works",
    "limits": "What it cannot do",
    "parameters": "Parameters",
    "sources": "Data and sources",
    "words": "Words",
}


# Which term a part is about.
HELP = {"scores": "back-test", "figures": "band", "ahead": "band", "parameters": "parameter", "sources": "source"}


@solara.component
def EvidencePage(session: Session) -> solara.Element:
    """Contents at the side; charts of the past first, then one sentence a test, and tables folded."""
    try:
        forecast = _ahead(stored_forecast())
    except InputError as error:
        forecast = [_heading("ahead"), _element("p", "lm-error", str(error))]
    shown = [name for name in PARTS if name != "ahead" or forecast]
    contents = _contents(parts=[{"id": f"lm-{name}", "title": PARTS[name]} for name in shown])
    try:
        stored = stored_hindcast()
        head, past = [_finding(told.finding(stored))], _past(stored)
    except InputError as error:
        head, past = [], [_element("p", "lm-error", str(error))]
    try:
        world = _world(stored_tests())
    except InputError as error:
        world = [_heading("world"), _element("p", "lm-error", str(error))]
    results = ipyvue.Html.element(
        tag="div",
        class_="lm-results",
        children=[*past, *forecast, *world, *_method(), *_limits(), *_made_of(), *_words()],
    )
    children = [
        ipyvue.Html.element(tag="aside", class_="lm-side", children=[contents]),
        main([*head, results], "back-test"),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-page", children=children)


def _element(tag: str, class_: str, *children: Any) -> solara.Element:
    return ipyvue.Html.element(tag=tag, class_=class_, children=list(children))


def _heading(name: str, *texts: str) -> solara.Element:
    term = HELP.get(name)
    title = [PARTS[name], *([" ", help_button(term)] if term else [])]
    children = [_element("h2", "lm-part", *title), *(_element("p", "lm-lead", text) for text in texts)]
    return ipyvue.Html.element(
        tag="section", class_="lm-prose", children=children, attributes={"id": f"lm-{name}", "tabindex": "-1"}
    )


def _past(stored: StoredHindcast) -> list[solara.Element]:
    tests = _element("div", "lm-point", _element("h3", "", "How far off"), _bullets(told.sentences(stored)))
    shown = _element("div", "lm-point", _element("h3", "", "What the runs show"), _bullets(told.patterns(stored)))
    return [
        _heading("figures", "Dots: published. Line and bands: what the model finds in these years, run by run."),
        Figures(stored),
        *_quarters(stored),
        _heading(
            "scores",
            f"{backtest.verdict(stored)} A limit that is missed is shown as missed.",
            stored.origin,
        ),
        _card([tests, shown]),
        _folded(
            "All scores and patterns as tables",
            DataTable(backtest.scores_table(stored), searchable=True),
            *([DataTable(coverage)] if (coverage := backtest.coverage_table(stored)) is not None else []),
            DataTable(backtest.patterns_table(stored)),
        ),
    ]


def _finding(found: told.Finding) -> solara.Element:
    """How well the model does, in words, before any chart."""
    return _element(
        "section",
        "lm-headline",
        _element("p", "lm-kicker", "How well the model does against the past ", help_button("back-test")),
        _element("h1", "", found.title),
        *(_element("p", "lm-lead", text) for text in found.sentences),
    )


def _quarters(stored: StoredHindcast) -> list[solara.Element]:
    """USPS by quarter; nothing where the stored results do not hold it."""
    drawn = [draw(picture) for picture in backtest.quarter_pictures(stored)]
    if not drawn:
        return []
    lead = _element("section", "lm-prose", _element("p", "lm-lead", backtest.quarters_verdict(stored)))
    return [lead, ipyvue.Html.element(tag="div", class_="lm-results lm-wide", children=drawn)]


def _ahead(stored: StoredForecast | None) -> list[solara.Element]:
    """The stored forecast; nothing where none has been made."""
    if stored is None:
        return []
    drawn = [draw(picture) for picture in ahead.pictures(stored)]
    return [
        _heading("ahead", ahead.lead(stored), stored.origin),
        ipyvue.Html.element(tag="div", class_="lm-results lm-wide", children=drawn),
    ]


def _world(stored: StoredTests) -> list[solara.Element]:
    """One sentence for each figure, observed beside modelled; the table with limits and sources below."""
    points = [
        _element("div", "lm-point", _element("h3", "", head), _bullets(sentences))
        for head, sentences in external.sentences(stored)
    ]
    return [
        _heading("world", f"{stored.verdict} {external.MEANING}", stored.origin),
        _card(points),
        _folded(
            "All limits, spreads and sources as a table", DataTable(external.limits_table(stored), searchable=True)
        ),
    ]


@solara.component
def Figures(stored: StoredHindcast) -> solara.Element:
    """A series of the past, of every carrier."""
    name, set_name = solara.use_state(stored.runs[0].name)
    series, set_series = solara.use_state("volume")
    run = stored.run(name)
    here = backtest.series_of(run)
    shown = series if series in here else here[0]
    pictures = solara.use_memo(lambda: backtest.pictures(run, shown), [name, shown])
    chooser = _chooser(
        run=name,
        runs=[
            {"name": one.name, "label": f"{one.name} ({'out of' if one.draws == backtest.FROZEN else 'in'} sample)"}
            for one in stored.runs
        ],
        series=shown,
        all=[{"name": one, "label": backtest.SERIES[one]} for one in here],
        event_run=lambda value: set_name(value) if value in {one.name for one in stored.runs} else None,
        event_series=lambda value: set_series(value) if value in backtest.SERIES else None,
    )
    children = [chooser, *(draw(picture) for picture in pictures)]
    return ipyvue.Html.element(tag="div", class_="lm-multiples lm-wide", children=children)


def _method() -> list[solara.Element]:
    rows = [_element("div", "lm-point", _element("h3", "", head), _element("p", "", text)) for head, text in METHOD]
    return [_heading("method"), _card(rows), DataTable(data.phases_table())]


def _limits() -> list[solara.Element]:
    try:
        past = stored_hindcast().limits
    except InputError:
        past = ()
    lists = [_element("div", "lm-point", _element("h3", "", "Of the answers"), _bullets(LIMITS))]
    if past:
        lists.append(_element("div", "lm-point", _element("h3", "", "Of the back-test"), _bullets(past)))
    return [_heading("limits"), _card(lists)]


def _bullets(texts: Sequence[str]) -> solara.Element:
    return _element("ul", "lm-list", *(_element("li", "", *_with_code(text)) for text in texts))


def _with_code(text: str) -> list[str | solara.Element]:
    """A text in which names stand between backticks, with these as code."""
    parts = enumerate(text.split("`"))
    return [_element("code", "", part) if number % 2 else part for number, part in parts if part]


def _folded(title: str, *children: solara.Element) -> solara.Element:
    """Tables that are opened by who wants them."""
    return _element("details", "lm-wide lm-folded", _element("summary", "", title), *children)


def _card(children: Sequence[solara.Element]) -> solara.Element:
    return _element("section", "lm-card lm-wide lm-points", *children)


def _made_of() -> list[solara.Element]:
    return [
        _heading("parameters", "Every number of the economy stands in one table; no number stands in the code."),
        DataTable(data.parameters_table(), searchable=True),
        _heading("sources"),
        DataTable(data.files_table()),
        DataTable(data.sources_table(), searchable=True),
    ]


def _words() -> list[solara.Element]:
    return [
        _heading("words", "Every term that a '?' explains on these pages."),
        DataTable(data.words_table(), searchable=True),
    ]


@solara.component_vue("contents.vue", vuetify=False)
def _contents(parts: list[dict[str, str]]) -> None:
    """Buttons that lead to the parts of the page."""


@solara.component_vue("chooser.vue", vuetify=False)
def _chooser(
    run: str,
    runs: list[dict[str, str]],
    series: str,
    all: list[dict[str, str]],
    event_run: Callable[[str], None],
    event_series: Callable[[str], None],
) -> None:
    """Which back-test and which series."""
