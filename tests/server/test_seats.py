from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from server import seats
from server.pages.compare.state import comparing_of
from server.session import Session


@pytest.fixture
def open_session(fake_market, monkeypatch):
    monkeypatch.setattr(seats, "_leave", type(seats._leave)())
    opened: list[Session] = []

    def open_session(leave=lambda: None) -> Session:
        session = Session(start=fake_market)
        opened.append(session)
        seats.take_seat(session, leave)
        while session.snapshot.status == "preparing":
            time.sleep(0.005)
        return session

    yield open_session
    for session in opened:
        session.close()
        session.join(20)


def test_a_closed_session_leaves_its_seat(open_session):
    one, two = open_session(), open_session()
    assert set(seats.sessions()) == {one, two}
    one.close()
    assert seats.sessions() == [two]


def test_nothing_of_a_closed_session_stays_even_where_leaving_its_page_needs_it(fake_market, monkeypatch):
    monkeypatch.setattr(seats, "_leave", {})
    session = Session(start=fake_market)
    seats.take_seat(session, session.close)
    comparing_of(session).follower = session.snapshot, session
    gone = weakref.ref(session)
    session.close()
    session.join(20)
    assert seats.sessions() == []
    del session
    gc.collect()
    assert gone() is None


def test_only_a_session_left_alone_for_long_gives_way_and_its_page_is_closed(open_session):
    left = threading.Event()
    one, two = open_session(left.set), open_session()
    assert not seats.make_room()
    two.step()
    later = time.monotonic() + seats.IDLE_SECONDS + 1
    assert seats.make_room(later)
    assert left.wait(5)
    assert seats.sessions() == [two]
    assert one.is_closed


def test_a_session_that_plays_is_never_idle(open_session, fake_market):
    session = Session(start=lambda choice: fake_market(choice, step_seconds=0.05))
    seats.take_seat(session, lambda: None)
    session.play()
    while session.snapshot.status != "playing":
        time.sleep(0.005)
    assert time.monotonic() - session.touched_at < 1
    session.close()
    session.join(20)


def test_health_counts_and_names_nobody(open_session):
    open_session()
    health = seats.health()
    assert health["status"] == "ok"
    assert (health["sessions"], health["playing"], health["sessions_max"]) == (1, 0, seats.max_sessions())
    assert health["memory_bytes"] > 10e6
    assert all(isinstance(value, int) for name, value in health.items() if name != "status")


@pytest.mark.parametrize("text", ["0", "-3", "many", "1.5"])
def test_a_limit_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("LASTMILE_MAX_SESSIONS", text)
    with pytest.raises(ValueError, match="LASTMILE_MAX_SESSIONS must be a whole number above 0"):
        seats.max_sessions()
