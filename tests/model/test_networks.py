"""Networks change: what is closed and what it saves, which contracts end, who fills, who enters and who leaves."""

import re

import numpy as np
import pytest

from agents.calendar import Month
from agents.regional import RegionalCarrier
from agents.shippers import Shippers
from model.borders import read_borders
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.contract_margins import contract_costs, contract_parcels, enterprise_quotes, margin_at, network_costs
from model.fixed_costs import fixed_costs
from model.market import ParcelMarket
from model.scenario import Scenario
from tests.small import FEWER

SHORT = {**FEWER, "n_shippers": 500}
ONTRAC, VEHO = 4, 5
ALONE = {"make_or_buy": False, "entry_and_exit": False, "rival_rules": False}


def numbers(run, kind, actor=None):
    return [(e.month, dict(e.numbers)) for e in run.events if e.kind == kind and (actor is None or actor in e.actors)]


def mergers(run):
    """Months since the start, buyer and leaver of all mergers so far, in order."""
    at = run.carriers.keys.index
    return [(e.month - run.settings.start, *map(at, e.actors)) for e in run.events if e.kind == "merger"]


# capacity


@pytest.fixture(scope="module")
def shrinking(finished):
    return finished("baseline", end="2027-12", growth_market=-0.06, growth_amazon_demand=0.0, **SHORT)


def test_idle_capacity_closes_after_the_lag_and_saves_fixed_cost(shrinking, market):
    run = shrinking
    at_start = market("baseline", growth_market=-0.06, growth_amazon_demand=0.0, **SHORT).state.network.capacity[FEDEX]
    closed = numbers(run, "closure", "fedex")
    assert closed
    lag = int(run.figures.closure_lag)
    assert min(month for month, _ in closed) >= run.settings.start + lag
    capacity = run.state.network.capacity[FEDEX]
    assert capacity.sum() < at_start.sum() * 1.05
    assert (capacity >= 0.0).all()
    merged = 1.0 - run.figures.fedex_network_saving
    spared = merged * run.state.books.fixed_cost[FEDEX] - fixed_costs(run)[FEDEX]
    promised = sum(values["saving_usd_per_year"] for _, values in closed) / 12
    assert 0.0 < spared <= promised * (1 + 1e-9)
    share = sum(values["annual_parcels"] for _, values in closed) / at_start.sum()
    assert promised <= run.figures.fixed_cost_recoverable * run.state.books.fixed_cost[FEDEX] * share * 1.1


def test_what_came_into_use_lately_stays(market):
    run = market("baseline", end="2027-12", growth_market=-0.06, **SHORT)
    for _ in range(12):
        run.step()
    lag, lead = int(run.figures.closure_lag), int(run.figures.build_lead_months)
    run.state.network.closures.clear()
    idle = run.fedex.closure(lag, lead)
    assert idle is not None
    zone = int(np.argmax(idle.annual_parcels))
    recent = np.zeros(run.zones.n_zones)
    recent[zone] = run.state.network.capacity[FEDEX, zone]
    months = int(run.figures.capacity_lock_months)
    run.state.network.recent.append((FEDEX, run.month + -(months - 1), recent))
    again = run.fedex.closure(lag, lead)
    assert again is None or again.annual_parcels[zone] == 0.0
    run.state.network.recent[-1] = (FEDEX, run.month + -months, recent)  # one month older: free again
    assert run.fedex.closure(lag, lead).annual_parcels[zone] == idle.annual_parcels[zone]


def test_amazon_closes_nothing_of_the_plan_within_the_lock(finished):
    run = finished("renew", end="2027-12", **SHORT)
    announced = run.amazon.announced_plan()
    plan = announced.monthly * announced.months
    assert (run.state.network.capacity[AMAZON] >= plan - 1e-6).all()
    assert run.state.network.coverage[AMAZON].min() >= run.state.network.start_coverage.min()


def test_without_the_levers_no_network_changes(finished):
    run = finished("baseline", end="2026-12", **ALONE, **SHORT)
    for kind in ("closure", "entry", "exit", "merger", "shed", "fill"):
        assert numbers(run, kind) == []
    regional = run.state.network.coverage[ONTRAC:]
    np.testing.assert_array_equal(regional, run.carriers.household_coverage[ONTRAC:])


# notices of UPS and FedEx


@pytest.fixture(scope="module")
def rivals(finished):
    return finished("baseline", end="2028-12", entry_and_exit=False, **SHORT)


