"""The narrow door: all that an agent may ask of its world.

The market implements it. What is not listed here no agent can see: no rival's books, no rival's plans, no reservation
value of the other side of a contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import View
from agents.books import CarrierBooks, PostalBooks
from agents.calendar import Month
from agents.contracts import Contract
from agents.geography import ZoneTable
from agents.pricing import OwnDemand
from agents.shippers import ShipperTable

Floats = NDArray[np.float64]


class Figures(Protocol):
    """Sourced figures by symbol; read-only."""

    def __getattr__(self, symbol: str) -> float: ...

    def __getitem__(self, symbol: str) -> float: ...

    def __contains__(self, symbol: object) -> bool: ...

    def by_type(self, stem: str) -> Floats:
        """Return the figures of one stem by zone type, (3,)."""
        ...


class World(Protocol):
    """What every agent sees."""

    @property
    def month(self) -> Month:
        """The month that is being played."""
        ...

    @property
    def figures(self) -> Figures:
        """Sourced figures and policy levers in force."""
        ...

    @property
    def zones(self) -> ZoneTable:
        """Public geography."""
        ...

    @property
    def shippers(self) -> ShipperTable:
        """The shippers' own rows."""
        ...

    def own_books(self, carrier: int) -> CarrierBooks:
        """Return a carrier's own accounts, capacity and prices."""
        ...

    def postal_books(self) -> PostalBooks:
        """Return what USPS knows of its own cash and debt; no other agent asks for it."""
        ...

    def list_prices(self) -> Floats:
        """Return the public list prices of all carriers, $ per parcel, nan where there is no offer, (S, K)."""
        ...

    def own_contracts(self, party: str) -> tuple[Contract, ...]:
        """Return the contracts in force that a party buys or sells under."""
        ...

    def own_talks(self, party: str) -> Mapping[str, View]:
        """Return what a party sees of its own talks that go on, by the key of the other side."""
        ...

    def rival_price_ratio(self, carrier: int) -> float:
        """Return rivals' public prices over the carrier's own, relative to the same ratio at the start."""
        ...

    def own_demand(self, carrier: int) -> OwnDemand:
        """Return what a carrier knows of the demand for its own parcels."""
        ...

    def amazon_parcels_expected(self, month: Month) -> Floats:
        """Return the parcels a year that Amazon expects to ship in a month, by zone, (Z,)."""
        ...

    def amazon_outsourced(self, month: Month) -> Floats:
        """Return the parcels a year that Amazon's contracts will carry in a month, as known today, (Z,)."""
        ...

    def amazon_at_usps(self, month: Month) -> Floats:
        """Return the part of it that USPS will carry, (Z,)."""
        ...

    def amazon_own_volume(self) -> Floats:
        """Return the deseasonalised parcels a year of its own that Amazon delivers itself, (Z,)."""
        ...
