"""Packages: form and promise first, one price level after; what is known to both leads to the efficient contract."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from agents.bargaining import (
    MENU,
    Form,
    Package,
    PackageCase,
    PackageTerms,
    PriceGroups,
    Side,
    SliceValues,
    as_seen,
    build_package,
    fall_back,
    pool_slices,
    ranking,
    slice_values,
    worth_leaving,
)
from agents.bargaining.price_path import sums_by_group
from tests.agents.reference_packages import slow_gains, slow_use

TERMS = PackageTerms(0.9, 0.5, term_months=48, discount_rate_monthly=0.0064, seller_weight=0.5)
GROUPS = {
    "uniform": PriceGroups(("uniform",), np.zeros(6, dtype=np.int64)),
    "by_zone_type": PriceGroups(("urban", "suburban", "rural"), np.array([0, 0, 1, 1, 2, 2])),
    "by_zone": PriceGroups(tuple("abcdef"), np.arange(6)),
}
SEEDS = range(20)


def random_case(seed: int, side: Side = Side.BUYER) -> PackageCase:
    """Slices whose own cost is running cost where stations stand, and running cost and capital elsewhere."""
    rng = np.random.default_rng(seed)
    zone = np.repeat(np.arange(6), 20)
    volume = rng.uniform(1e6, 3e7, 120)
    attributable = rng.uniform(1.6, 2.6, 6)[zone] + rng.uniform(-0.05, 0.05, 120)
    worth, standing = rng.uniform(1.8, 6.0, 120), rng.random(120) < 0.6
    own = worth + np.where(standing, 0.0, 0.4)
    values = slice_values(
        volume, own + 0.6, attributable, 4.4, np.where(standing, 0, 20), 48,
        seller_margin_floor=0.1, saved_by_own_delivery=0.6, discount_rate_monthly=0.0064,
    )  # fmt: skip
    return PackageCase(side, MENU, GROUPS, zone, values, worth, standing, TERMS)


def menu(case: PackageCase) -> tuple[Package, ...]:
    return case.packages(worth_leaving(case.values))


def efficient_surplus(values: SliceValues) -> float:
    return float((values.volume * np.maximum(values.buyer - values.seller, 0.0))[worth_leaving(values)].sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_richer_menu_never_lowers_the_joint_surplus(seed: int) -> None:
    packages = menu(random_case(seed))
    agreed = []
    for size in range(1, len(packages) + 1):
        order = ranking(packages[:size])
        agreed.append(packages[fall_back(order, order)].joint_surplus())
    assert all(after >= before * (1.0 - 1e-9) for before, after in pairwise(agreed))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_agreed_keeps_the_efficient_share_and_surplus(seed: int) -> None:
    case = random_case(seed)
    packages, values = menu(case), case.values
    best = packages[ranking(packages)[0]]
    assert best.joint_surplus() >= 0.995 * efficient_surplus(values)
    share = float((values.volume * best.kept).sum() / values.volume[values.efficient].sum())
    assert share == pytest.approx(1.0, abs=0.02)
    today = packages[0]
    assert today.form == Form("uniform", "reversion", False)
    assert today.joint_surplus() < 0.95 * best.joint_surplus()  # one price at will wastes what it picks apart


@pytest.mark.parametrize("seed", SEEDS)
def test_make_whole_takes_a_parcel_back_if_and_only_if_that_costs_less_than_the_seller_saves(seed: int) -> None:
    case = random_case(seed)
    for package in menu(case):
        if package.form.rule != "make_whole":
            continue
        weight = case.values.volume * package.carried
        floor = np.bincount(package.group, weights=weight * case.values.seller_floor)
        floor = np.divide(floor, np.bincount(package.group, weights=weight))
        leaves = package.carried & case.standing & (case.worth < floor[package.group])
        np.testing.assert_array_equal(package.kept > 0.5, package.carried & ~leaves)
        for level in (2.6, 3.4, 4.2):  # the price level does not move what one parcel less saves
            rate = package.shortfall_rate(level)
            np.testing.assert_allclose(package.prices(level) * (1.0 - rate), floor)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mean_of_the_prices_is_the_level(seed: int) -> None:
    case = random_case(seed)
    for package in menu(case):
        weight = np.where(package.carried, case.values.volume, 0.0)
        for level in (2.2, 2.9, 3.8):
            paid = package.prices(level)[package.group]
            assert float((weight * paid).sum() / weight.sum()) == pytest.approx(level, abs=1e-9)


def gains(package: Package, level: float) -> tuple[float, float]:
    """What each side gains over no deal in a year of the forecast, written down once more from the contract."""
    values, kept = package.values, package.kept
    rate, price = package.shortfall_rate(level), package.prices(level)[package.group]
    paid = (values.volume * (package.use.at_price * price + package.use.at_published * values.published)).sum()
    promised = np.bincount(package.group, weights=values.volume * package.carried)
    delivered = np.bincount(package.group, weights=values.volume * kept)
    missing = np.maximum(package.tolerance * promised - delivered, 0.0)
    due = float((rate * package.prices(level) * missing).sum()) if package.form.rule != "reversion" else 0.0
    buyer = float((values.volume * kept * values.buyer).sum() - paid) - due
    return buyer, float(paid - (values.volume * kept * values.seller).sum()) + due


@pytest.mark.parametrize("seed", SEEDS)
def test_within_the_limits_neither_side_is_below_no_deal_and_at_a_limit_it_is_as_well_off(seed: int) -> None:
    for package in menu(random_case(seed)):
        if not package.form.promised:
            continue
        high, low = float(package.stakes.buyer[0]), float(package.stakes.seller[0])
        scale = package.joint_surplus()
        assert gains(package, high)[0] == pytest.approx(0.0, abs=1e-6 * scale)
        assert gains(package, low)[1] == pytest.approx(0.0, abs=1e-6 * scale)
        if low < high:
            assert min(gains(package, (low + high) / 2)) > 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_at_will_nothing_is_carried_at_a_price_that_leaves_the_seller_below_no_deal(seed: int) -> None:
    case = random_case(seed)
    values, package = case.values, build_package(case, MENU[0], worth_leaving(case.values))
    for level in np.linspace(2.0, float(values.published.max()) - 0.05, 60):
        picked, taken = values.efficient & (values.buyer >= level), package.taken(level)
        gain = values.volume * (level - values.seller)
        assert gain[taken].sum() >= -1.0
        if abs(total := gain[picked].sum()) > 1.0:
            assert taken.any() == (total > 0.0)


def test_an_error_bears_only_where_no_deal_means_own_cost() -> None:
    values = random_case(3).values
    nowhere = np.zeros(len(values.volume), dtype=np.bool_)
    stays = values.exposed == 0.0
    assert stays.any()
    assert (~stays).any()
    for side, error in ((Side.BUYER, -0.6), (Side.SELLER, 0.6)):
        seen = as_seen(values, side, error, nowhere)
        before, after = (getattr(one, str(side)) for one in (values, seen))
        np.testing.assert_array_equal(after[stays], before[stays])
        np.testing.assert_allclose(after - before, values.exposed * error)
        other = str(side.other)
        np.testing.assert_array_equal(getattr(seen, other), getattr(values, other))
    low = as_seen(values, Side.SELLER, -5.0, nowhere)
    assert (low.seller >= low.attributable_cost).all()
    assert (low.seller_floor >= low.attributable_cost).all()
    high = as_seen(values, Side.BUYER, 5.0, nowhere)
    assert (high.buyer <= high.published).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_error_moves_the_limits_of_a_package_by_the_share_that_bears_on_it(seed: int) -> None:
    case, error = random_case(seed), 0.1
    wanted = worth_leaving(case.values)
    form = Form("uniform", "make_whole", True)
    seen = replace(case, values=as_seen(case.values, Side.SELLER, error, case.standing))
    true, moved = build_package(case, form, wanted), build_package(seen, form, wanted)
    if np.array_equal(true.kept, moved.kept):
        shift = float(moved.stakes.seller[0] - true.stakes.seller[0])
        kept = float((true.values.volume * true.kept).sum() / (true.values.volume * true.carried).sum())
        # The floor that missing parcels are settled at moves too, for the part that does not stay.
        expected = error * float(true.stakes.seller_error_share[0]) + error * (1.0 - kept)
        assert shift == pytest.approx(expected, abs=0.02)


def test_falling_back_meets_at_the_smallest_larger_rank() -> None:
    assert fall_back([0, 1, 2], [0, 2, 1]) == 0
    assert fall_back([0, 1, 2], [2, 1, 0]) == 1
    assert fall_back([0, 1], [1, 0]) == 0  # both as bad: the simplest
    assert fall_back([3, 1], [2, 1]) == 1  # what the other refuses is not on the table
    assert fall_back([0], [1]) is None


def test_a_form_at_will_has_one_price_for_all() -> None:
    with pytest.raises(ValueError, match="at will"):
        Form("by_zone", "reversion", False)
    with pytest.raises(ValueError, match="at will"):
        Form("uniform", "make_whole", False)


def test_the_lowest_level_that_a_regulator_accepts_covers_every_group() -> None:
    case = random_case(5)
    for package in menu(case):
        floor = package.prices(2.6) * np.linspace(0.9, 1.02, len(package.groups.names))
        level = package.least_level(floor)
        assert (package.prices(level) >= floor - 1e-9).all()
        assert (package.prices(level - 0.01) < floor).any()


def test_nothing_worth_leaving_leaves_nothing_to_agree_on() -> None:
    case = random_case(1)
    nothing = np.zeros(len(case.zone), dtype=np.bool_)
    for form in MENU[1:]:
        package = build_package(case, form, nothing)
        assert not package.stakes.agreeable().any()
        assert package.joint_surplus() == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_pooled_slices_say_what_all_slices_say(seed: int) -> None:
    """Carried, used and gained form by form, against each slice by itself: the same but for the order of sums."""
    case = random_case(seed)
    wanted = worth_leaving(case.values)
    pool = pool_slices(case, wanted, MENU)
    assert len(pool.case.zone) < wanted.sum()
    for package, pooled in zip(case.packages(wanted), pool.packages(), strict=True):
        carried, at_price, at_published = slow_use(case, package.form, wanted)
        np.testing.assert_array_equal(package.carried, carried)
        np.testing.assert_allclose(package.use.at_price, at_price, rtol=0.0, atol=1e-12)
        np.testing.assert_allclose(package.use.at_published, at_published, rtol=0.0, atol=1e-12)
        surplus = float(
            (case.values.volume * (at_price + at_published) * (case.values.buyer - case.values.seller)).sum()
        )
        assert package.joint_surplus() == pytest.approx(surplus, rel=1e-12)
        assert pooled.joint_surplus() == pytest.approx(surplus, rel=1e-9)
        if package.form.promised:
            high, low = float(package.stakes.buyer[0]), float(package.stakes.seller[0])
            assert slow_gains(case, package, high)[0] == pytest.approx(0.0, abs=1e-6 * surplus)
            assert slow_gains(case, package, low)[1] == pytest.approx(0.0, abs=1e-6 * surplus)
    assert ranking(pool.packages()) == ranking(case.packages(wanted))


def test_a_buyer_errs_only_about_what_it_has_no_accounts_of() -> None:
    case = random_case(4)
    values, standing = case.values, case.standing
    seen = as_seen(values, Side.BUYER, 0.5, standing)
    np.testing.assert_array_equal(seen.own_value[standing], values.own_value[standing])
    np.testing.assert_array_equal(seen.buyer[standing], values.buyer[standing])
    assert (seen.own_value[~standing] == values.own_value[~standing] + 0.5).all()
    everywhere = np.ones_like(standing)
    assert as_seen(values, Side.BUYER, 0.5, everywhere) is values
    known = build_package(replace(case, standing=everywhere), MENU[-1], worth_leaving(values))
    assert known.stakes.buyer_error_share == 0.0 < known.stakes.seller_error_share


@pytest.mark.parametrize("size", [0, 1, 500])
def test_sums_of_rows_are_those_of_each_row_by_itself(size: int) -> None:
    rng = np.random.default_rng(size)
    rows, group = rng.lognormal(size=(7, size)), rng.integers(0, 5, size)
    found = sums_by_group(rows, group, 6)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [np.bincount(group, weights=row, minlength=6) for row in rows])


def test_a_signed_package_holds_on_to_no_slice():
    """Its form, prices and floor stay; what lay on the table goes from memory, and no view of nothing holds it."""
    package = menu(random_case(0))[-1]
    carried, level = weakref.ref(package.use.carried), package.least_level(np.zeros(len(package.groups.names)))
    remembered = package.as_remembered()
    del package
    gc.collect()
    assert carried() is None
    assert remembered.least_level(np.zeros(len(remembered.groups.names))) == level