@pytest.fixture(scope="module")
def demanding(finished):
    """Both want more than what they signed at the start was worth, and costs outrun prices."""
    return finished("baseline", end="2027-12", ups_shed_limit=100.0, fedex_fill_margin=0.3, **DEMANDING, **SHORT)


DEMANDING = {"wage_growth_other": 0.12, "price_increase_max": 0.02, "announced_plans": False}


def pairs(run, kind):
    """Month, seller and buyer of notices, or of answers to them."""
    order = slice(None) if kind == "shed" else slice(None, None, -1)
    return [(event.month, *event.actors[order]) for event in run.events if event.kind == kind]


def test_what_was_signed_was_worth_signing(market):
    """The cost of enterprise parcels is inverted: no contract of the start lies below its seller's limit."""
    run = market("baseline", end="2025-02", **SHORT)
    run.step()
    choice, parcels = run.state.choice, contract_parcels(run)
    assert (choice.enterprise_cost_factor <= 1.0).all()
    assert (choice.enterprise_cost_factor[:, :, [UPS, FEDEX]] > 0.5).all()  # an inversion, no free parcels
    below = 0
    for carrier in (run.ups, run.fedex):
        price = choice.enterprise_price[:, :, carrier.index]
        least = carrier.sourced_markup / (1.0 + carrier.sourced_markup)
        margin = margin_at(price, contract_costs(run)[:, :, carrier.index], parcels[:, :, carrier.index])
        assert (margin > least - 0.02).all()  # wages of the new year have come
        below += (
            margin_at(price, network_costs(run)[None, :, carrier.index], parcels[:, :, carrier.index]) < least
        ).sum()
    assert below > 10  # by the mean cost of the network many would have lost money from the first day


def test_notices_are_rare_and_each_is_answered(rivals):
    notices, answers = pairs(rivals, "shed"), pairs(rivals, "answer")
    contract_years = 2 * rivals.shippers.n_enterprise * rivals.settings.n_months / 12
    assert len(notices) < 0.06 * contract_years
    lead = int(rivals.figures.opening_lead_enterprise)
    ahead = int(rivals.figures.notice_months)
    last = rivals.settings.end + -(ahead - lead)
    for month, seller, buyer in notices:
        if month <= last:
            assert (month + (ahead - lead), seller, buyer) in answers
    # Nobody hears twice of the same contract, and nobody in the middle of a term.
    about = [event.about for event in rivals.events if event.kind == "shed"]
    assert len(about) == len(set(about))
    for event in (event for event in rivals.events if event.kind == "shed"):
        versions = [c for c in rivals.book.history if f"contract:{c.key}" in event.about]
        assert versions[0].expiry - event.month == ahead


def test_without_a_zone_of_agreement_there_is_a_notice(demanding, rivals):
    """Wages that outrun prices: both carriers let contracts end, and shippers answer one way or the other."""
    notices = pairs(demanding, "shed")
    assert {seller for _, seller, _ in notices} == {"ups", "fedex"}
    assert len(notices) > 2 * len([one for one in pairs(rivals, "shed") if one[0] <= demanding.settings.end])
    for carrier in (demanding.ups, demanding.fedex):
        least = carrier.least_markup() / (1.0 + carrier.least_markup())
        assert all(values["margin"] < least for _, values in numbers(demanding, "shed", carrier.key))
    assert numbers(demanding, "answer")


def test_what_is_asked_after_a_notice_covers_cost_and_markup(demanding):
    cost, quotes = contract_costs(demanding), enterprise_quotes(demanding)
    for carrier in (demanding.ups, demanding.fedex):
        rows = carrier.shed_shippers()
        least = cost[rows, :, carrier.index] * (1.0 + carrier.least_markup())
        assert (quotes[rows, :, carrier.index] >= least - 1e-9).all()


def test_who_accepts_signs_and_who_does_not_pays_quotes(market):
    class Stubborn(Shippers):
        """Accept nothing."""

        def accepts_prices(self, worth, asked):
            return np.zeros(len(worth), dtype=bool)

    scenario = Scenario.load("baseline").with_changes({"end": "2027-06", "n_shippers": 300, **DEMANDING})
    runs = [ParcelMarket(scenario, rng=1, roster=roster).run() for roster in (None, {"shippers": Stubborn})]
    for run, accepted in zip(runs, (1.0, 0.0), strict=True):
        answers = [event for event in run.events if event.kind == "answer"]
        assert answers
        assert {dict(event.numbers)["accepted"] for event in answers} <= {accepted, 0.0}
        for event in answers:
            buyer, seller = event.actors
            held, upcoming = run.book.get(seller, buyer), run.book.upcoming(seller, buyer)
            if dict(event.numbers)["accepted"]:
                assert upcoming is not None or held.in_force
            elif held.expiry <= run.settings.end:
                assert held.state == "terminated"
                assert upcoming is None
    usual, stubborn = (run.records["volume_parcels"][-6:, UPS].sum() for run in runs)
    assert stubborn <= usual  # without its contracts it sells no more


