import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.rules.choice import (
    Menu,
    draw,
    own_weight,
    primary_available,
    reconsider,
    softmax,
    split_volume,
    stationary_shares,
)

seeds = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=60, deadline=None)


def random_menu(rng, n=4, n_national=3, n_partial=4):
    coverage = rng.random((n, n_partial))
    return Menu(
        rng.normal(0.0, 2.0, (n, n_national)),
        rng.normal(0.0, 2.0, (n, n_partial)),
        coverage,
        (coverage > 0.1) & (rng.random((n, n_partial)) < 0.8),
    )


def markov_chain(national, partial, coverage, available, inertia):
    """States of one shipper (primary, fallback) and the chance to move from each to each, from the design text."""
    n_national, n_partial = len(national), len(partial)
    states = [(m, m) for m in range(n_national)]
    states += [(n_national + q, f) for q in range(n_partial) for f in range(n_national) if available[q]]
    chances = np.zeros((len(states), len(states)))
    for row, (primary, fallback) in enumerate(states):
        utility = {}
        for m in range(n_national):
            utility[(m, m)] = national[m]
        for q in range(n_partial):
            if available[q]:
                mean = coverage[q] * partial[q] + (1 - coverage[q]) * national[fallback]
                utility[(n_national + q, fallback)] = mean
        for state in utility:
            if state[0] == primary:
                utility[state] += inertia
        weight = {state: np.exp(value) for state, value in utility.items()}
        total = sum(weight.values())
        for state, value in weight.items():
            chances[row, states.index(state)] = value / total
    return states, chances


@FEW
@given(seed=seeds, inertia=st.floats(0.0, 3.0), n_partial=st.integers(0, 4))
def test_stationary_shares_are_those_of_the_markov_chain(seed, inertia, n_partial):
    menu = random_menu(np.random.default_rng(seed), n_partial=n_partial)
    national, bundle = stationary_shares(menu, inertia)
    for i in range(len(national)):
        states, chances = markov_chain(menu.national[i], menu.partial[i], menu.weight[i], menu.available[i], inertia)
        power = np.linalg.matrix_power(chances, 2**24)
        expected = power.mean(axis=0)
        n_national = menu.national.shape[1]
        found = [national[i, p] if p == f else bundle[i, p - n_national, f] for p, f in states]
        np.testing.assert_allclose(found, expected, atol=1e-7)
        assert sum(found) == pytest.approx(1.0)


@FEW
@given(seed=seeds, inertia=st.floats(0.0, 2.0))
def test_reconsidering_leaves_the_stationary_shares_as_they_are(seed, inertia):
    """Applies the chances of `reconsider` itself, by evenly spaced uniform draws, to the stationary distribution."""
    rng = np.random.default_rng(seed)
    menu = random_menu(rng, n=1, n_national=2, n_partial=2)
    national, bundle = stationary_shares(menu, inertia)
    grid = (np.arange(4000) + 0.5) / 4000
    after = {}
    start = {(m, m): national[0, m] for m in range(2)}
    start |= {(2 + q, f): bundle[0, q, f] for q in range(2) for f in range(2)}
    many = Menu(
        *(np.repeat(part, len(grid), axis=0) for part in (menu.national, menu.partial, menu.weight, menu.available))
    )
    for (primary, fallback), share in start.items():
        if share == 0.0:
            continue
        new_primary, new_fallback = reconsider(
            many, np.full(len(grid), primary, np.int8), np.full(len(grid), fallback, np.int8), inertia, grid
        )
        for state in zip(new_primary.tolist(), new_fallback.tolist(), strict=True):
            after[state] = after.get(state, 0.0) + share / len(grid)
    for state, share in start.items():
        assert after.get(state, 0.0) == pytest.approx(share, abs=2e-3)


@FEW
@given(seed=seeds, raised=st.floats(0.0, 20.0), inertia=st.floats(0.0, 2.0))
def test_a_higher_own_price_never_raises_the_own_chance(seed, raised, inertia):
    rng = np.random.default_rng(seed)
    menu = random_menu(rng)
    before_national, before_bundle = stationary_shares(menu, inertia)
    dearer = menu.national.copy()
    dearer[:, 0] -= raised
    after, _ = stationary_shares(Menu(dearer, menu.partial, menu.weight, menu.available), inertia)

    # what a national carrier delivers as fallback of others falls too, so look at all that it delivers
    def delivered(national, bundle):
        return national[:, 0] + (bundle * (1.0 - menu.weight[:, :, None]))[:, :, 0].sum(axis=1)

    _, bundle = stationary_shares(Menu(dearer, menu.partial, menu.weight, menu.available), inertia)
    assert (after[:, 0] <= before_national[:, 0] + 1e-12).all()
    assert (delivered(after, bundle) <= delivered(before_national, before_bundle) + 1e-12).all()
    dearer_partial = menu.partial.copy()
    dearer_partial[:, 1] -= raised
    _, bundle = stationary_shares(Menu(menu.national, dearer_partial, menu.weight, menu.available), inertia)
    assert (bundle[:, 1].sum(axis=1) <= before_bundle[:, 1].sum(axis=1) + 1e-12).all()


