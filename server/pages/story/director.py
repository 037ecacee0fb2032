"""What a visitor of the Story does to the session behind it, and how the page follows that session."""

from __future__ import annotations

from collections.abc import Callable

from server.choice import Choice, ChoiceError, make_choice
from server.pages.story.companion import ROADS, Companion
from server.pages.story.follower import Follower
from server.pages.story.others import Others
from server.parts import catch_up
from server.session import Session
from server.snapshot import Snapshot
from server.story.fan import stored_fan
from server.story.levers import FIVE

# The month in which the two roads part: the last one before Amazon must order.
FORK = 11
MOST_MONTHS = 1_000


class Director:
    """Plays, looks back and changes the run of one page.

    Args:
        session: The session behind the page.
        follower: Who hands the page what is new.
        companion: Who plays the other road.
        others: Who plays further seeds of a choice that is none of the stored roads.
    """

    def __init__(self, session: Session, follower: Follower, companion: Companion, others: Others) -> None:
        self._session, self._follower, self._companion, self._others = session, follower, companion, others
        self._wanted = 0  # months after which the run is to be looked at, once it is there

    def open(self, show: Callable[[Snapshot], None], told: bool) -> Callable[[], None]:
        """Follow the session.

        Args:
            show: Takes every new snapshot.
            told: Whether the story is told from its beginning; it then is that of the middle run.

        Returns:
            What ends it.
        """
        session = self._session

        def note(newest: Snapshot) -> None:
            show(newest)
            self._follower.see(newest)
            self._companion.see(newest)
            if newest.n_done > 0:  # the run that is looked at comes first
                self._others.want(session.choice)
            if newest.status == "paused" and newest.n_done == 0:
                session.step()  # there is something to see before anybody presses anything
            if 0 < self._wanted <= newest.n_done:
                session.look_back(self._wanted)
                self._wanted = 0

        middle = opening_choice()
        if told and session.choice == Choice() != middle and session.snapshot.n_done == 0:
            session.reset(middle)
        self._follower.open()
        speed = session.speed
        session.set_speed(float("inf"))  # the playhead in the browser has a pace of its own
        session.listen(note)
        catch_up(session, note)

        def leave() -> None:
            session.listen(None)
            session.set_speed(speed)
            self._companion.close()
            self._others.close()

        return leave

    def look(self, months: object) -> None:
        """Look at the run after so many months; it goes there where it has not been."""
        if type(months) is not int or not 1 <= months <= MOST_MONTHS:
            return
        self._wanted = 0
        if months <= self._session.snapshot.n_done:
            self._session.look_back(months)
        else:  # it is shown from what is stored; the run is on its way there
            self._wanted = months
            self._session.play()

    def take(self, road: object) -> None:
        """Go on along one of the two roads, from the month in which they part."""
        if not isinstance(road, str) or road not in ROADS:
            return
        session = self._session
        chosen = Choice(road, session.choice.seed, session.choice.overrides)
        self._follower.begin_at(FORK)
        if chosen != session.choice:
            session.reset(chosen, months=FORK + 1)
        else:
            self._follower.again()
        session.play()

    def change(self, values: object) -> None:
        """Run again with the levers where a visitor set them."""
        chosen = with_levers(self._session.choice, values)
        if chosen is None:
            return
        month = values.get("month") if isinstance(values, dict) else 0
        self._begin_at(chosen, month if type(month) is int and 0 <= month < MOST_MONTHS else 0)

    def begin(self, chosen: Choice) -> None:
        """Run what was chosen, and show the month that is looked at first."""
        self._begin_at(chosen, max(0, self._session.snapshot.shown - 1))

    def _begin_at(self, chosen: Choice, month: int) -> None:
        session = self._session
        if chosen == session.choice:
            return
        self._follower.begin_at(month)
        session.reset(chosen)
        session.play()


def with_levers(choice: Choice, values: object) -> Choice | None:
    """A choice with the five levers where a visitor set them, other changes kept; None for what is no such thing."""
    changes = values.get("change") if isinstance(values, dict) else None
    keys = {key for key, _, _ in FIVE}
    if not isinstance(changes, dict) or not changes.keys() <= keys:
        return None
    kept = {key: value for key, value in choice.overrides if key not in keys}
    try:
        return make_choice(choice.scenario, choice.seed, kept | changes)
    except ChoiceError:
        return None


def opening_choice() -> Choice:
    """The run that the Story opens with: the middle one of those stored, so that the luck of one is no forecast."""
    return Choice(seed=stored_fan().middle)
