"""A scenario names a big shipper: it ships what it says, pays through the ledger, and builds where that pays."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from agents.big_shipper import BigShipper
from agents.roster import find_class
from agents.rules.extension import ExtensionCase
from model.bargains.pairs import known_pairs
from model.big_shippers import told
from model.carriers import FEDEX, UPS, USPS
from model.market import ParcelMarket
from model.scenario import Scenario, ScenarioError
from model.statements import payments, statement

WALMART = {
    "name": "Walmart",
    "class": "agents.big_shipper:BigShipper",
    "parcels": 500.0,
    "to_urban": 0.3,
    "to_suburban": 0.5,
    "to_rural": 0.2,
    "with_usps": 0.2,
    "with_ups": 0.3,
    "with_fedex": 0.5,
    "builds": True,
    "build_limit": 200.0,
}
BUYS = {**{key: value for key, value in WALMART.items() if key != "build_limit"}, "builds": False}
SMALL = {"n_shippers": 200, "n_enterprise_shippers": 20, "end": "2027-12"}


@cache
def settings(kind: str) -> Scenario:
    named = {"builds": {"walmart": WALMART}, "buys": {"walmart": BUYS}, "none": {}}[kind]
    return Scenario().with_changes({**SMALL, "shippers": named})


@cache
def opened(kind: str) -> ParcelMarket:
    return ParcelMarket(settings(kind), rng=2)


@cache
def played(kind: str, negotiation: bool = True) -> ParcelMarket:
    return ParcelMarket(settings(kind).with_changes({"negotiation": negotiation}), rng=2).run()


# the start


def test_every_carrier_starts_with_the_parcels_and_the_revenue_that_it_had() -> None:
    usual, named = opened("none"), opened("buys")
    before = usual.state.network.annual_volume.sum(axis=1)
    now = named.state.network.annual_volume.sum(axis=1)
    assert now.sum() == pytest.approx(before.sum(), rel=1e-9)
    np.testing.assert_allclose(now[:-1], before, rtol=1e-4)
    assert now[-1] == 0.0
    paid, usually = (one.state.books.revenue.sum(axis=0)[[USPS, UPS, FEDEX]] for one in (named, usual))
    np.testing.assert_allclose(paid, usually, rtol=0.01)  # rows of small shippers have their luck


def test_whether_it_builds_changes_nothing_of_the_start() -> None:
    builds, buys = opened("builds"), opened("buys")
    assert np.array_equal(builds.state.choice.constants, buys.state.choice.constants)
    assert np.array_equal(builds.state.network.annual_volume, buys.state.network.annual_volume)


def test_its_parcels_go_where_and_to_whom_the_scenario_says() -> None:
    market = opened("builds")
    (one,) = market.groups.big
    mix = market.mix[market.shippers.division[one.row]]
    by_type = np.bincount(market.zones.zone_type, weights=mix)
    np.testing.assert_allclose(by_type, [0.3, 0.5, 0.2])
    assert market.shippers.market_volume[one.row].sum() == pytest.approx(500e6)
    split = market.state.choice.enterprise_share[one.row] @ mix
    np.testing.assert_allclose(split[:, [USPS, UPS, FEDEX]], np.tile([0.2, 0.3, 0.5], (3, 1)), atol=1e-6)
    np.testing.assert_allclose(split.sum(axis=1), 1.0)


def test_it_has_contracts_at_prices_below_the_list() -> None:
    market = opened("builds")
    held = {one.seller: one for one in market.own_contracts("walmart")}
    assert set(held) == {"ups", "fedex"}
    for key in held:
        listed = market.state.tariffs.level[:, market.carriers.keys.index(key)]
        assert (np.array(held[key].price) < listed).all()


# the months


def test_it_is_a_party_of_its_own_and_all_results_add_up_to_nothing() -> None:
    market = played("builds")
    assert market.balances()["money"] == 0.0
    assert market.balances()["parcels"] < 1e-9
    mine = statement(payments(market.ledger, market.records.months), "walmart")
    assert {"parcels", "wages", "operations", "capital_charge"} <= set(mine["category"])
    result = mine[mine["in_result"]]["usd"].sum()
    assert -result == pytest.approx(market.outcomes()["walmart_delivery_bill_usd"], abs=1.0)
    assert not (mine[mine["category"] == "parcels"]["usd"] > 0.0).any()  # it sells nothing


def test_nobody_else_uses_its_network() -> None:
    market = played("builds")
    (one,) = market.groups.big
    found = market.state.flows.allocation.accepted[:, :, one.network].sum(axis=(1, 2))
    assert found[one.group] > 1e6
    assert found.sum() == found[one.group]
    assert market.state.network.capacity[one.network].sum() <= 200e6 * 3.0


def test_nobody_offers_its_network_the_last_mile_for_customers_that_it_has_not() -> None:
    market = played("builds")
    assert "walmart" in market.carriers.keys
    assert "walmart" not in {pair.buyer for pair in known_pairs(market.carriers)}
    assert market.book.get("usps", "walmart") is None


def test_it_delivers_no_more_than_its_capacity_and_its_routes_reach() -> None:
    market = played("builds")
    (one,) = market.groups.big
    sent = market.state.flows.allocation.accepted[one.group].sum(axis=0)
    own, network = sent[one.network], market.state.network
    assert (own <= network.coverage[one.network] * sent.sum(axis=0) * (1.0 + 1e-9)).all()
    assert (own <= network.monthly_capacity[one.network]).all()


def test_the_expected_signs_of_building() -> None:
    """What docs/odd.md, Make or buy, expects of the same shipper with and without a network.

    The contracts of Amazon go on as they are: its talks answer to spare capacity, and move more than Walmart does.
    """
    with_network, without = (played(kind, negotiation=False).outcomes() for kind in ("builds", "buys"))

    def change(name: str) -> float:
        return with_network[name] - without[name]

    taken = with_network["walmart_own_network_parcels"]
    assert taken > 100e6
    assert without["walmart_own_network_parcels"] == 0.0
    assert change("walmart_delivery_bill_usd") < 0.0
    assert change("walmart_paid_carriers_usd") < change("walmart_delivery_bill_usd")
    for key in ("usps", "ups", "fedex"):
        assert change(f"{key}_volume_parcels") < 0.0
    lost = -sum(change(f"{key}_volume_parcels") for key in ("usps", "ups", "fedex"))
    assert lost == pytest.approx(taken, rel=0.1)
    assert change("usps_net_income_usd") < 0.0
    assert change("walmart_sent_parcels") == pytest.approx(0.0, abs=0.005 * without["walmart_sent_parcels"])


def test_what_it_delivers_itself_is_no_cheap_carriage_of_others() -> None:
    """Mean prices are of parcels that somebody is paid for: demand of others must not answer to its building."""
    prices = [played(kind).records["price_per_parcel_usd"][-1] for kind in ("builds", "buys")]
    np.testing.assert_allclose(prices[0], prices[1], rtol=0.03)


def test_it_takes_over_only_where_that_is_cheaper() -> None:
    market = played("builds")
    (one,) = market.groups.big
    case = market.delivery_case(one.network, 12)
    never = case.cost.min(axis=1) > case.price  # not even its densest addresses
    assert market.state.network.coverage[one.network][never & (case.passed == 0.0)].sum() == 0.0
    grown = market.state.network.coverage[one.network] > 0.0
    assert grown.any()
    assert (case.cost[grown, 0] < case.price[grown] * 1.1).all()


def test_its_growth_is_its_own() -> None:
    fast = {"walmart": {**BUYS, "growth": 0.5}}
    market = ParcelMarket(settings("buys").with_changes({"shippers": fast, "end": "2026-12"}), rng=2).run()
    sent = market.records["sent_parcels"][:, 0]
    assert sent[12:].sum() / sent[:12].sum() == pytest.approx(1.5, rel=0.03)
    usual = played("buys").records["sent_parcels"][:, 0]
    assert usual[12:24].sum() / usual[:12].sum() < 1.15


class Lazy(BigShipper):
    """A class of one's own that never goes further."""

    def goes_further(self, case: ExtensionCase, room: float) -> None:
        return None


