"""Sweeps that this server runs, one at a time, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from experiments.store.shards import NO_SPACE
from server.work.changes import Changes
from server.work.pool import BusyError, workers_of_server

type SweepState = Literal["running", "stopping", "finished", "cancelled", "failed"]
AT_WORK: tuple[SweepState, ...] = ("running", "stopping")
_DISK_FULL = tuple(os.strerror(number).lower() for number in NO_SPACE)


@dataclass(frozen=True)
class SweepView:
    """A sweep at one moment.

    Attributes:
        name: Name of its store.
        state: What it is doing.
        done: Runs recorded, failed ones among them.
        failed: Runs that failed.
        total: Runs in all, 0 before it is known.
        rate: Runs a second since its first one of this session; None before there is one.
        problems: Why it failed.
    """

    name: str
    state: SweepState
    done: int
    failed: int
    total: int
    rate: float | None
    problems: tuple[str, ...]

    @property
    def at_work(self) -> bool:
        """Whether its process still lives."""
        return self.state in AT_WORK

    @property
    def seconds_left(self) -> float | None:
        """Time left at the rate so far."""
        return (self.total - self.done) / self.rate if self.at_work and self.rate and self.total else None


class Sweep:
    """One sweep; made by `Sweeps.start`."""

    def __init__(self, out: Path, process: subprocess.Popen[str], may_cancel: Callable[[object], bool]) -> None:
        self.name, self.out, self.process, self.may_cancel = out.name, out, process, may_cancel
        self.state: SweepState = "running"
        self.told_end: SweepState | None = None
        self.done, self.failed, self.total = 0, 0, 0
        self.before = -1
        self.began = time.monotonic()
        self.latest = self.began
        self.problems: tuple[str, ...] = ()

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take note of what the process tells; it is at work until it has gone and left the store to others."""
        if "total" in told:
            self.done, self.failed, self.total = told["done"], told["failed"], told["total"]
            if self.before < 0:  # what earlier sessions did is no sign of speed
                self.before, self.began = self.done, time.monotonic()
            self.latest = time.monotonic()
        if "problems" in told:
            self.told_end = "failed"
            self.problems = tuple(in_plain_words(one, self.out) for one in told["problems"])
        if "ended" in told:
            self.told_end = "finished" if told["ended"] == "finished" else "cancelled"

    def view(self) -> SweepView:
        """The sweep as pages see it."""
        seconds, runs = self.latest - self.began, self.done - max(0, self.before)
        rate = runs / seconds if runs > 0 and seconds > 0 else None
        return SweepView(self.name, self.state, self.done, self.failed, self.total, rate, self.problems)


def in_plain_words(problem: str, out: Path) -> str:
    """A problem of a sweep as visitors read it: a full disk is called so, and nobody learns where the stores are.

    Args:
        problem: What the process told.
        out: Folder of the store.
    """
    reason = problem.removeprefix(f"{out}: ")
    if reason in _DISK_FULL:
        return (
            f"{out.name}: the disk of this server is full ({reason}). All runs that are done are kept; resume it, or "
            "start it again, when there is room."
        )
    return problem.replace(str(out), out.name)


class Sweeps:
    """All sweeps that this server has run, the latest of each store.

    Args:
        changes: Told whenever one gets on.
    """

    def __init__(self, changes: Changes | None = None) -> None:
        self.changes = changes or Changes()
        self._lock = threading.Lock()
        self._sweeps: dict[str, Sweep] = {}

    def start(
        self,
        name: str,
        out: Path,
        design: Mapping[str, Any] | None,
        retry_failed: bool = False,
        may_cancel: Callable[[object], bool] = lambda who: True,
    ) -> None:
        """Start a sweep, or go on with one.

        Args:
            name: What its store is called.
            out: Folder of the store.
            design: The design as plain values; None to go on with the store as it is.
            retry_failed: Run failed runs again.
            may_cancel: Who may cancel it.

        Raises:
            BusyError: Another one is running.
        """
        with self._lock:
            busy = next((sweep for sweep in self._sweeps.values() if sweep.state in AT_WORK), None)
            if busy is not None:
                raise BusyError(f"The sweep {busy.name} is running; wait until it is done, or cancel it.")
            process = subprocess.Popen(
                [sys.executable, "-m", "server.work.sweep_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            sweep = self._sweeps[name] = Sweep(out, process, may_cancel)
        order = {"design": design, "out": str(out), "workers": workers_of_server(), "retry_failed": retry_failed}
        assert process.stdin is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        threading.Thread(target=self._listen, args=(sweep,), name=f"lastmile-sweep-{name}", daemon=True).start()
        self.changes.tell()

    def cancel(self, name: str, who: object = None) -> bool:
        """Let a sweep end after the runs that it is at; it can be resumed.

        Returns:
            False where somebody else has started it, who is still there.
        """
        with self._lock:
            sweep = self._sweeps.get(name)
            if sweep is None or sweep.state != "running":
                return True
            if not sweep.may_cancel(who):
                return False
            sweep.state = "stopping"
            _end_input(sweep.process)
        self.changes.tell()
        return True

    def view(self, name: str) -> SweepView | None:
        """How far a sweep of this server is; None where it has run none of this name."""
        with self._lock:
            sweep = self._sweeps.get(name)
            return sweep.view() if sweep else None

    def running(self) -> SweepView | None:
        """The one that is running."""
        with self._lock:
            return next((sweep.view() for sweep in self._sweeps.values() if sweep.state in AT_WORK), None)

    def close(self, seconds: float = 10.0) -> None:
        """Ask all sweeps to end and wait a while; those that take longer end by themselves."""
        with self._lock:
            alive = [sweep.process for sweep in self._sweeps.values() if sweep.process.poll() is None]
        for process in alive:
            _end_input(process)
        for process in alive:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue

    def _listen(self, sweep: Sweep) -> None:
        """Read what the process tells until it ends."""
        process = sweep.process
        assert process.stdout is not None
        assert process.stderr is not None
        errors: deque[str] = deque(maxlen=20)
        reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
        reader.start()
        for line in process.stdout:
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if not isinstance(told, dict):  # what a library prints is no message
                continue
            with self._lock:
                sweep.hear(told)
            self.changes.tell()
        code = process.wait()
        reader.join(5.0)
        process.stdout.close()
        with self._lock:
            _end_input(process)
            sweep.state = sweep.told_end or "failed"
            if sweep.told_end is None:
                last = errors[-1].strip() if errors else ""
                sweep.problems = (f"The sweep ended without a word (code {code}). {last} It can be resumed.",)
        self.changes.tell()


def _end_input(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None and not process.stdin.closed:
        try:
            process.stdin.close()
        except OSError:  # it is gone already
            return
