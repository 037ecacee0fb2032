"""Pictures of cards that one takes away: the map and the charts, with all that one needs to read them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser
SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"
# Notes every text that is drawn on a canvas, so that a test can read a picture.
LISTEN = """() => { window.drawn = []; const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.drawn.push(text); return draw.call(this, text, ...rest); }; }"""


def saved(visitor, name: str, folder: Path) -> tuple[str, np.ndarray, str]:
    """Press the button that saves a picture: its file name, its pixels, and the texts in it."""
    page = visitor.page
    page.evaluate("window.drawn = []")
    with page.expect_download(timeout=PATIENT) as download:
        visitor.press(name)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG"
        return path.name, np.asarray(image.convert("RGB")), " ".join(page.evaluate("window.drawn"))


def pixels_of(picture: np.ndarray, colour: str) -> int:
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((picture == wanted).all(axis=-1).sum())


@pytest.mark.thorough("dark-390-#1b2029-#3f8ee8")
@pytest.mark.parametrize(
    ("colours", "width", "paper", "usps"), [("light", 1280, "#ffffff", "#2678d0"), ("dark", 390, "#1b2029", "#3f8ee8")]
)
def test_the_map_is_saved_as_it_is_shown_and_says_what_it_shows(visit, tmp_path, colours, width, paper, usps):
    visitor = visit(width, 844, colours, f"/?scenario=withdraw&seed=7&month=2025-02&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 2 of"), PATIENT)
    page.locator("[data-state=TX]").wait_for(timeout=PATIENT)
    assert page.evaluate("document.documentElement.dataset.theme") == colours
    page.evaluate(LISTEN)
    name, leaders, told = saved(visitor, "Save the map as a picture", tmp_path)
    assert name == "who-delivers-most-states.png"
    assert leaders.shape[1] > 1.8 * min(width - 100, 800)
    assert (leaders[0, 0] == [int(paper[i : i + 2], 16) for i in (1, 3, 5)]).all()
    states = int(re.search(r"USPS (\d+) states?", told)[1])
    area = pixels_of(leaders, usps) / leaders[..., 0].size
    assert states > 0
    # DC is counted apart from the 50 states.
    assert sum(map(int, re.findall(r"(\d+) states?\b", told))) == 50
    assert len(re.findall(r"\bDC\b", told)) == 1
    assert area > 0.001 * states  # the states themselves, not only the marker in the legend
    for text in ("Who delivers most", "February 2025", "United States", "Parcels delivered", "million"):
        assert text in told
    assert "Source: The Last Mile" in told
    assert "Amazon withdraws (imposed), with number of enterprise shippers 20, number of shippers 200 · seed 7" in told
    # Another measure, another density, a state that is chosen: another picture, and it says so.
    page.get_by_label("Show", exact=True).select_option(label="Amazon's own share")
    page.get_by_role("group", name="Density").get_by_role("button", name="Rural").click()
    page.locator("[data-state=TX]").click()
    name, shares, told = saved(visitor, "Save the map as a picture", tmp_path)
    assert name == "amazon-s-own-share-states-rural.png"
    assert re.search(r"Amazon's own share .*Rural · February 2025 0 % 100 % Texas rural", told)
    assert pixels_of(shares, usps) < pixels_of(leaders, usps) / 2
    assert pixels_of(shares, usps) > 1000  # the bar of its share, not only the marker before its name
    ends = {"light": ((227, 238, 249), (8, 69, 126)), "dark": ((32, 54, 77), (143, 208, 255))}[colours]
    body = shares[160 : shares.shape[0] // 2, 60 : shares.shape[1] // 2].reshape(-1, 3).astype(int)
    low, high = np.min(ends, axis=0), np.max(ends, axis=0)
    tinted = ((body >= low) & (body <= high)).all(axis=1) & (np.ptp(body, axis=1) > 30)
    assert tinted.mean() > 0.05
    assert visitor.errors == []
    hosts = {urlsplit(url).netloc for url in visitor.requests if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(visitor.url).netloc}


@pytest.mark.thorough
def test_every_chart_of_the_six_pages_has_its_picture(visit, tmp_path):
    visitor = visit(path=f"/?month=2025-04&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 4 of"), PATIENT)
    page.evaluate(LISTEN)
    name, picture, told = saved(visitor, "Save Parcels by carrier as a picture", tmp_path)
    assert name == "parcels-by-carrier.png"
    assert re.search(r"Parcels by carrier million parcels a month · Apr 2025 USPS [\d,]+ Amazon", told)
    assert "Left to bargaining, with number of enterprise shippers 20, number of shippers 200 · seed 1" in told
    assert pixels_of(picture, "#2678d0") > 200
    page.get_by_role("group", name="What Prices shows").get_by_role("button", name="Ground").click()
    page.wait_for_timeout(300)
    name, _, told = saved(visitor, "Save Prices as a picture", tmp_path)
    assert (name, "Ground · $ per parcel · Apr 2025" in told) == ("prices-ground.png", True)
    signs = {
        "Negotiate": ".lm-tall svg",
        "Inspect": ".lm-columns + .lm-cards .lm-plot svg",
        "Evidence": ".lm-still svg",
    }
    for label, some in (("Negotiate", 1), ("Inspect", 5), ("Evidence", 5)):
        visitor.open(label)
        page.locator(signs[label]).nth(some - 1).wait_for(timeout=PATIENT)
        # Charts come one after the other, and the card of each knows by then whether there is something to save.
        page.wait_for_function("[...document.querySelectorAll('.lm-plot')].every((plot) => plot.querySelector('svg'))")
        charts = page.locator(".lm-card:has(.lm-plot svg)")
        buttons = page.locator(".lm-card:has(.lm-plot svg) > header").get_by_role(
            "button", name=re.compile("as a picture$")
        )
        assert charts.count() == buttons.count() >= some, label
        _, picture, told = saved(visitor, buttons.first.get_attribute("aria-label"), tmp_path)
        assert picture.shape[0] > 400, label
        assert "Source: The Last Mile" in told, label
    assert visitor.errors == []
