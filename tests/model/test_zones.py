from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.geography import DIVISIONS, RURAL, SUBURBAN, URBAN
from model.carriers import load_carriers
from model.parameters import ParameterError, Parameters
from model.zones import build_zone_table, read_states

DEFAULT = Parameters.default()
ZONES = build_zone_table(DEFAULT)


def of_type(zone_type, zones=ZONES):
    return zones.zone_type == zone_type


def zones_with(**overrides):
    return build_zone_table(DEFAULT.with_overrides(overrides))


# zones


def test_152_zones_in_order():
    assert ZONES.n_zones == DEFAULT.n_zones == 152
    assert len(set(ZONES.state.tolist())) == DEFAULT.n_states
    assert ZONES.state[:3].tolist() == ["AL"] * 3
    order = ZONES.state_index * 3 + ZONES.zone_type
    assert np.all(np.diff(order) > 0)
    assert ZONES.zone_type[ZONES.state == "DC"].tolist() == [URBAN, SUBURBAN]
    assert not ZONES.households.flags.writeable


def test_divisions_are_the_nine_of_the_census():
    states = {DIVISIONS[d]: set(ZONES.state[ZONES.division == d].tolist()) for d in range(len(DIVISIONS))}
    assert states["New England"] == {"CT", "ME", "MA", "NH", "RI", "VT"}
    assert states["Pacific"] == {"AK", "CA", "HI", "OR", "WA"}
    assert [len(states[name]) for name in DIVISIONS] == [6, 3, 5, 7, 9, 4, 4, 8, 5]


def test_the_parameter_table_says_what_the_zone_table_is():
    for zone_type, name in enumerate(("urban", "suburban", "rural")):
        here = of_type(zone_type)
        share = ZONES.households[here].sum() / ZONES.households.sum()
        assert share == pytest.approx(DEFAULT[f"household_share_{name}"], abs=0.0001)
        assert ZONES.served_area[here].sum() == pytest.approx(DEFAULT[f"served_area_{name}"], rel=1e-4)
        sigma = np.sqrt(np.average(np.log(ZONES.density_grid[here]).var(axis=1), weights=ZONES.households[here]))
        assert sigma == pytest.approx(DEFAULT[f"density_sigma_{name}"], abs=0.005)


def test_rural_density_between_states():
    rural = of_type(RURAL)
    density = ZONES.density[rural]
    assert ZONES.state[rural][density.argmin()] in ("WY", "MT", "ND", "SD", "AK")
    assert ZONES.state[rural][density.argmax()] in ("CT", "NJ", "MA", "RI", "MD")
    spread = np.sqrt(np.cov(np.log(density), aweights=ZONES.households[rural], ddof=0))
    assert spread == pytest.approx(DEFAULT.density_sigma_between_states, abs=0.005)
    cells = np.log(ZONES.density_grid[rural]).ravel()
    weight = np.repeat(ZONES.households[rural], ZONES.density_grid.shape[1])
    national = np.sqrt(np.cov(cells, aweights=weight, ddof=0))
    assert national == pytest.approx(DEFAULT.density_sigma_rural_national, abs=0.005)


def test_every_urban_zone_is_denser_than_the_suburbs_and_they_than_the_countryside_of_their_state():
    for state in range(51):
        density = ZONES.density[ZONES.state_index == state]
        assert np.all(np.diff(density) < 0)


def test_totals_and_limits_of_land():
    assert ZONES.households.sum() == pytest.approx(132e6)
    assert ZONES.delivery_points.sum() == pytest.approx(168e6)
    assert 50 < ZONES.served_area[ZONES.state == "DC"].sum() < 68  # its land; water is another 7
    assert np.all(ZONES.served_area > 0)
    land = np.array([row["total_area_sq_mi"] for row in read_states()])
    assert np.all(np.bincount(ZONES.state_index, ZONES.served_area) <= land * (1 + 1e-12))


def test_parameters_move_the_table():
    more = zones_with(households_total=134)
    assert more.households.sum() == pytest.approx(134e6)
    assert more.density == pytest.approx(ZONES.density * 134 / 132)
    wide = zones_with(served_area_rural=1910000)
    assert wide.density[of_type(RURAL)] == pytest.approx(ZONES.density[of_type(RURAL)] * 1.8 / 1.91)
    assert wide.density[~of_type(RURAL)] == pytest.approx(ZONES.density[~of_type(RURAL)])


def test_spread_inside_zips_makes_dense_places_denser_on_the_same_land():
    spread = zones_with(density_spread_rural=0.9)
    rural = of_type(RURAL)
    assert spread.served_area == pytest.approx(ZONES.served_area)
    assert np.all(spread.density_grid[rural, 0] > ZONES.density_grid[rural, 0])
    assert np.all(spread.density_grid[rural, -1] < ZONES.density_grid[rural, -1])
    assert spread.density_grid[~rural] == pytest.approx(ZONES.density_grid[~rural], rel=1e-12)


