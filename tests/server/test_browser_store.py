"""Compare, Experiments and Evidence in a real browser."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect
from typer.testing import CliRunner

from experiments.cli.app import app
from tests.server.visitor import PATIENT, needs_browser, tops

pytestmark = needs_browser
LONG = 300_000  # a busy machine has to start worker processes first


def fill(visitor, label: str, value: str) -> None:
    field = visitor.page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def fits(page, width: int) -> bool:
    return page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.thorough
def test_what_one_watches_is_compared_and_the_differences_are_shown(visit):
    visitor = visit(path="/?scenario=withdraw&seed=3")
    page = visitor.page
    visitor.see(re.compile("Amazon withdraws · seed 3"), PATIENT)
    visitor.open("Compare")
    page.get_by_label("Scenario of run 2").select_option("withdraw")
    visitor.press("Add what I watch")
    expect(page.get_by_role("status")).to_contain_text("What you watch is there already: it is run 2")
    page.get_by_label("Scenario of run 2").select_option("renew")
    visitor.press("Add what I watch")
    expect(page.get_by_label("Scenario of run 3")).to_have_value("withdraw")
    expect(page.get_by_label("First seed")).to_have_value("8")
    visitor.press("Remove run 2")
    fill(visitor, "Last month", "2025-13")
    visitor.press("Compare")
    visitor.see(re.compile("until: '2025-13' is not a month"))
    fill(visitor, "Last month", "2025-02")
    fill(visitor, "Pairs of runs", "2")
    page.get_by_label("Shippers", exact=True).select_option("100")
    visitor.press("Compare")
    visitor.see(re.compile(r"^Done in"), LONG)
    visitor.see(
        re.compile(r"January 2025 to February 2025 · 2 pairs of runs, each pair with the same luck \(seeds from 3\)")
    )
    chart = page.get_by_role("region", name="Who gains and who loses").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile(r"Gains in million \$: Amazon withdraws: USPS -\d"))
    table = page.get_by_role("region", name="Winners and losers", exact=True)
    expect(table.get_by_role("row", name=re.compile("^USPS Amazon withdraws .imposed. −"))).to_be_visible()
    table.get_by_role("button", name="Gain, million $").press("Enter")
    expect(table.get_by_role("columnheader", name="Gain, million $")).to_have_attribute("aria-sort", "descending")
    with page.expect_download() as download:
        page.get_by_role("button", name="Winners and losers as CSV").click()
    text = download.value.path().read_text()
    assert text.splitlines()[0] == "actor,run,gain_usd,low_usd,high_usd,verdict"
    gains = [float(line.split(",")[2]) for line in text.splitlines()[1:]]
    assert gains == sorted(gains, reverse=True)
    assert min(gains) < 0
    # It stays while its visitor looks elsewhere.
    visitor.open("Watch")
    visitor.open("Compare")
    visitor.see(re.compile(r"January 2025 to February 2025 · 2 pairs of runs"))
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page, 390)
    assert visitor.errors == []


def test_a_comparison_is_there_at_once_speaks_as_it_goes_and_comes_back_by_its_address(visit):
    visitor = visit(path="/compare?set.n_shippers=150")
    page = visitor.page
    headline = page.locator(".lm-headline h1")
    # First of all what one can find out here, without a word of statistics.
    expect(page.locator(".lm-headline p").first).to_have_text(re.compile("^Who gains and who loses if one thing is"))
    # What came with the program: a headline without keys, its caveats below, and how it was made.
    expect(headline).to_have_text(re.compile(r"^If Amazon and USPS never agree \(imposed\), "), timeout=PATIENT)
    assert not re.search(r"[a-z]+_[a-z_]+|baseline", headline.inner_text())
    made = page.get_by_text(re.compile(r"^This comparison came with the program: made on \d{4}-\d\d-\d\d from commit"))
    expect(made).to_contain_text(re.compile(r"the same today|have changed since"))
    plot = page.get_by_role("region", name="Who gains and who loses").get_by_role("img")
    expect(plot).to_be_visible(timeout=PATIENT)
    below, above = tops(made, plot)
    assert below > above
    assert "run=" not in page.url
    page.get_by_label("Scenario of run 2").select_option("withdraw")
    fill(visitor, "Last month", "2025-02")
    fill(visitor, "Pairs of runs", "8")  # so many that some are done while others are at work
    page.get_by_label("Shippers", exact=True).select_option("100")
    expect(page).to_have_url(re.compile(r"/compare\?run=baseline&run=withdraw&pairs=8&shippers=100&until=2025-02&set"))
    page.evaluate(
        """() => { window.told = []; new MutationObserver(() => {
            const now = document.querySelector('h1'); if (now) window.told.push(now.textContent); })
            .observe(document.body, { childList: true, subtree: true, characterData: true }); }"""
    )
    visitor.press("Compare")
    expect(headline).to_have_text(re.compile(r"^If Amazon leaves \(imposed\), USPS is \$"), timeout=LONG)
    told = set(page.evaluate("window.told"))
    assert any(
        re.match(r"[1-7] of 8 pairs: USPS loses \$[\d.,]+( to [\d.,]+)?\u00a0million so far\.", one) for one in told
    )
    found = headline.inner_text()
    expect(page).to_have_url(re.compile(r"until=2025-02&shown=1&set"))
    page.reload()
    expect(headline).to_have_text(found, timeout=PATIENT)
    expect(page.get_by_label("Pairs of runs", exact=True)).to_have_value("8")
    assert visitor.errors == []


@pytest.mark.thorough
def test_a_sweep_is_checked_started_cancelled_resumed_and_read_by_the_command_line(visit, server_stores):
    visitor = visit(path="/experiments")
    page = visitor.page
    expect(page.get_by_role("button", name="Check and time")).to_be_visible(timeout=PATIENT)
    fill(visitor, "Name", "../grid")
    fill(visitor, "Number of values of build limit", "1")
    fill(visitor, "Last month", "2030-13")
    visitor.press("Check and time")
    for problem in ("name: '../grid' is not allowed", "build_limit: values: 1 is not allowed", "until: '2030-13'"):
        visitor.see(re.compile(re.escape(problem)), LONG)
    fill(visitor, "Name", "grid")
    fill(visitor, "Number of values of build limit", "3")
    fill(visitor, "Last month", "2025-12")
    fill(visitor, "Vary", "amazon_own_cost_multiplier")
    fill(visitor, "Number of values of Amazon own cost multiplier", "2")
    page.get_by_label("Shippers", exact=True).select_option("100")
    visitor.press("Check and time")
    visitor.see(re.compile(r"12 runs: 6 points × 1 scenario × 2 seeds. A pilot run of 12 months took [\d.]+ s"), LONG)
    visitor.press("Start")
    visitor.see(re.compile(r"[1-9]\d* of 12 runs"), LONG)
    visitor.press("Cancel the sweep")
    expect(page.get_by_role("button", name="Cancel the sweep")).to_have_count(0, timeout=LONG)
    visitor.see(re.compile(r"[1-9]\d* of 12 runs are done"), LONG)  # the list moves up when the figures come
    visitor.press("Resume grid")
    visitor.see(re.compile("12 of 12 runs are done"), LONG)
    for title in ("What moves it", "Along build limit", "Runs"):
        expect(page.get_by_role("region", name=title, exact=True)).to_be_visible()
    heat = page.get_by_role("region", name=re.compile("^(Build limit|Amazon own cost multiplier) and ")).get_by_role(
        "img"
    )
    expect(heat).to_have_attribute("aria-label", re.compile(r"from -?[\d.,]+ to -?[\d.,]+"))
    drawn = "[...document.querySelectorAll('.lm-plot')].map(plot => plot.querySelectorAll('svg').length > 0)"
    assert page.evaluate(drawn) == [True] * 5  # that of the questions below them too
    status = json.loads(CliRunner().invoke(app, ["status", str(server_stores / "grid"), "--json"]).stdout)
    assert (status["done"], status["failed"], status["left"], status["runs"]) == (12, 0, 0, 12)
    assert (server_stores / "grid.toml").is_file()
    # The open sweep is in the address, and a reload opens it again.
    assert "sweep=grid" in page.url
    page.reload()
    expect(page.get_by_role("region", name="What moves it", exact=True)).to_be_visible(timeout=LONG)
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page, 390)
    assert visitor.errors == []


def test_evidence_shows_scores_figures_parameters_and_sources(visit):
    visitor = visit(path="/evidence")
    page = visitor.page
    visitor.see(re.compile(r"Out of sample the model meets \d+ of \d+ limits"), PATIENT)
    # A finding in words comes first of all, and tells what failed most.
    head = page.locator("main .lm-headline")
    expect(head.locator("h1")).to_have_text(re.compile("^(Close|Not close) on how many parcels"))
    expect(head).to_contain_text("What failed most is what USPS earns")
    # Charts come next, one sentence a test after them; the tables are folded.
    page.locator(".lm-multiples .lm-plot svg").nth(4).wait_for(timeout=PATIENT)
    order = page.evaluate("[...document.querySelectorAll('main .lm-plot, main #lm-scores')].map(e => e.id)")
    assert order[0] == ""
    assert order.index("lm-scores") >= 5
    visitor.see(re.compile(r"Parcels of each carrier lie \d+\.\d % from what was observed"))
    scores = page.get_by_role("region", name="Scores", exact=True)
    expect(scores).to_have_count(0)
    page.get_by_text("All scores and patterns as tables").click()
    expect(scores.get_by_role("row", name=re.compile("^free from 2022 out of sample .* volume error"))).to_be_visible()
    picture = page.get_by_role("region", name="FedEx", exact=True).get_by_role("img")
    expect(picture).to_have_attribute("aria-label", re.compile(r"2024: model [\d.]+, observed 3.6"))
    page.get_by_label("Show", exact=True).select_option("revenue_per_parcel")
    expect(picture).to_have_attribute("aria-label", re.compile(r"Revenue per parcel of FedEx"))
    page.get_by_label("Search in Parameters").fill("build_limit")
    row = page.get_by_role("region", name="Parameters", exact=True).get_by_role("row", name=re.compile("^build_limit "))
    expect(row).to_contain_text("bn parcels")
    page.get_by_role("navigation", name="On this page").get_by_role("button", name="Data and sources").click()
    expect(page.locator("#lm-sources")).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page, 390)
    first, second = tops(head, page.get_by_role("navigation", name="On this page"))
    assert first < second
    assert visitor.errors == []
