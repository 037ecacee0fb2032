"""Sourced figures as agents, rules and formulas read them: by symbol, never written."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Figures(Protocol):
    """Sourced figures by symbol; read-only."""

    def __getattr__(self, symbol: str) -> float: ...

    def __getitem__(self, symbol: str) -> float: ...

    def __contains__(self, symbol: object) -> bool: ...

    def by_type(self, stem: str) -> Floats:
        """Return the figures of one stem by zone type, (3,)."""
        ...
