"""Pictures of every page, and the Story's stage in motion, for the README and the documentation.

python -m server.studies.screenshots --out docs/images [--months 20] [--only stage ending animation] [--shippers N]

Each page in four looks: wide and narrow, light and dark. The animation is made by the page's own clock, which stands
still while a picture is taken: it shows what a visitor sees in twenty seconds, however busy the machine is.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from server.pages.story import opening_choice
from server.studies.servers import CHROMIUM, FLAGS, Server, running
from server.work.stores import VARIABLE

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

# Ending of the name, width, height, colours.
LOOKS: tuple[tuple[str, int, int, Literal["light", "dark"]], ...] = (
    ("light", 1280, 900, "light"),
    ("dark", 1280, 900, "dark"),
    ("narrow", 390, 844, "light"),
    ("narrow-dark", 390, 844, "dark"),
)
PATIENCE_MS = 180_000
RESULT_MS = 900_000  # small runs, on a machine that may be busy
# The animation: twenty seconds from the month in which the talks are under way, small enough for the top of a README.
ANIMATED = "animation"
ANIMATED_FROM = 9
SECONDS, FRAMES_PER_SECOND, ANIMATION_WIDTH = 20, 6, 900
ANIMATED_SIZE: ViewportSize = {"width": 1280, "height": 800}
MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class Scene:
    """What is on a picture.

    Attributes:
        address: Path and query of the page, with `{month}` and `{seed}` of the run.
        ready: Waits until all is there that the picture shows.
        top: Selector of the part that a narrow picture begins with; empty for the top of the page.
    """

    address: str
    ready: Callable[[Any], None]
    top: str = ""


def screenshot_pages(server: Server, out: Path, months: int, names: Sequence[str], query: str = "") -> list[Path]:
    """Pictures of the pages in each look.

    Args:
        server: Serves them.
        out: Folder for the pictures.
        months: How many months of the run are done.
        names: Which of `SCENES`.
        query: What else the address says of the run.
    """
    from playwright.sync_api import sync_playwright

    made = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in names:
            scene = SCENES[name]
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(PATIENCE_MS)
            address = scene.address.format(month=month_after(months), seed=opening_choice().seed)
            page.goto(f"{server.url}/{address}{query if '?' in address else ''}")
            scene.ready(page)
            for ending, width, height, colours in LOOKS:
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=colours)
                # Where the form comes first, the picture is of what it has found.
                top = scene.top if scene.top and width < 820 else ".lm-shell"
                page.locator(top).first.evaluate("part => part.scrollIntoView()")
                page.mouse.move(1, 1)
                page.wait_for_timeout(1500)
                path = out / f"{name}-{ending}.png"
                path.write_bytes(smaller(page.screenshot()))
                made.append(path)
            page.close()
        browser.close()
    return made


def _told(page: Any) -> None:
    """Waits until the Story shows the month of the address."""
    page.wait_for_function("() => window.lastmile?.story?.n > 0 && lastmile.story.wanted === null")
    page.wait_for_timeout(1500)


def _ended(page: Any) -> None:
    """Waits for both roads to their end."""
    page.get_by_text("The other road: the same luck").wait_for(timeout=RESULT_MS)
    page.wait_for_timeout(1500)


def _paused(page: Any) -> None:
    page.get_by_text("Paused · ").first.wait_for()
    page.wait_for_timeout(2500)


def _asked(page: Any) -> None:
    """Waits until the moves of the address are made, between which the one in the seat is asked only for a moment."""
    bid, asked = page.get_by_role("button", name=re.compile("^Bid")), ""
    while not bid.is_visible() or asked != page.locator("h1").first.inner_text():
        bid.wait_for(timeout=RESULT_MS)
        asked = page.locator("h1").first.inner_text()
        page.wait_for_timeout(5000)


def _compared(page: Any) -> None:
    page.locator(".lm-results .lm-plot svg").first.wait_for()
    page.wait_for_timeout(2500)


def _experiment(page: Any) -> None:
    """Fill in a small grid, start it and wait for its figures."""
    _fill(page, {"Name": "build-and-cost", "Last month": "2026-12", "Vary": "amazon_own_cost_multiplier"})
    page.get_by_label("Shippers", exact=True).select_option("500")
    page.get_by_role("button", name="Check and time", exact=True).click()
    page.get_by_role("button", name="Start", exact=True).click(timeout=RESULT_MS)
    page.get_by_text("32 of 32 runs are done").wait_for(timeout=RESULT_MS)
    _compared(page)


def _fill(page: Any, values: dict[str, str]) -> None:
    for label, value in values.items():
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Tab")


def _shown(page: Any) -> None:
    page.locator(".lm-page svg").first.wait_for()
    page.wait_for_timeout(4000)


SCENES = {
    "story": Scene("story?beat=1", _told),
    "stage": Scene("story?seed={seed}&month={month}", _told),
    "watch": Scene("?seed={seed}&month={month}", _paused),
    "negotiate": Scene("bargaining?seat=amazon&seed={seed}&moves=2.2-2.3-2.45-2.6", _asked),
    "ending": Scene("story?seed={seed}&month=2030-12&scene=end", _ended),
    "compare": Scene("compare", _compared, top=".lm-results"),
    "experiments": Scene("experiments", _experiment, top=".lm-results"),
    "inspect": Scene("inspect?seed={seed}&month={month}", _shown),
    "evidence": Scene("evidence", _shown),
}


def month_after(months: int) -> str:
    """The month so many months from the start on, such as "2026-08"."""
    return f"{2025 + (months - 1) // 12}-{(months - 1) % 12 + 1:02d}"


def smaller(picture: bytes) -> bytes:
    """The same picture with 256 colours, which suffice for flat charts; rare ones too, such as those of markers."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def animate_stage(server: Server, out: Path, seconds: float = SECONDS, query: str = "") -> Path:
    """The Story's stage while a road plays: parcels flow, parties speak, offers meet.

    Args:
        server: Serves it.
        out: Folder for the animation.
        seconds: How long it is.
        query: What else the address says of the run.
    """
    from playwright.sync_api import sync_playwright

    start = month_after(ANIMATED_FROM + 1)
    needed = ANIMATED_FROM + 1 + round(seconds / 0.33) + 3  # none is shorter than a third of a second; see story.js
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=ANIMATED_SIZE, color_scheme="light")
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{server.url}/story?seed={opening_choice().seed}&month={start}{query}")
        page.wait_for_function("() => window.lastmile?.story?.n > 0")
        page.evaluate("lastmile.story.onplay()")  # what is to be played is simulated first
        wanted = f"() => lastmile.story.n >= Math.min({needed}, lastmile.story.total)"
        page.wait_for_function(wanted, timeout=RESULT_MS)
        page.wait_for_timeout(1500)
        pictures = _record(page, seconds)
        browser.close()
    path = out / "stage.webp"
    for quality in (60, 45, 30, 20):
        pictures[0].save(
            path,
            save_all=True,
            append_images=pictures[1:],
            duration=round(1000 / FRAMES_PER_SECOND),
            loop=0,
            quality=quality,
            method=4,
        )
        if path.stat().st_size <= MAX_BYTES:
            break
    return path


