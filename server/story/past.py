"""How far the model was off when it was played through the past: at the end of a story and at the head of Evidence."""

from __future__ import annotations

from functools import cache

from experiments.backtest.scores import Score
from experiments.backtest.stored import StoredHindcast, StoredRun, stored_hindcast
from experiments.errors import InputError

#: The back-test that begins where the estimation of its parameters had ended: it did not see these years.
UNSEEN = "free from 2022"


@cache
def how_far_off() -> str:
    """Errors of the years that the model had not seen, as stored with the package; empty where they are not."""
    try:
        run = unseen_run(stored_hindcast())
    except InputError:
        return ""
    found = unseen_scores(run)
    parcels, income = found.get("volume_error"), found.get("income_error")
    if parcels is None or income is None:
        return ""
    rough = "" if income.met else ", more than was allowed for"
    return f"How far to trust it: {off_in_parcels(run, parcels)}, and {off_in_income(income)}{rough}."


def unseen_run(stored: StoredHindcast) -> StoredRun:
    """The back-test of the years that its parameters knew nothing of.

    Raises:
        InputError: It is not stored.
    """
    return stored.run(UNSEEN)


def unseen_scores(run: StoredRun) -> dict[str, Score]:
    """Its errors in these years, by name."""
    return {score.name: score for score in run.scores if score.sample == "out"}


def off_in_parcels(run: StoredRun, score: Score) -> str:
    """The part of a sentence that says how far it was off in parcels."""
    return (
        f"played through {run.first[:4]} to {run.last[:4]}, years that it had not seen, the model was off by "
        f"{100 * score.model:.0f} % on average in the parcels of a carrier"
    )


def off_in_income(score: Score) -> str:
    """The part of a sentence that says how far it was off in the income of USPS."""
    return f"by up to ${score.model:.1f} billion in what USPS earns in a year"
