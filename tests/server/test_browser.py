"""A visitor in a real browser, who can reach nothing but this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
BRIEF, PATIENT = 10_000, 45_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(  # a machine that must have a browser says so, and then its absence fails
        shutil.which(CHROMIUM) is None and not os.environ.get("REQUIRE_BROWSER"),
        reason=f"no Chromium at {CHROMIUM} (set CHROMIUM)",
    ),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_context()  # one for all, so that the browser's files are read once
        browser.close()


class Visitor:
    """One tab; notes what goes wrong and where requests go."""

    def __init__(self, page, url: str) -> None:
        self.page, self.url = page, url
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("response", lambda answer: answer.status >= 400 and self.errors.append(f"{answer.status} {answer.url}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda websocket: self.requests.append(websocket.url))
        page.goto(url)
        self.ready()

    def ready(self) -> None:
        self.see(re.compile(r"Paused · 0 of \d+ months"), PATIENT)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def see(self, text: str | re.Pattern[str], timeout: int = BRIEF) -> None:
        playwright.expect(self.page.get_by_text(text).first).to_be_visible(timeout=timeout)

    def months_done(self) -> int:
        return int(self.page.locator("progress").evaluate("bar => bar.value"))


@pytest.fixture
def visit(chromium, server_url):
    pages = []

    def visit(width: int = 1280, height: int = 900, colours: str = "light") -> Visitor:
        page = chromium.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=colours)
        return Visitor(page, server_url)

    yield visit
    for page in pages:
        page.close()


def test_a_visitor_watches_the_market(visit):
    visitor = visit()
    page = visitor.page
    assert page.evaluate("document.documentElement.lang") == "en"
    visitor.see("Press play to start in January 2025.")

    visitor.press("Step")
    visitor.see(re.compile("Paused · 1 of"))
    visitor.see(re.compile("^January 2025: "))

    page.get_by_label("Speed", exact=True).fill("4")
    assert page.get_by_label("Speed", exact=True).get_attribute("aria-valuetext") == "as fast as possible"
    visitor.press("Play")
    visitor.see(re.compile("Playing · [3-9]|Playing · [1-9][0-9]"), PATIENT)
    visitor.press("Pause")
    visitor.see(re.compile("Paused · "))
    paused_at = visitor.months_done()
    assert paused_at >= 3
    page.wait_for_timeout(500)
    assert visitor.months_done() == paused_at

    label = page.locator("[role=img]").first.get_attribute("aria-label")
    assert re.search(r"Parcels by carrier, million parcels a month, \w+ 20\d\d: USPS [\d,]+, Amazon [\d,]+", label)
    assert page.evaluate("[...document.querySelectorAll('canvas')].every(c => c.width > 0)")
    assert page.locator("canvas").count() == 4

    page.locator("[data-state=TX]").click()
    playwright.expect(page.get_by_role("heading", name="Texas")).to_be_visible()
    page.get_by_label("Show", exact=True).select_option(label="Amazon's own share")
    visitor.press("Rural")
    assert re.fullmatch(r"Texas: \d+(\.\d)? %", page.locator("[data-state=TX]").get_attribute("aria-label"))
    assert page.locator("[data-state=DC]").get_attribute("aria-label") == "District of Columbia: no figure"

    visitor.press("Reset")
    visitor.ready()
    assert visitor.errors == []
    hosts = {urlsplit(url).netloc for url in visitor.requests if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(visitor.url).netloc}


def test_another_scenario_and_seed_in_one_tab_leave_the_other_tab_alone(visit):
    one, two = visit(), visit()
    one.page.get_by_label("Scenario", exact=True).select_option("withdraw")
    one.see(re.compile("Amazon withdraws · seed 1"))
    one.page.get_by_label("Seed", exact=True).fill("12")
    one.page.get_by_label("Seed", exact=True).press("Enter")
    one.see(re.compile("Amazon withdraws · seed 12"))
    playwright.expect(one.page.locator(".lm-headline").get_by_text("forced")).to_be_visible()
    two.press("Step")
    two.see(re.compile("Paused · 1 of"))
    two.see(re.compile("Left to bargaining · seed 1"))
    assert one.months_done() == 0
    one.page.get_by_label("Seed", exact=True).fill("-4")
    one.page.get_by_label("Seed", exact=True).press("Enter")
    one.see(re.compile("seed must be between 0 and"))
    assert one.errors == two.errors == []


def test_dark_and_narrow(visit):
    visitor = visit(390, 844, "dark")
    page = visitor.page
    visitor.press("Step")
    visitor.see(re.compile("Paused · 1 of"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    dark = page.evaluate("getComputedStyle(document.querySelector('.lm-shell')).backgroundColor")
    visitor.press("Use light colours")
    light = page.evaluate("getComputedStyle(document.querySelector('.lm-shell')).backgroundColor")
    assert dark != light
    page.reload()
    visitor.ready()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert visitor.errors == []
