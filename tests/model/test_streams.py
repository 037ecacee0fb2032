import numpy as np
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
    few, more = (draw_population(parameters.with_overrides({"n_shippers": n}), zones, Streams(3)) for n in (500, 501))
    np.testing.assert_array_equal(few.shippers.price_coef, more.shippers.price_coef[:500])
    np.testing.assert_array_equal(few.shippers.division, more.shippers.division[:500])
    np.testing.assert_array_equal(few.uniform, more.uniform[:450])
    # sizes and mixes are rescaled to the totals by one factor a segment
    ratio = more.shippers.annual_volume[:500] / few.shippers.annual_volume
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:1], ratio.shape), rtol=1e-12)
    draws = [Streams(3).generator("reconsider", MONTH).random((n, 3, 2)) for n in (500, 501)]
    np.testing.assert_array_equal(draws[0], draws[1][:500])
