"""The stored back-test as a finding, and in one sentence for each test; the tables of all scores lie below."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from experiments.backtest.scores import Score
from experiments.backtest.stored import StoredHindcast
from server.pages.evidence.backtest import is_out_of_sample
from server.story.past import off_in_parcels, unseen_run, unseen_scores

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


# What a test is about for one who has never seen it, and how to read the answers where it fails.
_PLAIN: dict[str, tuple[str, str]] = {
    "volume_error": (
        "how many parcels each carrier brings",
        "Read who brings how many parcels as a direction, not as a number.",
    ),
    "share_error": ("who has which part of the market", "Read shares of the market as a direction, not as a number."),
    "revenue_per_parcel_error": (
        "what a parcel brings in",
        "Read prices as a comparison between two runs, not as an amount.",
    ),
    "package_revenue_error": (
        "what USPS takes in for packages",
        "Read what USPS takes in as a comparison between two runs, not as an amount.",
    ),
    "income_error": (
        "what USPS earns",
        "Read what USPS earns or loses as a comparison between two runs, where much of the error stands on both sides, "
        "and not as an amount; what follows from its cash may come earlier or later than the model says.",
    ),
    "band_coverage_90%": ("how sure it is", "Read the bands as too narrow: what happens may well lie outside them."),
}


@dataclass(frozen=True)
class Finding:
    """How well the model does against the past.

    Attributes:
        title: In a few words.
        sentences: With figures: how far off, what failed most, and what that means for the answers.
    """

    title: str
    sentences: tuple[str, ...]


def finding(stored: StoredHindcast) -> Finding:
    """What the back-tests of years that the parameters knew nothing of say, first of all of the parcels.

    Raises:
        InputError: The back-test that begins with these years is not stored.
    """
    run = unseen_run(stored)
    parcels = unseen_scores(run)["volume_error"]
    naive = min(parcels.persistence, parcels.drift)
    beats = "closer" if parcels.model < naive else "no closer"
    far = (
        f"{off_in_parcels(run, parcels)[:1].upper()}{off_in_parcels(run, parcels)[1:]}: {beats} than the better of two "
        f"forecasts that need no model, which misses by {100 * naive:.0f} %."
    )
    failed = [(name, *_failed(stored, name)) for name in _TESTS if _failed(stored, name)[0]]
    close = "Close on how many parcels each carrier brings" if parcels.met else "Not close on how many parcels come"
    if not failed:
        return Finding(f"{close}, and within every limit", (far, "No limit that was set beforehand is missed."))
    name, missed, of, worst = max(failed, key=lambda one: (one[1] / one[2], one[3].model / one[3].limit))
    words = _TESTS[name][2]
    meaning = _PLAIN[name][1]
    how_far = f"it is off by up to {words(worst.model)}, where {words(worst.limit)} were allowed beforehand"
    if name.startswith("band"):
        inside = f"{words(worst.model)} of what happened lay inside its bands"
        how_far = f"only {inside}, where at least {words(worst.limit)} should"
        if worst.model >= worst.limit:
            how_far = f"{inside}, more than should"
            meaning = "Read the bands as too wide: what happens may well be nearer to their middle."
    often = f"all {of} back-tests" if missed == of else f"{missed} of {of} back-tests"
    failure = f"What failed most is {_PLAIN[name][0]}: {how_far}. It is missed in {often}."
    also = "" if name == "volume_error" else f", off on {_PLAIN[name][0]}"
    return Finding(f"{close}{also}", (far, failure, meaning))


def _failed(stored: StoredHindcast, name: str) -> tuple[int, int, Score]:
    """In how many back-tests of unseen years a test fails, of how many, and the score that is furthest off."""
    found = [
        score
        for run in stored.runs
        for score in run.scores
        if score.name == name and score.met is not None and is_out_of_sample(run, score.sample)
    ]
    missed = sum(score.met is False for score in found)
    # Of bands the one that holds least; where none holds too little, one that fails holds too much.
    least = name.startswith("band") and any(score.model < score.limit for score in found)
    worst = sorted(found, key=lambda score: -score.model if least else score.model)[-1:]
    return missed, len(found), worst[0] if worst else Score("out", name, "", math.nan, math.nan)


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
