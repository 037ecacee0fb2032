"""From what a manifest says of a design back to the design, so that a sweep can go on without its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.designs.design import Design
from experiments.designs.matrix import matrix_design
from experiments.designs.reading import read_design
from experiments.draws import restore_draws
from experiments.errors import InputError
from model.scenario import Scenario, ScenarioError

_SIZE = {"lhs": "points", "sobol": "points", "morris": "trajectories"}


def restore_design(described: Mapping[str, Any]) -> Design:
    """Make a design again.

    Args:
        described: What `Design.describe` told, as a manifest holds it.

    Raises:
        InputError: This version of the model does not know what it varies any more, or allows other values.
    """
    try:
        scenarios = [Scenario.from_mapping(changes) for changes in described["scenarios"]]
    except ScenarioError as error:
        raise InputError(str(error).splitlines()) from error
    if described["kind"] == "matrix":
        return matrix_design(
            scenarios,
            described["worlds"],
            described["policies"],
            int(described["replications"]),
            int(described["seed"]),
            restore_draws(described["draws"]) if "draws" in described else None,
        )
    content: dict[str, Any] = {
        "kind": described["kind"],
        "scenarios": scenarios,
        **{name: described[name] for name in ("replications", "seed", "outcomes", "monthly")},
    }
    if "draws" in described:
        content["draws"] = restore_draws(described["draws"])
    kind = str(described["kind"])
    if kind == "table":
        names = list(described["factors"])
        content["points"] = [dict(zip(names, row, strict=True)) for row in described["rows"]]
        return read_design(content)
    for group, title in (("lever", "levers"), ("uncertainty", "uncertainties")):
        content[title] = {
            name: _spec(factor) for name, factor in described["factors"].items() if factor["group"] == group
        }
    if kind in _SIZE:
        content |= {_SIZE[kind]: described["size"], "sampling_seed": described["sampling_seed"]}
    return read_design(content)


def _spec(factor: Mapping[str, Any]) -> Any:
    if factor["kind"] == "choice":
        values = list(factor["values"])
        return {"values": values, "weights": list(factor["weights"])} if "weights" in factor else values
    if "distribution" in factor:
        numbers = {key: value for key, value in factor["distribution"].items() if key != "name"}
        within = [factor["low"], factor["high"]]
        return {"distribution": factor["distribution"]["name"], **numbers, "within": within, "beyond": True}
    spec = {name: factor[name] for name in ("low", "high", "steps") if name in factor}
    return spec if factor["kind"] == "month" else {**spec, "beyond": True}
