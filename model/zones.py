"""Builds the zone table: every state cut into an urban, a suburban and a rural zone (ODD 5).

Households, served area and the density inside each zone come from census counts by ZIP (`zones.csv`, made by
`python -m experiments.geography.zip_table`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.geography import DIVISIONS, RURAL, ZONE_TYPES, ZoneTable
from model.density import area_up_to, widen
from model.parameters import Parameters
from model.tables import DataError, choice, number, read_table, text

STATE_FILE = "states.csv"
_STATE_COLUMNS = {
    "state_fips": text(),
    "state_abbrev": text(),
    "state_name": text(),
    "division": choice(*DIVISIONS),
    "pop_2020": number(1),
    "urban_pop_2020": number(0),
    "rural_pop_2020": number(0),
    "pct_rural_2020": number(0, 100),
    "total_area_sq_mi": number(1),
    "pop_per_sq_mi": number(0),
    "source_id": text(),
}

ZONE_FILE = "zones.csv"
_SLICE_COLUMNS = tuple(f"density_{n + 1}" for n in range(50))
_ZONE_COLUMNS = {
    "state_abbrev": text(),
    "zone_type": choice(*ZONE_TYPES),
    "households": number(1),
    "served_area": number(0.001),
    **{name: number(0.001) for name in _SLICE_COLUMNS},
    "source_id": text(),
}

type Floats = NDArray[np.float64]


def read_states() -> list[dict[str, Any]]:
    """Rows of `states.csv` in FIPS order.

    Raises:
        DataError: The file is wrong.
    """
    rows = read_table(STATE_FILE, _STATE_COLUMNS, key=("state_abbrev",))
    for line, row in enumerate(rows, start=2):
        if row["urban_pop_2020"] + row["rural_pop_2020"] != row["pop_2020"]:
            raise DataError(f"{STATE_FILE}, line {line}, column pop_2020: must be urban_pop_2020 + rural_pop_2020")
    return sorted(rows, key=lambda row: str(row["state_fips"]))


def build_zone_table(parameters: Parameters) -> ZoneTable:
    """Build the zone table; zones without households (rural District of Columbia) are not in the data.

    Args:
        parameters: Households, served countryside, spread of density and resolution.

    Returns:
        152 zones with the default data.

    Raises:
        DataError: The file of zones is wrong.
    """
    states, rows = read_states(), _zone_rows()
    order = [str(row["state_abbrev"]) for row in states]
    state_index = np.array([order.index(row["state_abbrev"]) for row in rows], dtype=np.int64)
    zone_type = np.array([ZONE_TYPES.index(row["zone_type"]) for row in rows], dtype=np.int8)
    if np.any(np.diff(state_index * len(ZONE_TYPES) + zone_type) <= 0):
        raise DataError(f"{ZONE_FILE}: zones must be in order, by state and then {', '.join(ZONE_TYPES)}")
    in_data = np.array([row["households"] for row in rows])
    households = in_data * (parameters.households_total * 1e6 / in_data.sum())
    land = np.array([row["served_area"] for row in rows])
    land[zone_type == RURAL] *= parameters.served_area_rural / land[zone_type == RURAL].sum()

    per_household = 1.0 / np.array([[row[name] for name in _SLICE_COLUMNS] for row in rows])  # falling density
    per_household = widen(per_household, parameters.by_type("density_spread")[zone_type])
    per_household = _resample(per_household, int(parameters.percentile_grid))
    per_household *= (land / households / per_household.mean(axis=1))[:, None]
    n_percentiles = per_household.shape[1]
    return ZoneTable(
        state=np.array(order)[state_index],
        state_index=state_index,
        zone_type=zone_type,
        division=np.array([DIVISIONS.index(row["division"]) for row in states], dtype=np.int8)[state_index],
        households=households,
        delivery_points=households * parameters.delivery_points_total / parameters.households_total,
        served_area=land,
        density=households / land,
        percentile=(np.arange(n_percentiles) + 0.5) / n_percentiles,
        density_grid=1.0 / per_household,
    )


@cache
def _zone_rows() -> tuple[dict[str, Any], ...]:
    """Rows of `zones.csv`, read once: every market needs them."""
    return tuple(read_table(ZONE_FILE, _ZONE_COLUMNS, key=("state_abbrev", "zone_type")))


def _resample(per_household: Floats, cells: int) -> Floats:
    """Area per household in another number of cells of equal households, densest first, (Z, P) to (Z, cells)."""
    given = per_household.shape[1]
    if cells == given:
        return per_household
    edges, wanted = np.linspace(0.0, 1.0, given + 1), np.linspace(0.0, 1.0, cells + 1)
    return np.array([np.diff(area_up_to(edges, area / given, wanted)) * cells for area in per_household])