def test_no_partial_carrier_is_chosen_where_it_is_not_available():
    menu = random_menu(np.random.default_rng(5), n=200)
    _, bundle = stationary_shares(menu, 0.8)
    assert (bundle[~menu.available] == 0.0).all()
    uniform = np.linspace(0.0, 1.0, 200, endpoint=False)
    primary, fallback = reconsider(menu, np.zeros(200, np.int8), np.zeros(200, np.int8), 0.8, uniform)
    partial = primary >= 3
    assert menu.available[np.flatnonzero(partial), primary[partial] - 3].all()
    assert (fallback[~partial] == primary[~partial]).all()
    assert (fallback[partial] == 0).all()


def test_inertia_favours_the_present_carrier_by_its_exponential():
    menu = Menu(np.zeros((2, 3)), np.zeros((2, 0)), np.zeros((2, 0)), np.zeros((2, 0), bool))
    grid = (np.arange(9000) + 0.5) / 9000
    many = Menu(
        *(np.repeat(part[:1], len(grid), axis=0) for part in (menu.national, menu.partial, menu.weight, menu.available))
    )
    chosen, _ = reconsider(many, np.full(len(grid), 1, np.int8), np.full(len(grid), 1, np.int8), 0.8, grid)
    shares = np.bincount(chosen, minlength=3) / len(grid)
    stay = np.exp(0.8)
    np.testing.assert_allclose(shares, np.array([1, stay, 1]) / (2 + stay), atol=1e-3)


@FEW
@given(seed=seeds)
def test_draw_never_picks_what_has_no_chance(seed):
    rng = np.random.default_rng(seed)
    utility = np.where(rng.random((50, 5)) < 0.4, -np.inf, rng.normal(size=(50, 5)))
    utility[np.arange(50), rng.integers(0, 5, 50)] = 0.0
    chances = softmax(utility)
    uniform = rng.choice([0.0, np.nextafter(1.0, 0.0), *rng.random(5)], 50)
    chosen = draw(chances, uniform)
    assert (chances[np.arange(50), chosen] > 0.0).all()


def test_draw_follows_the_chances():
    grid = (np.arange(1000) + 0.5) / 1000
    chosen = draw(np.repeat([[0.2, 0.0, 0.5, 0.3]], 1000, axis=0), grid)
    np.testing.assert_allclose(np.bincount(chosen, minlength=4) / 1000, [0.2, 0.0, 0.5, 0.3], atol=1e-3)


@FEW
@given(seed=seeds)
def test_split_adds_to_one_and_partial_carriers_get_no_more_than_they_reach(seed):
    rng = np.random.default_rng(seed)
    n_carriers, n_zones = 6, 5
    national = np.array([True, False, True, True, False, False])
    coverage = np.where(national[:, None], 1.0, rng.choice([0.0, 0.3, 0.8, 1.0], (n_carriers, n_zones)))
    weight = np.exp(rng.normal(0.0, 2.0, (7, n_carriers, n_zones))) * (rng.random((7, n_carriers, 1)) < 0.8)
    weight[:, 0] += 0.01
    given_weight = weight.copy()
    split = split_volume(weight, coverage, national)
    np.testing.assert_allclose(split.sum(axis=1), 1.0, rtol=1e-12)
    assert (split >= 0.0).all()
    served = given_weight * (coverage > 0.0)
    chance = served / served.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(split[:, ~national], (chance * coverage)[:, ~national], rtol=1e-12)
    assert (split[:, national] >= chance[:, national] - 1e-15).all()
    # the rest goes to national carriers in proportion to their chances
    ratio = split[:, national] / np.where(chance[:, national] > 0.0, chance[:, national], np.nan)
    assert (np.nanmax(ratio, axis=1) - np.nanmin(ratio, axis=1) < 1e-9).all()


def test_softmax_is_safe_for_large_utilities():
    chances = softmax(np.array([[1e5, 1e5 - 1.0, -np.inf]]))
    np.testing.assert_allclose(chances, [[1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0.0]])


def test_a_small_carrier_is_a_primary_one_only_where_it_reaches_most():
    coverage = np.array([[0.30, 0.04, 0.0], [0.05, 0.07, 0.0], [0.12, 0.0, 0.0]])
    expected = [[True, False, False], [False, True, False], [True, False, False]]
    assert primary_available(coverage, 0.10).tolist() == expected


def test_a_carrier_that_reaches_a_fifth_more_sells_a_fifth_more():
    """Where shippers decide by the mean over all addresses it loses: it is liked less than what it replaces."""

    def sold(coverage, reached_decide):
        reach = np.array([[coverage]])
        menu = Menu(np.zeros((1, 3)), np.full((1, 1), -6.0), own_weight(reach, reached_decide), reach > 0.0)
        return stationary_shares(menu, 0.8)[1].sum() * coverage

    assert sold(0.6, True) / sold(0.5, True) == pytest.approx(1.2)
    assert sold(0.6, False) < sold(0.5, False)


def test_nobody_chooses_a_carrier_for_addresses_that_it_does_not_reach():
    np.testing.assert_array_equal(own_weight(np.array([0.0, 0.2, 1.0]), True), [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(own_weight(np.array([0.0, 0.2, 1.0]), False), [0.0, 0.2, 1.0])
