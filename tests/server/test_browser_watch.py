"""Watching in a real browser: looking back, levers, the address, and what one takes away."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from experiments.stored_forecast import stored_forecast
from tests.server.visitor import PATIENT, needs_browser, tops

pytestmark = needs_browser
SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"


def headline(visitor):
    return visitor.page.locator(".lm-headline h1")


@pytest.mark.thorough
def test_looking_back_and_reload_and_a_link_to_another_page_keep_the_view(visit):
    visitor = visit(path=f"/?scenario=withdraw&seed=7&month=2025-04&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 4 of 72 months"), PATIENT)
    expect(headline(visitor)).to_have_text(re.compile("^April 2025: "))
    visitor.see(re.compile(r"Amazon withdraws, with number of enterprise shippers 20, number of shippers 200 · seed 7"))
    page.locator("body").press("ArrowLeft")
    expect(headline(visitor)).to_have_text(re.compile("^March 2025: "))
    expect(page).to_have_url(re.compile("month=2025-03"))
    assert visitor.months_done() == 4
    label = page.get_by_role("img", name=re.compile("Parcels by carrier")).get_attribute("aria-label")
    assert "Mar 2025: USPS" in label
    visitor.press("Now")
    expect(headline(visitor)).to_have_text(re.compile("^April 2025: "))
    page.locator("#lm-month").fill("2")
    expect(headline(visitor)).to_have_text(re.compile("^February 2025: "))
    told = headline(visitor).text_content()
    visitor.open("Compare")
    expect(page).to_have_url(re.compile(r"/compare\?scenario=withdraw&seed=7&month=2025-02&set\.n_enterprise"))
    visitor.open("Watch")
    expect(page).to_have_url(re.compile(r"/\?scenario=withdraw&seed=7&month=2025-02&set\."))
    page.reload()
    visitor.see(re.compile("Paused · 2 of 72 months"), PATIENT)
    expect(headline(visitor)).to_have_text(told)
    assert visitor.errors == []


@pytest.mark.thorough("/inspect")
@pytest.mark.parametrize("path", ["/", "/inspect"])
def test_a_bad_address_gives_a_message_and_a_page(visit, path):
    visitor = visit(path=f"{path}?scenario=nonsense&seed=1e9&set.build_limit=-2&set.price_rule=%3Cb%3E&month=&x=%ff")
    visitor.see("This address asks for something that cannot be shown; here is the usual run instead.", PATIENT)
    for problem in ("scenario must be one of baseline", "seed must be a whole number", "build_limit = -2.0"):
        visitor.see(re.compile(re.escape(problem)))
    expect(visitor.page.get_by_role("navigation", name="Pages")).to_be_visible()
    visitor.press("Close")
    expect(visitor.page.get_by_role("alert").filter(has_text="This address")).to_have_count(0)
    assert visitor.errors == []


@pytest.mark.thorough
def test_an_address_of_no_page_shows_a_way_on(visit):
    visitor = visit(path="/nonsense/%2e%2e/x")
    visitor.see("There is nothing at this address.")
    visitor.page.get_by_role("link", name="Watch the market instead").click()
    visitor.ready()


@pytest.mark.thorough
def test_levers_start_the_run_again_and_bad_values_are_explained(visit):
    visitor = visit()
    page = visitor.page
    page.get_by_text("Amazon decides").click()
    page.get_by_label("The whole exit happens in its first month").check()
    page.get_by_text("Uncertainties").first.click()
    page.get_by_role("searchbox", name="Search the uncertainties").fill("build limit")
    field = page.locator("#lm-build_limit")
    field.fill("99999")
    field.press("Enter")
    visitor.press("Start with these changes")
    visitor.see(re.compile("build_limit = 99999.*: it must be a number from"))
    assert visitor.months_done() == 0
    field.fill("0.5")
    field.press("Enter")
    visitor.press("Start with these changes")
    visitor.see(re.compile("with build limit 0.5, exit at once True"), PATIENT)
    expect(page).to_have_url(re.compile(r"set\.build_limit=0\.5&set\.exit_at_once=true"))
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Reset: Largest net addition of Amazon")).click()
    visitor.press("Start with this change")
    expect(page).not_to_have_url(re.compile("build_limit"), timeout=PATIENT)
    visitor.press("All back to the scenario's values")
    visitor.press("Start with no change")
    expect(page).not_to_have_url(re.compile("exit_at_once"), timeout=PATIENT)
    assert visitor.errors == []


def test_what_one_takes_away(visit, tmp_path):
    visitor = visit(path=f"/?month=2025-02&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 2 of"), PATIENT)
    saved = {}
    for button in ("CSV", "Parquet", "Scenario", "Python", "Save Parcels by carrier as a picture"):
        with page.expect_download(timeout=PATIENT) as download:
            visitor.press(button)
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        saved[button] = path
    assert saved["CSV"].name == "baseline-changed-seed-1.csv"
    assert saved["CSV"].read_text().splitlines()[0].startswith("month,usps_volume_parcels,")
    assert len(saved["CSV"].read_text().splitlines()) == 3
    assert saved["Parquet"].read_bytes().startswith(b"PAR1")
    assert "n_shippers = 200.0" in saved["Scenario"].read_text()
    assert 'until="2025-02"' in saved["Python"].read_text()
    picture = saved["Save Parcels by carrier as a picture"]
    assert picture.name == "parcels-by-carrier.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert visitor.errors == []


def test_calendar_years_stand_in_the_bands_of_the_forecast(visit, tmp_path):
    visitor = visit(width=390, colours="dark", path=f"/?month=2026-01&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 13 of"), PATIENT)
    card = page.get_by_role("region", name="By year, against the forecast")
    stored = stored_forecast()
    assert stored is not None
    if not stored.is_current:  # which is said in place of the bands
        expect(card.get_by_role("status")).to_have_text(
            re.compile("^No bands here: the stored forecast is of other code")
        )
        assert visitor.errors == []
        return
    expect(card.get_by_role("status")).to_have_text(re.compile(r"^Of 5 yearly figures so far, \d lie within"))
    usps = card.get_by_role("img", name=re.compile(r"^USPS, billion parcels: 2025: this run \d\.\d\d; forecast"))
    dots, panels = card.locator(".lm-yeardot"), card.locator(".lm-yearpanel")
    expect(panels).to_have_count(5)
    expect(dots).to_have_count(5)  # one year of each
    usps.focus()
    page.keyboard.press("ArrowRight")
    expect(card.get_by_role("img", name=re.compile("^Amazon, billion parcels"))).to_be_focused()
    colours = dots.evaluate_all("all => all.map((one) => getComputedStyle(one).fill)")
    assert colours[0] == colours[4] != colours[1]  # USPS, its net income, Amazon
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download(timeout=PATIENT) as download:
        card.get_by_role("button", name="Save By year, against the forecast as a picture").click()
    download.value.save_as(tmp_path / "years.png")
    assert (tmp_path / "years.png").read_bytes().startswith(b"\x89PNG")
    page.get_by_text("These years as a table").click()
    expect(page.get_by_role("row", name=re.compile(r"^Net income of USPS 2025 billion \$ −\d"))).to_be_visible()
    page.get_by_label("Scenario", exact=True).select_option("withdraw")
    expect(card.get_by_role("status")).to_have_text(re.compile("^No bands here: .*lastmile forecast withdraw --draws"))
    expect(panels).to_have_count(0)
    assert visitor.errors == []


def test_events_are_filtered_and_open_what_they_tell_about(visit):
    visitor = visit(path=f"/?month=2025-03&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 3 of"), PATIENT)
    page.get_by_label("About", exact=True).select_option("Contracts and talks")
    page.get_by_label("Who", exact=True).select_option("USPS")
    entry = page.get_by_role("link", name="Amazon and USPS open talks on last-mile access")
    entry.click()
    expect(page).to_have_url(re.compile(r"/bargaining\?talks=usps-amazon-2025-02&month=2025-03&"))
    page.go_back()
    page.get_by_label("About", exact=True).select_option("Capacity")
    page.get_by_role("link", name=re.compile("^UPS opens capacity")).click()
    expect(page).to_have_url(re.compile(r"/inspect\?what=carrier:ups&month=2025-03&"))
    expect(page.get_by_role("heading", name=re.compile("UPS")).first).to_be_visible()
    assert visitor.errors == []


def test_prices_by_service_and_the_price_on_the_map(visit):
    visitor = visit(path=f"/?month=2025-01&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 1 of"), PATIENT)
    prices = page.get_by_role("img", name=re.compile("^Prices"))
    expect(prices).to_have_attribute(
        "aria-label", re.compile(r"Jan 2025: Economy \d+\.\d\d, Ground \d+\.\d\d, Premium")
    )
    page.get_by_role("group", name="What Prices shows").get_by_role("button", name="Ground").click()
    expect(prices).to_have_attribute("aria-label", re.compile(r"USPS \d+\.\d\d, Amazon \d+\.\d\d, UPS \d\d\.\d\d"))
    page.get_by_label("Show", exact=True).select_option(label="Price paid")
    expect(page.locator("[data-state=TX]")).to_have_attribute("aria-label", re.compile(r"Texas: \$\d+\.\d\d"))
    assert visitor.errors == []


def test_keys_play_and_pause(visit):
    visitor = visit(path=f"/?{SMALL}&month=2025-01")
    visitor.see(re.compile("Paused · 1 of"), PATIENT)
    visitor.page.locator("body").press("Space")
    visitor.see(re.compile("Playing · "))
    visitor.page.locator("body").press("Space")
    visitor.see(re.compile("Paused · "))


def test_on_a_phone_the_map_comes_first_and_play_is_at_hand_without_covering_what_the_keyboard_chooses(visit):
    visitor = visit(390, 844, "light", f"/?month=2025-02&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 2 of"), PATIENT)
    heading, chart, levers = (page.locator(one).first for one in ("h1", ".lm-map", ".lm-levers"))
    title, picture, below = tops(heading, chart, levers)
    assert title < picture < 844 * 0.6 < below
    step = page.get_by_role("button", name="Step", exact=True)
    page.locator(".lm-levers summary").first.focus()
    page.wait_for_function(
        """() => { const box = (part) => document.querySelector(part).getBoundingClientRect();
        const chosen = box('.lm-levers summary');
        return chosen.top >= 0 && chosen.bottom <= box('.lm-transport').top; }"""
    )
    bar = page.locator(".lm-transport").bounding_box()
    step.click()  # without a scroll to it: it stands where it stood
    visitor.see(re.compile("Paused · 3 of"))
    assert page.locator(".lm-transport").bounding_box() == bar
    assert bar["y"] + bar["height"] == 844
    assert visitor.errors == []
