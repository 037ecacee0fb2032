"""The stored back-test as a finding, and in one sentence for each test; the tables of all scores lie below."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from experiments.backtest.scores import Score, targets
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


_BANDS = "band_coverage_90%"
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
    _BANDS: ("Of the observed figures", "{} lie within the middle 90 % of the runs", _whole),
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
}
_TOO_WIDE = "Read the bands as too wide: what happens may well be nearer to their middle."
_TOO_NARROW = "Read the bands as too narrow: what happens may well lie outside them."


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
    failed = [(name, *_failed(stored, name)) for name in _TESTS if name != _BANDS]
    failed = [one for one in failed if one[1] > 0]
    close = "Close on how many parcels each carrier brings" if parcels.met else "Not close on how many parcels come"
    bands = _bands(stored)
    if not failed:
        if bands is None:
            return Finding(f"{close}, and within every limit", (far, "No limit that was set beforehand is missed."))
        told, meaning = bands
        return Finding(f"{close}, off on how sure it is", (far, f"What failed is how sure it is: {told}.", meaning))
    name, missed, of, worst = max(failed, key=lambda one: (one[1] / one[2], one[3].model / one[3].limit))
    words = _TESTS[name][2]
    subject, meaning = _PLAIN[name]
    often = f"all {of} back-tests" if missed == of else f"{missed} of {of} back-tests"
    failure = (
        f"What failed most is {subject}: it is off by up to {words(worst.model)}, where {words(worst.limit)} were "
        f"allowed beforehand. It is missed in {often}."
    )
    also = "" if name == "volume_error" else f", off on {subject}"
    sure = () if bands is None else (f"How sure it is fails, too: {bands[0]}. {bands[1]}",)
    return Finding(f"{close}{also}", (far, failure, meaning, *sure))


def _scores(stored: StoredHindcast, name: str) -> list[Score]:
    """Scores with a limit of the back-tests of unseen years."""
    return [
        score
        for run in stored.runs
        for score in run.scores
        if score.name == name and score.met is not None and is_out_of_sample(run, score.sample)
    ]


def _failed(stored: StoredHindcast, name: str) -> tuple[int, int, Score]:
    """In how many back-tests of unseen years a test fails, of how many, and the score that is furthest off."""
    found = _scores(stored, name)
    worst = max(found, key=lambda score: score.model, default=Score("out", name, "", math.nan, math.nan))
    return sum(score.met is False for score in found), len(found), worst


def _bands(stored: StoredHindcast) -> tuple[str, str] | None:
    """In how many back-tests of unseen years bands hold too much or too little, and how to read them.

    None where all are met.
    """
    found = _scores(stored, _BANDS)
    wide = [score for score in found if score.met is False and score.model >= score.limit]
    narrow = [score for score in found if score.met is False and score.model < score.limit]
    if not wide and not narrow:
        return None
    told = []
    if wide:
        least = min(score.model for score in wide)
        held = f"{_whole(least)} or more" if least < 1.0 else "all"
        told.append(f"in {len(wide)} of {len(found)} back-tests bands held {held} of what happened, more than should")
    if narrow:
        least, limit = min(score.model for score in narrow), narrow[0].limit
        where = f"in {len(narrow)}" if wide else f"in {len(narrow)} of {len(found)} back-tests bands held"
        told.append(f"{where} only {_whole(least)}, where at least {_whole(limit)} should")
    return ", ".join(told), _TOO_WIDE if len(wide) >= len(narrow) else _TOO_NARROW


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
        most = f" to {words(targets()['band_coverage_high', 'out'][0])}" if name == _BANDS else ""
        limit = f"limit {words(first.limit)}{most}, {'met' if first.met else 'not met'}"
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
