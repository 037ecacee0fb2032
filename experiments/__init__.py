"""Experiments with the parcel market: run it, compare scenarios, look at one mechanism at a time.

The verbs of the command line, as functions that return small frozen objects with pandas tables:

    from experiments import compare, run

    print(run("withdraw").monthly["usps_cash_usd"])
    print(compare(["renew", "withdraw"], replications=10).table)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments.errors import InputError

if TYPE_CHECKING:
    from experiments.access_curve import RetainedCurve, retained_curve
    from experiments.auction import AccessAuction, access_auction
    from experiments.comparison import Comparison, compare
    from experiments.negotiation import Negotiations, negotiate
    from experiments.results import RunResult
    from experiments.runs import run
    from experiments.start_year import Calibration, calibration
    from experiments.volume_loss import UspsLoss, usps_loss

__all__ = [
    "AccessAuction",
    "Calibration",
    "Comparison",
    "InputError",
    "Negotiations",
    "RetainedCurve",
    "RunResult",
    "UspsLoss",
    "access_auction",
    "calibration",
    "compare",
    "negotiate",
    "retained_curve",
    "run",
    "usps_loss",
]

# Loaded when first asked for: `lastmile --help` must not wait for pandas and Mesa.
_HOMES = {
    "AccessAuction": "auction",
    "Calibration": "start_year",
    "Comparison": "comparison",
    "Negotiations": "negotiation",
    "RetainedCurve": "access_curve",
    "RunResult": "results",
    "UspsLoss": "volume_loss",
    "access_auction": "auction",
    "calibration": "start_year",
    "compare": "comparison",
    "negotiate": "negotiation",
    "retained_curve": "access_curve",
    "run": "runs",
    "usps_loss": "volume_loss",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'experiments' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"experiments.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
