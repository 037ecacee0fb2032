"""One run: a market and the one thread that steps it.

Only the thread touches the market; wishes are left behind and return at once. Snapshots go out at most
`FRAMES_PER_SECOND` times a second and no more than one ahead of what the browser has drawn, however fast the market
steps.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from agents.bargaining import Answer
from experiments.likely import unlikely
from model.market import ParcelMarket
from model.scenario import ScenarioError
from server import snapshot as snapshots
from server.choice import Choice
from server.memory import give_back
from server.snapshot import Run, Snapshot, Status
from server.stepping.pace import frame_seconds
from server.stepping.protocol import Show
from server.stepping.wishes import Wishes
from server.talks.seat import Decision, SeatLeftError, take_seat
from server.talks.sides import roster_of
from server.turns import Turns
from server.words import levers_in_words

logger = logging.getLogger(__name__)

# A visitor waits for the first months of a run, hardly for those that follow.
MONTHS_IN_FRONT = 6
# Where many play, each turn is worth a few months: a processor that changes markets must fetch what the next one knows.
# No more of them, for pictures come between turns.
MONTHS_A_TURN = 2
# All runs of this process share these.
TURNS = Turns()


def start_market(choice: Choice) -> ParcelMarket:
    """Build the market that a visitor chose, at its start; `branch_when_due` lets a branch leave it."""
    return ParcelMarket(choice.settings_at_start(), rng=choice.seed, roster=roster_of(choice.seat))


def branch_when_due(market: ParcelMarket, choice: Choice) -> bool:
    """Let a market go on under other assumptions where the next month is the first of a chosen branch.

    Returns:
        Whether it has changed.
    """
    past = choice.past
    if past is None or market.month != past.left or market.descent:
        return False
    market.branch(choice.settings())
    return True


class Stepper(Wishes):
    """Steps the market of one session in this process; see `protocol.Stepping`.

    Args:
        choice: What to start with.
        months: Months to simulate at once, as fast as possible.
        is_watched: Whether a browser is connected; a run that nobody watches is paused.
        show: Called from the thread with every snapshot.
        start: Builds the market of a choice; may take seconds and may raise.
        turns: Shared with the other runs of the process.
        number: Snapshots are counted up from here.
        stand_back: Called from the thread once a run is in motion: it need not come before others any more.
    """

    def __init__(
        self,
        choice: Choice,
        months: int,
        is_watched: Callable[[], bool],
        show: Show,
        start: Callable[[Choice], ParcelMarket] = start_market,
        turns: Turns = TURNS,
        number: int = 1,
        stand_back: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(choice, months)
        self._start, self._is_watched, self._show_to, self._turns = start, is_watched, show, turns
        self._stand_back = stand_back
        # These belong to the thread alone, but for the snapshot.
        self._run: Run | None = None
        self._snapshot = snapshots.empty(number, "preparing")
        self._market: ParcelMarket | None = None
        self._choice = choice
        self._stopped_because = ""
        self._in_back = False
        self._begin()

    def reset(self, choice: Choice, months: int) -> None:
        """Forget the market and prepare another one, in front: a thread that stood back cannot return by itself."""
        with self._changed:
            super().reset(choice, months)
            if self._in_back:
                self._in_back = False
                self._begin(after=self._thread)

    def _begin(self, after: threading.Thread | None = None) -> None:
        """Go on in a new thread; it comes before others as the one does that calls this."""
        self._thread = threading.Thread(target=self._work, args=(after,), name="lastmile-stepper", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the stepping thread still lives."""
        return self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait for the thread of a closed run."""
        self._thread.join(timeout)

    # The stepping thread

    def _work(self, after: threading.Thread | None) -> None:
        if after is not None:
            after.join()  # one thread alone touches the market
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
        if self._thread is not threading.current_thread():
            return self._leave_to_another, None
        if self._closed:
            return self._end, None
        if self._wanted is not None:
            return self._prepare, None
        if self._questions:
            return self._reply, None
        stepping = self._is_stepping()
        if (self._status(stepping)) != self._snapshot.status:
            return self._publish, None
        if self._stale and (not stepping or self._pace.may_show(self._snapshot.number, now)):
            return self._publish, None
        if stepping:
            due = self._pace.next_month_at
            return (self._step, None) if now >= due else (None, due - now)
        return None, None

    def _leave_to_another(self) -> bool:
        return False

    def _is_stepping(self) -> bool:
        if self._market is None or self._stopped_because:
            return False
        return self._pace.months_wanted > 0 and not self._market.finished

    def _status(self, stepping: bool) -> Status:
        if stepping:
            return "playing"
        if self._market is None or self._stopped_because:
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
            with self._turns.turn(first=True):
                market = self._start(choice)
            if choice.seat:
                self._seat = take_seat(market, choice, self._start, self._turns.turn, self._await_answer, self.refresh)
        except (ScenarioError, ValueError) as error:
            return self._fail(f"This run cannot start: {error}")
        except Exception as error:  # whatever it is, the visitor must see it and the server must live on
            logger.exception("could not prepare %s", choice)
            return self._fail(f"This run cannot start: {type(error).__name__}: {error}")
        self._market, self._choice = market, choice
        self._describe()
        with self._changed:
            if self._wanted is None:  # else another run was chosen meanwhile
                self._pace.begin(months)
        return self._publish()

    def _describe(self) -> None:
        """Tell what the market is."""
        assert self._market is not None
        choice = self._choice
        self._run = replace(
            snapshots.describe(self._market, choice.seed),
            changed=choice.changed,
            unlikely=levers_in_words("; ".join(unlikely(dict(choice.overrides)))),
            seat=choice.seat,
        )

    def _await_answer(self, decision: Decision) -> Answer:
        """Stand still in the middle of a month until the visitor has answered; pages are served meanwhile.

        Raises:
            SeatLeftError: The run is given up.
        """
        with self._changed:
            self._decision, self._answer, self._stale = decision, None, True
        with self._turns.aside():
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
            self.want_months(0.0)
            return True
        month = self._market.month
        try:
            with self._turns.turn(self._goes_on, first=not self._in_back) as mine:
                months = MONTHS_A_TURN if self._turns.competing > MONTHS_A_TURN else 1
                while mine and months > 0:
                    month = self._market.month
                    self._step_once(self._market)
                    months = months - 1 if self._goes_on_at_once() else 0
        except SeatLeftError:
            return True
        except Exception as error:
            logger.exception("the market stopped in %s", month)
            return self._stop(f"The market stopped in {month}: {type(error).__name__}: {error}")
        return True

    def _step_once(self, market: ParcelMarket) -> None:
        if branch_when_due(market, self._choice):
            self._describe()
        market.step()
        if market.records.n == MONTHS_IN_FRONT:
            self._go_back()
        with self._changed:
            self._stale = True
            self._pace.month_done(time.monotonic())
            # How it went is shown before what follows; a month that an address asks for is reached all the same.
            if self._seat is not None and self._seat.has_just_ended() and not self._pace.hurry:
                self._pace.months_wanted = 0.0

    def _go_back(self) -> None:
        """The run is in motion: let others come first from now on."""
        with self._changed:
            if self._wanted is None and not self._in_back:
                self._in_back = True
                self._stand_back()

    def _goes_on(self) -> bool:
        """Whether the next month is still wanted; asked while waiting for a turn, so that pausing does not wait too."""
        with self._changed:
            return self._pace.months_wanted > 0 and self._wanted is None and not self._closed

    def _goes_on_at_once(self) -> bool:
        """Whether another month is due within the same turn."""
        with self._changed:
            due = self._pace.next_month_at <= time.monotonic()
        return due and self._goes_on() and self._is_stepping()

    def _publish(self) -> bool:
        with self._changed:
            self._stale = False  # where wishes are read: one that comes while the picture is made wants another
            number = self._snapshot.number + 1
            decision = self._decision
            status: Status = "waiting" if decision else self._status(self._is_stepping())
            extracts = dict(self._views)
            look_back = self._look_back
        if self._market is None or self._run is None:
            return self._show(replace(self._snapshot, number=number, status=status))
        begun = time.thread_time()
        try:
            views = {name: extract(self._market) for name, extract in extracts.items()}
        except Exception as error:
            logger.exception("a view of the market failed")
            if not self._stopped_because:
                return self._fail(f"This page cannot be drawn: {type(error).__name__}: {error}")
            views = dict(self._snapshot.views)  # half way in a month not everything can be told
        taken = snapshots.take(self._market, self._run, number, status, look_back)
        self._show(replace(taken, views=views, decision=decision, message=self._stopped_because or taken.message))
        if not self._paced_from_afar:
            with self._changed:
                self._pace.frame_seconds = frame_seconds(time.thread_time() - begun, self._turns.competing)
        return True

    def _stop(self, message: str) -> bool:
        """Say what went wrong in a month and simulate no more; what was recorded before can be looked back at."""
        with self._changed:
            self._pace.months_wanted = 0.0
        self._stopped_because = message
        return self._publish()

    def _fail(self, message: str) -> bool:
        """Keep the last picture, say what went wrong, and leave the market for good."""
        self._market = None
        with self._changed:
            self._pace.months_wanted = 0.0
            last = self._snapshot
        return self._show(replace(last, number=last.number + 1, status="failed", message=message))

    def _show(self, snapshot: Snapshot) -> bool:
        with self._changed:
            self._snapshot = snapshot
            self._pace.frame_shown(time.monotonic())
            closed = self._closed
        if not closed:
            self._show_to(snapshot)
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

    def _end(self) -> bool:
        self._give_up()
        return False

    def _give_up(self) -> None:
        held, self._market, self._stopped_because = self._market is not None, None, ""
        with self._changed:
            seat, self._seat = self._seat, None
        if seat is not None:
            seat.twin.stop()
            del seat
        if held:  # it holds itself in circles, and is to go now, not when memory becomes scarce
            give_back()
