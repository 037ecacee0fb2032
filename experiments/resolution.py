"""How finely a market is resolved: its number of shippers beside the usual one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from model.parameters import Parameters


def usual_shippers() -> int:
    """Number of shippers of a market unless told otherwise."""
    return int(Parameters.default().n_shippers)


def coarse_note(shippers: Iterable[float]) -> str:
    """One sentence for readers of results of which some have fewer shippers than usual; empty for others.

    Args:
        shippers: Number of shippers of each scenario.
    """
    fewest, usual = int(min(shippers)), usual_shippers()
    if fewest >= usual:
        return ""
    return f"Coarser than usual: {fewest:,} shippers instead of {usual:,}, so profits of single runs stray more."


def shippers_of(design: Mapping[str, Any]) -> list[float]:
    """Number of shippers of each scenario of a design as a store describes it."""
    return [float(one.get("n_shippers", usual_shippers())) for one in design["scenarios"]]
