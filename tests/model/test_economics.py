"""Signs that economics demands, each with one lever or figure changed and the same luck."""

import numpy as np
import pytest

from tests.small import FEWER

USPS, AMAZON, UPS, FEDEX = range(4)
TWO_YEARS = {**FEWER, "end": "2026-12", "n_shippers": 500}
ONE_YEAR = {**TWO_YEARS, "end": "2025-12"}


def yearly(run, series):
    """Sums of a record over calendar years, all other axes included."""
    values = run.records[series]
    return values.reshape(len(values) // 12, -1).sum(axis=1)


def usps_unit_cost(run):
    """Attributable cost of a USPS parcel by year, as staffed."""
    cost = yearly(run, "usps_parcel_revenue_usd") - yearly(run, "usps_parcel_contribution_usd")
    return cost / run.records["volume_parcels"][:, USPS].reshape(-1, 12).sum(axis=1)


# Amazon leaves USPS


@pytest.fixture(scope="module")
def base(finished):
    return finished("baseline", usps_amazon_volume="kept", negotiation=False, **TWO_YEARS)


@pytest.fixture(scope="module")
def withdraw(finished):
    return finished("withdraw", negotiation=False, **TWO_YEARS)


def test_a_withdrawal_costs_usps_income_each_year(base, withdraw):
    loss = yearly(base, "usps_net_income_usd") - yearly(withdraw, "usps_net_income_usd")
    assert (loss > 0.5e9).all()
    assert loss[1] > loss[0]
    assert (yearly(withdraw, "usps_parcel_contribution_usd") < yearly(base, "usps_parcel_contribution_usd")).all()
    assert withdraw.records["usps_cash_usd"][-1] < base.records["usps_cash_usd"][-1]


def test_a_withdrawal_costs_amazon_more_in_the_first_two_years(base, withdraw):
    cost = [run.records["amazon_delivered_cost_usd"].reshape(2, 12).mean(axis=1) for run in (base, withdraw)]
    assert (cost[1] > cost[0]).all()


def test_a_withdrawal_that_cannot_be_delivered_spills_over(base, withdraw):
    assert (yearly(withdraw, "amazon_short_parcels") > 10 * yearly(base, "amazon_short_parcels")).all()
    for series in ("amazon_via_ups_parcels", "amazon_via_fedex_parcels"):
        assert (yearly(withdraw, series) > yearly(base, series) + 50e6).all()
    on_time = [run.records["on_time_share"][:, [AMAZON, UPS, FEDEX]].mean() for run in (base, withdraw)]
    assert on_time[1] < on_time[0]
    assert withdraw.records["utilisation_share"][11, USPS] < base.records["utilisation_share"][11, USPS]


def test_the_parcels_that_leave_are_delivered_by_somebody(base, withdraw):
    for run in (base, withdraw):
        channels = sum(yearly(run, f"amazon_{name}_parcels") for name in ("own", "via_usps", "via_ups", "via_fedex"))
        np.testing.assert_allclose(channels.sum(), yearly(run, "amazon_parcels").sum(), rtol=1e-3)
    at_usps = withdraw.records["amazon_via_usps_parcels"].sum(axis=1)
    assert at_usps[-1] < 0.1 * base.records["amazon_via_usps_parcels"].sum(axis=1)[-1]


def test_half_a_withdrawal_lies_between(finished, base, withdraw):
    income = [yearly(run, "usps_net_income_usd")[1] for run in (base, finished("partial", **TWO_YEARS), withdraw)]
    assert income[0] > income[1] > income[2]


def test_amazon_keeps_the_addresses_that_are_hardest_to_deliver_itself(finished):
    run = finished("partial", **TWO_YEARS)
    slices = run.amazon.memory.slices
    kept = slices.retained(0.5)
    assert kept.sum() == pytest.approx(0.5 * slices.total)
    rural = run.zones.zone_type == 2
    start = slices.by_zone()
    assert kept[rural].sum() / kept.sum() > start[rural].sum() / start.sum()


def test_more_flexible_staffing_makes_the_first_year_less_costly(finished):
    alone = finished("standing_still", **ONE_YEAR)
    losses = []
    for flexibility in (0.05, 0.10, 0.30):
        gone = finished(
            "standing_still",
            usps_amazon_volume="withdrawn",
            exit_at_once=True,
            labour_flex_down=flexibility,
            **ONE_YEAR,
        )
        losses.append((yearly(alone, "usps_net_income_usd") - yearly(gone, "usps_net_income_usd"))[0])
    assert losses[0] > losses[1] > losses[2] > 0.0


def test_a_dearer_own_network_makes_leaving_dearer(finished):
    cost = [
        finished("withdraw", amazon_own_cost_multiplier=factor, rural_plan="as_announced", **ONE_YEAR).records[
            "amazon_delivered_cost_usd"
        ][-6:]
        for factor in (0.8, 1.2, 1.6)  # where the plan reveals it, cost does not follow the multiplier
    ]
    assert (cost[0] < cost[1]).all()
    assert (cost[1] < cost[2]).all()


# capacity


def test_without_building_coverage_grows_by_the_announced_plan_only(finished):
    nothing = finished("withdraw", build_limit=0, announced_plans=False, **TWO_YEARS).state
    np.testing.assert_array_equal(nothing.network.coverage[AMAZON], nothing.network.start_coverage)
    plan = finished("withdraw", build_limit=0, **TWO_YEARS)
    network, announced = plan.state.network, plan.amazon.announced_plan()
    reached = np.minimum(1.0, network.start_coverage + announced.months * announced.coverage)
    np.testing.assert_allclose(network.coverage[AMAZON], reached, atol=1e-9)
    assert (announced.coverage[plan.zones.zone_type != 2] == 0.0).all()
    assert announced.monthly.sum() * announced.months == pytest.approx(plan.figures.rural_plan_capacity * 1e9)


def test_building_is_limited_each_year_and_usable_after_the_lead_time(finished):
    run = finished("withdraw", **TWO_YEARS)
    for year in (2025, 2026):
        ordered = sum(
            dict(event.numbers)["annual_parcels"]
            for event in run.events
            if event.kind == "order" and event.actors == ("amazon",) and event.month.year == year
        )
        assert 0.0 < ordered <= run.figures.build_limit * 1e9 * (1 + 1e-9)
    lead = int(run.figures.build_lead_months)
    orders = {event.month + lead for event in run.events if event.kind == "order" and event.actors == ("amazon",)}
    opened = {event.month for event in run.events if event.kind == "capacity" and event.actors == ("amazon",)}
    first_of_run = run.settings.start + lead
    assert {month for month in opened if month > first_of_run} <= orders


def test_lifting_the_build_limit_leaves_fewer_parcels_short(finished, withdraw):
    free = finished("withdraw", build_limit_applies=False, **TWO_YEARS)
    assert yearly(free, "amazon_short_parcels").sum() < yearly(withdraw, "amazon_short_parcels").sum()


def test_fuller_networks_deliver_later_and_refuse_more(finished, base):
    full = finished("baseline", initial_peak_utilisation=1.0, **TWO_YEARS)
    december = 11
    for carrier in (AMAZON, UPS, FEDEX):
        on_time = [run.records["on_time_share"][december, carrier] for run in (base, full)]
        assert on_time[1] < on_time[0]
    assert yearly(full, "overflow_parcels").sum() > yearly(base, "overflow_parcels").sum()


def test_scarce_sorting_makes_parcels_wait(finished, base):
    scarce = finished("baseline", usps_sort_capacity_daily=20.0, **TWO_YEARS)
    assert yearly(base, "backlog_parcels").sum() == 0.0
    assert scarce.records["backlog_parcels"][:, USPS].max() > 0.0
    assert scarce.records["on_time_share"][:, USPS].min() < base.records["on_time_share"][:, USPS].min()
    assert (scarce.records["utilisation_share"][:, USPS] <= 1.0 + 1e-9).all()


# demand and prices


def test_demand_falls_more_where_it_answers_more_to_prices(market):
    shipped = []
    for elasticity in (0.0, -0.2, -1.0):
        names = [f"volume_elasticity_{name}" for name in ("economy", "ground", "premium")]
        dearer = market("standing_still", end="2025-06", n_shippers=500, **dict.fromkeys(names, elasticity))
        dearer.state.tariffs.level *= 1.1
        dearer.run()
        shipped.append(dearer.records["shipped_parcels"][-1].sum())
    assert shipped[0] > shipped[1] > shipped[2]
    rise = dearer.records["price_per_parcel_usd"][2:5].mean(axis=0) / dearer.state.choice.start_price
    assert (rise > 1.0).all()


def test_a_carrier_that_becomes_dearer_loses_customers_slowly(market):
    paths = []
    for factor in (1.0, 1.05):
        built = market("standing_still", reconsider_hazard=0.06, end="2027-12")
        built.state.tariffs.level[0, UPS] *= factor
        volumes = []
        while not built.finished:
            built.step()
            volumes.append(built.state.flows.tender.volume[:, 0, UPS].sum())
        paths.append(np.array(volumes))
    elasticity = np.log(paths[1] / paths[0]) / np.log(1.05)
    assert -0.4 < elasticity[0] < 0.0
    assert elasticity[0] > elasticity[11] > elasticity[35]
    assert -3.2 < elasticity[35] < -1.0


def test_without_hazard_no_small_shipper_moves(finished):
    assert finished("standing_still", **TWO_YEARS).shippers.switches.sum() == 0
    assert finished("baseline", reconsider_hazard=0.0, **TWO_YEARS).shippers.switches.sum() == 0


def test_inertia_and_hazard_decide_how_many_move(finished):
    def moves(**changes):
        return finished("standing_still", **changes, **ONE_YEAR).shippers.switches.mean()

    assert moves(reconsider_hazard=0.5, switching_inertia=1.5) < moves(reconsider_hazard=0.5, switching_inertia=0.3)
    assert moves(reconsider_hazard=0.06) < moves(reconsider_hazard=0.12)


def test_shocks_of_demand_scale_with_their_size(finished):
    still = finished("standing_still", **TWO_YEARS).records["amazon_parcels"].sum(axis=1)
    logs = [
        np.log(
            finished("standing_still", demand_shock_sd=sd, **TWO_YEARS).records["amazon_parcels"].sum(axis=1) / still
        )
        for sd in (0.01, 0.02)
    ]
    np.testing.assert_allclose(logs[1], 2.0 * logs[0], atol=2e-3)  # waiting parcels bend it a little
    assert np.std(logs[0]) > 0.005


def test_seasons_add_up_to_a_year(finished):
    run = finished("standing_still", **TWO_YEARS)
    shipped = run.records["shipped_parcels"].sum(axis=1)
    assert shipped[11] / shipped[:12].mean() == pytest.approx(1.29, rel=0.01)
    flows = run.amazon.memory.flows
    assert yearly(run, "amazon_parcels")[0] == pytest.approx(flows.parcels.sum(), rel=1e-6)


def test_growth_is_that_of_the_parameters(finished):
    run = finished("standing_still", growth_market=0.04, growth_amazon_demand=0.06, **TWO_YEARS)
    amazon = yearly(run, "amazon_parcels")
    assert amazon[1] / amazon[0] == pytest.approx(1.06, rel=1e-6)
    others = yearly(run, "shipped_parcels")
    assert others[1] / others[0] == pytest.approx(1.0 + run.figures.growth_other_demand, rel=0.01)
    total = amazon + others
    assert total[1] / total[0] == pytest.approx(1.04, abs=0.003)


# mail and wages


def test_less_mail_makes_a_parcel_dearer_for_usps(finished):
    still = finished("standing_still", **TWO_YEARS)
    less = finished("standing_still", mail_trend_first_class=-0.2, mail_trend_marketing=-0.2, **TWO_YEARS)
    assert (usps_unit_cost(less) > usps_unit_cost(still)).all()
    assert (yearly(less, "usps_mail_revenue_usd") < yearly(still, "usps_mail_revenue_usd")).all()
    assert less.records["usps_mail_index"][-1] < less.records["usps_mail_index"][0] < 1.0


def test_higher_wages_make_everything_dearer(finished):
    still = finished("standing_still", **TWO_YEARS)
    paid = finished("standing_still", wage_growth_usps=0.05, wage_growth_other=0.05, **TWO_YEARS)
    volume = still.records["volume_parcels"]
    np.testing.assert_allclose(paid.records["volume_parcels"], volume, rtol=5e-4)  # hand-overs follow cost
    assert (paid.records["cost_usd"][-1, :4] > still.records["cost_usd"][-1, :4] * 1.01).all()
    assert (yearly(paid, "usps_net_income_usd") < yearly(still, "usps_net_income_usd")).all()


def test_a_higher_debt_cap_and_more_cash_put_off_the_end(finished):
    poor = {"usps_cash_start": 5.0, "usps_capex": 4.0, "n_shippers": 500, "end": "2027-06"}
    low = finished("withdraw", usps_debt_cap=15.0, **poor)
    high = finished("withdraw", usps_debt_cap=30.0, **poor)
    assert high.records["usps_debt_usd"][-1] > low.records["usps_debt_usd"][-1]
    assert high.records["usps_arrears_usd"][-1] < low.records["usps_arrears_usd"][-1]
    assert high.records["usps_debt_usd"].max() <= 30e9 + 1.0
    exhausted = [event.month for event in low.events if event.kind == "cash_exhausted"]
    assert len(exhausted) == 1
    first = int(np.flatnonzero(low.records["usps_arrears_usd"] > 0.0)[0])
    assert exhausted[0] == low.settings.start + first
    assert (np.diff(low.records["usps_arrears_usd"]) >= 0.0).all()
    borrowed = np.diff(high.records["usps_debt_usd"], prepend=15e9)
    fiscal = np.array([month.fiscal_year for month in high.records.months])
    for year in set(fiscal.tolist()):
        assert borrowed[fiscal == year].sum() <= 3e9 + 1.0


@pytest.mark.parametrize("step", [0.0, 0.02])
def test_usps_list_prices_move_at_most_by_their_step_beyond_inflation(finished, step):
    def planned_list_growth(run):
        own = [event for event in run.events if event.kind == "price" and event.actors == ("usps",)]
        return max(dict(event.numbers).get("list_growth", 0.0) for event in own if event.month.month == 7)

    free = finished("baseline", announced_plans=False, **TWO_YEARS)
    held = finished("baseline", announced_plans=False, usps_price_step_max=step, **TWO_YEARS)
    limit = held.figures.inflation + step
    assert planned_list_growth(free) > limit
    assert 0.0 < planned_list_growth(held) <= limit + 1e-12
