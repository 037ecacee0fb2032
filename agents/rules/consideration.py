"""How many shippers consider a carrier, by the years since it began (Bass 1969).

In a logit choice a carrier that a share of the shippers considers has its constant lower by the logarithm of that share
(implicit availability; Cascetta and Papola 2001).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
YOUNGEST = 0.5  # years after which a carrier that has begun is counted; before, nobody would be its customer


def considered_share(years: Floats, innovation: float, imitation: float) -> Floats:
    """Share of shippers that consider a carrier, (...), above 0 and at most 1.

    Args:
        years: Since it began, (...); `YOUNGEST` at least.
        innovation: Share of those that do not know it yet that come to know it by themselves in a year.
        imitation: The same from those that know it, if all others did.
    """
    fade = np.exp(-(innovation + imitation) * np.maximum(years, YOUNGEST))
    return np.asarray((1.0 - fade) / (1.0 + imitation / innovation * fade))
