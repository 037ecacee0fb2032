"""Twenty visitors at once: do all of them get on, and does the server's memory stay where it is?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from server.studies.servers import CHROMIUM, FLAGS, Server
from server.studies.socket_visitor import SocketVisitor

OPENING_SECONDS = 180
SAMPLE_SECONDS = 5.0
TOP_SPEED = 4


@dataclass(frozen=True)
class Crowd:
    """What many visitors find.

    Attributes:
        visitors: How many there were over the socket.
        seconds: How long they stayed together.
        steps_per_second: Months a second by visitor.
        pictures_per_second: Pictures a second by visitor.
        widest_gap: Longest time that any of them waited for a picture, seconds.
        browser_pictures_per_second: Pictures a second in the one Chromium beside them.
        errors: What went wrong at visitors, in the browser's console and in the server's log.
        memory_before: Bytes of the server before they came.
        memory: Bytes of the server while they were there, sampled.
        processes: Processes that simulated months.
    """

    visitors: int
    seconds: float
    steps_per_second: tuple[float, ...]
    pictures_per_second: tuple[float, ...]
    widest_gap: float
    browser_pictures_per_second: float
    errors: tuple[str, ...]
    memory_before: int
    memory: tuple[int, ...]
    processes: int


async def measure_crowd(server: Server, visitors: int, seconds: float, with_browser: bool = True) -> Crowd:
    """Let visitors with different seeds play at top speed together, and one Chromium among them unless told."""
    before = await _until_up(server)
    crowd = [SocketVisitor(server.url, f"seed={seed}") for seed in range(1, visitors + 1)]
    lives = [asyncio.create_task(visitor.live()) for visitor in crowd]
    await asyncio.gather(*(visitor.until_ready(OPENING_SECONDS) for visitor in crowd))
    async with _chromium(server.url) if with_browser else _nobody() as beside:
        for visitor in crowd:
            await visitor.press("speed", TOP_SPEED)
            await visitor.press("play")
        began, memory = time.monotonic(), []
        months, pictures = [v.months for v in crowd], [v.pictures for v in crowd]
        while (stayed := time.monotonic() - began) < seconds:
            await asyncio.sleep(min(SAMPLE_SECONDS, seconds - stayed))
            memory.append((await asyncio.to_thread(server.health))["memory_bytes"])
            await beside.look()
        stayed = time.monotonic() - began
    for life in lives:
        life.cancel()
    errors = [error for visitor in crowd for error in visitor.errors] + beside.complaints
    errors += ["an error in the server's log"] * server.complaints()
    return Crowd(
        visitors,
        stayed,
        tuple((v.months - m) / stayed for v, m in zip(crowd, months, strict=True)),
        tuple((v.pictures - p) / stayed for v, p in zip(crowd, pictures, strict=True)),
        max(visitor.widest_gap for visitor in crowd),
        beside.painted / stayed,
        tuple(errors),
        before["memory_bytes"],
        tuple(memory),
        before["processes"],
    )


async def _until_up(server: Server) -> dict[str, int]:
    """The server's counts once all its processes have come up, so that their memory is not taken for the visitors'."""
    deadline = time.monotonic() + OPENING_SECONDS
    while True:
        health = await asyncio.to_thread(server.health)
        if health["processes_ready"] == health["processes"]:
            return health
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server's processes did not come up in {OPENING_SECONDS} s: {health}")
        await asyncio.sleep(0.2)


class Beside:
    """Whoever watches in a browser beside the visitors over the socket; here nobody.

    Attributes:
        painted: Pictures painted so far.
        complaints: Errors in its console.
    """

    def __init__(self) -> None:
        self.painted = 0
        self.complaints: list[str] = []

    async def look(self) -> None:
        """Take note of how far it is."""


class _Chromium(Beside):
    def __init__(self, page: Any) -> None:
        super().__init__()
        self._page = page
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    async def look(self) -> None:
        """Count its pictures, and start again where its run has come to its end."""
        self.painted = await self._page.evaluate("window.painted")
        await _play_again(self._page)


@asynccontextmanager
async def _nobody() -> AsyncIterator[Beside]:
    yield Beside()


@asynccontextmanager
async def _chromium(url: str) -> AsyncIterator[Beside]:
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        beside = _Chromium(page)
        await _play(page, url)
        yield beside
        await browser.close()


async def _play(page: Any, url: str) -> None:
    from server.studies.browser import COUNT_FRAMES

    await page.goto(f"{url}/?seed=1", timeout=OPENING_SECONDS * 1000)
    button = page.get_by_role("button", name="Play", exact=True)
    await button.wait_for(timeout=OPENING_SECONDS * 1000)
    await page.get_by_label("Speed", exact=True).fill("4")
    await page.evaluate(COUNT_FRAMES)
    await button.click(timeout=OPENING_SECONDS * 1000)


async def _play_again(page: Any) -> None:
    """Start again where the run has come to its end."""
    if "Finished" in (await page.locator(".lm-progress").text_content() or ""):
        await page.get_by_role("button", name="Reset", exact=True).click()
        await page.get_by_role("button", name="Play", exact=True).click(timeout=OPENING_SECONDS * 1000)


def crowd_text(crowd: Crowd) -> str:
    """The part of the section about many visitors."""
    steps, pictures = np.array(crowd.steps_per_second), np.array(crowd.pictures_per_second)
    megabytes = np.array(crowd.memory) / 1e6
    settled = megabytes[len(megabytes) // 4 :]  # the first runs fill their records; after that nothing should grow
    each = (float(np.median(settled)) - crowd.memory_before / 1e6) / (crowd.visitors + 1)
    growth = settled[-1] - settled[0] if len(settled) > 1 else 0.0
    errors = f"{len(crowd.errors)}: {crowd.errors[0]}" if crowd.errors else "none"
    rows = (
        ("months a second and visitor, slowest", f"{steps.min():.2f}", "at least 2"),
        ("the same, median and fastest", f"{np.median(steps):.2f} and {steps.max():.2f}", ""),
        ("pictures a second and visitor, slowest", f"{pictures.min():.2f}", "at least 0.5"),
        ("longest wait for a picture, s", f"{crowd.widest_gap:.1f}", ""),
        ("pictures a second in the Chromium beside them", f"{crowd.browser_pictures_per_second:.2f}", "at least 0.5"),
        ("errors", errors, "none"),
        ("memory for each session, MB", f"{each:.1f}", ""),
        ("memory of the server, MB: first to last after settling", f"{settled[0]:.0f} to {settled[-1]:.0f}", "flat"),
    )
    table = "\n".join(f"| {what} | {found} | {wanted} |" for what, found, wanted in rows)
    return f"""{crowd.visitors} visitors over the socket and one Chromium, all at top speed for {crowd.seconds:.0f} s:

| many visitors | found | wanted |
| --- | ---: | ---: |
{table}

Months are simulated by {crowd.processes} processes beside the one that draws; together they make {steps.sum():.0f}
months a second here. Visitors share them evenly (turns are handed round), and pictures become rarer before months do.
Memory, of all processes together, changed by {growth:+.1f} MB over the last three quarters of the time."""
