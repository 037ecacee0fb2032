"""What holds on every page: no serious barrier, no request that leaves the machine, no error on the console."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from tests.server.visitor import PATIENT, needs_browser

pytestmark = needs_browser
AXE = Path(__file__).parent / "browser_files" / "axe.min.js"
PAGES = ("", "bargaining", "compare", "experiments", "inspect", "evidence")
SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"
SERIOUS = ("serious", "critical")


def serious(page) -> list[str]:
    """Serious violations that axe finds, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(found["passes"]) > 10, "axe looked at nothing"
    return [
        f"{problem['id']}: {problem['help']}: {node['html'][:160]}"
        for problem in found["violations"]
        if problem["impact"] in SERIOUS
        for node in problem["nodes"][:4]
    ]


@pytest.mark.thorough("390-dark")
@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (390, "dark")])
def test_every_page_is_open_to_all_and_stays_on_this_machine(visit, width, colours):
    visitor = visit(width, 844, colours, f"/?month=2025-03&{SMALL}")
    page = visitor.page
    visitor.see(re.compile("Paused · 3 of"), PATIENT)
    problems: list[str] = []
    for name in PAGES:
        if name:
            visitor.open("Negotiate" if name == "bargaining" else name.capitalize())
            page.wait_for_url(re.compile(f"/{name}"))
        page.locator("main").first.wait_for(timeout=PATIENT)
        page.wait_for_timeout(700)
        problems += [f"{name or 'watch'}: {problem}" for problem in serious(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{name or 'watch'}: wider than {width} pixels")
    assert problems == []
    assert visitor.errors == []
    hosts = {urlsplit(url).netloc for url in visitor.requests if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(visitor.url).netloc}


def test_no_page_fetches_a_compiler_or_a_file_twice(visit):
    """The first picture waits for nothing that ipyvue would have fetched to take components apart."""
    visitor = visit(1280, 900, "light", f"/story?{SMALL}")
    page = visitor.page
    for name in ("Story", "Watch", "Negotiate", "Compare", "Experiments", "Inspect", "Evidence"):
        if name != "Story":
            visitor.open(name)
        page.locator("main").first.wait_for(timeout=PATIENT)
        page.wait_for_timeout(500)
    assert visitor.errors == []
    fetched = [url for url in visitor.requests if not url.startswith(("blob:", "data:"))]
    assert any("/made/parts." in url for url in fetched)
    assert not [url for url in fetched if "vue-sfc" in url]
    files = [url for url in fetched if Path(urlsplit(url).path).suffix in (".js", ".css", ".json", ".bin")]
    assert sorted(files) == sorted(set(files))


# What a visitor reads: no names of code, but where they stand as code, for the command line.
READ = """() => { const CODE = 'code, pre, script, style, textarea, a[href^=http]', found = [];
    const look = (part) => { for (const node of part.childNodes) {
    if (node.nodeType === 3) found.push(node.textContent);
    else if (node.nodeType === 1 && !node.matches(CODE) && node.checkVisibility()) look(node); } };
    look(document.querySelector('.lm-shell'));
    for (const part of document.querySelectorAll('.lm-shell [aria-label], .lm-shell [title]'))
        if (!part.querySelector(':scope > code'))
            found.push(part.getAttribute('aria-label') || '', part.getAttribute('title') || '');
    return found; }"""
KEY = re.compile(r"\b[a-z]+_[a-z_]+")


@pytest.mark.thorough("story", "", "bargaining", "compare", "experiments", "inspect")
@pytest.mark.parametrize("name", ["story", *PAGES])
def test_no_name_of_the_code_is_read_on_a_page(visit, name):
    visitor = visit(1280, 844, path=f"/{name}?month=2025-03&{SMALL}")
    page = visitor.page
    page.locator(".lm-page, .lm-story").first.wait_for(timeout=PATIENT)
    page.wait_for_timeout(4000)
    for part in page.locator("main details, .lm-side details").all():  # what is folded is read too
        part.evaluate("part => { part.open = true; }")
    page.wait_for_timeout(1000)
    text = page.evaluate(READ)
    assert len(" ".join(text)) > 500, "there is nothing to read"
    assert sorted({found[0] for one in text for found in [KEY.search(one)] if found}) == []
    assert visitor.errors == []
