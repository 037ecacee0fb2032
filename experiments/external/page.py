"""The page of the documentation about the external tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from experiments.external.declaration import ExternalTest
from experiments.external.elasticities import published
from experiments.external.limits import COMPARISON, TEST
from experiments.external.study import DEFAULT_SEEDS, DEFAULT_SHIPPERS, ExternalTests, Finding
from experiments.external.tests import TESTS
from experiments.storage import write_text

MENDED = (
    "The limits stood in `experiments/external/limits.csv` before the code that runs the tests. Since then one word "
    "was mended: the study of X2 and E1 is by Charles River Associates and was named wrongly. No limit was changed."
)


def command(result: ExternalTests) -> str:
    """What makes the page."""
    told = "lastmile external --write docs/external.md"
    told += f" --seeds {result.seeds}" if result.seeds != DEFAULT_SEEDS else ""
    return told + (f" --shippers {result.n_shippers}" if result.n_shippers != DEFAULT_SHIPPERS else "")


def write_page(file: str | Path, result: ExternalTests) -> None:
    """Write the page as Markdown, all or nothing.

    Raises:
        InputError: The file cannot be written there.
    """
    write_text(file, "\n".join(_lines(result)) + "\n")


def verdict(result: ExternalTests) -> str:
    """How many figures and tests lie within their limits, in a sentence."""
    (met, of), (near, of_near) = result.count(TEST), result.count(COMPARISON)
    whole = [test for test in TESTS if result.passed(test.key)]
    return (
        f"{met} of {of} figures of tests lie within their limits, and {near} of {of_near} of comparisons; "
        f"{len(whole)} of {len(TESTS)} tests and comparisons do so with all their figures."
    )


def figure(value: float, unit: str) -> str:
    """A number with its unit, as people read it."""
    if unit == "share":
        return f"{100.0 * value:.1f} %"
    if unit == "$/parcel":
        return f"${value:.2f}" if value >= 0.0 else f"-${-value:.2f}"
    if unit == "stations":
        return f"{value:.0f}"
    return f"{value:.2f}" if unit == "-" else f"{value:.2f} {unit}" if abs(value) < 10.0 else f"{value:.1f} {unit}"


def interval(low: float, high: float, unit: str) -> str:
    """Two numbers with their unit, one where they are the same."""
    return figure(low, unit) if low == high else f"{figure(low, unit)} to {figure(high, unit)}"


def sentence(one: Finding) -> str:
    """A figure in one sentence: what was published first, then the model."""
    limit = one.limit
    observed = interval(limit.published_low, limit.published_high, limit.unit)
    within = "within" if one.holds else "outside"
    return (
        f"{limit.outcome}: published {observed}, modelled {figure(one.value, limit.unit)}, {within} the limit of "
        f"{interval(limit.low, limit.high, limit.unit)}."
    )


def _lines(result: ExternalTests) -> Iterator[str]:
    yield "# Against the world"
    yield ""
    yield (
        f"Made by `{command(result)}`. Parameters {result.provenance['parameter_checksum'][:12]}, {result.seeds} "
        f"seeds, {result.n_shippers:,} shippers. The model beside natural experiments and published studies. No "
        "parameter was changed for a test; a test that failed is shown as failed, with the reason that is believed. "
        "A comparison is with an opinion, another country, or what the model was told: it shows a distance and "
        "proves nothing. Numbers are means of the seeds; a limit is met where the mean lies within it."
    )
    yield ""
    yield verdict(result)
    yield ""
    yield MENDED
    yield ""
    yield "| | outcome | published | modelled | seeds | limit | |"
    yield "|---|---|---:|---:|---:|---:|---|"
    for one in result.findings:
        yield _row(one)
    for test in TESTS:
        yield from _of_test(test, result)
    yield from _elasticities(result)


def _row(one: Finding) -> str:
    limit = one.limit
    cells = (
        limit.test if limit.kind == TEST else f"{limit.test} (comparison)",
        limit.outcome,
        interval(limit.published_low, limit.published_high, limit.unit),
        figure(one.value, limit.unit),
        interval(one.lowest, one.highest, limit.unit),
        interval(limit.low, limit.high, limit.unit),
        "met" if one.holds else "**failed**",
    )
    return "| " + " | ".join(cells) + " |"


def _of_test(test: ExternalTest, result: ExternalTests) -> Iterator[str]:
    yield from ("", f"## {test.key}. {test.title}", "", test.published)
    yield from ("", f"*What is compared.* {test.comparable}")
    if test.given:
        yield from ("", f"*What the model was told.* {test.given}")
    if result.remark(test.key):
        yield from ("", f"*To judge it.* {result.remark(test.key)}")
    yield ""
    for one in result.of(test.key):
        source = f" ({one.limit.source_id})"
        yield f"* {'' if one.holds else '**Failed.** '}{sentence(one)}{source}"
        yield f"  Limit: {one.limit.why}." if one.limit.why else "  Limit: as published, with room for what was not."
        if not one.holds:
            yield f"  Why it is believed to fail: {one.reason}"


def _elasticities(result: ExternalTests) -> Iterator[str]:
    yield from ("", "## Elasticities that were published", "")
    yield (
        "Every one that was found, also where the figures themselves were not seen. Sources stand in "
        "`model/data/sources.csv`; each row says what of it was seen."
    )
    yield from ("", "| of what | where | published | model | source | |", "|---|---|---:|---:|---|---|")
    for one in published():
        told = "not seen" if one.low is None or one.high is None else interval(one.low, one.high, "-")
        model = figure(result.figures[one.model], "-") if one.model else "none"
        yield f"| {one.what} | {one.where} | {told} | {model} | {one.source_id} | {one.note} |"
    yield ""
    names = {"usps": "USPS", "ups": "UPS", "fedex": "FedEx"}
    yield "The model's own-price elasticities in the long run, at prices of the start:"
    yield from ("", "| | economy | ground | premium | all |", "|---|---:|---:|---:|---:|")
    for key, name in names.items():
        each = [result.figures[f"E1 own_{key}{part}"] for part in ("_economy", "_ground", "_premium", "")]
        yield f"| {name} | " + " | ".join(f"{value:.2f}" for value in each) + " |"
