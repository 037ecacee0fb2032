"""The tables of the documentation that follow from the code: `make docs-tables` writes them, a test sees them drift."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import is_dataclass
from pathlib import Path

from pydantic import BaseModel

import model.state
from agents.party import Party
from agents.roster import USUAL
from agents.shipper_memory import ShipperMemory
from agents.shipper_table import ShipperTable
from experiments.learning.parties import Learner, PostalLearner, ShipperLearner, decided_by
from experiments.learning.seen import with_other
from experiments.provenance import changes
from experiments.reports.sections import write_section
from experiments.studies.deciders import DECIDERS, decisions
from model.big_shippers import BigShipperData
from model.events import KINDS, Event
from model.market import PHASES
from model.newcomers import Newcomer
from model.outcomes import OUTCOMES
from model.parameters import Parameters
from model.records import SERIES
from model.scenario import CARRIERS_IN_DISPUTE, Scenario, levers, scenario_names
from model.shocks import KINDS as SHOCKS
from model.start_figures import figures_of_start

ROOT = Path(__file__).resolve().parents[2]
LEARNERS = {"USPS": PostalLearner, "Amazon": ShipperLearner, "all others": Learner}
STATE_OF = ("Environment", "Tariffs", "ChoiceState", "NetworkState", "ShipperMemory", "Books", "Usps")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return " ".join(str("" if value is None else value).split()).replace("|", "\\|").replace("<", "&lt;")


def phases() -> str:
    """The phases of a month."""
    rows = [
        (
            number,
            f"`{phase.name}`",
            phase.does,
            phase.reads_in_words,
            phase.writes_in_words,
            f"`{phase.run.__module__}`",
        )
        for number, phase in enumerate(PHASES, start=1)
    ]
    return table(("#", "phase", "what happens", "reads", "writes", "where"), rows)


def who_decides() -> str:
    """Every decision of every party: what it is, what it goes by, and by which rule."""
    rows = [
        (f"`{one.whose.__name__}`", f"`{one.name}`", one.decides, one.knows, one.rule)
        for whose in DECIDERS
        for one in decisions(whose)
    ]
    return table(("whose", "decision", "what is decided", "it knows", "rule"), rows)


def state_variables() -> str:
    """What changes while the market runs, from the docstrings of `model.state` and of the parties that remember."""
    state = [
        found
        for _, found in inspect.getmembers(model.state, inspect.isclass)
        if is_dataclass(found) and found.__module__.startswith(model.state.__name__)
    ]
    parts = []
    for found in (
        *state,
        ShipperMemory,
        ShipperTable,
        *dict.fromkeys(one for usual in USUAL.values() for one in usual.__mro__ if issubclass(one, Party)),
    ):
        name, (summary, attributes) = found.__name__, _documented(found)
        if attributes:
            parts.append((STATE_OF.index(name) if name in STATE_OF else len(STATE_OF), name, summary, attributes))
    return "\n\n".join(
        f"**`{name}`**: {summary}\n\n" + table(("variable", "meaning, unit, shape"), attributes)
        for _, name, summary, attributes in sorted(parts)
    )


def _documented(found: type) -> tuple[str, list[tuple[str, str]]]:
    """First line and `Attributes:` of a docstring in Google style."""
    text = inspect.getdoc(found) or ""
    summary, _, rest = text.partition("\n")
    attributes: list[tuple[str, str]] = []
    for line in rest.partition("Attributes:\n")[2].splitlines():
        if line.startswith("        ") and attributes:
            name, meaning = attributes.pop()
            attributes.append((name, f"{meaning} {line.strip()}"))
        elif line.startswith("    ") and ": " in line:
            name, _, meaning = line.strip().partition(": ")
            attributes.append((f"`{name}`", meaning))
        elif attributes and line.strip():
            break
    return summary, attributes


def scenarios() -> str:
    """The scenario library."""
    rows = []
    for name in scenario_names():
        one = Scenario.load(name)
        told = ", ".join(_told(key, value) for key, value in changes(one).items()) or "nothing"
        rows.append((f"`{name}`", "forced" if one.forced else "", one.description, told))
    return table(("name", "", "what it assumes", "changes"), rows)


def _told(key: str, value: object) -> str:
    """A change in words; of parties that it adds, a table each."""
    if not isinstance(value, dict):
        return f"`{key}` = {value}"
    tables = ((name, ", ".join(f"{field} = {each}" for field, each in one.items())) for name, one in value.items())
    return "; ".join(f"`[{key}.{name}]` {said}" for name, said in tables)


def lever_table() -> str:
    """What each actor can choose."""
    kinds = {"month": "a month", "switch": "true, false"}
    rows = [
        (one.owner, f"`{one.key}`", ", ".join(one.choices) or kinds[one.kind], one.default.lower(), one.meaning)
        for one in sorted(levers(), key=lambda lever: lever.owner)
    ]
    return table(("owner", "lever", "values", "default", "meaning"), rows)


def added_carriers() -> str:
    """What a scenario file says of a carrier that it adds."""
    return _fields(Newcomer)


def big_shippers() -> str:
    """What a scenario file says of a big shipper that it names."""
    return _fields(BigShipperData)


def _fields(data: type[BaseModel]) -> str:
    rows = []
    for name, one in data.model_fields.items():
        choices = [each for each in getattr(one.annotation, "__args__", ()) if isinstance(each, str)]
        default = "must be named" if one.is_required() else one.default or "none"
        rows.append((f"`{one.alias or name}`", ", ".join(choices), default, one.description))
    return table(("field", "values", "default", "meaning"), rows)


def outcomes() -> str:
    """What is computed of a run, by year and for the whole run."""
    rows = [
        (", ".join(f"`{name}`" for name in one.name_pattern.split(", ")), one.unit, one.meaning, _spans(one))
        for one in OUTCOMES
    ]
    return table(("name", "unit", "meaning", "given for"), rows)


def _spans(one: object) -> str:
    spans = ["calendar years"]
    spans += ["fiscal years"] if getattr(one, "fiscal", False) else []
    spans += ["the run"] if getattr(one, "whole_run", False) else []
    return ", ".join(spans)


def series() -> str:
    """What is recorded month by month."""
    return table(
        ("series", "by", "unit", "meaning", "in `monthly.parquet`"),
        [
            (
                f"`{one.name}`",
                ", ".join(one.axes).replace("_", " "),
                one.unit,
                one.meaning,
                f"`{one.column}`" if one.column else "",
            )
            for one in SERIES
        ],
    )


def event_kinds() -> str:
    """Fields of an event, and their kinds."""
    kinds = [(f"`{name}`", meaning) for name, meaning in sorted(KINDS.items())]
    return f"{table(('field', 'meaning'), _documented(Event)[1])}\n\n{table(('kind', 'meaning'), kinds)}"


def shock_kinds() -> str:
    """Kinds of dated shocks, whom they strike and how large they may be."""
    rows = []
    for one in SHOCKS.values():
        whom = (
            ", ".join(one.whom)
            if one.whom
            else f"the carrier, to be named: {', '.join(CARRIERS_IN_DISPUTE)}, an added one"
        )
        rows.append((f"`{one.name}`", whom, f"{one.least:+.0%} to {one.most:+.0%}", one.size, one.meaning))
    return table(("kind", "whom", "size", "of", "what happens"), rows)


def parameters() -> str:
    """Every parameter with value, range, source and whether it can be set."""
    rows, at_start = [], figures_of_start()
    for row in Parameters.default().rows():
        spread = "" if row.low is None or row.high is None else f"{row.low:,.10g} to {row.high:,.10g}"
        use = "derived" if row.use == "input" else row.use
        if row.settable:
            use = "start" if row.symbol in at_start else "yes"
        origin = "; ".join(part for part in (row.source, row.note) if part)
        rows.append((f"`{row.symbol}`", f"{row.value:,.10g}", spread, row.unit, row.name, row.status, use, origin))
    return table(("symbol", "value", "range", "unit", "meaning", "status", "settable", "source"), rows)


def observations() -> str:
    """What a party that learns sees, in the order of the array."""
    parts = list(dict.fromkeys(part for kind in LEARNERS.values() for part in kind.sees if part in Learner.sees))
    parts += [part for kind in LEARNERS.values() for part in kind.sees if part not in parts]
    rows: list[tuple[str, ...]] = []
    for part in parts:
        seers = [name for name, kind in LEARNERS.items() if part in kind.sees]
        who = "all" if len(seers) == len(LEARNERS) else ", ".join(seers)
        rows += [(who, part.name, f"`{field.name}`", field.unit, field.meaning) for field in part.fields]
    other = with_other("OTHER")
    rows += [("all", other.name, f"`{field.name}`", field.unit, field.meaning) for field in other.fields]
    return table(("seen by", "part", "number", "unit", "meaning"), rows)


def actions() -> str:
    """What a party that learns decides, in the order of the array."""
    rows = []
    for field in decided_by(Learner, ["OTHER"], prices=True, talks=True):
        deciders = [name for name, kind in LEARNERS.items() if field in decided_by(kind, ["OTHER"], True, True)]
        who = "all" if len(deciders) == len(LEARNERS) else ", ".join(deciders)
        rows.append((who, f"`{field.name}`", field.unit, field.meaning))
    return table(("decided by", "number", "unit", "meaning"), rows)


def changelog() -> str:
    """The changelog of the project."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return text.partition("\n")[2].strip()


SECTIONS: dict[str, dict[str, Callable[[], str]]] = {
    "odd.md": {"decisions": who_decides, "phases": phases, "state": state_variables},
    "reference.md": {
        "scenarios": scenarios,
        "levers": lever_table,
        "shocks": shock_kinds,
        "carriers": added_carriers,
        "big shippers": big_shippers,
        "outcomes": outcomes,
        "series": series,
        "events": event_kinds,
    },
    "parameters.md": {"parameters": parameters},
    "learning.md": {"observations": observations, "actions": actions},
    "changelog.md": {"changelog": changelog},
}


def write(folder: Path) -> None:
    """Put every table in its place on the pages of a folder."""
    for page, sections in SECTIONS.items():
        for name, make in sections.items():
            write_section(folder / page, f"generated {name}", make())


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs")
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
