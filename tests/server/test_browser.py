"""A visitor in a real browser, who can reach nothing but this machine."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser


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
    assert page.evaluate("[...document.querySelectorAll('.lm-plot svg')].every(s => s.clientWidth > 0)")
    assert page.locator(".lm-plot svg").count() == 5

    # A count of states says whose parcels are counted: the Story counts those of rural households.
    counted = page.locator(".lm-counted")
    expect(counted).to_contain_text("the parcels of all households, in cities, suburbs and the countryside")
    visitor.press("Rural")
    expect(counted).to_contain_text("the parcels of rural households")
    page.locator("[data-state=TX]").click()
    expect(page.get_by_role("heading", name="Texas")).to_be_visible()
    page.get_by_label("Show", exact=True).select_option(label="Amazon's own share")
    assert re.fullmatch(r"Texas: \d+(\.\d)? %", page.locator("[data-state=TX]").get_attribute("aria-label"))
    assert page.locator("[data-state=DC]").get_attribute("aria-label") == "District of Columbia: no figure"

    visitor.press("Reset")
    visitor.ready()
    assert visitor.errors == []
    hosts = {urlsplit(url).netloc for url in visitor.requests if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(visitor.url).netloc}


@pytest.mark.thorough
def test_another_scenario_and_seed_in_one_tab_leave_the_other_tab_alone(visit):
    one, two = visit(), visit()
    one.page.get_by_label("Scenario", exact=True).select_option("withdraw")
    one.see(re.compile("Amazon withdraws · seed 1"))
    one.page.get_by_label("Seed", exact=True).fill("12")
    one.page.get_by_label("Seed", exact=True).press("Enter")
    one.see(re.compile("Amazon withdraws · seed 12"))
    expect(one.page.locator(".lm-headline").get_by_text("imposed")).to_be_visible()
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
    visitor.see(re.compile("Paused · 1 of"), PATIENT)
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert visitor.errors == []


@pytest.mark.thorough
def test_the_run_goes_on_while_its_visitor_looks_at_another_page(visit):
    visitor = visit()
    visitor.press("Step")
    visitor.see(re.compile("Paused · 1 of"))
    for label in ("Negotiate", "Compare", "Experiments", "Inspect", "Evidence"):
        visitor.open(label)
        path = "bargaining" if label == "Negotiate" else label.lower()
        expect(visitor.page).to_have_url(f"{visitor.url}/{path}?month=2025-01")
        visitor.open("Watch")
        visitor.see(re.compile("Paused · 1 of"))
    assert visitor.errors == []
