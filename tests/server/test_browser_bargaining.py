"""The bargaining table in a real browser."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser


def step(visitor, months: int) -> None:
    for _ in range(months):
        done = int(re.search(r"(\d+) of", visitor.page.locator(".lm-transport-card p").inner_text())[1])
        visitor.press("Step")
        visitor.see(re.compile(f"Paused · {done + 1} of"))


def test_offers_converge_and_limits_are_shown_on_request(visit):
    visitor = visit(path="/bargaining")
    page = visitor.page
    visitor.see("Nobody talks yet in this run.", PATIENT)
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    step(visitor, 6)
    chart = page.locator("[role=img]").first
    expect(chart).to_have_attribute("aria-label", re.compile(r"Amazon Logistics bids [\d.]+ \$, USPS asks [\d.]+ \$$"))
    assert page.evaluate("[...document.querySelectorAll('canvas')].some(c => c.width > 0)")
    visitor.press("Reveal what each side could accept")
    expect(chart).to_have_attribute("aria-label", re.compile(r"takes at least [\d.]+ \$, Nash price [\d.]+ \$"))
    visitor.see("Zone of agreement")
    page.get_by_role("button", name="What is Zone of agreement?").click()
    visitor.see(re.compile("Prices that leave both better off"))
    page.get_by_role("button", name=re.compile("Amazon Logistics and FedEx")).click()
    expect(page.get_by_role("heading", name="Amazon Logistics and FedEx")).to_be_visible()
    expect(page.get_by_role("button", name="urban", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="rural", exact=True).click()
    expect(page.get_by_role("heading", name="Amazon Logistics and FedEx, rural")).to_be_visible()
    expect(page.get_by_role("region", name="Table of contracts")).to_contain_text("Amazon Logistics with USPS")
    assert visitor.errors == []
