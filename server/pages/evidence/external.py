"""The stored external tests as sentences and as a table."""

from __future__ import annotations

from functools import cache

import pandas as pd

from experiments.external.limits import TEST
from experiments.external.page import figure, interval, sentence
from experiments.external.stored import StoredTests
from server.pages.evidence.data import sources
from server.tables import Cell, Column, TableData, number_cell

MEANING = (
    "The model beside natural experiments and published studies, within limits written down before the first run. No "
    "parameter was changed for a test, and what failed is shown as failed."
)


def sentences(stored: StoredTests) -> list[tuple[str, list[str]]]:
    """What each test found: its title, and a sentence for each figure, with the reason where it failed."""
    found = []
    for key, title in stored.titles.items():
        mine = [one for one in stored.findings if one.limit.test == key]
        told = [
            sentence(one) if one.holds else f"Failed. {sentence(one)} Why it is believed to fail: {one.reason}"
            for one in mine
        ]
        found.append((f"{title} ({key})", told))
    return found


@cache
def limits_table(stored: StoredTests) -> TableData:
    """Every figure with what was published, its limit, the spread of the seeds and the source."""
    cells: list[tuple[Cell, ...]] = []
    plain = []
    for one in stored.findings:
        limit = one.limit
        source = sources().get(limit.source_id, {})
        met = "met" if one.holds else "not met"
        cells.append(
            (
                limit.test,
                (limit.outcome, limit.outcome, limit.why),
                interval(limit.published_low, limit.published_high, limit.unit),
                number_cell(figure(one.value, limit.unit), one.value, limit.unit),
                interval(one.lowest, one.highest, limit.unit),
                interval(limit.low, limit.high, limit.unit),
                "test" if limit.kind == TEST else "comparison",
                (limit.source_id, limit.source_id, f"{source.get('publisher', '')}, {source.get('title', '')}"),
                met,
            )
        )
        numbers = (limit.published_low, limit.published_high, one.value, limit.low, limit.high)
        plain.append((limit.test, limit.figure, limit.unit, *numbers, limit.kind, limit.source_id, met))
    names = [
        "test",
        "figure",
        "unit",
        "published_low",
        "published_high",
        "model",
        "low",
        "high",
        "kind",
        "source",
        "met",
    ]
    return TableData(
        title="External tests",
        columns=(
            Column("Test"),
            Column("Outcome", wide=True),
            Column("Published"),
            Column("Model", number=True),
            Column("Seeds", help="Lowest and highest of the seeds"),
            Column("Limit", help="Written down before any run"),
            Column("Kind", help="A test of something that happened, or a comparison with an opinion or another case"),
            Column("Source"),
            Column("Met", mark=True),
        ),
        cells=tuple(cells),
        frame=pd.DataFrame(plain, columns=names),
        note="Point at an outcome for why its limit is as it is, at a source for where it was published.",
    )
