"""The years before the projection: what was observed, how the market starts in them, what is imposed on a run."""

from model.history.fitting import fit_to_carrier_totals, fitted_figures, fitted_symbols
from model.history.paths import Paths, make_paths
from model.history.shocks import Shock, Shocks
from model.history.table import FIRST_START, LAST_YEAR, History, read_history

__all__ = [
    "FIRST_START",
    "LAST_YEAR",
    "History",
    "Paths",
    "Shock",
    "Shocks",
    "fit_to_carrier_totals",
    "fitted_figures",
    "fitted_symbols",
    "make_paths",
    "read_history",
]
