"""Start state against the accounts of 2024 (oracle tables of market.md section 4 and 14)."""

import numpy as np
import pytest

from agents.geography import RURAL, SUBURBAN, URBAN

USPS, AMAZON, UPS, FEDEX = range(4)
CARRIERS = ("usps", "ups", "fedex", "regional", "amazon")


@pytest.fixture(scope="module")
def start(market):
    return market()


def by_group(market, values):
    """Sum a value per carrier over the groups of the published tables."""
    groups = np.array(market.carriers.groups)
    return {name: float(np.asarray(values)[groups == name].sum()) for name in CARRIERS}


def start_volume(market):
    return by_group(market, market.state.network.annual_volume.sum(axis=1) / 1e9)


def start_revenue(market):
    revenue = by_group(market, market.state.books.revenue.sum(axis=0) / 1e9)
    own = market.amazon.memory.flows.own.sum() / 1e9
    revenue["amazon"] += own * market.figures.amazon_unit_revenue_imputed
    return revenue


@pytest.mark.parametrize("name", CARRIERS)
def test_start_volumes(start, oracle, name):
    left = start.figures.surepost_volume_2024 if name == "usps" else 0.0  # UPS delivers them itself from January on
    assert start_volume(start)[name] + left == pytest.approx(
        oracle(f"volume_{name}"), rel=0.05 if name == "regional" else 0.01
    )


@pytest.mark.parametrize("name", CARRIERS)
def test_start_revenues(start, oracle, name):
    assert start_revenue(start)[name] == pytest.approx(oracle(f"revenue_{name}"), rel=0.03)


def test_start_totals(start, oracle):
    assert sum(start_revenue(start).values()) == pytest.approx(oracle("revenue_total"), rel=0.01)
    published = start.figures.by("volume", [f"{name}_2024" for name in ("usps", "ups", "fedex", "amazon_logistics")])
    volume = start_volume(start)
    modelled = [volume[name] for name in ("usps", "ups", "fedex", "amazon")]
    modelled[0] += start.figures.surepost_volume_2024
    np.testing.assert_allclose(modelled, published, rtol=0.03)


def test_the_first_year_begins_where_2024_ended(finished, oracle):
    """What is really played, not only what was set: January 2025 over season and half a year of growth."""
    run = finished("standing_still", end="2025-12")
    published = run.records["volume_parcels"] + run.records["bought_parcels"]  # UPS tells what it sold
    volume = by_group(run, published[:12].sum(axis=0) / 1e9)
    revenue = by_group(run, run.records["revenue_usd"][:12].sum(axis=0) / 1e9)
    for name in CARRIERS:
        loose = 0.05 if name == "regional" else 0.03
        assert volume[name] == pytest.approx(oracle(f"volume_{name}"), rel=loose)
        assert revenue[name] == pytest.approx(oracle(f"revenue_{name}"), rel=loose)


def test_amazon_flows(start):
    flows, kinds, p = start.amazon.memory.flows, start.zones.zone_type, start.figures
    own, usps = (np.bincount(kinds, weights=part) for part in (flows.own, flows.usps))
    np.testing.assert_allclose(own / own.sum(), p.by_type("amazon_mix_own", normalise=True), atol=1e-9)
    np.testing.assert_allclose(usps / usps.sum(), p.by_type("amazon_mix_usps", normalise=True), atol=1e-9)
    parcels = np.bincount(kinds, weights=flows.parcels)
    np.testing.assert_allclose(own / parcels, p.by_type("amazon_coverage"), atol=0.002)
    np.testing.assert_allclose(own / parcels, [0.717, 0.772, 0.396], atol=0.002)
    np.testing.assert_allclose(flows.own + flows.usps + flows.ups + flows.fedex, flows.parcels, rtol=1e-12)
    for part in (flows.own, flows.usps, flows.ups, flows.fedex):
        assert (part >= 0.0).all()
    totals = [float(part.sum()) / 1e9 for part in (flows.own, flows.usps, flows.ups, flows.fedex)]
    np.testing.assert_allclose(totals, [6.1, 1.7, 1.05, 0.05], atol=1e-6)
    assert (flows.coverage <= flows.usps_from + 1e-12).all()  # dense addresses own, sparse ones USPS


def test_amazon_reaches_towns_alike_and_the_countryside_down_to_one_density(start):
    zones, coverage = start.zones, start.amazon.memory.flows.coverage
    for kind in (URBAN, SUBURBAN):
        assert np.ptp(coverage[zones.zone_type == kind]) < 1e-9
    rural = zones.zone_type == RURAL
    partly = rural & (coverage > 0.02) & (coverage < 0.98)
    assert partly.sum() > 30
    cut = zones.density_at_coverage(coverage)[partly]
    assert cut.max() / cut.min() < 1 + 1e-6
    assert (zones.density_grid[rural & (coverage >= 0.98), -1] > cut.min() * 0.9).all()


