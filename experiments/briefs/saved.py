"""Which brief a saved or open result gets, and where it is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.briefs.brief import Brief
from experiments.briefs.compared import HEADLINE, brief_of_comparison
from experiments.briefs.single import brief_of_run
from experiments.comparison import Comparison
from experiments.designs.columns import choose_outcomes
from experiments.errors import InputError
from experiments.figures import choose
from experiments.reopening import open_result
from experiments.results import RunResult
from experiments.settings import gather
from experiments.storage import check_file, saved_files
from experiments.store.manifest import FILE as MANIFEST


def is_saved(source: object) -> bool:
    """Whether something is the folder of a saved run or comparison, and not that of a sweep."""
    if not isinstance(source, str | Path):
        return False
    path = Path(source)
    return not (path / MANIFEST).exists() and saved_files(path) is not None


def write_brief(
    source: str | Path | Comparison | RunResult,
    outcome: str | Sequence[str] | None = None,
    out: str | Path | None = None,
) -> Path:
    """Write the brief of a run or a comparison.

    Args:
        source: The result, or the folder that holds it.
        outcome: What the question is about; net income of USPS unless told.
        out: File to write; unless told beside the folder, with its name: a result knows the files in its own folder.

    Raises:
        InputError: All problems: there is no such result or outcome, or the page cannot be written.
    """
    stored = isinstance(source, str | Path)
    path = Path(out) if out is not None else (_beside(Path(str(source)).resolve()) if stored else None)
    if path is None:
        raise InputError("out: missing; say where the page of a result goes that is in no folder")
    result: Comparison | RunResult
    result, _ = gather(lambda: open_result(source) if stored else source, lambda: check_file(path))  # type: ignore[arg-type]
    asked = [outcome] if isinstance(outcome, str) else list(outcome or ())
    return brief_of(result, _one(result, asked)).write(path)


def _beside(folder: Path) -> Path:
    return folder.parent / f"{folder.name}.html"


def brief_of(result: Comparison | RunResult, outcome: str = HEADLINE) -> Brief:
    """The brief of a result; see `brief_of_comparison` and `brief_of_run`."""
    if isinstance(result, Comparison):
        return brief_of_comparison(result, outcome)
    return brief_of_run(result, outcome)


def _one(result: Comparison | RunResult, asked: Sequence[str]) -> str:
    """The one outcome of a brief.

    Raises:
        InputError: Several were named, or one that the result does not have.
    """
    if not asked:
        return HEADLINE
    problems: list[str] = []
    if len(asked) > 1:
        problems.append(f"outcome: a brief is about one, and {len(asked)} are named; make one for each")
    scenario = result.scenarios[0] if isinstance(result, Comparison) else result.scenario
    choose_outcomes(scenario, asked, problems, "outcome")
    known = [str(name) for name in (result.runs.columns if isinstance(result, Comparison) else result.outcomes.index)]
    if not problems and not choose(known, asked):
        problems.append(f"outcome: there is no figure for {asked[0]!r} in this result")
    if problems:
        raise InputError(problems)
    return asked[0] if asked[0] in known else choose(known, asked)[-1]
