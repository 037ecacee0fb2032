"""From what a visitor filled in to the design that `lastmile sweep` would read from a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from experiments.errors import InputError
from experiments.settings import read_settings
from model.parameters import Parameters
from model.scenario import Lever, levers, scenario_names
from server.words import factor_words, without_keys
from server.work.limits import SHIPPERS

KINDS = ("grid", "lhs", "sobol", "morris")
SIZES = {"lhs": "points", "sobol": "points", "morris": "trajectories"}
MAX_SCENARIOS, MAX_FACTORS, MAX_SIZE, MAX_REPLICATIONS, MAX_RUNS = 4, 20, 4096, 100, 20_000
MAX_STEPS, MAX_TEXT = 50, 1000
FIRST_FACTOR = {"name": "build_limit", "low": None, "high": None, "steps": 4, "values": ""}


def first_form() -> dict[str, Any]:
    """What the form holds before anybody touches it: a small grid."""
    return {
        "name": "my-first-sweep",
        "kind": "grid",
        "scenarios": ["baseline"],
        "factors": [dict(FIRST_FACTOR)],
        "size": 16,
        "replications": 2,
        "seed": 1,
        "until": "2030-12",
        "shippers": SHIPPERS[0],
        "outcomes": "",
        "monthly": "",
        "set": "",
    }


@dataclass(frozen=True)
class FactorChoice:
    """What the form offers to vary.

    Attributes:
        name: Lever or parameter.
        group: "lever" or "uncertainty".
        owner: Whose choice it is, or what a parameter is.
        kind: "number", "list" or "month".
        unit: Unit of the values.
        low: Lower end of the declared range, None for lists and months.
        high: Its upper end.
        default: What it is when nothing is varied.
        values: All values of a list.
        meaning: One line.
    """

    name: str
    group: str
    owner: str
    kind: str
    unit: str
    low: float | None
    high: float | None
    default: str
    values: tuple[str, ...]
    meaning: str

    def plain(self) -> dict[str, Any]:
        """As a browser gets it, with its name in words."""
        return asdict(self) | {"words": factor_words(self.name), "meaning": without_keys(self.meaning)}


@cache
def factor_choices() -> tuple[FactorChoice, ...]:
    """Levers first, then the parameters that have a range to vary in."""
    found = [_lever_choice(lever) for lever in levers() if lever.key not in ("start", "end")]
    found += [
        FactorChoice(
            row.symbol, "uncertainty", row.status, "number", row.unit, row.low, row.high, f"{row.value:g}", (), row.name
        )
        for row in Parameters.default().rows()
        if row.settable and row.low is not None and row.high is not None and row.low < row.high
    ]
    return tuple(found)


def _lever_choice(lever: Lever) -> FactorChoice:
    values = ("true", "false") if lever.kind == "switch" else lever.choices
    kind = "month" if lever.kind == "month" else "list"
    default = lever.default.lower() if lever.kind == "switch" else lever.default
    return FactorChoice(lever.key, "lever", lever.owner, kind, lever.unit, None, None, default, values, lever.meaning)


def design_mapping(form: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Turn a form into the mapping that `experiments.designs.read_design` reads.

    Args:
        form: What a browser sent; nothing about it is trusted.
        problems: Gets a line for what is wrong with the form by itself; `read_design` finds the rest.

    Returns:
        The design, with something allowed in place of what is wrong, so that the rest can be checked too.

    Raises:
        InputError: It is too large to be looked at here.
    """
    kind = _one_of(form.get("kind"), KINDS, "kind", problems)
    scenarios = form.get("scenarios")
    if not isinstance(scenarios, list) or not 1 <= len(scenarios) <= MAX_SCENARIOS:
        problems.append(f"scenarios: choose 1 to {MAX_SCENARIOS}")
        scenarios = []
    for name in scenarios:
        _one_of(name, scenario_names(), "scenarios", problems)
    replications = _whole(form.get("replications"), "replications", 1, MAX_REPLICATIONS, problems)
    mapping: dict[str, Any] = {"kind": kind, "scenarios": scenarios, "replications": replications}
    mapping["seed"] = _whole(form.get("seed"), "seed", 0, 2**31 - 1, problems)
    mapping["until"] = _text(form.get("until"), "until", problems).strip()
    size = _whole(form.get("size"), SIZES[kind], 1, MAX_SIZE, problems) if kind in SIZES else 0
    if kind in SIZES:
        mapping[SIZES[kind]] = size
    fixed = _fixed(form, problems)
    if fixed:
        mapping["set"] = fixed
    for name in ("outcomes", "monthly"):
        words = _text(form.get(name), name, problems).replace(",", " ").split()
        if words:
            mapping[name] = words
    count = _factors(form.get("factors"), kind == "grid", mapping, problems)
    points = {"lhs": size, "sobol": size * (count + 2), "morris": size * (count + 1)}.get(kind, 0)
    points = points or math.prod(
        _length(one) for group in ("levers", "uncertainties") for one in mapping[group].values()
    )
    runs = points * max(1, len(scenarios)) * replications
    if runs > MAX_RUNS:
        told = f"the design has {runs:,} runs; this page allows {MAX_RUNS:,}, `lastmile sweep` any number"
        raise InputError([*problems, told])
    return mapping


