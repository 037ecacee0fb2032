"""A sweep in a process of its own: `lastmile sweep` for the server.

It gets one line of JSON on its standard input, tells how far it is in lines of JSON on its standard output, and ends
when the input does: because the visitor cancels, or because the server is gone, however it went. What has been run is
then in the store, and a later sweep goes on from there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

NICENESS = 10


def main() -> None:
    """Do the sweep of the first line: design (or none, to go on with a store), out, workers, retry_failed."""
    os.nice(NICENESS)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_with_input, name="leave-with-input", daemon=True).start()
    from experiments.errors import InputError
    from experiments.store.shards import StorageError
    from experiments.workers import WorkerError

    try:
        _sweep(order)
    except KeyboardInterrupt:
        _tell(ended="interrupted")
    except InputError as error:
        _tell(problems=list(error.problems))
    except (StorageError, WorkerError) as error:
        _tell(problems=[str(error)])
    else:
        _tell(ended="finished")


def _sweep(order: dict[str, Any]) -> None:
    from experiments.sweeps.sweep import sweep
    from server.parties import house_roster

    out = order["out"]
    sweep(
        order["design"] or _design_of(out),
        out,
        roster=house_roster() if order["design"] else None,
        workers=order["workers"],
        retry_failed=order["retry_failed"],
        progress=lambda done, failed, total: _tell(done=done, failed=failed, total=total),
    )


def _design_of(folder: str) -> Any:
    """The design of a store; code that a store names is run for nobody who only comes by browser."""
    from agents.roster import played_by
    from experiments.designs.restore import restore_design
    from experiments.errors import InputError
    from experiments.simulation import name_of, simulate_market
    from experiments.store.manifest import read_manifest
    from model.scenario import own_classes_in
    from server.parties import house_roster

    manifest = read_manifest(folder)
    simulate = manifest.environment.get("simulate")
    if simulate != name_of(simulate_market):
        raise InputError(f"this sweep runs a simulation of its own, {simulate}; go on with it where it was started")
    named = {key: path for scenario in manifest.design["scenarios"] for key, path in own_classes_in(scenario).items()}
    if named and named != house_roster():
        raise InputError(f"in this sweep {', '.join(played_by(named))}; go on with it where it was started")
    return restore_design(manifest.design)


def _leave_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


def _tell(**content: Any) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