def test_its_class_decides() -> None:
    named = {"walmart": {**WALMART, "class": f"{__name__}:Lazy"}}
    lazy = ParcelMarket(settings("builds").with_changes({"shippers": named, "end": "2025-12"}), rng=2).run()
    assert type(lazy.agent("walmart")).__name__ == "Lazy"
    assert not any(event.kind == "order" and "walmart" in event.actors for event in lazy.events)


# data


def test_what_it_does_to_the_start_is_told() -> None:
    first, second = told(settings("builds").shippers, 13.5)
    assert "Walmart ships 500 million parcels a year at the start, 3.70%" in first
    assert "the network of Walmart" in second


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"parcels": 0.0}, "shippers.walmart.parcels"),
        ({"to_urban": 0.4}, "to_*: the shares add up to 1.1; allowed: 1"),
        ({"with_ups": 0.0}, "with_*: the shares add up to 0.7; allowed: 1"),
        ({"build_limit": 0.0}, "build_limit: 0 is not allowed where builds = true"),
        ({"builds": False}, "build_limit: 200 is not allowed where builds = false"),
        ({"like": "usps"}, "shippers.walmart.like"),
        ({"class": "agents.carriers:Carrier"}, "its class must be a subclass of BigShipper"),
        ({"name": "Veho"}, "veho is called 'Veho' already"),
        ({"colour": "red"}, "colour: unknown; a shipper has name, class, parcels"),
    ],
)
def test_what_is_wrong_with_one_is_told_in_one_line(change: dict[str, object], told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario().with_changes({"shippers": {"walmart": {**WALMART, **change}}})
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("key", ["ups", "veho", "enterprise", "staff", "Wal Mart"])
def test_a_key_that_somebody_has_or_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ScenarioError, match=key):
        Scenario().with_changes({"shippers": {key: WALMART}})


