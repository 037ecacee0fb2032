"""From a TOML file or a mapping to a design, with everything that is wrong told at once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.designs import sampling
from experiments.designs.design import Design
from experiments.designs.factors import Factor, read_factors
from experiments.designs.tables import read_rows
from experiments.draws import DrawSet, load_draws
from experiments.errors import InputError
from experiments.parties import Roster
from experiments.settings import check_count, gather, prepare_scenario, shown
from model.plain_values import plain
from model.scenario import Scenario
from model.seeds import MAX_SEED, seed_made
from model.toml_files import read_toml_file

KINDS = ("grid", "lhs", "sobol", "morris", "table")
MAX_POINTS = 5_000_000
MAX_REPLICATIONS = 100_000

_KEYS = {
    "kind": KINDS,
    "scenario": KINDS,
    "scenarios": KINDS,
    "until": KINDS,
    "set": KINDS,
    "replications": KINDS,
    "seed": KINDS,
    "outcomes": KINDS,
    "monthly": KINDS,
    "levers": ("grid", "lhs", "sobol", "morris"),
    "uncertainties": ("grid", "lhs", "sobol", "morris"),
    "points": ("lhs", "sobol", "table"),
    "trajectories": ("morris",),
    "sampling_seed": ("lhs", "sobol", "morris"),
    "file": ("table",),
    "draws": KINDS,
}


def read_design(source: str | Path | Mapping[str, Any] | Design, roster: Roster | None = None) -> Design:
    """Read and check a design.

    Args:
        source: The path of a TOML file, the same as a mapping, or a design.
        roster: Classes of one's own that decide for parties in all its scenarios, or their import paths, by key.

    Raises:
        InputError: All that is wrong: unknown names, ranges beyond the declared ones, no points, duplicates, nan.

    Examples:
        >>> design = read_design({"kind": "grid", "uncertainties": {"build_limit": [0.5, 1.0]}, "until": "2025-02"})
        >>> design.n_points, design.point(1)
        (2, (1.0,))
    """
    if isinstance(source, Design):
        named = (lambda one=one: prepare_scenario(one, keep_own=True, roster=roster) for one in source.scenarios)
        return replace(source, scenarios=tuple(gather(*named))) if roster else source
    if isinstance(source, Mapping):
        return _build(source, Path(), roster)
    path = Path(source)
    try:
        content = read_toml_file(path)
    except ValueError as error:
        raise InputError(f"design {path}: {error}") from error
    try:
        return _build(content, path.parent, roster)
    except InputError as error:
        raise InputError([f"design {path.name}: {problem}" for problem in error.problems]) from error


def _build(content: Mapping[str, Any], folder: Path, roster: Roster | None) -> Design:
    problems: list[str] = []
    content = plain(content)
    if "seed" in content:
        content = {**content, "seed": seed_made(content["seed"])}
    kind: Any = content.get("kind")
    if kind not in KINDS:
        problems.append(f"kind: {kind!r} is not allowed; it must be one of {', '.join(KINDS)}")
    _check_keys(content, kind, problems)
    scenarios = _scenarios(content, problems, roster)
    factors: tuple[Factor, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    base = scenarios[0] if scenarios else Scenario()
    if kind == "table":
        factors, rows = read_rows(content, folder, base, problems)
    else:
        for group, name in (("lever", "levers"), ("uncertainty", "uncertainties")):
            even = kind if kind in ("grid", "morris") else ""
            factors += read_factors(group, content.get(name, {}), base, kind == "grid", problems, even)  # type: ignore[arg-type]
        if not content.get("levers") and not content.get("uncertainties"):
            problems.append("the design has no points: it needs [levers] or [uncertainties]")
    _check_names(content, scenarios, factors, problems)
    draws = _draws(content, folder, scenarios, factors, problems)
    size = _size(content, kind, problems)
    replications, seed, sampling_seed = (
        _count(content, name, default, low, high, problems)
        for name, default, low, high in (
            ("replications", 1, 1, MAX_REPLICATIONS),
            ("seed", 1, 0, MAX_SEED),
            ("sampling_seed", 1, 0, MAX_SEED),
        )
    )
    if seed + replications - 1 > MAX_SEED:
        problems.append(f"seed: {seed} leaves no room for {replications} replications below {MAX_SEED}")
    outcomes, monthly = (_patterns(content, name, problems) for name in ("outcomes", "monthly"))
    units = None
    if not problems:
        units, rows = _points(kind, factors, size, sampling_seed, rows, problems)
    if problems:
        raise InputError(problems)
    return Design(
        kind, scenarios, factors, size, replications, seed, sampling_seed, outcomes, monthly, units, rows, draws
    )  # fmt: skip


def _check_keys(content: Mapping[str, Any], kind: Any, problems: list[str]) -> None:
    for key in content:
        if key not in _KEYS:
            problems.append(f"{key}: unknown; a design has {', '.join(_KEYS)}")
        elif kind in KINDS and kind not in _KEYS[key]:
            problems.append(f"{key}: a design of kind {kind} has none")


def _draws(
    content: Mapping[str, Any],
    folder: Path,
    scenarios: Sequence[Scenario],
    factors: Sequence[Factor],
    problems: list[str],
) -> DrawSet | None:
    """Parameter draws of the seeds; a file is looked for beside the design."""
    name = content.get("draws")
    if name is None:
        return None
    try:
        drawn = name if isinstance(name, DrawSet) else load_draws(_beside(str(name), folder))
        drawn.check_free(scenarios, [*_fixed(content), *(factor.name for factor in factors)])
    except InputError as error:
        problems += error.problems
        return None
    return drawn


def _beside(name: str, folder: Path) -> str | Path:
    return folder / name if name.endswith(".parquet") else name


def _scenarios(content: Mapping[str, Any], problems: list[str], roster: Roster | None) -> tuple[Scenario, ...]:
    if "scenario" in content and "scenarios" in content:
        problems.append("scenario: give scenario or scenarios, not both")
    names = content.get("scenarios", [content.get("scenario", "baseline")])
    if isinstance(names, str | Path | Scenario) or not isinstance(names, Sequence) or not names:
        problems.append(f"scenarios: {names!r} is not allowed; it must be a list of names or files")
        return ()
    if not isinstance(content.get("set", {}), Mapping):
        problems.append(f"set: {content['set']!r} is not allowed; it must be a table of names and values")
    found = []
    for name in names:
        try:
            until = content.get("until")
            found.append(prepare_scenario(name, _fixed(content), until=until, keep_own=True, roster=roster))
        except InputError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    called = [scenario.name for scenario in found]
    for name in dict.fromkeys(called):
        if called.count(name) > 1:
            problems.append(f"scenarios: {name!r} comes {called.count(name)} times")
    if len({(scenario.start, scenario.end) for scenario in found}) > 1:
        problems.append("scenarios: they run over different months; give one last month with until")
    return tuple(found)


def _fixed(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is set in all runs."""
    fixed = content.get("set")
    return fixed if isinstance(fixed, Mapping) else {}


