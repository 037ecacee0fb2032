"""The list of sweeps in a real browser: how far each one is, and a disk that fills up half way."""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from experiments import open_sweep
from tests.server.visitor import PATIENT, needs_browser, tops

pytestmark = [
    *needs_browser,
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process's files"),
]
LONG = 300_000  # a busy machine has to start worker processes first


def fill(visitor, label: str, value: str) -> None:
    field = visitor.page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def processes_of_the_sweep() -> list[int]:
    """The process that does the sweep of a server that this test session has started, and its workers."""
    parents, commands = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            commands[int(folder.name)] = (folder / "cmdline").read_bytes()
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # it has ended meanwhile

    def lines(process: int) -> list[int]:
        line = [process]
        while line[-1] in parents:
            line.append(parents[line[-1]])
        return line

    def does_a_sweep(process: int) -> bool:
        return b"server.work.sweep_child" in commands.get(process, b"")

    return [one for one in parents if os.getpid() in lines(one) and any(map(does_a_sweep, lines(one)))]


def fill_the_disk() -> None:
    """No file of the sweep may grow beyond a few bytes from now on: what a full disk or a quota does."""
    found = processes_of_the_sweep()
    assert found
    for process in found:
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (64, hard))


@pytest.mark.thorough
def test_a_full_disk_stops_a_sweep_loses_nothing_and_it_is_resumed(visit, server_stores):
    visitor = visit(path="/experiments")
    page = visitor.page
    expect(page.get_by_role("button", name="Check and time")).to_be_visible(timeout=PATIENT)
    visitor.see("What matters, and how much?")
    fill(visitor, "Name", "filled")
    fill(visitor, "Number of values of build limit", "6")
    fill(visitor, "Seeds per point", "4")
    fill(visitor, "Last month", "2026-06")  # long enough to be seen at work
    page.get_by_label("Shippers", exact=True).select_option("100")
    visitor.press("Check and time")
    visitor.see(re.compile("24 runs: 6 points"), LONG)
    visitor.press("Start")
    row = page.get_by_role("row", name=re.compile("^filled"))
    visitor.see(re.compile(r"[1-9]\d* of 24 runs"), LONG)
    expect(row).to_contain_text("running")
    expect(page.get_by_role("button", name="Cancel filled")).to_be_visible()
    fill_the_disk()
    visitor.see(
        re.compile(r"^filled: the disk of this server is full \(file too large\)\. All runs that are done are kept"),
        LONG,
    )
    assert str(server_stores) not in page.locator("main").inner_text()
    expect(row).to_contain_text("not finished", timeout=PATIENT)
    done, failed, left = (int(row.get_by_role("cell").nth(place).inner_text()) for place in (5, 6, 7))
    stopped = open_sweep(server_stores / "filled")
    before, outcome = stopped.runs, stopped.outcomes[0]
    kept = before[before["status"] == "done"]
    assert (len(kept), failed, done + left) == (done, 0, 24)
    assert 0 < done < 24
    visitor.press("Resume filled")
    visitor.see(re.compile("24 of 24 runs are done"), LONG)
    expect(row).to_contain_text("done", timeout=PATIENT)
    expect(page.get_by_role("button", name="Resume filled")).to_have_count(0)
    after = open_sweep(server_stores / "filled").runs
    merged = kept.merge(after, on=["point", "scenario", "seed"], suffixes=("", "_after"))
    assert len(merged) == done
    assert (merged[outcome] == merged[f"{outcome}_after"]).all()
    assert visitor.errors == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_question_can_be_asked_before_anything_is_filled_in(visit, server_stores, width):
    visitor = visit(width, 844, path="/experiments")
    page = visitor.page
    visitor.see("What matters, and how much?")
    asked = page.get_by_role("region", name="Start with a question")
    picture = page.locator(".lm-asked .lm-plot svg")
    picture.wait_for(timeout=PATIENT)
    # In the first view stand what an experiment is, a picture, and questions; the form follows.
    assert picture.bounding_box()["y"] < 600
    assert asked.bounding_box()["y"] < 844
    form = page.get_by_role("form", name="Design")
    question, below = tops(asked, form)
    assert form.bounding_box()["x"] > 900 or below > question
    answer = asked.locator(".lm-found")
    before = answer.inner_text()
    asked.get_by_role("button", name="What if letters vanish faster?").click()
    expect(page.get_by_role("region", name="What if letters vanish faster?", exact=True)).to_be_visible()
    expect(answer).to_have_text(re.compile(r"^If letters change by −6\.0\s% a year, USPS has a (loss|profit) of \$"))
    assert answer.inner_text() != before
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 1280:
        asked.get_by_role("button", name=re.compile(r"^Play it here: 20 runs, about ")).click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("what-if-letters-vanish-faster")
        expect(asked).to_contain_text(re.compile(r"\d+ of 20 runs"), timeout=LONG)
        visitor.press("Cancel the sweep")
        expect(page.get_by_role("button", name="Cancel the sweep")).to_have_count(0, timeout=LONG)
        assert (server_stores / "what-if-letters-vanish-faster" / "manifest.json").is_file()
    assert visitor.errors == []
