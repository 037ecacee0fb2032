"""How quick the app is: opening, pictures a second, pausing, and twenty visitors at once.

python -m server.studies.browser [--seconds 600] [--visitors 20] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from experiments.provenance import commit
from experiments.reports.sections import write_section
from server.pages.story import opening_choice
from server.studies.crowd import Crowd, crowd_text, measure_crowd
from server.studies.servers import CHROMIUM, FLAGS, Server, running

OPENINGS, PAUSES = 5, 40
PATIENCE_MS = 120_000
# Counts how often the first chart shows other figures, once for each painted frame, until told to stop.
COUNT_FRAMES = """() => { window.painted = 0; let before = null; const chart = document.querySelector('[role=img]');
    const look = () => { const now = chart.getAttribute('aria-label');
        if (now !== before) { window.painted += 1; before = now; }
        window.counting = requestAnimationFrame(look); }; look(); window.began = performance.now(); }"""
# Goes through the months of the Story, twenty a second for ten seconds, and notes the time between painted frames.
FRAMES_OF_STORY = """() => new Promise((done) => { const story = lastmile.story, found = []; let before = 0;
    story.playing = true;
    const turn = setInterval(() => story.go((story.m + 1) % story.n, 'play'), 50);
    const look = (now) => { if (before) found.push(now - before); before = now;
        if (story.playing) requestAnimationFrame(look); };
    requestAnimationFrame(look);
    setTimeout(() => { clearInterval(turn); story.pause(); story.tell('pause'); done(found); }, 10000); })"""
# Presses play as soon as it can be, and notes when something moves; asks fifty times a second.
PRESS_PLAY = """(() => { let pressed = false; const look = () => {
    const button = [...document.querySelectorAll('button')]
        .find((b) => !b.disabled && (b.getAttribute('aria-label') || b.textContent.trim()) === 'Play');
    if (button && !pressed) { pressed = true; button.click(); }
    if (pressed && (MOVES)) window.moving = performance.now(); else setTimeout(look, 20); };
    look(); })()"""
FRAME_RATE = "() => 1000 * window.painted / (performance.now() - window.began)"
# Presses pause and waits for the page to say so; a run that ends just then, or ten seconds of silence, ends it too.
PAUSE = """() => new Promise((done) => { const began = performance.now();
    const button = [...document.querySelectorAll('button')].find((b) => b.textContent.trim() === 'Pause');
    const panel = document.querySelector('.lm-progress'); if (!button) { done(null); return; }
    const end = (took) => { watch.disconnect(); clearTimeout(late); done(took); };
    const watch = new MutationObserver(() => { if (panel.textContent.includes('Paused')) end(performance.now() - began);
        else if (panel.textContent.includes('Finished')) end(null); });
    const late = setTimeout(() => end(performance.now() - began), 10000);
    watch.observe(panel, { subtree: true, childList: true, characterData: true }); button.click(); })"""


@dataclass(frozen=True)
class Alone:
    """What one visitor finds.

    Attributes:
        opening_seconds: From asking for Watch to a chart with two months, by try.
        story_seconds: From asking for the Story to a stage that shows the second month, by try.
        story_frame_ms: Time between painted frames of the Story at twenty months a second.
        frames_per_second: Painted pictures a second at top speed with a map and five charts.
        steps_per_second: Months a second meanwhile.
        pause_ms: From pressing pause to the page saying so, by try.
    """

    opening_seconds: tuple[float, ...]
    story_seconds: tuple[float, ...]
    story_frame_ms: tuple[float, ...]
    frames_per_second: float
    steps_per_second: float
    pause_ms: tuple[float, ...]


def measure_alone(server: Server) -> Alone:
    """Drive one Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        openings = tuple(open_watch(context.new_page(), server.url, i) for i in range(OPENINGS))
        page = context.pages[-1]
        for other in context.pages[:-1]:
            other.close()
        frames, steps = _frames(page)
        pauses = _pauses(page, PAUSES)
        page.close()
        stories = tuple(open_story(context, server.url) for _ in range(OPENINGS))
        story_frames = _story_frames(context, server.url)
        browser.close()
    return Alone(openings, stories, story_frames, frames, steps, pauses)


def open_watch(page: Any, url: str, seed: int) -> float:
    """Seconds from asking for a page to its first chart that moves: play is pressed as soon as it can be."""
    seconds = _until_it_moves(page, f"{url}/?seed={seed}", "document.querySelector('progress')?.value >= 2")
    page.get_by_role("button", name="Pause", exact=True).click(timeout=PATIENCE_MS)
    return seconds


def open_story(context: Any, url: str) -> float:
    """Seconds from asking for the Story to the second month on its stage: play is pressed as soon as it can be."""
    page = context.new_page()
    seconds = _until_it_moves(page, f"{url}/story?seed={opening_choice().seed}", "lastmile.story?.m >= 1")
    page.close()
    return seconds


