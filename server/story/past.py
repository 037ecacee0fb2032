"""How far the model was off when it was played through the past: one sentence for who has just seen a run end."""

from __future__ import annotations

from functools import cache

from experiments.backtest.stored import stored_hindcast
from experiments.errors import InputError

#: The back-test that begins where the estimation of its parameters had ended: it did not see these years.
UNSEEN = "free from 2022"


@cache
def how_far_off() -> str:
    """Errors of the years that the model had not seen, as stored with the package; empty where they are not."""
    try:
        run = stored_hindcast().run(UNSEEN)
    except InputError:
        return ""
    found = {score.name: score for score in run.scores if score.sample == "out"}
    parcels, income = found.get("volume_error"), found.get("income_error")
    if parcels is None or income is None:
        return ""
    rough = "" if income.met else ", more than was allowed for"
    return (
        f"How far to trust it: played through {run.first[:4]} to {run.last[:4]}, years that it had not seen, the model "
        f"was off by {100 * parcels.model:.0f} % on average in the parcels of a carrier, and by up to "
        f"${income.model:.1f} billion in what USPS earns in a year{rough}."
    )
