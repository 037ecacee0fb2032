"""The shippers of the start: published totals to the last digit, and few rows with the mix of many."""

import numpy as np
import pytest
from scipy.special import ndtr

from model.parameters import Parameters
from model.start.even_points import GENERATING_VECTOR, even_points, radical_inverse
from model.start.population import draw_population
from model.streams import Streams
from model.zones import build_zone_table

P = Parameters.default()
ZONES = build_zone_table(P)
DIMENSIONS = len(GENERATING_VECTOR)


def population(n=2000, seed=1):
    return draw_population(P.with_overrides({"n_shippers": n}), ZONES, Streams(seed))


def points(n, seed=0):
    return even_points(n, DIMENSIONS, np.random.default_rng(seed))


# points


def test_mirrored_digits():
    assert radical_inverse(8).tolist() == [0.0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875]
    assert radical_inverse(0).tolist() == []
    assert len(set(radical_inverse(5000).tolist())) == 5000


def test_points_stay_inside_and_where_they_are_when_more_follow():
    many = points(5000)
    assert many.shape == (5000, DIMENSIONS)
    assert ((many > 0.0) & (many < 1.0)).all()
    np.testing.assert_array_equal(points(300), many[:300])
    assert not np.array_equal(points(300, seed=1), many[:300])


@pytest.mark.parametrize(("n", "of_chance"), [(100, 0.75), (250, 0.5), (1950, 0.33), (7950, 0.2)])
def test_every_column_and_every_pair_of_columns_is_filled_evenly(n, of_chance):
    """Quarters of a column and sixteenths of a pair hold their share of the points, far closer than by chance."""
    quarter, missed = (points(n) * 4).astype(int), []
    for one in range(DIMENSIONS):
        assert np.abs(np.bincount(quarter[:, one], minlength=4) - n / 4).max() <= 6
        for other in range(one):
            cells = np.bincount(4 * quarter[:, one] + quarter[:, other], minlength=16)
            missed.append(cells - n / 16)
    by_chance = np.sqrt(n * (1 / 16) * (15 / 16))
    assert np.std(missed) < of_chance * by_chance
    assert np.abs(missed).max() < 3.0 * by_chance  # of 45 pairs of 16 cells chance alone reaches 3.3


def test_means_over_few_points_are_unbiased_and_far_closer_than_by_chance():
    """A product of all columns with mean 1: the mean over shifts is right, the spread a tenth of independent draws'."""

    def means(draw):
        return np.array([np.prod(0.75 + 0.5 * draw(seed), axis=1).mean() for seed in range(200)])

    even = means(lambda seed: points(250, seed))
    chance = means(lambda seed: np.random.default_rng(seed).random((250, DIMENSIONS)))
    assert even.mean() == pytest.approx(1.0, abs=4 * even.std() / np.sqrt(200))
    assert even.std() < 0.1 * chance.std()


# shippers


@pytest.mark.parametrize("n", [60, 300, 2000])
@pytest.mark.parametrize("seed", [1, 2])
def test_population_closes_the_published_volumes(n, seed):
    found = population(n, seed)
    table = found.shippers
    published = P.by_segment("volume_segment") * 1e9
    np.testing.assert_allclose(table.market_volume.sum(axis=0), published, rtol=1e-12)
    assert (table.weight > 0.0).all()
    assert (table.annual_volume >= 0.0).all()
    assert (table.weight[table.enterprise] == 1.0).all()
    assert ((table.discount >= 0.0) & (table.discount <= P.discount_max)).all()
    assert found.uniform.shape == (len(table) - table.n_enterprise, 3)
    enterprise = table.annual_volume[table.enterprise].sum()
    assert enterprise / 50e6 == pytest.approx(P.enterprise_size_mean, rel=0.02)
    assert enterprise / published.sum() == pytest.approx(0.22, abs=0.01)


def test_rows_carry_like_volumes():
    table = population().shippers
    small = table.market_volume[table.small].sum(axis=1)
    assert small.max() < 1.1 * small.mean()


@pytest.mark.parametrize(("n", "near"), [(300, 4.0), (2000, 1.0)])
def test_a_small_population_has_the_traits_of_a_large_one(n, near):
    """Sizes, price coefficients, homes and mixes, by parcels, in every run; `near` in per cent.

    Independent draws of 250 rows miss the share of a division by 2 points, of 1,950 rows by 0.7.
    """
    share = np.bincount(ZONES.division, weights=ZONES.households)
    share /= share.sum()
    sd = P.by_segment("price_coef_sd")
    for seed in range(1, 6):
        table = population(n, seed).shippers
        rows = table.small
        size = table.annual_volume[rows].sum(axis=1)
        log_mean = np.log(P.small_size_median) + P.small_size_log_sd**2
        percentile = np.sort(ndtr((np.log(size) - log_mean) / P.small_size_log_sd))
        even = (np.arange(len(size)) + 0.5) / len(size)
        assert np.abs(percentile - even).max() < near / 100
        homes = np.bincount(table.division[rows], minlength=len(share)) / len(size)
        assert np.abs(homes - share).max() < near / 200
        normal = (np.log(table.price_coef[rows] / P.by_segment("price_coef")) + sd**2 / 2) / sd
        assert np.abs(np.sort(ndtr(normal), axis=0) - even[:, None]).max() < near / 100
        assert np.abs(np.corrcoef(np.column_stack([normal, np.log(size)]).T) - np.eye(4)).max() < near / 20
        mix = table.annual_volume[rows] / size[:, None]
        volume = P.by_segment("volume_segment")
        np.testing.assert_allclose(mix.mean(axis=0), volume / volume.sum(), atol=near / 50)
        spread = np.sqrt(volume / volume.sum() * (1 - volume / volume.sum()) / (P.segment_mix_concentration + 1))
        np.testing.assert_allclose(mix.std(axis=0), spread, rtol=near / 20)


def test_real_shippers_are_as_many_as_stated():
    for seed in range(1, 6):
        table = population(2000, seed).shippers
        assert table.weight[table.small].sum() == pytest.approx(P.small_shippers_real, rel=0.05)


def test_enterprise_traits_are_spread_evenly_too():
    """Fifty rows hold a fifth of the parcels: by chance their mean price coefficient would stray by 6 to 9 %."""
    means = np.array([population(60, seed).shippers.price_coef[:50].mean(axis=0) for seed in range(1, 21)])
    np.testing.assert_allclose(means.mean(axis=0), P.by_segment("price_coef"), rtol=0.02)
    assert (means.std(axis=0) / P.by_segment("price_coef")).max() < 0.03
