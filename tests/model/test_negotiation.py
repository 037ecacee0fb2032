"""Amazon and USPS negotiate in the market: what is agreed is billed and delivered, and it moves parcels."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from agents.bargaining import nash_price
from agents.calendar import Month
from model.carriers import AMAZON, USPS
from model.market import ParcelMarket
from model.timeline import usps_amazon_expiry
from tests.small import FEWER

EXPIRY = usps_amazon_expiry()
DEADLINE = Month(2026, 1)  # to order capacity that stands at the expiry
FEW = {**FEWER, "n_shippers": 150}
QUIET = {"demand_shock_sd": 0.0, "zone_shock_sd": 0.0}
SIGNED = "2027-03"  # half a year after the expiry, when the talks are long over
ECONOMY, CONTRACT, BEYOND = 0, -2, -1


@dataclass
class Trace:
    """A run with what Amazon and USPS had with each other in every month."""

    market: object
    months: list = field(default_factory=list)
    parcels: list = field(default_factory=list)  # under the contract, by zone
    dollars: list = field(default_factory=list)  # for these
    cents: list = field(default_factory=list)  # invoiced for these
    beyond: list = field(default_factory=list)  # parcels beyond the contract
    retained: list = field(default_factory=list)  # parcels a year that the contract carries
    carried: list = field(default_factory=list)  # the same by zone

    def since(self, month):
        return [i for i, one in enumerate(self.months) if one >= month]

    @property
    def agreements(self):
        return [
            event
            for event in self.market.events
            if event.kind == "agreement" and set(event.actors) == {"amazon", "usps"}
        ]


@pytest.fixture(scope="module")
def traced(market):
    @cache
    def follow(rng=1, end="2027-11", name="baseline", **changes):
        trace = Trace(market(name, rng, end=end, **{**FEW, **changes}))
        while not trace.market.finished:
            trace.months.append(trace.market.month)
            trace.market.step()
            flows = trace.market.state.flows
            trace.parcels.append(flows.allocation.accepted[CONTRACT, :, USPS].sum(axis=0))
            trace.dollars.append(flows.allocation.value[CONTRACT, :, USPS].sum(axis=0))
            trace.cents.append(int(flows.invoices[CONTRACT, :, USPS].sum()))
            trace.beyond.append(flows.allocation.accepted[BEYOND, :, USPS].sum())
            trace.retained.append(trace.market.amazon.memory.retained.sum())
            trace.carried.append(trace.market.amazon.memory.retained)
        return trace

    return follow


def retained(run):
    """Parcels at USPS in the last twelve months over those of the first twelve."""
    at_usps = run.records["amazon_via_usps_parcels"].sum(axis=1)
    return at_usps[-12:].sum() / at_usps[:12].sum()


@pytest.mark.parametrize("structure", ["uniform", "by_zone_type", "by_zone"])
def test_what_is_agreed_is_billed_and_delivered(traced, structure):
    trace = traced(price_structure=structure, **QUIET)
    run = trace.market
    (event,) = trace.agreements
    agreed = dict(event.numbers)
    talks, contract = run.state.talks["usps", "amazon"].talks, run.book.get("usps", "amazon")
    # From the offers to the contract.
    last = talks.offers[-1]
    closed = ~talks.open
    assert event.month - run.state.talks["usps", "amazon"].opened == last.round == talks.signed_round == agreed["round"]
    assert any(offer.accepted.any() for offer in talks.offers)
    assert closed.any()
    assert np.array(contract.price)[closed].tolist() == talks.price[closed].tolist()
    assert contract.start == max(EXPIRY, event.month + 1)
    assert agreed["parcels"] == pytest.approx(sum(contract.commitment))
    assert agreed["price_usd"] == pytest.approx(np.average(contract.price, weights=np.maximum(contract.commitment, 1)))
    # From the contract to the invoices: every month, every price group.
    group = run.state.talks["usps", "amazon"].groups.of_zone
    for i in trace.since(contract.start):
        price = np.array([contract.price_at(trace.months[i], g) for g in range(len(contract.groups))])
        assert trace.dollars[i] == pytest.approx(price[group] * trace.parcels[i], rel=1e-9)
        assert trace.cents[i] / 100 == pytest.approx(trace.dollars[i].sum(), abs=0.02)
    first = trace.since(contract.start)[0]
    recorded, by_zone = run.records["amazon_usps_price_usd"][first], np.array(contract.price)[group]
    carried = trace.carried[first]
    if structure == "uniform":
        assert recorded == pytest.approx(agreed["price_usd"], rel=1e-12)
    assert recorded == pytest.approx(np.average(by_zone, weights=carried))
    # And to the door: a contract year lies between what is promised, within its tolerance, and what must be accepted.
    year = trace.since(contract.start)[:12]
    delivered = np.bincount(group, weights=np.sum([trace.parcels[i] for i in year], axis=0))
    assert (delivered >= np.array(contract.commitment) * contract.tolerance * 0.999).all()
    assert (delivered <= np.array(contract.cap) * 1.01).all()


def test_no_parcel_is_delivered_under_two_contracts(traced):
    trace = traced(price_structure="uniform", **QUIET)
    terms = {(c.start, c.expiry) for c in trace.market.book.history if (c.seller, c.buyer) == ("usps", "amazon")}
    (_, first_end), (second_start, _) = sorted(terms)
    assert first_end <= second_start
    by_usps = trace.market.records["amazon_via_usps_parcels"].sum(axis=1)
    under_contract = np.sum(trace.parcels, axis=1)
    assert by_usps == pytest.approx(under_contract + np.array(trace.beyond))
    # What the book counts in the running contract year is what was delivered in it, once.
    year = trace.since(second_start)[12:]
    counted = trace.market.book._held["usps", "amazon"].delivered
    assert sum(counted) == pytest.approx(under_contract[year].sum())
    assert (trace.market.records["amazon_parcels"].sum(axis=1) >= by_usps).all()


def test_negotiation_moves_parcels_and_only_when_it_can_matter(traced, finished, differences):
    run = traced(end=SIGNED).market
    kept = finished("baseline", 1, negotiation=False, end=SIGNED, **FEW)
    before = DEADLINE - run.settings.start
    # What Amazon expects of the talks moves nothing yet.
    assert differences(run, kept, months=before - 1) == ["amazon_usps_expected_usd"]
    # In the last month before the deadline capacity is ordered, and paid for, in view of what the talks have brought.
    assert set(differences(run, kept, months=before)) <= {
        "capital_paid_usd",
        "ordered_capacity_parcels",
        "amazon_usps_expected_usd",
    }
    ours, theirs = (one.records["amazon_via_usps_parcels"].sum(axis=1) for one in (run, kept))
    after = EXPIRY - run.settings.start
    assert np.abs(ours[after:] / theirs[after:] - 1).mean() > 0.01


def test_same_seed_same_talks_and_a_name_changes_nothing(traced, differences):
    run = traced(end=SIGNED).market
    again = ParcelMarket(run.settings.with_changes({"name": "another"}), rng=1).run()
    assert differences(run, again) == []
    assert [event.text for event in again.events] == [event.text for event in run.events]


def test_both_sides_gain_by_what_they_believe(traced):
    for seed in (1, 2):
        run = traced(seed, end=SIGNED).market
        state = run.state.talks["usps", "amazon"]
        _, buyer, seller = next(row for row in state.limits if row[0] == state.talks.signed_round)
        assert (seller <= state.talks.price).all()
        assert (state.talks.price <= buyer).all()
        assert (state.talks.price >= state.stakes.statutory_floor).all()


@pytest.mark.parametrize("month", ["2026-01", "2026-05"])
def test_nothing_is_signed_before_its_date(market, month):
    run = market("baseline", 1, bargaining="nash", earliest_signature=month, end=month, **FEW).run()
    (event,) = [event for event in run.events if event.kind == "agreement" and set(event.actors) == {"amazon", "usps"}]
    assert str(event.month) == month  # this procedure agrees as soon as it may
    state = run.state.talks["usps", "amazon"]
    perceived = state.talks.perceived(state.stakes)
    assert state.talks.price == pytest.approx(nash_price(perceived, run.figures.seller_bargaining_weight))


@pytest.mark.parametrize("kind", ["alternating", "nash", "take_it_or_leave_it", "posted"])
def test_every_procedure_runs(traced, kind):
    trace = traced(end="2026-11", bargaining=kind, **QUIET)
    run = trace.market
    talks = run.state.talks["usps", "amazon"].talks
    assert len(talks.offers) > 0
    assert len(trace.agreements) == talks.signed
    if kind == "posted":
        published = run.state.talks["usps", "amazon"].stakes.published
        assert all((offer.price >= published - 0.5).all() for offer in talks.offers)
    if kind == "nash":
        assert trace.agreements[0].month == DEADLINE
    if kind == "take_it_or_leave_it":
        rounds = [offer.round for offer in talks.offers]
        assert sum(round_ <= EXPIRY - run.state.talks["usps", "amazon"].opened for round_ in rounds) == 1


def test_without_a_zone_of_agreement_the_rest_pays_the_published_price(traced):
    # USPS believes that it can sell the same at the published price, and Amazon would never pay more than that.
    hopeless = {"auction_displacement_belief": 1.0, "reservation_belief_sd": 0.0, **QUIET}
    trace = traced(end="2027-12", **hopeless)
    run = trace.market
    state = run.state.talks["usps", "amazon"]
    assert trace.agreements == []
    assert len(state.talks.offers) > 10
    assert not any(offer.accepted.any() for offer in state.talks.offers)
    assert not state.talks.closable(state.stakes).any()
    after = trace.since(EXPIRY)
    assert all(trace.parcels[i].sum() == 0 for i in after)
    at_usps = run.records["amazon_via_usps_parcels"].sum(axis=1)
    paid = run.records["amazon_usps_revenue_usd"] / at_usps
    assert paid[-1] == pytest.approx(run.published_access_price())
    assert (paid[after] > paid[after[0] - 1] * 1.1).all()
    # Where own routes are cheaper parcels leave as fast as capacity comes, and none of it stands idle meanwhile.
    assert retained(run) < 0.7
    sourcing, flows = run.state.flows.sourcing, run.state.flows
    limit = np.minimum(
        run.state.network.monthly_capacity[AMAZON], run.state.network.coverage[AMAZON] * flows.demand.amazon
    )
    chosen = run.amazon.memory.at_published * (flows.demand.amazon / flows.demand.amazon_trend)
    forced = sourcing.usps_overflow > chosen + 1.0
    assert sourcing.own[forced] == pytest.approx(limit[forced])


def test_both_extremes_are_reachable(market):
    free = {f"capacity_capex_{kind}": value for kind, value in (("urban", 2.0), ("suburban", 1.5), ("rural", 3.0))}
    fast = {"build_lead_months": 3, "build_limit": 10.0, "amazon_own_cost_multiplier": 0.8, **free}
    leaves = market("baseline", 1, end="2027-12", **FEW, **fast)
    stays = market("baseline", 1, end="2027-09", build_limit=0.0, announced_plans=False, **FEW)
    assert retained(leaves.run()) < 0.25
    assert retained(stays.run()) > 0.95


def test_dearer_own_delivery_keeps_more_at_usps(market):
    kept = []
    for multiplier in (0.8, 1.2, 1.6):
        run = market("baseline", 1, end="2027-09", amazon_own_cost_multiplier=multiplier, **FEW, **QUIET).run()
        kept.append(retained(run))
    assert kept[0] < min(kept[1:]) - 0.2  # at 1.2 nearly all is kept already


def test_a_contract_keeps_its_volume_while_the_next_one_waits(traced):
    # With as many parties as usual: with fewer, what the first contract leaves open is settled another way.
    trace = traced(end="2027-06", term_strategic=24, bargaining="nash", n_regional_carriers=8, n_enterprise_shippers=50)
    first, second = trace.agreements
    assert second.month < Month(2027, 6)  # signed long before the first one ends
    assert trace.market.book.upcoming("usps", "amazon").start == EXPIRY + 24
    after = np.array([trace.retained[i] for i in trace.since(EXPIRY)])
    agreed = dict(first.numbers)["parcels"]
    # Within its terms Amazon may take back what it reaches by now, but no more than the tolerance.
    assert (after <= agreed * (1 + 1e-9)).all()
    assert after.mean() >= 0.9 * agreed * (1 - 1e-9)  # over the contract year: a month may be below
