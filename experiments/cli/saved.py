"""What `lastmile show` prints of each kind of saved result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.branching import Branch
from experiments.cli.branching import show_branch
from experiments.cli.gains import show_gains
from experiments.cli.tables import show_comparison, show_run
from experiments.cli.targets import show_target
from experiments.comparison import Comparison
from experiments.designs.columns import check_outcomes
from experiments.errors import InputError
from experiments.results import RunResult
from experiments.spreadsheets.asking import branch_tables, target_tables
from experiments.spreadsheets.outcomes import Tables, comparison_tables, run_tables

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.reopening import Saved


def show_saved(out: Console, result: Saved, patterns: Sequence[str], quiet: bool) -> None:
    """Print a result as the command that made it does.

    Args:
        out: Where to.
        result: The result.
        patterns: Outcomes to show; those that matter most unless told.
        quiet: Only check what was asked for.

    Raises:
        InputError: It has no such outcome.
    """
    if isinstance(result, Comparison):
        check_outcomes(result.scenarios[0], patterns)
        if not quiet:
            show_comparison(out, result, patterns)
            if not patterns:
                show_gains(out, result)
    elif isinstance(result, RunResult | Branch):
        check_outcomes((result.result if isinstance(result, Branch) else result).scenario, patterns)
        if not quiet:
            show_branch(out, result, patterns) if isinstance(result, Branch) else show_run(out, result, patterns)
    else:
        if patterns:
            raise InputError("outcome: a target is about one; the same command with another one runs nothing twice")
        if not quiet:
            show_target(out, result)


def tables_of(result: Saved, patterns: Sequence[str]) -> Tables:
    """The tables of a result; see `experiments.spreadsheets`."""
    if isinstance(result, Comparison):
        return comparison_tables(result, patterns)
    if isinstance(result, Branch):
        return branch_tables(result, patterns)
    return run_tables(result, patterns) if isinstance(result, RunResult) else target_tables(result)
