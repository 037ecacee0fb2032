"""Places and the households that each has in every slice of density of every zone.

The matrix is fixed. With it, what a carrier or a price does by zone and density becomes what it does to a county.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agents.geography import ZONE_TYPES, ZoneTable
from model.distances import zone_distances
from model.tables import DataError, data_folder, number, read_table, text

PLACE_FILE, SHARE_FILE, DISTANCE_FILE = "places.csv", "place_shares.npz", "place_distances.npz"
SLICES = 50  # of density by zone in the data
_PLACE_COLUMNS = {
    "county_fips": text(),
    "county_name": text(),
    "state_abbrev": text(),
    "latitude": number(-90, 90),
    "longitude": number(-180, 180),
    "households": number(0),
    "source_id": text(),
}

type Floats = NDArray[np.float64]
type Sparse = sparse.csr_array


@dataclass(frozen=True, slots=True, eq=False)
class PlaceTable:
    """Places of one kind, N of them.

    Attributes:
        kind: "county", "zone" or "slice".
        ids: FIPS code of the county, or state and type of the zone.
        names: For people.
        states: Postal abbreviation.
        position: Latitude and longitude, degrees, (N, 2); nan for zones.
        households: (N,).
        held: Households of each place in each slice, zone by zone and densest first, (N, Z x P).
        slices: Slices of each zone, P.
        miles: Road miles to the nearest regional centre, mean over the households of each entry of `held`.
        far: Share of them more than 50 miles from it.
    """

    kind: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    states: tuple[str, ...]
    position: Floats
    households: Floats
    held: Sparse
    slices: int
    miles: Floats
    far: Floats

    def mean(self, by_slice: Floats) -> Floats:
        """Mean over the households of each place.

        Args:
            by_slice: A value for each slice, (..., Z, P).

        Returns:
            (..., N).
        """
        return np.asarray(self._sums(self.held, by_slice) / self.households)

    def share(self, by_slice: Floats) -> Floats:
        """Part of each place in what a slice has, by its share of the slice's households.

        Args:
            by_slice: An amount for each slice, for example parcels, (..., Z, P).

        Returns:
            (..., N); over all places it adds up to the amounts.
        """
        in_slice = np.asarray(self.held.sum(axis=0)).reshape(by_slice.shape[-2:])
        return self._sums(self.held, by_slice / in_slice)

    def uneven(self, by_slice: Floats, each: Floats) -> Floats:
        """What places have more or less than the mean of their zone, summed over an amount.

        Args:
            by_slice: An amount for each slice, for example parcels, (Z, P).
            each: Something by entry of `held`, for example `miles`.

        Returns:
            Amount times what differs from its mean over the amount in the zone, (N,); over a zone it adds up to 0.
        """
        cell = self.held.indices
        in_slice = np.asarray(self.held.sum(axis=0))
        amount = self.held.data * (by_slice.ravel() / in_slice)[cell]
        zone = cell // self.slices
        total = np.bincount(zone, weights=amount, minlength=len(by_slice))
        mean = np.bincount(zone, weights=amount * each, minlength=len(by_slice)) / np.where(total > 0.0, total, 1.0)
        place = np.repeat(np.arange(len(self.households)), np.diff(self.held.indptr))
        return np.asarray(np.bincount(place, weights=amount * (each - mean[zone]), minlength=len(self.households)))

    def of_households(self, each: Floats) -> Floats:
        """Mean over the households of each place of something by entry of `held`, (N,)."""
        place = np.repeat(np.arange(len(self.households)), np.diff(self.held.indptr))
        total = np.bincount(place, weights=self.held.data * each, minlength=len(self.households))
        return np.asarray(total / self.households)

    @staticmethod
    def _sums(matrix: Sparse, by_slice: Floats) -> Floats:
        flat = by_slice.reshape(-1, matrix.shape[1])
        return np.asarray(matrix @ flat.T).T.reshape(*by_slice.shape[:-2], matrix.shape[0])


def county_places(zones: ZoneTable) -> PlaceTable:
    """Counties of the United States, in FIPS order; households are scaled to those of the zone table.

    Raises:
        DataError: The files do not fit to each other or to the zones.
    """
    rows = read_table(PLACE_FILE, _PLACE_COLUMNS, key=("county_fips",))
    with np.load(io.BytesIO(data_folder().joinpath(SHARE_FILE).read_bytes())) as stored:
        start, cell, held = stored["start"], stored["cell"], stored["households"].astype(np.float64)
    with np.load(io.BytesIO(data_folder().joinpath(DISTANCE_FILE).read_bytes())) as stored:
        miles, far = stored["miles"].astype(np.float64), stored["far"].astype(np.float64)
    columns = zones.n_zones * SLICES
    if start.size != len(rows) + 1 or cell.max(initial=0) >= columns:
        raise DataError(f"{SHARE_FILE}: it does not belong to {PLACE_FILE} and a table of {zones.n_zones} zones")
    if not miles.size == far.size == held.size:
        raise DataError(f"{DISTANCE_FILE}: it does not belong to {SHARE_FILE}")
    held *= zones.households.sum() / held.sum()
    matrix = sparse.csr_array((held, cell.astype(np.int64), start.astype(np.int64)), shape=(len(rows), columns))
    return PlaceTable(
        "county",
        tuple(row["county_fips"] for row in rows),
        tuple(f"{row['county_name']}, {row['state_abbrev']}" for row in rows),
        tuple(row["state_abbrev"] for row in rows),
        np.array([(row["latitude"], row["longitude"]) for row in rows]),
        np.asarray(matrix.sum(axis=1)),
        matrix,
        SLICES,
        miles,
        far,
    )


def zone_places(zones: ZoneTable, slices: int = SLICES) -> PlaceTable:
    """The zones themselves as places.

    Args:
        zones: The zone table.
        slices: Slices of each zone.
    """
    zone = np.repeat(np.arange(zones.n_zones), slices)
    held = np.repeat(zones.households / slices, slices)
    matrix = sparse.csr_array((held, (zone, np.arange(zone.size))), shape=(zones.n_zones, zone.size))
    distances = zone_distances(zones)
    kinds = [ZONE_TYPES[kind] for kind in zones.zone_type]
    states = [str(state) for state in zones.state]
    return PlaceTable(
        "zone",
        tuple(f"{state}-{kind}" for state, kind in zip(states, kinds, strict=True)),
        tuple(f"{kind} {state}" for state, kind in zip(states, kinds, strict=True)),
        tuple(states),
        np.full((zones.n_zones, 2), np.nan),
        zones.households.copy(),
        matrix,
        slices,
        np.repeat(distances.centre, slices),
        np.repeat(distances.far, slices),
    )


def slice_places(zones: ZoneTable, slices: int = SLICES) -> PlaceTable:
    """The slices of density of all zones as places, zone by zone and densest first.

    Args:
        zones: The zone table.
        slices: Slices of each zone.
    """
    by_zone = zone_places(zones, slices)
    zone = np.repeat(np.arange(zones.n_zones), slices)
    held = np.repeat(zones.households / slices, slices)
    ids = [f"{by_zone.ids[one]}-{i % slices + 1}" for i, one in enumerate(zone)]
    matrix = sparse.csr_array(sparse.diags_array(held))
    return PlaceTable(
        "slice",
        tuple(ids),
        tuple(by_zone.names[one] for one in zone),
        tuple(by_zone.states[one] for one in zone),
        np.full((zone.size, 2), np.nan),
        held,
        matrix,
        slices,
        by_zone.miles,
        by_zone.far,
    )
