"""What awards of the access auction become: contracts, invoices, settlements, parcels at the delivery units."""

from types import SimpleNamespace

import numpy as np
import pytest

from agents.calendar import Month
from agents.rules.sourcing import AccessSlices, cut_slices
from model.carriers import UPS, USPS
from model.timeline import usps_amazon_expiry
from tests.small import FEWER

SERVICE = Month(2026, 7)
EXPIRY = usps_amazon_expiry()
SMALL = {**FEWER, "n_shippers": 300}
ECONOMY, CONTRACT = 0, -2
CHEAP_POOLING = {"upstream_cost_regional": 0.8, "delivery_unit_stop_cost": 50.0}


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


def won_by(round_, bidder):
    return sum(one.parcels.sum() for one in round_.winnings if one.bidder == bidder)


@pytest.fixture(scope="module")
def slump(market):
    """A run into a slump in which commitments are missed, with what was handed over in each month."""
    run = market("auction_pay_as_bid", 7, end="2027-10", demand_shock_sd=0.1, **SMALL)
    months = {}
    while not run.finished:
        month = run.month
        run.step()
        flows, access, ledger = run.state.flows, run.state.access, run.ledger
        row = ledger.categories.index("parcels")
        months[month] = SimpleNamespace(
            amazon=flows.allocation.accepted[CONTRACT, ECONOMY, USPS].copy(),
            cents=int(flows.invoices[CONTRACT, ECONOMY, USPS]),
            all_cents=int(flows.invoices[:, :, USPS].sum()),
            received=int(ledger.received[row, ledger.index("usps")]),
            contracts={key: run.book.get("usps", key) for key in ("amazon", "ups")},
            delivered={key: np.array(run.book.delivered("usps", key)) for key in ("amazon", "ups")},
            ups=access.contract[UPS].copy(),
            ups_beyond=float((access.bought[UPS] - access.contract[UPS]).sum()) * run.published_access_price(),
            ups_paid=float(access.paid[UPS]),
            settled={key: -ledger.income("settlement", key) for key in ("amazon", "ups")},
            settled_usps=ledger.income("settlement", "usps"),
            cents_access=int(ledger.paid[ledger.categories.index("access"), ledger.index("ups")]),
        )
    return run, months


def prices_at(contract, month):
    return np.array([contract.price_at(month, zone) for zone in range(len(contract.groups))])


def test_from_award_to_contract_to_invoice_to_settlement(slump):
    """One award followed to the cent."""
    run, months = slump
    # From the award to the contract.
    (round_,) = run.state.auctions
    (won,) = [one for one in round_.winnings if one.bidder == "amazon"]
    both = ("usps", "amazon")
    signed = next(c for c in run.book.history if (c.seller, c.buyer) == both and c.state == "signed")
    assert signed.start == EXPIRY
    assert signed.commitment == signed.cap == tuple(won.parcels)
    here = won.parcels > 0
    assert np.array(signed.price)[here] == pytest.approx((won.payment / np.where(here, won.parcels, 1))[here])
    assert (signed.shortfall_rule, signed.term_months, signed.take_or_pay_rate) == ("take_or_pay", 24, 0.5)
    results = {(one.lot.zone, one.lot.window): one for one in round_.results}
    zone = int(np.argmax(won.parcels))
    by_hand = [
        float((award.by_step * bid.price).sum())
        for window in ("same_day", "next_day")
        for bid, award in zip(results[zone, window].bids, results[zone, window].awards, strict=True)
        if bid.bidder == "amazon"
    ]
    assert signed.price[zone] * signed.commitment[zone] == pytest.approx(sum(by_hand))
    # The invoice of each month: price of each zone times parcels, in whole cents, in the ledger.
    delivered = np.zeros(run.zones.n_zones)
    for month in (EXPIRY + i for i in range(12)):
        now = months[month]
        assert now.cents == np.rint(float((prices_at(now.contracts["amazon"], month) * now.amazon).sum()) * 100)
        assert now.received == now.all_cents
        delivered += now.amazon
        assert now.delivered["amazon"] == pytest.approx(delivered)
    # From the shortfall of the year to the settlement: half the price of each missing parcel, paid in the ledger.
    missing = np.maximum(0.9 * np.array(signed.commitment) - delivered, 0.0)
    assert missing.sum() > 1e6
    settled = months[EXPIRY + 12]
    assert settled.settled["amazon"] == pytest.approx(0.5 * float(np.array(signed.price) @ missing), abs=0.01)
    assert settled.settled_usps == pytest.approx(sum(settled.settled.values()), abs=0.01)
    missed = [one.actors for one in run.events if one.month == EXPIRY + 12 and "misses" in one.text]
    assert missed.count(("amazon", "usps")) == 1


