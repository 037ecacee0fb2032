"""The glossary: plain, in one line each, and every term of the pages is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import server
from server.glossary import ALIASES, TERMS, explain, term_of
from server.tables import Column, _columns

ROOT = Path(server.__file__).parent
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (*ROOT.rglob("*.vue"), *ROOT.rglob("*.py")))


def test_every_term_is_explained_in_one_or_two_plain_sentences():
    for term, meaning in TERMS.items():
        assert 20 <= len(meaning) <= 160, term
        assert meaning.endswith("."), term
        assert meaning[0].isupper(), term
        assert term.lower() not in meaning.lower().split(". ")[0].rstrip(".").split()[:1], term
    assert len(TERMS) >= 60


def test_every_term_that_a_page_names_is_in_the_glossary_and_none_is_there_for_nothing():
    named = set(re.findall(r'<lm-help [^>]*(?<!:)\bterm="([^"]+)"', SOURCES))
    named |= set(re.findall(r"\bterm: '([^']+)'", SOURCES))
    named |= set(re.findall(r'help_button\("([^"]+)"\)', SOURCES))
    named |= set(re.findall(r'TERMS\["([^"]+)"\]', SOURCES))
    assert named - set(TERMS) == set()
    assert set(ALIASES.values()) - set(TERMS) == set()


@pytest.mark.parametrize(
    ("label", "term"),
    [
        ("List level, economy", "list price"),
        ("95 % interval", "95 % interval"),
        ("Rate agreements in force", "rate agreement"),
        ("What binds this month", "what binds"),
        ("Households that it can reach", "coverage"),
        ("Share of the variance", "share of the variance"),
        ("Error in the limit of USPS", "private error"),
        ("Opened", ""),
        ("Cash", ""),
        ("Months of losses in a row", ""),
    ],
)
def test_a_label_is_explained_by_the_term_that_it_names(label, term):
    assert term_of(label) == term
    assert explain(label) == TERMS.get(term, "")


def test_columns_explain_a_term_where_it_is_first_met():
    columns = _columns([Column("Difference"), Column("Difference, %"), Column("Unit"), Column("Low", help="Mine.")])
    assert [bool(one["help"]) for one in columns] == [True, False, False, True]
    assert columns[0]["term"] == "paired replications"
    assert (columns[3]["help"], columns[3]["term"]) == ("Mine.", "Low")
