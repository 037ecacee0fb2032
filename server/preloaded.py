"""What child processes of the server need, imported by the process that they are forked from."""

from __future__ import annotations

import gc

from server.memory import share_heaps

share_heaps()  # before there is anything to share

import experiments.simulation  # noqa: E402, F401
import server.work.worker  # noqa: E402, F401
from server.stepping.child import import_extracts  # noqa: E402

import_extracts()
gc.freeze()  # memory that is not looked through is not written to, and stays shared
