"""Looking at agents, contracts, zones and shippers in a real browser."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser


@pytest.mark.thorough
def test_one_of_every_kind_is_found_by_searching_and_shown(visit):
    visitor = visit(path="/inspect")
    page = visitor.page
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    for months in (1, 2, 3):
        visitor.press("Step")
        visitor.see(re.compile(f"Paused · {months} of"))
    heading = page.locator(".lm-headline h1")
    expect(heading).to_have_text("USPS")
    expect(page.locator(".lm-binds", has_text="debt ceiling")).to_contain_text("at the limit")
    search = page.get_by_label("Search in Look at")
    for words, label, name in (
        ("ups", "UPS carrier", "UPS"),
        ("regulator", "Regulator agent", "Regulator"),
        (
            "amazon usps",
            "Amazon with USPS, from October 2022",
            "Amazon with USPS, from October 2022",
        ),
        ("texas rural", "Texas, rural", "Texas, rural"),
        ("small", "Small shippers", "Small shippers"),
        ("shipper 12", "Large shipper 12", "Large shipper 12"),
    ):
        search.fill(words)
        page.get_by_role("button", name=re.compile(f"^{label}")).first.click()
        expect(heading).to_have_text(name)
        expect(page.get_by_role("heading", name="What happened", exact=True).last).to_be_visible()
        expect(page.locator(".lm-plot svg").first).to_be_attached()
    search.fill("nothing like this")
    visitor.see("Nothing is called like that.")
    expect(page).to_have_url(re.compile(r"/inspect\?.*what=shipper:12"))
    assert visitor.errors == []


@pytest.mark.thorough
def test_the_address_says_what_is_looked_at_and_a_wrong_one_is_explained_on_a_narrow_dark_page(visit):
    visitor = visit(390, 844, "dark", path="/inspect?what=zone:AK-rural")
    page = visitor.page
    expect(page.locator(".lm-headline h1")).to_have_text("Alaska, rural", timeout=PATIENT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{visitor.url}/inspect?what=carrier:nobody")
    visitor.see("There is no 'carrier:nobody' in this run; this is USPS.", PATIENT)
    assert visitor.errors == []


def test_the_network_and_one_of_many_small_shippers(visit):
    visitor = visit(path="/inspect?month=2025-03&set.n_shippers=300&set.n_enterprise_shippers=20")
    page = visitor.page
    visitor.see("USPS, a national carrier · at the end of March 2025", PATIENT)
    expect(page.locator(".lm-headline p").first).to_have_text(re.compile("^Look at anyone in the market"))
    read = page.locator("main").inner_text()
    for jargon in ("Enterprise", "carriage", "Distress measures\n", "Used\n"):
        assert jargon not in read, jargon
    card = page.get_by_role("region", name="Who depends on whom")
    expect(card.locator(".lm-ribbon path").first).to_be_attached()
    card.get_by_text("In words").click()
    expect(card.get_by_role("listitem").first).to_contain_text("Amazon")
    expect(card).to_contain_text("under a contract at $")
    card.get_by_role("link", name=re.compile("^Small shippers")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lm-headline h1")).to_have_text("Small shippers")
    field = page.get_by_label("Number", exact=True)
    field.fill("99999")
    page.get_by_role("button", name="Look at it").click()
    visitor.see(re.compile(r"number: 99999 is not allowed; it must be a whole number from 1 to \d+"))
    field.fill("17")
    field.press("Enter")
    expect(page.locator(".lm-headline h1")).to_have_text("Small shipper 17")
    expect(page).to_have_url(re.compile("what=small:17"))
    expect(page.get_by_role("region", name="Where its parcels go")).to_contain_text("Rural")
    expect(page.get_by_role("region", name="Its last change of carrier")).to_be_visible()
    assert visitor.errors == []


@pytest.mark.thorough
def test_a_contract_of_the_bargaining_table_opens_here(visit):
    visitor = visit(path="/bargaining")
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    visitor.page.get_by_role("link", name="Amazon with USPS").click()
    expect(visitor.page.locator(".lm-headline h1")).to_have_text("Amazon with USPS, from October 2022")
    assert visitor.errors == []


def test_an_event_opens_what_it_tells_about(visit):
    visitor = visit(path="/inspect")
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    for months in (1, 2):
        visitor.press("Step")
        visitor.see(re.compile(f"Paused · {months} of"))
    visitor.page.get_by_role("link", name="Amazon and USPS open talks on last-mile access").click()
    expect(visitor.page).to_have_url(re.compile(r"/bargaining\?.*talks=usps-amazon-2025-02"))
    expect(visitor.page.get_by_role("heading", name="Amazon and USPS").first).to_be_visible()
    assert visitor.errors == []


@pytest.mark.thorough
def test_on_a_phone_the_names_of_the_network_are_whole_and_apart(visit):
    visitor = visit(390, 844, "light", "/inspect?month=2025-02&set.n_shippers=200&set.n_enterprise_shippers=20")
    visitor.page.locator(".lm-network.narrow .lm-party").first.wait_for(timeout=PATIENT)
    inside, boxes = visitor.page.evaluate(
        """() => { const sides = (b) => [b.left, b.top, b.right, b.bottom];
            const of = (part) => sides(part.getBoundingClientRect());
            const all = [...document.querySelectorAll('.lm-network text')];
            return [of(document.querySelector('.lm-network')), all.map(of)]; }"""
    )
    assert len(boxes) == 16
    for left, top, right, bottom in boxes:
        assert left >= inside[0] - 1
        assert right <= inside[2] + 1
        others = [b for b in boxes if b != [left, top, right, bottom]]
        # Lines of one name may touch; those of two do not.
        assert not any(b[0] < right and left < b[2] and b[1] < bottom - 4 and top < b[3] - 4 for b in others)
    assert visitor.errors == []
