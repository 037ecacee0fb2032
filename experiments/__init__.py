"""Experiments with the parcel market: run it, compare scenarios, look at one mechanism at a time.

The verbs of the command line, as functions that return small frozen objects with pandas tables:

    from experiments import compare, run

    print(run("withdraw").monthly["usps_cash_usd"])
    print(compare(["renew", "withdraw"], replications=10).table)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments.errors import InputError
from lastmile_packages import check_packages

if TYPE_CHECKING:
    from experiments.analysis.differences import bands, differences
    from experiments.analysis.discovery import Discovery, discover
    from experiments.analysis.drivers import drivers
    from experiments.analysis.responses import heat_map, response
    from experiments.analysis.sensitivity import Sensitivity, sensitivity
    from experiments.auction import AccessAuction, access_auction
    from experiments.backtest.hindcast import Hindcast, hindcast
    from experiments.branching import Branch, branch
    from experiments.by_place import Places, places
    from experiments.comparison import Comparison, compare
    from experiments.designs import Design, read_design
    from experiments.external.study import ExternalTests, external_tests
    from experiments.foresight import Forecast, forecast
    from experiments.policies.matrix import Matrix, matrix
    from experiments.postal.universal_service import ServiceCost, uso_cost
    from experiments.postal.volume_loss import UspsLoss, usps_loss
    from experiments.reopening import open_result
    from experiments.repetition import Rerun, rerun
    from experiments.reports.report import report
    from experiments.results import RunResult
    from experiments.runs import run
    from experiments.simulation import Simulation, simulate_market
    from experiments.start_fit.calibration import Calibration, calibration
    from experiments.start_fit.shipper_numbers import ShipperNumbers, shipper_numbers
    from experiments.store.merging import merge
    from experiments.store.reading import SweepResult, open_sweep
    from experiments.store.status import Status, status
    from experiments.sweeps.sweep import sweep
    from experiments.talks.access_curve import RetainedCurve, retained_curve
    from experiments.talks.negotiation import Negotiations, negotiate
    from experiments.targets.target import Target, target

check_packages("agents", "model")

__all__ = [
    "AccessAuction",
    "Branch",
    "Calibration",
    "Comparison",
    "Design",
    "Discovery",
    "ExternalTests",
    "Forecast",
    "Hindcast",
    "InputError",
    "Matrix",
    "Negotiations",
    "Places",
    "Rerun",
    "RetainedCurve",
    "RunResult",
    "Sensitivity",
    "ServiceCost",
    "ShipperNumbers",
    "Simulation",
    "Status",
    "SweepResult",
    "Target",
    "UspsLoss",
    "access_auction",
    "bands",
    "branch",
    "calibration",
    "compare",
    "differences",
    "discover",
    "drivers",
    "external_tests",
    "forecast",
    "heat_map",
    "hindcast",
    "matrix",
    "merge",
    "negotiate",
    "open_result",
    "open_sweep",
    "places",
    "read_design",
    "report",
    "rerun",
    "response",
    "retained_curve",
    "run",
    "sensitivity",
    "shipper_numbers",
    "simulate_market",
    "status",
    "sweep",
    "target",
    "uso_cost",
    "usps_loss",
]

# Loaded when first asked for: `lastmile --help` must not wait for pandas and Mesa.
_HOMES = {
    "AccessAuction": "auction",
    "Calibration": "start_fit.calibration",
    "Comparison": "comparison",
    "Forecast": "foresight",
    "Hindcast": "backtest.hindcast",
    "Matrix": "policies.matrix",
    "Negotiations": "talks.negotiation",
    "RetainedCurve": "talks.access_curve",
    "RunResult": "results",
    "ServiceCost": "postal.universal_service",
    "ShipperNumbers": "start_fit.shipper_numbers",
    "Target": "targets.target",
    "UspsLoss": "postal.volume_loss",
    "Places": "by_place",
    "Branch": "branching",
    "access_auction": "auction",
    "branch": "branching",
    "calibration": "start_fit.calibration",
    "compare": "comparison",
    "forecast": "foresight",
    "hindcast": "backtest.hindcast",
    "ExternalTests": "external.study",
    "external_tests": "external.study",
    "Design": "designs",
    "Discovery": "analysis.discovery",
    "Sensitivity": "analysis.sensitivity",
    "Simulation": "simulation",
    "Status": "store.status",
    "SweepResult": "store.reading",
    "bands": "analysis.differences",
    "differences": "analysis.differences",
    "discover": "analysis.discovery",
    "drivers": "analysis.drivers",
    "heat_map": "analysis.responses",
    "matrix": "policies.matrix",
    "merge": "store.merging",
    "negotiate": "talks.negotiation",
    "open_result": "reopening",
    "open_sweep": "store.reading",
    "places": "by_place",
    "read_design": "designs",
    "report": "reports.report",
    "Rerun": "repetition",
    "rerun": "repetition",
    "response": "analysis.responses",
    "retained_curve": "talks.access_curve",
    "run": "runs",
    "uso_cost": "postal.universal_service",
    "sensitivity": "analysis.sensitivity",
    "shipper_numbers": "start_fit.shipper_numbers",
    "simulate_market": "simulation",
    "status": "store.status",
    "sweep": "sweeps.sweep",
    "target": "targets.target",
    "usps_loss": "postal.volume_loss",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'experiments' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"experiments.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
