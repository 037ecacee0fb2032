"""Shocks: what each moves and when, how far prices follow, who gains, and that without one nothing moves."""

import numpy as np
import pytest

from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.history import Shock
from tests.small import FEWER

FEW = {**FEWER, "n_shippers": 150}
YEARS = {**FEW, "end": "2027-12"}
FUEL = {**YEARS, "fuel_shock_months": 14}
BEGINS = 12  # months from the start of the run to January 2026
BILLION = 1e9


def played(market, name, months, **changes):
    run = market(name, 1, **{**FEW, **changes})
    for _ in range(months):
        run.step()
    return run


def by_year(values):
    return values.reshape(-1, 12, *values.shape[1:]).sum(axis=1)


def test_a_shock_arrives_evenly_and_ends():
    shock = Shock(0.3, begins=2, rises=3, lasts=5)
    np.testing.assert_allclose([shock.at(month) for month in range(9)], [0, 0, 0.1, 0.2, 0.3, 0.3, 0.3, 0, 0])


@pytest.mark.thorough
def test_a_shock_of_nothing_changes_nothing(finished, differences):
    """To the last bit, and the same before the first month of one that comes to something."""
    nothing = {
        "fuel_shock": True,
        "fuel_shock_size": 0.0,
        "wage_shock": "all",
        "wage_shock_size": 0.0,
        "interest_shock": True,
        "interest_shock_size": 0.0,
        "labour_dispute": "ups",
        "labour_dispute_utility": 0.0,
    }
    base, until = finished("baseline", **YEARS), BEGINS + 8
    same = finished("baseline", **{**FEW, "end": str(base.settings.start + (until - 1))}, **nothing)
    assert differences(base, same, months=until) == []
    for name, changes in (("fuel_shock", FUEL), ("wage_shock", YEARS), ("labour_dispute", YEARS)):
        assert differences(base, finished(name, **changes), months=BEGINS) == []


def test_fuel_costs_at_once_and_surcharges_follow_within_a_quarter(market):
    run = played(market, "fuel_shock", BEGINS + 1)
    books, p = run.state.books, run.figures
    cost, fuel = books.cost[-1, FEDEX], books.shock_cost[-1, 0, FEDEX]
    assert 0.057 < fuel / p.fuel_shock_size / (cost - fuel) < 0.069  # FedEx, fiscal 2024 and 2023
    assert (run.state.tariffs.follows == 0.0).all()
    for _ in range(2):
        run.step()
    per_parcel = books.shock_cost[-1, 0] / np.maximum(books.volume[-1], 1.0)
    follows = run.state.tariffs.follows
    np.testing.assert_allclose(follows[[UPS, FEDEX]], p.fuel_pass_through * per_parcel[[UPS, FEDEX]], rtol=0.03)
    assert follows[AMAZON] > 0.0
    assert follows[USPS] == 0.0
    surcharge = run.state.tariffs.surcharge[:, run.zones.zone_type == 0]
    np.testing.assert_allclose(surcharge, np.broadcast_to(follows[:, None], surcharge.shape))  # March: nothing else


def test_fuel_is_not_in_the_list_too_and_leaves_prices_as_it_leaves_cost(finished):
    """The yearly plan answers the cost that no surcharge follows; what is left of fuel there is lost volume's doing."""
    base, run = finished("baseline", **YEARS), finished("fuel_shock", **FUEL)
    level = run.records["list_price_usd"][:, UPS] / base.records["list_price_usd"][:, UPS] - 1.0
    paid = run.records["revenue_usd"][:, UPS] / run.records["volume_parcels"][:, UPS]
    usual = base.records["revenue_usd"][:, UPS] / base.records["volume_parcels"][:, UPS]
    extra = (paid / usual - 1.0)[BEGINS + 2 : BEGINS + 6].mean()
    assert 0.01 < extra < 0.03
    assert np.abs(level[BEGINS : BEGINS + 14]).max() < 0.25 * extra  # one yearly change lies in between
    assert run.state.tariffs.follows[UPS] == 0.0


def test_the_general_increase_takes_wages_in_and_does_not_raise_twice(finished):
    base, run = finished("baseline", **YEARS), finished("wage_shock", **YEARS)
    assert run.agent("ups").wages_in_list == pytest.approx(np.log1p(run.figures.wage_shock_size), rel=1e-9)
    assert run.state.tariffs.follows[UPS] == pytest.approx(0.0, abs=1e-9)
    level = run.records["list_price_usd"][:, UPS, 0] / base.records["list_price_usd"][:, UPS, 0] - 1.0
    year, next_january = slice(BEGINS, BEGINS + 12), BEGINS + 12
    np.testing.assert_array_equal(level[:next_january], 0.0)  # a surcharge, no list price
    wages = run.records["wages_usd"][year, UPS].sum() * (1.0 - 1.0 / (1.0 + run.figures.wage_shock_size))
    passed = run.figures.wage_pass_through * wages / run.records["revenue_usd"][year, UPS].sum()
    assert level[next_january] == pytest.approx(passed, rel=0.15)
    assert level[-1] == pytest.approx(level[next_january], rel=1e-9)
    # Contracts follow by what the surcharge had brought, not by what a list increase is worth after discounts.
    growth = [one.state.tariffs.list_growth[UPS] for one in (base, run)]
    assert growth[1] - growth[0] == pytest.approx(run.agent("ups").taken_in, rel=0.3)


