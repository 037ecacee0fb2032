"""Months as values: the clock of the market counts them, contracts and events are dated by them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTH_PATTERN = re.compile(r"^(\d{4})-(\d{2})$")
MONTHS_PER_YEAR = 12
JANUARY, APRIL, JULY, OCTOBER = 1, 4, 7, 10


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """One calendar month.

    Attributes:
        year: Calendar year.
        month: Month of the year, 1 to 12.
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= MONTHS_PER_YEAR:
            raise ValueError(f"month must be between 1 and 12, not {self.month}")

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read "2025-01".

        Raises:
            ValueError: The text is not of the form YYYY-MM.
        """
        match = _MONTH_PATTERN.match(text.strip())
        if match is None or not 1 <= int(match[2]) <= MONTHS_PER_YEAR:
            raise ValueError(f"{text!r} is not a month of the form YYYY-MM, for example 2026-10")
        return cls(int(match[1]), int(match[2]))

    @property
    def index(self) -> int:
        """Months since January of year 0."""
        return self.year * MONTHS_PER_YEAR + self.month - 1

    @property
    def fiscal_year(self) -> int:
        """Fiscal year of USPS: October to September, named by its end."""
        return self.year + (self.month >= OCTOBER)

    @property
    def quarter_start(self) -> bool:
        """Whether a calendar quarter begins with this month."""
        return self.month % 3 == 1

    def __add__(self, months: int) -> Month:
        year, month = divmod(self.year * MONTHS_PER_YEAR + self.month - 1 + months, MONTHS_PER_YEAR)
        return Month(year, month + 1)

    def __sub__(self, other: Month) -> int:
        return (self.year - other.year) * MONTHS_PER_YEAR + self.month - other.month

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
