"""What is not known, whatever was asked: the same sentences in every brief, and those of this result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.briefs.saying import plain
from experiments.resolution import coarse_note
from model.scenario import Scenario

# Warnings that speak of other outcomes or of what was typed; the brief says it in its own way.
_OF_THE_TERMINAL = ("differences", "One replication", "and set makes it", "varies it")
ALWAYS = (
    "What Amazon pays USPS and how many parcels it hands over is not public; both are estimates with a wide range, and "
    "results lean on them.",
    "What own delivery costs Amazon where it does not deliver yet is not known outside; it decides most of what stays "
    "with USPS.",
    "The model compares; it predicts no dates. What its form gets wrong is in no interval here.",
)


def unknowns(
    scenarios: Sequence[Scenario], replications: int, draws: Mapping[str, Any] | None, warnings: Sequence[str]
) -> list[str]:
    """Sentences on what a result does not say.

    Args:
        scenarios: What was run.
        replications: Seeds of each.
        draws: Parameter draws that the seeds took, if any.
        warnings: What else was found.
    """
    if replications == 1:
        interval = "One seed was run: what is luck and what is the scenario cannot be told apart."
    elif draws is None:
        interval = "Intervals hold luck only, what differs between seeds; the parameters are the same in all runs."
    else:
        interval = f"Intervals hold luck and the parameter draws {draws['name']}, one a seed."
    forced = [one for one in scenarios if one.forced]
    imposed = ["Where an outcome is imposed, nothing is said on whether it will come about."] if forced else []
    # Which differences are wide is of all outcomes, by their names in the code; the figures here show their own.
    own = [one for one in warnings if not any(words in one for words in _OF_THE_TERMINAL)]
    coarse = coarse_note([one.parameters.n_shippers for one in scenarios])
    told = dict.fromkeys(f"{plain(one).rstrip('.')}." for one in (coarse, *own) if one)
    return [interval, *imposed, *ALWAYS, *(f"{one[:1].upper()}{one[1:]}" for one in told)]
