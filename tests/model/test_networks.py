"""Networks change: what is closed and what it saves, what UPS sheds, when FedEx fills, who enters and who leaves."""

import numpy as np
import pytest

from agents.calendar import Month
from model.borders import read_borders
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.contract_margins import contract_cost, contract_margins, enterprise_quotes
from model.fixed_costs import fixed_costs

SHORT = {"n_shippers": 500}
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
    run = finished("renew", **SHORT)
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


# UPS


@pytest.fixture(scope="module")
def rivals(finished):
    return finished("baseline", entry_and_exit=False)


def test_ups_sheds_at_most_its_limit_in_any_year(rivals):
    shed = numbers(rivals, "shed", "ups")
    assert len(shed) > 5
    limit = rivals.figures.ups_shed_limit * 1e6
    for month, _ in shed:
        within = sum(values["daily_parcels"] for other, values in shed if 0 <= month - other < 12)
        assert within <= limit * (1 + 1e-9)
    assert all(values["margin"] < rivals.figures.required_contract_margin for _, values in shed)
    # Amazon's announced cut is as much as UPS can shed: nothing else goes before it is nearly done.
    assert min(month for month, _ in shed) >= Month(2026, 6)


def test_a_shed_contract_ends_after_notice_and_comes_back_at_the_margin_wanted(rivals):
    ended = []
    for event in [e for e in rivals.events if e.kind == "shed" and e.month < Month(2030, 1)]:
        versions = [c for c in rivals.book.history if (c.seller, c.buyer) == ("ups", event.actors[1])]
        noticed = next(c for c in versions if c.ends == event.month + c.notice_months)
        over = [c for c in versions if c.start == noticed.start][-1]
        assert over.state in ("terminated", "expired", "replaced")
        # It runs to the end of the notice, or of its term; then quotes hold until the next agreement.
        again = [c for c in versions if c.start > noticed.start and c.state == "active"]
        assert all(c.start >= min(noticed.ends, noticed.expiry) for c in again)
        assert all(sum(c.price) > 0.98 * sum(over.price) for c in again)
        ended.append(over.state)
    row = max(rivals.ups.reviewed_until)
    _, cost = contract_cost(rivals, UPS)
    least = cost[row] / (1.0 - rivals.figures.required_contract_margin)
    assert (enterprise_quotes(rivals)[row, :, UPS] >= least - 1e-9).all()
    assert "terminated" in ended


def test_shedding_lifts_the_margins_of_what_stays(finished, rivals):
    without = finished("baseline", entry_and_exit=False, rival_rules=False)

    def mean_margin(run):
        margin, parcels = contract_margins(run, UPS)
        return np.average(margin, weights=parcels)

    assert mean_margin(rivals) > mean_margin(without) + 0.01
    assert rivals.records["volume_parcels"][-12:, UPS].sum() < without.records["volume_parcels"][-12:, UPS].sum()


def test_no_required_margin_no_shedding(finished):
    run = finished("baseline", end="2027-12", required_contract_margin=0.0, ups_shed_limit=0.0, **SHORT)
    assert numbers(run, "shed") == []


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
    for month in range(12, len(capacity)):
        base = capacity[month - 12].copy()
        for when, buyer, leaver in mergers(run):
            if month - 12 <= when < month:  # the cap does not bind a merger: both networks count from the beginning
                base[buyer] += base[leaver]
        grown = capacity[month][ONTRAC:] <= cap * base[ONTRAC:] + 1.0
        assert grown.all()
    target = run.figures.by_type("regional_household_coverage")[run.zones.zone_type]
    alone = run.records["bought_parcels"].sum(axis=0) == 0.0  # who sells beyond its routes may build there
    alone[:ONTRAC] = False
    assert (before[alone] <= target + 1e-9).all()
    assert run.balances()["parcels"] <= 1e-9


def test_no_growth_cap_no_entry(finished):
    run = finished("baseline", end="2027-12", regional_growth_cap=0.0, **SHORT)
    assert numbers(run, "entry") == []
    reached = run.carriers.household_coverage.copy()
    for _, buyer, leaver in mergers(run):
        reached[buyer] = np.maximum(reached[buyer], reached[leaver])
    regional = run.state.network.coverage[ONTRAC:]
    assert (regional <= reached[ONTRAC:] + 1e-12).all()


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
