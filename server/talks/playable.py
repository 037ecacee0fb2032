"""Whether a game at the table can be won at all, and the market to play in where it cannot."""

from __future__ import annotations

from dataclasses import replace

from model.scenario import DEFAULT_SCENARIO, Scenario
from server.choice import Choice, ChoiceError, make_choice
from server.headline import month_name
from server.talks.sides import signs_nothing

# What keeps a deal from being signed is left out; how long a run lasts stays only where it leaves time for one.
NEVER_KEPT = ("earliest_signature",)


def why_never(settings: Scenario) -> str:
    """Why nothing can be signed in a run, for a player; empty where something can."""
    if not signs_nothing(settings):
        return ""
    earliest, end = month_name(settings.earliest_signature), month_name(settings.end)
    return (
        f"In {settings.title!r} nothing can be signed: its assumptions allow a deal from {earliest} on only, and the "
        f"run ends in {end}. You can bargain here, but not agree."
    )


def usual_market(choice: Choice) -> Choice:
    """The market in which a deal can be signed: the same choice, or the usual scenario with its luck and changes."""
    choice = replace(choice, seat="", past=None)
    if not signs_nothing(choice.settings()):
        return choice
    kept = {key: value for key, value in choice.overrides if key not in NEVER_KEPT}
    for changes in (kept, {key: value for key, value in kept.items() if key != "end"}):
        try:
            usual = make_choice(DEFAULT_SCENARIO, choice.seed, changes)
        except ChoiceError:
            continue
        if not signs_nothing(usual.settings()):
            return usual
    return Choice(seed=choice.seed)
