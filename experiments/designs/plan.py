"""All runs of a design, each with a key that says what it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.designs.columns import choose_outcomes, choose_series
from experiments.designs.design import Design
from experiments.designs.kept_keys import kept_keys
from experiments.draws import DrawSet
from experiments.errors import InputError
from experiments.parties import party_files
from experiments.provenance import provenance
from experiments.runs import Progress
from experiments.simulation import Simulate, name_of, own_code_checksum, simulate_market
from model.scenario import Scenario, ScenarioError

KEY_BYTES = 16
IDENTITY = ("run", "key", "point", "scenario", "seed", "status", "error_kind", "error", "error_where", "ended")
BALANCES = ("worst_balance_parcels", "worst_balance_money_usd")
_MAX_TOLD = 20
_LABELS = ("title", "description", "forced")


@dataclass(frozen=True)
class Item:
    """One run to do.

    Attributes:
        runs: Numbers of the runs of the plan that it stands for: equal points share one simulation.
        points: Number of the point of each of them.
        key: See `run_key`, hexadecimal.
        scenario: Position of the scenario.
        seed: Seed of the luck.
        values: Values of the factors.
    """

    runs: tuple[int, ...]
    points: tuple[int, ...]
    key: str
    scenario: int
    seed: int
    values: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """The runs of a design: points x scenarios x seeds, numbered in that order.

    Attributes:
        design: The design.
        simulate: Name of the simulation, "module:function".
        environment: What the results depend on besides the design; part of every key.
        origin: Provenance of the first scenario, for the manifest.
        outcomes: Outcomes that are kept.
        monthly: Monthly series that are kept.
        keys: (runs,) 16 bytes each.
    """

    design: Design
    simulate: str
    environment: dict[str, Any]
    origin: dict[str, Any] = field(repr=False)
    outcomes: tuple[str, ...]
    monthly: tuple[str, ...]
    keys: NDArray[np.bytes_] = field(repr=False)

    def __len__(self) -> int:
        return len(self.keys)

    def locate(self, run: int) -> tuple[int, int, int]:
        """Point, position of the scenario, and seed of a run."""
        rest, replication = divmod(run, self.design.replications)
        point, scenario = divmod(rest, len(self.design.scenarios))
        return point, scenario, self.design.seed + replication

    def name(self, run: int) -> str:
        """Stable id of a run: it stays when points or replications are added."""
        point, scenario, seed = self.locate(run)
        return run_name(point, self.design.scenarios[scenario].name, seed)

    def item(self, run: int, twins: tuple[int, ...] = ()) -> Item:
        """What a worker must know to do a run."""
        point, scenario, seed = self.locate(run)
        points = (point, *(self.locate(twin)[0] for twin in twins))
        return Item((run, *twins), points, bytes(self.keys[run]).hex(), scenario, seed, self.design.point(point))


def run_name(point: int, scenario: str, seed: int) -> str:
    """Id of a run."""
    return f"{point:06d}-{scenario}-{seed}"


def environment_of(simulate: Simulate, origin: dict[str, Any], scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """What results depend on besides scenario and seed: versions, code and data, the simulation, parties' files."""
    files = party_files(scenarios)
    return {
        "model_version": origin["model_version"],
        "packages": origin["packages"],
        "code_checksum": origin["code_checksum"],
        "simulate": name_of(simulate),
        "simulate_checksum": own_code_checksum(simulate),
        **({"roster": files} if files else {}),
    }


def scenario_key(scenario: Scenario, environment: dict[str, Any]) -> Any:
    """Hash of what a run depends on but for its seed; the last month is part of the scenario."""
    return _scenario_key(scenario, json.dumps(environment, sort_keys=True))


def _scenario_key(scenario: Scenario, environment: str) -> Any:
    """The same for an environment that is JSON already: it is that of thousands of scenarios."""
    levers = {
        name: str(getattr(scenario, name))
        for name in type(scenario).model_fields
        if name != "parameters" and name not in _LABELS
    }
    rest = json.dumps({"levers": levers, "parameters": scenario.parameters.checksum()}, sort_keys=True)
    return hashlib.sha256(f'{{"environment": {environment}, {rest[1:]}'.encode())


