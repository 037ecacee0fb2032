"""Big shippers that a scenario names: a few lines of data each, and the class that decides for it.

Its parcels are part of those that others than Amazon ship at the start. Where its class says so it builds a network of
its own, which is a carrier that sells to nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from agents.big_shipper import BigShipper
from agents.geography import ZONE_TYPES
from agents.roster import find_class
from model.newcomers import Added, check_names

MILLION = 1e6
SELLERS = ("usps", "ups", "fedex")  # carriers that it can be a customer of at the start
WHOLE = 1e-6  # how far shares may be from adding up to one


class BigShipperData(Added):
    """A shipper of a scenario's own, from the start of the run on.

    What it ships at the start others ship less: each carrier and each service keeps its parcels.
    """

    kind_of_party = "shipper"

    name: str = Field(min_length=1, max_length=60, description="Name for people")
    decides: str = Field(alias="class", description="Import path of its class, module:Class or file.py:Class")
    parcels: float = Field(gt=0.0, le=3000.0, description="Parcels a year at the start, m")
    growth: float | None = Field(
        default=None, ge=-0.5, le=1.0, description="Growth of its parcels a year; none: as those of other shippers"
    )
    to_urban: float = Field(ge=0.0, le=1.0, description="Share of its parcels that go to urban zones")
    to_suburban: float = Field(ge=0.0, le=1.0, description="Share of its parcels that go to suburban zones")
    to_rural: float = Field(ge=0.0, le=1.0, description="Share of its parcels that go to rural zones")
    with_usps: float = Field(ge=0.0, le=1.0, description="Share of its parcels that USPS carries at the start")
    with_ups: float = Field(ge=0.0, le=1.0, description="Share of its parcels that UPS carries at the start")
    with_fedex: float = Field(ge=0.0, le=1.0, description="Share of its parcels that FedEx carries at the start")
    builds: bool = Field(description="Whether it builds a network of its own where that pays")
    build_limit: float = Field(
        default=0.0, ge=0.0, le=3000.0, description="Capacity that it can add in a year, million parcels a year"
    )
    like: Literal["amazon", "ups", "fedex", "regional"] = Field(
        default="amazon", description="Whose cost rates its own network has"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for stem, shares in (("to", self.by_zone_type), ("with", self.by_seller)):
            if abs(float(shares.sum()) - 1.0) > WHOLE:
                raise ValueError(f"{stem}_*: the shares add up to {shares.sum():g}; allowed: 1")
        if self.builds and self.build_limit == 0.0:
            raise ValueError("build_limit: 0 is not allowed where builds = true; allowed: more, up to 3000")
        if not self.builds and self.build_limit > 0.0:
            raise ValueError(f"build_limit: {self.build_limit:g} is not allowed where builds = false; leave it out")
        return self

    @property
    def by_zone_type(self) -> NDArray[np.float64]:
        """Shares of its parcels by zone type, (3,)."""
        return np.array([getattr(self, f"to_{name}") for name in ZONE_TYPES])

    @property
    def by_seller(self) -> NDArray[np.float64]:
        """Shares of its parcels at the start by seller, in the order of `SELLERS`, (3,)."""
        return np.array([getattr(self, f"with_{key}") for key in SELLERS])


def told(shippers: Mapping[str, BigShipperData], market: float) -> list[str]:
    """What naming big shippers does to the start, one sentence each.

    Args:
        shippers: By key.
        market: Parcels of other shippers than Amazon, bn a year.
    """
    found = [
        f"{one.name} ships {one.parcels:,.0f} million parcels a year at the start, {one.parcels / 1000 / market:.2%} "
        "of those that are not Amazon's; all other shippers ship so many fewer, and every carrier starts with as many"
        for one in shippers.values()
    ]
    if builders := [one.name for one in shippers.values() if one.builds]:
        found.append(
            f"tables that put carriers into five groups count the network of {', '.join(builders)} among the regional"
        )
    return found


def check_big_shippers(shippers: Mapping[str, BigShipperData], known: Mapping[str, str]) -> None:
    """Refuse big shippers that cannot take part.

    Args:
        shippers: By key.
        known: Names of all carriers by key, those that the scenario adds among them.

    Raises:
        ValueError: A key or a name that somebody has, or a class that cannot be found or is of another kind.
    """
    check_names({key: one.name for key, one in shippers.items()}, known)
    for key, one in shippers.items():
        find_class(key, one.decides, BigShipper)
