"""The access auction in the market: when, who, at what price, and the way from an award to a settlement."""

from functools import cache

import numpy as np
import pytest

from agents.calendar import Month
from agents.sourcing import AccessSlices
from model.auction.awards import cut_slices
from model.auction.lots import attributable_cost, draw_up_lots, slack
from model.carriers import USPS
from model.market import ParcelMarket
from model.timeline import month_of, usps_amazon_expiry

ANNOUNCED, AWARDS, SERVICE = Month(2025, 12), Month(2026, 6), Month(2026, 7)
EXPIRY = usps_amazon_expiry()
SMALL = {"n_shippers": 600}
ECONOMY, CONTRACT, BEYOND = 0, -2, -1
NAMES = {"pay_as_bid": "auction_pay_as_bid", "uniform_price": "auction_uniform", "vcg": "auction_vcg"}


@pytest.fixture(scope="module")
def held(market):
    """The first auction of a market that stops with its awards."""

    @cache
    def hold(name="auction_pay_as_bid", **changes):
        run = market(name, 1, end=str(AWARDS), **SMALL, **changes).run()
        return run, run.state.auctions[0]

    return hold


def won_by(round_, bidder):
    return sum(one.parcels.sum() for one in round_.winnings if one.bidder == bidder)


def revenue(round_):
    return sum(one.revenue for one in round_.results)


def sold(round_):
    return sum(one.sold for one in round_.results)


def test_dates_are_the_published_ones(held):
    assert (month_of("access_auction"), month_of("auction_award"), month_of("auction_service")) == (
        ANNOUNCED,
        AWARDS,
        SERVICE,
    )
    run, round_ = held()
    assert [event.month for event in run.events if event.kind == "auction"] == [ANNOUNCED, AWARDS]
    assert (round_.month, round_.service) == (AWARDS, SERVICE)


def test_without_the_lever_there_is_no_auction(finished):
    assert finished("baseline", end="2027-06", **SMALL).state.auctions == []


def test_formats_share_everything_until_the_awards(market, differences):
    runs = [market(name, 1, end="2026-11", **SMALL).run() for name in NAMES.values()]
    until = AWARDS - runs[0].settings.start
    for other in runs[1:]:
        assert differences(runs[0], other, months=until) == []
        assert differences(runs[0], other) != []


def test_another_auction_follows_every_term(market):
    run = market("auction_vcg", 1, end="2028-12", **SMALL).run()
    assert [one.month for one in run.state.auctions] == [AWARDS, AWARDS + 24]
    signed = [c for c in run.book.history if (c.seller, c.buyer) == ("usps", "amazon") and c.state == "signed"]
    assert [c.start for c in signed] == [EXPIRY, EXPIRY + 24]
    assert all(c.term_months == 24 for c in signed)


def test_no_talks_go_on_beside_the_auction(held):
    run, _ = held()
    talks = run.state.talks.get(("usps", "amazon"))
    assert talks.opened + (len(talks.limits) - 1) == ANNOUNCED + -1
    assert not [event for event in run.events if event.kind == "agreement"]


def test_lots_are_a_share_of_slack_and_cover_their_cost(market):
    run = market("auction_vcg", 1, end="2026-06", **SMALL)
    for _ in range(17):
        run.step()
    p, zones = run.figures, run.zones
    lots = draw_up_lots(run, SERVICE)
    offered = np.zeros(zones.n_zones)
    for one in lots:
        offered[one.zone] += one.capacity
    assert offered == pytest.approx(slack(run, SERVICE) * p.auction_lot_capacity_share)
    cost = attributable_cost(run).mean(axis=1)
    assert all(one.reserve == pytest.approx(cost[one.zone] * 1.1) for one in lots)
    assert {one.bidders for one in lots if zones.zone_type[one.zone] == 2} == {2}
    assert {one.bidders for one in lots if zones.zone_type[one.zone] < 2} == {3}
    # Nationally: what can be sorted less what USPS carries for others than Amazon, as Amazon's access is sold anew.
    capacity = p.usps_sort_capacity_daily * 1e6 * p.operating_days_usps
    carried = run.state.flows.allocation.accepted[:-2, :, USPS].sum() * 12 / run.season_of(run.month + -1)
    assert slack(run, SERVICE).sum() == pytest.approx(capacity - carried, rel=0.01)


def test_winners_fit_into_lots_and_pay_at_least_the_reserve(held):
    for name in NAMES.values():
        _, round_ = held(name)
        for one in round_.results:
            assert one.sold <= one.lot.capacity * (1 + 1e-12)
            assert one.revenue >= one.sold * one.lot.reserve * (1 - 1e-12)
        for need, by_lot in zip(round_.needs, round_.demands, strict=True):
            won = won_by(round_, need.bidder)
            assert won <= need.quantity.sum() * (1 + 1e-12)
            assert by_lot or won == 0


