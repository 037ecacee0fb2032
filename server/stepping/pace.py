"""When the next month comes, and when the next picture of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

# Steps a second that the speed control offers; the last one is as fast as the machine can.
SPEEDS = (1.0, 2.0, 4.0, 8.0, float("inf"))
DEFAULT_SPEED = 4.0
FRAMES_PER_SECOND = 20  # pictures come between months, of 40 ms each: with 12 a third month was often waited for
# Where many play, pictures become rarer so that the months go on: of a processor they get this share, all together.
PICTURE_SHARE = 0.15
# With the wait for a turn a picture then comes at least every two seconds.
LONGEST_FRAME_SECONDS = 1.1

# Over how long the cost of pictures is measured.
COST_SECONDS = 2.0


def frame_seconds(picture_seconds: float, playing: int) -> float:
    """Time from one picture to the next: longer when pictures are costly and many play.

    Args:
        picture_seconds: Processor time that one picture takes.
        playing: How many play.
    """
    fair = picture_seconds * max(playing - 1, 0) / PICTURE_SHARE
    return min(max(1 / FRAMES_PER_SECOND, fair), LONGEST_FRAME_SECONDS)


class PictureCost:
    """What a picture costs this process in all: making it, sending it, and hearing that it was drawn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures = 0
        self._since, self._cpu = time.monotonic(), time.process_time()
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Processor time of one picture, lately."""
        with self._lock:
            return self._seconds

    def count(self) -> None:
        """One more picture."""
        with self._lock:
            self._pictures += 1
            now = time.monotonic()
            if now - self._since >= COST_SECONDS:
                cpu = time.process_time()
                self._seconds = (cpu - self._cpu) / self._pictures
                self._since, self._cpu, self._pictures = now, cpu, 0


@dataclass
class Pace:
    """What a run is to do next and not before when; times are seconds on one clock.

    Attributes:
        months_wanted: Months still to simulate; infinity while it plays.
        hurry: How many of these come as fast as possible, whatever the speed.
        speed: Months a second.
        next_month_at: When the next month may come.
        next_frame_at: When the next picture may come.
        frame_seconds: Shortest time between two pictures.
        drawn: Number of the last picture that was drawn.
    """

    months_wanted: float = 0.0
    hurry: int = 0
    speed: float = DEFAULT_SPEED
    next_month_at: float = 0.0
    next_frame_at: float = 0.0
    frame_seconds: float = 1 / FRAMES_PER_SECOND
    drawn: int = 0

    def want(self, months: float, now: float) -> None:
        """A visitor wants so many months."""
        self.months_wanted, self.hurry = months, 0
        self.next_month_at = now

    def begin(self, months: int) -> None:
        """A run begins with so many months at once, unless more are wanted already."""
        self.months_wanted, self.hurry = max(float(months), self.months_wanted), months

    def set_speed(self, speed: float, now: float) -> None:
        """Change the speed, from the next month on."""
        self.speed = speed
        self.next_month_at = now

    def month_done(self, now: float) -> None:
        """One month less to simulate."""
        self.months_wanted = max(self.months_wanted - 1, 0)
        pause = 0.0 if self.hurry else 1 / self.speed
        self.hurry = max(self.hurry - 1, 0)
        self.next_month_at = max(self.next_month_at + pause, now)

    def frame_shown(self, now: float) -> None:
        """A picture has gone out."""
        self.next_frame_at = now + self.frame_seconds

    def may_show(self, number: int, now: float) -> bool:
        """Whether the next picture may go out while it plays.

        It is time, and the one before `number`, the last, was drawn. One picture is on its way while the browser draws
        another: they come between months only, so that each would otherwise wait for the month after the drawing.
        """
        return now >= self.next_frame_at and self.drawn >= number - 1
