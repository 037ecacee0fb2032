"""Sweeps over many runs: choose a design, start it, watch it, see what it says; the same stores as `lastmile sweep`."""

from server.pages.experiments.page import ExperimentsPage

__all__ = ["ExperimentsPage"]
