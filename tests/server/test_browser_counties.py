"""The county map in a real browser: by click, by name, by keys; what the address keeps; differences on Compare."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.server.test_browser_all_pages import serious
from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser
SMALL = "set.n_shippers=60&set.n_enterprise_shippers=6"


def shapes_asked_for(visitor) -> int:
    return sum("counties.bin" in url for url in visitor.requests)


@pytest.mark.thorough
def test_counties_are_drawn_when_asked_for_and_one_is_chosen_by_click_name_and_keys(visit, tmp_path):
    visitor = visit(path=f"/?scenario=withdraw&month=2025-03&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 3 of"), PATIENT)
    assert shapes_asked_for(visitor) == 0
    visitor.press("Counties")
    expect(page.locator(".lm-place")).to_have_count(3122, timeout=PATIENT)
    expect(page).to_have_url(re.compile(r"map=counties.*month=2025-03"))
    expect(page.locator("[data-county='31005']")).to_have_attribute("fill", re.compile("^#"), timeout=PATIENT)
    heading = page.locator(".lm-county h3")
    expect(heading).to_have_text(re.compile("United States"), timeout=PATIENT)
    page.locator("[data-county='48243']").click()
    expect(heading).to_have_text(re.compile("Jeff Davis County, TX"))
    expect(page).to_have_url(re.compile("county=48243"), timeout=PATIENT)
    page.get_by_label("Find a county", exact=True).fill("travis tx")
    visitor.press("Travis County, TX")
    expect(heading).to_have_text(re.compile("Travis County, TX"))
    visitor.see("Since the start")
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    expect(heading).not_to_have_text(re.compile("Travis"))
    assert visitor.months_done() == 3  # the arrows did not look back
    page.get_by_label("Show", exact=True).select_option(label="Price paid, with surcharges")
    expect(page).to_have_url(re.compile("layer=price_per_parcel_usd"), timeout=PATIENT)
    page.get_by_role("button", name="Change since January 2025").click()
    expect(page).to_have_url(re.compile("layer=price_per_parcel_usd&mode=1"), timeout=PATIENT)
    page.get_by_text("As a table").click()
    expect(page.get_by_role("region", name=re.compile("by county, table")).locator("tbody tr")).to_have_count(60)
    with page.expect_download(timeout=PATIENT) as download:
        page.get_by_role("button", name="All counties as CSV").click()
    download.value.save_as(tmp_path / "counties.csv")
    assert len((tmp_path / "counties.csv").read_text().splitlines()) == 3123
    assert serious(page) == []
    page.reload()
    expect(heading).to_be_visible(timeout=PATIENT)
    expect(page.get_by_label("Show", exact=True)).to_have_value("price_per_parcel_usd")
    visitor.press("States")
    expect(page.locator("[data-state=TX]")).to_be_visible()
    assert visitor.errors == []


def test_on_a_phone_the_map_is_no_wider_than_the_page(visit):
    visitor = visit(390, 844, "dark", f"/?map=counties&layer=on_time_share&county=48453&month=2025-02&{SMALL}")
    page = visitor.page
    expect(page.locator(".lm-county h3")).to_have_text(re.compile("Travis County"), timeout=PATIENT)
    expect(page.locator(".lm-place")).to_have_count(3122, timeout=PATIENT)
    visitor.press("Zoom in")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert serious(page) == []
    assert visitor.errors == []


@pytest.mark.thorough
def test_differences_by_county_on_compare(visit):
    visitor = visit(path="/compare")
    page = visitor.page
    for label, value in {"Pairs of runs": "2", "Last month": "2025-04"}.items():
        field = page.get_by_label(label, exact=True)
        field.fill(value, timeout=PATIENT)
        field.press("Tab")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("button", name="Show the map of the counties").click(timeout=4 * PATIENT)
    expect(page.locator(".lm-place")).to_have_count(3122, timeout=PATIENT)
    visitor.see("Not to be told from luck")
    visitor.see(re.compile("With 2 seeds luck alone"))
    visitor.see(re.compile("A single county is an illustration"))
    page.get_by_label("Find a county", exact=True).fill("arthur ne")
    visitor.press("Arthur County, NE")
    expect(page.locator(".lm-county h3")).to_have_text(re.compile("Arthur County, NE"))
    expect(page).to_have_url(re.compile(r"/compare\?map=counties.*county=31005"))
    visitor.see("Difference (standard error)")
    assert serious(page) == []
    assert visitor.errors == []
