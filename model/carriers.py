"""The table of carriers: who they are, where regional ones reach, what they carried in 2024."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZoneTable
from model.parameters import Parameters
from model.tables import DataError, choice, read_table, text

CARRIER_FILE = "carriers.csv"
REGIONAL = "regional"
NATIONAL = ("usps", "amazon", "ups", "fedex")  # the first ones on every carrier axis, in this order
USPS, AMAZON, UPS, FEDEX = range(len(NATIONAL))
_CARRIER_COLUMNS = {
    "key": text(),
    "name": text(),
    "kind": choice("national", REGIONAL),
    "footprint": text(required=False),
    "volume_symbol": text(),
    "source_id": text(),
    "confidence": choice("high", "medium", "low", "estimate", "derived"),
    "note": text(required=False),
}


@dataclass(frozen=True, eq=False)
class CarrierTable:
    """All carriers in the order of every carrier axis: usps, amazon, ups, fedex, then the regional carriers.

    Attributes:
        keys: Names in code, K.
        names: Names for people, K.
        kinds: "national" or "regional", K.
        groups: Suffix of the carrier's rows in the parameter table, K: the key of a national carrier, else "regional".
        household_coverage: (K, Z) float64, share of a zone's households that the carrier reaches. The row of Amazon is
            0: the market sets it.
        volume_2024: (K,) float64, published parcels of 2024 a year; regional carriers by the split of `volume_2024_*`.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    groups: tuple[str, ...]
    household_coverage: NDArray[np.float64]
    volume_2024: NDArray[np.float64]

    def __post_init__(self) -> None:
        self.household_coverage.setflags(write=False)
        self.volume_2024.setflags(write=False)

    @property
    def n_carriers(self) -> int:
        """Number of carriers, K."""
        return len(self.keys)


@cache
def carrier_names() -> dict[str, str]:
    """Names of the listed carriers for people, by key: what screens, events and tables call them.

    Raises:
        DataError: The file is wrong.
    """
    return {row["key"]: row["name"] for row in read_table(CARRIER_FILE, _CARRIER_COLUMNS, key=("key",))}


def load_carriers(parameters: Parameters, zones: ZoneTable) -> CarrierTable:
    """Read the carriers.

    With fewer than the listed regional carriers the largest stay. Beyond the listed ones, carriers without footprint or
    volume are added, named regional_9 and so on: they change nothing until they enter a state.

    Args:
        parameters: Number of regional carriers, their volumes and their coverage inside a state.
        zones: The zones.

    Raises:
        DataError: The file is wrong, or names a state or a parameter that does not exist.
    """
    listed = read_table(CARRIER_FILE, _CARRIER_COLUMNS, key=("key",))
    known = {row.symbol for row in parameters.rows()}
    for line, row in enumerate(listed, start=2):
        if row["volume_symbol"] not in known:
            raise DataError(f"{CARRIER_FILE}, line {line}, column volume_symbol: no parameter {row['volume_symbol']!r}")
    national = [row for row in listed if row["kind"] != REGIONAL]
    regional = [row for row in listed if row["kind"] == REGIONAL]
    wanted = int(parameters.n_regional_carriers)
    largest = sorted(regional, key=lambda row: -parameters[row["volume_symbol"]])[:wanted]
    chosen = national + [row for row in regional if row in largest]
    extra = range(len(regional) + 1, wanted + 1)

    coverage = np.zeros((len(chosen) + len(extra), zones.n_zones))
    inside_state = parameters.by_type("regional_household_coverage")[zones.zone_type]
    for k, row in enumerate(chosen):
        if row["kind"] == REGIONAL:
            coverage[k] = np.where(_in_footprint(row, zones), inside_state, 0.0)
        elif row["key"] != "amazon":
            coverage[k] = 1.0
    volumes = [parameters[row["volume_symbol"]] * 1e9 for row in chosen] + [0.0] * len(extra)
    return CarrierTable(
        keys=tuple(row["key"] for row in chosen) + tuple(f"regional_{n}" for n in extra),
        names=tuple(row["name"] for row in chosen) + tuple(f"Regional carrier {n}" for n in extra),
        kinds=tuple(row["kind"] for row in chosen) + (REGIONAL,) * len(extra),
        groups=tuple(row["key"] if row["kind"] != REGIONAL else REGIONAL for row in chosen) + (REGIONAL,) * len(extra),
        household_coverage=coverage,
        volume_2024=np.array(volumes),
    )


def _in_footprint(row: Mapping[str, Any], zones: ZoneTable) -> NDArray[np.bool_]:
    """(Z,) whether a zone lies in the carrier's states; an empty footprint means everywhere."""
    if row["footprint"] is None:
        return np.ones(zones.n_zones, dtype=np.bool_)
    states = row["footprint"].split()
    if unknown := sorted(set(states) - set(zones.state.tolist())):
        raise DataError(f"{CARRIER_FILE}, carrier {row['key']!r}, column footprint: no state {', '.join(unknown)}")
    return np.isin(zones.state, states)
