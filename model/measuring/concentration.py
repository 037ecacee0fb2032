"""Concentration of the market, place by place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.groups import CustomerGroups

Floats = NDArray[np.float64]
PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Concentration:
    """Concentration by segment and zone, (S, Z) each.

    Attributes:
        index: Herfindahl-Hirschman index: sum of squared shares in percent, 0 where nothing is delivered.
        leader: Carrier with the largest share.
        parcels: Parcels that the index is about.
    """

    index: Floats
    leader: NDArray[np.int64]
    parcels: Floats


def concentration(parcels: Floats) -> Concentration:
    """Measure concentration.

    Args:
        parcels: By segment, carrier and zone, (S, K, Z).
    """
    total = parcels.sum(axis=1)
    share = np.divide(parcels, total[:, None], out=np.zeros_like(parcels), where=total[:, None] > 0.0)
    return Concentration(((PERCENT * share) ** 2).sum(axis=1), parcels.argmax(axis=1), total)


def sold_parcels(accepted: Floats, groups: CustomerGroups, amazon: int) -> Floats:
    """Parcels by who has the customer: all of Amazon's own count as Amazon's, whoever brings them, (S, K, Z).

    Args:
        accepted: By customer group, segment, carrier and zone, (G, S, K, Z).
        groups: Groups of customers.
        amazon: Index of Amazon.
    """
    sold = accepted[groups.tendered].sum(axis=0)
    sold[:, amazon] += accepted[groups.amazon.all].sum(axis=(0, 2))
    return np.asarray(sold)