def _check_names(
    content: Mapping[str, Any], scenarios: Sequence[Scenario], factors: Sequence[Factor], problems: list[str]
) -> None:
    """Find names that come twice; one of the two settings would be lost in silence."""
    tables = [content.get(name) for name in ("levers", "uncertainties", "set")]
    levers, uncertainties, fixed = (set(table) if isinstance(table, Mapping) else set() for table in tables)
    problems += [
        f"{name}: it is varied twice, as a lever and as an uncertainty" for name in sorted(levers & uncertainties)
    ]
    problems += [
        f"{name}: it is fixed in set and varied; it can only be one of both"
        for name in sorted(fixed & (levers | uncertainties | {factor.name for factor in factors}))
    ]
    problems += [
        f"{factor.name}: scenario {scenario.name!r} sets it to {shown(scenario.value(factor.name))} itself, and the "
        "design varies it; leave one of both"
        for scenario in scenarios
        for factor in factors
        if factor.name in scenario.stated - fixed
    ]


def _size(content: Mapping[str, Any], kind: Any, problems: list[str]) -> int:
    name = "trajectories" if kind == "morris" else "points"
    if kind not in ("lhs", "sobol", "morris"):
        return 0
    size = content.get(name)
    if size is None:
        problems.append(f"{name}: missing; a design of kind {kind} needs it")
        return 0
    before = len(problems)
    check_count(name, size, 2 if kind == "morris" else 1, MAX_POINTS, problems)
    if len(problems) > before:
        return 0
    if kind == "sobol" and (size < 2 or size & (size - 1)):
        problems.append(f"points: {size} is not allowed; Sobol base samples must be a power of two, for example 64")
    return int(size)


def _count(
    content: Mapping[str, Any], name: str, default: int, low: int, high: int, problems: list[str]
) -> int:  # fmt: skip
    value = content.get(name, default)
    before = len(problems)
    check_count(name, value, low, high, problems)
    return int(value) if len(problems) == before else default


def _patterns(content: Mapping[str, Any], name: str, problems: list[str]) -> tuple[str, ...]:
    value = content.get(name, [])
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        problems.append(f"{name}: {value!r} is not allowed; it must be a list of names or patterns")
        return ()
    return tuple(value)


def _points(
    kind: Any, factors: Sequence[Factor], size: int, seed: int, rows: tuple[tuple[Any, ...], ...], problems: list[str]
) -> tuple[NDArray[np.float64] | None, tuple[tuple[Any, ...], ...]]:
    names = [factor.name for factor in factors]
    expected = {"sobol": size * (len(names) + 2), "morris": size * (len(names) + 1)}.get(kind, size)
    if kind == "grid":
        expected = int(np.prod([len(factor.grid()) for factor in factors], dtype=object))
    if expected > MAX_POINTS:
        problems.append(f"the design has {expected:,} points; at most {MAX_POINTS:,} are allowed")
        return None, ()
    if kind == "grid":
        return None, tuple(itertools.product(*(factor.grid() for factor in factors)))
    if kind == "lhs":
        return sampling.latin_hypercube(len(names), size, seed), ()
    if kind == "sobol":
        return sampling.saltelli(names, size, seed), ()
    if kind == "morris":
        return sampling.morris(names, size, seed), ()
    return None, rows
