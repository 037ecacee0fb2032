"""What a county can be coloured by, and how its figures are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from model.places import MEASURES

type Kind = Literal["leader", "share", "dollars", "days", "number"]

LEADER = "leader"
SHARES = tuple(one.name for one in MEASURES if one.name.endswith("_delivered_share"))
KEYS = tuple(name.removesuffix("_delivered_share") for name in SHARES)
TITLES = {
    "usps_delivered_share": "USPS share",
    "amazon_delivered_share": "Amazon share",
    "ups_delivered_share": "UPS share",
    "fedex_delivered_share": "FedEx share",
    "regional_delivered_share": "Regional carriers' share",
    "other_delivered_share": "Other networks' share",
    "amazon_parcels_usps_share": "Amazon's parcels at USPS",
    "carriers_count": "Carriers with own routes",
    "amazon_reach_share": "Amazon's reach",
    "price_per_parcel_usd": "Price paid, with surcharges",
    "transit_days": "Days in transit",
    "on_time_share": "Delivered on time",
}
NOTES = {
    LEADER: "The carrier that brings the most parcels to the door in each county. Parcels that one carrier hands to "
    "another count where they are delivered.",
}
ENDINGS: tuple[tuple[str, Kind], ...] = (("_share", "share"), ("_usd", "dollars"), ("_days", "days"))
MINUS, GAP = "−", "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Layer:
    """One thing that the map shows.

    Attributes:
        name: Name of the measure, or `LEADER`.
        title: Its name for people.
        note: One line.
        kind: How its figures are written.
        worse: As `model.places.Measure.worse`.
    """

    name: str
    title: str
    note: str
    kind: Kind
    worse: int = 0

    @property
    def least(self) -> float:
        """A change below this is shown as none: half the last digit."""
        return {"leader": 0.0, "share": 5e-4, "dollars": 5e-3, "days": 5e-3, "number": 5e-3}[self.kind]

    def words(self, value: float, signed: bool = False) -> str:
        """A figure for people.

        Args:
            value: In the unit of the measure.
            signed: Whether it is a change: with its sign, and of shares in points.
        """
        if not math.isfinite(value):
            return "–"
        sign = "" if not signed else "+" if value >= self.least else MINUS if value <= -self.least else ""
        size = abs(value) if signed else value
        if self.kind == "share":
            return f"{sign}{100 * size:.1f}{GAP}{'points' if signed else '%'}"
        if self.kind == "dollars":
            return f"{sign}${size:.2f}"
        return f"{sign}{size:.2f}{GAP}days" if self.kind == "days" else f"{sign}{size:.2f}"


def _layer(name: str, meaning: str, worse: int) -> Layer:
    kind: Kind = next((kind for ending, kind in ENDINGS if name.endswith(ending)), "number")
    return Layer(name, TITLES.get(name, meaning), f"{meaning}.", kind, worse)


LAYERS: tuple[Layer, ...] = (
    Layer(LEADER, "Who delivers most", NOTES[LEADER], "leader"),
    *(_layer(one.name, one.meaning, one.worse) for one in MEASURES),
)
BY_NAME = {layer.name: layer for layer in LAYERS}


def as_chosen(name: str | None, leader: bool = True) -> Layer:
    """The layer of that name; the first one where there is none.

    Args:
        name: What an address asks for.
        leader: Whether the one who delivers most can be shown.
    """
    offered = LAYERS if leader else LAYERS[1:]
    return next((layer for layer in offered if layer.name == name), offered[0])


def plain(layer: Layer) -> dict[str, str | int]:
    """A layer as a browser gets it."""
    return {"name": layer.name, "title": layer.title, "note": layer.note, "kind": layer.kind, "worse": layer.worse}
