"""Which brief a saved or open result gets, and where it is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.branching import Branch
from experiments.briefs.branched import brief_of_branch
from experiments.briefs.brief import FILE, Brief
from experiments.briefs.compared import HEADLINE, brief_of_comparison
from experiments.briefs.policies import brief_of_matrix
from experiments.briefs.single import brief_of_run
from experiments.briefs.targeted import brief_of_target
from experiments.comparison import Comparison
from experiments.designs.columns import choose_outcomes
from experiments.errors import InputError
from experiments.figures import choose, split_year
from experiments.policies.matrix import KIND as MATRIX
from experiments.policies.matrix import Matrix, open_matrix
from experiments.reopening import Saved, open_result
from experiments.results import RunResult
from experiments.settings import gather
from experiments.storage import check_file, saved_files
from experiments.store.manifest import FILE as MANIFEST
from experiments.store.reading import open_sweep
from experiments.targets.target import Target


def is_saved(source: object) -> bool:
    """Whether something is the folder of a saved result or of a matrix, and not that of another sweep."""
    if not isinstance(source, str | Path):
        return False
    path = Path(source)
    return _is_matrix(path) or (not (path / MANIFEST).exists() and saved_files(path) is not None)


def _is_matrix(path: Path) -> bool:
    return (path / MANIFEST).exists() and open_sweep(path).kind == MATRIX


def write_brief(
    source: str | Path | Saved | Matrix,
    outcome: str | Sequence[str] | None = None,
    out: str | Path | None = None,
) -> Path:
    """Write the brief of a saved or open result.

    Args:
        source: The result, or the folder that holds it.
        outcome: What the question is about; unless told net income of USPS, of a matrix what it was made for. A target
            has one of its own.
        out: File to write; unless told beside the folder, with its name: a result knows the files in its own folder.
            Of a matrix `report.html` in its folder.

    Raises:
        InputError: All problems: there is no such result or outcome, or the page cannot be written.
    """
    path = Path(out) if out is not None else _place(source)
    asked = [outcome] if isinstance(outcome, str) else list(outcome or ())
    problems: list[str] = []
    if len(asked) > 1:
        problems.append(f"outcome: a brief is about one, and {len(asked)} are named; make one for each")
    result, _ = gather(lambda: _opened(source, asked[:1]), lambda: check_file(path), known=problems)
    return brief_of(result, _one(result, asked)).write(path)


def _place(source: str | Path | Saved | Matrix) -> Path:
    if not isinstance(source, str | Path):
        raise InputError("out: missing; say where the page of a result goes that is in no folder")
    folder = Path(source).resolve()
    return folder / FILE if _is_matrix(folder) else folder.parent / f"{folder.name}.html"


def _opened(source: str | Path | Saved | Matrix, asked: Sequence[str]) -> Saved | Matrix:
    if not isinstance(source, str | Path):
        return source
    return open_matrix(source, asked) if _is_matrix(Path(source)) else open_result(source)


def brief_of(result: Saved | Matrix, outcome: str = HEADLINE) -> Brief:
    """The brief of a result.

    Args:
        result: The result.
        outcome: Of a run, branch or comparison, name of the outcome that it is about.
    """
    if isinstance(result, Comparison):
        return brief_of_comparison(result, outcome)
    if isinstance(result, Branch):
        return brief_of_branch(result, outcome)
    if isinstance(result, RunResult):
        return brief_of_run(result, outcome)
    return brief_of_target(result) if isinstance(result, Target) else brief_of_matrix(result)


def _one(result: Saved | Matrix, asked: Sequence[str]) -> str:
    """The one outcome of a brief.

    Raises:
        InputError: The result does not have it, or has one of its own.
    """
    if isinstance(result, Target) and asked and split_year(asked[0])[0] != split_year(result.reach.outcome)[0]:
        raise InputError(f"outcome: the target is about {result.reach.outcome}; leave it out")
    if not asked or isinstance(result, Target | Matrix):
        return HEADLINE
    problems: list[str] = []
    if isinstance(result, Comparison):
        scenario, names = result.scenarios[0], [str(name) for name in result.runs.columns]
    elif isinstance(result, Branch):
        scenario, names = result.result.scenario, list(result.differences["outcome"])
    else:
        scenario, names = result.scenario, [str(name) for name in result.outcomes.index]
    choose_outcomes(scenario, asked, problems, "outcome")
    if not problems and not choose(names, asked):
        problems.append(f"outcome: there is no figure for {asked[0]!r} in this result")
    if problems:
        raise InputError(problems)
    return asked[0] if asked[0] in names else choose(names, asked)[-1]
