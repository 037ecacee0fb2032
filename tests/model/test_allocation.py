"""Rationing in cases small enough to be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model import allocation
from model.allocation import AllocationRules, Backlog, Priority, allocate, ration

INF = np.inf


def rules(n_carriers=2, n_zones=1, **changes):
    shape = (1, 1, n_carriers)
    usual = AllocationRules(
        max_passes=2,
        max_months=2,
        preference=np.ones(shape),
        overflow_price=np.full(shape, 7.0),
        coverage=np.ones((n_carriers, n_zones)),
    )
    return replace(usual, **changes)


def month(parcels, capacity, network=(INF, INF), priority=Priority.OTHER, backlog=None, **changes):
    """One group and one segment, two carriers, one zone; a parcel is worth 5 $."""
    volume = np.array(parcels, dtype=float).reshape(1, 1, 2, 1)
    classes = np.full((1, 2), priority, dtype=np.int8)
    room = np.array(capacity, dtype=float).reshape(2, 1)
    return allocate(volume, 5.0 * volume, classes, backlog, room, np.array(network, dtype=float), rules(**changes))


def test_the_rest_goes_to_the_other_carrier_at_its_price_and_then_waits():
    found = month((100.0, 10.0), (60.0, 30.0))
    assert found.accepted.ravel() == pytest.approx([60.0, 30.0])
    assert found.overflow.ravel() == pytest.approx([0.0, 20.0])
    assert found.value.ravel() == pytest.approx([300.0, 50.0 + 20.0 * 7.0])
    assert found.refused.ravel() == pytest.approx([0.4, 0.0])
    assert found.backlog.volume[:, 0, 0, :, 0] == pytest.approx(np.array([[20.0, 0.0], [0.0, 0.0]]))
    assert found.backlog.value[0, 0, 0, 0, 0] == pytest.approx(100.0)
    assert found.unserved.sum() == 0.0
    assert (found.tendered, found.waited) == (110.0, 0.0)


def test_offers_end_where_nobody_has_room_however_many_are_allowed(monkeypatch):
    passes = []
    monkeypatch.setattr(allocation, "ration", lambda *given: passes.append(1) or ration(*given))
    for capacity in ((60.0, 30.0), (0.0, 0.0)):
        passes.clear()
        few, many = (month((100.0, 10.0), capacity, max_passes=allowed) for allowed in (2, 10**6))
        assert len(passes) < 10
        assert many.accepted.tobytes() == few.accepted.tobytes()
        assert many.backlog.volume.tobytes() == few.backlog.volume.tobytes()


def test_where_everything_finds_room_nothing_travels_on_or_waits():
    for capacity in ((100.0, 10.0), (INF, INF)):
        found = month((100.0, 10.0), capacity, network=(100.0, 10.0))
        assert found.overflow is None
        assert found.backlog is None
        assert found.accepted.ravel().tolist() == [100.0, 10.0]
        assert found.value.ravel().tolist() == [500.0, 50.0]
        assert found.refused.ravel().tolist() == [0.0, 0.0]


def test_who_waited_comes_first_and_is_given_up_after_the_last_month():
    waiting = np.zeros((2, 1, 1, 2, 1))
    waiting[:, 0, 0, 0, 0] = 30.0, 50.0  # since last month, and since the month before
    found = month((10.0, 0.0), (40.0, 0.0), backlog=Backlog(waiting, 3.0 * waiting))
    assert found.accepted.ravel() == pytest.approx([40.0, 0.0])
    assert found.value[0, 0, 0, 0] == pytest.approx(120.0)
    assert found.unserved.ravel() == pytest.approx([25.0, 0.0])
    assert found.backlog.volume[:, 0, 0, 0, 0] == pytest.approx([10.0, 15.0])
    assert found.backlog.value[:, 0, 0, 0, 0] == pytest.approx([50.0, 45.0])
    assert found.waited == 80.0
    nothing_new = month((0.0, 0.0), (40.0, 0.0), backlog=Backlog(waiting, 3.0 * waiting))
    assert nothing_new.backlog.volume[:, 0, 0, 0, 0] == pytest.approx([0.0, 15.0])


def test_what_waited_and_finds_room_is_delivered_and_billed():
    waiting = np.zeros((2, 1, 1, 2, 1))
    waiting[:, 0, 0, 0, 0] = 30.0, 50.0
    found = month((10.0, 4.0), (100.0, 100.0), backlog=Backlog(waiting, 3.0 * waiting))
    assert found.accepted.ravel() == pytest.approx([90.0, 4.0])
    assert found.value.ravel() == pytest.approx([50.0 + 240.0, 20.0])
    assert found.backlog is None


def test_sorting_capacity_is_shared_in_proportion_over_zones():
    claims = np.array([[[30.0, 10.0]]])
    found = ration(claims, np.array([[INF, 5.0]]), np.array([14.0]))
    assert found.ratio.ravel() == pytest.approx([0.4, 0.2])
    assert found.accepted.ravel() == pytest.approx([12.0, 2.0])


def test_a_lower_class_gets_what_the_higher_one_leaves():
    claims = np.zeros((len(Priority), 1, 1))
    claims[:, 0, 0] = 10.0, 20.0, 30.0, 40.0
    found = ration(claims, np.array([[45.0]]), np.array([INF]))
    assert found.ratio.ravel() == pytest.approx([1.0, 1.0, 0.5, 0.0])
    assert ration(claims, np.array([[INF]]), np.array([45.0])).ratio.ravel() == pytest.approx([1.0, 1.0, 0.5, 0.0])
    assert (Priority.BACKLOG, Priority.COMMITTED, Priority.BELOW_CAP, Priority.OTHER) == (0, 1, 2, 3)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 1e6])
def test_the_unit_in_which_parcels_are_counted_changes_nothing(unit):
    """The same month in thousands, millions or millionths of parcels: a small market is rationed as a large one."""
    rng = np.random.default_rng(3)
    shape = (3, 2, 4, 5)
    volume = rng.exponential(1.0, shape)
    priority = rng.choice([Priority.COMMITTED, Priority.BELOW_CAP, Priority.OTHER], (3, 4)).astype(np.int8)
    waiting = rng.exponential(0.2, (2, *shape))
    room = volume.sum(axis=(0, 1)) * rng.uniform(0.3, 1.6, (4, 5))
    network = room.sum(axis=1) * rng.uniform(0.5, 1.5, 4)
    terms = AllocationRules(3, 2, rng.exponential(1.0, shape[:3]), rng.uniform(2.0, 9.0, shape[:3]), np.ones((4, 5)))

    def played(scale):
        backlog = Backlog(waiting * scale, waiting * scale)
        return allocate(volume * scale, volume * scale, priority, backlog, room * scale, network * scale, terms)

    found, expected = played(unit), played(1.0)
    for name in ("accepted", "value", "overflow", "unserved"):
        np.testing.assert_allclose(getattr(found, name) / unit, getattr(expected, name), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.backlog.volume / unit, expected.backlog.volume, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.refused, expected.refused, rtol=1e-9, atol=1e-12)
    assert expected.refused.max() > 0.1
    assert expected.overflow.sum() > 0.0


def test_capacity_below_one_parcel_is_shared_out_too():
    found = ration(np.full((1, 1, 1), 0.5), np.array([[INF]]), np.array([0.25]))
    assert found.ratio.ravel().tolist() == [0.5]


@pytest.mark.parametrize(("capacity", "network"), [((0.0, 0.5), (INF, INF)), ((0.0, 9.0), (INF, 0.5))])
def test_what_travels_on_fills_no_more_than_the_room_that_is_left(capacity, network):
    found = month((4.0, 0.0), capacity, network)
    assert found.overflow.ravel() == pytest.approx([0.0, 0.5])
    assert found.backlog.volume[0, 0, 0, :, 0] == pytest.approx([3.5, 0.0])


def test_without_backlog_what_finds_no_room_is_lost_at_the_carrier_that_refused_it():
    found = month((100.0, 10.0), (60.0, 30.0), max_months=0)
    assert found.unserved.ravel() == pytest.approx([20.0, 0.0])
    assert found.backlog is None


def three(parcels, capacity, network, **changes):
    """Three carriers, one group and segment; what the first refuses travels on."""
    volume = np.array(parcels, dtype=float)[None, None]
    classes = np.full((1, 3), Priority.OTHER, dtype=np.int8)
    room, national = np.array(capacity, dtype=float), np.array(network, dtype=float)
    chosen = rules(3, volume.shape[-1], **changes)
    return allocate(volume, 5.0 * volume, classes, None, room, national, chosen)


def test_nothing_is_offered_to_a_carrier_that_cannot_sort():
    found = three([[8.0], [0.0], [0.0]], [[0.0], [9.0], [9.0]], [INF, 0.0, INF], max_passes=1)
    assert found.overflow.ravel() == pytest.approx([0.0, 0.0, 8.0])


def test_sorting_that_a_full_zone_did_not_use_serves_another_zone_in_the_next_pass():
    """First pass: the second carrier takes 5 of 10 in its small zone and 10 in the other; 10 of its 25 are left."""
    found = three(
        [[20.0, 20.0], [0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [5.0, INF], [INF, 5.0]], [INF, 25.0, INF], max_passes=2
    )
    assert found.overflow[0, 0] == pytest.approx(np.array([[0.0, 0.0], [5.0, 15.0], [15.0, 5.0]]))
    assert found.backlog is None


def test_zones_where_nobody_refuses_change_nothing_elsewhere_and_keep_all_that_was_tendered():
    drawn = np.random.default_rng(5)
    groups, segments, carriers, zones = 4, 2, 3, 9
    volume = drawn.uniform(0.0, 10.0, (groups, segments, carriers, zones))
    value = volume * drawn.uniform(3.0, 8.0, volume.shape)
    priority = np.full((groups, carriers), Priority.OTHER, dtype=np.int8)
    priority[0] = Priority.COMMITTED
    capacity = np.full((carriers, zones), INF)
    tight = [1, 4, 5]
    capacity[:2, tight] = 0.6 * volume.sum(axis=(0, 1))[:2, tight]
    usual = AllocationRules(
        max_passes=3,
        max_months=0,
        preference=drawn.uniform(0.5, 1.0, volume.shape[:-1]),
        overflow_price=np.full(volume.shape[:-1], 6.0),
        coverage=np.ones((carriers, zones)),
    )
    network = np.full(carriers, INF)
    found = allocate(volume, value, priority, None, capacity, network, usual)
    alone = allocate(
        volume[..., tight],
        value[..., tight],
        priority,
        None,
        capacity[:, tight],
        network,
        replace(usual, coverage=usual.coverage[:, tight]),
    )
    free = np.setdiff1d(np.arange(zones), tight)
    assert found.accepted[..., free].tobytes() == volume[..., free].tobytes()
    assert found.value[..., free].tobytes() == value[..., free].tobytes()
    assert not found.overflow[..., free].any()
    for name in ("accepted", "value", "overflow", "refused", "unserved"):
        assert getattr(found, name)[..., tight] == pytest.approx(getattr(alone, name))
    assert found.overflow.any()
    assert found.accepted.sum() + found.unserved.sum() == pytest.approx(volume.sum())
