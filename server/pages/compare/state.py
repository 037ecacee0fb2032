"""What a visitor has on the Compare page; it stays while they look at other pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from experiments.errors import InputError
from server.pages.compare.plan import MAX_RUNS, Draft, draft_of, make_plan, read_draft
from server.pages.compare.work import Compared, put_together, run_once
from server.session import Session
from server.words import duration
from server.work.pool import BusyError, Job, JobView, WorkPool


@dataclass(eq=False)
class Comparing:
    """Draft, job and result of one session.

    Attributes:
        draft: What is filled in.
        version: Counts changes of the draft that the server made, so that the form takes them over.
        problems: What is wrong with what was asked for, one line each.
        told: What was done otherwise than a visitor may expect; nothing is wrong with it.
        job: The comparison that was asked for last.
        found: The last result.
    """

    draft: Draft = field(default_factory=Draft)
    version: int = 0
    problems: tuple[str, ...] = ()
    told: str = ""
    job: Job | None = None
    found: Compared | None = None

    def fill_in(self, values: object) -> None:
        """Take over what a browser filled in; what was wrong before is not said of it."""
        self._say_nothing()
        try:
            self.draft = read_draft(values)
        except ValueError as error:
            self.problems = (str(error),)

    def add_watched(self, session: Session) -> None:
        """Add the run that is being watched, where it is not there yet; its seed becomes the first one."""
        choice, runs = session.choice, self.draft.runs
        watched = draft_of(choice)
        self._say_nothing()
        if watched in runs:
            name = "the reference" if runs.index(watched) == 0 else f"run {runs.index(watched) + 1}"
            self.told = f"What you watch is there already: it is {name}. Its seed and last month are taken over."
        elif len(runs) < MAX_RUNS:
            runs = (*runs, watched)
        else:
            return
        until = str(dict(choice.overrides).get("end", self.draft.until))
        self.draft = replace(self.draft, runs=runs, seed=choice.seed, until=until)
        self.version += 1

    def start(self, pool: WorkPool, session: Session) -> None:
        """Check the draft and give it to the pool; says what is wrong instead."""
        self._say_nothing()
        try:
            plan = make_plan(self.draft)
            seeds = range(plan.seed, plan.seed + plan.replications)
            tasks = [partial(run_once, scenario, seed) for scenario in plan.scenarios for seed in seeds]
            self.job = pool.submit(tasks, partial(put_together, plan), plan.n_months, session, lambda: session.is_alive)
        except InputError as error:
            self.problems = error.problems
        except BusyError as error:
            self.problems = (str(error),)

    def _say_nothing(self) -> None:
        self.problems, self.told = (), ""

    def look(self, pool: WorkPool) -> JobView | None:
        """How far the job is; takes its result when it has one."""
        if self.job is None:
            return None
        view = pool.view(self.job)
        if view.state == "done" and self.job.result is not None:
            self.found, self.job.result = self.job.result, None
        if view.state == "failed":
            self.problems = view.problems
        return view


def comparing_of(session: Session) -> Comparing:
    """What a session has on the page."""
    return session.kept(Comparing)


def progress_of(view: JobView | None) -> Mapping[str, Any]:
    """A job as the form shows it."""
    if view is None:
        return {"busy": False, "share": 0.0, "text": ""}
    share = view.ticks / view.n_ticks if view.n_ticks else 0.0
    if view.state == "waiting":
        text = f"Waiting: {view.ahead} before it." if view.ahead else "Starting ..."
    elif view.state == "running":
        left = view.seconds_left
        if not view.ticks:
            return {"busy": True, "share": 0.0, "text": "Setting the markets up ..."}
        months = f"{view.ticks:,} of {view.n_ticks:,} months"
        text = f"{months}; about {duration(left)} left" if left and view.seconds > 3 else months
        text = "Putting the runs side by side ..." if share >= 1 else text
    else:
        word = {"done": f"Done in {duration(view.seconds)}.", "failed": "It failed.", "cancelled": "Cancelled."}
        text = word[view.state]
    return {"busy": view.at_work, "share": share, "text": text}
