"""lastmile sweep, status, sensitivity, report, and the page that report writes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import stand_ins
from typer.testing import CliRunner

from experiments import InputError, report, sweep
from experiments.cli.app import app
from experiments.reports.page import Block, Page, Section
from experiments.reports.sections import write_section

DESIGN = """
kind = "morris"
scenario = "withdraw"
trajectories = 3
replications = 2
until = "2025-02"
outcomes = ["usps_cash_usd", "amazon_own_share", "amazon_parcels"]
monthly = ["usps_cash_usd"]

[set]
n_shippers = 200
n_enterprise_shippers = 20

[uncertainties]
amazon_via_usps = "declared"
mail_trend_first_class = "declared"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a design and its finished sweep."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "design.toml").write_text(DESIGN)
    done = call("sweep", str(folder / "design.toml"), "--out", str(folder / "store"), "--workers", "1")
    assert done.exit_code == 0, done.output
    assert "18" in done.stdout
    assert f"next: lastmile report {folder / 'store'}" in done.stdout
    return folder


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.thorough
def test_sweep_and_status_as_json(place: Path) -> None:
    for command in (
        ("sweep", str(place / "design.toml"), "--out", str(place / "store")),
        ("status", str(place / "store")),
    ):
        done = call(*command, "--json")
        assert done.exit_code == 0
        told = json.loads(done.stdout)
        assert (told["runs"], told["done"], told["failed"], told["left"]) == (18, 18, 0, 0)
        assert not told["at_work"]


def test_sensitivity(place: Path) -> None:
    done = call("sensitivity", str(place / "store"))
    assert done.exit_code == 0
    assert "amazon_via_usps" in done.stdout
    assert "Luck makes up" in done.stdout
    told = json.loads(call("sensitivity", str(place / "store"), "--json").stdout)
    share = told["outcomes"]["amazon_own_share"]["factors"]
    assert share["amazon_via_usps"]["effect"] > share["mail_trend_first_class"]["effect"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("sweep", "nothing.toml", "--out", "store"), "nothing.toml: No such file"),
        (("status", "nowhere"), "holds no sweep"),
        (("sensitivity", "nowhere"), "holds no sweep"),
        (("report", "nowhere"), "holds no sweep"),
        (("report", "STORE", "--outcome", "usps_cahs_usd"), "did you mean usps_cash_usd?"),
        (("sensitivity", "STORE", "--scenario", "renew"), "'renew' is not in the sweep"),
        (("report", "STORE", "--out", "missing/page.html"), "the folder 'missing' does not exist"),
    ],
)
def test_bad_input_is_one_message(place: Path, arguments: tuple[str, ...], expected: str) -> None:
    done = call(*(str(place / "store") if one == "STORE" else one for one in arguments))
    assert done.exit_code == 2
    assert expected in done.stderr
    assert done.stdout == ""


class Tags(HTMLParser):
    """All tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.thorough
def test_the_report_is_one_file_that_needs_no_other(place: Path) -> None:
    done = call("report", str(place / "store"))
    assert done.exit_code == 0
    text = (place / "store" / "report.html").read_text()
    tags = Tags()
    tags.feed(text)
    names = [tag for tag, _ in tags.found]
    assert names.count("svg") >= 6
    assert not set(names) & {"script", "link", "img", "iframe"}
    links = [
        value for _, attributes in tags.found for key, value in attributes.items() if key.endswith(("href", "src"))
    ]
    assert links
    assert all(link.startswith("#") for link in links if link)
    assert not re.search(r"url\((?!#)", text)
    for expected in ("withdraw (forced)", "usps_cash_usd", "checksum of the parameters", "Morris effects", "18"):
        assert expected in text
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"#0[1-6]0[1-6]0[1-6]", text)  # every colour follows the page
    again = report(place / "store", out=place / "again.html").read_text()
    assert again == text


def test_the_report_tells_what_is_missing_and_what_failed(tmp_path: Path) -> None:
    design = {"kind": "lhs", "points": 6, "replications": 2, "until": "2025-01", "outcomes": ["y"],
              "uncertainties": {"build_limit": "declared", "inflation": "declared"}}  # fmt: skip
    result = sweep(design, tmp_path / "store", workers=1, simulate=stand_ins.failing)
    text = report(result).read_text()
    assert "6 runs failed and are left out of all figures" in text
    assert "divides by zero" in text
    everything = {**design, "seed": 2, "replications": 1}
    with pytest.raises(InputError, match="no run has ended well"):
        report(sweep(everything, tmp_path / "none", workers=1, simulate=stand_ins.failing))


def test_what_a_page_is_told_is_text_and_not_markup() -> None:
    page = Page("<b>", "&", [("1", "<i>")], ["<script>alert(1)</script>"], [Section("a", "A", "", [Block("<u>")])], "")
    text = page.html()
    assert "<script>" not in text
    assert "&lt;u&gt;" in text


def test_a_section_is_replaced_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nBy hand.\n")
    write_section(page, "one", "first")
    write_section(page, "two", "second")
    write_section(page, "one", r"again \1")
    text = page.read_text()
    assert text.startswith("# Page\n\nBy hand.\n")
    assert "first" not in text
    assert text.index(r"again \1") < text.index("second")
