"""One visitor's run: a market, the one thread that steps it, and what the page is shown of it.

Only the thread touches the market; buttons leave wishes behind and return at once. Snapshots go out at most
`FRAMES_PER_SECOND` times a second and not before the browser has drawn the last one, however fast the market steps.
There is no Solara in here, so it runs in a test without a browser.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from agents.bargaining import Answer
from model.market import ParcelMarket
from model.scenario import ScenarioError
from server import snapshot as snapshots
from server.choice import MAX_SEED, Choice
from server.snapshot import Run, Snapshot, Status
from server.talks.seat import Decision, Seat, SeatLeftError, take_seat
from server.turns import Turns

logger = logging.getLogger(__name__)

FRAMES_PER_SECOND = 12
# Where many play, pictures become rarer so that the months go on: of a processor they get this share, all together.
PICTURE_SHARE = 0.15
LONGEST_FRAME_SECONDS = 2.0
# Steps a second that the speed control offers; the last one is as fast as the machine can.
SPEEDS = (1.0, 2.0, 4.0, 8.0, float("inf"))
DEFAULT_SPEED = 4.0

# All sessions of the server share these.
TURNS = Turns()

__all__ = ["DEFAULT_SPEED", "MAX_SEED", "SPEEDS", "Choice", "Extract", "Session", "start_market"]

# Makes a frozen value out of a market for one page. It runs on the stepping thread, between two months.
type Extract = Callable[[ParcelMarket], object]


def start_market(choice: Choice) -> ParcelMarket:
    """Build the market that a visitor chose."""
    return ParcelMarket(choice.settings(), rng=choice.seed)


class Session:
    """A run that can be played, paused, stepped and started again, from any thread.

    Args:
        choice: What to start with.
        start: Builds the market of a choice; may take seconds and may raise.
        is_watched: Whether a browser is connected; a run that nobody watches is paused.
        months: Months to simulate at once, as fast as possible.
    """

    def __init__(
        self,
        choice: Choice | None = None,
        start: Callable[[Choice], ParcelMarket] = start_market,
        is_watched: Callable[[], bool] = lambda: True,
        months: int = 0,
    ) -> None:
        self._start = start
        self._is_watched = is_watched
        # All below are guarded by this condition, but for the market, which belongs to the thread alone.
        self._changed = threading.Condition()
        self._choice = choice or Choice()
        self._wanted: Choice | None = self._choice
        self._months_wanted = 0.0
        self._months_at_once = months
        self._hurry = 0
        self._look_back: int | None = None
        self._touched_at = time.monotonic()
        self._picture_seconds = 0.0
        self._speed = DEFAULT_SPEED
        self._next_step_at = 0.0
        self._next_frame_at = 0.0
        self._drawn = 0
        self._stale = False
        self._closed = False
        self._listener: Callable[[Snapshot], None] | None = None
        self._follower: Callable[[Snapshot], None] | None = None
        self._questions: list[tuple[Extract, Callable[[object], None]]] = []
        self._views: dict[str, Extract] = {}
        self._seat: Seat | None = None
        self._decision: Decision | None = None
        self._answer: Answer | None = None
        self._run: Run | None = None
        self._snapshot = snapshots.empty(1, "preparing")
        self._market: ParcelMarket | None = None
        self._thread = threading.Thread(target=self._work, name="lastmile-session", daemon=True)
        self._thread.start()

    # What a page may ask and wish for

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        with self._changed:
            return self._snapshot

    @property
    def choice(self) -> Choice:
        """What the run shown, or being prepared, was started with."""
        with self._changed:
            return self._choice

    @property
    def speed(self) -> float:
        """Steps a second, infinite for as fast as possible."""
        with self._changed:
            return self._speed

    @property
    def is_closed(self) -> bool:
        """Whether the session was closed; its thread may still be in its last month."""
        with self._changed:
            return self._closed

    @property
    def touched_at(self) -> float:
        """When its visitor last wished for something, on the monotonic clock; now while it plays."""
        with self._changed:
            return time.monotonic() if self._snapshot.status == "playing" else self._touched_at

    @property
    def is_alive(self) -> bool:
        """Whether the stepping thread still lives."""
        return self._thread.is_alive()

    def listen(self, listener: Callable[[Snapshot], None] | None) -> None:
        """Call `listener` from the stepping thread with every snapshot from now on; None ends it."""
        with self._changed:
            self._listener = listener

    def follow(self, follower: Callable[[Snapshot], None] | None) -> None:
        """As `listen`, for what stands around the pages and stays when they change."""
        with self._changed:
            self._follower = follower

    def ask(self, extract: Extract, answer: Callable[[object], None]) -> None:
        """Call `answer(extract(market))` once, from the stepping thread; never where there is no market."""
        with self._changed:
            self._questions.append((extract, answer))
            self._changed.notify_all()

    def show_view(self, name: str, extract: Extract | None) -> None:
        """From now on put `extract(market)` into every snapshot as `views[name]`, beginning at once; None ends it."""
        with self._changed:
            if extract is None:
                self._views.pop(name, None)
            else:
                self._views[name] = extract
                self._touched_at = time.monotonic()
                self._stale = True
            self._changed.notify_all()

    @property
    def seat(self) -> Seat | None:
        """The seat that the visitor has in the run shown, if any."""
        with self._changed:
            return self._seat

    def refresh(self) -> None:
        """Publish anew: something that a view shows has changed beside the market."""
        with self._changed:
            self._stale = True
            self._changed.notify_all()

    def answer(self, decision: Decision, answer: Answer) -> list[str]:
        """Answer for the side that the visitor plays, and play on.

        Returns:
            Why the answer is not possible; empty where it is taken, or comes too late to matter.
        """
        with self._changed:
            if self._decision is not decision or self._answer is not None:
                return []
            if problems := decision.question.problems(answer):
                return problems
            self._answer = answer
            self._touched_at = time.monotonic()
            self._months_wanted = float("inf")
            self._next_step_at = time.monotonic()
            self._changed.notify_all()
        return []

    def reset(self, choice: Choice, months: int = 0) -> None:
        """Forget the run and prepare the one that was chosen; simulate so many months of it at once."""
        with self._changed:
            self._choice = self._wanted = choice
            self._months_wanted = 0.0
            self._months_at_once, self._hurry = months, 0
            self._look_back = None
            self._touched_at = time.monotonic()
            self._changed.notify_all()

    def look_back(self, n_months: int | None) -> None:
        """Show the run as it stood after so many months; None shows the newest month again. The run itself goes on."""
        if n_months is not None and n_months < 1:
            raise ValueError(f"the first month to look back to is 1, not {n_months}")
        with self._changed:
            self._look_back = n_months
            self._touched_at = time.monotonic()
            self._stale = True
            self._changed.notify_all()

    def play(self) -> None:
        """Step until the last month, or until paused."""
        self._want_months(float("inf"))

    def pause(self) -> None:
        """Stop after the month that is being simulated."""
        self._want_months(0.0)

    def step(self) -> None:
        """Simulate one month."""
        self._want_months(1.0)

    def set_speed(self, steps_per_second: float) -> None:
        """Change how fast months follow each other while playing."""
        if not steps_per_second > 0:
            raise ValueError(f"speed must be above 0 steps a second, not {steps_per_second}")
        with self._changed:
            self._speed = steps_per_second
            self._next_step_at = time.monotonic()
            self._changed.notify_all()

    def acknowledge(self, number: int) -> None:
        """The browser has drawn a snapshot and can take the next one."""
        with self._changed:
            self._drawn = max(self._drawn, number)
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread after the month that is being simulated. Never waits, so it is safe under any lock."""
        with self._changed:
            self._closed = True
            self._listener = self._follower = None
            self._changed.notify_all()

    def join(self, timeout: float) -> None:
        """Wait for the thread of a closed session."""
        self._thread.join(timeout)

    def _want_months(self, months: float) -> None:
        with self._changed:
            self._months_wanted, self._hurry = months, 0
            self._touched_at = time.monotonic()
            self._next_step_at = time.monotonic()
            self._changed.notify_all()

    # The stepping thread

    def _work(self) -> None:
        while True:
            with self._changed:
                task, wait = self._next_task(time.monotonic())
                while task is None:
                    self._changed.wait(wait)
                    task, wait = self._next_task(time.monotonic())
            if not task():
                return

    def _next_task(self, now: float) -> tuple[Callable[[], bool] | None, float | None]:
        """What to do now, or None and how long to wait at most (None: until something changes)."""
        if self._closed:
            return self._end, None
        if self._wanted is not None:
            return self._prepare, None
        if self._questions:
            return self._reply, None
        stepping = self._market is not None and self._months_wanted > 0 and not self._market.finished
        status: Status = "playing" if stepping else self._resting_status()
        if status != self._snapshot.status:
            return self._publish, None
        if self._stale and (not stepping or (now >= self._next_frame_at and self._drawn >= self._snapshot.number)):
            return self._publish, None
        if stepping:
            return (self._step, None) if now >= self._next_step_at else (None, self._next_step_at - now)
        return None, None

    def _resting_status(self) -> Status:
        if self._market is None:
            return "failed"
        return "finished" if self._market.finished else "paused"

    def _prepare(self) -> bool:
        with self._changed:
            choice, self._wanted = self._wanted, None
            months, self._months_at_once = self._months_at_once, 0
        assert choice is not None
        self._give_up()
        self._show(snapshots.empty(self._snapshot.number + 1, "preparing", run=self._run))
        try:
            with TURNS.turn():
                market = self._start(choice)
            if choice.seat:
                self._seat = take_seat(market, choice, self._start, TURNS.turn, self._await_answer, self.refresh)
        except (ScenarioError, ValueError) as error:
            return self._fail(f"This run cannot start: {error}")
        except Exception as error:  # whatever it is, the visitor must see it and the server must live on
            logger.exception("could not prepare %s", choice)
            return self._fail(f"This run cannot start: {type(error).__name__}: {error}")
        self._market = market
        self._run = replace(snapshots.describe(market, choice.seed), changed=choice.changed, seat=choice.seat)
        with self._changed:
            if self._wanted is None:  # else another run was chosen meanwhile
                self._months_wanted, self._hurry = max(float(months), self._months_wanted), months
        return self._publish()

    def _await_answer(self, decision: Decision) -> Answer:
        """Stand still in the middle of a month until the visitor has answered; pages are served meanwhile.

        Raises:
            SeatLeftError: The run is given up.
        """
        with self._changed:
            self._decision, self._answer, self._stale = decision, None, True
        with TURNS.aside():
            while True:
                with self._changed:
                    while not (self._closed or self._wanted or self._answer or self._stale or self._questions):
                        self._changed.wait()
                    answer, asked = self._answer, bool(self._questions)
                    given_up = self._closed or self._wanted is not None
                    if given_up or answer is not None:
                        self._decision = self._answer = None
                if given_up:
                    raise SeatLeftError
                if answer is not None:
                    return answer
                if asked:
                    self._reply()
                else:
                    self._publish()

    def _step(self) -> bool:
        assert self._market is not None
        if not self._is_watched():
            self.pause()
            return True
        month = self._market.month
        try:
            with TURNS.turn(self._goes_on) as mine:
                if not mine:
                    return True
                self._market.step()
        except SeatLeftError:
            return True
        except Exception as error:
            logger.exception("the market stopped in %s", month)
            return self._fail(f"The market stopped in {month}: {type(error).__name__}: {error}")
        with self._changed:
            self._stale = True
            self._months_wanted = max(self._months_wanted - 1, 0)
            pace = 0.0 if self._hurry else 1 / self._speed
            self._hurry = max(self._hurry - 1, 0)
            self._next_step_at = max(self._next_step_at + pace, time.monotonic())
        return True

    def _goes_on(self) -> bool:
        """Whether the next month is still wanted; asked while waiting for a turn, so that pausing does not wait too."""
        with self._changed:
            return self._months_wanted > 0 and self._wanted is None and not self._closed

    def _publish(self) -> bool:
        assert self._run is not None or self._market is None
        with self._changed:
            number = self._snapshot.number + 1
            stepping = self._market is not None and self._months_wanted > 0 and not self._market.finished
            decision = self._decision
            status: Status = "waiting" if decision else "playing" if stepping else self._resting_status()
            extracts = dict(self._views)
            look_back = self._look_back
        begun = time.thread_time()
        if self._market is None or self._run is None:
            return self._show(replace(self._snapshot, number=number, status=status))
        try:
            views = {name: extract(self._market) for name, extract in extracts.items()}
        except Exception as error:
            logger.exception("a view of the market failed")
            return self._fail(f"This page cannot be drawn: {type(error).__name__}: {error}")
        taken = snapshots.take(self._market, self._run, number, status, look_back)
        self._show(replace(taken, views=views, decision=decision))
        self._picture_seconds = time.thread_time() - begun
        return True

    def _fail(self, message: str) -> bool:
        """Keep the last picture, say what went wrong, and leave the market for good: it may be half way in a month."""
        self._market = None
        with self._changed:
            self._months_wanted = 0.0
            last = self._snapshot
        return self._show(replace(last, number=last.number + 1, status="failed", message=message))

    def _show(self, snapshot: Snapshot) -> bool:
        with self._changed:
            self._snapshot = snapshot
            self._stale = False
            self._next_frame_at = time.monotonic() + self._frame_seconds()
            listeners = [listener for listener in (self._follower, self._listener) if listener is not None]
        for listener in listeners:
            try:
                listener(snapshot)
            except Exception:
                # The page may go while its picture is on the way; the session's owner closes it then.
                logger.debug("a snapshot found no page", exc_info=True)
        return True

    def _reply(self) -> bool:
        with self._changed:
            questions, self._questions = self._questions, []
        for extract, answer in questions:
            if self._market is not None:
                try:
                    answer(extract(self._market))
                except Exception:  # one answer that fails must not take the run down
                    logger.exception("a question about the market found no answer")
        return True

    def _frame_seconds(self) -> float:
        """Time to the next picture: longer when pictures are costly and many sessions play."""
        fair = self._picture_seconds * max(TURNS.competing - 1, 0) / PICTURE_SHARE
        return min(max(1 / FRAMES_PER_SECOND, fair), LONGEST_FRAME_SECONDS)

    def _end(self) -> bool:
        self._give_up()
        return False

    def _give_up(self) -> None:
        self._market = None
        with self._changed:
            seat, self._seat = self._seat, None
        if seat is not None:
            seat.twin.stop()
