"""A regional carrier that would leave is taken over where that pays a neighbour; nothing is lost on the way."""

import numpy as np
import pytest

from agents.rules.entry import annuity_with_ramp
from agents.rules.mergers import MergerCase, merger_value
from model.contract_book import ContractBook
from model.events import EventLog
from model.phases.entry_exit import expanding, leave
from model.phases.mergers import mean_price, merger_case

SHORT = {"n_shippers": 300, "end": "2025-12"}
MEANS = {"takeover_working_months": 0}  # anybody can pay what comes in a merger: these tests are about what it moves
ONTRAC, MONTHS = 4, 4


def after_losses(market, leaver=ONTRAC, losing=(), **changes):
    """A market some months old: one carrier has lost all that its owners pay, some others lost last month."""
    run = market("baseline", **SHORT, **(MEANS | changes))
    for _ in range(MONTHS):
        run.step()
    for carrier in run.carrier_agents:
        carrier.negative_months = int(carrier.index in losing)
    run.carrier_agents[leaver].negative_months = int(run.figures.regional_exit_cash_months)
    run.carrier_agents[leaver].burned = 1e12
    return run


def of_kind(run, *kinds):
    return [event for event in run.events if event.kind in kinds]


def case(cash=1.0, touches=True, parcels=10.0, margin=2.0, fixed=5.0, bill=0.0):
    return MergerCase(cash, touches, np.full(3, parcels), np.full(3, margin), fixed, bill)


# the rule


def test_value_is_margin_less_fixed_cost_that_stays():
    assert merger_value(case(), 4.0) == pytest.approx(4.0 * (3 * 10.0 * 2.0 - 5.0))
    assert annuity_with_ramp(0.0, 36, 0, 1.0) == pytest.approx(3.0)  # customers that are there already


def test_who_can_buy_says_what_it_is_worth(market):
    run = market("baseline", **SHORT)
    buyer = run.agent("veho")
    assert buyer.takes_over(case(margin=9.0, cash=-1.0)) is None
    assert buyer.takes_over(case(margin=9.0, touches=False)) is None
    assert buyer.takes_over(case(fixed=60.0)) is None  # it must pay, not only cost nothing
    years = buyer.years_of_business(0, 1.0)
    assert buyer.takes_over(case(margin=3.0)) == pytest.approx(years * 85.0)
    means = run.figures.regional_runway * run.own_books(buyer.index).revenue
    assert buyer.takes_over(case(margin=3.0, bill=means)) is not None
    assert buyer.takes_over(case(margin=3.0, bill=means + 2.0)) is None  # it cannot pay until its customers do
    buyer.close_month(-1.0)
    assert buyer.takes_over(case(margin=3.0)) is None
    assert run.ups.takes_over(case(margin=3.0)) is None  # it is no regional carrier


def test_who_gives_up_goes_to_the_best_of_those_who_want_it(market):
    leaver = market("baseline", **SHORT).agent("ontrac")
    assert leaver.accepts_buyer({7: 4.0, 8: 9.0, 9: 9.0}) == 8
    assert leaver.accepts_buyer({}) is None


def test_nobody_takes_over_what_it_has_not_the_means_for(market):
    """OnTrac is some three times as large as the next one: who would buy it could not pay its drivers."""
    run = after_losses(market, takeover_working_months=3)
    leave(run)
    assert of_kind(run, "merger") == []
    assert [event.actors for event in of_kind(run, "exit")] == [("ontrac",)]


def test_owners_pay_for_losses_as_long_as_they_have_capital(market):
    run = market("baseline", **SHORT)
    carrier = run.agent("veho")
    revenue = run.own_books(carrier.index).revenue
    for _ in range(int(run.figures.regional_exit_cash_months)):
        carrier.close_month(-0.01 * revenue)
    assert not carrier.leaves()  # 12 % of its revenue is lost, 30 % is there
    while carrier.burned < run.figures.regional_runway * revenue:
        carrier.close_month(-0.01 * revenue)
    assert carrier.leaves()
    carrier.close_month(0.1)
    assert not carrier.leaves()


