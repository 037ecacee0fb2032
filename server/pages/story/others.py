"""Runs of further seeds for a choice that no stored run stands for: played in the background while the page is open.

They say of a moved lever what the stored runs say of the two roads: how much of what is seen is luck. They have fewer
shippers than usual, so that they are there soon, and give way to all other work of the server.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from experiments.runs import start_market
from model.scenario import Scenario
from model.seeds import MAX_SEED
from server.choice import Choice
from server.session import Session
from server.story.fan import LINES, Floats, applies_to, bands_of, lines_of
from server.story.run import Story
from server.work.limits import SHIPPERS
from server.work.pool import BusyError, Job, WorkPool
from server.work.worker import tick

#: How many runs, and from how many on they are drawn as bands; fewer ones are lines.
SEEDS, ENOUGH = 20, 5
#: Percent of their months after which the page is told how far they are.
STEP = 2
MOST_SHIPPERS = SHIPPERS[1]
NOTHING: dict[str, Any] = {"done": 0, "text": ""}


@dataclass(frozen=True)
class _Wanted:
    """What is being played.

    Attributes:
        choice: The choice of the visitor.
        scenario: The same with fewer shippers.
        seeds: Their luck; the visitor's own run is not among them.
    """

    choice: Choice
    scenario: Scenario
    seeds: tuple[int, ...]


class Others:
    """The background runs of one page. Safe from any thread.

    Args:
        session: The tab's session.
        pool: Makes the pool of processes; called when runs are wanted for the first time.
    """

    def __init__(self, session: Session, pool: Callable[[], WorkPool]) -> None:
        self._session, self._make_pool = session, pool
        self._lock = threading.RLock()
        self._pool: WorkPool | None = None
        self._wanted: _Wanted | None = None
        self._job: Job | None = None
        self._lines: dict[int, dict[str, Floats]] = {}
        self._state, self._played = "", 0
        self._closed = False
        self._view = NOTHING

    def want(self, choice: Choice) -> None:
        """Play what belongs to a choice; what belongs to another one is given up."""
        with self._lock:
            if self._closed or (self._wanted is not None and self._wanted.choice == choice):
                return
            self._give_up()
            self._wanted, self._view = None, NOTHING
            self._lines, self._state, self._played = {}, "", 0
            if applies_to(choice) or choice.seat:
                return
            self._wanted = wanted_of(choice)
            self._begin()

    def look(self) -> dict[str, Any]:
        """What there is to draw; the same object as long as nothing is new."""
        with self._lock:
            wanted = self._wanted
            if wanted is None or self._pool is None:
                return self._view
            if self._job is None:
                self._begin()  # there was no room before
            lines, state, played = self._lines, "waiting", 0
            if self._job is not None:
                view = self._pool.view(self._job)
                state, played = view.state, share_played(view.ticks, view.n_ticks)
                if state == "done":
                    lines = self._lines | dict(enumerate(self._job.result))
                elif state == "running":
                    lines = self._lines | self._pool.found(self._job)
            if len(lines) > len(self._lines) or (state, played) != (self._state, self._played):
                self._lines, self._state, self._played = lines, state, played
                self._view = view_of([lines[number] for number in sorted(lines)], wanted, state, played)
            return self._view

    def close(self) -> None:
        """The page has gone."""
        with self._lock:
            self._closed = True
            self._give_up()

    def _begin(self) -> None:
        wanted = self._wanted
        assert wanted is not None
        self._pool = self._pool or self._make_pool()
        tasks = [partial(lines_of_run, wanted.scenario, seed) for seed in wanted.seeds]

        def is_wanted() -> bool:
            return not self._closed and self._session.is_alive and not self._session.is_closed

        with suppress(BusyError):  # `look` tries again
            n_ticks = len(tasks) * wanted.scenario.n_months
            self._job = self._pool.submit(tasks, list, n_ticks, is_wanted=is_wanted, in_background=True)

    def _give_up(self) -> None:
        if self._job is not None and self._pool is not None:
            self._pool.cancel(self._job)
        self._job = None


def wanted_of(choice: Choice) -> _Wanted:
    """The runs that stand beside a visitor's: other luck, and fewer shippers where there are more."""
    scenario = choice.settings()
    if scenario.parameters.n_shippers > MOST_SHIPPERS:
        scenario = scenario.with_changes({"n_shippers": float(MOST_SHIPPERS)}, "shippers")
    seeds = [seed for seed in range(1, SEEDS + 2) if seed != choice.seed][:SEEDS]
    assert seeds[-1] <= MAX_SEED
    return _Wanted(choice, scenario, tuple(seeds))


def lines_of_run(scenario: Scenario, seed: int) -> dict[str, Floats]:
    """The lines of the dock in one run, telling the pool how far it is."""
    market = start_market(scenario, seed)
    for _ in range(market.n_months):
        market.step()
        tick()
    return lines_of(Story(market))


def share_played(months: int, many: int) -> int:
    """Months of all runs that have been played, percent in steps: the page is told of them now and then."""
    return 0 if many <= 0 else STEP * int(100.0 * months / many / STEP)


def view_of(runs: Sequence[dict[str, Floats]], wanted: _Wanted, state: str, played: int = 0) -> dict[str, Any]:
    """What the browser draws of the runs so far, and a line that says how many of how many, and how far they are."""
    done, many = len(runs), len(wanted.seeds)
    view: dict[str, Any] = {"done": done, "text": told(done, wanted, state, played)}
    if done >= ENOUGH:
        bands = bands_of(runs)
        view["bands"] = {key: np.round(bands[key], 2).tolist() for key in LINES}
    elif done:
        view["lines"] = {key: [np.round(run[key], 2).tolist() for run in runs] for key in LINES}
    return view | {"of": many}


def told(done: int, wanted: _Wanted, state: str, played: int = 0) -> str:
    """How many runs of how many, what is drawn of them, and how far those are that are still being played."""
    many = len(wanted.seeds)
    count = f"{done} of {many} runs with other luck"
    if state == "failed":
        return f"{count}: the others could not be played."
    shippers = int(wanted.scenario.parameters.n_shippers)
    fewer = f", each with {shippers:,} shippers" if wanted.scenario != wanted.choice.settings() else ""
    far = f" They are being played: {played} % of their months." if state == "running" and done < many else ""
    far = " They wait for a free processor." if state == "waiting" else far
    if not done:
        return f"{count} are done; they are drawn behind the line as they arrive{fewer}.{far}"
    drawn = "the band holds eight of ten, the darker one half" if done >= ENOUGH else "one pale line each"
    more = "" if done == many else "; more are on their way"
    return f"{count} behind the line{fewer}: {drawn}{more}.{far}"
