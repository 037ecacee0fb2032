"""Price plans: where a margin may not raise prices, the limits of USPS, floors that follow cost."""

import numpy as np
import pytest

from agents.rivals import Ups
from agents.rules.distress import Ladder, Rung
from agents.rules.pricing import OwnDemand, PriceResponse, paid_growth, raising_pays
from agents.usps import Usps
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.elasticities import long_run_demand
from model.market import ParcelMarket
from model.phases.prices import variable_costs
from model.scenario import Scenario
from tests.small import FEWER

SHORT = {**FEWER, "n_shippers": 500, "end": "2027-12"}
LIMITS = {"least": 0.0, "most": 0.037}


def one_segment(margin, elasticity, price=5.0):
    return OwnDemand(np.array([1e9]), np.array([price]), np.array([price * (1 - margin)]), np.array([elasticity]))


@pytest.mark.parametrize("elasticity", [-0.5, -1.0, -2.0, -4.0])
def test_raising_pays_up_to_a_margin_of_one_over_the_elasticity(elasticity):
    limit = 1.0 / abs(elasticity)
    assert raising_pays(one_segment(limit - 1e-6, elasticity))
    assert not raising_pays(one_segment(limit + 1e-6, elasticity))


def test_raising_pays_is_what_a_price_change_does_to_profit():
    rng = np.random.default_rng(4)
    for _ in range(200):
        parcels, price = rng.uniform(0.1, 3.0, 3) * 1e9, rng.uniform(3.0, 25.0, 3)
        cost, elasticity = price * rng.uniform(0.2, 1.1, 3), -rng.uniform(0.2, 4.0, 3)

        profit = [(parcels * (1 + step) ** elasticity * (price * (1 + step) - cost)).sum() for step in (-1e-6, 1e-6)]
        assert raising_pays(OwnDemand(parcels, price, cost, elasticity)) == (profit[1] > profit[0])


def test_a_poor_margin_raises_prices_only_where_that_pays():
    response = PriceResponse(0.7, 0.5, 0.2, 0.1)
    situation = {"inflation": 0.02, "cost_growth": 0.02, "utilisation_gap": 0.0, "rival_ratio": 1.0} | LIMITS
    plain = paid_growth(response, margin_gap=0.0, **situation)
    assert paid_growth(response, margin_gap=0.02, **situation) > plain
    assert paid_growth(response, margin_gap=0.02, margin_may_raise=False, **situation) == plain
    assert paid_growth(response, margin_gap=-0.02, margin_may_raise=False, **situation) < plain


@pytest.mark.parametrize("reached_decide", [0, 1])
@pytest.mark.parametrize("carrier", [USPS, AMAZON, UPS, FEDEX, 4])
def test_the_elasticity_is_that_of_the_parcels(market, carrier, reached_decide):
    """Against parcels recomputed at prices a little higher."""
    built = market(n_shippers=400, end="2025-01", reached_addresses_decide=reached_decide)

    def demand(step):
        tariffs = built.state.tariffs
        level, surcharge = tariffs.level.copy(), tariffs.surcharge.copy()
        tariffs.level[:, carrier] *= 1 + step
        tariffs.surcharge[carrier] *= 1 + step
        found = long_run_demand(built.figures, built.shippers, built.state, built.mix, built.national, built.home)
        tariffs.level, tariffs.surcharge = level, surcharge
        return found

    here, up, down = demand(0.0), demand(1e-5), demand(-1e-5)
    sold = here.parcels[:, carrier] > 0.0
    found = np.log(up.parcels[sold, carrier] / down.parcels[sold, carrier]) / np.log((1 + 1e-5) / (1 - 1e-5))
    np.testing.assert_allclose(here.elasticity[sold, carrier], found, rtol=1e-5)
    np.testing.assert_allclose(here.parcels.sum(axis=1), built.annual_parcels.sum(axis=0))


def test_prices_fall_where_cost_does_but_no_further_than_a_carrier_cuts():
    response = PriceResponse(0.7, 0.5, 0.2, 0.1)
    situation = {"inflation": 0.02, "margin_gap": 0.0, "utilisation_gap": 0.0, "rival_ratio": 1.0, "most": 0.037}
    falling = paid_growth(response, cost_growth=-0.06, least=-0.068, **situation)
    assert falling == pytest.approx(0.02 + 0.7 * -0.08)
    assert paid_growth(response, cost_growth=-0.06, least=0.0, **situation) == 0.0
    assert paid_growth(response, cost_growth=-0.5, least=-0.068, **situation) == -0.068