# the market


def pair(market):
    """A market in the month of a merger, before anything moves in it, and its twin without."""
    run, twin = after_losses(market), market("baseline", **SHORT, **MEANS)
    for _ in range(MONTHS):
        twin.step()
    leave(run)
    (event,) = of_kind(run, "merger")
    return run, twin, run.carriers.keys.index(event.actors[0]), event


@pytest.fixture(scope="module")
def merged(market):
    """Such a pair that tests share and must not change."""
    return pair(market)


def test_the_buyer_is_the_one_to_which_it_is_worth_most(merged, market):
    _, twin, buyer, event = merged
    p = twin.figures
    years = sum((1.0 - p.discount_rate_monthly) ** t for t in range(int(p.capital_life_years) * 12)) / 12
    twin = after_losses(market)
    value = {}
    for carrier in expanding(twin):
        expected = merger_case(twin, ONTRAC, carrier)
        if carrier != ONTRAC and twin.carrier_agents[carrier].takes_over(expected) is not None:
            earned = sum(n * margin for n, margin in zip(expected.parcels, expected.margin, strict=True))
            value[carrier] = years * (earned - expected.fixed)
    assert max(value, key=value.get) == buyer
    assert dict(event.numbers)["value_usd"] == pytest.approx(value[buyer])
    assert value[buyer] > 0.0
    assert event.actors[1] == "ontrac"
    assert of_kind(merged[0], "exit") == []


def test_networks_and_customers_are_joined(merged):
    run, twin, buyer, _ = merged
    now, before = run.state.network, twin.state.network
    both = [ONTRAC, buyer]
    np.testing.assert_allclose(now.capacity[buyer], before.capacity[both].sum(axis=0))
    np.testing.assert_array_equal(now.coverage[buyer], before.coverage[both].max(axis=0))
    np.testing.assert_allclose(now.in_place[buyer], before.in_place[both].sum(axis=0))
    ordered = sum(order.annual_parcels.sum() for order in before.pipeline if order.carrier in both)
    assert sum(order.annual_parcels.sum() for order in now.pipeline if order.carrier == buyer) == ordered
    assert now.capacity[ONTRAC].sum() == now.coverage[ONTRAC].sum() == 0.0
    stays = 1.0 - run.figures.fixed_cost_recoverable
    fixed, was = run.state.books.fixed_cost, twin.state.books.fixed_cost
    assert fixed[buyer] == pytest.approx(was[buyer] + stays * was[ONTRAC])
    assert fixed[ONTRAC] == 0.0
    theirs = twin.shippers.primary == ONTRAC
    assert theirs.any()
    assert (run.shippers.primary[theirs] == buyer).mean() > 0.5
    assert not (run.shippers.primary == ONTRAC).any()
    np.testing.assert_array_equal(run.shippers.primary[~theirs], twin.shippers.primary[~theirs])
    others = np.delete(now.capacity, both, axis=0), np.delete(before.capacity, both, axis=0)
    np.testing.assert_array_equal(*others)


def test_agreements_pass_on_with_their_terms(merged):
    run, twin, buyer, _ = merged
    key = run.carriers.keys[buyer]
    passed = 0
    for row, sellers in enumerate(twin.state.choice.enterprise_sellers):
        if ONTRAC not in sellers or buyer in sellers:
            continue
        old, new = twin.book.get("ontrac", run.groups.buyer(row)), run.book.get(key, run.groups.buyer(row))
        assert new.in_force
        assert (new.price, new.start, new.expiry) == (old.price, old.start, old.expiry)
        assert buyer in run.state.choice.enterprise_sellers[row]
        passed += 1
    assert passed > 0
    assert not [c for c in run.book.in_force() if "ontrac" in (c.seller, c.buyer)]


