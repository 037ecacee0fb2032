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
from agents.books import CarrierBooks
from agents.calendar import Month
from agents.contracts import Contract
from agents.figures import Figures
from agents.geography import ZoneTable
from agents.rules.contract_use import OwnContracts
from agents.rules.distress import PostalBooks
from agents.rules.extension import ExtensionCase
from agents.rules.pricing import CostRise, OwnDemand
from agents.shipper_table import ShipperTable

Floats = NDArray[np.float64]


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

    @property
    def price_level(self) -> float:
        """Prices in general relative to the start."""
        ...

    def season_of(self, month: Month) -> float:
        """Return the month factor of demand of a month: 1 is a mean month."""
        ...

    def published_access_price(self) -> float:
        """Return the price of last-mile access that USPS publishes, $ per parcel."""
        ...

    def own_books(self, carrier: int, month: Month | None = None) -> CarrierBooks:
        """Return a carrier's own accounts, capacity and prices, as in a month (this one unless given)."""
        ...

    def coverage_ordered(self, carrier: int) -> Floats:
        """Return the share of households that a carrier can serve once all that it has ordered stands, (Z,)."""
        ...

    def own_contracts_with(self, buyer: str, seller: str, month: Month | None = None) -> OwnContracts:
        """Return what a buyer has signed with a seller, as it knows it in a month (this one unless given)."""
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

    def cost_rise(self, carrier: int) -> CostRise:
        """Return what unexpected prices of fuel and wages add to each of a carrier's parcels, by its own books."""
        ...

    def own_demand(self, carrier: int) -> OwnDemand:
        """Return what a carrier knows of the demand for its own parcels."""
        ...

    def shipper_parcels_expected(self, carrier: int, months: int) -> Floats:
        """Return the parcels a year that a big shipper expects to ship some months later, by zone, (Z,).

        Args:
            carrier: Index of its network.
            months: Months from now.
        """
        ...

    def delivery_case(self, carrier: int, months: int) -> ExtensionCase:
        """Return what a big shipper knows of the parcels that others deliver for it.

        Args:
            carrier: Index of its network.
            months: Months until what it orders now is in use.
        """
        ...

    def amazon_parcels_expected(self, month: Month, now: Month | None = None) -> Floats:
        """Return the parcels a year that Amazon expects to ship in a month, as known in another, by zone, (Z,)."""
        ...

    def amazon_totals_expected(self, month: Month, months: int) -> Floats:
        """Return the parcels a year that Amazon expects to ship in a month and in those that follow, (H,).

        Args:
            month: The first month.
            months: How many, H.
        """
        ...

    def amazon_own_volume(self) -> Floats:
        """Return the deseasonalised parcels a year of its own that Amazon delivers itself, (Z,)."""
        ...

    def amazon_route_cost(self, parcels: Floats) -> Floats:
        """Return what a parcel costs Amazon on routes of its own where it had none at the start, capital excluded.

        Args:
            parcels: All that it ships, parcels a year by zone, (Z,).

        Returns:
            $ per parcel by zone and density cell, (Z, P).
        """
        ...

    def amazon_capital_charge(self) -> Floats:
        """Return the capital that a parcel costs Amazon where it would have to build, $ by density cell, (Z, P)."""
        ...

    def amazon_imposed_share(self, month: Month, now: Month | None = None) -> float | None:
        """Return the share of its start volume that Amazon must leave with USPS in a month, as known in another.

        None where the two are free to agree.
        """
        ...

    def announced_share(self, seller: str, month: Month, now: Month | None = None) -> float:
        """Return the share of Amazon's start volume that a seller's announced plan leaves it in a month."""
        ...
