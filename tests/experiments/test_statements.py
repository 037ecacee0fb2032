"""What every party has in its hands, against the payments one by one, and against accounts kept beside the ledger.

Every scenario of the library is played once here; what must hold in each of them is looked at here too.
"""

import numpy as np
import pandas as pd
import pytest

from experiments.gains import ACTORS, COST, TOTAL, WORTH, adding_up, gain_parts, gains, with_regional
from model.carriers import AMAZON, USPS
from model.market import ParcelMarket
from model.scenario import Scenario, scenario_names
from model.statements import CATEGORIES, payments, statement
from tests.floors import floors_hold_or_are_told, violations_are_counted
from tests.small import FEWER

#: Half a year with the contracts that follow those of the start.
MONTHS = 27
SMALL = {**FEWER, "n_shippers": 150}
#: Every scenario of the library but the one that is the baseline under another name.
NAMES = tuple(name for name in scenario_names() if name != "placebo")
# Series that hold the result of a party, and the sign with which they do.
OUTSIDE = {
    "enterprise": ("enterprise_shippers_paid_usd", -1),
    "mail_users": ("mail_users_paid_usd", -1),
    "consolidators": ("consolidators_result_usd", 1),
    "staff": ("staff_result_usd", 1),
    "suppliers": ("suppliers_result_usd", 1),
    "owners and lenders": ("lenders_result_usd", 1),
    "retirement funds": ("retirement_funds_result_usd", 1),
    "treasury": ("treasury_result_usd", 1),
}


class Played:
    """A market of a scenario and, month by month, Amazon's bill worked out beside the ledger."""

    def __init__(self, name, seed=1):
        settings = Scenario.load(name).with_changes({**SMALL, "end": "2027-03"})
        self.market = ParcelMarket(settings, rng=seed)
        self.bills = []
        for _ in range(MONTHS):
            self.market.step()
            self.bills.append(self._bill())
        self.paid = self.market.payments()

    def _bill(self):
        """From what was carried, worked and built, and from contracts that were missed."""
        market, flows = self.market, self.market.state.flows
        tendered = market.groups.tendered
        to_others = flows.allocation.value[market.groups.amazon.all].sum(axis=(0, 1, 3))
        sold = flows.allocation.value[tendered, :, AMAZON].sum()
        surcharges = (flows.allocation.accepted[tendered, :, AMAZON] * market.state.tariffs.surcharge[AMAZON]).sum()
        network = market.state.network
        built = (network.added_capital * market.figures.capital_annuity + network.earlier_charge)[AMAZON] / 12
        settled = -market.ledger.income("settlement", "amazon")
        return to_others.sum() + settled + flows.operating_cost[AMAZON] + built - sold - surcharges


@pytest.fixture(scope="module", params=NAMES)
def played(request):
    return _play(request.param)


_kept: dict[str, Played] = {}


def _play(name):
    if name not in _kept:
        _kept[name] = Played(name)
    return _kept[name]


def results_one_by_one(paid):
    """Result by month and party from the list of payments, with a plain loop."""
    counted = {category.name for category in CATEGORIES if category.in_result}
    cents = {}
    for row in paid.itertuples():
        if row.category in counted:
            amount = round(row.usd * 100)
            cents[row.month, row.payee] = cents.get((row.month, row.payee), 0) + amount
            cents[row.month, row.payer] = cents.get((row.month, row.payer), 0) - amount
    return cents


def test_every_party_has_in_its_hands_what_the_ledger_says(played):
    market, cents = played.market, results_one_by_one(played.paid)
    for position, month in enumerate(map(str, market.records.months)):
        row = {name: market.records[name][position] for name, _ in OUTSIDE.values()}
        for carrier, key in enumerate(market.carriers.keys):
            assert round(100 * market.records["profit_usd"][position, carrier]) == cents.get((month, key), 0), key
        for party, (series, sign) in OUTSIDE.items():
            assert round(100 * sign * row[series]) == cents.get((month, party), 0), party
        small = sum(value for (when, who), value in cents.items() if when == month and who.startswith("shippers "))
        assert round(-100 * market.records["small_shippers_paid_usd"][position]) == small
        assert sum(value for (when, _), value in cents.items() if when == month) == 0
    usps = market.records["usps_net_income_usd"]
    np.testing.assert_allclose(market.records["profit_usd"][:, USPS], usps, rtol=0, atol=0.005)


def test_the_floors_hold_every_month_or_a_dated_violation_says_otherwise(played):
    floors_hold_or_are_told(played.market)
    violations_are_counted(played.market)


def test_the_bill_of_amazon_is_what_it_carries_buys_and_builds(played):
    bill = played.market.records["amazon_delivery_bill_usd"]
    np.testing.assert_allclose(bill, played.bills, rtol=0, atol=2.0)  # whole cents an invoice
    per_parcel = played.market.records["amazon_delivered_cost_usd"] * played.market.state.flows.allocation.accepted[
        -2:
    ].sum(axis=(0, 1, 2, 3))
    own = played.bills[-1] + played.market.records["amazon_sales_usd"][-1] - played.market.state.flows.amazon_sales_cost
    assert per_parcel[-1] == pytest.approx(own, rel=1e-9)


def test_cash_is_what_all_payments_leave(played):
    market = played.market
    for party in ("usps", "amazon", "ups", "owners and lenders"):
        moved = statement(played.paid, party)["usd"].sum()
        opening = {
            "usps": market.figures.usps_cash_start * 1e9,
            "owners and lenders": -market.figures.usps_cash_start * 1e9,
        }
        assert moved + opening.get(party, 0.0) == pytest.approx(market.ledger.cash(party), abs=0.01)