def test_balances_hold_and_the_buyer_delivers_what_it_took_over(market):
    run, twin, buyer, _ = pair(market)
    run.run()  # stops at the first month that does not balance
    twin.run()
    assert run.balances()["parcels"] <= 1e-9
    assert run.balances()["money"] == 0.0
    volume, without = run.records["volume_parcels"][MONTHS:], twin.records["volume_parcels"][MONTHS:]
    assert volume[0, buyer] > without[0, buyer] + 0.5 * without[0, ONTRAC]
    assert (volume[:, buyer] > without[:, buyer]).all()
    assert volume[:, ONTRAC].sum() == 0.0
    assert run.records["cost_usd"][MONTHS:, ONTRAC].sum() == 0.0
    shipped = run.records["shipped_parcels"][MONTHS:].sum() + run.records["amazon_parcels"][MONTHS:].sum()
    assert volume.sum() == pytest.approx(shipped, rel=0.01)
    agreed = [c for c in run.book.in_force() if c.seller == run.carriers.keys[buyer]]
    assert agreed  # they go on, repriced and renewed like any other


def test_without_a_candidate_it_leaves(market):
    run = after_losses(market, losing=range(ONTRAC + 1, 12))
    leave(run)
    (event,) = of_kind(run, "exit", "merger")
    assert (event.kind, event.actors) == ("exit", ("ontrac",))
    assert not (run.shippers.primary == ONTRAC).any()
    run.step()
    assert run.balances()["parcels"] <= 1e-9


def test_without_the_lever_nothing_happens(market):
    run = after_losses(market, entry_and_exit=False)
    run.step()
    assert of_kind(run, "exit", "merger") == []
    assert run.records["volume_parcels"][-1, ONTRAC] > 0.0


def test_nobody_steps_into_a_contract_beside_its_own(merged):
    run = merged[0]
    contract = run.book.get("ups", run.groups.buyer(0))
    book = ContractBook(EventLog())
    for seller in ("ups", "fedex"):
        book.hold(run.book.get(seller, run.groups.buyer(0)))
    with pytest.raises(ValueError, match="fedex cannot take over"):
        book.hand_over("ups", "fedex", contract.buyer, run.month)
    assert book.get("ups", contract.buyer).in_force


def test_what_a_parcel_pays_and_how_it_is_liked_do_not_jump(market):
    """Quotes rest on the cost of the routes that were there, and a name is worth what it was at home."""
    run = after_losses(market)
    k, before = run.carriers.keys, run.records["revenue_usd"][-1] / np.maximum(run.records["volume_parcels"][-1], 1.0)
    liked = run.state.choice.constants.copy()
    leave(run)
    (event,) = of_kind(run, "merger")
    buyer = k.index(event.actors[0])
    both = np.isfinite(liked[:, buyer]) & np.isfinite(liked[:, ONTRAC])
    low, high = (how(liked[both][:, [buyer, ONTRAC]], axis=1) for how in (np.min, np.max))
    now = run.state.choice.constants[both, buyer]
    assert ((low <= now) & (now <= high)).all()
    run.step()
    paid = run.records["revenue_usd"][-1, buyer] / run.records["volume_parcels"][-1, buyer]
    assert min(before[[buyer, ONTRAC]]) * 0.9 < paid < max(before[[buyer, ONTRAC]]) * 1.1


def test_last_years_prices_count_in_dollars_of_today(market):
    """A price that follows inflation month by month is today's price, whenever it was paid."""
    run = market("baseline", **SHORT, inflation=0.08)
    books = run.state.books
    for _ in range(6):
        run.step()
    level = [1.0] * 6 + [run.paths.price_level(month) for month in range(6)]
    run.months_done = 5  # as while the sixth month is played
    books.revenue[:, ONTRAC] = 7.0 * books.volume[:, ONTRAC] * np.array(level)
    assert mean_price(run, ONTRAC) == pytest.approx(7.0 * run.paths.price_level(5))
    assert mean_price(run, ONTRAC) > 1.02 * books.revenue[:, ONTRAC].sum() / books.volume[:, ONTRAC].sum()