def _until_it_moves(page: Any, address: str, moves: str) -> float:
    """Seconds on the clock of the page, which presses play itself: a press from outside takes many steps to and fro.

    Args:
        page: A new one.
        address: What is asked for.
        moves: Whether something moves, in the words of the browser.
    """
    page.add_init_script(PRESS_PLAY.replace("MOVES", moves))
    page.goto(address)
    page.wait_for_function("() => window.moving", timeout=PATIENCE_MS, polling=200)
    return float(page.evaluate("window.moving")) / 1000


def _story_frames(context: Any, url: str) -> tuple[float, ...]:
    """Milliseconds between frames of a whole run that is there already."""
    page = context.new_page()
    page.goto(f"{url}/story?seed={opening_choice().seed}&month=2025-12")
    page.wait_for_function("() => window.lastmile?.story?.n >= 12", timeout=PATIENCE_MS)
    page.evaluate("lastmile.story.onplay()")
    page.wait_for_function("() => lastmile.story.finished", timeout=PATIENCE_MS)
    page.wait_for_timeout(2000)
    found: list[float] = page.evaluate(FRAMES_OF_STORY)
    page.close()
    return tuple(found)


def _clock() -> Callable[[], float]:
    import time

    began = time.monotonic()
    return lambda: time.monotonic() - began


def _frames(page: Any) -> tuple[float, float]:
    """Painted pictures and months a second at top speed."""
    page.get_by_label("Speed", exact=True).fill("4")
    before = page.evaluate("document.querySelector('progress').value")
    page.evaluate(COUNT_FRAMES)
    clock = _clock()
    page.get_by_role("button", name="Play", exact=True).click(timeout=PATIENCE_MS)
    last = page.evaluate("document.querySelector('progress').max")
    page.wait_for_function(f"() => document.querySelector('progress').value >= {last}", timeout=PATIENCE_MS)
    frames, seconds = page.evaluate(FRAME_RATE), clock()
    return float(frames), float((last - before) / seconds)


def _pauses(page: Any, tries: int) -> tuple[float, ...]:
    """Milliseconds from pressing pause, at moments of chance, to the page saying so."""
    luck = np.random.default_rng(1)
    found: list[float] = []
    while len(found) < tries:
        text = page.locator(".lm-progress").text_content()
        if "Finished" in text:
            page.get_by_role("button", name="Reset", exact=True).click()
            page.get_by_text("Paused · 0 of").wait_for(timeout=PATIENCE_MS)
        page.get_by_role("button", name="Play", exact=True).click(timeout=PATIENCE_MS)
        page.wait_for_timeout(float(luck.uniform(200, 700)))
        if (milliseconds := page.evaluate(PAUSE)) is not None:
            found.append(float(milliseconds))
        page.wait_for_timeout(50)
    return tuple(found)


def text_of(alone: Alone, crowd: Crowd, load: float) -> str:
    """The section of the performance page."""
    pauses, frames = np.array(alone.pause_ms), np.array(alone.story_frame_ms)
    opened, told = (
        f"{np.median(seconds):.1f} (worst of {len(seconds)}: {max(seconds):.1f})"
        for seconds in (alone.opening_seconds, alone.story_seconds)
    )
    paused = f"{np.percentile(pauses, 95):.0f} (median {np.median(pauses):.0f})"
    rows = (
        ("opening the Story to its stage in motion, s", told, "below 3"),
        (
            "time between frames of the Story at 20 months a second, median, ms",
            f"{np.median(frames):.0f}",
            "at most 17",
        ),
        ("the same, 95th percentile, ms", f"{np.percentile(frames, 95):.0f}", "at most 50"),
        ("opening Watch to the first moving chart, s", opened, "below 5"),
        ("pictures painted a second at top speed, map and charts", f"{alone.frames_per_second:.1f}", "at least 10"),
        ("months a second meanwhile", f"{alone.steps_per_second:.1f}", ""),
        (f"pause takes effect, 95th percentile of {len(pauses)}, ms", paused, "below 200"),
    )
    table = "\n".join(f"| {what} | {found} | {wanted} |" for what, found, wanted in rows)
    return f"""## Browser

Made by `python -m server.studies.browser` (`make browser-study` takes ten minutes) on {date.today()}, commit
{(commit() or "unknown")[:12]}, with headless Chromium on the same {os.cpu_count()} processors as the server; load of
the machine before it began: {load:.1f} (other work makes all times upper limits). The run is `baseline` with all its
shippers.

| one visitor | found | wanted |
| --- | ---: | ---: |
{table}

{crowd_text(crowd)}
"""


def main() -> None:
    """Measure, print, and write the section where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m server.studies.browser", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the visitors stay together")
    parser.add_argument("--visitors", type=int, default=20, help="visitors over the socket, beside one Chromium")
    parser.add_argument("--write", metavar="PAGE", help="page that gets the section")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder)) as server:
            alone = measure_alone(server)
        with running(Path(folder)) as server:
            crowd = asyncio.run(measure_crowd(server, options.visitors, options.seconds))
    text = text_of(alone, crowd, load)
    print(text)
    if options.write:
        write_section(options.write, "browser", text)


if __name__ == "__main__":
    main()
