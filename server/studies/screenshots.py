"""Pictures of every page, and of a run in motion, for the README and the documentation.

python -m server.studies.screenshots --out docs/images [--months 24] [--only watch]
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from server.studies.servers import CHROMIUM, FLAGS, Server, running
from server.work.stores import VARIABLE

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

PAGES = ("watch", "bargaining", "compare", "experiments", "inspect", "evidence")
LABELS = {"bargaining": "Negotiate"}  # where the label is not the address
# Ending of the name, width, height, colours.
LOOKS: tuple[tuple[str, int, int, Literal["light", "dark"]], ...] = (
    ("light", 1280, 900, "light"),
    ("dark", 1280, 900, "dark"),
    ("narrow", 390, 844, "light"),
)
PATIENCE_MS = 180_000
RESULT_MS = 900_000  # small runs, on a machine that may be busy
# The animation: twenty seconds, with the map and two charts whole on it, and small enough for the top of a README.
SECONDS, FRAMES_PER_SECOND, ANIMATION_WIDTH = 20, 5, 900
ANIMATED_SIZE: ViewportSize = {"width": 1120, "height": 1090}
MAX_BYTES = 4_000_000


def screenshot_pages(server: Server, out: Path, months: int, only: str | None = None) -> list[Path]:
    """One picture of each page in each look, of one run of which some months are done, and of results."""
    from playwright.sync_api import sync_playwright

    made = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.url}/?month={_month(months)}")
        page.get_by_text(f"Paused · {months} of").wait_for(timeout=PATIENCE_MS)
        for name in PAGES if only is None else (only,):
            _open(page, name)
            if name in RESULTS:
                RESULTS[name](page)
            for ending, width, height, colours in LOOKS:
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=colours)
                # Where the form comes first, the picture is of what it has found.
                top = page.locator(".lm-results") if width < 820 and name in RESULTS else page.locator(".lm-shell")
                top.first.evaluate("part => part.scrollIntoView()")
                page.mouse.move(1, 1)
                page.wait_for_timeout(1500)
                path = out / f"{name}-{ending}.png"
                path.write_bytes(smaller(page.screenshot()))
                made.append(path)
        browser.close()
    return made


def _open(page: Any, name: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    if name != "watch":
        page.get_by_role("navigation", name="Pages").get_by_role(
            "link", name=LABELS.get(name, name.capitalize())
        ).click()
        page.wait_for_url(f"**/{name}*")
    page.wait_for_timeout(2500)


def _compare(page: Any) -> None:
    """Fill in a small comparison and wait for it."""
    _fill(page, {"Seeds per run": "5", "Last month": "2027-12"})
    page.get_by_label("Shippers", exact=True).select_option("500")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("Done in").wait_for(timeout=RESULT_MS)
    page.locator(".lm-results .lm-plot svg").first.wait_for(timeout=PATIENCE_MS)


def _experiment(page: Any) -> None:
    """Fill in a small grid, start it and wait for its figures."""
    _fill(page, {"Name": "build-and-cost", "Last month": "2026-12", "Vary": "amazon_own_cost_multiplier"})
    page.get_by_label("Shippers", exact=True).select_option("500")
    page.get_by_role("button", name="Check and time", exact=True).click()
    page.get_by_role("button", name="Start", exact=True).click(timeout=RESULT_MS)
    page.get_by_text("32 of 32 runs are done").wait_for(timeout=RESULT_MS)
    page.locator(".lm-results .lm-plot svg").first.wait_for(timeout=PATIENCE_MS)


def _fill(page: Any, values: dict[str, str]) -> None:
    for label, value in values.items():
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Tab")


RESULTS = {"compare": _compare, "experiments": _experiment}


def _month(months: int) -> str:
    return f"{2025 + (months - 1) // 12}-{(months - 1) % 12 + 1:02d}"


def smaller(picture: bytes) -> bytes:
    """The same picture with 256 colours, which suffice for flat charts; rare ones too, such as those of markers."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def animate_run(server: Server, out: Path) -> Path:
    """A run in motion, from the first month on, as it looks in real time at four months a second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=ANIMATED_SIZE, color_scheme="light")
        page.goto(f"{server.url}/?seed=1")  # a first visit without a run would be told the story
        page.locator(".lm-state").first.wait_for(timeout=PATIENCE_MS)
        page.get_by_role("button", name="Play", exact=True).click(timeout=PATIENCE_MS)
        pictures, milliseconds = _record(page)
        browser.close()
    path = out / "run.webp"
    for quality in (70, 55, 40, 25):
        pictures[0].save(
            path,
            save_all=True,
            append_images=pictures[1:],
            duration=milliseconds,
            loop=0,
            quality=quality,
            method=4,
        )
        if path.stat().st_size <= MAX_BYTES:
            break
    return path


def _record(page: Any) -> tuple[list[Image.Image], list[int]]:
    """Pictures, and for how many milliseconds each one stands: a slow machine makes fewer ones, not a faster run."""
    taken, at = [], []
    began = time.monotonic()
    while (now := time.monotonic() - began) < SECONDS:
        at.append(now)
        taken.append(page.screenshot())
        time.sleep(max(0.0, began + now + 1 / FRAMES_PER_SECOND - time.monotonic()))
    milliseconds = [round(1000 * (end - start)) for start, end in pairwise([*at, float(SECONDS)])]
    return [_shrunk(picture) for picture in taken], milliseconds


def _shrunk(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    height = round(image.height * ANIMATION_WIDTH / image.width)
    return image.resize((ANIMATION_WIDTH, height), Image.Resampling.LANCZOS)


def main() -> None:
    """Make all pictures."""
    parser = argparse.ArgumentParser(prog="python -m server.studies.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder for the pictures")
    parser.add_argument("--months", type=int, default=36, help="months of the run on the pictures")
    parser.add_argument("--only", choices=PAGES, help="a single page, and no animation")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = str(Path(folder) / "results")  # so that no sweep of this machine is on the pictures
        made = _all(Path(folder), options)
    for path in made:
        print(f"{path} {path.stat().st_size / 1000:.0f} kB")


def _all(folder: Path, options: argparse.Namespace) -> list[Path]:
    with running(folder) as server:
        made = screenshot_pages(server, options.out, options.months, options.only)
        if options.only is None:
            made.append(animate_run(server, options.out))
    return made


if __name__ == "__main__":
    main()
