"""Keyboard, paper and figures that agree: what every page owes to those who do not watch with a mouse."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser
SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"
PAGES = ("story", "", "bargaining", "compare", "experiments", "inspect", "evidence")
NAMES = {"": "Watch", "bargaining": "Negotiate"}  # of pages whose address is not their name
FOCUS = "(e => e.getAttribute('aria-label') || e.textContent.trim())(document.activeElement)"
# Stops of the Tab key in what is shown now, one line each.
STOPS = """scope => [...document.querySelectorAll(scope)].flatMap(part => [...part.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex]')]).filter(e => e.tabIndex >= 0 && !e.disabled
    && e.checkVisibility({ visibilityProperty: true })).map(e => e.outerHTML.slice(0, 90))"""

SHOWN = "[...document.querySelectorAll('{}')].filter(e => e.checkVisibility()"
FLOATING = (
    SHOWN.format("body *")
    + """ && ['fixed', 'sticky'].includes(getComputedStyle(e).position)
    && e.getBoundingClientRect().height > 1).map(e => e.outerHTML.slice(0, 90))"""
)
CUT_OFF = (
    SHOWN.format("main *")
    + """ && ['auto', 'scroll'].includes(getComputedStyle(e).overflowY)
    && e.scrollHeight > e.clientHeight + 2).map(e => e.outerHTML.slice(0, 90))"""
)
HEADS = """[...document.querySelectorAll('main h2')].map(h => h.cloneNode(true)).map(h => {
    h.querySelectorAll('lm-help').forEach(q => q.remove()); return h.textContent.trim(); })"""


def at(visit, months: int, **options):
    """A visitor of a small run that stands at the end of so many months."""
    visitor = visit(path=f"/?month=2025-{months:02}&{SMALL}", **options)
    visitor.see(re.compile(f"Paused · {months} of"), PATIENT)
    return visitor


def to(visitor, name: str) -> None:
    """Change to a page of the bar and wait until it stands."""
    visitor.open(NAMES.get(name, name.capitalize()))
    visitor.page.wait_for_url(re.compile(rf"/{name}(\?|$)"))
    visitor.page.locator("main").first.wait_for(timeout=PATIENT)
    visitor.page.wait_for_timeout(400)


def test_the_handle_of_the_month_stands_where_its_label_says(visit):
    visitor = at(visit, 2)
    page = visitor.page
    slider = page.get_by_label("Month", exact=False).and_(page.locator("#lm-month"))
    for month in (3, 4, 5):
        visitor.press("Step")
        visitor.see(re.compile(f"Paused · {month} of"))
        told = slider.evaluate("one => [one.value, one.max, one.getAttribute('aria-valuetext')]")
        assert told[:2] == [str(month), str(month)]
        assert told[2].startswith(("March", "April", "May")[month - 3])
    assert visitor.errors == []


@pytest.mark.thorough
def test_what_was_pressed_by_key_keeps_the_focus(visit):
    """Play becomes Pause, and what goes away by a press leaves the focus to what stands there next."""
    visitor = at(visit, 2)
    page = visitor.page
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("Enter")
    visitor.see(re.compile("Playing · "))
    assert page.evaluate(FOCUS) == "Pause"
    page.keyboard.press("Enter")
    visitor.see(re.compile("Paused · "))
    assert page.evaluate(FOCUS) == "Play"
    page.get_by_role("button", name="Reset", exact=True).focus()
    page.keyboard.press("Enter")
    visitor.ready()
    page.wait_for_function(f"({FOCUS}) === 'Reset'")
    to(visitor, "inspect")
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("Enter")
    visitor.see(re.compile("Playing · "))
    assert page.evaluate(FOCUS) == "Pause"
    page.keyboard.press("Enter")
    visitor.see(re.compile("Paused · "))
    to(visitor, "")
    page.locator("[data-state=TX]").press("Enter")
    page.get_by_role("button", name="Whole country").press("Enter")
    expect(page.get_by_role("button", name="Whole country")).to_have_count(0)
    page.wait_for_function("document.activeElement !== document.body")
    assert visitor.errors == []


def test_every_page_has_a_way_past_the_bar_and_few_stops_in_maps_and_lists(visit):
    visitor = at(visit, 2)
    page = visitor.page
    for name in PAGES:
        to(visitor, name)
        page.evaluate("document.activeElement.blur()")
        first = page.evaluate(STOPS, "body")[0]
        assert "Skip to the content" in page.locator("a.lm-skip").inner_text(), name
        assert "lm-skip" in first, name
        page.locator("a.lm-skip").press("Enter")
        assert page.evaluate("document.activeElement.tagName") == "MAIN", name
        maps = page.evaluate(STOPS, "main svg")
        assert len(maps) <= 12, (name, maps)  # the stage of the Story has a stop for each party
        for scope in (".lm-picker ul", ".lm-timeline", ".lm-events"):
            # In one question: a page that was left may still be on its way out.
            lists, stops = page.evaluate(f"scope => [document.querySelectorAll(scope).length, ({STOPS})(scope)]", scope)
            assert len(stops) <= lists, (name, scope)
    assert visitor.errors == []


@pytest.mark.thorough
def test_arrows_lead_through_map_list_and_chart(visit):
    visitor = at(visit, 3)
    page = visitor.page
    assert len(page.evaluate(STOPS, ".lm-map svg")) == 1
    page.locator("[data-state=TX]").focus()
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.state") == "OK"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Oklahoma")).to_be_visible()
    assert visitor.months_done() == 3
    visitor.see(re.compile("^March 2025: "))  # the arrows of the map are none of the run
    chart = page.get_by_role("img", name=re.compile("^Parcels by carrier"))
    chart.focus()
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-label", re.compile("Jan 2025: USPS"))
    page.keyboard.press("ArrowRight")
    expect(chart).to_have_attribute("aria-label", re.compile("Feb 2025: USPS"))
    page.keyboard.press("Escape")
    expect(chart).to_have_attribute("aria-label", re.compile("Mar 2025: USPS"))
    to(visitor, "inspect")
    page.get_by_role("button", name=re.compile("^USPS")).first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUS).startswith("Amazon")
    page.keyboard.press("Enter")
    expect(page.locator(".lm-headline h1")).to_have_text("Amazon")
    assert visitor.errors == []


@pytest.mark.thorough
@pytest.mark.parametrize("width", [760, 1280])
def test_nothing_lies_over_what_is_printed_and_nothing_is_cut_off(visit, width):
    visitor = at(visit, 3, width=width)
    page = visitor.page
    for name in PAGES:
        to(visitor, name)
        page.emulate_media(media="print")
        over = page.evaluate(FLOATING)
        assert over == [], name
        cut = page.evaluate(CUT_OFF)
        assert cut == [], name
        page.emulate_media(media="screen")
    assert visitor.errors == []


def test_charts_out_of_sight_stand_in_a_saved_page_and_in_print(visit):
    visitor = at(visit, 2, height=500)
    page = visitor.page
    lines = """[...document.querySelectorAll('.lm-plot')].map(plot => Math.max(0,
        ...[...plot.querySelectorAll('svg path')].map(path => path.getAttribute('d').length)))"""
    page.get_by_label("Speed", exact=True).fill("1")
    visitor.press("Play")
    visitor.see(re.compile(r"Playing · (9|\d\d) of"), PATIENT)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    # What is saved is what stands in the document: a drawing, never a blank canvas.
    assert page.locator(".lm-plot canvas").count() == 0
    assert all(length > 40 for length in page.evaluate(lines))
    assert page.evaluate(
        "[...document.querySelectorAll('.lm-plot')].some(p => p.getBoundingClientRect().top > innerHeight)"
    )
    visitor.press("Pause")
    assert visitor.errors == []


def test_markers_stand_in_their_states(visit):
    visitor = at(visit, 2)
    page = visitor.page
    outside = """() => { const svg = document.querySelector('.lm-map svg'), found = [];
        for (const mark of svg.querySelectorAll('.lm-marker')) {
            const [x, y] = mark.getAttribute('transform').match(/-?[\\d.]+/g).map(Number), at = svg.createSVGPoint();
            for (const [dx, dy] of [[0, 0], [5, 0], [-5, 0], [0, 5], [0, -5]]) {
                at.x = x + 8 + dx; at.y = y + 8 + dy;
                const state = document.querySelector(`[data-state=${mark.dataset.of}]`);
                if (!state.isPointInFill(at)) { found.push(mark.dataset.of); break; }
            } }
        return [svg.querySelectorAll('.lm-marker').length, found]; }"""
    page.locator(".lm-marker").first.wait_for(state="attached")
    many, found = page.evaluate(outside)
    assert many > 35
    assert found == []


@pytest.mark.thorough
def test_a_question_at_the_table_is_one_press_away_from_a_page_that_waits(visit):
    visitor = visit(path=f"/?{SMALL}")
    page = visitor.page
    visitor.ready()
    to(visitor, "bargaining")
    visitor.press("Play USPS")
    visitor.see(re.compile("Paused · 0 of"), PATIENT)
    to(visitor, "")
    page.get_by_label("Speed", exact=True).fill("4")
    play = page.get_by_role("button", name="Play", exact=True)
    if play.is_enabled():
        play.click()
    visitor.see(re.compile("Waiting for your answer"), PATIENT)
    page.get_by_role("link", name="Answer at the table").click()
    page.wait_for_url(re.compile("/bargaining"))
    expect(page.locator(".lm-seat .lm-panel")).to_be_visible()
    to(visitor, "inspect")
    page.get_by_role("link", name="Answer at the table").click()
    expect(page.locator(".lm-seat .lm-panel")).to_be_visible()
    assert visitor.errors == []


@pytest.mark.thorough
def test_no_page_has_two_cards_of_one_name(visit):
    visitor = at(visit, 3)
    page = visitor.page
    for name in PAGES:
        to(visitor, name)
        heads = page.evaluate(HEADS)
        assert len(heads) == len(set(heads)), (name, heads)


@pytest.mark.thorough
def test_a_value_outside_its_likely_range_is_remarked_at_once_and_above_the_run(visit):
    visitor = visit(path=f"/?{SMALL}&set.build_limit=50")
    page = visitor.page
    visitor.ready()
    visitor.see(re.compile(r"build limit = 50 lies outside its likely range [\d.]+ to [\d.]+"))
    page.get_by_text("Uncertainties").first.click()
    field = page.locator("#lm-build_limit")
    note = page.get_by_text("Outside the likely range", exact=False).and_(page.locator(".lm-unlikely"))
    expect(note).to_have_count(1)
    field.fill("1")
    field.press("Enter")
    expect(note).to_have_count(0)
    assert visitor.errors == []
