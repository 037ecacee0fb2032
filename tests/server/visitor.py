"""A visitor in a real browser: one tab that notes what goes wrong and where requests go."""

from __future__ import annotations

import os
import re
import shutil

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PATIENT = 60_000  # the machine may be busy: nothing that must come is waited for more briefly

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(  # a machine that must have a browser says so, and then its absence fails
        shutil.which(CHROMIUM) is None and not os.environ.get("REQUIRE_BROWSER"),
        reason=f"no Chromium at {CHROMIUM} (set CHROMIUM)",
    ),
]


class Visitor:
    """One tab, of one who was there before unless told else; notes what goes wrong and where requests go."""

    def __init__(self, page, url: str, path: str = "/", first: bool = False) -> None:
        self.page, self.url = page, url
        if not first:
            page.add_init_script("localStorage.setItem('lastmile:was-here', 'yes')")
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("response", lambda answer: answer.status >= 400 and self.errors.append(f"{answer.status} {answer.url}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda websocket: self.requests.append(websocket.url))
        page.goto(url + path)
        if path == "/" and not first:
            self.ready()

    def ready(self) -> None:
        self.see(re.compile(r"Paused · 0 of \d+ months"), PATIENT)

    def open(self, label: str) -> None:
        """Change to a page by its link in the bar; the session goes on."""
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=label, exact=True).click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def see(self, text: str | re.Pattern[str], timeout: int = PATIENT) -> None:
        from playwright.sync_api import expect

        expect(self.page.get_by_text(text).first).to_be_visible(timeout=timeout)

    def months_done(self) -> int:
        return int(self.page.locator("progress").evaluate("bar => bar.value"))


def tops(*places) -> list[float]:
    """Where some places begin in the page, from above, px: all at one moment, for the page may be scrolling."""
    handles = [place.element_handle() for place in places]
    return handles[0].evaluate("(_, all) => all.map(one => one.getBoundingClientRect().top + scrollY)", handles)