def test_usps_files_no_general_cut(market):
    built = market(n_shippers=300, end="2025-01")
    assert built.usps.largest_cut() == 0.0
    assert built.ups.largest_cut() == built.figures.price_cut_max


def test_limits_on_prices_are_real_where_inflation_is_high(market):
    """With prices that rise by 8 % a year nobody can be held to 3.7 % of what is paid."""
    usual, high = (market(n_shippers=300, end="2025-01", inflation=rate) for rate in (0.0, 0.08))
    assert usual.ups.largest_increase() == pytest.approx(0.53 * 0.069)
    assert high.ups.largest_increase() == pytest.approx(0.08 + 0.032)


@pytest.mark.parametrize("step", [0.03, 0.06, 0.1])
def test_the_price_step_of_usps_binds_it_and_nothing_else_does(market, step):
    built = market(n_shippers=300, end="2025-01", usps_price_step_max=step)
    assert built.usps.largest_increase() == pytest.approx(0.53 * (built.figures.inflation + step))


def test_usps_in_distress_uses_its_price_step(market):
    built = market(n_shippers=300, end="2025-06")
    calm = built.usps.price_increase()
    assert calm < built.usps.largest_increase()
    built.usps.ladder = Ladder(((Rung.DEFERRAL, built.month),))
    assert built.usps.price_increase() == built.usps.largest_increase()


def test_usps_counts_its_cost_like_for_like(market):
    """Another mix of parcels is no growth of cost; wages are."""
    built = market(n_shippers=300, end="2025-06")
    before = built.own_books(USPS).cost_growth
    built.state.books.cost[:, USPS] *= 1.3
    assert built.own_books(USPS).cost_growth == before
    built.state.environment.wage_usps *= 1.1
    assert before + 0.04 < built.own_books(USPS).cost_growth < before + 0.1


def test_the_list_prices_of_amazon_follow_its_sales_margin(finished):
    """They stood still while its margin fell from 40 to 21 % of its sales: no price could fall."""
    run = finished("baseline", **SHORT)
    changes = [event for event in run.events if event.kind == "price" and event.actors == ("amazon",)]
    assert {event.month.year for event in changes} >= {2026, 2027}
    assert dict(changes[0].numbers)["paid_growth"] < 0.0  # it earns more on its sales than it aims at


@pytest.mark.parametrize("key", ["ontrac", "veho", "uniuni", "speedx", "jitsu"])
def test_a_regional_carrier_that_reaches_a_fifth_more_sells_a_fifth_more(market, key):
    """In the homes where it could be a primary carrier already; all reach enough for that."""
    built = market(n_shippers=400, end="2025-01")
    carrier = built.carriers.keys.index(key)

    def sold():
        found = long_run_demand(built.figures, built.shippers, built.state, built.mix, built.national, built.home)
        return found.parcels[:, carrier].sum()

    before = sold()
    built.state.network.coverage[carrier] *= 1.2
    assert sold() / before == pytest.approx(1.2)


def test_carriers_whose_margin_may_not_raise_prices_are_told(finished):
    told = {
        event.actors[0]: dict(event.numbers)["margin_may_raise"]
        for event in finished("baseline", **SHORT).events
        if event.kind == "price" and "margin_may_raise" in dict(event.numbers)
    }
    assert told["usps"] == 1.0  # demand for its economy parcels hardly answers to its price
    keen = finished("baseline", price_coef_economy=1.1, price_coef_ground=0.5, price_coef_premium=0.25, **SHORT)
    blocked = [e for e in keen.events if e.kind == "price" and dict(e.numbers).get("margin_may_raise") == 0.0]
    assert {"ups", "fedex"} <= {event.actors[0] for event in blocked}
    assert any("demand would fall too far" in event.text for event in blocked if "announced" not in event.text)


def test_usps_stays_below_its_rivals_and_inside_its_step(finished):
    run = finished("baseline", announced_plans=False, competitive_margin=0.38, **SHORT)
    p, tariffs = run.figures, run.state.tariffs
    cap = p.usps_price_parity_cap * np.minimum(tariffs.level[:, UPS], tariffs.level[:, FEDEX])
    assert (tariffs.level[:, USPS] <= np.maximum(cap, tariffs.start_level[:, USPS]) * (1 + 1e-9)).all()
    for event in run.events:
        if event.kind == "price" and event.actors == ("usps",) and "list_growth" in dict(event.numbers):
            assert dict(event.numbers)["list_growth"] <= p.inflation + p.usps_price_step_max + 1e-9