def test_ups_gives_up_at_most_its_limit_in_any_year(finished):
    run = finished("baseline", end="2027-12", **{**DEMANDING, "announced_plans": True}, **SHORT)
    shed = numbers(run, "shed", "ups")
    assert shed
    limit = run.figures.ups_shed_limit * 1e6
    for month, _ in shed:
        within = sum(values["daily_parcels"] for other, values in shed if 0 <= month - other < 12)
        assert within <= limit * (1 + 1e-9)
    # Amazon's announced cut is as much as UPS can give up: nothing else goes before it is nearly done.
    assert min(month for month, _ in shed) >= Month(2026, 6)


# FedEx


def test_fedex_fills_only_when_it_has_slack(market):
    run = market("baseline", end="2027-12", growth_market=-0.05, **SHORT)
    filled = []
    while not run.finished:
        run.step()
        if (run.month).quarter_start:
            books = run.own_books(FEDEX)
            slack = books.start_utilisation - run.figures.fedex_fill_gap - books.utilisation
            fill = run.state.tariffs.fill[:, FEDEX]
            assert fill.any() == (slack > 0.0)
            assert fill.max() <= run.figures.price_response_utilisation * max(slack, 0.0) + 1e-12
            filled.append(bool(fill.any()))
    assert any(filled)
    others = np.delete(run.state.tariffs.fill, FEDEX, axis=1)
    assert not others.any()


def test_merging_saves_a_share_of_fixed_cost_in_three_years(market):
    run = market("baseline", end="2030-12", make_or_buy=False, **SHORT)
    shares = []
    for months in (0, 17, 35, 60):
        run.month = run.settings.start + months
        shares.append(1.0 - fixed_costs(run)[FEDEX] / run.state.books.fixed_cost[FEDEX])
    saving = run.figures.fedex_network_saving
    assert shares == pytest.approx([saving / 36, saving / 2, saving, saving])
    assert fixed_costs(run)[UPS] == run.state.books.fixed_cost[UPS]


# regional carriers


def test_borders_have_two_sides_and_islands_none(market):
    borders = read_borders()
    run = market("baseline", end="2025-01", **SHORT)
    assert set(borders) == set(run.zones.state.tolist())
    assert borders["AK"] == borders["HI"] == frozenset()
    assert borders["ME"] == {"NH"}
    assert sum(map(len, borders.values())) == 2 * 109


def test_entry_goes_next_door_and_growth_keeps_to_its_cap(market):
    run = market("baseline", end="2028-12", **SHORT)
    borders, state = read_borders(), run.zones.state
    capacity, before = [], run.state.network.coverage.copy()
    opened = 0
    while not run.finished:
        capacity.append(run.state.network.capacity.sum(axis=1))
        run.step()
        coverage = run.state.network.coverage
        for month, buyer, leaver in mergers(run):
            if month == run.months_done - 1:  # what was taken over is no entry
                before[buyer] = np.maximum(before[buyer], before[leaver])
        for carrier in range(ONTRAC, len(coverage)):
            fresh = (before[carrier] == 0.0) & (coverage[carrier] > 0.0)
            served = set(state[before[carrier] > 0.0].tolist())
            for zone in np.flatnonzero(fresh):
                opened += 1
                assert borders[str(state[zone])] & served, f"{run.carriers.keys[carrier]} jumps to {state[zone]}"
        before = coverage.copy()
    assert opened > 3
    cap = 1.0 + run.figures.regional_growth_cap
    stations = run.figures.regional_stations_a_year * run.carrier_agents[VEHO].smallest_station()
    for month in range(12, len(capacity)):
        base = capacity[month - 12].copy()
        for when, buyer, leaver in mergers(run):
            if month - 12 <= when < month:  # the cap does not bind a merger: both networks count from the beginning
                base[buyer] += base[leaver]
        # Small ones grow by stations; those that take each other over, by the stations of both.
        grown = capacity[month][ONTRAC:] <= np.maximum(cap * base[ONTRAC:], base[ONTRAC:] + 2.0 * stations) + 1.0
        assert grown.all()
    target = run.figures.by_type("regional_household_coverage")[run.zones.zone_type]
    alone = run.records["bought_parcels"].sum(axis=0) == 0.0  # who sells beyond its routes may build there
    alone[:ONTRAC] = False
    assert (before[alone] <= target + 1e-9).all()
    assert run.balances()["parcels"] <= 1e-9


