"""The Story page in a real browser: the opening, two roads, one month everywhere, and no barrier."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from server.story.fan import stored_fan
from server.story.opening import stored_opening
from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser
AXE = Path(__file__).parent / "browser_files" / "axe.min.js"
SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"
KEY = re.compile(r"[a-z]+_[a-z_]+")
LONG = 180_000


def wait_for(page, script: str) -> None:
    page.wait_for_function(script, timeout=LONG)


def told(page) -> str:
    """What a visitor can read of the page, and no key of the model in it."""
    text = page.locator(".lm-story").inner_text()
    assert not KEY.search(text), KEY.search(text)
    assert "baseline" not in text
    return text


def barriers(page) -> list[str]:
    """Violations of WCAG A and AA that axe finds."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']"
    # An experimental rule, which reads the lines of a card without the commas of its name.
    off = "rules: { 'label-content-name-mismatch': { enabled: false } }"
    found = page.evaluate(f"axe.run('.lm-story', {{ resultTypes: ['violations'], runOnly: {tags}, {off} }})")
    return [
        f"{one['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


def months_shown(page) -> set[str]:
    """The month that each part of the page says that it shows."""
    said = page.evaluate("[...document.querySelectorAll('.lm-story [data-month]')].map((part) => part.dataset.month)")
    said.append(page.locator(".lm-story .when").text_content())
    said.append(page.locator(".lm-story .telling .kick span").first.text_content().split(" ·")[0])
    value = page.get_by_role("slider", name="Month").get_attribute("aria-valuetext")
    return {*said, value.split(".")[0]}


def in_first_view(page, *parts: str) -> None:
    """Each part lies whole in what is seen without scrolling."""
    size = page.viewport_size
    for part in parts:
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0, (part, box)
        assert box["y"] + box["height"] <= size["height"] + 1, (part, box)
        assert box["x"] + box["width"] <= size["width"] + 1, (part, box)


def at_all_widths(page, scene: str, widths=(320, 390, 768, 1280, 1920)) -> list[str]:
    """What scrolls sideways or bars the way, light and dark."""
    problems = []
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_timeout(250)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                problems.append(f"{scene} {colours}: {wide} pixels at a width of {width}")
            if width in (390, 1280):
                page.wait_for_timeout(500)
                problems += [f"{scene} {colours} {width}: {one}" for one in barriers(page)]
    return problems


def test_a_first_visit_is_told_the_story_and_a_later_one_finds_the_market(visit):
    visitor = visit(390, 844, path="/", first=True)
    page, middle = visitor.page, stored_fan().middle
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n > 0")
    assert urlsplit(page.url).path == "/story"
    expect(page.locator("h1").first).to_have_text("Will Amazon leave the Post Office?")
    assert page.evaluate("lastmile.story.seed") == middle
    if stored_opening() is not None:  # all that the five steps show is there before anything is simulated
        assert page.evaluate("lastmile.story.n") >= 12
    in_first_view(page, ".telling h1", ".stage", ".storybar")
    visitor.press("Skip the story")
    page.wait_for_timeout(600)
    in_first_view(page, ".telling h1", ".stagebox", ".dock")
    page.get_by_role("button", name="middle of 20 runs").click()
    assert "one run is no forecast" in told(page)
    page.goto(visitor.url)
    visitor.ready()
    assert urlsplit(page.url).path == "/"
    page.evaluate("localStorage.clear()")
    page.goto(f"{visitor.url}/?seed=3")  # an address that asks for something opens it
    visitor.ready()
    assert urlsplit(page.url).path == "/"
    assert visitor.errors == []


def test_five_clicks_lead_from_the_question_to_the_ending_of_a_road(visit):
    visitor = visit(1280, 800, path=f"/story?beat=1&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n > 0")
    expect(page.locator("h1").first).to_have_text("Will Amazon leave the Post Office?")
    told(page)
    in_first_view(page, ".telling h1", ".stage", ".dock")
    page.evaluate("lastmile.story.speed = '60'")  # nobody needs to wait at the turning points
    visitor.press("Show me")
    for title in ("Amazon builds", "They bargain", "Then it goes"):
        visitor.press("Next")
        expect(page.locator("h1").first).to_have_text(re.compile(f"^{title}"))
        told(page)
    wait_for(page, "lastmile.story.m === 11")
    assert "imposed" in told(page)
    page.locator(".dock .band").nth(3).wait_for(state="attached", timeout=PATIENT)
    assert page.locator(".dock .band").count() == 4  # both roads, eight of ten runs and half of them
    assert page.locator(".strip .dot").count() == 40
    assert page.locator(".strip .dot.ring").count() == 2
    in_first_view(page, ".telling h1", ".fork", ".storybar .row", ".dock")
    page.get_by_role("button", name=re.compile("^If they must not agree")).click()
    wait_for(page, "lastmile.story.m > 12 && lastmile.story.scene === 'watch'")
    expect(page.locator(".telling .chip.forced")).to_have_text("no deal, imposed")
    told(page)
    assert page.locator(".dock .band").count() == 2
    page.locator(".ending h1").wait_for(timeout=LONG)
    expect(page.locator(".ending h1")).to_have_text("Amazon leaves.")
    page.get_by_text("The other road: the same luck").wait_for(timeout=LONG)
    assert "imposed" in told(page)
    assert page.locator(".ending aside circle.ring").count() == 1
    assert 40 <= page.locator(".ending aside circle").count() <= 41  # a run of another size has a ring of its own
    problems = at_all_widths(page, "end", (320, 390, 768, 1280))
    assert not problems, "\n".join(problems)
    page.emulate_media(media="print")
    expect(page.locator(".ending .chip.forced")).to_be_visible()
    page.emulate_media(media="screen")
    expect(page).to_have_url(re.compile(r"/story\?.*scenario=impasse"))
    page.get_by_role("button", name=re.compile("^Sep 2026")).last.click()
    page.wait_for_timeout(800)
    assert months_shown(page) == {"September 2026"}
    expect(page.locator(".telling .chip.forced")).to_be_visible()
    assert visitor.errors == []
    hosts = {urlsplit(url).netloc for url in visitor.requests if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(visitor.url).netloc}


# Contrast of the words of a button (WCAG), whatever notation of colours the browser answers in.
CONTRAST = """(button) => {
    const at = document.createElement('canvas').getContext('2d');
    const light = (colour) => {
        at.fillStyle = colour; at.fillRect(0, 0, 1, 1);
        const part = [...at.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255);
        const [r, g, b] = part.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const style = getComputedStyle(button), [one, two] = [light(style.color), light(style.backgroundColor)];
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}"""


def test_the_main_button_can_be_read_under_the_mouse_pressed_and_focused(visit):
    visitor = visit(1280, 800, path=f"/story?beat=1&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n > 0")
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        for name in ("Show me", "Next", "Play"):
            scene = "watch" if name == "Play" else "story"
            page.evaluate(f"lastmile.story.enter({scene!r}, {int(name == 'Next')})")
            button = page.get_by_role("button", name=name, exact=True)
            button.hover()
            page.wait_for_timeout(200)
            assert button.evaluate(CONTRAST) >= 4.5, (colours, name, "hover")
            button.focus()
            assert button.evaluate(CONTRAST) >= 4.5, (colours, name, "focus")
            page.mouse.down()
            assert button.evaluate(CONTRAST) >= 4.5, (colours, name, "active")
            page.mouse.move(0, 0)
            page.mouse.up()
    assert visitor.errors == []


# A part of the run that goes arrives after a road was chosen, then the one of the run that comes.
LATE_PART = """() => {
    const story = lastmile.story, { floats } = lastmile, { onroad, months, rows, key } = story;
    const all = Float64Array.from(rows.flatMap((row) => [...row]));
    const run = { first: '2025-01', total: 72, begin: 0, width: rows[0].length, rows: all, months, turns: [], due: [] };
    const part = (of) => ({ key: of, at: 11, ...run });
    lastmile.floats = (values) => values;
    story.onroad = null;
    story.takeRoad('impasse');
    story.take(part(key));
    const early = story.playing;
    story.take(part('another'));
    const found = [early, story.playing, story.m];
    story.pause();
    Object.assign(story, { onroad });
    lastmile.floats = floats;
    return found;
}"""


def test_a_road_plays_although_months_of_the_run_that_goes_were_still_on_their_way(visit):
    visitor = visit(1280, 800, path=f"/story?month=2026-03&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 15")
    assert page.evaluate(LATE_PART) == [False, True, 11]
    assert visitor.errors == []


def test_the_months_of_a_told_step_take_as_long_as_its_words_take_to_read(visit):
    visitor = visit(1280, 800, path=f"/story?month=2025-12&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 12")
    for beat, title in ((2, "Amazon builds"), (3, "They bargain")):
        page.evaluate(f"lastmile.story.enter('story', {beat})")
        expect(page.locator("h1").first).to_have_text(re.compile(f"^{title}"))
        text = page.evaluate("lastmile.story.told().text.join(' ')")
        assert len(text.split()) <= 45
        assert set(text.split()) <= set(page.locator(".telling").inner_text().split())
        first = page.evaluate(f"lastmile.story.begins({beat})")
        shown = (11 - first) * page.evaluate("lastmile.story.wait()")
        assert shown >= 240 * len(text.split()), "250 words a minute are read fast"
        assert page.evaluate("lastmile.story.wait()") >= 900  # and each month can be looked at
        assert page.evaluate("lastmile.story.m") == first
    # Who presses play has read what was there: the next month comes at once, and then each takes its time again.
    page.evaluate("""lastmile.story.enter('watch'); lastmile.story.go(1, 'jump');
        const usual = setTimeout; window.waits = [];
        window.setTimeout = (call, ms) => { waits.push(ms); return usual(call, ms); }; lastmile.story.toggle();
        lastmile.story.pause(); lastmile.story.play(); lastmile.story.pause(); window.setTimeout = usual;""")
    assert page.evaluate("waits.filter((ms) => ms > 300)") == [330, 2900]
    page.evaluate("lastmile.story.enter('story', 3)")
    # The second telling of the same months says so, and begins when there is something to see at the table.
    assert "the same months, at the table" in page.locator(".telling").inner_text()
    gate = page.evaluate("lastmile.story.months[lastmile.story.begins(3)].gate")
    assert gate["bid"] < gate["ask"]
    wait_for(page, "lastmile.story.m === 11 && !lastmile.story.playing")
    page.goto(f"{visitor.url}/story?beat=4")  # a step that is opened by its address plays as well
    wait_for(page, "lastmile.story && lastmile.story.m === 11 && lastmile.story.scene === 'story'")
    assert visitor.errors == []


# What the parts below the first screen are drawn from: the place of the cursor, and a state's shares as they are said.
BELOW = """() => { const { story } = lastmile, shares = story.months[story.m].rural;
    const map = document.querySelector('.rural path[role=button]').getAttribute('aria-label');
    const cursors = [...document.querySelectorAll('.chart .cursor')].map((line) => +line.getAttribute('x1'));
    const x = 44 + story.m / (story.total - 1) * 386, usps = `USPS ${Math.round(shares[0][0] / 10)} %`;
    return { scrolled: scrollY, cursors, x, map, usps }; }"""


def test_what_lies_out_of_sight_shows_the_month_of_the_headline(visit):
    visitor = visit(390, 844, path=f"/story?month=2025-02&set.end=2025-12&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 2 && lastmile.story.m === 1")
    page.evaluate("lastmile.story.speed = '12'")
    page.evaluate("lastmile.story.play()")
    wait_for(page, "lastmile.story.scene === 'end'")
    page.wait_for_timeout(800)
    found = page.evaluate(BELOW)
    assert found["scrolled"] == 0
    assert page.locator(".below").bounding_box()["y"] > 844 + 150  # nothing of it is near what is seen
    assert found["cursors"] == pytest.approx([found["x"]] * 2, abs=0.1)
    assert found["usps"] in found["map"]
    assert visitor.errors == []


def test_the_story_opens_with_the_question(visit):
    visitor = visit(path="/story")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n > 0")
    expect(page.locator("h1").first).to_have_text("Will Amazon leave the Post Office?")
    assert visitor.errors == []


def test_every_part_says_the_same_month_however_one_gets_there(visit):
    visitor = visit(1280, 800, path=f"/story?month=2026-02&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 14 && lastmile.story.m === 13")
    assert months_shown(page) == {"February 2026"}
    line = page.get_by_role("slider", name="Month").bounding_box()
    page.mouse.click(line["x"] + 40, line["y"] + 58)  # the third or fourth month
    page.wait_for_timeout(600)
    (dragged,) = months_shown(page)
    assert "2025" in dragged
    page.locator(".dock .flag", has_text="200 rural stations").locator("text").click()
    page.wait_for_timeout(600)
    assert months_shown(page) == {"April 2025"}
    expect(page.locator(".telling h1")).to_have_text(re.compile("200 rural stations"))
    page.locator("body").press("n")
    page.locator("body").press("ArrowRight")
    page.wait_for_timeout(600)
    assert months_shown(page) == {"July 2025"}
    expect(page).to_have_url(re.compile("month=2025-07"))
    chart = page.locator(".chart svg").first
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(800)
    box = chart.bounding_box()
    page.mouse.click(box["x"] + box["width"] * (44 + 386 * 8 / 71) / 540, box["y"] + 60)
    page.wait_for_timeout(600)
    assert months_shown(page) == {"September 2025"}
    head = page.locator(".telling h1").text_content()
    page.get_by_role("tab", name=re.compile("^USPS")).click()
    assert "Amazon does not know this figure" in page.locator(".face").inner_text()
    expect(page).to_have_url(re.compile("month=2025-09"))
    page.reload()
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 9 && lastmile.story.m === 8")
    expect(page.locator(".telling h1")).to_have_text(head)
    assert visitor.errors == []


@pytest.mark.thorough
def test_no_width_scrolls_sideways_and_nothing_bars_the_way(visit):
    visitor = visit(1280, 800, path=f"/story?month=2025-12&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 12 && lastmile.story.m === 11")
    problems: list[str] = []
    for scene, beat in (("watch", 0), ("story", 0), ("story", 4)):
        page.evaluate(f"lastmile.story.enter('{scene}', {beat})")
        problems += at_all_widths(page, f"{scene} {beat + 1}")
    assert not problems, "\n".join(problems)
    assert visitor.errors == []


def test_a_lever_leaves_the_former_run_as_a_dashed_line_and_undo_brings_it_back(visit):
    visitor = visit(1280, 800, path=f"/story?month=2025-10&{SMALL}")
    page = visitor.page
    page.emulate_media(reduced_motion="reduce")
    at_usps = "[...lastmile.story.rows].slice(0, 10).map((row) => row[3] + row[4] + row[5])"
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 10 && lastmile.story.m === 9")
    before = page.evaluate(at_usps)
    asked = "{ lastmile.asked = 0; const ask = requestAnimationFrame; "
    asked += "window.requestAnimationFrame = (f) => { lastmile.asked += 1; return ask(f); }; undefined }"
    page.evaluate(asked)
    page.evaluate("lastmile.story.step(-1)")
    page.wait_for_timeout(1500)
    page.evaluate("lastmile.asked = 0")
    page.wait_for_timeout(600)
    assert page.evaluate("lastmile.asked") <= 4  # nothing moves any more
    lever = page.get_by_role("slider", name="How much is at stake")
    lever.focus()
    lever.press("Home")
    wait_for(page, f"lastmile.story.ghost && lastmile.story.n >= 10 && ({at_usps})[0] < {before[0]} - 100")
    page.locator(".dock .ghost").wait_for(state="attached", timeout=PATIENT)
    # The words of a line stand at the month that they are of, not at the end of the line of the run before.
    cursor = float(page.locator(".chart .cursor").first.get_attribute("x1"))
    assert {
        float(x) - cursor for x in page.locator(".chart .endl").evaluate_all("(l) => l.map((e) => e.getAttribute('x'))")
    } == {8.0}
    assert page.locator(".dock .band").count() == 0  # the stored runs are of the usual market
    visitor.press("Undo")
    wait_for(page, f"lastmile.story.n >= 10 && Math.abs(({at_usps})[0] - {before[0]}) < 0.01")
    assert page.evaluate(at_usps) == pytest.approx(before, rel=1e-6)
    page.locator(".dock .band").nth(1).wait_for(state="attached", timeout=PATIENT)
    assert visitor.errors == []


@pytest.mark.thorough
def test_behind_a_moved_lever_runs_with_other_luck_are_drawn_as_they_arrive(visit):
    # A market of six months, so that they are there soon.
    visitor = visit(1280, 800, path=f"/story?month=2025-05&set.end=2025-06&{SMALL}&set.build_limit=0.8")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 5 && lastmile.story.others")
    status = page.locator(".below .others")
    expect(status).to_contain_text("of 20 runs with other luck", timeout=LONG)
    wait_for(page, "lastmile.story.others.done >= 5")
    page.locator(".dock .band").nth(1).wait_for(state="attached", timeout=PATIENT)
    wait_for(page, "lastmile.story.others.done === 20")
    expect(status).to_contain_text("20 of 20 runs with other luck behind the line")
    lever = page.get_by_role("slider", name="How much Amazon can build in a year")
    lever.focus()
    lever.press("Home")  # what belongs to the former choice goes at once
    wait_for(page, "lastmile.story.others.done < 20")
    wait_for(page, "lastmile.story.others.done >= 5")
    told(page)
    assert visitor.errors == []


@pytest.mark.thorough
def test_all_levers_open_in_a_drawer_and_start_the_run_anew_where_one_looks(visit):
    visitor = visit(1280, 800, path=f"/story?month=2025-05&set.end=2025-12&{SMALL}")
    page = visitor.page
    wait_for(page, "window.lastmile && lastmile.story && lastmile.story.n >= 5 && lastmile.story.m === 4")
    opener = page.get_by_role("button", name=re.compile("^All levers, with search"))
    opener.click()
    drawer = page.get_by_role("dialog", name="All levers")
    expect(drawer).to_be_visible(timeout=PATIENT)
    told(page)
    problems = barriers(page)
    assert not problems, "\n".join(problems)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0, timeout=PATIENT)
    expect(opener).to_be_focused()
    opener.click()
    drawer.get_by_text("Uncertainties").click(timeout=PATIENT)
    drawer.get_by_label("Search the uncertainties").fill("wage growth")
    field = drawer.locator("input[type=number]").first
    field.fill(str(round(1.1 * float(field.input_value()), 4)))
    field.press("Tab")
    drawer.get_by_role("button", name=re.compile("^Start with")).click()
    expect(drawer).to_have_count(0, timeout=PATIENT)
    wait_for(page, "lastmile.story.ghost && lastmile.story.n >= 5 && lastmile.story.m === 4")
    expect(opener).to_contain_text("more changed")
    page.locator(".dock .ghost").wait_for(state="attached", timeout=PATIENT)
    assert visitor.errors == []
