"""Messages that leave together: in order, none lost, and neither a slow nor a gone browser does harm."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from solara.server.websocket import WebSocketDisconnect

from server.outbox import Outbox

PATIENCE_SECONDS = 20


class Connection:
    """Stands for Solara's wrapper of a socket."""

    def __init__(self) -> None:
        self.event_loop = asyncio.new_event_loop()
        self.sent: list[str | bytes] = []
        self.may_send = threading.Event()
        self.may_send.set()
        self.gone = False
        self._thread = threading.Thread(target=self.event_loop.run_forever, daemon=True)
        self._thread.start()
        self._thread_id = self._thread.ident

    async def _send_bytes_exc(self, data: str | bytes) -> None:
        while not self.may_send.is_set():
            await asyncio.sleep(0.005)
        if self.gone:
            raise WebSocketDisconnect
        self.sent.append(data)

    _send_text_exc = _send_bytes_exc

    def end(self) -> None:
        self.event_loop.call_soon_threadsafe(self.event_loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self.event_loop.close()


@pytest.fixture
def connection():
    made = Connection()
    yield made
    made.may_send.set()
    made.end()


def eventually(condition: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.01)):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("it did not happen")


def test_all_messages_of_a_thread_leave_in_order(connection):
    outbox = Outbox(connection)
    messages = [f"{i}" if i % 2 else f"{i}".encode() for i in range(500)]
    for message in messages:
        outbox.put(message)
    eventually(lambda: len(connection.sent) == 500)
    assert connection.sent == messages


def test_none_is_lost_between_threads(connection):
    outbox = Outbox(connection)

    def send(name: int) -> None:
        for number in range(200):
            outbox.put(f"{name} {number}")

    threads = [threading.Thread(target=send, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    eventually(lambda: len(connection.sent) == 800)
    for name in range(4):
        assert [m for m in connection.sent if m.startswith(f"{name} ")] == [f"{name} {i}" for i in range(200)]


def test_putting_does_not_wait_for_a_browser_until_much_waits_for_it(connection):
    outbox = Outbox(connection, limit=100)
    connection.may_send.clear()
    outbox.put(b"x" * 60)
    outbox.put(b"x" * 40)
    blocked = threading.Thread(target=outbox.put, args=(b"y",))
    blocked.start()
    blocked.join(0.1)
    assert blocked.is_alive()
    connection.may_send.set()
    blocked.join(PATIENCE_SECONDS)
    assert not blocked.is_alive()
    eventually(lambda: connection.sent == [b"x" * 60, b"x" * 40, b"y"])


def test_a_browser_that_is_gone_frees_who_waits_and_is_told_to_who_sends(connection):
    outbox = Outbox(connection, limit=10)
    connection.may_send.clear()
    told: list[str] = []

    def send() -> None:
        try:
            outbox.put(b"z" * 20)
        except WebSocketDisconnect:
            told.append("gone")

    blocked = threading.Thread(target=send)
    blocked.start()
    blocked.join(0.1)
    assert blocked.is_alive()
    connection.gone = True
    connection.may_send.set()
    blocked.join(PATIENCE_SECONDS)
    assert told == ["gone"]
    with pytest.raises(WebSocketDisconnect):
        outbox.put(b"more")


def test_the_loops_own_thread_never_waits_for_itself(connection):
    outbox = Outbox(connection, limit=1)
    connection.event_loop.call_soon_threadsafe(outbox.put, b"long enough")
    eventually(lambda: connection.sent == [b"long enough"])
