"""Make or buy against the long-run table of the market design (section 12), and its monotonicity and limits."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.rules.make_or_buy import (
    CoverageSearch,
    coverage_worth,
    desired_coverage,
    own_cost,
    perceived_error,
    updated_price_belief,
    with_passing_routes,
)
from model.parameters import Parameters
from tests.agents.access_table import AccessDemand, access_demand, joint_surplus
from tests.oracles import ORACLES

P = Parameters.default()
TOLERANCE = 0.02
BILLION = 1e9
MULTIPLIERS = ("0_8", "1_0", "1_2", "1_4", "1_6")
SAVED = P.injection_cost_amazon + P.speed_benefit_amazon


class LongRun:
    """The long-run table at one multiplier: every slice may leave."""

    def __init__(self, national: ModuleType, multiplier: float) -> None:
        points = int(ORACLES["access_density_points"]), int(ORACLES["access_noise_points"])
        slices = national.national_slices(P, *points)
        self.volume = slices.volume.ravel()
        cost = own_cost(
            slices.unit_cost.reshape(-1, 1), slices.capital.ravel(), multiplier, slices.noise.ravel()
        ).ravel()
        self.own_cost = cost
        self.value = cost - SAVED
        self.cost = slices.attributable.ravel()
        self.zone_type = slices.zone_type
        self.prices = np.arange(1.0, 10.0, 0.05)  # the table's best prices lie on this grid

    def demand(self, prices: np.ndarray, chosen: np.ndarray | None = None) -> AccessDemand:
        pick = np.ones(self.volume.size, dtype=bool) if chosen is None else chosen
        return access_demand(self.value[pick], self.cost[pick], self.volume[pick], prices)

    def row(self) -> dict[str, float]:
        total = self.volume.sum()
        held = self.demand(np.array([P.price_access_amazon]))
        uniform = self.demand(self.prices)
        by_type = [self.demand(self.prices, self.zone_type == zone_type) for zone_type in range(3)]
        share, surplus = joint_surplus(self.value, self.cost, self.volume)
        return {
            "own_cost": float(self.own_cost @ self.volume / total),
            "mean_value": float(self.value @ self.volume / total),
            "kept_at_contract_price": held.kept[0] / total,
            "contribution_at_contract_price": held.contribution[0] / BILLION,
            "best_uniform_price": uniform.price[uniform.best],
            "kept_at_best_uniform": uniform.kept[uniform.best] / total,
            "contribution_best_uniform": uniform.contribution[uniform.best] / BILLION,
            "contribution_zone_type": sum(d.contribution[d.best] for d in by_type) / BILLION,
            "efficient_share": share,
            "joint_surplus": surplus / BILLION,
        }


@pytest.mark.parametrize("multiplier", MULTIPLIERS)
def test_long_run_access_demand_meets_the_table(national: ModuleType, multiplier: str) -> None:
    row = LongRun(national, float(multiplier.replace("_", "."))).row()
    expected = {name: ORACLES[f"access_m{multiplier}_{name}"] for name in row}
    assert row == pytest.approx(expected, abs=TOLERANCE)


def test_wrong_multiplier_misses_the_table(national: ModuleType) -> None:
    row = LongRun(national, 1.1).row()
    assert abs(row["kept_at_contract_price"] - ORACLES["access_m1_0_kept_at_contract_price"]) > TOLERANCE


def test_uniform_price_at_the_mean_nash_price_loses_volume(national: ModuleType) -> None:
    table = LongRun(national, P.amazon_own_cost_multiplier)
    demand = table.demand(np.array([ORACLES["deal_mean_price"]]))
    assert demand.kept[0] / table.volume.sum() == pytest.approx(ORACLES["deal_uniform_kept"], abs=TOLERANCE)
    assert demand.contribution[0] / BILLION == pytest.approx(ORACLES["deal_uniform_contribution"], abs=TOLERANCE)


def test_demand_counts_exactly_the_slices_worth_the_price() -> None:
    value, cost, volume = np.array([3.0, 1.0, 2.0]), np.array([1.0, 0.5, 1.5]), np.array([10.0, 20.0, 40.0])
    demand = access_demand(value, cost, volume, np.array([0.5, 2.0, 2.5, 3.5]))
    assert demand.kept.tolist() == [70.0, 50.0, 10.0, 0.0]
    assert demand.contribution == pytest.approx([0.5 * 70 - 80, 2 * 50 - 70, 2.5 * 10 - 10, 0.0])
    assert demand.best == 1


# --- the threshold rule ----------------------------------------------------------------------------------------------

reproducible = settings(deadline=None, derandomize=True)
curves = arrays(np.float64, (4, 20), elements=st.floats(0.0, 20.0))
prices = st.floats(0.0, 20.0)
NO_HURDLE = np.zeros(4)


@given(curve=curves, low=prices, rise=st.floats(0.0, 10.0), hurdle=st.floats(0.0, 2.0))
@reproducible
def test_higher_access_price_never_raises_access_volume(
    curve: np.ndarray, low: float, rise: float, hurdle: float
) -> None:
    charge = np.full(4, hurdle)
    bought = [1.0 - desired_coverage(curve, charge, price, 0.35, 0.25) for price in (low, low + rise)]
    assert np.all(bought[1] <= bought[0])


@given(curve=curves, price=prices)
@reproducible
def test_coverage_is_the_largest_share_that_pays(curve: np.ndarray, price: float) -> None:
    curve = np.sort(curve, axis=1)
    coverage = desired_coverage(curve, NO_HURDLE, price, 0.0, 0.0)
    midpoints = (np.arange(20) + 0.5) / 20
    assert np.all(curve[midpoints < coverage[:, None] - 1e-12] <= price)
    assert np.all(curve[midpoints > coverage[:, None] + 1e-12] > price)


@given(curve=curves, price=prices)
@reproducible
def test_coverage_has_the_lowest_total_cost_of_all_splits(curve: np.ndarray, price: float) -> None:
    coverage = desired_coverage(curve, NO_HURDLE, price, 0.0, 0.0)
    midpoints = (np.arange(20) + 0.5) / 20

    def total(zone: int, share: float) -> float:
        own = midpoints < share
        return float(curve[zone][own].sum() + price * (~own).sum())

    for zone in range(4):
        best = min(total(zone, share / 20) for share in range(21))
        assert total(zone, coverage[zone] + 1e-12) <= best + 1e-9


def test_coverage_moves_with_every_term_of_the_rule() -> None:
    curve = np.tile(np.linspace(1.0, 5.0, 50), (4, 1))
    base = desired_coverage(curve, np.full(4, 0.2), 3.0, 0.35, 0.25)
    assert np.all((base > 0.0) & (base < 1.0))
    assert np.all(desired_coverage(curve, np.full(4, 0.3), 3.0, 0.35, 0.25) < base)
    assert np.all(desired_coverage(curve, np.full(4, 0.2), 3.1, 0.35, 0.25) > base)
    assert np.all(desired_coverage(curve, np.full(4, 0.2), 3.0, 0.45, 0.25) > base)
    assert np.all(desired_coverage(curve, np.full(4, 0.2), 3.0, 0.35, 0.35) > base)
    assert np.all(desired_coverage(1.1 * curve, np.full(4, 0.2), 3.0, 0.35, 0.25) < base)
    # Slope 4 over 50 midpoints, threshold 3.4: worked out by hand.
    assert base == pytest.approx(((3.4 - 1.0) / 4.0 * 49 + 0.5) / 50)


def test_free_building_takes_all_and_dear_building_nothing() -> None:
    curve = np.tile(np.linspace(1.0, 5.0, 50), (4, 1))
    assert desired_coverage(0.0 * curve, NO_HURDLE, 0.01, 0.0, 0.0).tolist() == [1.0] * 4
    assert desired_coverage(100.0 + curve, NO_HURDLE, 3.53, 0.35, 0.25).tolist() == [0.0] * 4


def test_price_may_differ_by_zone_and_carriers_may_stack() -> None:
    curve = np.tile(np.linspace(1.0, 5.0, 50), (2, 4, 1))
    coverage = desired_coverage(curve, NO_HURDLE, np.array([0.5, 2.0, 3.0, 9.0]), 0.0, 0.0)
    assert coverage.shape == (2, 4)
    assert coverage[0, 0] == 0.0
    assert coverage[0, 1] < coverage[0, 2] < coverage[0, 3] == 1.0


def test_bad_cost_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match="cost runs from"):
        desired_coverage(np.full((4, 20), np.nan), NO_HURDLE, 3.0, 0.0, 0.0)


# --- own cost --------------------------------------------------------------------------------------------------------


def test_multiplier_and_noise_scale_all_own_cost() -> None:
    unit, capital = np.full((3, 5), 2.0), np.array([0.49, 0.40, 0.65])
    plain = own_cost(unit, capital)
    assert plain == pytest.approx(unit + capital[:, None])
    noise = np.array([0.9, 1.0, 1.1])
    assert own_cost(unit, capital, 1.2, noise) == pytest.approx(plain * 1.2 * noise[:, None])


def test_passing_routes_pay_marginal_cost_only_where_they_pass() -> None:
    new, marginal = np.full((3, 4), 3.0), np.full((3, 4), 1.0)
    cost = with_passing_routes(new, marginal, np.array([0.0, 0.375, 1.0]))
    assert cost.tolist() == [[3.0] * 4, [1.0, 2.0, 3.0, 3.0], [1.0] * 4]


def test_first_insourcer_learns_its_error_away() -> None:
    draws = np.array([-1.0, 0.0, 1.0])
    mean, sd, months = P.insourcing_error_mean, P.insourcing_error_sd, int(P.insourcing_learning_months)
    assert perceived_error(draws, 0, mean, sd, months) == pytest.approx(mean + sd * draws)
    sizes = [float(np.abs(perceived_error(draws, month, mean, sd, months)).sum()) for month in range(months + 2)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[months] == sizes[months + 1] == 0.0


def test_price_belief_follows_offers_and_keeps_without_one() -> None:
    belief = updated_price_belief(np.array([3.0, 3.0]), np.array([4.0, np.nan]), P.belief_gain)
    assert belief == pytest.approx([3.0 + P.belief_gain, 3.0])


def test_the_share_of_a_zone_depends_on_its_own_cost_alone():
    """Also beside zones in which delivering pays again beyond a place where it does not."""
    rng = np.random.default_rng(0)
    cost = np.sort(rng.random((60, 12)) * 6.0, axis=1)
    cost[::3] = rng.random((20, 12)).round(1) * 6.0
    price, nothing = rng.random(60) * 5.0, np.zeros(60)
    together = desired_coverage(cost, nothing, price, 0.3, 0.1)
    alone = [desired_coverage(cost[z : z + 1], nothing[:1], price[z : z + 1], 0.3, 0.1)[0] for z in range(60)]
    np.testing.assert_array_equal(together, alone)
    stacked = desired_coverage(np.stack([cost, cost + 1.0]), nothing, price, 0.3, 0.1)
    np.testing.assert_array_equal(stacked[0], together)
    assert (stacked[1] <= together).all()


@given(st.integers(1, 6), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_asking_again_and_again_gives_the_same_coverage_to_the_last_bit(zones: int, cells: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    cost = np.cumsum(np.round(draw.random((zones, cells)), 1), axis=1)
    cost *= np.where(draw.random((zones, cells)) < 0.1, 0.5, 1.0)  # somewhere it may fall, and so pay again
    search = CoverageSearch(cost)
    for worth in (draw.random(zones) * cells, cost[:, cells // 2], np.zeros(zones), np.full(zones, 1e9)):
        np.testing.assert_array_equal(search.coverage(worth), coverage_worth(cost, worth))
