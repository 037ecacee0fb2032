"""What crosses the table of an auction: lots, private demands, bids and awards. Quantities are parcels a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AuctionFormat = Literal["pay_as_bid", "uniform_price", "vcg"]
FORMATS: tuple[AuctionFormat, ...] = ("pay_as_bid", "uniform_price", "vcg")
#: Parcels tendered in the morning go out the same day, later ones the next day.
WINDOWS = ("same_day", "next_day")


@dataclass(frozen=True, slots=True)
class Lot:
    """Access to the delivery units of one zone in one tender window.

    Attributes:
        zone: Index of the zone.
        window: One of `WINDOWS`.
        capacity: Parcels a year on offer.
        reserve: Lowest price that is accepted, $ per parcel.
        attributable_cost: What a parcel costs the seller, mean of the zone, $ per parcel.
        bidders: Bidders whom everybody expects, itself included; a belief, not a count.
    """

    zone: int
    window: str
    capacity: float
    reserve: float
    attributable_cost: float
    bidders: int


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What a lot is worth to one bidder, in steps; known to nobody else.

    Attributes:
        bidder: Key of the bidder.
        quantity: Parcels a year, (J,).
        value: $ per parcel, (J,).
        source: Which of the bidder's parcels each step is: positions in its need, (J,).
    """

    bidder: str
    quantity: Floats
    value: Floats
    source: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Bid:
    """What one bidder tells the auction house about one lot, in steps.

    Attributes:
        bidder: Key of the bidder.
        quantity: Parcels a year, (J,).
        price: $ per parcel, (J,).
    """

    bidder: str
    quantity: Floats
    price: Floats

    def __post_init__(self) -> None:
        if self.quantity.shape != self.price.shape or self.quantity.ndim != 1:
            raise ValueError(
                f"bid of {self.bidder}: quantity has shape {self.quantity.shape} and price {self.price.shape}; "
                "allowed: one price for each quantity"
            )
        for name, values in (("quantity", self.quantity), ("price", self.price)):
            if not (np.isfinite(values).all() and (values >= 0.0).all()):
                raise ValueError(f"bid of {self.bidder}: {name} is {values}; allowed: finite and at least 0")


@dataclass(frozen=True, slots=True, eq=False)
class Award:
    """What one bidder wins in one lot.

    Attributes:
        bidder: Key of the bidder.
        by_step: Parcels a year of each step of its bid, (J,).
        payment: $ a year for all of them.
    """

    bidder: str
    by_step: Floats
    payment: float

    @property
    def quantity(self) -> float:
        """Parcels a year."""
        return float(self.by_step.sum())

    @property
    def price(self) -> float:
        """Mean price, $ per parcel; 0 where nothing was won."""
        return self.payment / self.quantity if self.quantity > 0.0 else 0.0