def test_pay_as_bid_earns_most_and_no_format_beats_vcg_in_efficiency(held):
    earned = {kind: revenue(held(name)[1]) for kind, name in NAMES.items()}
    assert earned["pay_as_bid"] > 1.2 * max(earned["vcg"], earned["uniform_price"])
    for kind, name in NAMES.items():
        _, round_ = held(name)
        assert 0.8 < round_.efficiency <= 1 + 1e-12
        assert revenue(round_) == pytest.approx(sum(one.revenue for one in held()[1].on_paper(kind)))  # same values
    assert held(NAMES["uniform_price"])[1].efficiency < 1  # Amazon holds back
    assert won_by(held(NAMES["uniform_price"])[1], "amazon") < won_by(held(NAMES["vcg"])[1], "amazon")


def test_capacity_is_slack_so_others_need_no_exclusion_of_amazon(held):
    """Section 1: an Amazon parcel displaces few bids of rivals; without Amazon USPS only loses what it paid."""
    (_, both), (_, without) = held(), held("auction_without_amazon")
    assert won_by(without, "amazon") == 0
    others_with, others_without = (sold(one) - won_by(one, "amazon") for one in (both, without))
    assert others_with > 0.9 * others_without
    paid_by_amazon = sum(one.payment.sum() for one in both.winnings if one.bidder == "amazon")
    lost = revenue(both) - revenue(without)
    assert 0.8 * paid_by_amazon < lost <= paid_by_amazon
    # Where winners pay what competition makes them pay, only the reserve is left.
    left = without.on_paper("vcg")
    assert sum(one.revenue for one in left) == pytest.approx(sum(one.sold * one.lot.reserve for one in left), rel=1e-3)
    assert sum(one.revenue for one in left) / sold(without) < sum(o.revenue for o in both.on_paper("vcg")) / sold(both)


def test_shut_out_amazon_pays_the_published_price_for_the_little_it_leaves(finished):
    run = finished("auction_without_amazon", end="2027-09", **SMALL)
    allowed = finished("auction_pay_as_bid", end="2027-09", **SMALL)
    year = slice(-12, None)
    left, kept = (one.records["amazon_via_usps_parcels"][year].sum() for one in (run, allowed))
    assert left < 0.5 * kept
    paid = run.records["amazon_usps_revenue_usd"][year].sum() / left
    assert paid == pytest.approx(run.published_access_price(), rel=0.05)
    assert run.book.get("usps", "amazon").state == "expired"


def test_more_rivals_expected_higher_bids(held):
    few = revenue(held(auction_bidders_dense=1, auction_bidders_rural=1)[1])
    usual, many = revenue(held()[1]), revenue(held(auction_bidders_dense=6, auction_bidders_rural=6)[1])
    _, alone = held(auction_bidders_dense=1, auction_bidders_rural=1)
    assert few < usual < many
    assert few == pytest.approx(sum(one.sold * one.lot.reserve for one in alone.results))


@pytest.mark.parametrize(
    ("changes", "sign"),
    [
        ({"auction_lot_capacity_share": 0.15}, -1),
        ({"auction_reserve_markup": 0.5}, -1),
        ({"auction_entry_cost": 20_000.0}, -1),
        ({"delivery_unit_stop_cost": 400.0}, -1),
        ({"tender_window_value": 0.4}, 1),
    ],
)
def test_what_makes_access_scarce_or_dear_sells_less(held, changes, sign):
    _, usual = held("auction_vcg")
    _, other = held("auction_vcg", **changes)
    if sign < 0:
        assert sold(other) < 0.98 * sold(usual)
    else:
        assert other.results[0].surplus > 0
        assert sum(one.surplus for one in other.results) > sum(one.surplus for one in usual.results)


def test_consolidators_bid_when_pooling_pays(held):
    def consolidators(round_):
        return sum(one.parcels.sum() for one in round_.winnings if one.bidder.startswith("consolidator"))

    _, usual = held("auction_vcg")
    cheap = {"upstream_cost_regional": 0.8, "delivery_unit_stop_cost": 50.0}
    assert consolidators(usual) == 0  # USPS takes their customers' parcels from door to door for less
    assert consolidators(held("auction_vcg", **cheap)[1]) > 1e8
    assert consolidators(held("auction_vcg", **cheap, consolidator_volume=1.0)[1]) == 0  # too few pieces a truck


