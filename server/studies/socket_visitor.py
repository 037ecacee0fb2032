"""A visitor without a browser: speaks over the socket as the page does, presses buttons and acknowledges pictures."""

from __future__ import annotations

import asyncio
import json
import struct
import time
import urllib.request
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import websockets

MAX_MESSAGE_BYTES = 2**26


class SocketVisitor:
    """One tab's connection.

    Attributes:
        months: Months that the page has shown, over all runs.
        pictures: Pictures that it was sent.
        errors: What went wrong.
        widest_gap: Longest time between two pictures while it played, seconds.
    """

    def __init__(self, url: str, query: str = "") -> None:
        self.url, self.query = url, query
        self.months = 0
        self.pictures = 0
        self.errors: list[str] = []
        self.widest_gap = 0.0
        self.state: dict[str, Any] = {}
        self._controls = self._frame = ""
        self._last_picture = 0.0
        self._ready = asyncio.Event()

    async def live(self) -> None:
        """Connect, and follow the page until cancelled."""
        try:
            cookie = await asyncio.to_thread(self._cookie)
            kernel, session = str(uuid4()), str(uuid4())
            address = f"{self.url.replace('http', 'ws', 1)}/jupyter/api/kernels/{kernel}/channels?session_id={session}"
            headers = {"Cookie": cookie, "Origin": self.url}
            async with websockets.connect(
                address, additional_headers=headers, max_size=MAX_MESSAGE_BYTES, ping_timeout=60
            ) as self._socket:
                channel = str(uuid4())
                await self._send("comm_open", {"comm_id": channel, "target_name": "solara.control", "data": {}})
                arguments = {"path": f"/?{self.query}", "dark": False, "themes": {}, "appName": None}
                await self._send("comm_msg", {"comm_id": channel, "data": {"method": "run", "args": arguments}})
                async for raw in self._socket:
                    await self._take(read_message(raw))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever it is, it counts as an error of this visitor
            self.errors.append(f"{type(error).__name__}: {error}")

    async def until_ready(self, seconds: float) -> None:
        """Wait until the page has come and the run is set up."""
        await asyncio.wait_for(self._ready.wait(), seconds)

    async def press(self, event: str, data: object = None) -> None:
        """Do on the control panel what a click does."""
        await self._event(self._controls, event, data)

    def _cookie(self) -> str:
        with urllib.request.urlopen(self.url, timeout=60) as answer:
            return str(answer.headers["set-cookie"]).split(";")[0]

    async def _take(self, message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message.get("content", {})
        if kind == "comm_open":
            state = content.get("data", {}).get("state", {})
            if "speeds" in state:
                self._controls = content["comm_id"]
                self._follow(state)
            elif "number" in state:
                self._frame = content["comm_id"]
                await self._draw(state["number"])
        elif kind == "comm_msg" and content.get("data", {}).get("method") == "update":
            state = content["data"]["state"]
            if content["comm_id"] == self._controls:
                self._follow(state)
            elif content["comm_id"] == self._frame and "number" in state:
                await self._draw(state["number"])
        elif kind == "comm_msg" and content.get("data", {}).get("method") == "error":
            self.errors.append(str(content)[:300])

    def _follow(self, state: dict[str, Any]) -> None:
        if state.get("status") == "playing":
            self._last_picture = time.monotonic()  # a wait begins with playing
        before = self.state.get("n_done", 0)
        self.state.update(state)
        self.months += max(0, self.state.get("n_done", 0) - before)
        if self.state.get("status") == "failed":
            self.errors.append("the run failed")
        if self.state.get("status") in ("paused", "playing", "finished"):
            self._ready.set()

    async def _draw(self, number: int) -> None:
        now = time.monotonic()
        if self.pictures and self.state.get("status") == "playing":
            self.widest_gap = max(self.widest_gap, now - self._last_picture)
        self.pictures += 1
        self._last_picture = now
        await self._event(self._frame, "drawn", number)
        if self.state.get("status") == "finished":
            await self.press("reset")
            await self.press("play")

    async def _event(self, comm: str, event: str, data: object) -> None:
        content = {"event": event, "data": data}
        await self._send("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}})

    async def _send(self, kind: str, content: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(make_message(kind, content)))


def make_message(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """A message as the page sends it."""
    header = {
        "msg_id": str(uuid4()),
        "msg_type": kind,
        "session": "study",
        "username": "",
        "version": "5.3",
        "date": datetime.now(UTC).isoformat(),
    }
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
        "buffers": [],
    }


def read_message(raw: str | bytes) -> dict[str, Any]:
    """A message of the server; of a binary one only the part that is JSON."""
    if isinstance(raw, str):
        text: dict[str, Any] = json.loads(raw)
        return text
    (count,) = struct.unpack("!I", raw[:4])
    offsets = struct.unpack(f"!{count}I", raw[4 : 4 * (count + 1)])
    end = offsets[1] if count > 1 else len(raw)
    found: dict[str, Any] = json.loads(raw[offsets[0] : end])
    return found
