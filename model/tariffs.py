"""Limits and temporary factors on list levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.carriers import Carrier
from model.carriers import FEDEX, UPS
from model.state import Tariffs

Floats = NDArray[np.float64]


def set_temporary(tariffs: Tariffs, carrier: int, factor: Floats) -> None:
    """Put a factor that will end again on a carrier's list level, in place of the one in force.

    Args:
        tariffs: Price lists, changed in place.
        carrier: Index of the carrier.
        factor: By segment, (S,); 1 takes it off.
    """
    tariffs.level[:, carrier] *= factor / tariffs.temporary.get(carrier, 1.0)
    tariffs.temporary[carrier] = factor


def rival_price_ratio(tariffs: Tariffs, revenue: Floats, carrier: int) -> float:
    """Rivals' list-price growth since the start over a carrier's own; 1 for a carrier without revenue then.

    Args:
        tariffs: Price lists.
        revenue: Revenue at the start with which segments and carriers are weighted, (S, K).
        carrier: Index of the carrier.
    """
    index = tariffs.level / np.where(tariffs.start_level > 0.0, tariffs.start_level, 1.0)
    rivals = np.delete(index * revenue, carrier, axis=1).sum(axis=1) / np.delete(revenue, carrier, axis=1).sum(axis=1)
    own = revenue[:, carrier]
    if own.sum() <= 0.0:
        return 1.0
    return float((rivals * own).sum() / (index[:, carrier] * own).sum())


def price_cap(carrier: Carrier, tariffs: Tariffs) -> Floats:
    """Highest list level that a carrier sets itself, in view of what UPS and FedEx charge for a like segment, (S,)."""
    rivals = np.minimum(tariffs.level[:, UPS], tariffs.level[:, FEDEX])
    return carrier.price_cap(rivals, tariffs.start_level[:, carrier.index])
