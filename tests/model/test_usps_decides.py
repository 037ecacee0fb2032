"""Who replaces a decision of USPS, or of a carrier about its staff, changes the market; the law binds all the same."""

from functools import cache

import numpy as np
import pytest

from agents.bargaining import SellerLimits
from agents.rivals import Ups
from agents.rules.distress import Rung
from agents.usps import Usps
from model.carriers import FEDEX, UPS, USPS
from model.market import ParcelMarket
from model.scenario import Scenario

SHORT = {"n_shippers": 120, "end": "2025-12"}
POOR = {"n_shippers": 120, "usps_cash_start": 1.0, "usps_debt_cap": 15.0, "end": "2026-06"}


@cache
def played(usps=None, name="baseline", **changes):
    """A finished run in which a class of one's own decides for USPS."""
    settings = Scenario.load(name).with_changes(changes)
    return ParcelMarket(settings, rng=1, roster={"usps": usps} if usps else None).run()


class Dear(Usps):
    """Publishes access at twice the usual price."""

    def access_price(self, list_growth):
        return 2.0 * super().access_price(list_growth)


class Nimble(Usps):
    """Its staff follows need at once."""

    def flexes(self):
        return 1.0, 1.0


class NimbleUps(Ups):
    """Its routes follow need at once."""

    def flexes(self):
        return 1.0, 1.0


class Greedy(Usps):
    """Borrows without end."""

    def borrows(self, cash, room):
        return float("inf")


class BuildsFirst(Usps):
    """Pays for capital goods before anything else."""

    def pays_first(self, bills):
        return sorted(bills, key=lambda bill: bill.category != "capital")


class Forgetful(Usps):
    """Leaves out the bills of its suppliers."""

    def pays_first(self, bills):
        return [bill for bill in bills if bill.category != "operations"]


class Patient(Usps):
    """Takes no measure, whatever it expects."""

    def distress_step(self, month):
        return None


class Lawless(Usps):
    """Goes over to five days although Congress forbids it."""

    def distress_step(self, month):
        return Rung.FIVE_DAY


class Hard(Usps):
    """Sells access at no less than three times its cost."""

    def seller_limits(self, sale):
        floor = 3.0 * sale.attributable_cost
        return SellerLimits(floor, np.maximum(floor, super().seller_limits(sale).limit))


class Exclusive(Usps):
    """Puts its auction's reserve price at the published price, and half as much up for sale."""

    def reserve_price(self, attributable_cost):
        return np.full_like(attributable_cost, self.world.published_access_price())

    def offered_share(self):
        return 0.5 * super().offered_share()


class Faithful(Usps):
    """Gives up no place, even where the law lets it."""

    def gives_up(self, contribution, fixed_cost, served, staff):
        return np.zeros_like(served)


class Bold(Usps):
    """Surcharges beyond its rivals' prices."""

    def surcharge(self, share, plain, cap):
        return np.full_like(plain, 1.0 + share)


class Cheap(Usps):
    """Raises no list price of its own."""

    def price_cap(self, rivals, start):
        return start


def test_a_dearer_published_price_drives_parcels_away():
    usual, dear = played(**SHORT), played(Dear, **SHORT)
    assert dear.published_access_price() > 1.5 * usual.published_access_price()
    bought = [run.state.access.bought[[UPS, FEDEX]].sum() for run in (usual, dear)]
    assert 0.0 < bought[1] < 0.1 * bought[0]


def test_staff_that_its_own_class_frees_is_staff_that_the_scenario_frees():
    own, freed, usual = played(Nimble, **SHORT), played(labour_stickiness=False, **SHORT), played(**SHORT)
    income = [run.records["usps_net_income_usd"] for run in (own, freed, usual)]
    np.testing.assert_array_equal(income[0], income[1])
    assert (income[0] != income[2]).any()


def test_each_carrier_moves_its_own_routes_and_no_other():
    # Who shrinks its routes at once also saves more by what it hands over: that moves USPS, and is left out here.
    settings = Scenario.load("baseline").with_changes(SHORT | {"access_avoidable": 0})
    usual, own = (ParcelMarket(settings, rng=1, roster=roster) for roster in ({}, {"ups": NimbleUps}))
    usual.step(), own.step()
    moved = (usual.state.network.in_place != own.state.network.in_place).any(axis=1)
    assert moved[UPS]
    assert moved.sum() == 1