@pytest.mark.parametrize(("via", "loose"), [(1.0, 1e-6), (1.4, 1e-6), (1.9, 1e-6)])
def test_amazon_flows_follow_the_joint_prior(market, via, loose):
    built = market(amazon_via_usps=via)
    flows = built.amazon.memory.flows
    assert flows.usps.sum() / 1e9 == pytest.approx(via, abs=loose)
    assert flows.own.sum() / 1e9 == pytest.approx(6.1, abs=loose)
    assert (flows.own + flows.usps <= flows.parcels * (1 + 1e-12)).all()
    price = built.book.get("usps", "amazon").price_at(built.month)
    assert price == pytest.approx(min(6.0, built.figures.revenue_usps_from_amazon / via))


def test_usps_accounts_close(start):
    books, p = start.state.books, start.figures
    attributable = books.cost.sum(axis=0)[USPS] / 1e9
    assert attributable == pytest.approx(21.6, abs=0.1)
    assert attributable == pytest.approx(p.usps_competitive_attributable_2024, rel=0.005)
    institutional = books.institutional_cost * 12 / 1e9
    assert institutional == pytest.approx(38.3, abs=0.1)
    mail = sum(
        p[f"usps_{name}_revenue_2024"] / p[f"cost_coverage_{name}"] for name in ("first_class", "marketing", "other")
    )
    assert attributable + institutional + mail == pytest.approx(p.usps_expense_2024, rel=1e-9)
    assert start.costs.upstream[0, USPS] == pytest.approx(1.75, abs=0.05)  # none for SurePost


def test_margins_are_the_published_ones(start):
    books = start.state.books
    margin = 1.0 - books.cost.sum(axis=0) / books.revenue.sum(axis=0)
    assert margin[UPS] == pytest.approx(0.070, abs=1e-9)
    assert margin[FEDEX] == pytest.approx(0.065, abs=1e-9)
    np.testing.assert_allclose(margin[4:], 0.02, atol=1e-9)
    assert (books.fixed_cost >= 0.0).all()
    assert margin[USPS] == pytest.approx(start.figures.competitive_margin, abs=0.01)


def test_capacity_is_that_of_december(start):
    """Volume of December 2024, by zone, uses the planned share of monthly capacity."""
    network, p = start.state.network, start.figures
    december = network.annual_volume * p.season_december / 12
    used = december[1:] / np.maximum(network.monthly_capacity[1:], 1.0)
    busy = december[1:] > 100.0
    assert used[busy] == pytest.approx(p.initial_peak_utilisation, rel=0.03)
    sorting = p.usps_sort_capacity_daily * 1e6 * p.operating_days_usps / 12
    assert network.sorting[USPS] == pytest.approx(sorting)
    assert np.isinf(network.capacity[USPS]).all()


def test_ten_percent_more_of_a_price_shows_in_revenue(market, start):
    p = start.figures
    more = market(price_economy_ups=p.price_economy_ups * 1.1)
    expected = 0.1 * p.price_economy_ups * p.share_economy_ups * p.volume_segment_economy
    found = start_revenue(more)["ups"] - start_revenue(start)["ups"]
    assert found == pytest.approx(expected, rel=0.08)  # shares by segment are where their inversion begins
    assert start_volume(more) == pytest.approx(start_volume(start), rel=0.01)


def test_ten_percent_more_of_a_segment_shows_in_volume(market, start):
    more = market(volume_segment_ground=start.figures.volume_segment_ground * 1.1)
    before, after = start_volume(start), start_volume(more)
    assert sum(after.values()) == pytest.approx(sum(before.values()) + 0.43, rel=1e-6)
    assert start_revenue(more)["ups"] > start_revenue(start)["ups"] * 1.02


def test_ten_percent_more_own_delivery_shows_in_coverage(market, start):
    more = market(amazon_own_delivered_2024=start.figures.amazon_own_delivered_2024 * 1.1)
    before, after = start_volume(start)["amazon"], start_volume(more)["amazon"]
    assert after == pytest.approx(before + 0.61, rel=0.002)
    assert more.amazon.memory.flows.coverage.mean() > start.amazon.memory.flows.coverage.mean()


def test_start_shares_are_stationary(finished):
    """Nothing but reconsideration moves: over five years shares drift no more than the luck of so many rows."""
    drift, changes = [], []
    for seed in (1, 2):
        run = finished("standing_still", seed, reconsider_hazard=0.06)
        tender = run.records["volume_parcels"]
        years = tender.reshape(6, 12, -1).sum(axis=1)
        share = years / years.sum(axis=1, keepdims=True)
        drift.append(share[5] - share[0])
        changes.append(run.shippers.switches[run.shippers.small].mean())
    mean = np.abs(np.mean(drift, axis=0))
    # a share p carried by 2,000 rows has a standard deviation of at most sqrt(p (1 - p) / 2000) = 0.011
    assert mean.max() < 0.011
    assert np.mean(changes) > 2.0  # they do move
