"""What a visitor has on the Compare page; it stays while they look at other pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from experiments.errors import InputError
from server.pages.compare.linked import KEPT, read_link, write_draft
from server.pages.compare.plan import MAX_RUNS, Draft, Plan, draft_of, make_plan, read_draft
from server.pages.compare.work import Compared, Partly, finish, partly, tasks_of
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
        shown: What it compares.
        partly: What the pairs of runs say that are done, while others are at work.
    """

    draft: Draft = field(default_factory=Draft)
    version: int = 0
    problems: tuple[str, ...] = ()
    told: str = ""
    job: Job | None = None
    found: Compared | None = None
    shown: Draft | None = None
    partly: Partly | None = None
    _plan: Plan | None = None
    _asked: Draft | None = None
    _tasks_seen: int = 0
    _link: str = ""

    @property
    def link(self) -> str:
        """What the address says of it: the result that is shown, else what is filled in."""
        return write_draft(self.draft if self.shown is None else self.shown, self.shown is not None)

    @property
    def asked_pairs(self) -> int:
        """How many pairs of runs the last job is to make."""
        return 0 if self._plan is None else self._plan.replications

    def open(self, search: str | None) -> None:
        """Take over what an address names, with its result where the server still has it; once for each address."""
        try:
            named = read_link(search)
        except ValueError as error:
            self.problems = (str(error),)
            return
        if named is None or write_draft(*named) in (self._link, self.link):
            return
        self._say_nothing()
        self.draft, shown = named
        self._link = write_draft(*named)
        self.version += 1
        kept = KEPT.get(self.draft) if shown else None
        if kept is not None:
            self.found, self.shown = kept, self.draft
        elif shown and self.draft != Draft():
            self.told = "The server does not have this result any more; press Compare to make it again."

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
            self.job = pool.submit(
                tasks_of(plan), partial(finish, plan), plan.n_months, session, lambda: session.is_alive
            )
            self._plan, self._asked, self.partly, self._tasks_seen = plan, self.draft, None, 0
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
            self.shown, self.partly = self._asked, None
            if self.shown is not None and self.found is not None:
                KEPT.put(self.shown, self.found)
        if view.state == "failed":
            self.problems = view.problems
        if view.at_work and self._plan is not None:
            runs = pool.found(self.job)
            if len(runs) > self._tasks_seen:  # one that was just done may have made a pair whole
                self._tasks_seen = len(runs)
                self.partly = partly(self._plan, runs)
        elif not view.at_work:
            self.partly = None
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