def _fixed(form: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    found: list[str] = []
    lines = [line.strip() for line in _text(form.get("set"), "set", problems).splitlines() if line.strip()]
    fixed = read_settings(lines, found)
    problems += [problem.replace("--set ", "set: ", 1).replace("--set ", "") for problem in found]
    shippers = form.get("shippers")
    if shippers not in SHIPPERS:
        problems.append(f"shippers: it must be one of {', '.join(map(str, SHIPPERS))}")
    elif shippers != SHIPPERS[0] and "n_shippers" in fixed:
        problems.append("set: n_shippers: the number of shippers is chosen above; leave one of both")
    elif shippers != SHIPPERS[0]:
        fixed["n_shippers"] = shippers
    return fixed


def _factors(rows: object, grid: bool, mapping: dict[str, Any], problems: list[str]) -> int:
    """Put the factors of a form into a mapping; return how many there are."""
    mapping["levers"], mapping["uncertainties"] = {}, {}
    if not isinstance(rows, list) or len(rows) > MAX_FACTORS:
        problems.append(f"factors: at most {MAX_FACTORS} can be varied here")
        return 0
    known = {choice.name: choice for choice in factor_choices()}
    for row in rows:
        name = row.get("name") if isinstance(row, Mapping) else None
        if not isinstance(name, str) or name not in known:
            problems.append(f"factors: {str(name)[:60]!r} cannot be varied here")
            continue
        choice = known[name]
        table = mapping["levers" if choice.group == "lever" else "uncertainties"]
        if name in table:
            problems.append(f"{name}: it is varied twice")
        table[name] = _range(row, choice, grid, problems) if choice.kind == "number" else _values(row, choice, problems)
    return len(mapping["levers"]) + len(mapping["uncertainties"])


def _range(row: Mapping[str, Any], choice: FactorChoice, grid: bool, problems: list[str]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for end in ("low", "high"):
        value = row.get(end)
        if value in (None, ""):
            spec[end] = getattr(choice, end)
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            spec[end] = float(value)
        else:
            problems.append(f"{choice.name}.{end}: {str(value)[:40]!r} is not allowed; it must be a number")
            spec[end] = getattr(choice, end)
    assert choice.low is not None
    assert choice.high is not None
    if spec["low"] < choice.low or spec["high"] > choice.high:
        spec["beyond"] = True  # the page shows the declared range beside the fields
    if grid:
        spec["steps"] = _whole(row.get("steps"), f"{choice.name}: values", 2, MAX_STEPS, problems)
    return spec


def _values(row: Mapping[str, Any], choice: FactorChoice, problems: list[str]) -> list[Any]:
    words = _text(row.get("values"), choice.name, problems).replace(",", " ").split()
    if not words and choice.values:
        words = list(choice.values)
    if not words or len(words) > MAX_STEPS:
        problems.append(f"{choice.name}: list 1 to {MAX_STEPS} values, for example {choice.default}")
    if choice.values == ("true", "false"):
        return [{"true": True, "false": False}.get(word, word) for word in words]
    return words


def _length(spec: Any) -> int:
    return len(spec) if isinstance(spec, list) else int(spec.get("steps", 1))


def _one_of(value: object, allowed: tuple[str, ...], what: str, problems: list[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    problems.append(f"{what}: {str(value)[:60]!r} is not allowed; it must be one of {', '.join(allowed)}")
    return allowed[0]


def _whole(value: object, what: str, low: int, high: int, problems: list[str]) -> int:
    if type(value) is int and low <= value <= high:
        return value
    shown = "nothing" if value in (None, "") else repr(value)[:40]
    problems.append(f"{what}: {shown} is not allowed; it must be a whole number from {low} to {high}")
    return low


def _text(value: object, what: str, problems: list[str]) -> str:
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    if value is not None:
        problems.append(f"{what}: it must be a text of at most {MAX_TEXT} characters")
    return ""


def design_toml(mapping: Mapping[str, Any], name: str) -> str:
    """The design as a file for `lastmile sweep`, which gives the same runs."""
    plain = [f"{key} = {_toml(value)}" for key, value in mapping.items() if not isinstance(value, Mapping)]
    tables = [
        "\n".join([f"[{key}]", *(f"{one} = {_toml(spec)}" for one, spec in table.items())])
        for key, table in mapping.items()
        if isinstance(table, Mapping) and table
    ]
    head = f"# Made in the browser. The same runs: lastmile sweep {name}.toml --out {name}"
    return "\n\n".join([f"{head}\n\n" + "\n".join(plain), *tables]) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
