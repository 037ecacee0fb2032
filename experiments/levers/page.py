"""The page of the documentation that says what each lever should do, and does."""

from __future__ import annotations

from pathlib import Path

from experiments.figures import figure
from experiments.levers.check import FILE, Check, LeverCheck, owner_of
from experiments.reports.words import outcome_unit
from experiments.storage import write_text
from model.scenario import DEFAULT_SCENARIO

HEADER = (
    "| | owner | what changes | outcome | unit | without | with | seeds | expected | holds | why |",
    "|---|---|---|---|---|---:|---:|---:|---|---|---|",
)


def write_page(file: str | Path, result: LeverCheck) -> None:
    """Write the page, all or nothing.

    Raises:
        InputError: The file cannot be written there.
    """
    write_text(file, levers_page(result))


def levers_page(result: LeverCheck) -> str:
    """The table as Markdown; the same figures give the same text."""
    good = sum(check.holds for check in result.checks)
    lines = [
        "# What each lever should do, and does",
        "",
        "Made by `lastmile levers --check --write docs/levers.md`. The expectation of each row stands in "
        f"`experiments/levers/{FILE}` and was written before the run. A scenario is compared with "
        f"`{DEFAULT_SCENARIO}` unless another one is named, a lever with the same scenario without its change; "
        f"paired runs with seeds from {result.seed}, means where there are several. "
        f"{good} of {len(result.checks)} expectations hold. "
        f"Parameters {result.provenance['parameter_checksum'][:12]}.",
        "",
        *HEADER,
        *(_line(check) for check in result.checks),
    ]
    for check in result.checks:
        if not check.holds:
            row = check.expectation
            lines += ["", f"`{row.subject}` does not do what was expected: {row.explanation or 'not explained'}."]
    if result.missing:
        lines += ["", f"Without an expectation: {', '.join(result.missing)}."]
    return "\n".join(lines) + "\n"


def _line(check: Check) -> str:
    row = check.expectation
    what = f"scenario `{row.scenario}`" + (f" against `{row.against}`" if row.against else "")
    if row.kind == "scenario" and row.base:
        what += ", both with " + ", ".join(f"`{setting}`" for setting in row.base)
    if row.kind == "lever":
        what = f"`{row.scenario}` with " + ", ".join(f"`{setting}`" for setting in (*row.base, *row.change))
    if row.kind == "shock":
        what = f"`{row.scenario}` with " + ", ".join(f"`--shock {shock}`" for shock in row.change)
    cells = (
        row.subject,
        owner_of(row),
        what,
        f"`{row.outcome}`",
        outcome_unit(row.outcome),
        figure(row.outcome, check.without),
        figure(row.outcome, check.outcome),
        str(row.seeds),
        row.direction,
        "yes" if check.holds else "**no**",
        row.why,
    )
    return "| " + " | ".join(cells) + " |"
