"""The columns of the files of a store."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from experiments.designs.factors import Factor
from experiments.designs.plan import BALANCES, Plan

_TYPES = {"text": pa.string(), "number": pa.float64(), "switch": pa.bool_(), "whole": pa.int64()}
#: Column of why a run ended early, where a scenario has a condition that can end it.
ENDED = "ended"
_IDENTITY = {
    "run": "text",
    "key": "text",
    "point": "whole",
    "scenario": "text",
    "seed": "whole",
    "status": "text",
    "error_kind": "text",
    "error": "text",
    "error_where": "text",
}


def columns_of(plan: Plan) -> dict[str, dict[str, str]]:
    """Columns of the two tables, "runs" and "monthly": name to kind, as a manifest holds them."""
    stops = {ENDED: "text"} if any(scenario.stop_when for scenario in plan.design.scenarios) else {}
    factors = {factor.name: _kind(factor) for factor in plan.design.factors}
    return {
        "runs": {**_IDENTITY, **stops, **factors, **dict.fromkeys((*plan.outcomes, *BALANCES), "number")},
        "monthly": {
            **{name: _IDENTITY[name] for name in ("run", "point", "scenario", "seed")},
            "month": "text",
            **dict.fromkeys(plan.monthly, "number"),
        },
    }


def _kind(factor: Factor) -> str:
    if factor.kind == "choice":
        if all(isinstance(value, bool) for value in factor.values):
            return "switch"
        return "number" if factor.numeric else "text"
    return "text" if factor.kind == "month" else "number"


def arrow_schema(columns: dict[str, str]) -> Any:
    """The same columns as an Arrow schema."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])
