"""Names of outcomes and series in words, the same on all pages."""

from __future__ import annotations

from experiments.figures import split_year

_ENDINGS = ("_usd", "_parcels", "_share", "_days", "_index", "_count")
_PROPER = {"usps": "USPS", "ups": "UPS", "fedex": "FedEx", "amazon": "Amazon", "hhi": "HHI", "p90": "p90"}


def words_of(series: str) -> str:
    """A series name in words, without its unit."""
    text = series
    for ending in _ENDINGS:
        text = text.removesuffix(ending)
    words = " ".join(_PROPER.get(word, word) for word in text.split("_"))
    share = ", share" if series.endswith("_share") else ""
    return words[:1].upper() + words[1:] + share


def outcome_words(name: str) -> str:
    """An outcome in words, with its year."""
    stem, year = split_year(name)
    return f"{words_of(stem)}, {year or 'whole run'}"


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
