"""Outcomes of section 18 against slow references, limits that are known, and identities."""

import math
from itertools import pairwise, product

import numpy as np
import pytest

from agents.delivery_cost import NetworkRates, StreetGeometry
from model.access import delivered_parcels
from model.carriers import AMAZON, USPS
from model.elasticities import long_run_demand
from model.groups import customer_groups
from model.measuring.carbon import miles_per_parcel
from model.measuring.concentration import concentration, sold_parcels
from model.measuring.places import served_by_at_least, transit_by_zone_type
from model.measuring.welfare import shipper_surplus
from model.outcomes import OUTCOMES
from model.tender import quality_cost
from tests.small import FEWER

TWO_YEARS = {**FEWER, "end": "2026-12", "n_shippers": 500}
RNG = np.random.default_rng(8)


def test_concentration_is_that_of_a_loop():
    parcels = RNG.uniform(0.0, 5.0, (3, 4, 6))
    parcels[1, :, 2] = 0.0
    found = concentration(parcels)
    for s in range(3):
        for z in range(6):
            column = parcels[s, :, z].tolist()
            total = sum(column)
            expected = sum((100 * one / total) ** 2 for one in column) if total else 0.0
            assert found.index[s, z] == pytest.approx(expected)
            assert found.parcels[s, z] == pytest.approx(total)
            if total:
                assert column[found.leader[s, z]] == max(column)


def test_concentration_knows_its_limits():
    alone = np.zeros((1, 5, 1))
    alone[0, 3] = 7.0
    assert concentration(alone).index[0, 0] == pytest.approx(10_000.0)
    assert concentration(np.ones((1, 5, 1))).index[0, 0] == pytest.approx(10_000.0 / 5)


def test_amazon_has_the_customer_whoever_brings_its_parcels():
    groups = customer_groups()
    accepted = RNG.uniform(0.0, 5.0, (groups.n, 3, 4, 5))
    sold = sold_parcels(accepted, groups, amazon=1)
    np.testing.assert_allclose(sold.sum(axis=1), accepted.sum(axis=(0, 2)))
    np.testing.assert_allclose(sold[:, 0], accepted[groups.tendered, :, 0].sum(axis=0))


def test_households_have_the_carriers_that_reach_their_density():
    coverage, households = RNG.uniform(0.0, 1.0, (6, 4)), RNG.uniform(1.0, 3.0, 4)
    coverage[0] = 1.0
    (found,) = served_by_at_least(coverage, households)
    fine = (np.arange(20_000) + 0.5) / 20_000
    for at_least in (1, 2, 3, 4):
        count = (coverage[:, :, None] > fine).sum(axis=0)
        share = ((count >= at_least).mean(axis=1) * households).sum() / households.sum()
        assert found[at_least - 1] == pytest.approx(share, abs=1e-4)
    assert found[0] == pytest.approx(1.0)
    assert served_by_at_least(coverage[:2], households)[0][2:].tolist() == [0.0, 0.0]


def test_transit_is_that_of_every_parcel_by_itself():
    parcels = RNG.integers(0, 40, (3, 2, 6)).astype(float)
    days = np.array([[4.0, 4.3], [3.0, 3.3], [1.5, 1.8]])
    zone_type = np.array([0, 1, 2, 0, 1, 2], dtype=np.int8)
    mean, tail = transit_by_zone_type(parcels, days, zone_type)
    for kind in range(3):
        each = np.repeat(days.ravel(), parcels[:, :, zone_type == kind].sum(axis=2).ravel().astype(int))
        assert mean[kind] == pytest.approx(each.mean())
        assert tail[kind] == np.sort(each)[math.ceil(0.9 * len(each)) - 1]


def test_miles_are_those_of_a_route(market):
    """Tour and stem of one zone, step by step, where time or the vehicle limits a route."""
    built = market(n_shippers=120, end="2025-01")
    zones, geometry, rates = built.zones, built.costs.geometry, built.costs.rates
    assert isinstance(geometry, StreetGeometry)
    assert geometry.stem_factor is not None
    assert isinstance(rates, NetworkRates)
    annual, coverage = built.state.network.annual_volume[1:], np.ones((len(rates.hourly_cost), zones.n_zones))
    found = miles_per_parcel(rates, geometry, zones, annual, coverage)
    for network, zone in ((0, 4), (1, 9), (2, 100), (1, 101)):
        kind = zones.zone_type[zone]
        per_stop = rates.parcels_per_stop[network, kind]
        each = []
        for density in zones.density_grid[zone, 2::5]:
            stops_per_day = annual[network, zone] / zones.households[zone] / rates.operating_days[network] / per_stop
            spacing = geometry.tour_constant / math.sqrt(stops_per_day * density)
            stem = geometry.stem_miles[kind] * geometry.stem_factor[zone]
            minutes = 60 * geometry.productive_hours - 120 * stem / geometry.stem_speed[kind]
            per_visit = geometry.service_minutes[kind] + 60 * spacing / geometry.local_speed[kind]
            stops = min(minutes / per_visit, rates.max_stops[network])
            each.append((stops * spacing + 2 * stem) / (stops * per_stop))
        assert found[network, zone] == pytest.approx(np.mean(each), rel=1e-9)


