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


def ready_to_answer(visitor):
    """The headline of the question that waits."""
    expect(visitor.page.locator(".lm-panel")).to_be_visible(timeout=PATIENT)
    return visitor.page.locator(".lm-tells h1")


def round_of(visitor) -> str:
    return visitor.page.locator(".lm-tells .lm-kicker").inner_text()


def name_price(visitor, cents: int) -> None:
    """Move the slider, and name that price."""
    page, before = visitor.page, round_of(visitor)
    page.locator(".lm-dial input").fill(str(cents))
    page.get_by_role("button", name=re.compile(r"^(Bid|Ask) \$")).click()
    expect(page.locator(".lm-tells .lm-kicker")).not_to_have_text(before, timeout=PATIENT)


def live(visitor) -> dict[str, str]:
    """The figures beside the slider."""
    part = visitor.page.locator(".lm-live > div")
    return dict(part.nth(i).inner_text().split("\n") for i in range(part.count()))


def amount(text: str) -> float:
    """Dollars of a text such as $1.12 billion."""
    number, unit = re.fullmatch(r"\$([\d.,]+) (billion|million)", text).groups()
    return float(number.replace(",", "")) * {"billion": 1e9, "million": 1e6}[unit]


SMALL = "set.n_shippers=150&set.n_enterprise_shippers=20"