@pytest.fixture(scope="module")
def runs():
    """Outcomes of every scenario of the library, as a comparison holds them."""
    found = {(name, 1): _play(name).market.outcomes() for name in NAMES}
    table = pd.DataFrame.from_dict(found, orient="index")
    return table.set_axis(pd.MultiIndex.from_tuples(table.index, names=["scenario", "seed"]))


def test_amazon_gains_where_its_bill_falls_and_nowhere_else(runs):
    bills = {name: sum(_play(name).bills) for name in NAMES}
    for first in NAMES:
        others = [name for name in NAMES if name != first]
        found = gains(runs, [first, *others])["gain"]
        for second in others:
            gain = float(found.loc[("Amazon", second)])
            assert gain == pytest.approx(bills[first] - bills[second], abs=60.0)
            if abs(bills[first] - bills[second]) > 60.0:
                assert np.sign(gain) == -np.sign(bills[second] - bills[first])


@pytest.mark.parametrize("scenario", ["withdraw", "auction_pay_as_bid", "debt_cap_raised"])
def test_parts_add_up_to_gains_and_gains_to_what_explains_them(runs, scenario):
    order = ["baseline", scenario]
    whole = gains(runs, order)["gain"].droplevel("scenario")
    parts = gain_parts(runs, order)["gain"].groupby("actor").sum()
    np.testing.assert_allclose(parts[whole.index], whole, rtol=0, atol=1.0)
    lines = adding_up(runs, order)["gain"].droplevel("scenario")
    assert lines[TOTAL] == pytest.approx(whole.sum(), abs=1.0)
    assert lines[TOTAL] == pytest.approx(lines[WORTH] + lines[COST], abs=1.0)
    assert lines.drop([TOTAL, WORTH, COST]).sum() == pytest.approx(lines[COST], abs=1.0)
    assert set(whole.index) == set(ACTORS)


def test_regional_carriers_are_all_but_the_four(runs):
    market = _play("baseline").market
    regional = with_regional(runs).loc[("baseline", 1), "regional_profit_usd"]
    assert regional == pytest.approx(market.records["profit_usd"][:, 4:].sum(), abs=1.0)


def test_whoever_builds_pays_for_it_over_its_life():
    """The cash goes at the order, the charge begins with the use and pays back capital with its return."""
    market = _play("baseline").market
    p, records = market.figures, market.records
    orders = [event for event in market.events if event.kind == "order" and event.actors == ("fedex",)]
    assert orders
    paid = records["capital_paid_usd"][:, 3]
    first = dict(orders[0].numbers)["capital_usd"]
    assert paid[orders[0].month - market.settings.start] == pytest.approx(first, abs=0.01)
    before = market.records["capital_charge_usd"][0, 3]
    arrives = orders[0].month + int(p.build_lead_months) - market.settings.start
    charge = records["capital_charge_usd"][arrives, 3] - records["capital_charge_usd"][arrives - 1, 3]
    assert charge == pytest.approx(first * p.capital_annuity / 12, abs=0.02)
    assert before >= 0.0
    # The annuity pays back what was put in: at the capital rate its present value is the capital.
    years = np.arange(1, int(p.capital_life_years) + 1)
    assert (first * p.capital_annuity / (1 + p.capital_rate) ** years).sum() == pytest.approx(first, rel=1e-9)


def test_the_announced_plan_is_paid_for_as_it_arrives():
    market = _play("baseline").market
    silent = ParcelMarket(Scenario.load("baseline").with_changes({**SMALL, "announced_plans": False}), rng=1)
    for _ in range(3):
        silent.step()
    with_plan = market.records["capital_paid_usd"][:2, AMAZON]
    assert (with_plan > silent.records["capital_paid_usd"][:2, AMAZON] + 1e8).all()
    total = 24 * float((with_plan - silent.records["capital_paid_usd"][:2, AMAZON]).mean())
    assert total == pytest.approx(market.figures.rural_plan_capital * 1e9, rel=0.05)


def test_what_shippers_pay_by_zone_is_what_the_ledger_has(played):
    """Money that is kept by place, beside the ledger, is the same; consolidators and own line-haul come on top."""
    records = played.market.records
    by_zone = records["quoted_paid_usd"].sum(axis=1)
    paid = records["enterprise_shippers_paid_usd"] + records["small_shippers_paid_usd"]
    paid = paid + records["paid_carriers_usd"].sum(axis=1)  # big shippers
    awarded = played.market.settings.access_auction != "none"
    gap = paid - by_zone
    if awarded:
        assert (gap > -3.0).all()
    else:
        np.testing.assert_allclose(gap, 0.0, atol=3.0)  # whole cents an invoice


def test_payments_name_who_pays_whom_for_what():
    market = _play("withdraw").market
    paid = payments(market.ledger, market.records.months)
    rows = paid[(paid["payer"] == "amazon") & (paid["payee"] == "usps") & (paid["category"] == "parcels")]
    settled = paid[(paid["payer"] == "amazon") & (paid["payee"] == "usps") & (paid["category"] == "settlement")]
    by_month = rows.groupby("month")["usd"].sum() + settled.groupby("month")["usd"].sum().reindex(
        rows["month"].unique(), fill_value=0.0
    )
    series = market.records["amazon_paid_usps_usd"]
    months = [str(month) for month in market.records.months]
    for month, value in by_month.items():
        assert value == pytest.approx(series[months.index(month)], abs=0.005)
    with pytest.raises(KeyError):
        statement(paid, "nobody")
