"""A stored or running market that goes on from a month under other assumptions, beside what it would have done."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.calendar import Month
from experiments.errors import InputError
from experiments.figures import split_year
from experiments.parties import Roster, party_notes
from experiments.provenance import changes
from experiments.repetition import Stored, descent_of, read_stored, replay
from experiments.results import RunResult, collect
from experiments.runs import Progress
from experiments.settings import check_seeds, gather, late_shocks, prepare_scenario
from experiments.storage import write_result
from model.branching import check_branch
from model.market import ParcelMarket
from model.plain_values import plain
from model.scenario import Scenario, ScenarioError
from model.start_figures import figures_of_start

DIFFERENCES = ("outcome", "parent", "branch", "difference")


@dataclass(frozen=True, eq=False)
class Branch:
    """A branch beside the run that it left.

    Attributes:
        at: First month under the new assumptions.
        parent: What the run that it left is called.
        changes: Levers, parameters and shocks that differ from the run that it left, with their new values.
        result: The whole run, the shared past included.
        differences: Outcomes that both have, in the order of `lastmile outcomes`: parent, branch, difference. Those of
            the whole run are among them only where both end with the same month.
    """

    at: Month
    parent: str
    changes: dict[str, Any]
    result: RunResult = field(repr=False)
    differences: pd.DataFrame = field(repr=False)

    def summary(self) -> dict[str, Any]:
        """The branch as `lastmile branch --json` prints it: a run, and how it differs from its parent."""
        return self.result.summary() | {
            "branch": {
                "at": str(self.at),
                "parent": self.parent,
                "changes": self.changes,
                "differences": [
                    {str(name): value if value == value else None for name, value in row.items()}
                    for row in self.differences.to_dict("records")
                ],
            }
        }

    def save(self, folder: str | Path) -> Path:
        """Write the run as `RunResult.save` does, with its differences: it can be repeated, and branched again.

        Raises:
            InputError: The folder is a file or holds something else than an earlier result.
        """
        return write_result(folder, self.result.tables(), {**self.summary(), "title": self.result.scenario.title})


@dataclass(frozen=True, eq=False)
class Prepared:
    """A branch that can be played.

    Attributes:
        stored: The run that it leaves, with the outcomes that it had.
        at: First month under the new assumptions.
        scenario: What it assumes from then on.
        market: The market itself where it is running, a copy; None where it is played again.
    """

    stored: Stored
    at: Month
    scenario: Scenario
    market: ParcelMarket | None = None


def branch(
    source: str | Path | RunResult | ParcelMarket,
    at: str | Month,
    set: Mapping[str, Any] | None = None,
    shocks: Sequence[Any] = (),
    roster: Roster | None = None,
    until: str | Month | None = None,
    run_id: str | None = None,
    progress: Progress | None = None,
) -> Branch:
    """Go on from a month of a run under other assumptions; the past is shared to the last bit.

    Args:
        source: Folder of a saved run, its summary file, the folder of a sweep, a result, or a market, which stays as it
            is. What is stored is played again from its provenance up to the month, and must come out the same.
        at: First month under the new assumptions, "2026-06".
        set: Levers and parameters to change; those that act only at the start are refused.
        shocks: Dated shocks that come beside those of the run.
        roster: Classes that decide for parties from then on, or their import paths, by key.
        until: Last month; that of the run unless told.
        run_id: Run of a sweep.
        progress: Called with months done and months in all.

    Raises:
        InputError: What was asked for is not possible, or the past does not come out the same with this code; tells all
            problems at once.
    """
    return play_branch(prepare_branch(source, at, set, shocks, roster, until, run_id), progress)


def prepare_branch(
    source: str | Path | RunResult | ParcelMarket,
    at: str | Month,
    set: Mapping[str, Any] | None = None,
    shocks: Sequence[Any] = (),
    roster: Roster | None = None,
    until: str | Month | None = None,
    run_id: str | None = None,
) -> Prepared:
    """Check a branch; see `branch`.

    Raises:
        InputError: All problems at once.
    """
    stored = read_stored(source, run_id) if isinstance(source, str | Path) else _stored(source)
    check_seeds(stored.seed)
    before = stored.scenario
    month, after = gather(
        lambda: _month(at, stored), lambda: prepare_scenario(before, set, None, until, False, roster, shocks)
    )
    if problems := check_branch(before, after, month, figures_of_start(before.start)):
        raise InputError(problems)
    name = f"{before.name} from {month}"
    running = source if isinstance(source, ParcelMarket) and source.month == month else None
    return Prepared(stored, month, after.with_changes({"name": name}), None if running is None else _copy(running))


def play_branch(prepared: Prepared, progress: Progress | None = None) -> Branch:
    """Play a branch that `prepare_branch` has found possible.

    Raises:
        InputError: The past does not come out the same with this code.
    """
    stored, at, after = prepared.stored, prepared.at, prepared.scenario
    market = prepared.market or replay(stored.descent, stored.scenario, stored.seed, progress, until=at)
    if market.month != at:
        raise InputError(f"at: {at} is after the end of {stored.label}: {market.stopped}")
    _check_past(stored, market)
    try:
        market.branch(after)
    except ScenarioError as error:
        raise InputError(str(error).splitlines()) from error
    while not market.finished:
        market.step()
        if progress is not None:
            progress(market.months_done, market.n_months)
    result = collect(market, stored.seed, (*party_notes(after), *late_shocks(after)))
    return Branch(at, stored.label, _changed(stored.scenario, after), result, _differences(stored, result))


def _changed(before: Scenario, after: Scenario) -> dict[str, Any]:
    """What a branch assumes otherwise than the run that it left, as JSON can hold it."""
    old, new, usual = changes(before), changes(after), Scenario()
    found = {name: value for name, value in new.items() if old.get(name) != value}
    for name in old.keys() - new.keys():  # back to the default
        value = usual.value(name)
        found[name] = value if isinstance(value, bool | float) else [] if value == () else str(value)
    return found


def _month(at: str | Month, stored: Stored) -> Month:
    """First month of the branch, once it is sure that the run can be left then.

    Raises:
        InputError: It is no month, or the run cannot.
    """
    try:
        month = at if isinstance(at, Month) else Month.parse(str(plain(at)))
    except ValueError as error:
        raise InputError(f"at: {error}") from error
    scenario = stored.scenario
    earliest = (stored.descent[-1].left if stored.descent else scenario.start) + 1
    last = Month.parse(stored.ended["month"]) if stored.ended else scenario.end
    if not earliest <= month <= last + 1:
        why = f"; it is a branch itself, from {stored.descent[-1].left}" if stored.descent else ""
        raise InputError(
            f"at: {month} is not allowed; {stored.label} can be left from {earliest} to {last + 1}, the month after "
            f"its last{why}"
        )
    return month


def _stored(source: RunResult | ParcelMarket) -> Stored:
    """A result or a market as if it had been read from a folder; a running one as far as it has come."""
    result: RunResult = collect(source, source.seed_number) if isinstance(source, ParcelMarket) else source
    where = result.scenario.name
    return Stored(
        where,
        result.scenario,
        result.seed,
        result.summary()["outcomes"],
        result.balances,
        {"monthly": result.monthly},
        result.provenance,
        descent=descent_of(result.provenance, where),
        ended=result.ended,
    )


def _copy(market: ParcelMarket) -> ParcelMarket:
    """Another market in the same state, bit for bit."""
    with tempfile.TemporaryDirectory() as folder:
        return ParcelMarket.load(market.save(Path(folder) / "market"), roster=True)


def _check_past(stored: Stored, market: ParcelMarket) -> None:
    """Check that the months before the branch came out as they were kept.

    Raises:
        InputError: They did not.
    """
    if (broken := stored.damaged.get("monthly.parquet")) is not None:
        raise InputError(f"{stored.label}: monthly.parquet: {broken}; run it again, then branch")
    kept = stored.tables.get("monthly")
    if kept is None:  # a sweep, or what was printed, keeps no months
        return
    now = market.records.frame()
    before = kept.iloc[: len(now)]
    if list(before.columns) != list(now.columns) or len(before) != len(now):
        raise InputError(f"{stored.label}: its monthly table is of other code; run it again, then branch")
    differing = [
        str(name)
        for name in now.columns
        if not np.array_equal(before[name].to_numpy(dtype=float), now[name].to_numpy(dtype=float), equal_nan=True)
    ]
    if differing:
        raise InputError(
            f"{stored.label}: its past does not come out the same with this code and machine: {len(differing)} columns "
            f"of the monthly table differ, {differing[0]} first; run it again, then branch"
        )


def _differences(stored: Stored, result: RunResult) -> pd.DataFrame:
    same_end = str(result.monthly.index[-1]) == _last_month(stored)
    rows = [
        (str(name), float(stored.outcomes[str(name)]), float(value), float(value) - float(stored.outcomes[str(name)]))
        for name, value in result.outcomes.items()
        if str(name) in stored.outcomes and (same_end or split_year(str(name))[1])
    ]
    return pd.DataFrame(rows, columns=list(DIFFERENCES))


def _last_month(stored: Stored) -> str:
    """Last month that a stored run has played."""
    kept = stored.tables.get("monthly")
    if kept is not None and len(kept):
        return str(kept.index[-1])
    return str(stored.ended["month"]) if stored.ended else str(stored.scenario.end)
