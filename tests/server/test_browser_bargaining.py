"""The bargaining table in a real browser."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.server.visitor import BRIEF, PATIENT, needs_browser

pytestmark = needs_browser
expect.set_options(timeout=BRIEF)


def step(visitor, months: int) -> None:
    for _ in range(months):
        done = int(re.search(r"(\d+) of", visitor.page.locator(".lm-transport-card p").inner_text())[1])
        visitor.press("Step")
        visitor.see(re.compile(f"Paused · {done + 1} of"))


def test_offers_converge_and_limits_are_shown_on_request(visit):
    visitor = visit(path="/bargaining?set.n_shippers=150")
    page = visitor.page
    visitor.see("Nobody talks yet in this run.", PATIENT)
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    step(visitor, 6)
    chart = page.locator("[role=img]").first
    expect(chart).to_have_attribute("aria-label", re.compile(r"Amazon bids \$[\d.]+, USPS asks \$[\d.]+$"))
    assert page.evaluate("[...document.querySelectorAll('.lm-plot svg')].some(s => s.clientWidth > 0)")
    visitor.press("Reveal what each side could accept")
    expect(chart).to_have_attribute("aria-label", re.compile(r"takes at least \$[\d.]+, Nash price \$[\d.]+"))
    visitor.see("Zone of agreement")
    page.get_by_role("button", name="What is Zone of agreement?").click()
    visitor.see(re.compile("Prices that leave both better off"))
    page.get_by_role("button", name=re.compile("Amazon and FedEx")).click()
    expect(page.get_by_role("heading", name="Amazon and FedEx")).to_be_visible()
    expect(page.get_by_role("button", name="urban", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="rural", exact=True).click()
    expect(page.get_by_role("heading", name="Amazon and FedEx, rural")).to_be_visible()
    expect(page.get_by_role("region", name="Table of contracts")).to_contain_text("Amazon with USPS")
    assert visitor.errors == []


def answer(visitor, price: str) -> str:
    """Answer what is asked: accept where possible, else name a price; return what was asked."""
    page = visitor.page
    question = page.locator(".lm-question")
    expect(question).to_be_visible(timeout=PATIENT)
    asked = question.inner_text()
    accept = page.get_by_role("button", name=re.compile("^Accept"))
    if accept.count():
        accept.click()
    else:
        page.get_by_label(re.compile("^Your price")).fill(price)
        page.get_by_role("button", name=re.compile("this price$")).click()
    expect(page.get_by_text(asked)).to_have_count(0, timeout=PATIENT)
    return asked


def test_a_visitor_plays_amazon_to_a_contract_and_sees_what_the_model_would_have_done(visit):
    visitor = visit(path="/bargaining")
    page = visitor.page
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    visitor.press("Play Amazon")
    visitor.see(re.compile("March 2025, round 1 of 20: it is your turn"), PATIENT)
    visitor.see("You play Amazon")
    expect(page.get_by_role("button", name="Reveal what each side could accept")).to_have_count(0)
    page.get_by_label("Your price").fill("9")
    visitor.press("Name this price")
    visitor.see(re.compile(r"\$9\.00 is above your own limit"))
    visitor.press("What would the model do?")
    visitor.see(re.compile(r"The model's own strategy would name \$\d\.\d\d here"))
    asked, over = [], page.get_by_text("These talks are over.")
    while len(asked) < 12 and not over.count():
        asked.append(answer(visitor, "2.6"))
        expect(page.locator(".lm-question").or_(over).first).to_be_visible(timeout=PATIENT)
    assert len(asked) > 3
    visitor.see("These talks are over.", PATIENT)
    comparison = page.get_by_role("region", name="You and the model")
    expect(comparison).to_contain_text("Amazon's delivery costs", timeout=PATIENT)
    visitor.see(re.compile(r"You: [A-Z][a-z]+ 2026: .* agree on \$\d\.\d\d"), PATIENT)
    visitor.see(re.compile("it is no finding"))
    visitor.open("Watch")
    visitor.see(re.compile("Left to bargaining · seed 1 · played by hand"))
    assert visitor.errors == []


def test_a_visitor_leaves_the_table_and_gives_the_seat_back_on_a_narrow_dark_page(visit):
    visitor = visit(390, 844, "dark", path="/bargaining?set.n_shippers=150")
    page = visitor.page
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    visitor.press("Play USPS")
    visitor.see(re.compile(r"March 2025, round 1 of 20: Amazon bids \$\d\.\d\d a parcel"), PATIENT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.press("Leave the table")
    visitor.press("Really leave: no contract")
    visitor.see("You have left the table: no contract. Play on to see what follows from it.", PATIENT)
    visitor.press("Give the seat back")
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    expect(page.get_by_text("played by hand")).to_have_count(0)
    assert visitor.errors == []


def test_where_amazons_volume_is_imposed_no_seat_is_offered_and_the_run_stays(visit):
    visitor = visit(path="/bargaining?scenario=withdraw")
    visitor.see(re.compile("Amazon withdraws · seed 1 · Paused · 0 of"), PATIENT)
    visitor.press("Play Amazon")
    visitor.see(re.compile("No seat here: in 'Amazon withdraws' the parcels of Amazon at USPS are imposed"))
    visitor.see(re.compile("Paused · 0 of"))
    assert visitor.errors == []


def test_a_reload_takes_the_seat_and_gives_it_back_with_the_answers(visit):
    visitor = visit(path="/bargaining?set.n_shippers=200&set.n_enterprise_shippers=20")
    page = visitor.page
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    visitor.press("Play Amazon")
    visitor.see(re.compile("March 2025, round 1 of 20: it is your turn"), PATIENT)
    page.get_by_label(re.compile("^Your price")).fill("1.5")
    visitor.press("Name this price")
    question = page.locator(".lm-question")
    expect(question).to_contain_text("round 2 of 20", timeout=PATIENT)
    asked = question.inner_text()
    visitor.open("Watch")
    page.reload()
    visitor.see(re.compile("You were playing Amazon, and loading the page anew has ended that run"), PATIENT)
    visitor.see(re.compile("Paused · "), PATIENT)
    expect(page.get_by_text("played by hand")).to_have_count(0)
    visitor.press("Give my answer again")
    expect(page).to_have_url(re.compile("/bargaining"))
    expect(question).to_have_text(asked, timeout=PATIENT)
    page.get_by_text("What you have done (1)").click()
    visitor.see(re.compile(r"Round 1: you name \$1\.50"))
    # Given back of one's own will, it is not offered any more.
    visitor.press("Give the seat back")
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    page.reload()
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    expect(page.get_by_text(re.compile("You were playing"))).to_have_count(0)
    assert visitor.errors == []