def test_wages_cost_a_private_carrier_profit_at_first(finished):
    many = {**YEARS, "n_shippers": 600}  # with fewer it is luck in which year the loss is larger
    base, run = finished("baseline", **many), finished("wage_shock", **many)
    lost = (base.records["profit_usd"] - run.records["profit_usd"])[:, UPS]
    paid = run.records["wages_usd"][:, UPS] * (1.0 - 1.0 / (1.0 + run.figures.wage_shock_size))
    assert lost[BEGINS] == pytest.approx(paid[BEGINS], rel=0.1)
    within = slice(BEGINS + 3, BEGINS + 9)
    assert 0.0 < lost[within].sum() < 0.7 * paid[within].sum()
    assert by_year(lost)[2] < by_year(lost)[1]
    gained = by_year(run.records["volume_parcels"] - base.records["volume_parcels"])[1:, USPS]
    assert (gained > 0.0).all()  # its wages and prices are what they were


def test_wages_of_usps_are_most_of_its_cost(finished):
    end = {**FEW, "end": "2026-12", "distress_ladder": False}
    base, run = finished("baseline", **end), finished("wage_shock", **end, wage_shock="usps")
    lost = by_year(base.records["usps_net_income_usd"] - run.records["usps_net_income_usd"])[1] / BILLION
    assert 5.5 < lost < 9.0  # a tenth of what it pays its staff
    assert run.state.tariffs.follows.max() == 0.0


def test_interest_moves_with_money_that_is_new(finished):
    end = {**FEW, "end": "2027-12", "debt_cap": "raised", "usps_cash_start": 3.0, "distress_ladder": False}
    base, run = finished("baseline", **end), finished("dear_money", **end)
    month = 30
    debt = base.records["usps_debt_usd"][month - 1]
    new = debt - base.figures.usps_debt_start * BILLION
    assert new > BILLION
    more = run.records["usps_interest_paid_usd"][month] - base.records["usps_interest_paid_usd"][month]
    borrowed = run.records["usps_debt_usd"][month - 1] - debt  # interest itself is borrowed, too
    rate = base.paths.interest_rate(month) + base.figures.usps_borrowing_premium
    size = run.figures.interest_shock_size
    assert more == pytest.approx((size * (new + borrowed) + rate * borrowed) / 12, rel=1e-6)
    assert more > 0.0


def test_what_stands_keeps_its_rate_and_what_comes_bears_the_new_one(market):
    run = played(market, "dear_money", BEGINS)
    stood, before = run.state.network.added_capital.copy(), run.figures.capital_annuity
    assert stood[AMAZON] > 0.0
    for _ in range(6):
        run.step()
    came, now = run.state.network.added_capital - stood, run.figures.capital_annuity
    assert now > before
    assert came[AMAZON] > 0.0
    charge = run.records["capital_charge_usd"][-1]
    np.testing.assert_allclose(charge, (stood * before + came * now) / 12, atol=0.01)


def test_dear_money_builds_less(finished):
    base, run = finished("baseline", **YEARS), finished("dear_money", **YEARS)
    built = [one.records["capital_paid_usd"][BEGINS:, [AMAZON, UPS, FEDEX]].sum() for one in (base, run)]
    assert built[1] < built[0]


def test_a_dispute_takes_its_utility_from_the_choice(market):
    """In its first month habits and prices are those of before: the odds against a rival fall by exp(utility)."""
    months = BEGINS + 6
    base, run = played(market, "baseline", months), played(market, "labour_dispute", months)
    odds = [
        one.state.choice.enterprise_share[:, :, UPS] / one.state.choice.enterprise_share[:, :, FEDEX]
        for one in (base, run)
    ]
    np.testing.assert_allclose(odds[1] / odds[0], np.exp(-run.figures.labour_dispute_utility), rtol=1e-9)


def test_a_dispute_diverts_parcels_and_part_of_them_stays_away(finished):
    years = {**YEARS, "n_shippers": 400}  # what stays away is less than the luck of few
    base = finished("baseline", **years)
    begins, ends, later = BEGINS + 5, BEGINS + 8, slice(BEGINS + 17, BEGINS + 20)  # of the next year

    def lost(run, months, carriers=UPS):
        volume = [one.records["volume_parcels"][months][:, carriers].sum() for one in (base, run)]
        return 1.0 - volume[1] / volume[0]

    run, small = finished("labour_dispute", **years), finished("labour_dispute", **years, labour_dispute_utility=0.3)
    during = slice(begins, ends)
    assert lost(run, slice(0, begins)) == 0.0
    assert 0.0 < 2.0 * lost(small, during) < lost(run, during) < 0.4
    assert 0.0 < lost(run, later) < 0.7 * lost(run, during)  # habit: part of them, a year later
    volume = [one.records["volume_parcels"][during] for one in (base, run)]
    gained = volume[1].sum(axis=0) - volume[0].sum(axis=0)
    gained[UPS] = 0.0
    left = (volume[0] - volume[1])[:, UPS].sum()
    not_shipped = base.records["quoted_parcels"][during].sum() - run.records["quoted_parcels"][during].sum()
    assert gained.sum() == pytest.approx(left - not_shipped, rel=0.02)
    assert gained[FEDEX] > gained[USPS] > 0.0
    told = [event.text for event in run.events if event.kind == "shock"]
    assert len(told) == 2
    assert "UPS" in told[0]