def test_a_cent_more_everywhere_costs_shippers_a_cent_a_parcel(market):
    built = market(n_shippers=300, end="2025-01")

    def surplus():
        return shipper_surplus(built.figures, built.shippers, built.state, built.mix, built.national)

    start = surplus()
    np.testing.assert_allclose(start, built.start_surplus)
    built.state.tariffs.surcharge = built.state.tariffs.surcharge + 0.01
    np.testing.assert_allclose(surplus() - start, -0.01, atol=1e-9)
    built.state.tariffs.surcharge = built.state.tariffs.surcharge - 0.01
    built.state.choice.extra_days = np.full(built.carriers.n_carriers, 2.0)
    worth = built.figures.by_segment("value_of_day")
    np.testing.assert_allclose(surplus() - start, np.tile(-2.0 * worth, (len(start), 1)), atol=1e-9)


def test_one_carrier_becoming_dearer_costs_at_most_its_own_parcels(market):
    built = market(n_shippers=300, end="2025-01")
    built.state.tariffs.surcharge = built.state.tariffs.surcharge.copy()
    built.state.tariffs.surcharge[USPS] += 1.0
    gain = shipper_surplus(built.figures, built.shippers, built.state, built.mix, built.national) - built.start_surplus
    assert (gain <= 0.0).all()
    assert (gain >= -1.0).all()


def test_more_reach_is_worth_what_it_adds_to_the_choice(market):
    """No shipper loses when a carrier reaches more; by the mean over all addresses most did."""
    built = market(n_shippers=300, end="2025-01")
    carrier = built.carriers.keys.index("jitsu")
    built.state.network.coverage[carrier] *= 1.2
    gain = shipper_surplus(built.figures, built.shippers, built.state, built.mix, built.national) - built.start_surplus
    assert (gain >= -1e-12).all()
    assert gain.max() > 0.0


def test_a_choice_is_worth_the_mean_over_the_addresses_of_the_shipper(market):
    """Address by address: who delivers there is in the choice."""
    built = market(n_shippers=300, end="2025-03")
    built.step()
    state, shippers = built.state, built.shippers
    choice, tariffs = state.choice, state.tariffs
    found = shipper_surplus(built.figures, shippers, state, built.mix, built.national)
    worse = quality_cost(built.figures, choice.perceived_on_time, choice.delay_by_carrier)
    reach, extra = built.mix @ state.network.coverage.T, built.mix @ tariffs.surcharge.T
    for row, segment in product([0, 1, 2, *RNG.choice(len(shippers), 40).tolist()], range(3)):
        home, coef = shippers.division[row], shippers.price_coef[row, segment]
        price = np.maximum(tariffs.offered[segment] * (1.0 - shippers.discount[row]), tariffs.floor[segment])
        if row < shippers.n_enterprise:
            agreed = choice.enterprise_price[row, segment]
            price = np.where(np.isnan(agreed), price, agreed)
        cost = (price + extra[home]) / state.environment.price_level + worse[segment]
        utility = choice.constants[segment] + choice.known[:, home] - coef * cost
        share = np.where(built.national, 1.0, reach[home])
        edges = np.unique(np.append(share[np.isfinite(utility)], 0.0))
        value = sum((upto - after) * np.log(np.exp(utility[share >= upto]).sum()) for after, upto in pairwise(edges))
        assert found[row, segment] == pytest.approx(value / coef, rel=1e-10)


@pytest.mark.parametrize(("block", "homes_in_a_block"), [(20, 1), (100, 9)])
def test_shippers_in_blocks_are_worth_the_same(market, monkeypatch, block, homes_in_a_block):
    """Also where some carriers come to some homes only; demand differs by rounding in its sums only."""
    built = market(n_shippers=300, end="2025-03")
    built.step()
    mix = built.mix * (built.zones.division == np.arange(len(built.mix))[:, None])
    mix /= mix.sum(axis=1, keepdims=True)
    reach = mix @ built.state.network.coverage.T
    assert ((reach == 0.0).any(axis=0) & (reach > 0.0).any(axis=0)).any()

    def found():
        arguments = (built.figures, built.shippers, built.state, mix, built.national)
        return shipper_surplus(*arguments), long_run_demand(*arguments, built.home)

    surplus, demand = found()
    monkeypatch.setattr("agents.shipper_table.BLOCK", block)
    monkeypatch.setattr("agents.rules.blocks.BLOCK", block)
    cut = list(built.shippers.blocks_by_home())
    assert max(len(set(home.tolist())) for _, home in cut) == homes_in_a_block
    np.testing.assert_array_equal(np.sort(np.concatenate([rows for rows, _ in cut])), np.arange(len(built.shippers)))
    in_blocks, demand_in_blocks = found()
    np.testing.assert_array_equal(in_blocks, surplus)
    for name in ("parcels", "price", "elasticity"):
        np.testing.assert_allclose(getattr(demand_in_blocks, name), getattr(demand, name), rtol=1e-12)