def test_more_rural_area_than_land_is_refused():
    with pytest.raises(ParameterError, match="served_area_rural"):
        zones_with(served_area_rural=3790000)


def test_the_ends_of_the_prior_ranges_are_valid():
    for end in ("low", "high"):
        names = ("served_area_rural", *(f"density_spread_{name}" for name in ("urban", "suburban", "rural")))
        zones = zones_with(**{name: getattr(DEFAULT.row(name), end) for name in names})
        assert np.all(np.isfinite(zones.density_grid))


# density


@pytest.mark.parametrize("cells", [20, 50, 200])
def test_density_falls_along_the_grid_and_keeps_the_area(cells):
    zones = zones_with(percentile_grid=cells)
    assert zones.density_grid.shape == (152, cells)
    assert np.all(np.diff(zones.density_grid, axis=1) < 0)
    # households over area: the mean area per household is one over the mean density
    assert (1 / zones.density_grid).mean(axis=1) == pytest.approx(1 / zones.density, rel=1e-12)
    assert zones.served_area == pytest.approx(ZONES.served_area)


@given(st.floats(0, 1))
def test_coverage_is_the_inverse_of_density(share):
    cutoff = ZONES.density_at_coverage(np.full(ZONES.n_zones, share))
    assert ZONES.coverage_at_density_cutoff(cutoff) == pytest.approx(share, abs=1e-9)


def test_coverage_counts_households_at_least_as_dense():
    zones = zones_with(percentile_grid=2000)
    cutoff = np.array([2000.0, 900.0, 30.0])
    counted = (zones.density_grid >= cutoff[zones.zone_type][:, None]).mean(axis=1)
    assert zones.coverage_at_density_cutoff(cutoff) == pytest.approx(counted, abs=0.001)


@given(st.floats(1, 1e5), st.floats(1, 1e5))
def test_a_lower_cut_off_covers_more(one, other):
    low, high = sorted((one, other))
    assert np.all(
        ZONES.coverage_at_density_cutoff(np.full(152, low)) >= ZONES.coverage_at_density_cutoff(np.full(152, high))
    )


def test_coverage_limits_and_errors():
    assert np.all(ZONES.coverage_at_density_cutoff(np.zeros(3)) == 1)
    assert np.all(ZONES.coverage_at_density_cutoff(np.full(152, np.inf)) == 0)
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        ZONES.coverage_at_density_cutoff(np.ones(4))
    for bad in (-1.0, np.nan):
        with pytest.raises(ValueError, match="at least 0"):
            ZONES.coverage_at_density_cutoff(np.array([1.0, bad, 1.0]))


def test_a_table_of_wrong_shape_is_refused():
    arrays = {field.name: getattr(ZONES, field.name) for field in fields(ZONES)}
    with pytest.raises(ValueError, match="households has shape"):
        type(ZONES)(**{**arrays, "households": ZONES.households[:-1]})


# carriers

CARRIERS = load_carriers(DEFAULT, ZONES)


def carriers_with(n):
    return load_carriers(DEFAULT.with_overrides({"n_regional_carriers": n}), ZONES)


def test_carriers_stand_in_the_order_of_every_carrier_axis():
    assert CARRIERS.keys[:4] == ("usps", "amazon", "ups", "fedex")
    assert CARRIERS.keys[4:] == ("ontrac", "veho", "uniuni", "speedx", "jitsu", "better_trucks", "spee_dee", "lso")
    assert CARRIERS.n_carriers == 12
    assert CARRIERS.kinds == ("national",) * 4 + ("regional",) * 8
    assert CARRIERS.groups == ("usps", "amazon", "ups", "fedex") + ("regional",) * 8
    assert CARRIERS.volume_2024[4:].sum() == pytest.approx(DEFAULT.volume_regional_2024 * 1e9)
    assert DEFAULT.by("price_economy", CARRIERS.groups).shape == (12,)


def test_coverage_follows_the_footprints():
    coverage = dict(zip(CARRIERS.keys, CARRIERS.household_coverage, strict=True))
    for key in ("usps", "ups", "fedex"):
        assert np.all(coverage[key] == 1)
    assert np.all(coverage["amazon"] == 0)
    texas = ZONES.state == "TX"
    assert coverage["lso"][texas].tolist() == [0.8, 0.5, 0.03]
    assert set(ZONES.state[coverage["lso"] > 0].tolist()) == {"AR", "LA", "NM", "OK", "TX"}


def test_fewer_carriers_keep_the_largest_and_their_order():
    assert carriers_with(2).keys[4:] == ("ontrac", "uniuni")
    assert carriers_with(3).keys[4:] == ("ontrac", "veho", "uniuni")


def test_carriers_beyond_the_list_reach_nobody():
    more = carriers_with(10)
    assert more.keys == (*CARRIERS.keys, "regional_9", "regional_10")
    assert np.array_equal(more.household_coverage[:12], CARRIERS.household_coverage)
    assert np.all(more.household_coverage[12:] == 0)
    assert np.all(more.volume_2024[12:] == 0)
    assert carriers_with(36).n_carriers == 40
