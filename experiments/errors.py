"""What goes wrong with an experiment that is asked for."""

from __future__ import annotations

from collections.abc import Sequence


class InputError(ValueError):
    """An experiment cannot be started as it was asked for; nothing was run or written.

    Attributes:
        problems: One line each: the field, its value and what is allowed.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[str, ...]]]:
        return InputError, (self.problems,)