@pytest.mark.thorough("390-844-dark")
@pytest.mark.parametrize(("width", "height", "colours"), [(1280, 800, "light"), (390, 844, "dark")])
def test_all_of_the_seat_is_on_one_screen(visit, width, height, colours):
    visitor = visit(width, height, colours, path=f"/bargaining?seat=usps&{SMALL}")
    page = visitor.page
    ready_to_answer(visitor)
    page.locator(".lm-dial input").fill("160")  # the red line of words takes its place
    expect(page.locator(".lm-panel.lm-beyond")).to_be_visible()
    assert page.evaluate("[window.scrollX, window.scrollY, document.documentElement.scrollWidth]") == [0, 0, width]
    for part in (".lm-tells h1", ".lm-talks svg", ".lm-live", ".lm-dial input"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part
        assert box["width"] > 100, part
    for name in (r"Ask \$", "Wait", "Leave"):
        box = page.get_by_role("button", name=re.compile(f"^{name}")).bounding_box()
        assert box["y"] + box["height"] <= height, name
        assert box["height"] >= 44, name
    chart = page.locator(".lm-talks svg")
    assert chart.bounding_box()["height"] > 120
    assert "Amazon must order" in chart.inner_html()
    assert "contract ends" in chart.inner_html()
    # A phone has room for two facts; the others are a button away, with what they mean.
    published, more = (
        page.get_by_text("Without a contract a parcel pays"),
        page.get_by_role("button", name="All you know"),
    )
    expect(more).to_be_visible(visible=width < 820)
    if width < 820:
        expect(published).to_be_hidden()
        more.click()
        expect(page.get_by_role("button", name="What is Without a contract a parcel pays?")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    expect(published).to_be_visible()
    assert visitor.errors == []


def test_a_visitor_bids_beyond_the_limit_sees_the_price_of_it_and_how_it_ended(visit):
    visitor = visit(path=f"/bargaining?{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    visitor.press("Play Amazon")
    expect(ready_to_answer(visitor)).to_have_text("You are Amazon. Name your first price.")
    assert "March 2025, round 1 of 20" in round_of(visitor)
    assert page.get_by_role("button", name="Reveal what each side could accept").count() == 0
    # Below the limit a gain, above it a cost, and payment is price times parcels.
    for cents, label, other in (
        (220, "You gain a year", "It costs you a year"),
        (400, "It costs you a year", "You gain"),
    ):
        page.locator(".lm-dial input").fill(str(cents))
        expect(page.get_by_label("Your price, dollars a parcel")).to_have_value(f"{cents / 100:.2f}")
        shown = live(visitor)
        assert label in shown
        assert other not in shown
        parcels = float(shown["Parcels a year"].split()[0]) * 1e6
        assert amount(shown["You pay a year"]) == pytest.approx(parcels * cents / 100, rel=0.01)
    # A price can be typed, too; what lies beyond the slider becomes its end.
    typed, slider = page.get_by_label("Your price, dollars a parcel"), page.locator(".lm-dial input")
    typed.fill("3.07")
    typed.press("Tab")
    expect(slider).to_have_value("307")
    expect(page.get_by_role("button", name="Bid $3.07")).to_be_visible()
    typed.fill("1000")
    typed.press("Tab")
    expect(slider).to_have_value(slider.get_attribute("max"))
    expect(typed).to_have_value(f"{int(slider.get_attribute('max')) / 100:.2f}")
    slider.fill("400")
    expect(page.locator(".lm-warn")).to_contain_text(re.compile(r"Beyond your own limit of \$\d\.\d\d: you may"))
    visitor.press("What would the model do?")
    visitor.see(re.compile(r"The model's own strategy would name \$\d\.\d\d here"))
    # Nothing of what USPS could accept is in the page: its cost and its limit lie near $2.10 in this run.
    before = page.content()
    assert "hidden from you" not in before
    assert "lm-hiddenlimit" not in before
    over = page.locator(".lm-seat.lm-done")
    for _ in range(9):
        name_price(visitor, 400)
        expect(page.locator(".lm-panel").or_(over).first).to_be_visible(timeout=PATIENT)
        if over.count():
            break
    expect(over).to_be_visible(timeout=PATIENT)
    expect(page.get_by_role("img", name=re.compile(r"Score: -?\d+ of 100"))).to_be_visible(timeout=PATIENT)
    told = page.locator(".lm-tells").inner_text()
    assert re.search(r"It costs you \$[\d.,]+ (m|b)illion a year more than having no contract", told)
    assert re.search(r"USPS would have taken at least \$\d\.\d\d at the end", told)
    assert "What one player does is no finding." in told
    assert page.locator(".lm-hiddenlimit").count() == 1
    # The result is in the address, and the same moves bring the same score again.
    assert "seat=amazon" in page.url
    assert re.search(r"moves=(4-)+4&", page.url)
    page.reload()
    expect(page.get_by_role("img", name=re.compile("Score:"))).to_be_visible(timeout=PATIENT)
    assert page.locator(".lm-tells").inner_text() == told
    visitor.press("Watch what follows")
    expect(page).to_have_url(re.compile(r"/\?"))
    visitor.see(re.compile("Left to bargaining.* · seed 1 · played by hand"))
    assert visitor.errors == []


@pytest.mark.thorough
def test_a_visitor_leaves_the_table_shares_it_and_tries_again(visit):
    visitor = visit(390, 844, "dark", path=f"/bargaining?{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    visitor.press("Play USPS")
    expect(ready_to_answer(visitor)).to_have_text(re.compile(r"Amazon bids \$\d\.\d\d\. What do you ask\?"))
    visitor.press("Leave")
    visitor.press("Really leave: no contract")
    visitor.see("No deal. You left the table.", PATIENT)
    expect(page.get_by_role("img", name="Score: 0 of 100")).to_be_visible(timeout=PATIENT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    visitor.press("Share")
    visitor.see("Copied")
    text = page.evaluate("window.copied")
    assert "I bargained for USPS with Amazon and got no deal: 0 of 100." in text
    assert text.endswith(page.url)
    assert "moves=l" in text
    visitor.press("Try again")
    expect(ready_to_answer(visitor)).to_have_text(re.compile(r"Amazon bids \$\d\.\d\d\. What do you ask\?"))
    assert "round 1 of 20" in round_of(visitor)
    visitor.press("Give the seat back")
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    expect(page.get_by_text("played by hand")).to_have_count(0)
    assert "seat=" not in page.url
    assert visitor.errors == []


def test_where_amazons_volume_is_imposed_no_seat_is_offered_and_the_run_stays(visit):
    visitor = visit(path="/bargaining?scenario=withdraw")
    visitor.see(re.compile("Amazon withdraws · seed 1 · Paused · 0 of"), PATIENT)
    visitor.press("Play Amazon")
    visitor.see(re.compile("No seat here: in 'Amazon withdraws' the parcels of Amazon at USPS are imposed"))
    visitor.see(re.compile("Paused · 0 of"))
    assert visitor.errors == []


@pytest.mark.thorough
def test_a_reload_brings_back_the_question_with_the_answers(visit):
    visitor = visit(path=f"/bargaining?seat=amazon&{SMALL}")
    page = visitor.page
    question = ready_to_answer(visitor)
    name_price(visitor, 150)
    expect(page.locator(".lm-tells .lm-kicker")).to_contain_text("round 2 of 20")
    asked = question.inner_text()
    visitor.open("Watch")
    expect(page).to_have_url(re.compile(r"/\?month=2025-04&seat=amazon&moves=1\.5&"))
    page.reload()
    visitor.see("played by hand", PATIENT)
    visitor.open("Negotiate")
    expect(question).to_have_text(asked, timeout=PATIENT)
    page.get_by_text("What you have done (1)").click()
    visitor.see(re.compile(r"Round 1: you name \$1\.50"))
    assert visitor.errors == []


def test_who_comes_to_play_from_a_road_without_a_deal_chooses_a_side_and_can_sign(visit):
    visitor = visit(path=f"/bargaining?sit=choose&scenario=impasse&seed=5&set.amazon_own_cost_multiplier=1.6&{SMALL}")
    page = visitor.page
    visitor.see("Which side do you play?", PATIENT)
    # The page begins with the choice: nothing tells what the two could accept.
    expect(page.locator("main")).not_to_contain_text("pays at most")
    expect(page.locator(".lm-market")).to_contain_text("Left to bargaining, with Amazon own cost multiplier 1.6")
    expect(page.locator(".lm-never")).to_contain_text("You sit down in the usual market, with the same luck")
    visitor.press("Play USPS")
    ready_to_answer(visitor)
    expect(page.locator(".lm-market")).to_contain_text("with Amazon own cost multiplier 1.6")
    expect(page).to_have_url(re.compile(r"seed=5.*seat=usps"))
    assert "impasse" not in page.url
    assert visitor.errors == []


def test_a_seat_in_a_scenario_that_lets_nothing_be_signed_warns_before_and_at_the_table(visit):
    visitor = visit(path=f"/bargaining?scenario=impasse&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("In 'No agreement' nothing can be signed"), PATIENT)
    visitor.press("Play Amazon here all the same")
    ready_to_answer(visitor)
    expect(page.locator(".lm-tells")).to_contain_text("You can bargain here, but not agree.")
    visitor.press("Play the usual market instead")
    expect(page).not_to_have_url(re.compile("scenario=impasse"), timeout=PATIENT)
    ready_to_answer(visitor)
    expect(page.locator(".lm-tells")).not_to_contain_text("nothing can be signed:")
    assert visitor.errors == []