def test_the_law_bounds_what_it_borrows():
    run = played(Greedy, **POOR | {"usps_debt_start": 13.0})
    debt = run.records["usps_debt_usd"]
    assert debt[0] == pytest.approx(15e9)  # at once to the ceiling, within the yearly limit
    assert debt.max() <= 15e9 + 1.0
    assert not [event for event in run.events if event.kind == "violation" and "debt" in event.text]
    held = played(Greedy, **POOR | {"usps_debt_start": 5.0})
    np.testing.assert_allclose(np.diff(held.records["usps_debt_usd"], prepend=5e9)[[0, 9]], 3e9)  # each fiscal year


def test_it_chooses_who_is_paid_first_and_cannot_forget_a_bill():
    usual, builder = played(**POOR), played(BuildsFirst, **POOR)
    staff, suppliers = (
        [run.payments().query(f"category == 'credit' and payer == '{who}'")["usd"].sum() for run in (usual, builder)]
        for who in ("staff", "suppliers")
    )
    assert staff[1] > 2.0 * staff[0] > 0.0  # wages wait for machines
    assert suppliers[1] < suppliers[0]
    arrears = [run.records["usps_arrears_usd"][-1] for run in (usual, builder)]
    assert arrears[0] == pytest.approx(arrears[1])  # as much is left unpaid
    assert builder.balances()["money"] == 0.0
    with pytest.raises(ValueError, match="usps pays interest, wages, capital; allowed: interest, wages, operations"):
        played(Forgetful, **SHORT)


def test_it_decides_on_distress_measures_within_the_law():
    patient, none = played(Patient, **POOR), played(distress_ladder=False, **POOR)
    np.testing.assert_array_equal(patient.records["usps_cash_usd"], none.records["usps_cash_usd"])
    assert {rung for rung, _ in patient.usps.ladder.taken} <= {Rung.EXHAUSTED}
    with pytest.raises(ValueError, match=r"FIVE_DAY: 5>; allowed: DEFERRAL, SURCHARGE, CAPITAL, SERVICE"):
        played(Lawless, **POOR)
    allowed = played(Lawless, **SHORT | {"five_day_delivery": "in_distress", "end": "2025-03"})
    assert [rung for rung, _ in allowed.usps.ladder.taken] == [Rung.FIVE_DAY]


def test_a_seller_of_access_has_limits_of_its_own():
    usual, hard = played(n_shippers=120, end="2026-12"), played(Hard, n_shippers=120, end="2026-12")

    def offers(run):
        return [offer.price for offer in run.state.talks["usps", "amazon"].talks.offers if offer.side == "seller"]

    assert np.nanmin(np.concatenate(offers(hard))) > np.nanmin(np.concatenate(offers(usual)))


def test_its_auction_has_its_own_reserve_and_size():
    usual, own = (played(one, "auction_pay_as_bid", n_shippers=120, end="2026-10") for one in (None, Exclusive))
    (held,), (closed,) = usual.state.auctions, own.state.auctions
    offered = [sum(lot.capacity for lot in one.lots) for one in (held, closed)]
    assert offered[1] == pytest.approx(0.5 * offered[0], rel=0.01)
    assert min(lot.reserve for lot in closed.lots) > max(lot.reserve for lot in held.lots)
    assert sum(result.sold for result in closed.results) < sum(result.sold for result in held.results)


def test_it_need_not_leave_places_that_it_may_leave():
    left, stays = (played(one, universal_service=False, n_shippers=120, end="2025-01") for one in (None, Faithful))
    assert np.isfinite(left.usps.left).any()
    assert not np.isfinite(stays.usps.left).any()
    assert (stays.state.network.capacity[USPS] > 0.0).all()


def test_a_surcharge_and_a_price_plan_go_as_far_as_it_says():
    dear = POOR | {"distress_surcharge": 1.0, "end": "2026-03"}
    usual, bold = played(**dear), played(Bold, **dear)
    assert (bold.state.tariffs.temporary[USPS] == 2.0).all()
    assert (usual.state.tariffs.temporary[USPS] < 2.0).any()
    plan = {"n_shippers": 120, "end": "2025-08", "announced_plans": False}
    raised, kept = (played(one, **plan).state.tariffs for one in (None, Cheap))
    assert (raised.level[:, USPS] > raised.start_level[:, USPS]).all()
    np.testing.assert_array_equal(kept.level[:, USPS], kept.start_level[:, USPS])