def test_quotes_never_fall_below_floors_that_follow_cost(market):
    run = market("baseline", wage_growth_usps=0.1, wage_growth_other=0.1, **{**SHORT, "end": "2026-12"})
    start = run.start_floor.copy()
    sold = np.isfinite(run.state.choice.constants)
    before = start
    while not run.finished:
        run.step()
        floor = run.state.tariffs.floor
        assert (floor[sold] > before[sold] * 0.98).all()  # density moves it a little from month to month
        before = floor.copy()
        flows, tendered = run.state.flows, run.groups.tendered
        accepted, value = flows.allocation.accepted[tendered], flows.allocation.value[tendered]
        overflow = run.state.flows.allocation.overflow
        if overflow is not None:
            continue
        paid = value.sum(axis=(0, 3))[:, USPS] / accepted.sum(axis=(0, 3))[:, USPS]
        assert (paid >= floor[:, USPS] * (1 - 1e-9)).all()
    assert (floor[sold] / start[sold] > 1.05).all()  # wages of two years, less what density and other costs take back
    cost = variable_costs(run)[:, USPS]
    np.testing.assert_allclose(floor[:, USPS], cost, rtol=0.02)  # the statutory floor is attributable cost


class ThriftyUps(Ups):
    def largest_increase(self):
        return 0.01


class GenerousUsps(Usps):
    def largest_increase(self):
        return super().largest_increase() / 2


def test_the_largest_increase_is_the_partys_own():
    """No list price grows beyond what the class of the carrier allows it."""
    settings = Scenario.load("baseline").with_changes({"n_shippers": 120, "end": "2025-07", "announced_plans": False})
    usual, own = (
        ParcelMarket(settings, rng=1, roster=roster).run() for roster in ({}, {"ups": ThriftyUps, "usps": GenerousUsps})
    )
    pass_through = usual.figures.list_to_paid_pass_through
    for carrier, largest in ((UPS, 0.01), (USPS, usual.usps.largest_increase() / 2)):
        assert usual.state.tariffs.list_growth[carrier] * pass_through > largest
        assert own.state.tariffs.list_growth[carrier] * pass_through == pytest.approx(largest)


class WatchfulUps(Ups):
    """Remembers the demand that its price plan was made from."""

    def price_increase(self):
        self.plans_from = self.world.own_demand(self.index)
        return super().price_increase()


def test_looking_at_demand_between_two_months_changes_nothing():
    """A price plan is made from demand as it is when plans begin, not as someone saw it before."""
    settings = Scenario.load("baseline").with_changes({"n_shippers": 120, "end": "2026-01", "announced_plans": False})
    markets = [ParcelMarket(settings, rng=1, roster={"ups": WatchfulUps}) for _ in range(2)]
    for _ in range(settings.n_months):
        markets[0].own_demand(UPS)
        for market in markets:
            market.step()
    left, right = (market.ups.plans_from for market in markets)
    assert np.array_equal(left.variable_cost, right.variable_cost)
    assert np.array_equal(left.parcels, right.parcels)


@pytest.mark.parametrize("start", ["2019-01", "2025-01"])
def test_the_first_plan_takes_cost_to_have_grown_with_prices(market, start):
    """The year before is in no books; as if cost had stood still, prices began most of a year's inflation too low."""
    built = market(n_shippers=300, start=start, end=f"{start[:4]}-02", announced_plans=False)
    built.step()
    priced = [event for event in built.events if event.kind == "price"]
    assert {"ups", "fedex", "ontrac"} <= {event.actors[0] for event in priced}
    for event in priced:
        carrier = built.carriers.keys.index(event.actors[0])
        if carrier == AMAZON:
            continue  # it cuts: its margin is far beyond what it wants
        numbers, margin = dict(event.numbers), built.state.books.start_margin[carrier]
        gap = built.carrier_agents[carrier].target_margin - margin
        wanted = built.figures.inflation + built.figures.price_response_margin * min(gap, 0.0)
        most = built.carrier_agents[carrier].largest_increase()
        assert numbers["paid_growth"] == pytest.approx(min(wanted, most), abs=0.012)
