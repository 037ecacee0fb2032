"""Tables of questions to many runs: targets, policies against scenarios, and a branch beside the run that it left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.figures import choose, scale_of
from experiments.spreadsheets.outcomes import Tables, about, run_tables, scaled

if TYPE_CHECKING:
    from experiments.branching import Branch
    from experiments.policies.matrix import Matrix
    from experiments.targets.target import Target

_ENDS = ("95 % interval, lower end", "95 % interval, upper end")


def target_tables(result: Target) -> Tables:
    """The curve, where it reaches the figure, other outcomes there, and what every run shows."""
    varied, reach = result.varied, result.reach
    scale, unit = (0.01, "%") if reach.is_chance else scale_of(reach.outcome)
    value = varied.with_unit(f"{varied.name},").removesuffix(",").replace("_", " ")
    mean = f"mean, {unit}" if unit else "mean"
    plain = varied.plain
    curve = pd.DataFrame(
        {
            value: [plain(one) for one in result.curve["value"]],
            "seeds": result.curve["seeds"],
            "what is looked at": reach.label,
            mean: result.curve["mean"] / scale,
            **{told: result.curve[end] / scale for told, end in zip(_ENDS, ("low", "high"), strict=True)},
            "to be reached": reach.figure / scale,
        }
    )
    root = pd.DataFrame(
        [
            [
                "" if row["value"] != row["value"] else plain(row["value"]),
                *(plain(row[end]) for end in ("low", "high")),
                row["direction"],
                *("yes" if row[end] else "no" for end in ("open_low", "open_high")),
            ]
            for row in result.root.to_dict("records")
        ],
        columns=[value, *_ENDS, "the curve", "goes on below the range", "goes on above the range"],
    )
    beside = [
        {value: plain(float(result.root["value"].iloc[row["root"]]))}
        | about(row["outcome"])
        | scaled(row["outcome"], {"mean": row["mean"], _ENDS[0]: row["low"], _ENDS[1]: row["high"]})
        for row in result.beside.to_dict("records")
    ]
    runs = pd.DataFrame(
        {
            value: [plain(one) for one in result.runs["value"]],
            "seed": result.runs["seed"],
            mean.replace("mean", "value of the run", 1): result.runs["reached"] / scale,
        }
    )
    return {
        "curve": curve,
        "where it is reached": root,
        **({"other outcomes there": pd.DataFrame(beside)} if beside else {}),
        "runs": runs,
    }


def matrix_tables(result: Matrix) -> Tables:
    """Every cell, the largest regret of every policy, and what the policies set."""
    first = result.policies[0].name.replace("_", " ")
    known: dict[Any, dict[str, Any]] = result.table.to_dict("index")  # type: ignore[assignment]
    headings = {
        "mean": "mean",
        "low": _ENDS[0],
        "high": _ENDS[1],
        "difference": f"mean difference to {first}",
        "difference_low": f"difference, {_ENDS[0]}",
        "difference_high": f"difference, {_ENDS[1]}",
        "regret": "regret",
        "regret_low": f"regret, {_ENDS[0]}",
        "regret_high": f"regret, {_ENDS[1]}",
    }
    shares = {
        "best_share": "best in, % of the seeds",
        "best_low": f"best in, {_ENDS[0]}, %",
        "best_high": f"best in, {_ENDS[1]}, %",
    }
    cells = [
        {"scenario": world, "policy": policy}
        | about(name)
        | {"runs": int(row["n"])}
        | scaled(name, {told: row[column] for column, told in headings.items()})
        | {told: 100.0 * row[column] for column, told in shares.items()}
        for (name, world, policy), row in known.items()
    ]
    chosen: dict[Any, dict[str, Any]] = result.choice.to_dict("index")  # type: ignore[assignment]
    choice = [
        {"policy": policy}
        | about(name)
        | {"better": "more" if result.outcomes[name] else "less"}
        | scaled(name, {"largest regret": row["worst_regret"], _ENDS[0]: row["low"], _ENDS[1]: row["high"]})
        | {"in": row["worst_scenario"], "robust choice in, % of resamples": 100.0 * row["chosen_share"]}
        for (name, policy), row in chosen.items()
    ]
    policies = [[one.name, ", ".join(one.owners) or "nobody", one.told, one.title] for one in result.policies]
    return {
        "cells": pd.DataFrame(cells),
        "largest regret": pd.DataFrame(choice),
        "policies": pd.DataFrame(policies, columns=["policy", "whose choice", "what it sets", "title"]),
    }


def branch_tables(result: Branch, patterns: Sequence[str] = ()) -> Tables:
    """How a branch differs from the run that it left, and its own months and events.

    Args:
        result: The branch.
        patterns: Outcomes to take; all unless told.
    """
    names = choose(result.differences["outcome"], patterns or ("*",))
    rows = [
        about(row["outcome"])
        | scaled(
            row["outcome"],
            {"run that it left": row["parent"], "branch": row["branch"], "difference": row["difference"]},
        )
        for row in result.differences.to_dict("records")
        if row["outcome"] in names
    ]
    own = run_tables(result.result, patterns)
    return {"differences": pd.DataFrame(rows), "months": own["months"], "events": own["events"]}
