"""When months and pictures come, with a clock of one's own."""

from __future__ import annotations

import pytest

from server.stepping import pace
from server.stepping.pace import Pace, PictureCost


def test_months_come_at_the_speed_that_is_wanted():
    clock = Pace(speed=4.0)
    clock.want(float("inf"), now=10.0)
    assert clock.next_month_at == 10.0
    clock.month_done(now=10.05)
    assert clock.next_month_at == pytest.approx(10.25)
    clock.month_done(now=11.0)  # late: what was missed is not caught up in a rush
    assert clock.next_month_at == 11.0


def test_months_at_once_do_not_wait_and_then_rest():
    clock = Pace(speed=0.001)
    clock.begin(2)
    for now in (1.0, 2.0):
        assert clock.months_wanted > 0
        clock.month_done(now)
        assert clock.next_month_at == now
    assert clock.months_wanted == 0


def test_a_picture_waits_for_its_time_and_no_more_than_one_is_on_its_way():
    clock = Pace()
    clock.frame_seconds = 0.5
    clock.frame_shown(now=1.0)
    clock.drawn = 5
    assert not clock.may_show(7, now=2.0)
    clock.drawn = 6
    assert not clock.may_show(7, now=1.4)
    assert clock.may_show(7, now=1.5)


def test_the_cost_of_pictures_is_that_of_the_whole_process(monkeypatch):
    now = {"monotonic": 0.0, "process_time": 100.0}
    for name in now:
        monkeypatch.setattr(pace.time, name, lambda name=name: now[name])
    cost = PictureCost()
    for _ in range(9):
        cost.count()
    assert cost.seconds == 0.0  # not known yet
    now.update(monotonic=pace.COST_SECONDS, process_time=100.2)
    cost.count()
    assert cost.seconds == pytest.approx(0.02)
