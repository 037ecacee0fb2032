"""What UPS sheds, what FedEx takes, where regional carriers go, what is closed: the rules by themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.rules.capacity import closable, whole_stations
from agents.rules.entry import EntryCase, annuity_with_ramp, entry_parts, entry_value, months_of_losses
from agents.rules.filling import fill_discount, fills, merged_share
from agents.rules.shedding import contracts_to_shed

reproducible = settings(deadline=None, derandomize=True)
margins = arrays(np.float64, 8, elements=st.floats(-1.0, 0.5))
volumes = arrays(np.float64, 8, elements=st.floats(0.0, 1e6))

# UPS


@given(margins, volumes, st.floats(0.0, 3e6))
@reproducible
def test_ups_sheds_thin_margins_only_and_no_more_than_its_limit(margin, daily, limit):
    shed = contracts_to_shed(margin, daily, 0.08, limit)
    assert daily[shed].sum() <= limit * (1 + 1e-12)
    assert (margin[shed] < 0.08).all()
    # Whatever is thinner than a shed contract and stayed did not fit any more.
    left = limit - daily[shed].sum()
    stayed = ~shed & (margin < 0.08) & (daily > 0.0)
    assert (daily[stayed] > left - 1e-6).all()


def test_the_thinnest_goes_first():
    shed = contracts_to_shed(np.array([0.05, -0.2, 0.3, 0.0]), np.full(4, 10.0), 0.08, 20.0)
    assert shed.tolist() == [False, True, False, True]
    assert not contracts_to_shed(np.array([-1.0]), np.array([10.0]), 0.08, 0.0).any()


# FedEx


def test_fedex_fills_only_what_stands_empty():
    assert fills(0.70, 0.73, 0.02)
    assert not fills(0.72, 0.73, 0.02)


@given(st.floats(-0.3, 0.3), st.floats(5.0, 20.0), st.floats(1.0, 20.0))
@reproducible
def test_the_filling_discount_grows_with_slack_and_leaves_a_margin(slack, price, cost):
    found = fill_discount(np.array([price]), np.array([cost]), slack=slack, response=0.2, fill_margin=0.12)[0]
    assert 0.0 <= found <= max(0.2 * slack, 0.0) + 1e-12
    if found > 0.0:
        assert price * (1.0 - found) >= cost * 1.12 - 1e-9


def test_a_merger_saves_evenly():
    assert [merged_share(months, 36) for months in (-5, 0, 18, 36, 100)] == [0.0, 0.0, 0.5, 1.0, 1.0]


# capacity

zones = arrays(np.float64, 5, elements=st.floats(0.0, 1e6))


@given(zones, zones, zones, zones)
@reproducible
def test_nothing_is_closed_that_is_needed_or_locked(in_place, closing, needed, locked):
    idle = closable(in_place, closing, needed, locked)
    assert (idle >= 0.0).all()
    assert (idle <= in_place).all()
    left = in_place - closing - idle
    assert (left[idle > 0.0] >= (needed + locked)[idle > 0.0] - 1e-6).all()


def test_no_station_is_smaller_than_the_smallest():
    gap = np.array([0.0, 1.0, 4.0, 12.0, 100.0])
    assert whole_stations(0.25 * gap, gap, 4.0).tolist() == [0.0, 0.0, 4.0, 4.0, 25.0]


# regional carriers


def case(**changes):
    given_case = {
        "state": np.array([0, 0, 1, 1, 2]),
        "open_to_it": np.array([True, True, True, True, False]),
        "parcels": np.array([4.0, 2.0, 6.0, 3.0, 9.0]),
        "stop_density": np.array([20.0, 5.0, 30.0, 9.0, 50.0]),
        "margin": np.array([1.0, 1.0, 1.0, -1.0, 9.0]),
        "capital": np.full(5, 3.0),
        "coverage": np.full(5, 0.8),
        "covered": np.zeros(5),
        "considered": np.ones(144),
    }
    return EntryCase(**{**given_case, **changes})


def test_a_carrier_enters_where_it_is_dense_worth_it_and_near():
    part = entry_parts(case(), years=5.0, least_density=8.0, smallest=1.0, room=100.0)
    assert part.tolist() == [1.0, 0.0, 1.0, 0.0, 0.0]  # too sparse, a loss, no neighbour
    assert not entry_parts(case(), years=2.0, least_density=8.0, smallest=1.0, room=100.0).any()


@given(st.floats(0.0, 30.0), st.floats(0.0, 5.0))
@reproducible
def test_it_grows_no_further_than_it_may_and_best_states_first(room, smallest):
    part = entry_parts(case(), years=5.0, least_density=8.0, smallest=smallest, room=room)
    parcels = part * case().parcels
    assert parcels.sum() <= room + 1e-9
    assert (parcels[part > 0.0] >= smallest - 1e-9).all()
    assert part[0] == 0.0 or part[2] > 0.0 or smallest > 6.0


def test_value_counts_the_ramp_and_the_lead_time():
    at_once = annuity_with_ramp(0.0065, 144, 0, 1.0)
    assert at_once == pytest.approx((1 - (1 - 0.0065) ** 144) / 0.0065 / 12)
    assert annuity_with_ramp(0.0065, 144, 9, 1.0) == pytest.approx(at_once * (1 - 0.0065) ** 9)
    assert annuity_with_ramp(0.0065, 144, 9, 0.06) < annuity_with_ramp(0.0065, 144, 9, 0.5) < at_once
    assert annuity_with_ramp(0.0065, 144, 9, 0.5, np.full(144, 0.5)) == pytest.approx(
        0.5 * annuity_with_ramp(0.0065, 144, 9, 0.5)
    )
    assert entry_value(case(), 5.0).tolist() == [8.0, 4.0, 12.0, -24.0, 378.0]


def test_only_losses_in_a_row_count():
    for series, expected in (((-1.0, -1.0, -1.0), 3), ((1.0, -1.0, 1.0), 0), ((-1.0, 0.0, -1.0), 1)):
        count = 0
        for cash in series:
            count = months_of_losses(count, cash)
        assert count == expected
