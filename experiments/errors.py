"""What goes wrong with an experiment that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 800  # characters of a problem; a value may be a table without end


class InputError(ValueError):
    """An experiment cannot be started as it was asked for; nothing was run or written.

    Attributes:
        problems: One line each: the field, its value and what is allowed.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        told = (problems,) if isinstance(problems, str) else tuple(problems)
        self.problems = tuple(_shortened(problem) for problem in told)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


class DamagedError(InputError):
    """A stored result is not what was written: files are missing, cannot be read or were changed."""


def _shortened(problem: str) -> str:
    """Leave out the middle of a long line: the field stands in front, what is allowed at the end."""
    half = _LONGEST // 2
    return problem if len(problem) <= _LONGEST else f"{problem[:half]} ... {problem[-half:]}"
