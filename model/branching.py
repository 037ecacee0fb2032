"""A market that goes on from a month under other assumptions: what may change then, and what changing it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.calendar import Month
from agents.party import Party
from model.economy import Economy
from model.history.paths import TRENDS, Era
from model.scenario import Scenario, ScenarioError, levers
from model.start.parties import change_parties, tell_parties

#: Levers that are read when a run opens, or decide on its past, and never again.
AT_START = ("start", "announced_plans", "rural_plan", "usps_amazon_renewal", "history_mode")
_TABLES = ("carriers", "shippers")
_LABELS = ("name", "title", "description", "forced")
_EXIT = ("withdrawn", "partial")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a run assumed until a branch left it.

    Attributes:
        settings: The assumptions.
        left: First month that was played under others.
    """

    settings: Scenario
    left: Month


def check_branch(before: Scenario, after: Scenario, at: Month, of_start: frozenset[str]) -> list[str]:
    """What a branch cannot change, one line each.

    Args:
        before: What the run assumes up to the month.
        after: What it is to assume from then on.
        at: First month under the new assumptions.
        of_start: Parameters that describe the start; see `model.start_figures`.
    """
    problems: list[str] = []
    changed = [name for name in type(after).model_fields if name not in (*_LABELS, "parameters")]
    changed = [name for name in changed if getattr(before, name) != getattr(after, name)]
    figures = changed_parameters(before, after)
    fixed = [
        *(name for name in (*AT_START, *_TABLES) if name in changed),
        *(name for name in figures if name in of_start),
    ]
    if fixed:
        problems.append(
            f"{', '.join(fixed)}: {'it acts' if len(fixed) == 1 else 'they act'} only at the start, in {before.start}, "
            "which a branch shares; run a scenario of its own, or say what happens at a date with a shock"
        )
    if after.end < at:
        problems.append(f"until: {after.end} is before the branch, which begins in {at}")
    dates = {lever.key for lever in levers() if lever.kind == "month"} - {"start", "end"}
    problems += [
        f"{name}: {getattr(after, name)} lies in the past that a branch in {at} shares; allowed: {at} or later"
        for name in changed
        if name in dates and getattr(after, name) < at
    ]
    imposed, was = (one.usps_amazon_volume in _EXIT for one in (after, before))
    if imposed and not was and "exit_start" not in changed and after.exit_start < at:
        problems.append(
            f"usps_amazon_volume: the exit would begin in {after.exit_start}, before the branch in {at}; set "
            f"exit_start (and exit_end) to {at} or later"
        )
    known = set(before.all_shocks())
    problems += [
        f"shock {kind}:{whom}: it begins in {after.start + shock.begins}, before the branch; allowed: {at} or later"
        for kind, whom, shock in after.all_shocks()
        if (kind, whom, shock) not in known and after.start + shock.begins < at
    ]
    return problems


def changed_parameters(before: Scenario, after: Scenario) -> dict[str, float]:
    """Parameters that differ, with their new values."""
    old, new = before.parameters, after.parameters
    return {
        symbol: new[symbol]
        for symbol in new.symbols
        if symbol in {*old.overrides, *new.overrides} and old[symbol] != new[symbol]
    }


def branch_off(market: Economy, after: Scenario, own: Mapping[str, type[Party]]) -> None:
    """Let a market assume something else from the month on that is next; `check_branch` has found nothing wrong.

    Trends, fuel, wages, interest and demand go on from where they are. Talks that are open are held to their end by who
    opened them.

    Args:
        market: The market.
        after: What it assumes from now on.
        own: Classes by key of parties that are played by another one from now on.
    """
    before, t = market.settings, market.months_done
    figures = changed_parameters(before, after)
    in_past = market.month < after.projection_start
    market.update_figures({name: value for name, value in figures.items() if not (in_past and name in TRENDS)})
    fast = after.mail_trend == "fast"
    bends = bool(TRENDS & figures.keys()) or before.mail_trend != after.mail_trend
    market.paths = market.paths.changed(Era(t, after.parameters, fast) if bends else None, after.overlays)
    market.records.extend(after.n_months)
    tell_parties(market, after)
    change_parties(market, own)


def refused(problems: list[str]) -> ScenarioError:
    """All problems of a branch in one message."""
    return ScenarioError("\n".join(f"branch: {problem}" for problem in problems))
