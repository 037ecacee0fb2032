"""A real server that is sent nonsense, filled up and told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import websockets

sys.path.insert(0, str(Path(__file__).parents[1] / "soak"))

from tab import WIDGETS, Tab

from server.studies.socket_visitor import SocketVisitor
from tests.server.apart import run_apart

SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"
SEATS = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with two seats, soon free again: its address, its process, and what it says on stderr."""
    log = tmp_path_factory.mktemp("hostile") / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "LASTMILE_MAX_SESSIONS": str(SEATS), "SOLARA_KERNEL_CULL_TIMEOUT": "2s"},
        )
    assert process.stdout is not None
    url = re.search(r"http://\S+", process.stdout.readline())[0]
    yield url, process, log
    process.kill()
    process.wait(20)


def status(url: str, **options) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def health(url: str) -> dict:
    with urllib.request.urlopen(f"{url}/health", timeout=30) as answer:
        return json.loads(answer.read())


def send_raw(url: str, request: bytes) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(request)
        with contextlib.suppress(TimeoutError, ConnectionError):
            return line.recv(200)
    return b""


async def send_frames(url: str, frames: list[str | bytes]) -> None:
    """Send each frame on a connection of its own and wait until the server ends it."""
    for frame in frames:
        address = f"{url.replace('http', 'ws', 1)}/jupyter/api/kernels/evil/channels?session_id=evil"
        async with websockets.connect(address, origin=url, additional_headers={"Cookie": "x=y"}) as line:
            await line.send(frame)
            with contextlib.suppress(websockets.ConnectionClosed):
                async with asyncio.timeout(30):
                    while True:
                        await line.recv()


def test_nonsense_hurts_nobody(server):
    url, process, log = server
    hostile = (
        "/%00",
        "/..%2f..%2fetc/passwd",
        "/static/..%2f..%2fserve.py",
        "/static/assets/../../serve.py",
        "/a" * 3000,
    )
    for path in hostile:
        assert status(url + path) in (400, 404, 414), path
    assert status(url + "/_solara/cdn/..%2f..%2f..%2fserve.py") == 404
    assert status(url + "/", data=b"x" * 100_000, method="POST") in (404, 405)
    assert status(url + "/?" + "set.x=1&" * 500) == 200  # the page itself then says what is wrong
    assert b"400" in send_raw(url, b"\x00\xff nonsense\r\n\r\n")
    assert b"403" in send_raw(url, b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
    run = {"header": {"msg_type": "execute_request"}, "content": {"code": "1"}, "channel": "shell"}
    run_apart(send_frames(url, ["hello", b"\x00\x01", "[" * 50_000, "{}", json.dumps(run), "x" * 2_000_000]))
    assert process.poll() is None
    assert health(url)["sessions"] == 0
    assert "Traceback" not in log.read_text(), log.read_text()
    assert "Session id mismatch" in log.read_text()  # of those who claimed the first one's session


def test_a_closed_tab_s_work_stops_and_its_seat_is_free_soon(server):
    url, _, _ = server

    async def come_and_go() -> int:
        visitor = SocketVisitor(url, SMALL)
        life = asyncio.create_task(visitor.live())
        await visitor.until_ready(60)
        await visitor.press("play")
        while visitor.months < 1:
            await asyncio.sleep(0.05)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        return visitor.months

    run_apart(come_and_go())
    deadline = time.monotonic() + 20
    while health(url)["playing"] or health(url)["sessions"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_of_two_tabs_that_come_back_at_once_each_is_told_about_its_own_page(server):
    url, _, log = server

    async def come_back_together() -> None:
        tabs = [Tab(url, f"{page}?{SMALL}", patience=30) for page in ("/", "/evidence")]
        for tab in tabs:
            await tab.open()
        await tabs[0].until(lambda: tabs[0].find("speed"), "the controls of the run")
        channels = [await tab._open_channel(WIDGETS) for tab in tabs]
        for tab, channel in zip(tabs, channels, strict=True):
            own = tab.find("go")
            tab.widgets.clear()
            await tab.send("comm_msg", {"comm_id": channel, "data": {"method": "request_states"}})
            await tab.until(lambda tab=tab, own=own: own in tab.widgets, "its own bar")
        assert tabs[0].find("speed")
        assert not tabs[1].find("speed")
        assert not set(tabs[0].widgets) & set(tabs[1].widgets)
        for tab in tabs:
            await tab.leave()

    run_apart(come_back_together())
    assert "Traceback" not in log.read_text()


# The last one: it stops the server.
def test_a_full_server_says_so_and_a_stop_ends_everything(server):
    url, process, log = server

    async def fill() -> None:
        crowd = [SocketVisitor(url, f"seed={seed}&{SMALL}") for seed in range(SEATS)]
        lives = [asyncio.create_task(visitor.live()) for visitor in crowd]
        for visitor in crowd:
            await visitor.until_ready(60)
            await visitor.press("speed", 4)
            await visitor.press("play")
        while not all(visitor.months >= 2 for visitor in crowd):
            await asyncio.sleep(0.05)
        assert await asyncio.to_thread(status, url) == 503
        assert (await asyncio.to_thread(health, url))["sessions"] == SEATS
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 30)
        assert time.monotonic() - began < 20
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)

    run_apart(fill())
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in log.read_text(), log.read_text()