def test_cutting_slices_keeps_every_parcel():
    slices = AccessSlices(
        zone=np.array([0, 0, 1]),
        cell=np.array([5, 6, 5]),
        volume=np.array([10.0, 20.0, 30.0]),
        own_cost=np.array([1.0, 2.0, 3.0]),
        n_zones=2,
    )
    fresh, old, taken = cut_slices(slices, np.array([0.0, 5.0, 30.0]))
    assert old.tolist() == [0, 1, 1, 2]
    assert taken.tolist() == [False, True, False, True]
    assert fresh.volume.tolist() == [10.0, 5.0, 15.0, 30.0]
    assert fresh.zones_of(taken).tolist() == [5.0, 30.0]
    assert fresh.own_cost.tolist() == [1.0, 2.0, 2.0, 3.0]


def test_from_award_to_contract_to_invoice_to_settlement(market):
    """One award followed to the cent, in a slump in which Amazon misses its commitment."""
    run = market("auction_pay_as_bid", 7, end="2027-10", demand_shock_sd=0.1, **SMALL)
    delivered = np.zeros(run.zones.n_zones)
    while not run.finished:
        month = run.month
        run.step()
        contract, flows = run.book.get("usps", "amazon"), run.state.flows
        if not EXPIRY <= month < EXPIRY + 12:
            continue
        # The invoice of the month: price of each zone times parcels, in whole cents, in the ledger.
        parcels = flows.allocation.accepted[CONTRACT, ECONOMY, USPS]
        prices = np.array([contract.price_at(month, g) for g in range(len(contract.groups))])
        assert flows.invoices[CONTRACT, ECONOMY, USPS] == np.rint(float((prices * parcels).sum()) * 100)
        paid = flows.invoices[[CONTRACT, BEYOND], :, USPS].sum()
        row = run.ledger.categories.index("parcels")
        assert run.ledger.received[row, run.ledger.index("usps")] == flows.invoices[:, :, USPS].sum()
        assert run.ledger.paid[row, run.ledger.index("amazon")] >= paid
        delivered += parcels
        assert run.book._held["usps", "amazon"].delivered == pytest.approx(delivered)
    # From the award to the contract.
    (round_,) = run.state.auctions
    (won,) = [one for one in round_.winnings if one.bidder == "amazon"]
    signed = next(
        c
        for c in run.book.history
        if c.state == "signed" and (c.seller, c.buyer, c.start) == ("usps", "amazon", EXPIRY)
    )
    assert signed.commitment == signed.cap == tuple(won.parcels)
    here = won.parcels > 0
    assert np.array(signed.price)[here] == pytest.approx((won.payment / np.where(here, won.parcels, 1))[here])
    assert (signed.shortfall_rule, signed.term_months, signed.take_or_pay_rate) == ("take_or_pay", 24, 0.5)
    bids = {(r.lot.zone, r.lot.window): r for r in round_.results}
    zone = int(np.argmax(won.parcels))
    by_hand = [
        float((award.by_step * bid.price).sum())
        for window in ("same_day", "next_day")
        for bid, award in zip(bids[zone, window].bids, bids[zone, window].awards, strict=True)
        if bid.bidder == "amazon"
    ]
    assert signed.price[zone] * signed.commitment[zone] == pytest.approx(sum(by_hand))
    # From the shortfall of the year to the settlement: half the price of each missing parcel, paid in the ledger.
    missing = np.maximum(0.9 * np.array(signed.commitment) - delivered, 0.0)
    assert missing.sum() > 1e6
    due = 0.5 * float((np.array(signed.price) * missing).sum())
    assert run.ledger.income("settlement", "usps") == pytest.approx(due, abs=0.01)
    assert run.ledger.income("settlement", "amazon") == -run.ledger.income("settlement", "usps")
    (event,) = [one for one in run.events if one.month == EXPIRY + 12 and "misses" in one.text and "usps" in one.actors]
    assert event.actors == ("amazon", "usps")


def test_amazons_contract_carries_the_slices_that_it_won(finished):
    run = finished("auction_pay_as_bid", end="2027-09", **SMALL)
    amazon, contract = run.state.amazon, run.book.get("usps", "amazon")
    under = amazon.slices.zones_of(amazon.agreed[contract.start])
    assert under == pytest.approx(np.array(contract.commitment), abs=1e-3)
    assert amazon.slices.volume.sum() == pytest.approx(run.figures.amazon_via_usps * 1e9)
    # What its own routes carry more cheaply than half the price it takes back, and pays the penalty for.
    assert amazon.retained + amazon.slices.zones_of(amazon.taken_back) == pytest.approx(under, abs=1e-3)
    assert isinstance(run, ParcelMarket)
