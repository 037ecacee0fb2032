"""The stored back-test in one sentence for each test; the tables of all scores lie below."""

from __future__ import annotations

import math
from collections.abc import Callable

from experiments.backtest.scores import Score
from experiments.backtest.stored import StoredHindcast
from server.pages.evidence.backtest import is_out_of_sample

type Words = Callable[[float], str]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _points(value: float) -> str:
    return f"{value:.1f} percentage points"


def _billions(value: float) -> str:
    return f"${value:.1f} billion"


def _whole(value: float) -> str:
    return f"{value:.0%}".replace("%", " %")


# What each test says, with its figure in the place of {}; and how its figures are written.
_TESTS: dict[str, tuple[str, str, Words]] = {
    "volume_error": ("Parcels of each carrier", "lie {} from what was observed", _percent),
    "share_error": ("Market shares", "lie {} from what was observed", _points),
    "revenue_per_parcel_error": ("Revenue per parcel", "lies {} from what was observed", _percent),
    "package_revenue_error": ("Package revenue of USPS", "lies {} from what was observed", _percent),
    "income_error": (
        "The yearly income of USPS, non-cash items left out,",
        "lies up to {} from what was observed",
        _billions,
    ),
    "band_coverage_90%": ("Of the observed figures", "{} lie within the middle 90 % of the runs", _whole),
}


def sentences(stored: StoredHindcast) -> tuple[str, ...]:
    """One sentence for each test with a limit: what the first back-test found, and in how many it is met.

    The first back-test is the free run over the years that its parameters knew nothing of.
    """
    told = []
    for name, (subject, verb, words) in _TESTS.items():
        found = [
            (run.name, score)
            for run in stored.runs
            for score in run.scores
            if score.name == name and score.met is not None and is_out_of_sample(run, score.sample)
        ]
        if not found:
            continue
        run_name, first = found[0]
        least = "at least " if name.startswith("band") else ""
        limit = f"limit {least}{words(first.limit)}, {'met' if first.met else 'not met'}"
        met = sum(score.met is True for _, score in found)
        told.append(
            f"{subject} {verb.format(words(first.model))} in the back-test {run_name} ({limit}{_naive(first, words)}); "
            f"{met} of {len(found)} back-tests out of sample meet it."
        )
    return tuple(told)


def _naive(score: Score, words: Words) -> str:
    """What the two forecasts that need no model would miss by."""
    if not (math.isfinite(score.persistence) and math.isfinite(score.drift)):
        return ""
    return f"; shares that stay as in 2021 miss by {words(score.persistence)}, their trend by {words(score.drift)}"


def patterns(stored: StoredHindcast) -> tuple[str, ...]:
    """One sentence for each pattern of the past: how many of the back-tests that could show it do."""
    told = []
    for name in dict.fromkeys(pattern.name for run in stored.runs for pattern in run.patterns):
        found = [one.shown for run in stored.runs for one in run.patterns if one.name == name and one.shown is not None]
        if found:
            told.append(f"{name[:1].upper()}{name[1:]}: shown by {sum(found)} of {len(found)} back-tests.")
    return tuple(told)
