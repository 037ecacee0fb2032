"""Elasticities and margins of the oracle tables, through the solver and the choice rule that the market uses."""

import numpy as np
import pytest
from scipy.special import ndtri

from agents.rules.choice import Menu, stationary_shares
from agents.shipper_table import ShipperTable
from model.parameters import Parameters
from model.start import choice_constants, customers
from model.start.choice_constants import ChoiceSetting, StartError, solve_constants

DEFAULT = Parameters.default()
GROUPS = ("usps", "amazon", "ups", "fedex", "regional")
SEGMENTS = ("economy", "ground", "premium")
OFFERS = [(s, k) for s in range(3) for k in range(5) if DEFAULT[f"share_{SEGMENTS[s]}_{GROUPS[k]}"] > 0.0]
PRINTED = 0.006  # the oracles are printed with two decimals


def population(parameters, n=2001):
    """Shippers without size discounts whose price coefficients are the quantiles of their lognormal law."""
    sd = parameters.by_segment("price_coef_sd")
    normal = ndtri((np.arange(n) + 0.5) / n)[:, None]
    coefficient = parameters.by_segment("price_coef") * np.exp(sd * normal - sd**2 / 2)
    carrier = np.zeros((n, 3), dtype=np.int8)
    return ShipperTable(
        n_enterprise=0,
        annual_volume=np.ones((n, 3)),
        weight=np.ones(n),
        discount=np.zeros(n),
        price_coef=coefficient,
        division=np.zeros(n, dtype=np.int8),
        primary=carrier,
        fallback=carrier.copy(),
        refused_months=carrier.copy(),
        switches=np.zeros(n, dtype=np.int32),
    )


def setting(inertia=0.0, national=None, coverage=None, min_coverage=0.1):
    """One place that everybody serves; the oracles are the static logit, without days and reliability."""
    return ChoiceSetting(
        national=np.ones(5, dtype=bool) if national is None else national,
        coverage=np.ones((5, 1)) if coverage is None else coverage,
        mix=np.ones((1, 1)),
        surcharge=np.zeros((5, 1)),
        other_cost=np.zeros((3, 5)),
        floor=np.zeros((3, 5)),
        inertia=inertia,
        min_coverage=min_coverage,
        reached_decide=True,
        home=None,
    )


def targets(parameters):
    share = np.array([parameters.by(f"share_{name}", GROUPS, normalise=True) for name in SEGMENTS])
    return share, np.array([parameters.by(f"price_{name}", GROUPS) for name in SEGMENTS])


def mean_share(shippers, solution, segment, level, inertia=0.0):
    offered = np.isfinite(solution.constants[segment])
    constants = np.where(offered, solution.constants[segment], -1e9)
    utility = constants - shippers.price_coef[:, [segment]] * level
    n = len(shippers)
    menu = Menu(utility, np.zeros((n, 0)), np.zeros((n, 0)), np.zeros((n, 0), dtype=bool))
    return stationary_shares(menu, inertia)[0].mean(axis=0)


def elasticity(parameters, segment, carrier, inertia=0.0, step=1e-4):
    shippers = population(parameters)
    solution = solve_constants(shippers, setting(inertia), *targets(parameters))
    shares = []
    for sign in (1, -1):
        level = solution.level[segment].copy()
        level[carrier] *= 1 + sign * step
        shares.append(mean_share(shippers, solution, segment, level, inertia)[carrier])
    return np.log(shares[0] / shares[1]) / np.log((1 + step) / (1 - step))


#: What the oracles were worked out for: parcels that USPS delivers for others were still counted with USPS, too.
OF_THE_ORACLES = DEFAULT.with_overrides(
    {
        "volume_segment_economy": 6.4,
        "share_economy_usps": 0.66,
        "share_economy_ups": 0.12,
        "share_economy_fedex": 0.1,
        "share_economy_regional": 0.09,
        "share_economy_amazon": 0.03,
        "price_economy_usps": 4.3,
    }
)


@pytest.mark.parametrize(("segment", "carrier"), OFFERS)
def test_own_price_elasticities_meet_the_oracles(oracle, segment, carrier):
    found = elasticity(OF_THE_ORACLES, segment, carrier)
    assert found == pytest.approx(oracle(f"elasticity_{SEGMENTS[segment]}_{GROUPS[carrier]}"), abs=PRINTED)


@pytest.mark.parametrize(("segment", "carrier"), [(0, 0), *((s, k) for s in range(3) for k in (2, 3))])
def test_one_shot_margins_meet_the_oracles(oracle, segment, carrier):
    found = -1.0 / elasticity(OF_THE_ORACLES, segment, carrier)
    assert found == pytest.approx(oracle(f"margin_{SEGMENTS[segment]}_{GROUPS[carrier]}"), abs=PRINTED)


def test_the_elasticity_answers_to_its_inputs():
    """More of a price, a coefficient or a share moves it as the logit says, dampened by who stays a customer."""
    base = elasticity(DEFAULT, 1, 2)
    dearer = elasticity(DEFAULT.with_overrides({"price_ground_ups": DEFAULT.price_ground_ups * 1.1}), 1, 2)
    assert base * 1.1 < dearer < base * 1.03
    keener = elasticity(DEFAULT.with_overrides({"price_coef_ground": DEFAULT.price_coef_ground * 1.1}), 1, 2)
    assert base * 1.1 < keener < base * 1.03
    larger = elasticity(DEFAULT.with_overrides({"share_ground_ups": DEFAULT.share_ground_ups * 1.1}), 1, 2)
    assert base < larger < base * 0.9