@pytest.fixture(scope="module")
def base(finished):
    return finished("baseline", **TWO_YEARS)


def test_start_concentration_is_the_published_one(base, oracle):
    assert base.outcomes()["hhi_national_2025"] == pytest.approx(oracle("hhi_2024"), rel=0.03)


def test_shares_of_places_add_up_to_the_whole(base):
    outcomes = base.outcomes()
    led = sum(outcomes[f"{key}_led_share_2025"] for key in base.carriers.keys)
    assert led == pytest.approx(1.0)
    records = base.records
    np.testing.assert_allclose(
        records["delivered_by_segment_parcels"].sum(axis=1), records["delivered_parcels"].sum(axis=1)
    )
    np.testing.assert_allclose(delivered_parcels(base).sum(axis=0), records["delivered_parcels"][-1])
    shipped = (
        records["shipped_parcels"].sum() - records["backlog_parcels"][-1].sum() - records["unserved_parcels"].sum()
    )
    assert records["quoted_parcels"].sum() == pytest.approx(shipped, rel=1e-3)  # Amazon's own may wait too
    prices = [outcomes[f"{name}_price_per_parcel_usd_2025"] for name in ("urban", "suburban", "rural")]
    assert prices[2] > prices[0]  # delivery-area surcharges
    assert outcomes["rural_over_urban_price_2025"] == pytest.approx(prices[2] / prices[0])


def test_everybody_reaches_every_address_but_amazon_and_regional_carriers(base):
    outcomes = base.outcomes()
    assert outcomes["rural_households_with_3_carriers_share_2025"] == pytest.approx(1.0, abs=1e-12)
    assert 0.3 < outcomes["rural_households_with_4_carriers_share_2025"] < 1.0
    assert (
        outcomes["rural_households_with_4_carriers_share_2026"]
        > outcomes["rural_households_with_4_carriers_share_2025"]
    )


def test_fiscal_years_run_from_october_to_september(base):
    outcomes, income = base.outcomes(), base.records["usps_net_income_usd"]
    assert outcomes["usps_fiscal_net_income_usd_2026"] == pytest.approx(income[9:21].sum())
    assert outcomes["usps_fiscal_cash_usd_2026"] == base.records["usps_cash_usd"][20]
    assert "usps_fiscal_net_income_usd_2025" not in outcomes


def test_cost_of_relief_and_mail_prices_fall_on_those_who_bear_them(finished, base):
    outcomes = base.outcomes()
    relief = base.records["usps_deferred_usd"][-1] + base.records["usps_arrears_usd"][-1]
    assert outcomes["usps_put_off_usd"] == pytest.approx(relief)
    tame = finished("baseline", mail_price_above_inflation=0.0, announced_plans=False, **TWO_YEARS).outcomes()
    mail = tame["usps_mail_revenue_usd"]
    assert 0.0 < tame["welfare_mail_users_usd"] < base.figures.inflation * mail  # prices lag inflation within a year
    assert outcomes["welfare_mail_users_usd"] < tame["welfare_mail_users_usd"] - 1e9


def test_capacity_that_no_parcels_fill_is_idle(finished):
    idle = [
        finished("baseline", growth_amazon_demand=rate, **TWO_YEARS).outcomes()["amazon_idle_capital_usd_2026"]
        for rate in (0.06, -0.05)
    ]
    assert idle[1] > 1.5 * idle[0]


def test_fewer_vans_drive_where_usps_brings_the_parcels(finished, base):
    gone = finished("withdraw", **TWO_YEARS).outcomes()
    assert gone["carbon_tonnes_2026"] > base.outcomes()["carbon_tonnes_2026"]
    assert gone["usps_carbon_tonnes_2026"] == 0.0


def test_outcomes_are_declared_once_and_in_words(base):
    patterns = [outcome.name_pattern for outcome in OUTCOMES]
    assert len(set(patterns)) == len(patterns)
    for outcome in OUTCOMES:
        assert outcome.unit
        assert outcome.meaning
    names = base.outcomes()
    assert all(math.isfinite(value) for value in names.values())
    assert names["usps_amazon_contract_cover_2025"] > 1.0
    assert names["amazon_led_share_2025"] > names["usps_led_share_2025"]
    assert AMAZON == 1