def test_what_a_regional_carrier_orders_opens_sooner(finished):
    """Contractors drive for it and its sorting space is leased: `regional_lead_months`, others' `build_lead_months`."""
    run = finished("baseline", end="2027-12", regional_lead_months=3, build_lead_months=9, **SHORT)
    leads = {}
    for event in run.events:
        if event.kind == "order" and (usable := re.search(r"usable from (\S+)", event.text)):
            leads.setdefault(event.actors[0], set()).add(Month.parse(usable[1]) - event.month)
    regional = {one.key for one in run.carrier_agents if isinstance(one, RegionalCarrier)}
    assert {key for key in leads if key in regional and leads[key] == {3}}
    assert {key for key in leads if key not in regional and leads[key] == {9}}
    assert all(found == ({3} if key in regional else {9}) for key, found in leads.items())


def test_no_room_to_grow_no_entry(finished):
    run = finished("baseline", end="2027-12", regional_growth_cap=0.0, regional_stations_a_year=0.0, **SHORT)
    assert numbers(run, "entry") == []
    reached = run.carriers.household_coverage.copy()
    for _, buyer, leaver in mergers(run):
        reached[buyer] = np.maximum(reached[buyer], reached[leaver])
    regional = run.state.network.coverage[ONTRAC:]
    assert (regional <= reached[ONTRAC:] + 1e-12).all()


def test_a_carrier_too_small_for_its_growth_cap_opens_a_station_a_quarter(market):
    run, alone = (market("baseline", regional_stations_a_year=stations, **SHORT) for stations in (4.0, 0.0))
    for each in (run, alone):
        each.state.network.capacity[VEHO] *= 1e6 / each.state.network.capacity[VEHO].sum()
    small, capped = (each.carrier_agents[VEHO] for each in (run, alone))
    assert small.build_room(3) == small.smallest_station() > capped.build_room(3) > 0.0
    large = run.carrier_agents[ONTRAC]
    assert large.build_room(3) == alone.carrier_agents[ONTRAC].build_room(3) > large.smallest_station()


def test_a_regional_carrier_with_lasting_losses_leaves_and_its_shippers_are_served(market):
    run = market("baseline", end="2026-12", **SHORT)
    start, key = run.settings.start, run.carriers.keys[VEHO]
    run.state.books.fixed_cost[VEHO] *= 50.0  # a loss in every month, December included
    customers = run.shippers.primary == VEHO
    assert customers.any()
    months = int(run.figures.regional_exit_cash_months)
    for _ in range(months):
        run.step()
    assert run.state.network.capacity[VEHO].sum() > 0.0
    run.step()
    (event,) = [e for e in run.events if e.kind == "exit" and key in e.actors]
    assert event.month == start + months
    assert event.actors == (key,)
    assert run.state.network.capacity[VEHO].sum() == run.state.network.coverage[VEHO].sum() == 0.0
    assert not (run.shippers.primary == VEHO).any()
    national = (run.shippers.primary[customers] == USPS) | np.isin(run.shippers.primary[customers], (UPS, FEDEX))
    assert national.mean() > 0.7  # some have looked around again since
    run.run()
    after = slice(months, None)
    assert run.records["volume_parcels"][after, VEHO].sum() == 0.0
    assert run.records["cost_usd"][months + 1 :, VEHO].sum() == 0.0
    shipped = run.records["shipped_parcels"][after].sum() + run.records["amazon_parcels"][after].sum()
    assert run.records["volume_parcels"][after].sum() == pytest.approx(shipped, rel=0.01)
    assert not [c for c in run.book.in_force() if key in (c.seller, c.buyer)]
    assert run.balances()["parcels"] <= 1e-9


def test_losses_that_stop_in_time_are_forgiven(market):
    run = market("baseline", end="2026-06", **SHORT)
    usual = run.state.books.fixed_cost[VEHO]
    run.state.books.fixed_cost[VEHO] = 50.0 * usual
    for _ in range(int(run.figures.regional_exit_cash_months) - 1):
        run.step()
    run.state.books.fixed_cost[VEHO] = 0.0
    run.run()
    assert [e for e in run.events if e.kind == "exit" and "veho" in e.actors] == []
