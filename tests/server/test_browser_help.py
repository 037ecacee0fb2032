"""Help on every term: nothing technical stands on a page without a '?', which works by click, key and touch."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser
SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"
# Headings, names of facts, heads of tables and labels as they are read, and whether a '?' stands with each.
LABELS = """() => [...document.querySelectorAll(
    '.lm-page h2, .lm-page h3, .lm-page th[scope=col], .lm-page dt, .lm-page label, .lm-page legend, .lm-page summary')]
    .filter((part) => part.checkVisibility() && !part.closest('.lm-lever, .lm-timeline, .lm-switch'))
    .map((part) => { const copy = part.cloneNode(true);
        const aside = 'lm-help, small, b, output, svg, [aria-hidden], select, input';
        copy.querySelectorAll(aside).forEach((one) => one.remove());
        const row = part.closest('.lm-labelled') || part;
        return [copy.textContent.replace(/\\s+/g, ' ').trim(), !!row.querySelector('lm-help')]; })"""
# Plain English, or a name, or a term that the page explains above. What is not listed here needs a '?'.
PLAIN = {
    "Watch": r"Month|.* decides?|All carriers|Everybody|The (world|run)|Show|Uncertainties|About|Who|United States|"
    r"Parcels delivered|These years as a table",
    "Negotiate": r"Opened|Price in force at the opening|Contract|\$ per parcel|Term",
    "Compare": r"Compared with \(reference\)|What if( \(run \d\))?|What else is different \(changes\)|Who|From what|"
    r"Gain, billion \$|Show|Unit|In this case",
    "Experiments": r"Name|from|to|values|More|Design|Varied|State|Runs|Done|Failed|Left|What to do|Vary|"
    r"Start with a question",
    "Inspect": r"Look at|How it stands|Share of all parcels|Reach, room and plans|Of these, \w+|More room ordered.*|"
    r"Room that will be closed|Prices|Money and mail|Cash|Debt|Could not be paid so far|Least cash.*|"
    r"Next room is ready in|[Tt]emporary surcharge|[a-z ]+ put off|Borrowing of .*|Room for sorting|"
    r"Price cap.*|In words",
    "Evidence": r"On this page|Figures of the past|How it works|What it cannot do|Words|Glossary|Back-test|Show|run|"
    r"years|unit|met|model|Observed|(free|forced) .*|Who acts|What a parcel costs|How .*|Luck|Of the .*|#|Phase|Reads|"
    r"Writes|symbol|meaning|value|File in model/data|What it holds|Rows|id|publisher|title|date|kind|url|Word|"
    r"What it means|What happens|Sources|Against the world|.* \((X|E)\d+\)|(X|E)\d+|What|Published|Modelled|Unit|"
    r"Published and modelled|test|figure|published|limits?|Test|Model|Met|All .* as (a table|tables)|"
    r"What the runs show|How far off|What happened beside what the model says",
}
# Pages whose address is not their name.
ADDRESSES = {"Negotiate": "bargaining"}
# What shows that a page is there and not the one before it.
SIGNS = {
    "Watch": ".lm-levers",
    "Negotiate": ".lm-terms",
    "Compare": "#lm-c-n",
    "Experiments": "#lm-x-kind",
    "Inspect": ".lm-columns .lm-facts",
    "Evidence": "#lm-words",
}
# How often each '?' lies outside the window or over another thing that one can press.
MISPLACED = """() => { const wide = document.documentElement.clientWidth;
    const box = (part) => part.getBoundingClientRect(), seen = (part) => part.checkVisibility();
    const all = (which) => [...document.querySelectorAll(which)].filter(seen);
    const marks = all('button.lm-help').filter((mark) => !mark.closest('.lm-scroll'));
    // They scroll: what is out of them is unseen; and the page scrolls below the bar that stays at the bottom.
    const lists = '.lm-timeline, .lm-picker ul, .lm-scroll, .lm-events, .lm-sidestack .lm-transport';
    const pressed = '.lm-page button, .lm-page input, .lm-page select, .lm-page a';
    const others = all(pressed).filter((one) => !one.closest(lists));
    const shared = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]);
    const overlap = (a, b) => shared(a, b, 'left', 'right') > 1 && shared(a, b, 'top', 'bottom') > 1;
    return marks.filter((mark) => box(mark).left < 0 || box(mark).right > wide
        || others.some((other) => other !== mark && !other.contains(mark) && overlap(box(mark), box(other))))
        .map((mark) => mark.getAttribute('aria-label')); }"""


@pytest.mark.thorough
def test_every_term_on_every_page_has_its_help(visit):
    visitor = visit(390, 844, path=f"/?month=2025-04&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 4 of"), PATIENT)
    bare, misplaced, explained = [], [], 0
    for name, plain in PLAIN.items():
        if name != "Watch":
            visitor.open(name)
            page.wait_for_url(re.compile(f"/{ADDRESSES.get(name, name.lower())}"))
        page.locator(SIGNS[name]).first.wait_for(timeout=PATIENT)
        page.wait_for_timeout(300)
        labels = page.evaluate(LABELS)
        explained += sum(has_help for _, has_help in labels)
        bare += [f"{name}: {text}" for text, has_help in labels if not has_help and not re.fullmatch(plain, text)]
        misplaced += [f"{name}: {text}" for text in page.evaluate(MISPLACED)]
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            misplaced.append(f"{name}: wider than 390 pixels")
    assert bare == []
    assert misplaced == []
    assert explained > 70
    assert visitor.errors == []


def test_help_opens_and_closes_by_click_key_and_tap_and_stays_inside_the_window(visit):
    visitor = visit(390, 844, "dark", f"/?month=2025-01&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 1 of"), PATIENT)
    seed, speed = (page.get_by_role("button", name=f"What is {term}?") for term in ("seed", "speed"))
    seed.focus()
    page.keyboard.press("Enter")
    expect(seed).to_have_attribute("aria-expanded", "true")
    note = page.locator(".lm-tip:popover-open")
    expect(note).to_have_text(re.compile("^A number that fixes the luck"))
    box = note.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.keyboard.press("Escape")
    expect(note).to_have_count(0)
    expect(seed).to_be_focused()
    seed.click()
    speed.click()  # one at a time
    expect(note).to_have_text(re.compile("^How many months"))
    page.locator(".lm-headline h1").click()
    expect(note).to_have_count(0)
    # It stays open while the run goes on, and follows its button.
    button = page.get_by_role("button", name="What is USPS net income?")
    button.scroll_into_view_if_needed()
    button.click()
    page.get_by_role("button", name="Step", exact=True).evaluate("button => button.click()")
    visitor.see(re.compile("Paused · 2 of"), PATIENT)
    expect(note).to_have_text(re.compile("^What USPS earns or loses"))
    assert visitor.errors == []
