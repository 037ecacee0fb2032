"""Builds the zone table: every state cut into an urban, a suburban and a rural zone (ODD 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from agents.geography import DIVISIONS, RURAL, URBAN, ZONE_TYPES, ZoneTable, density_at_percentile
from model.parameters import ParameterError, Parameters
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
    """Build the zone table; zones without households (rural District of Columbia) are left out.

    Args:
        parameters: Household, area and density parameters.

    Returns:
        152 zones with the default data.

    Raises:
        ParameterError: The served areas do not fit into the states.
    """
    states = read_states()
    households = _households(parameters, states)
    served_area = _served_area(parameters, states, households)

    state_index, zone_type = np.nonzero(households > 0)  # row-major: by state, then by type
    in_zone = (state_index, zone_type)
    n_percentiles = int(parameters.percentile_grid)
    percentile = (np.arange(n_percentiles) + 0.5) / n_percentiles
    density = households[in_zone] / served_area[in_zone]
    sigma = parameters.by_type("density_sigma")[zone_type]
    return ZoneTable(
        state=np.array([row["state_abbrev"] for row in states])[state_index],
        state_index=state_index.astype(np.int64),
        zone_type=zone_type.astype(np.int8),
        division=np.array([DIVISIONS.index(row["division"]) for row in states], dtype=np.int8)[state_index],
        households=households[in_zone],
        delivery_points=households[in_zone] * parameters.delivery_points_total / parameters.households_total,
        served_area=served_area[in_zone],
        density=density,
        density_sigma=sigma,
        percentile=percentile,
        density_grid=density_at_percentile(density[:, None], sigma[:, None], percentile),
    )


def _households(parameters: Parameters, states: list[dict[str, Any]]) -> Floats:
    """Households by state and zone type, (S, 3): the census rural share by state, the rest split by the survey."""
    population = np.array([row["pop_2020"] for row in states], dtype=np.float64)
    rural_share = np.array([row["rural_pop_2020"] for row in states], dtype=np.float64) / population
    in_state = parameters.households_total * 1e6 * population / population.sum()
    split = parameters.by("neighbourhood_share", ZONE_TYPES[:RURAL], normalise=True)
    return np.column_stack([np.outer(in_state * (1 - rural_share), split), in_state * rural_share])


def _served_area(parameters: Parameters, states: list[dict[str, Any]], households: Floats) -> Floats:
    """Served square miles by state and zone type, (S, 3)."""
    area = np.array([row["total_area_sq_mi"] for row in states], dtype=np.float64)
    national_density = households.sum(axis=0) / parameters.by_type("served_area")
    built_up = households[:, URBAN:RURAL] / national_density[URBAN:RURAL]
    wanted = built_up.sum(axis=1)
    built_up *= np.minimum(1, area / wanted)[:, None]
    free = np.maximum(area - wanted, 0)
    return np.column_stack([built_up, _rural_area(parameters, states, households[:, RURAL], free)])


def _rural_area(parameters: Parameters, states: list[dict[str, Any]], households: Floats, free: Floats) -> Floats:
    """Served rural square miles by state: emptier states serve a smaller part of their free land."""
    exponent, target = parameters.rural_area_exponent, parameters.served_area_rural
    available = np.where(households > 0, free, 0.0)
    if landless := [states[i]["state_abbrev"] for i in np.flatnonzero((households > 0) & (free <= 0))]:
        raise ParameterError(
            f"served_area_urban = {parameters.served_area_urban:,.12g} and served_area_suburban = "
            f"{parameters.served_area_suburban:,.12g}: they leave no land to the rural zone of {', '.join(landless)}; "
            "they must be less"
        )
    if not target < available.sum():
        raise ParameterError(
            f"served_area_rural = {target:,.12g}: the states have {available.sum():,.0f} sq mi outside their urban and "
            "suburban areas; it must be less"
        )
    scale = available**exponent * households ** (1 - exponent)

    def served(constant: float) -> Floats:
        return np.asarray(np.minimum(available, constant * scale), dtype=np.float64)

    positive = households > 0
    all_served = float(np.max(available[positive] / scale[positive]))
    constant = brentq(lambda c: float(served(c).sum()) - target, 0.0, all_served, rtol=1e-12)
    return served(constant)
