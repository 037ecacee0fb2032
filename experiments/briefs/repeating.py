"""Commands that play a run again, through all that it assumed one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.repetition import descent_of
from experiments.results import RunResult
from experiments.variants import NEEDED, spell, spelled_options, spelled_value
from model.scenario import Scenario


def commands_of_run(result: RunResult) -> tuple[list[str], str]:
    """Commands that give a run again, and what they need besides, in a sentence.

    Args:
        result: The run; of a branch the runs that it comes from are played first, each into a folder.
    """
    stages = [*(one.settings for one in descent_of(result.provenance, result.scenario.name)), result.scenario]
    left = [one.left for one in descent_of(result.provenance, result.scenario.name)]
    first = stages[0]
    words, needed = spell([first], months=False)
    if not words:
        return [], needed
    folders = [f" --out results/stage-{number}" for number in range(1, len(stages))]
    commands = [f"lastmile run {words} --seed {result.seed} --from {first.start} --until {first.end}"]
    for number, (before, after, month) in enumerate(zip(stages, stages[1:], left, strict=False)):
        options = _options(before, after)
        if options is None:
            return [], "One needs a scenario file as well: a command alone cannot say what is changed."
        commands[-1] += folders[number]
        until = f" --until {after.end}" if after.end != before.end else ""
        commands.append(" ".join([f"lastmile branch results/stage-{number + 1} --at {month}{until}", *options]))
        needed = NEEDED if any(one.startswith("--roster") for one in options) else needed
    return commands, needed


def _options(before: Scenario, after: Scenario) -> list[str] | None:
    """What a branch changes, as options; None where they cannot say it."""
    if before.carriers != after.carriers or before.shippers != after.shippers:
        return None
    kept = len(before.shocks)
    if after.shocks[:kept] != before.shocks:
        return None
    old, new = before.changes(), after.changes()
    told = ("name", "title", "description", "forced", "end", "shocks", "roster")
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key) and key not in told]
    options = spelled_options({key: spelled_value(after.value(key)) for key in keys}, after.shocks[kept:])
    own: Sequence[str] = [
        f"--roster {key}={path}" for key, path in after.roster.items() if before.roster.get(key) != path
    ]
    return [*options, *own]