def test_inertia_makes_the_long_run_answer_larger_and_the_solver_keeps_the_shares():
    assert elasticity(DEFAULT, 0, 2, inertia=0.8) < elasticity(DEFAULT, 0, 2)
    shippers = population(DEFAULT)
    share, price = targets(DEFAULT)
    solution = solve_constants(shippers, setting(0.8), share, price)
    for segment in range(3):
        found = mean_share(shippers, solution, segment, solution.level[segment], 0.8)
        np.testing.assert_allclose(found, share[segment], atol=1e-8)
    np.testing.assert_allclose(np.where(share > 0, solution.level, 0.0), np.where(share > 0, price, 0.0), rtol=1e-6)
    assert np.isneginf(solution.constants[2, [1, 4]]).all()


def test_a_share_that_coverage_does_not_allow_is_refused():
    national = np.array([True, False, True, True, False])
    coverage = np.ones((5, 1))
    coverage[4] = 0.05
    share, price = targets(DEFAULT)
    with pytest.raises(StartError, match=r"cannot reach its published share of 0\.09"):
        solve_constants(population(DEFAULT, 50), setting(0.0, national, coverage), share, price)


@pytest.fixture
def solved(monkeypatch):
    """Nothing is remembered; the splits of starts that are solved."""
    monkeypatch.setattr(customers, "_starts", type(customers._starts)())
    splits = []
    solve = customers.solve_constants

    def solve_and_note(*given):
        found = solve(*given)
        splits.append(found.enterprise_share.copy())
        return found

    monkeypatch.setattr(customers, "solve_constants", solve_and_note)
    return splits


def test_a_large_population_is_solved_on_a_corrected_sample(market, monkeypatch, solved):
    """The sample only speeds things up: everybody meets the published shares, with the constants of a full solution."""
    full = market(n_shippers=1500).state
    customers._starts.clear()
    monkeypatch.setattr(choice_constants, "LARGE_POPULATION", 1000)
    monkeypatch.setattr(choice_constants, "SAMPLE", 400)
    found = market(n_shippers=1500).state
    offered = np.isfinite(full.choice.constants)
    np.testing.assert_array_equal(np.isfinite(found.choice.constants), offered)
    np.testing.assert_allclose(found.tariffs.level[offered], full.tariffs.level[offered], rtol=1e-7)
    for segment, offers in enumerate(offered):  # only differences of constants within a segment mean anything
        shift = found.choice.constants[segment, offers] - full.choice.constants[segment, offers]
        np.testing.assert_allclose(shift, shift[0], atol=1e-6)


def test_equal_starts_are_solved_once_and_stay_apart(market, solved):
    first, second = market(n_shippers=300), market("withdraw", n_shippers=300)
    assert len(solved) == 1
    market(n_shippers=300, rng=2), market(n_shippers=300, switching_inertia=0.5)
    assert len(solved) == 3
    np.testing.assert_array_equal(first.state.choice.enterprise_share, second.state.choice.enterprise_share)
    before = second.state.choice.constants.copy(), second.shippers.primary.copy()
    split = second.state.choice.enterprise_share.copy()
    first.state.choice.constants[:] = 0.0
    first.shippers.primary[:] = 3
    first.state.choice.enterprise_share[:] = 0.0
    again = market(n_shippers=300)
    assert len(solved) == 3
    for one in (second, again):
        np.testing.assert_array_equal(one.state.choice.constants, before[0])
        np.testing.assert_array_equal(one.state.choice.enterprise_share, split)
    np.testing.assert_array_equal(second.shippers.primary, before[1])


def test_a_remembered_start_is_the_one_that_was_solved(market, solved):
    """What leaves out the zeros gives every share back to the last bit."""
    for _ in range(2):
        np.testing.assert_array_equal(market(n_shippers=300).state.choice.enterprise_share, solved[0])
    assert len(solved) == 1
    assert 0.3 < (solved[0] == 0.0).mean() < 0.9


def test_starts_are_remembered_as_far_as_memory_allows(market, monkeypatch, solved):
    def is_remembered(seed):
        before = len(solved)
        market(n_shippers=300, rng=seed)
        return len(solved) == before

    assert not any(is_remembered(seed) for seed in range(1, 11))
    assert is_remembered(1)
    size = customers._starts[next(iter(customers._starts))].bytes
    assert size > 300 * 8
    monkeypatch.setattr(customers, "REMEMBERED_BYTES", 2.5 * size)
    assert not is_remembered(11)  # and the oldest ones are forgotten
    assert len(customers._starts) == 2
    assert is_remembered(1)
    assert not is_remembered(2)
    monkeypatch.setattr(customers, "REMEMBERED_BYTES", 0.5 * size)
    assert not is_remembered(12)  # larger than allowed: remembered alone
    assert is_remembered(12)
    assert len(customers._starts) == 1