def run_key(prefix: Any, seed: int) -> bytes:
    """Key of a run: the hash of its scenario continued with the seed, never ending in a null byte."""
    digest = prefix.copy()
    digest.update(f"\0{seed}".encode())
    # numpy drops null bytes at the end of a fixed-length text.
    return bytes(digest.digest()[: KEY_BYTES - 1]) + b"\x01"


def make_plan(
    design: Design,
    simulate: Simulate = simulate_market,
    store: Path | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Check every point of a design and give every run its key.

    Args:
        design: The design.
        simulate: What a run does.
        store: Folder that may hold the keys of the same plan, whose points then need no check.
        progress: Called with points checked and points in all.

    Raises:
        InputError: Points that are not possible, and outcomes that do not exist; all of them, but at most 20 points.
    """
    problems: list[str] = []
    outcomes, monthly = _kept(design, simulate, problems)
    clash = sorted(set(design.names) & {*IDENTITY, *BALANCES, *outcomes})
    if clash:
        problems.append(f"{clash[0]}: it is a factor and also a column of the results")
    origin = provenance(design.scenarios[0])
    environment = environment_of(simulate, origin, design.scenarios)
    kept = kept_keys(store, design, environment) if store is not None and not problems else None
    if kept is not None:
        return Plan(design, environment["simulate"], environment, origin, tuple(outcomes), tuple(monthly), kept)
    keys = np.zeros(design.n_runs, dtype=f"S{KEY_BYTES}")
    told = json.dumps(environment, sort_keys=True)
    run, wrong = 0, 0
    for point, position, replication, scenario in _scenarios(design):
        if progress is not None and position == replication == 0:
            progress(point, design.n_points)
        if isinstance(scenario, ScenarioError):
            wrong += 1
            if wrong <= _MAX_TOLD:
                where = f"point {point} ({_values(design, point)})"
                problems += [f"{where}: {line.removeprefix('point: ')}" for line in str(scenario).splitlines()]
            continue
        prefix = _scenario_key(scenario, told)
        run = (point * len(design.scenarios) + position) * design.replications + replication
        for later in range(_alike(design)):
            keys[run + later] = run_key(prefix, design.seed + replication + later)
    if wrong > _MAX_TOLD:
        problems.append(f"... and {wrong - _MAX_TOLD} more points that are not possible")
    if problems:
        raise InputError(problems)
    return Plan(design, environment["simulate"], environment, origin, tuple(outcomes), tuple(monthly), keys)


def _kept(design: Design, simulate: Simulate, problems: list[str]) -> tuple[list[str], list[str]]:
    if simulate is simulate_market:
        scenario = design.scenarios[0]
        return (
            choose_outcomes(scenario, design.outcomes, problems),
            choose_series(scenario, design.monthly, problems),
        )
    if not design.outcomes:
        problems.append("outcomes: missing; a simulation of one's own must name its outcomes")
    if design.monthly:
        problems.append("monthly: only the market has monthly series")
    return list(design.outcomes), []


def _alike(design: Design) -> int:
    """How many seeds share a scenario: all of them, unless each takes its own draw."""
    return design.replications if design.draws is None else 1


def _scenarios(design: Design) -> Iterator[tuple[int, int, int, Scenario | ScenarioError]]:
    """Point, position of the scenario, first replication that it is for, and the scenario or what is wrong with it."""
    for point in range(design.n_points):
        values = design.point(point)
        for position, base in enumerate(design.scenarios):
            for replication in range(0, design.replications, _alike(design)):
                try:
                    scenario = at_point(base, design.names, values, design.draws, design.seed + replication)
                    yield point, position, replication, scenario
                except ScenarioError as error:
                    yield point, position, replication, error


def at_point(
    base: Scenario, names: tuple[str, ...], values: tuple[Any, ...], draws: DrawSet | None = None, seed: int = 1
) -> Scenario:
    """Scenario of a point, with the parameter draw of a seed where there are draws.

    Raises:
        ScenarioError: The values make no sense together.
    """
    drawn = {} if draws is None else draws.changes(base, seed - 1, names)
    return base.with_changes({**drawn, **dict(zip(names, values, strict=True))}, source="point")


def _values(design: Design, point: int) -> str:
    told = [f"{name} = {value}" for name, value in zip(design.names, design.point(point), strict=True)]
    return ", ".join(told[:6]) + (", ..." if len(told) > 6 else "")
