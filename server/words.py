"""Names of outcomes, series and factors, and texts of events, in words; the same on all pages."""

from __future__ import annotations

import re
from functools import cache

from experiments.figures import split_year
from model.carriers import carrier_names
from model.words import party_name
from model.zones import read_states

MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ENDINGS = ("_usd", "_parcels", "_share", "_days", "_index", "_count")
_ABBREVIATIONS = {"hhi": "HHI", "n": "number of"}
_IN_BRACKETS = re.compile(r" \((?=[^)]*_)[a-z0-9_*, ]+\)")
_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


def words_of(series: str) -> str:
    """A series name in words, without its unit."""
    text = series
    for ending in _ENDINGS:
        text = text.removesuffix(ending)
    words = factor_words(text) + (" share" if series.endswith("_share") else "")
    return words[:1].upper() + words[1:]


def outcome_words(name: str) -> str:
    """An outcome in words, with its year."""
    stem, year = split_year(name)
    return f"{words_of(stem)}, {year or 'whole run'}"


def names_in_words(text: str) -> str:
    """A text in which outcomes stand by their keys, with each of them in words."""
    return _NAME.sub(lambda found: outcome_words(found[0]), text)


def factor_words(name: str) -> str:
    """A lever or a parameter in words, such as "Amazon own cost multiplier" or "build limit"."""
    text = _carriers().sub(lambda found: party_name(found[0]), name)
    return " ".join(_ABBREVIATIONS.get(word, word) for word in text.split("_"))


def levers_in_words(text: str) -> str:
    """A text in which levers and parameters stand by their keys, with each of them in words."""
    return _NAME.sub(lambda found: factor_words(found[0]), text)


def without_keys(text: str) -> str:
    """A text without the keys that it names in brackets."""
    return _IN_BRACKETS.sub("", text)


@cache
def _carriers() -> re.Pattern[str]:
    """The key of a carrier within a name, such as spee_dee in spee_dee_volume_parcels."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(carrier_names())})(?![a-z])")


_DATE = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])\b")
_ENTRY = re.compile(r"\bgoes to ([A-Z]{2}(?:, [A-Z]{2})*) with\b")
_COSTS_ONLY = " as its costs rise; a wider margin would drive too many parcels away"
_NEGATIVE = re.compile(r"(?<![\w.])-(?=\d)")


def event_words(text: str) -> str:
    """The text of an event for readers: months and states by their names, and plain American English."""
    text = _DATE.sub(lambda found: f"{MONTH_NAMES[int(found[2]) - 1]} {found[1]}", text)
    text = _ENTRY.sub(lambda found: f"enters {_and(found[1].split(', '))} with", text)
    text = text.replace(" table terms for ", " put forward terms for ")  # to table is to shelve in the United States
    text = text.replace(", though its margin is no reason: demand would fall too far", _COSTS_ONLY)
    text = _NEGATIVE.sub("−", text)
    return text[:1].upper() + text[1:]


def _and(states: list[str]) -> str:
    """States by their names, as one says them."""
    names = [state_names().get(state, state) for state in states]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@cache
def state_names() -> dict[str, str]:
    """Names of the states by postal abbreviation."""
    return {row["state_abbrev"]: row["state_name"] for row in read_states()}


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
