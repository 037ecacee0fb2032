"""Amazon decides for itself: who replaces a decision of it changes the market, and nobody else writes its memory."""

import ast
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest

from agents.amazon import Amazon
from agents.auction import Bid
from agents.calendar import Month
from agents.rules.sourcing import source_deliveries
from model.market import ParcelMarket
from tests.firms import ONE_FORM
from tests.small import FEWER

ROOT = Path(__file__).resolve().parents[2]
SMALL = {**FEWER, "n_shippers": 300}


class KeepsAll(Amazon):
    """Never takes back what a contract carries."""

    def takes_back(self, contracts, under, worth):
        return np.zeros_like(under)


class LeavesAll(Amazon):
    """Means to leave everything with USPS, at any price."""

    def leaves_with_usps(self, price, now=None):
        return np.ones(len(self.memory.slices.volume), dtype=bool)


class Poor(Amazon):
    """Says that access is worth half to it."""

    def values_access(self, begin):
        said = super().values_access(begin)
        return replace(said, worth=0.5 * said.worth)


class Deaf(Amazon):
    """Learns nothing from what USPS asks."""

    def heard(self, offer, other, quantity):
        pass


class Honest(Amazon):
    """Bids what a lot is worth to it."""

    def bids(self, kind, lot, demand, highest):
        return Bid(demand.bidder, demand.quantity, demand.value)


class SendsNothingElse(Amazon):
    """Delivers what it can itself, even where a contract would carry it."""

    def sources(self, case):
        nothing = np.zeros_like(case.parcels)
        spare = np.zeros_like(case.spare)
        return source_deliveries(case.parcels, nothing, nothing, nothing, case.own_limit, nothing, spare)


@pytest.fixture(scope="module")
def played(market):
    def play(kind, scenario="baseline", **changes):
        settings = market(scenario, **SMALL, **changes).settings
        return ParcelMarket(settings, rng=1, roster={"amazon": kind}).run()

    return play


def at_usps(run):
    return run.records["amazon_via_usps_parcels"].sum()


def signed(run):
    return [e for e in run.events if e.kind == "agreement" and e.actors == ("amazon", "usps")]


def test_what_it_takes_back_it_decides(played):
    # A package that is paid for in full leaves nothing to take back; parcels at will do.
    usual, keeps = (played(kind, end="2027-12", **ONE_FORM) for kind in (Amazon, KeepsAll))
    assert usual.amazon.memory.taken_back.any()
    assert not keeps.amazon.memory.taken_back.any()
    assert at_usps(keeps) > 1.001 * at_usps(usual)
    assert keeps.worst_parcels < 1e-9


def test_what_it_means_to_leave_decides_what_it_builds(played):
    usual, leaves = (played(kind, end="2026-12", access_auction="none") for kind in (Amazon, LeavesAll))
    built = [
        sum(float(o.annual_parcels.sum()) for o in run.state.network.pipeline if o.carrier == run.amazon.index)
        for run in (usual, leaves)
    ]
    assert built[1] < built[0]


def test_what_access_is_worth_to_it_decides_the_price(played):
    usual, poor = (played(kind, end="2027-06", bargaining="nash") for kind in (Amazon, Poor))
    prices = [dict(signed(run)[0].numbers)["price_usd"] if signed(run) else 0.0 for run in (usual, poor)]
    assert prices[1] < prices[0]


def test_what_it_hears_moves_what_it_expects(played):
    usual, deaf = (played(kind, end="2025-12") for kind in (Amazon, Deaf))
    assert not signed(usual)
    assert deaf.amazon.memory.price_belief == deaf.figures.price_access_amazon != usual.amazon.memory.price_belief


def test_how_it_bids_decides_what_it_pays(played):
    """Who bids its value where winners pay their bids gains nothing from what it wins."""
    usual, honest = (played(kind, "auction_pay_as_bid", end="2026-08") for kind in (Amazon, Honest))
    paid = [next(w for w in run.state.auctions[0].winnings if w.bidder == "amazon") for run in (usual, honest)]
    price = [won.payment.sum() / won.parcels.sum() for won in paid]
    assert price[1] > price[0]


def test_where_it_places_its_parcels_it_decides(played):
    usual, alone = (played(kind, end="2025-03") for kind in (Amazon, SendsNothingElse))
    own = [run.records["amazon_own_parcels"].sum() for run in (usual, alone)]
    assert own[1] > own[0]
    assert alone.records["amazon_via_ups_parcels"].sum() == 0.0
    assert alone.worst_parcels < 1e-9


def test_nobody_else_writes_its_memory(market):
    built = market("baseline", **SMALL)
    with pytest.raises(FrozenInstanceError):
        built.amazon.memory.price_belief = 1.0
    with pytest.raises(AttributeError):
        built.amazon.memory = None
    written = []
    for path in (ROOT / "model").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            written += [f"{path.name}: {ast.unparse(one)}" for one in targets if one and ".memory" in ast.unparse(one)]
            if isinstance(node, ast.Attribute) and node.attr in ("_memory", "_remember"):
                written.append(f"{path.name}: {ast.unparse(node)}")
    assert written == []


def test_it_decides_in_the_month_that_it_is_told(market):
    """Orders that stand at the start were placed before it; the clock stands still while they are."""
    built = market("baseline", **SMALL)
    now, months = built.month, []

    class Watching(Amazon):
        def capacity_order(self, lead_months, horizon_months=3, month=None):
            months.append((month, self.world.month))
            return super().capacity_order(lead_months, horizon_months, month)

    watched = ParcelMarket(built.settings, rng=1, roster={"amazon": Watching})
    lead = int(built.figures.build_lead_months)
    assert [month for month, _ in months] == [now + (ahead - lead) for ahead in range(0, lead, 3)]
    assert {clock for _, clock in months} == {now}
    before = watched.amazon.capacity_order(lead, month=now + -lead)
    assert before is None or before.arrives == now
    # Its plan brings as much of what is needed as arrives in time: seen from later, more has arrived already.
    books = built.own_books(built.amazon.index)
    coming = [float(built.amazon.capacity_coming(books, now + ahead).sum()) for ahead in (0, 60)]
    plan = built.amazon.announced_plan()
    assert coming[0] - coming[1] == pytest.approx(float(plan.monthly.sum()) * min(plan.months, lead + 3))


def test_it_does_not_see_beyond_the_month_in_which_it_looks(market):
    """UPS announced its cut in January 2025: seen from before, Amazon expects UPS to carry all in 2026."""
    built = market("baseline", start="2024-06", end="2025-06", history_mode="free_run", **SMALL)
    then, before, after = Month(2026, 12), Month(2024, 9), Month(2025, 2)
    told, untold = (built.announced_share("ups", then, now) for now in (after, before))
    assert told < 1.0 == untold == built.announced_share("fedex", then, after)


def test_what_it_expects_to_ship_in_many_months_is_what_it_expects_of_each(market):
    built = market("baseline", start="2024-06", end="2025-06", history_mode="free_run", **SMALL)
    begin = Month(2026, 4)
    of_each = [float(built.amazon_parcels_expected(begin + ahead).sum()) for ahead in range(36)]
    np.testing.assert_array_equal(built.amazon_totals_expected(begin, 36), of_each)
