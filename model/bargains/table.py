"""What lies on the table between two parties, and the kinds of pairs that sit at one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import PriceGroups, SliceValues, Stakes, group_stakes
from agents.party import Party
from model.answers import chosen_places

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


class PairKind(StrEnum):
    """What the two trade."""

    ACCESS = "access"
    CARRIAGE = "carriage"
    LAST_MILE = "last_mile"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parties that bargain over a contract.

    Attributes:
        seller: Key of the carrier that would deliver.
        buyer: Key of the party that would hand over parcels.
        kind: What they trade.
    """

    seller: str
    buyer: str
    kind: PairKind

    @property
    def parties(self) -> tuple[str, str]:
        """Seller and buyer: how contracts and talks are found."""
        return self.seller, self.buyer


@dataclass(frozen=True, slots=True, eq=False)
class BargainTable:
    """What is at stake in one month.

    Attributes:
        values: What each slice of the buyer's volume is worth to both, (L,) each.
        zone: Zone of each slice, (L,).
        groups: Which zones share a price.
        cell: Density cell of each slice, densest first, (L,).
    """

    values: SliceValues
    zone: Ints
    groups: PriceGroups
    cell: Ints

    @property
    def group(self) -> Ints:
        """Price group of each slice, (L,)."""
        return self.groups.of_zone[self.zone]

    def stakes(self, displacement_belief: float = 0.0) -> Stakes:
        """Stakes by price group, (G,) each.

        Args:
            displacement_belief: How far the seller believes that it can sell the same at the published price, 0 to 1.
        """
        stakes = group_stakes(self.values, self.group, len(self.groups.names))
        stakes = replace(stakes, buyer_outside=stakes.published)  # nobody pays more than what is open to all
        if displacement_belief > 0.0:
            outside = displacement_belief * stakes.published + (1.0 - displacement_belief) * stakes.seller
            stakes = replace(stakes, seller_outside=outside)
        return stakes

    def taken(self, price: Floats, buyer: Party) -> Bools:
        """Slices that a deal at these prices would carry, (L,): what the buyer commits of those that both gain from.

        Args:
            price: $ per parcel by group, (G,); NaN where the group has no deal.
            buyer: Who buys.

        Raises:
            model.answers.AnswerError: It answers with other than a yes or no for each slice, or takes one without deal.
        """
        by_slice = price[self.group]
        agreed = self.values.efficient & ~np.isnan(by_slice)
        one_price = len(self.groups.names) == 1
        answer = buyer.commits(self.values.buyer, by_slice, agreed, one_price)
        return chosen_places(buyer.key, "slices that it commits", answer, agreed.shape, agreed)

    def by_group(self, chosen: Bools, weights: Floats | None = None) -> Floats:
        """Sum of the volume of some slices, or of volume times weights, by price group, (G,)."""
        amount = self.values.volume if weights is None else self.values.volume * weights
        return _sums(self.group[chosen], amount[chosen], len(self.groups.names))

    def by_zone(self, chosen: Bools, n_zones: int) -> Floats:
        """Parcels a year of some slices by zone, (Z,)."""
        return _sums(self.zone[chosen], self.values.volume[chosen], n_zones)


def _sums(index: Ints, amount: Floats, size: int) -> Floats:
    return np.bincount(index, weights=amount, minlength=size).astype(np.float64)  # of nothing it makes integers
