import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.rules.sourcing import AccessSlices, source_deliveries

parcels = arrays(np.float64, 4, elements=st.floats(0.0, 1e6, allow_subnormal=False))
CHANNELS = ("own", "usps", "ups", "fedex", "usps_overflow", "ups_overflow", "fedex_overflow")


@given(parcels, parcels, parcels, parcels, parcels, parcels, arrays(np.float64, (2, 4), elements=st.floats(-1e5, 1e6)))
def test_every_parcel_finds_one_carrier(shipped, usps, ups, fedex, own_limit, room, spare):
    found = source_deliveries(shipped, usps, ups, fedex, own_limit, room, spare)
    parts = {name: getattr(found, name) for name in CHANNELS}
    np.testing.assert_allclose(sum(parts.values()), shipped, rtol=1e-9, atol=1e-6)
    for part in parts.values():
        assert (part >= 0.0).all()
    slack = 1e-6
    assert (found.own <= own_limit + slack).all()
    assert (found.usps <= usps + room + slack).all()
    assert (found.ups <= ups + slack).all()
    assert (found.ups_overflow <= np.maximum(spare[0], 0.0) + slack).all()
    assert (found.fedex_overflow <= np.maximum(spare[1], 0.0) + slack).all()
    # published prices are the last resort: only when own capacity, the contract and the rivals are full
    last = found.usps_overflow > slack
    full = (found.own >= own_limit - slack) & (found.ups_overflow >= np.maximum(spare[0], 0.0) - slack)
    assert full[last].all()
    np.testing.assert_allclose(
        found.short,
        np.maximum(shipped - np.minimum(shipped, usps + ups + fedex) - own_limit, 0.0),
        rtol=1e-9,
        atol=1e-5,
    )


def slices():
    cost = np.array([[1.0, 2.0, 3.0, 4.0], [2.5, 3.5, 4.5, 5.5]])
    return AccessSlices.cut(np.array([100.0, 200.0]), np.array([0.5, 0.625]), cost)


def test_slices_are_the_sparse_ends_cheapest_first():
    cut = slices()
    assert cut.own_cost.tolist() == [3.0, 4.0, 4.5, 5.5]
    np.testing.assert_allclose(cut.volume, [25.0, 25.0, 25.0, 50.0])
    np.testing.assert_allclose(cut.by_zone(), [50.0, 75.0])
    assert cut.total == pytest.approx(125.0)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_cheapest_slices_leave_first(share, other):
    cut = slices()
    low, high = sorted((share, other))
    assert cut.retained(high).sum() == pytest.approx(high * cut.total)
    assert (cut.retained(low) <= cut.retained(high) + 1e-9).all()
    np.testing.assert_allclose(cut.retained(0.4), [0.0, 50.0])
    np.testing.assert_allclose(cut.retained(1.0), cut.by_zone())
    np.testing.assert_allclose(cut.retained(0.0), [0.0, 0.0], atol=1e-12)
