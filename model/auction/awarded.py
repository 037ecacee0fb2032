"""Parcels that shippers and consolidators hand over in a month, and who pays for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.groups import ENTERPRISE
from model.statements import CONSOLIDATORS

Floats = NDArray[np.float64]


def ledger_party(buyer: str) -> str:
    """Party of the ledger that pays for a buyer: enterprise shippers and consolidators have one account together."""
    return {"consolidator": CONSOLIDATORS, "enterprise": ENTERPRISE}.get(buyer.rpartition("_")[0], buyer)


@dataclass(frozen=True, slots=True, eq=False)
class AwardedParcels:
    """Parcels of a month that shippers and consolidators hand over under awards.

    Attributes:
        by_contract: Parcels by buyer, (Z,) each.
        enterprise: Parcels of enterprise shippers, (Z,).
        enterprise_usd: What these pay USPS, $, (Z,).
        pooled: Parcels of consolidators by home division of the shippers, (R, Z).
        charged: What small shippers pay consolidators beyond what these pay USPS, $, (R,).
    """

    by_contract: dict[str, Floats]
    enterprise: Floats
    enterprise_usd: Floats
    pooled: Floats
    charged: Floats

    @property
    def parcels(self) -> Floats:
        """All of them, (Z,)."""
        return np.asarray(self.enterprise + self.pooled.sum(axis=0))