def _record(page: Any, seconds: float) -> list[Image.Image]:
    """Pictures at even distances of the page's own time."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.evaluate("lastmile.story.play()")
    taken = []
    for _ in range(round(seconds * FRAMES_PER_SECOND)):
        page.clock.run_for(round(1000 / FRAMES_PER_SECOND))
        taken.append(_shrunk(page.screenshot()))
    return taken


def _shrunk(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    height = round(image.height * ANIMATION_WIDTH / image.width)
    return image.resize((ANIMATION_WIDTH, height), Image.Resampling.LANCZOS)


def main() -> None:
    """Make all pictures."""
    parser = argparse.ArgumentParser(prog="python -m server.studies.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder for the pictures")
    parser.add_argument("--months", type=int, default=20, help="months of the run on the pictures")
    parser.add_argument("--only", nargs="+", choices=(*SCENES, ANIMATED), default=(*SCENES, ANIMATED))
    parser.add_argument("--shippers", type=int, help="a smaller market, to try this out")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = str(Path(folder) / "results")  # so that no sweep of this machine is on the pictures
        made = _all(Path(folder), options)
    for path in made:
        print(f"{path} {path.stat().st_size / 1000:.0f} kB")


def _all(folder: Path, options: argparse.Namespace) -> list[Path]:
    made = []
    query = "" if options.shippers is None else f"&set.n_shippers={options.shippers}"
    with running(folder) as server:
        made += screenshot_pages(
            server, options.out, options.months, [name for name in options.only if name in SCENES], query
        )
        if ANIMATED in options.only:
            made.append(animate_stage(server, options.out, query=query))
    return made


if __name__ == "__main__":
    main()
