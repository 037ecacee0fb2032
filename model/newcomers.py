"""Carriers that a scenario adds to the listed ones: a few lines of data each, and the class that decides for it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agents.carriers import Carrier
from agents.regional import RegionalCarrier
from agents.roster import find_class
from model.zones import read_states

_KEYS_TAKEN = (
    "usps",
    "amazon",
    "ups",
    "fedex",
    "regional",
    "shippers",
    "mail_users",
    "staff",
    "suppliers",
    "treasury",
)


class Added(BaseModel):
    """Data of a party that a scenario adds: only what its kind has, and plain values as a scenario file has them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)
    kind_of_party: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _known_only(cls, value: Any) -> Any:
        allowed = [info.alias or name for name, info in cls.model_fields.items()]
        lost = sorted(str(name) for name in value if name not in allowed) if isinstance(value, Mapping) else []
        if lost:
            raise ValueError(f"{', '.join(lost)}: unknown; a {cls.kind_of_party} has {', '.join(allowed)}")
        return value

    def plain(self) -> dict[str, Any]:
        """Its data as plain values, as a scenario file has them."""
        return self.model_dump(by_alias=True, exclude_defaults=True)


class Newcomer(Added):
    """A carrier of a scenario's own, from the start of the run on.

    What it carries at the start comes from all others in proportion to their parcels: shares of the market are
    published ones with its own beside them, scaled to one.
    """

    kind_of_party = "carrier"

    name: str = Field(min_length=1, max_length=60, description="Name for people")
    kind: Literal["national", "regional"] = Field(description="Whether it serves every address, or some states")
    decides: str = Field(alias="class", description="Import path of its class, module:Class or file.py:Class")
    volume: float = Field(gt=0.0, le=10.0, description="Parcels of other shippers than Amazon at the start, bn a year")
    states: str = Field(default="", description="Where a regional carrier delivers: postal abbreviations")
    like: Literal["ups", "fedex", "regional"] = Field(
        default="regional", description="Whose cost rates, prices and service it starts with"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == "regional" and not self.states.split():
            raise ValueError('states: missing; a regional carrier delivers in some, for example states = "IL WI"')
        if self.kind == "regional" and self.like != "regional":
            raise ValueError(f"like: {self.like!r} is not allowed for a regional carrier; leave it out")
        if self.kind == "national" and self.states:
            raise ValueError(f"states: {self.states!r} is not allowed for a national carrier, which serves all")
        if self.kind == "national" and self.like == "regional":
            raise ValueError('like: missing; a national carrier starts like "ups" or "fedex"')
        return self


def told(newcomers: Mapping[str, Newcomer], market: float) -> list[str]:
    """What adding carriers does to the start, one sentence each.

    Args:
        newcomers: By key.
        market: Parcels of other shippers than Amazon, bn a year.
    """
    found = [
        f"{one.name} starts with {one.volume * 1000:,.0f} million parcels a year; all other carriers start with "
        f"{one.volume / market:.2%} less of the parcels that are not Amazon's"
        for one in newcomers.values()
    ]
    if national := [one.name for one in newcomers.values() if one.kind == "national"]:
        found.append(f"tables that put carriers into five groups count {', '.join(national)} among the regional ones")
    return found


def check_key(key: str, known: Container[str]) -> None:
    """Refuse a key of a party that is no word, or that somebody has.

    Args:
        key: The key.
        known: Keys of the other carriers.

    Raises:
        ValueError: It cannot be used.
    """
    if not key.isidentifier() or key != key.lower() or len(key) > 30:
        raise ValueError(f"{key}: a key is a word of small letters, digits and _, for example parcel_north")
    if key in known or key in _KEYS_TAKEN or key.startswith(("regional_", "enterprise", "consolidator")):
        raise ValueError(f"{key}: there is such a party already; choose another key")


def check_names(added: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Refuse parties whose key or name somebody has.

    Args:
        added: Names of what a scenario adds by key.
        known: Names of the other carriers by key.

    Raises:
        ValueError: It cannot be used.
    """
    names = {name: key for key, name in known.items()}
    for key, name in added.items():
        check_key(key, known)
        if name in names:
            raise ValueError(f"{key}: {names[name]} is called {name!r} already; choose another name")
        names[name] = key


def check_newcomers(newcomers: Mapping[str, Newcomer], known: Mapping[str, str]) -> None:
    """Refuse newcomers that cannot take part.

    Args:
        newcomers: By key.
        known: Names of the listed carriers by key.

    Raises:
        ValueError: A key or a name that somebody has, or a class that cannot be found or is of another kind.
    """
    check_names({key: one.name for key, one in newcomers.items()}, known)
    for key, one in newcomers.items():
        if lost := sorted(set(one.states.split()) - {row["state_abbrev"] for row in read_states()}):
            raise ValueError(f"{key}: no state {', '.join(lost)}; allowed: postal abbreviations such as IL")
        find_class(key, one.decides, RegionalCarrier if one.kind == "regional" else Carrier)
