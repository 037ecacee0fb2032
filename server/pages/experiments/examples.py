"""Questions that a visitor can start with one press, each with an answer that came with the program.

`python -m server.studies.stored_examples` makes the answers from the same designs as the page fills in; they say when
and with what they were made, and whether the code or the data of the model have changed since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from experiments.analysis.drivers import drivers_of
from experiments.figures import scale_of
from experiments.provenance import code_checksum, commit
from experiments.reports.shares import may_be_chance, rows_of
from experiments.store.reading import SweepResult
from model.texts import read_text_file
from server import plots
from server.pages.experiments.form import first_form
from server.plots import Plot
from server.stored_origin import stored_origin
from server.story import words
from server.story.levers import FIVE, say

FILE = Path(__file__).parent / "examples.json"
COMMAND = "python -m server.studies.stored_examples"
VALUES, SEEDS, POINTS = 5, 4, 40
NAMES = {key: name for key, name, _ in FIVE}


@dataclass(frozen=True)
class Example:
    """A question, the design that answers it, and how its answer is said.

    Attributes:
        key: Name of its store.
        question: As a visitor asks it.
        varied: What is changed from run to run.
        factors: Levers or parameters that are changed, over their likely range.
        outcome: What is looked at.
        answer: What that is, as the unit of the picture.
        said: What comes out, as a sentence; {if_} stands for the value of the factor and {value} for the outcome.
        tell: Says a value of the outcome.
        axis: What the values of the factor are; empty where many are changed.
        per: What they are multiplied by to be that.
    """

    key: str
    question: str
    varied: str
    factors: tuple[str, ...]
    outcome: str
    answer: str
    said: str
    tell: Callable[[float], str]
    axis: str = ""
    per: float = 1.0

    @property
    def many(self) -> bool:
        """Whether several things are changed at once, to see what matters most."""
        return len(self.factors) > 1

    @property
    def n_runs(self) -> int:
        """Runs of its design."""
        return POINTS if self.many else VALUES * SEEDS

    def form(self) -> dict[str, Any]:
        """The form as it is filled in for this question."""
        rows = [{"name": name, "low": None, "high": None, "steps": VALUES, "values": ""} for name in self.factors]
        filled = first_form() | {"name": self.key, "factors": rows, "replications": SEEDS}
        return filled | {"kind": "lhs", "size": POINTS, "replications": 1} if self.many else filled


def _kept(share: float) -> str:
    return f"{100 * share:.0f}"


def _earned(dollars: float) -> str:
    return f"a {'loss' if dollars < 0.0 else 'profit'} of {words.billions(dollars)}"


EXAMPLES = (
    Example(
        "what-if-amazon-builds-faster",
        "What if Amazon builds faster, or slower?",
        "how much room for parcels Amazon can add in a year",
        ("build_limit",),
        "amazon_usps_retained_share_2030",
        "Amazon’s parcels at USPS in 2030, of those of 2025",
        "If Amazon can build {if_}, USPS in 2030 still carries {value} of 100 parcels that Amazon gave it in 2025",
        _kept,
        "Room that Amazon can add in a year, billion parcels",
    ),
    Example(
        "what-if-rural-routes-cost-more",
        "What if rural routes cost Amazon more, or less?",
        "what a new rural route costs Amazon",
        ("amazon_own_cost_multiplier",),
        "amazon_usps_retained_share_2030",
        "Amazon’s parcels at USPS in 2030, of those of 2025",
        "If a rural route costs {if_}, USPS in 2030 still carries {value} of 100 parcels that Amazon gave it in 2025",
        _kept,
        "Cost of a new rural route, times that of today",
    ),
    Example(
        "what-if-letters-vanish-faster",
        "What if letters vanish faster?",
        "how fast the number of letters falls",
        ("mail_trend_first_class",),
        "usps_net_income_usd_2030",
        "Net income of USPS in 2030",
        "If letters change by {if_}, USPS has {value} in 2030",
        _earned,
        "Change of letters, % a year",
        100.0,
    ),
    Example(
        "what-matters-most",
        "Which of five unknowns matters most?",
        "five unknowns at once, each anywhere in its likely range",
        tuple(NAMES),
        "amazon_usps_retained_share_2030",
        "Amazon’s parcels at USPS in 2030, of those of 2025",
        "at its highest instead of its lowest likely value, USPS in 2030 carries {value}",
        _kept,
    ),
)
BY_KEY = {example.key: example for example in EXAMPLES}


@dataclass(frozen=True)
class Answers:
    """The stored answers.

    Attributes:
        about: date, commit, code_checksum, shippers, and seconds that a run took.
        found: What the runs of each question gave, by its key; see `answer_of`.
    """

    about: Mapping[str, Any]
    found: Mapping[str, Mapping[str, Any]]

    def line(self) -> str:
        """When and with what they were made, and whether the code has changed since."""
        return f"Came with the program: {stored_origin(self.about, f'{self.about["shippers"]:,} shippers')}."

    def seconds(self, example: Example, workers: int) -> float:
        """What a question takes with so many processes, on a machine like the one that made the answers."""
        return float(example.n_runs * self.about["seconds_a_run"] / min(workers, example.n_runs))


def answer_of(example: Example, result: SweepResult) -> dict[str, Any]:
    """What the runs of a question gave, as it is stored.

    Returns:
        Of one factor its values in order and the outcomes of the runs at each; of several the change of the mean
        outcome from the lowest to the highest value of each, its share of the differences between runs, and whether it
        may be chance, the one that matters most first.
    """
    if example.many:
        rows = rows_of(drivers_of(result, example.outcome, result.scenarios[0]))
        alone = [row for row in rows if row["kind"] == "factor" and row["source"] in example.factors]
        return {
            "bars": [
                {"factor": row["source"], "change": row["change"], "share": row["share"], "chance": may_be_chance(row)}
                for row in sorted(alone, key=lambda row: -abs(row["change"]))
            ]
        }
    (factor,) = example.factors
    groups = result.runs.sort_values([factor, "seed"]).groupby(factor)[example.outcome]
    return {
        "values": sorted(result.runs[factor].unique().astype(float).tolist()),
        "runs": [[float(one) for one in rows] for _, rows in groups],
    }


def save(found: Mapping[str, Mapping[str, Any]], date: str, shippers: int, seconds_a_run: float) -> None:
    """Write the answers to all questions."""
    about = {"date": date, "commit": commit(), "code_checksum": code_checksum(), "shippers": shippers}
    content = {"about": about | {"seconds_a_run": round(seconds_a_run, 2)}, "found": dict(found)}
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load(file: Path = FILE) -> Answers | None:
    """Read the answers; None where there are none, or they are to other questions than those of today."""
    try:
        content = json.loads(read_text_file(file))
        answers = Answers(content["about"], content["found"])
        complete = all(
            {bar["factor"] for bar in answers.found[one.key]["bars"]} == set(one.factors)
            if one.many
            else len(answers.found[one.key]["runs"]) == VALUES
            for one in EXAMPLES
        )
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return answers if complete else None


@cache
def stored_answers() -> Answers | None:
    """Those that came with the program, read once."""
    return load()


def sentence(example: Example, found: Mapping[str, Any]) -> str:
    """What came out, in words."""
    if example.many:
        return _most(example, found["bars"])
    (factor,) = example.factors
    runs = [np.array(rows) for rows in found["runs"]]
    means = [float(rows.mean()) for rows in runs]
    luck = max(float(np.ptp(rows)) for rows in runs)
    low, high = (say(factor, value) for value in (found["values"][0], found["values"][-1]))
    first = example.said.format(if_=low, value=example.tell(means[0]))
    apart = _apart(example.outcome, luck)
    verdict = (
        f"Luck alone moves it by up to {apart}."
        if abs(means[-1] - means[0]) > luck
        else f"But luck alone moves it by up to {apart}: more runs are needed to be sure."
    )
    return f"{first}. With {high} it is {example.tell(means[-1])}. {verdict}"


def _apart(outcome: str, luck: float) -> str:
    return words.billions(luck) if "_usd" in outcome else f"{100 * luck:.0f} of 100"


def _most(example: Example, bars: Sequence[Mapping[str, Any]]) -> str:
    """The one that matters most, the next one, and those that cannot be told from chance."""
    clear = [bar for bar in bars if not bar["chance"]]
    if not clear:
        return "None of the five can be told from chance in so few runs."
    told = f"{NAMES[clear[0]['factor']]} matters most: {example.said.format(value=_moved(clear[0]))} of 100 parcels"
    if len(clear) > 1:
        told += f". Next comes {_small(NAMES[clear[1]['factor']])}: {_moved(clear[1])}"
    chance = [_small(NAMES[bar["factor"]]) for bar in bars if bar["chance"]]
    rest = f" In so few runs these cannot be told from chance: {'; '.join(chance)}." if chance else ""
    return f"{told}.{rest}"


def _moved(bar: Mapping[str, Any]) -> str:
    return f"{abs(100 * bar['change']):.0f} {'more' if bar['change'] > 0.0 else 'fewer'}"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def picture(example: Example, found: Mapping[str, Any]) -> Plot:
    """The answer as a picture: a line with every run's luck around it, or a bar for each thing that was changed."""
    scale, unit = scale_of(example.outcome)
    shown = f"{example.answer}, {unit}"
    summary = f"{shown}. {sentence(example, found)}"
    if example.many:
        bars = found["bars"]
        names = [NAMES[bar["factor"]] + (" (may be chance)" if bar["chance"] else "") for bar in bars]
        changes = np.array([bar["change"] for bar in bars]) / scale
        return Plot(
            title=example.question,
            unit=f"change of: {shown}",
            note="Bars: how the mean changes when one of them goes from its lowest to its highest likely value.",
            summary=summary,
            option=plots.tornado(names, changes, example.answer),
            height=260,
        )
    runs = np.array(found["runs"]) / scale
    band = {example.answer: (runs.mean(axis=1), runs.min(axis=1), runs.max(axis=1))}
    option = plots.lines([example.per * value for value in found["values"]], band, zero=False)
    option["xAxis"] |= {"name": example.axis, "nameLocation": "middle", "nameGap": 28}
    return Plot(
        title=example.question,
        unit=unit,
        note=f"Along: {example.varied}. Line: mean of {SEEDS} runs; band: from the lowest to the highest of them, "
        "which differ by luck alone.",
        summary=summary,
        option=option | {"grid": {"bottom": 30}},
        legend=plots.legend([example.answer]),
        height=260,
    )
