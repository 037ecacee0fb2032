"""First customers: volumes exact at any size, rows split rather than rounded, chances kept."""

from dataclasses import fields

import numpy as np
import pytest

from agents.shipper_table import ShipperTable
from model.start.first_customers import Options, give_customers
from model.start.offers import target_shares

NATIONAL = np.array([True, False, True, True, False, False])  # two regional carriers, and Amazon in place 1
REACH = np.array([[1.0, 0.6, 1.0, 1.0, 0.3, 0.0], [1.0, 0.4, 1.0, 1.0, 0.0, 0.2]])  # by home
OFFERED = np.array([[True] * 6, [True, False, True, True, True, True]])


def table(n, seed=0):
    luck = np.random.default_rng(seed)
    none = np.zeros((n, 2), dtype=np.int8)
    return ShipperTable(
        n_enterprise=2,
        annual_volume=luck.uniform(1.0, 9.0, (n, 2)),
        weight=luck.uniform(0.5, 20.0, n),
        discount=luck.random(n),
        price_coef=luck.random((n, 2)),
        division=np.arange(n, dtype=np.int8) % 2,
        primary=none,
        fallback=none.copy(),
        refused_months=none.copy(),
        switches=np.zeros(n, dtype=np.int32),
    )


def case(n, seed=0):
    """Shippers, their chances by segment, and the parcels that each carrier is to deliver, (S, K)."""
    shippers, luck = table(n, seed), np.random.default_rng([seed, 1])
    homes, parcels = shippers.division[shippers.small], shippers.market_volume[shippers.small]
    chances, wanted = [], np.zeros((2, 6))
    for segment in range(2):
        options = Options.of(NATIONAL, OFFERED[segment])
        chance = luck.dirichlet(np.where(np.arange(len(options.primary)) < 3, 5.0, 0.05), n - 2).T
        reach = REACH[homes][:, options.primary].T
        chance = np.where(reach > 0.0, chance, 0.0)
        chance /= chance.sum(axis=0)
        chances.append(chance)
        volume = chance * parcels[:, segment]
        np.add.at(wanted[segment], options.primary, (volume * reach).sum(axis=1))
        np.add.at(wanted[segment], options.primary[options.fallback], (volume * (1.0 - reach)).sum(axis=1))
    uniform, order = luck.random((2, n - 2, 2))
    return shippers, tuple(chances), wanted, (uniform, order)


def delivered(shippers):
    rows, found = shippers.small, np.zeros((2, 6))
    for segment in range(2):
        parcels, first = shippers.market_volume[rows, segment], shippers.primary[rows, segment]
        reach = REACH[shippers.division[rows], first]
        np.add.at(found[segment], first, parcels * reach)
        np.add.at(found[segment], shippers.fallback[rows, segment], parcels * (1.0 - reach))
    return found


@pytest.mark.parametrize("n", [25, 200, 3000])
@pytest.mark.parametrize("seed", range(5))
def test_every_carrier_delivers_exactly_what_the_chances_say(n, seed):
    shippers, chances, wanted, luck = case(n, seed)
    found = give_customers(shippers, chances, NATIONAL, OFFERED, REACH, *luck)
    np.testing.assert_allclose(delivered(found), wanted, rtol=1e-7, atol=1e-6)
    most = sum(len(each) - 1 for each in chances)
    assert len(shippers) <= len(found) <= len(shippers) + most


def test_a_split_row_stays_one_shipper_in_all_but_its_carriers():
    shippers, chances, _, luck = case(200)
    before = [getattr(shippers, field.name).copy() for field in fields(shippers) if field.name != "n_enterprise"]
    found = give_customers(shippers, chances, NATIONAL, OFFERED, REACH, *luck)
    for old, field in zip(before, [f for f in fields(shippers) if f.name != "n_enterprise"], strict=True):
        np.testing.assert_array_equal(getattr(shippers, field.name), old)  # the old table is left alone
    same = ("annual_volume", "discount", "price_coef", "division")
    of = [np.flatnonzero((shippers.discount == one).astype(int))[0] for one in found.discount]
    assert of[: len(shippers)] == list(range(len(shippers)))  # what was split off comes last
    for name in same:
        np.testing.assert_array_equal(getattr(found, name), getattr(shippers, name)[of])
    np.testing.assert_allclose(np.bincount(of, weights=found.weight), shippers.weight, rtol=1e-12)
    np.testing.assert_array_equal(found.weight[:2], shippers.weight[:2])
    assert (found.weight > 0.0).all()


def test_nobody_gets_a_carrier_that_does_not_come():
    shippers, chances, _, luck = case(400)
    found = give_customers(shippers, chances, NATIONAL, OFFERED, REACH, *luck)
    rows = found.small
    for segment in range(2):
        first, rest = found.primary[rows, segment], found.fallback[rows, segment]
        assert OFFERED[segment, first].all()
        assert NATIONAL[rest].all()
        assert (rest == first)[NATIONAL[first]].all()
        assert (REACH[found.division[rows], first] > 0.0).all()


def test_carriers_are_drawn_by_each_shippers_own_chances():
    """Over many draws a row is with a carrier as often as its chance says, although volumes are made exact."""
    shippers, chances, _, _ = case(60)
    options, often = Options.of(NATIONAL, OFFERED[0]), np.zeros((6, 58))
    for seed in range(400):
        uniform, order = np.random.default_rng([seed, 2]).random((2, 58, 2))
        found = give_customers(shippers, chances, NATIONAL, OFFERED, REACH, uniform, order)
        of = [np.flatnonzero(shippers.discount == one)[0] - 2 for one in found.discount[2:]]
        np.add.at(often, (found.primary[2:, 0], of), found.weight[2:] / shippers.weight[2:][of])
    chance = np.zeros((6, 58))
    np.add.at(chance, options.primary, chances[0])
    assert np.abs(often / 400 - chance).mean() < 0.02
    assert np.corrcoef((often / 400).ravel(), chance.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("n", [60, 300, 2000])
def test_a_market_of_any_size_starts_with_the_published_shares(market, n):
    """Also of carriers that have fewer parcels than one row of the model stands for."""
    for seed in (1, 2, 3):
        built = market(rng=seed, n_shippers=n, end="2025-01")
        p, flows = built.figures, built.amazon.memory.flows
        delivered = built.state.network.annual_volume.sum(axis=1)
        delivered[:4] -= flows.usps.sum(), flows.own.sum(), flows.ups.sum(), flows.fedex.sum()
        published = p.by_segment("volume_segment") * 1e9 @ target_shares(p, built.carriers, 2024.5)
        np.testing.assert_allclose(delivered, published, rtol=1e-8)
        assert published.min() < built.shippers.market_volume[built.shippers.small].sum(axis=1).max() or n == 2000
