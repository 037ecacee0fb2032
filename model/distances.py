"""How far the people of each zone live from a regional centre of the mail and from a station (ODD 5).

The figures are made from counts by ZIP by `python -m experiments.geography.zip_table`: the 59 largest metropolitan
areas stand for the regional centres of USPS, towns for the stations of all networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZONE_TYPES, ZoneTable
from model.tables import DataError, choice, number, read_table, text

DISTANCE_FILE = "zone_distances.csv"
_COLUMNS = {
    "state_abbrev": text(),
    "zone_type": choice(*ZONE_TYPES),
    "miles_to_centre": number(0),
    "share_beyond_50_miles": number(0, 1),
    "station_miles": number(0),
    "source_id": text(),
}

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ZoneDistances:
    """Distances of zones, means over their households, (Z,) each.

    Attributes:
        centre: Road miles to the nearest regional centre.
        far: Share of households more than 50 road miles from it.
        station: Road miles to the nearest town that could hold a station.
    """

    centre: Floats
    far: Floats
    station: Floats


def zone_distances(zones: ZoneTable) -> ZoneDistances:
    """Distances of the zones of a table.

    Raises:
        DataError: The file is wrong or lacks a zone.
    """
    rows = _rows()
    found = []
    for state, kind in zip(zones.state, zones.zone_type, strict=True):
        row = rows.get((str(state), ZONE_TYPES[kind]))
        if row is None:
            raise DataError(f"{DISTANCE_FILE}: there is no row for {ZONE_TYPES[kind]} {state}; every zone needs one")
        found.append((row["miles_to_centre"], row["share_beyond_50_miles"], row["station_miles"]))
    centre, far, station = np.array(found).T
    return ZoneDistances(centre, far, station)


def stem_factor(zones: ZoneTable, follows: float) -> Floats:
    """Stem of each zone over the mean of its type, (Z,); households of a type have the mean 1.

    Args:
        zones: The zone table.
        follows: How far stems follow distance, 0 to 1; with 0 every zone has the mean.
    """
    if follows == 0.0:
        return np.ones(zones.n_zones)
    station = zone_distances(zones).station
    n_types = len(ZONE_TYPES)
    people = np.bincount(zones.zone_type, weights=zones.households, minlength=n_types)
    mean = np.bincount(zones.zone_type, weights=zones.households * station, minlength=n_types) / np.maximum(people, 1.0)
    return np.asarray(1.0 + follows * (station / mean[zones.zone_type] - 1.0))


@cache
def _rows() -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of the file by state and type, read once."""
    rows = read_table(DISTANCE_FILE, _COLUMNS, key=("state_abbrev", "zone_type"))
    return {(row["state_abbrev"], row["zone_type"]): row for row in rows}
