"""Answers of the book: each command is run as a reader would run it, and its result is told in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.briefs.saying import outcome_words
from experiments.errors import InputError
from experiments.figures import figure, split_year
from experiments.questions.book import Question
from experiments.reports.words import outcome_unit
from experiments.variants import prepare_variant

#: Commands that keep their runs in a folder, so that their figures are read without running again.
_KEEP = ("compare", "target", "matrix")
WIDTH = 110  # columns of the terminal that a page shows
_RUN = "import sys; from experiments.cli import main; sys.argv[0] = 'lastmile'; main()"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave.

    Attributes:
        question: What was asked.
        told: The answer in a sentence.
        output: What the command prints.
        seconds: How long it took.
    """

    question: Question
    told: str
    output: str
    seconds: float


def answer(question: Question) -> Answer:
    """Run the command of a question as it is printed, timed, and read its figures.

    Raises:
        InputError: The command failed; tells what it said.
    """
    with tempfile.TemporaryDirectory(prefix="lastmile-question-") as folder:
        kept = str(Path(folder) / "result")
        words = (*question.arguments, *(("--out", kept) if question.verb in _KEEP else ()))
        begun = time.perf_counter()
        output = run_command(words)
        seconds = time.perf_counter() - begun
        again = ("show", kept) if question.verb == "compare" else words
        found = json.loads(run_command((*again, "--json")))
    shown = "\n".join(line for line in output.splitlines() if folder not in line)
    return Answer(question, told(question, found), shown.strip("\n"), seconds)


def run_command(arguments: Sequence[str]) -> str:
    """What a command of the program prints, in a process of its own.

    Raises:
        InputError: It failed; tells what it said.
    """
    wide = {**os.environ, "COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments], capture_output=True, text=True, env=wide, check=False
    )
    if done.returncode:
        raise InputError(f"{' '.join(arguments)}: exit code {done.returncode}: {done.stderr.strip()[-2000:]}")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def told(question: Question, found: Mapping[str, Any]) -> str:
    """The answer in a sentence, from what the command gives as JSON."""
    return _TELLING[question.verb](question, found)


def _compared(question: Question, found: Mapping[str, Any]) -> str:
    """Difference of every scenario to the first, with its interval."""
    name, (first, *others) = question.headline, found["scenarios"]
    rows = found["outcomes"][name]
    unit = f" {unit}" if (unit := outcome_unit(name)) else ""
    each = [
        f"*{_called(other)}* {figure(name, rows[other]['difference'], signed=True)}{unit} "
        f"({figure(name, rows[other]['low'])} to {figure(name, rows[other]['high'])})"
        for other in others
    ]
    return f"{_asked(name)}, against *{_called(first)}*: {'; '.join(each)}."


def _asked(name: str) -> str:
    """An outcome with its year, to begin a sentence."""
    words, year = outcome_words(name), split_year(name)[1]
    return f"In {year} {words}" if year else f"{words[:1].upper()}{words[1:]}"


def _called(scenario: str) -> str:
    """Title of a scenario of the library, with its own changes."""
    chosen = prepare_variant(scenario)
    return chosen.title or chosen.name


def _forecast(question: Question, found: Mapping[str, Any]) -> str:
    name = question.headline
    row = found["outcomes"][name]
    unit = f" {unit}" if (unit := outcome_unit(name)) else ""
    low, high = figure(name, row["low90"]), figure(name, row["high90"])
    return f"{_asked(name)}: {figure(name, row['median'])}{unit}, in nine of ten cases from {low} to {high}."


def _found(question: Question, found: Mapping[str, Any]) -> str:
    return str(found["answer"])


def _best(question: Question, found: Mapping[str, Any]) -> str:
    return " ".join(str(one["answer"]) for one in found["outcomes"].values())


def _places(question: Question, found: Mapping[str, Any]) -> str:
    """How many places lose, or what becomes of those that were asked for."""
    if found["asked"]:
        group = [row for row in found["asked"] if row["id"] == found["asked"][-1]["id"]]
        price = [row for row in group if row["measure"] == "price_per_parcel_usd"]
        each = [
            f"{row['scenario']} {row['value']:.2f}"
            + ("" if row["difference"] is None else f" ({row['difference']:+.2f} ± {2.0 * row['error']:.2f})")
            for row in price
        ]
        return f"Price of a parcel, $: {'; '.join(each)}."
    lost = [
        f"{measure.replace('_', ' ')}: {row['places']} ({row['households'] / 1e6:.2f} mn households)"
        for scenario in found["lost"].values()
        for measure, row in scenario.items()
    ]
    return f"Places that clearly lose, by {'; '.join(lost)}."


def _service(question: Question, found: Mapping[str, Any]) -> str:
    each = []
    for kind, years in found["uso_net_cost"].items():
        last = max(years)
        each.append(f"{kind.replace('_', ' ')} {years[last] / 1e9:.1f} bn $ in {last}")
    return f"Net cost: {'; '.join(each)}."


_TELLING: dict[str, Callable[[Question, Mapping[str, Any]], str]] = {
    "compare": _compared,
    "forecast": _forecast,
    "target": _found,
    "matrix": _best,
    "places": _places,
    "uso-cost": _service,
}