def test_it_cannot_ship_more_than_a_carrier_carries() -> None:
    big = {**WALMART, "parcels": 3000.0, "with_usps": 0.0, "with_ups": 0.0, "with_fedex": 1.0}
    with pytest.raises(ValueError, match="give a carrier more of a service than it carries"):
        ParcelMarket(settings("builds").with_changes({"shippers": {"walmart": big}}))


def test_a_start_that_others_cannot_complete_is_refused_with_the_reason() -> None:
    most = {**WALMART, "parcels": 1500.0, "with_usps": 0.15, "with_ups": 0.15, "with_fedex": 0.7}
    with pytest.raises(ValueError, match="they ship 1,500 million parcels a year, and what they leave of"):
        ParcelMarket(settings("builds").with_changes({"shippers": {"walmart": most}}))


def test_the_past_has_the_shippers_of_its_time() -> None:
    with pytest.raises(ScenarioError, match="walmart cannot be added to a run that starts in 2022-01"):
        Scenario().with_changes({"start": "2022-01", "shippers": {"walmart": WALMART}})


def test_two_can_be_named() -> None:
    target = {**BUYS, "name": "Target", "parcels": 100.0}
    market = ParcelMarket(settings("builds").with_changes({"shippers": {"walmart": WALMART, "target": target}}), rng=2)
    for _ in range(3):
        market.step()
    assert market.balances()["money"] == 0.0
    walmart, other = market.groups.big
    sent = market.records["sent_parcels"].sum(axis=0)
    assert sent[0] / sent[1] == pytest.approx(5.0, rel=0.1)
    assert {walmart.key, other.key} <= {one.buyer for one in market.book.in_force()}


def test_the_library_scenarios_name_the_same_shipper() -> None:
    builds, buys = (Scenario.load(name).shippers["walmart"].plain() for name in ("walmart_builds_too", "walmart_buys"))
    assert {key: value for key, value in builds.items() if key not in ("builds", "build_limit")} == {
        key: value for key, value in buys.items() if key != "builds"
    }
    assert find_class("walmart", builds["class"], BigShipper) is BigShipper
