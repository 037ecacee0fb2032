"""Messages to a browser leave together: one hand-over to the event loop for a whole picture.

Solara hands every message of a dozen widgets to the event loop by itself and waits until it has left; with twenty
visitors that was two thirds of the server's processor time. Here the thread that draws leaves its messages behind, and
one task for each connection sends all that has come together.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from typing import Any

from server.solara_inside import WebSocketDisconnect, send_by

logger = logging.getLogger(__name__)

# What may wait for one browser; who draws for one that reads too slowly waits as well, as it did without an outbox.
MAX_WAITING_BYTES = 4 * 2**20


class Outbox:
    """What one connection is still to be sent, in order.

    Args:
        connection: Solara's wrapper of the socket.
        limit: Bytes that may wait.
    """

    def __init__(self, connection: Any, limit: int = MAX_WAITING_BYTES) -> None:
        self._connection, self._limit = connection, limit
        self._changed = threading.Condition()
        self._waiting: deque[str | bytes] = deque()
        self._bytes = 0
        self._sending = False
        self._broken = False
        self._task: asyncio.Task[None] | None = None  # held, as the loop does not

    def put(self, data: str | bytes) -> None:
        """Leave a message to be sent.

        Raises:
            WebSocketDisconnect: The connection is gone.
        """
        with self._changed:
            self._check()
            self._waiting.append(data)
            self._bytes += len(data)
            begins, self._sending = not self._sending, True
        if begins:
            try:
                self._connection.event_loop.call_soon_threadsafe(self._begin)
            except RuntimeError as error:  # the loop is closed: the server ends
                self._break()
                raise WebSocketDisconnect from error
        if threading.get_ident() != self._connection._thread_id:  # the loop's own thread must not wait for itself
            with self._changed:
                self._changed.wait_for(lambda: self._bytes <= self._limit or self._broken)
                self._check()

    def _check(self) -> None:
        if self._broken:
            raise WebSocketDisconnect

    def _break(self) -> None:
        with self._changed:
            self._broken, self._bytes = True, 0
            self._waiting.clear()
            self._changed.notify_all()

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while (data := self._next()) is not None:
                if isinstance(data, bytes):
                    await self._connection._send_bytes_exc(data)
                else:
                    await self._connection._send_text_exc(data)
                with self._changed:
                    self._bytes -= len(data)
                    self._changed.notify_all()
        except WebSocketDisconnect:
            self._break()
        except Exception as error:
            self._break()
            logger.warning("a connection failed: %s: %s", type(error).__name__, error)
        except asyncio.CancelledError:
            self._break()
            raise

    def _next(self) -> str | bytes | None:
        with self._changed:
            if not self._waiting:
                self._sending = False
                return None
            return self._waiting.popleft()


def send_together() -> None:
    """From now on have all connections send through an outbox of their own."""

    def put(self: Any, data: str | bytes) -> None:
        outbox = self.__dict__.get("_outbox")
        if outbox is None:
            outbox = self.__dict__.setdefault("_outbox", Outbox(self))
        outbox.put(data)

    send_by(put)
