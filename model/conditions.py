"""Conditions on the outcomes of a month: NAME OP NUMBER, joined by `and` and `or`; `and` binds first.

For example `usps_cash_usd <= 0 or usps_debt_usd >= 15e9 and usps_arrears_usd > 0`. Names are the columns of the monthly
table. Nothing of a condition is ever run as code.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from model.parameters import short_text

OPERATORS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "<=": operator.le,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        ">": operator.gt,
    }
)
EXAMPLE = "usps_cash_usd <= 0"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CLAUSE = re.compile(rf"^\s*([A-Za-z_]\w*)\s*({'|'.join(map(re.escape, OPERATORS))})\s*({_NUMBER})\s*$")


class ConditionError(ValueError):
    """A condition cannot be read; one line per problem."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of an outcome of the month with a number.

    Attributes:
        name: Column of the monthly table.
        sign: One of `OPERATORS`.
        number: What it is compared with, in the unit that the name ends with.
    """

    name: str
    sign: str
    number: float

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.number:.12g}"


@dataclass(frozen=True, slots=True)
class Condition:
    """Clauses of which all of one row must hold.

    Attributes:
        rows: Rows joined by `or`, of clauses joined by `and`.
    """

    rows: tuple[tuple[Clause, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Outcomes that it looks at."""
        return tuple(dict.fromkeys(clause.name for row in self.rows for clause in row))

    def __str__(self) -> str:
        return " or ".join(" and ".join(map(str, row)) for row in self.rows)

    def met(self, value: Callable[[str], float]) -> str | None:
        """Why it holds, in words: the row and its figures; None where it does not.

        Args:
            value: Gives the outcome of the month by name; nan fulfils nothing but `!=`.
        """
        for row in self.rows:
            figures = [value(clause.name) for clause in row]
            if all(OPERATORS[one.sign](figure, one.number) for one, figure in zip(row, figures, strict=True)):
                told = (f"{one.name} is {figure:,.6g}" for one, figure in zip(row, figures, strict=True))
                return f"{' and '.join(map(str, row))} ({', '.join(dict.fromkeys(told))})"
        return None


def read_condition(text: str, known: Collection[str] | None = None) -> Condition:
    """Read a condition.

    Args:
        text: The condition.
        known: Names that there are; any unless told.

    Raises:
        ConditionError: All problems: what is no clause, names that do not exist with those that are close.
    """
    problems: list[str] = []
    rows = tuple(
        tuple(one for part in re.split(r"\band\b", row) if (one := _clause(part, text, known, problems)) is not None)
        for row in re.split(r"\bor\b", text)
    )
    if problems:
        raise ConditionError("\n".join(dict.fromkeys(problems)))
    return Condition(rows)


def _clause(part: str, text: str, known: Collection[str] | None, problems: list[str]) -> Clause | None:
    match = _CLAUSE.match(part)
    if match is None:
        problems.append(
            f"{short_text(part.strip())} in {short_text(text)} is no condition; it must be NAME OP NUMBER, for example "
            f"{EXAMPLE}, with OP one of {' '.join(OPERATORS)}, joined by and / or"
        )
        return None
    name = match[1]
    if known is not None and name not in known:
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(close)}?" if close else "the columns of a run's monthly table are allowed"
        problems.append(f"{name}: there is no such outcome of a month; {hint}")
        return None
    return Clause(name, match[2], float(match[3]))
