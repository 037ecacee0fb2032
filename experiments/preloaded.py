"""What workers of runs and sweeps need, imported by the process that they are forked from."""

from __future__ import annotations

import gc

import experiments.simulation
import experiments.sweeps.work  # noqa: F401

gc.freeze()  # memory that is not looked through is not written to, and stays shared
