"""One page about a sweep, or a brief of another result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.analysis.values import Source, by_point, chosen_outcomes, opened, varies
from experiments.briefs.saved import is_saved, write_brief
from experiments.errors import InputError
from experiments.figures import HEADLINES, split_year
from experiments.policies.matrix import Matrix
from experiments.reopening import Saved
from experiments.reports import influence, origin, spread
from experiments.reports.page import Page
from experiments.storage import check_file, write_text
from experiments.store.reading import SweepResult

FILE = "report.html"
MAX_OUTCOMES = 4
_ALIKE = 0.97


def report(
    source: Source | Saved | Matrix, outcome: str | Sequence[str] | None = None, out: str | Path | None = None
) -> Path:
    """Write one self-contained HTML page about a sweep, or a brief of a run, branch, comparison, target or matrix.

    A sweep has figures, tables, and where they come from; all others a brief for a colleague.

    Args:
        source: The result, or the folder that holds it; a sweep may be unfinished.
        outcome: Of a sweep, names or patterns of the outcomes to show; unless told, up to four that vary, of the last
            year. Of other results the outcome that the question is about: net income of USPS unless told, of a matrix
            what it was made for; a target has one of its own.
        out: File to write; unless told `report.html` in the folder of a sweep or matrix, or beside that of another
            result with its name.

    Returns:
        The file.

    Raises:
        InputError: There is no such outcome, or nothing has been run yet.

    Examples:
        >>> report(example, out=folder / "page.html").name
        'page.html'
    """
    if not isinstance(source, SweepResult) and (not isinstance(source, str | Path) or is_saved(source)):
        return write_brief(source, outcome, out)
    result = opened(source)
    if not (result.runs["status"] == "done").any():
        raise InputError(f"{result.folder}: no run has ended well yet; there is nothing to report")
    path = check_file(result.folder / FILE if out is None else out, "out")
    names = chosen_outcomes(result, outcome) if outcome is not None else headline_outcomes(result)
    write_text(path, _page(result, names).html())
    return path


def headline_outcomes(result: SweepResult, most: int = MAX_OUTCOMES) -> list[str]:
    """Outcomes to show unless somebody asks for others: of each kind the last year, if it varies."""
    latest: dict[str, str] = {}
    for name in result.outcomes:
        stem, year = split_year(name)
        if stem not in latest or year > split_year(latest[stem])[1]:
            latest[stem] = name
    order = [stem for stem in HEADLINES if stem in latest] + [stem for stem in latest if stem not in HEADLINES]
    first = result.scenarios[0]
    found: list[str] = []
    for name in (latest[stem] for stem in order):
        if len(found) < most and _shown(result, name) and not any(_alike(result, name, other) for other in found):
            found.append(name)
    return found or [name for name in result.outcomes if by_point(result, name, first).notna().any().any()][:1]


def _alike(result: SweepResult, one: str, other: str) -> bool:
    """Whether two outcomes tell the same story, so that showing one is enough."""
    values = result.runs[[one, other]].dropna()
    if len(values) < 3 or (values.std() <= 0.0).any():
        return False
    return bool(abs(np.corrcoef(values[one], values[other])[0, 1]) > _ALIKE)


def _shown(result: SweepResult, name: str) -> bool:
    values = [by_point(result, name, scenario) for scenario in result.scenarios]
    return (
        any(varies(one) for one in values)
        or len({round(float(np.nanmean(one.to_numpy(dtype=float))), 9) for one in values}) > 1
    )


def _page(result: SweepResult, names: Sequence[str]) -> Page:
    status = result.status
    design = result.manifest.design
    name = result.folder.resolve().name
    return Page(
        title=f"Partial sweep: {name} ({status.partial})" if status.partial else f"Sweep: {name}",
        lead=origin.lead(result),
        tiles=[
            (f"{status.done:,}", f"of {status.runs:,} runs done"),
            (f"{result.manifest.points:,}", "points"),
            (str(len(result.factors)), "factors varied"),
            (str(len(result.scenarios)), "scenarios" if len(result.scenarios) > 1 else "scenario"),
            (str(design["replications"]), "seeds per point" if design["replications"] > 1 else "seed per point"),
        ],
        warnings=origin.warnings(result, status),
        sections=[
            spread.outcomes_section(result, names),
            spread.differences_section(result, names),
            influence.drivers_section(result, names),
            influence.indices_section(result, names),
            influence.responses_section(result, names),
            influence.heat_section(result, names),
            influence.discovery_section(result, names),
            spread.monthly_section(result),
            origin.design_section(result),
            origin.points_section(result, names),
            origin.failures_section(status),
            origin.provenance_section(result),
        ],
        footer="Made by lastmile report. A market model compares; it predicts no dates. Figures in the tables and "
        "charts are those of the store beside this file.",
    )
