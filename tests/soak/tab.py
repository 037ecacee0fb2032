"""One tab of a browser that nobody sees: opens a page, knows every widget on it, presses what can be pressed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import urllib.request
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import uuid4

import websockets

from server.studies.socket_visitor import MAX_MESSAGE_BYTES, make_message, read_message

WIDGETS, CONTROL = "jupyter.widget.control", "solara.control"
ANSWER_SECONDS = 4.0


class TabError(RuntimeError):
    """What the page should have had, and has not."""


@dataclass(eq=False)
class Tab:
    """One tab and its connection.

    Attributes:
        url: Address of the server.
        address: Path and query of the page that it opens.
        patience: Seconds that it waits for the server.
        draw_seconds: How long it takes to draw a picture; negative never says that it has drawn.
        widgets: State of every widget by the id of its channel.
        complaints: What the server told that should not be.
        is_spoiled: Whether it has told widgets to show something else.
    """

    url: str
    address: str = "/"
    patience: float = 120.0
    draw_seconds: float = 0.1
    widgets: dict[str, dict[str, Any]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    is_spoiled: bool = False
    kernel: str = field(default_factory=lambda: str(uuid4()))
    session: str = field(default_factory=lambda: str(uuid4()))
    cookie: str = ""

    def __post_init__(self) -> None:
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._drawing: set[asyncio.Task[None]] = set()
        self._socket: Any = None
        self._is_started: bool | None = None
        self._opened: set[str] = set()  # channels by which it asks
        self._gone: set[str] = set()  # widgets that were closed; what was said before may come after

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""
        return self._reading is not None and not self._reading.done()

    async def open(self) -> None:
        """Ask for the page and run it.

        Raises:
            urllib.error.HTTPError: It was refused, such as for want of room (503).
            TabError: It did not come.
        """
        self.cookie = await asyncio.to_thread(self._ask_for_page)
        await self._connect()
        channel = await self._open_channel(CONTROL)
        arguments = {"path": self.address, "dark": False, "themes": {}, "appName": None}
        await self.send("comm_msg", {"comm_id": channel, "data": {"method": "run", "args": arguments}})
        await self.until(lambda: self.find("go"), "the bar of the page")

    async def connect_again(self) -> bool:
        """Come back after the connection was lost; a browser then loads the page anew where its session is gone.

        Returns:
            Whether the session was still there; its widgets are known again then.
        """
        self.widgets.clear()
        self._is_started = None
        await self._connect()
        channel = await self._open_channel(CONTROL)
        await self.send("comm_msg", {"comm_id": channel, "data": {"method": "app-status"}})
        await self.until(lambda: self._is_started is not None, "whether the session is still there")
        if not self._is_started:
            await self.leave()
            return False
        for _ in range(1 + int(self.patience // ANSWER_SECONDS)):  # a browser asks again too
            channel = await self._open_channel(WIDGETS)
            await self.send("comm_msg", {"comm_id": channel, "data": {"method": "request_states"}})
            with contextlib.suppress(TabError):
                await self.until(lambda: self.find("go"), "the widgets of the page", ANSWER_SECONDS)
                break
        await self.until(lambda: self.find("go"), "the bar of the page, after connecting again", ANSWER_SECONDS)
        return True

    async def drop(self) -> None:
        """Lose the connection without a word, as a notebook that is closed."""
        if self._socket is not None:
            self._socket.transport.abort()
            await self._end_reading()

    async def leave(self) -> None:
        """Close the tab and say so, as browsers do."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._say_goodbye)
        self.cookie = ""
        if self._socket is not None:
            await self._socket.close()
            await self._end_reading()

    def find(self, *events: str) -> str | None:
        """Channel of the widget that takes all these events; None where the page has no such widget."""
        for channel, state in self.widgets.items():
            if set(events) <= set(state.get("events") or ()):
                return channel
        return None

    def state(self, *events: str) -> dict[str, Any]:
        """State of the widget that takes these events.

        Raises:
            TabError: There is none.
        """
        channel = self.find(*events)
        if channel is None:
            raise TabError(f"nothing here takes {', '.join(events)}")
        return self.widgets[channel]

    async def press(self, event: str, data: Any = None, beside: tuple[str, ...] = ()) -> None:
        """Send an event of the widget that takes it, and these beside it.

        Raises:
            TabError: There is none.
        """
        channel = self.find(event, *beside)
        if channel is None:
            raise TabError(f"nothing here takes {event}")
        await self.tell(channel, event, data)

    async def tell(self, channel: str, event: Any, data: Any) -> None:
        """Send an event over a channel, whatever it may be."""
        content = {"event": event, "data": data}
        await self.send("comm_msg", {"comm_id": channel, "data": {"method": "custom", "content": content}})

    async def send(self, kind: str, content: dict[str, Any]) -> None:
        """Send a message."""
        await self.send_frame(json.dumps(make_message(kind, content)))

    async def send_frame(self, frame: str | bytes) -> None:
        """Send a frame as it is; does nothing where the server has ended the connection."""
        with contextlib.suppress(websockets.ConnectionClosed):
            await self._socket.send(frame)

    async def until(self, found: Any, what: str, seconds: float | None = None) -> None:
        """Wait until something is so; a widget that is asked for may be gone for a moment, when a page is built anew.

        Raises:
            TabError: It was not in time.
        """

        def is_so() -> bool:
            with contextlib.suppress(TabError):
                return bool(found())
            return False

        try:
            async with asyncio.timeout(seconds or self.patience):
                while not is_so():
                    if not self.is_connected:
                        raise TabError(f"the connection ended while waiting for {what}")
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), 1.0)
        except TimeoutError:
            raise TabError(f"{what}: not within {seconds or self.patience:.0f} s") from None

    def _ask_for_page(self) -> str:
        with urllib.request.urlopen(f"{self.url}/", timeout=self.patience) as answer:
            return str(answer.headers["set-cookie"]).split(";")[0]

    def _say_goodbye(self) -> None:
        address = f"{self.url}/_solara/api/close/{self.kernel}?session_id={self.session}"
        request = urllib.request.Request(address, data=b"", method="POST", headers={"Cookie": self.cookie})
        urllib.request.urlopen(request, timeout=self.patience).close()

    async def _connect(self) -> None:
        place = f"/jupyter/api/kernels/{self.kernel}/channels?session_id={self.session}"
        self._socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + place,
            additional_headers={"Cookie": self.cookie, "Origin": self.url},
            max_size=MAX_MESSAGE_BYTES,
            open_timeout=self.patience,
            ping_timeout=None,
        )
        self._reading = asyncio.create_task(self._read())

    async def _open_channel(self, target: str) -> str:
        channel = str(uuid4())
        self._opened.add(channel)
        message = make_message("comm_open", {"comm_id": channel, "target_name": target, "data": {}})
        await self.send_frame(json.dumps({**message, "metadata": {"version": "1.0.0"}}))
        return channel

    async def _end_reading(self) -> None:
        for task in (self._reading, *self._drawing):
            if task is not None:
                task.cancel()
        await asyncio.gather(self._reading, *self._drawing, return_exceptions=True)  # type: ignore[arg-type]

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for raw in self._socket:
                self._take(raw)
                self._changed.set()
        self._changed.set()

    def _take(self, raw: str | bytes) -> None:
        message = read_message(raw)
        kind, content = message["header"]["msg_type"], message.get("content", {})
        channel, data = content.get("comm_id", ""), content.get("data", {})
        if kind == "comm_open":
            self._update(channel, data, buffers_of(raw))
        elif kind == "comm_close":
            self.widgets.pop(channel, None)
            self._gone.add(channel)
        elif kind == "comm_msg" and data.get("method") == "update":
            self._update(channel, data, buffers_of(raw))
        elif kind == "comm_msg" and data.get("method") == "update_states" and channel in self._opened:
            for one, found in data["states"].items():
                self._update(one, found, [])
        elif kind == "comm_msg" and data.get("method") == "app-status":
            self._is_started = data["started"]
        elif kind == "comm_msg" and data.get("method") == "error":
            self.complaints.append(str(data)[:300])

    def _update(self, channel: str, data: dict[str, Any], buffers: list[bytes]) -> None:
        if channel in self._gone:
            return
        state = data.get("state", {})
        for path, content in zip(data.get("buffer_paths", []), buffers, strict=False):
            if len(path) == 2 and isinstance(state.get(path[0]), dict):  # a file that is handed out
                state[path[0]][path[1]] = content
        self.widgets.setdefault(channel, {}).update(state)
        if "number" in state and "drawn" in (self.widgets[channel].get("events") or ()) and self.draw_seconds >= 0:
            task = asyncio.create_task(self._draw(channel, state["number"]))
            self._drawing.add(task)
            task.add_done_callback(self._drawing.discard)

    async def _draw(self, channel: str, number: int) -> None:
        await asyncio.sleep(self.draw_seconds)
        await self.tell(channel, "drawn", number)


def buffers_of(raw: str | bytes) -> list[bytes]:
    """The binary parts of a message."""
    if isinstance(raw, str):
        return []
    (count,) = struct.unpack("!I", raw[:4])
    bounds = [*struct.unpack(f"!{count}I", raw[4 : 4 * (count + 1)]), len(raw)]
    return [raw[begin:end] for begin, end in pairwise(bounds[1:])]
