"""What a visitor has on the Experiments page; it stays while they look at other pages."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from weakref import ref

from experiments.errors import InputError
from experiments.storage import write_text
from server.pages.experiments.checking import Checked, check_design
from server.pages.experiments.examples import BY_KEY, EXAMPLES
from server.pages.experiments.figures import Question, StoreFigures, store_figures
from server.pages.experiments.form import design_mapping, design_toml, first_form
from server.session import Session
from server.work.pool import BusyError, Job, JobView, WorkPool
from server.work.stores import StoreEntry, existing_store, list_stores, new_store, stores_folder
from server.work.sweeps import Sweeps

MAX_FORM_FIELDS = 40
# The folder is looked through at most so often.
LIST_SECONDS = 4.0


@dataclass(eq=False)
class Experimenting:
    """Form, check, and the store that is open.

    Attributes:
        form: What is filled in, as the browser sent it.
        version: Counts changes of the form that the server made.
        checked: The design that was checked last, None once the form has changed.
        problems: What is wrong with the design.
        message: What is wrong with a store.
        check: The job that checks.
        drawing: The job that draws a store.
        opened: Name of the store that is open.
        figures: What it says.
        question: What is asked of it.
        stores: All stores, looked up now and then.
        example: The question whose answer is shown.
        starts: Whether the design is started as soon as it is checked, as for a question that was asked.
    """

    form: Mapping[str, Any] = field(default_factory=first_form)
    version: int = 0
    checked: Checked | None = None
    problems: tuple[str, ...] = ()
    message: tuple[str, ...] = ()
    check: Job | None = None
    drawing: Job | None = None
    opened: str | None = None
    figures: StoreFigures | None = None
    question: Question = field(default_factory=Question)
    stores: tuple[StoreEntry, ...] = ()
    example: str = EXAMPLES[0].key
    starts: bool = False
    _seen_at_work: bool = False
    _running: str | None = None
    _listed_at: float = -math.inf
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fill_in(self, values: object) -> None:
        """Take over what a browser filled in; it is checked when it is used."""
        if isinstance(values, Mapping) and len(values) <= MAX_FORM_FIELDS:
            self.form = dict(values)
            self.checked, self.problems, self.starts = None, (), False

    def choose(self, key: object) -> None:
        """Show the answer to a question that came with the program."""
        if isinstance(key, str) and key in BY_KEY:
            self.example = key

    def ask(self, pool: WorkPool, session: Session) -> None:
        """Fill the form in for the question that is shown, and start it; open it where it has been played already."""
        self.form, self.version = BY_KEY[self.example].form(), self.version + 1
        if any(entry.name == self.example and not entry.left for entry in self.stores):
            self.checked, self.problems, self.starts = None, (), False
            self.open(self.example)
            self.draw(pool, session)
            return
        self.start_check(pool, session)
        self.starts = self.check is not None

    def start_check(self, pool: WorkPool, session: Session) -> None:
        """Give the design to the pool to be checked and timed."""
        self.checked, self.problems = None, ()
        problems: list[str] = []
        try:
            new_store(self.form.get("name"))
        except InputError as error:
            problems += error.problems
        try:
            mapping = design_mapping(self.form, problems)
            self.problems = tuple(problems)  # at once; the check adds what it finds
            task = partial(check_design, mapping, tuple(problems))
            self.check = pool.submit([task], _only, 0, session, lambda: session.is_alive)
        except InputError as error:
            self.problems = error.problems
        except BusyError as error:
            self.problems = (str(error),)

    def start_sweep(self, sweeps: Sweeps, session: Session) -> None:
        """Start the sweep that was checked, and leave its design beside its store."""
        if self.checked is None:
            return
        try:
            out = new_store(self.form.get("name"))
            out.parent.mkdir(parents=True, exist_ok=True)
            if not (out / "manifest.json").exists():
                write_text(out.with_suffix(".toml"), design_toml(self.checked.mapping, out.name))
            sweeps.start(out.name, out, self.checked.mapping, may_cancel=_owner(session))
            self.open(out.name)
        except InputError as error:
            self.problems = error.problems
        except BusyError as error:
            self.problems = (str(error),)
        except OSError as error:
            self.problems = (f"{stores_folder().name}: it cannot be written to: {error.strerror or error}",)

    def resume(self, sweeps: Sweeps, session: Session, name: object, retry_failed: bool) -> None:
        """Go on with a store, whoever began it."""
        self.message = ()
        try:
            out = existing_store(name)
            sweeps.start(out.name, out, None, retry_failed, may_cancel=_owner(session))
            self.open(out.name)
        except InputError as error:
            self.message = error.problems
        except BusyError as error:
            self.message = (str(error),)

    def cancel(self, sweeps: Sweeps, session: Session, name: object) -> None:
        """End a sweep that this visitor began, or somebody who is gone."""
        self.message = ()
        if not sweeps.cancel(str(name), session):
            self.message = (f"{str(name)[:60]}: another visitor has started it, who alone can cancel it.",)

    def open(self, name: str | None) -> None:
        """Open a store; its figures come when they are asked for."""
        example = BY_KEY.get(name or "")
        question = Question(outcome=example.outcome) if example else Question()
        self.opened, self.figures, self.question, self.message = name, None, question, ()

    def draw(self, pool: WorkPool, session: Session) -> None:
        """Ask for the figures of the open store."""
        try:
            folder = str(existing_store(self.opened))
            if self.drawing is not None:
                pool.cancel(self.drawing)
            task = partial(store_figures, folder, self.question)
            self.drawing = pool.submit([task], _only, 0, session, lambda: session.is_alive)
        except InputError as error:
            self.message = error.problems
        except BusyError as error:
            self.message = (str(error),)

    def look(self, pool: WorkPool, sweeps: Sweeps, session: Session) -> None:
        """Take over what jobs have found, and draw the open store anew when its sweep has ended."""
        with self._lock:
            self._take_check(pool)
            if self.starts and self.check is None:
                self.starts = False
                self.start_sweep(sweeps, session)
            self._take_figures(pool)
            running = sweeps.view(self.opened) if self.opened else None
            at_work = running is not None and running.at_work
            has_ended = self._seen_at_work and not at_work
            self._seen_at_work = at_work
            here = sweeps.running()
            name = here.name if here is not None else None
            # Whichever sweep of this server has begun or ended, the list of before says something else of it.
            if has_ended or name != self._running or time.monotonic() - self._listed_at > LIST_SECONDS:
                self._list_anew(sweeps, name)
        if has_ended and self.opened:
            self.draw(pool, session)

    def _list_anew(self, sweeps: Sweeps, before: str | None) -> None:
        """Read the list of stores; at work is only what another server, or the command line, is at work on.

        Args:
            sweeps: The sweeps of this server.
            before: Name of the one that was at work here before the list was read.
        """
        found = list_stores()
        after = sweeps.running()
        here = {before, after.name if after is not None else None}
        self.stores = tuple(replace(one, at_work=one.at_work and one.name not in here) for one in found)
        self._running, self._listed_at = before, time.monotonic()

    def _take_check(self, pool: WorkPool) -> None:
        view = _ended(pool, self.check)
        if view is not None and self.check is not None:
            self.checked, self.problems = self.check.result, view.problems
            self.check = None

    def _take_figures(self, pool: WorkPool) -> None:
        view = _ended(pool, self.drawing)
        if view is not None and self.drawing is not None:
            if view.state == "done":
                self.figures = self.drawing.result
            self.message = view.problems or self.message  # what was said of a sweep stays
            self.drawing = None


def _only(found: list[Any]) -> Any:
    return found[0]


def _ended(pool: WorkPool, job: Job | None) -> JobView | None:
    view = pool.view(job) if job is not None else None
    return view if view is not None and not view.at_work else None


def _owner(session: Session) -> Any:
    """Only who started a sweep may cancel it, or anybody once they are gone."""
    mine = ref(session)

    def may_cancel(who: object) -> bool:
        owner = mine()
        return owner is None or owner is who or not owner.is_alive

    return may_cancel


def experimenting_of(session: Session) -> Experimenting:
    """What a session has on the page."""
    return session.kept(Experimenting)
