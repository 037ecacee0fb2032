"""The data of zones and places: what the split must keep, on ZIPs made up, and what the shipped tables say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.geography.density_slices import slice_density, slice_shares
from experiments.geography.distance import centres_of_households, road_miles_to_nearest
from experiments.geography.zip_split import (
    LEAST_SHARE,
    rake,
    served_land,
    split_zips,
    town_density_for_land,
    urban_parts,
)
from experiments.geography.zip_table import BUILT_UP_LAND, SERVED_COUNTRYSIDE, make_tables, write_tables
from model.tables import data_folder, verify_checksums
from model.zones import read_states

LUCK = np.random.default_rng(4)
N = 400
LAND = np.exp(LUCK.normal(3.5, 1.5, N))
HOUSEHOLDS = LAND * np.exp(LUCK.normal(4.5, 1.3, N))
STATE = np.sort(LUCK.integers(0, 4, N))
RURAL = np.array([0.2, 0.25, 0.3, 0.0])
SPLIT = split_zips(HOUSEHOLDS, LAND, STATE, RURAL, 850.0)


def test_every_state_has_its_rural_share() -> None:
    rural = np.bincount(STATE, SPLIT.countryside) / np.bincount(STATE, HOUSEHOLDS)
    assert rural == pytest.approx(RURAL, abs=1e-9)


def test_splitting_loses_neither_people_nor_land() -> None:
    assert SPLIT.town + SPLIT.countryside == pytest.approx(HOUSEHOLDS)
    assert SPLIT.town_land + SPLIT.countryside_land == pytest.approx(LAND)
    assert min(SPLIT.town.min(), SPLIT.countryside.min(), SPLIT.town_land.min(), SPLIT.countryside_land.min()) >= 0


def test_towns_are_denser_than_their_countryside() -> None:
    both = (SPLIT.town > 0) & (SPLIT.countryside > 0) & (STATE < 2)  # in the others the census moves many
    town, country = (SPLIT.town / SPLIT.town_land)[both], (SPLIT.countryside / SPLIT.countryside_land)[both]
    assert np.mean(town > country) > 0.99


def test_denser_towns_cover_less_land() -> None:
    land = [split_zips(HOUSEHOLDS, LAND, STATE, RURAL, density).town_land.sum() for density in (700.0, 850.0, 1000.0)]
    assert land[0] > land[1] > land[2]
    found = town_density_for_land(HOUSEHOLDS, LAND, STATE, RURAL, land[1])
    assert found == pytest.approx(850.0, rel=1e-6)


def test_raking_keeps_the_order_and_refuses_what_cannot_be() -> None:
    share = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    moved = rake(share, np.ones(5), 0.3)
    assert moved.mean() == pytest.approx(0.3)
    assert np.all(np.diff(moved) > 0)
    assert moved[[0, -1]].tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="mean"):
        rake(share, np.ones(5), 0.1)


def test_the_urban_cut_gives_the_share_and_leaves_both_sides_in_every_state() -> None:
    density = np.divide(SPLIT.town, SPLIT.town_land, out=np.zeros(N), where=SPLIT.town > 0)
    urban, cut = urban_parts(SPLIT.town, density, STATE, 0.34)
    largest = SPLIT.town.max() / SPLIT.town.sum()  # the share jumps from ZIP to ZIP
    assert 0.34 - largest <= SPLIT.town[urban].sum() / SPLIT.town.sum() <= 0.34
    share = np.bincount(STATE, np.where(urban, SPLIT.town, 0)) / np.bincount(STATE, SPLIT.town)
    assert np.all((share >= LEAST_SHARE) & (share <= 1 - LEAST_SHARE))
    for state in range(4):  # inside a state every urban town is denser than every other one
        here = (state == STATE) & (SPLIT.town > 0)
        assert density[here & urban].min() >= density[here & ~urban].max()
    assert cut > 0


@given(st.floats(0.05, 0.95))
def test_emptier_places_have_less_of_their_land_on_a_route(part: float) -> None:
    target = part * LAND.sum()
    served = served_land(HOUSEHOLDS, LAND, target)
    assert served.sum() == pytest.approx(target)
    assert np.all(served <= LAND * (1 + 1e-12))
    order = np.argsort(HOUSEHOLDS / LAND)
    assert np.all(np.diff((served / LAND)[order]) >= -1e-9)


@pytest.mark.parametrize("slices", [20, 50, 200])
def test_slices_fall_and_conserve_area(slices: int) -> None:
    area = LAND[:37]
    density = slice_density(HOUSEHOLDS[:37], area, slices)
    assert np.all(np.diff(density) < 0)
    assert (HOUSEHOLDS[:37].sum() / slices / density).sum() == pytest.approx(area.sum(), rel=1e-12)


def test_places_hold_all_households_of_every_slice() -> None:
    place = LUCK.integers(0, 9, N)
    shares = slice_shares(HOUSEHOLDS, LAND, place, 9, 50)
    assert np.asarray(shares.sum(axis=0)) == pytest.approx(HOUSEHOLDS.sum() / 50)
    assert np.asarray(shares.sum(axis=1)) == pytest.approx(np.bincount(place, HOUSEHOLDS, minlength=9))
    dense = np.argmax(HOUSEHOLDS / LAND)
    assert shares[[place[dense]], [0]] > 0  # the densest ZIP lies in the first slice


def test_centres_are_where_most_households_are_and_keep_their_distance() -> None:
    """Three towns on a meridian, a degree of latitude being 69 miles; the second lies within the gap of the first."""
    latitude, longitude = np.array([40.0, 40.1, 41.0, 43.0]), np.full(4, -90.0)
    households = np.array([100.0, 90.0, 50.0, 60.0])
    found = centres_of_households(households, latitude, longitude, 5.0, 20.0)
    assert found.tolist() == [0, 3, 2]
    assert centres_of_households(households, latitude, longitude, 5.0, 20.0, count=2).tolist() == [0, 3]
    assert centres_of_households(households, latitude, longitude, 5.0, 20.0, least=55.0).tolist() == [0, 3]
    miles = road_miles_to_nearest(latitude, longitude, found[:2], 1.3)
    assert miles == pytest.approx(1.3 * 69.09 * np.array([0.0, 0.1, 1.0, 0.0]), rel=1e-3)


# the shipped tables

ZONES = pd.read_csv(str(data_folder() / "zones.csv"))
PLACES = pd.read_csv(str(data_folder() / "places.csv"), dtype={"county_fips": str})
DENSITY = ZONES.filter(like="density_").to_numpy()


def test_national_split_and_land_are_those_of_survey_and_census() -> None:
    by_type = ZONES.groupby("zone_type")[["households", "served_area"]].sum()
    share = by_type["households"] / by_type["households"].sum()
    assert share.to_dict() == pytest.approx({"urban": 0.27, "suburban": 0.52, "rural": 0.21}, abs=0.01)
    assert by_type["served_area"][["urban", "suburban"]].sum() == pytest.approx(BUILT_UP_LAND, rel=0.01)
    assert by_type["served_area"]["rural"] == pytest.approx(SERVED_COUNTRYSIDE, rel=1e-4)
    assert ZONES["households"].sum() == pytest.approx(132e6, rel=1e-6)


def test_rural_share_of_every_state_is_that_of_the_census() -> None:
    households = ZONES.pivot_table(index="state_abbrev", columns="zone_type", values="households", fill_value=0)
    found = households["rural"] / households.sum(axis=1)
    for row in read_states():
        assert found[row["state_abbrev"]] == pytest.approx(row["rural_pop_2020"] / row["pop_2020"], abs=0.001)
    non_rural = households["urban"] / (households["urban"] + households["suburban"])
    assert non_rural.between(0.05 - 1e-6, 0.95 + 1e-6).all()
    assert non_rural["NY"] > 0.6 > 0.2 > non_rural["WY"]


def test_shipped_slices_fall_and_conserve_area() -> None:
    assert DENSITY.shape == (152, 50)
    assert np.all(np.diff(DENSITY, axis=1) < 0)
    area = (ZONES["households"].to_numpy()[:, None] / 50 / DENSITY).sum(axis=1)
    assert area == pytest.approx(ZONES["served_area"].to_numpy(), rel=1e-5)


def test_places_lie_in_the_country_and_are_known_by_name() -> None:
    assert len(PLACES) == PLACES["county_fips"].nunique() == 3123
    assert PLACES["latitude"].between(18, 72).all()
    assert PLACES["longitude"].between(-180, -66).all()
    assert PLACES.set_index("county_fips").loc["06037", "county_name"] == "Los Angeles County"
    assert PLACES["households"].min() > 0


def test_made_up_zips_become_tables_that_can_be_written(tmp_path) -> None:
    states = [row["state_fips"] for row in read_states()]
    density = (3000, 700, 500, 300, 200, 100, 60, 40, 25, 15, 10, 8)  # of ZIPs of as many households, in every state
    rows = [
        (
            f"{i:05}",
            2000,
            2000 / (density[i % 12] + i / 1000),
            40.0,
            -90.0,
            f"County {i % 3}",
            f"{states[i // 12]}{i % 3:03}",
        )
        for i in range(51 * 12)
    ]
    columns = ["zip", "households", "land_area_sq_mi", "lat", "lon", "county", "county_fips"]
    zips = pd.DataFrame(rows, columns=columns)
    zips["land_area_sq_mi"] *= 132e6 / zips["households"].sum()
    tables = make_tables(zips, slices=10)
    assert tables.zones["households"].sum() == pytest.approx(132e6)
    assert tables.places["households"].sum() == pytest.approx(132e6)
    assert np.asarray(tables.shares.sum(axis=1)) == pytest.approx(tables.places["households"].to_numpy())
    write_tables(tables, tmp_path)
    verify_checksums(tmp_path)