def test_carriers_hand_over_what_they_won(slump):
    """An award of UPS is a contract that its own last-mile rule uses: parcels, payment and settlement follow it."""
    run, months = slump
    assert not any(months[month].ups.any() for month in months if month < SERVICE)
    delivered = np.zeros(run.zones.n_zones)
    for month in (SERVICE + i for i in range(12)):
        now = months[month]
        owed = float((now.ups * prices_at(now.contracts["ups"], month)).sum()) + now.ups_beyond
        assert now.ups_paid == pytest.approx(owed, abs=0.01)
        assert now.cents_access == round(now.ups_paid * 100)
        delivered += now.ups
        assert now.delivered["ups"] == pytest.approx(delivered)
    contract = months[SERVICE].contracts["ups"]
    commitment = np.array(contract.commitment)
    assert contract.start == SERVICE
    assert commitment.sum() == pytest.approx(won_by(run.state.auctions[0], "ups"))
    assert 0.5 * commitment.sum() < delivered.sum() <= 1.2 * commitment.sum()  # most of it; the rest is settled below
    missing = np.maximum(0.9 * commitment - delivered, 0.0)
    due = 0.5 * float(prices_at(contract, SERVICE + 11) @ missing)
    assert months[SERVICE + 12].settled["ups"] == pytest.approx(due, abs=0.01)


def test_amazons_contract_carries_the_slices_that_it_won(finished):
    run = finished("auction_pay_as_bid", end="2027-09", **SMALL)
    amazon, contract = run.amazon.memory, run.book.get("usps", "amazon")
    under = amazon.slices.zones_of(amazon.agreed[contract.start])
    assert under == pytest.approx(np.array(contract.commitment), abs=1e-3)
    assert amazon.slices.volume.sum() == pytest.approx(run.figures.amazon_via_usps * 1e9)
    # What own routes carry more cheaply than half the price it takes back, and pays for beyond the tolerance.
    assert amazon.retained + amazon.slices.zones_of(amazon.taken_back) == pytest.approx(under, abs=1e-3)
    delivered = np.array(run.book.delivered("usps", "amazon"))  # of the first contract year, which ends here
    assert (delivered >= 0.89 * under).all()


def test_consolidators_parcels_enter_at_units_and_small_shippers_pay_no_more(market):
    changes = {"end": "2026-09", **SMALL, **CHEAP_POOLING}
    run, plain = market("auction_vcg", 1, **changes), market("baseline", 1, **changes)
    while not run.finished:
        month = run.month
        run.step()
        plain.step()
        awarded, ledger = run.state.flows.awarded, run.ledger
        if month < SERVICE:
            assert awarded is None or not awarded.parcels.any()
            continue
        pooled = float(awarded.pooled.sum())
        buyers = [won for won in run.state.auctions[0].winnings if won.bidder.startswith("consolidator")]
        assert pooled > 0.95 * sum(won.parcels.sum() for won in buyers) / 12 * run.season_of(month)
        # They are paid for at the award price, which is less; the difference goes to the consolidators.
        prices = {won.bidder: won.price for won in buyers}
        price = sum((awarded.by_contract[key] * prices[key]).sum() for key in prices) / pooled
        row = ledger.categories.index("parcels")
        received = ledger.received[row, ledger.index("consolidators")] / 100
        assert received == pytest.approx(awarded.charged.sum(), abs=0.1)
        small = run.state.flows.allocation.value[:9, ECONOMY, USPS].sum()
        before = run.state.flows.tender.volume[:9, ECONOMY, USPS].sum() - pooled
        surcharge = (run.state.tariffs.surcharge[USPS] * awarded.parcels).sum()
        assert small + surcharge - pooled * price > 3.0 * before  # the others still pay the door-to-door price
        assert received / pooled > 1.0
        haul = ledger.paid[ledger.categories.index("operations"), ledger.index("consolidators")] / 100
        assert haul == pytest.approx(pooled * 0.8 * run.state.environment.price_level, rel=1e-6)
        # What small shippers pay for an economy parcel all told is what they paid without the consolidators.
        assert run.state.flows.price_paid[0] == pytest.approx(plain.state.flows.price_paid[0], rel=0.01)
    assert run.balances()["money"] == 0.0
    counted = sum(sum(run.book.delivered("usps", won.bidder)) for won in buyers)
    assert counted == pytest.approx(3 * pooled, rel=0.1)
    # USPS is spared the upstream work.
    spared = run.state.network.in_place[USPS].sum() - plain.state.network.in_place[USPS].sum()
    assert spared < 0.0


def test_an_enterprise_shipper_hands_over_itself_what_it_won(market):
    """Where hauling costs it nothing, a large shipper bids, and its carriers lose what it takes away."""
    cheap = {"upstream_cost_regional": 0.0, "delivery_unit_stop_cost": 0.0, "injection_cost_amazon": 0.0}
    changes = {"end": "2026-08", **SMALL, **cheap, "auction_bidders_dense": 6, "auction_bidders_rural": 6}
    run = market("auction_vcg", 1, **changes).run()
    won = {one.bidder: one for one in run.state.auctions[0].winnings if one.bidder.startswith("enterprise")}
    awarded = run.state.flows.awarded
    assert won
    for key, one in won.items():
        assert (awarded.by_contract[key] <= one.parcels / 12 * 1.1).all()
        assert awarded.by_contract[key].sum() > 0.9 * one.parcels.sum() / 12 * 0.9567
    assert awarded.enterprise.sum() == pytest.approx(sum(awarded.by_contract[key].sum() for key in won))
    paid = sum((awarded.by_contract[key] * one.price).sum() for key, one in won.items())
    assert awarded.enterprise_usd.sum() == pytest.approx(paid)
    tender = run.state.flows.tender.volume[9, ECONOMY]
    assert tender[USPS].sum() >= awarded.enterprise.sum()
    assert (tender >= 0.0).all()
    assert run.balances() == {"parcels": pytest.approx(0.0, abs=1e-9), "money": 0.0}
