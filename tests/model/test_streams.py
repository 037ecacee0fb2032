import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.calendar import Month
from model.parameters import Parameters
from model.start.population import draw_population
from model.streams import Streams
from model.zones import build_zone_table

MONTH = Month(2025, 1)


def numbers(seed, purpose, month=None, owner=""):
    return Streams(seed).generator(purpose, month, owner).random(4).tolist()


@given(st.integers(-(2**63), 2**63))
def test_the_same_name_gives_the_same_numbers(seed):
    assert numbers(seed, "reconsider", MONTH) == numbers(seed, "reconsider", MONTH)


def test_every_part_of_the_name_counts():
    draws = [
        numbers(1, "reconsider", MONTH),
        numbers(2, "reconsider", MONTH),
        numbers(1, "demand_shock", MONTH),
        numbers(1, "reconsider", MONTH + 1),
        numbers(1, "reconsider"),
        numbers(1, "reconsider", MONTH, "ups"),
        numbers(-1, "reconsider", MONTH),
    ]
    assert len({tuple(draw) for draw in draws}) == len(draws)


def test_numbers_are_those_of_every_machine():
    """Philox and BLAKE2 are specified, so a change here would change every published result."""
    assert np.round(numbers(1, "reconsider", MONTH), 12).tolist() == [
        0.802230366974,
        0.927872502984,
        0.172835282024,
        0.762083842095,
    ]


def test_one_more_shipper_changes_nobody_elses_draws():
    parameters = Parameters.default()
    zones = build_zone_table(parameters)
    few = draw_population(parameters.with_overrides({"n_shippers": 500}), zones, Streams(3))
    more = draw_population(parameters.with_overrides({"n_shippers": 501}), zones, Streams(3))
    np.testing.assert_array_equal(few.price_coef, more.price_coef[:500])
    np.testing.assert_array_equal(few.division, more.division[:500])
    # sizes and mixes are rescaled to the totals by one factor a segment
    ratio = more.annual_volume[:500] / few.annual_volume
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:1], ratio.shape), rtol=1e-12)
    draws = [Streams(3).generator("reconsider", MONTH).random((n, 3, 2)) for n in (500, 501)]
    np.testing.assert_array_equal(draws[0], draws[1][:500])
    uniform = [Streams(3).generator("start_carrier").random((n, 3)) for n in (500, 501)]
    np.testing.assert_array_equal(uniform[0], uniform[1][:500])


def test_population_closes_the_published_volumes():
    parameters = Parameters.default()
    table = draw_population(parameters, build_zone_table(parameters), Streams(1))
    published = parameters.by_segment("volume_segment") * 1e9
    np.testing.assert_allclose(table.market_volume.sum(axis=0), published, rtol=1e-12)
    assert (table.weight > 0.0).all()
    assert (table.annual_volume >= 0.0).all()
    assert (table.weight[table.enterprise] == 1.0).all()
    enterprise = table.annual_volume[table.enterprise].sum()
    assert enterprise / 50e6 == pytest.approx(parameters.enterprise_size_mean, rel=0.02)
    assert enterprise / published.sum() == pytest.approx(0.22, abs=0.01)
    small = table.market_volume[table.small].sum(axis=1)
    assert small.max() < 1.1 * small.mean()  # rows carry like volumes
    assert table.weight[table.small].sum() == pytest.approx(parameters.small_shippers_real, rel=0.2)
    np.testing.assert_allclose(table.price_coef.mean(axis=0), parameters.by_segment("price_coef"), rtol=0.05)
    assert ((table.discount >= 0.0) & (table.discount <= parameters.discount_max)).all()
