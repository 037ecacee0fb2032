"""Carriers buy the last mile from USPS: the sparsest parcels first, nothing lost, paid to the cent, caps respected."""

from itertools import pairwise

import numpy as np
import pytest

from agents.calendar import Month
from agents.contracts import Contract
from agents.delivery_cost import mean_between, usps_unit_cost
from agents.rules.reach import ReachCase, reach_beyond
from model.access import access_dollars, access_price, carrier_slices, delivered_parcels
from model.access.slices import sold_parcels
from model.carriers import FEDEX, UPS, USPS
from model.fixed_costs import fixed_costs, overhead_of_more
from model.operations import rates_of_month, usps_mean_cost
from model.phases.contract_cover import contract_cover
from tests.small import FEWER

ECONOMY = 0
ONTRAC = 4
#: Own cost alone decides, and at once: what these tests are about.
AT_ONCE = {"access_avoidable": 0, "access_quality": 0, "access_matched": 0, "access_adjusts": 0}
SHORT = {**FEWER, "n_shippers": 500, **AT_ONCE}
PLENTY = 5e9


def contract(market, buyer, price, cap=PLENTY, commitment=0.0, rule="none", groups=("uniform",)):
    """A contract of a carrier with USPS that starts with the run."""
    n = len(groups)
    signed = Contract(
        seller="usps",
        buyer=buyer,
        segment="economy",
        groups=groups,
        price=(price,) * n if np.isscalar(price) else tuple(price),
        escalator=0.0,
        commitment=(commitment,) * n,
        cap=(cap,) * n,
        shortfall_rule=rule,
        tolerance=0.9,
        take_or_pay_rate=0.5,
        start=market.month,
        term_months=48,
        notice_months=6,
    )
    market.book.sign(signed, market.month)
    return market


@pytest.fixture(scope="module")
def with_contract(market):
    def build(price, months=4, buyer="ups", changes=None, **terms):
        built = contract(market(end="2026-12", **(SHORT | (changes or {}))), buyer, price, **terms)
        for _ in range(months):
            built.step()
        return built

    return build


def bought(run, carrier=UPS):
    return run.records["bought_parcels"][:, carrier]


def sold(run, carrier=UPS):
    """Economy parcels of a carrier's customers in the latest month."""
    return run.state.flows.allocation.accepted[:, ECONOMY, carrier].sum(axis=0)


def test_at_the_published_price_ups_keeps_all_but_the_sparsest_tail(market):
    run = market(end="2025-12", **AT_ONCE).run()
    share = bought(run).sum() / (run.state.access.economy[UPS].sum())
    assert 0.005 < share < 0.05
    assert bought(run, FEDEX).sum() < 0.002 * run.state.access.economy[FEDEX].sum()
    rural = run.zones.zone_type == 2
    assert run.state.access.bought[UPS, rural].sum() > 0.95 * run.state.access.bought[UPS].sum()


def test_a_lower_price_never_buys_less_and_takes_the_sparsest_first(with_contract):
    # With one stem for all zones of a type density alone orders places; with stems by distance a far town comes before.
    sober = {"insourcing_error_mean": 0.0, "insourcing_error_sd": 0.0, "stem_by_distance": 0}
    runs = [with_contract(price, changes=sober) for price in (4.4, 3.6, 3.0, 2.6, 2.2)]
    volumes = [bought(run)[-1] for run in runs]
    assert volumes == sorted(volumes)
    assert volumes[-1] > 10 * volumes[0]
    for run, price in zip(runs, (4.4, 3.6, 3.0, 2.6, 2.2), strict=True):
        kept, marginal = run.state.access.kept[UPS], run.state.network.street.marginal_grid[UPS - 1]
        place = (np.arange(marginal.shape[1]) + 0.5) / marginal.shape[1]
        handed = place > kept[:, None]
        density = run.zones.density_grid
        if handed.mean() < 0.9:
            assert np.median(density[handed]) < 0.7 * np.median(density)
        worth = price + run.figures.injection_cost_amazon * run.state.environment.price_level
        gain = np.where(handed, marginal - worth, 0.0).sum(axis=1)
        assert (gain >= -0.02 * worth).all()  # in no zone is it cheaper to keep what is handed over
        kept_at_a_loss = (~handed & (marginal > worth * 1.03)).sum()
        assert kept_at_a_loss <= 0.02 * max(1, (~handed).sum())  # a step where the van fills may hide some


def test_ups_moves_at_the_margin_and_step_by_step(with_contract):
    """Less than half of what a cheap contract would take at once goes, and over years: routes shrink slowly."""
    terms = {"price": 2.2, "months": 6}
    at_once = bought(with_contract(**terms))
    slowly = bought(with_contract(**terms, changes=dict.fromkeys(AT_ONCE, 1)))
    assert at_once[0] > 0.7 * at_once[-1]
    assert (np.diff(slowly[:3]) > 0.0).all()
    assert 0.0 < slowly[0] < 0.15 * at_once[0]
    assert slowly[-1] < 0.5 * at_once[-1]


def test_what_shares_a_stop_is_not_handed_over_and_not_promised(market):
    run = market(end="2025-06", n_shippers=500)
    run.step()
    rates = run.figures.by_type("parcels_per_stop_ups")[run.zones.zone_type]
    np.testing.assert_allclose(run.ups.stops_alone(), 1.0 / rates)
    slices = carrier_slices(run, UPS)
    by_zone = np.bincount(slices.zone, weights=slices.volume, minlength=run.zones.n_zones)
    np.testing.assert_allclose(by_zone, run.state.access.economy[UPS] / rates, rtol=1e-6)
    np.testing.assert_array_equal(run.agent("ontrac").stops_alone(), 1.0)
    at_once, build_up = run.ups.promises(5e8)
    assert at_once < 0.15
    assert 0.0 < build_up < 0.15
    assert run.agent("ontrac").promises(5e8) == (1.0, 0.0)


def test_own_and_bought_make_up_what_was_accepted_and_usps_delivers_it(with_contract):
    run = with_contract(2.6)
    access, accepted = run.state.access, run.state.flows.allocation.accepted
    assert access.bought[UPS].sum() > 1e6
    assert (access.bought[UPS] <= sold(run) + 1e-6).all()
    by_door = delivered_parcels(run).sum(axis=0)
    seller = accepted.sum(axis=(0, 1))
    assert by_door[UPS] + access.bought[UPS] == pytest.approx(seller[UPS])
    assert by_door[USPS] == pytest.approx(seller[USPS] + access.bought.sum(axis=0))
    assert by_door.sum() == pytest.approx(seller.sum(), rel=1e-12)
    assert run.records["delivered_parcels"][-1] == pytest.approx(by_door)
    assert run.balances()["parcels"] <= 1e-9
    assert run.balances()["money"] == 0.0


def test_the_price_is_paid_to_the_cent_and_the_contract_counts(with_contract):
    run = with_contract((2.1, 2.4, 3.0), groups=("urban", "suburban", "rural"))
    access, ledger = run.state.access, run.ledger
    by_type = np.bincount(run.zones.zone_type, weights=access.contract[UPS])
    assert by_type.min() > 0.0
    owed = by_type @ np.array([2.1, 2.4, 3.0])
    row = ledger.categories.index("access")
    assert ledger.paid[row, ledger.index("ups")] == round(100 * owed)
    assert ledger.received[row, ledger.index("usps")] == np.rint(100 * access_dollars(run)).sum()
    assert run.records["access_usd"][-1, UPS] == pytest.approx(owed, abs=0.01)
    counted = run.book._held["usps", "ups"].delivered
    assert sum(counted) == pytest.approx(bought(run).sum())  # nothing beyond a cap so wide


def test_both_sides_gain_what_they_should_once_routes_and_staff_have_followed(market):
    still = {"end": "2027-12", "announced_plans": True, "insourcing_error_mean": 0.0, "insourcing_error_sd": 0.0}

    def last_year(make_or_buy):
        run = contract(market("standing_still", make_or_buy=make_or_buy, **still, **SHORT), "ups", 2.6).run()
        names = ("bought_parcels", "access_usd", "cost_usd", "profit_usd")
        ups = [run.records[name][24:, UPS].sum() for name in names]
        return ups, [run.records[f"usps_parcel_{name}_usd"][24:].sum() for name in ("revenue", "contribution")]

    (parcels, paid, cost, profit), with_it = last_year(True)
    (nothing, _, cost_before, profit_before), without = last_year(False)
    assert nothing == 0.0
    assert parcels > 100e6
    assert paid == pytest.approx(2.6 * parcels, rel=1e-6)
    assert cost < cost_before  # access included
    assert profit > profit_before
    revenue, contribution = np.array(with_it) - without
    assert revenue == pytest.approx(paid, rel=0.1)
    attributable = (revenue - contribution) / parcels
    assert 1.7 < attributable < 2.9  # of a sparse parcel entered at the delivery unit


def test_the_cap_binds_and_the_rest_pays_the_published_price(with_contract):
    cap = 60e6
    run = with_contract(2.6, cap=cap)
    month = run.season_of(Month(2025, 4)) / 12
    assert 0.9 * cap * month < run.state.access.contract[UPS].sum() <= cap * month * (1 + 1e-9)
    beyond = run.state.access.bought[UPS] - run.state.access.contract[UPS]
    assert 0.0 <= beyond.sum() < 0.1 * cap * month
    owed = run.state.access.contract[UPS].sum() * 2.6 + beyond.sum() * run.published_access_price()
    assert run.state.access.paid[UPS] == pytest.approx(owed, abs=0.01)


def test_a_promise_that_costs_makes_a_carrier_buy_more(with_contract):
    free = with_contract(3.4)
    promised = with_contract(3.4, commitment=400e6, rule="take_or_pay")
    assert bought(promised)[-1] > bought(free)[-1] * 1.5
    half_price = with_contract(1.7)
    assert bought(promised)[-1] <= bought(half_price)[-1] * (1 + 1e-9)
    least = 0.9 * 400e6 * promised.season_of(Month(2025, 4)) / 12
    assert bought(promised)[-1] == pytest.approx(min(least, bought(half_price)[-1]), rel=0.1)


def test_without_a_contract_the_published_price_counts(market):
    run = market(end="2025-03", **SHORT)
    assert access_price(run, UPS) == pytest.approx(np.full(run.zones.n_zones, run.published_access_price()))
    contract(run, "ups", (2.0, 2.5, 3.0), groups=("urban", "suburban", "rural"))
    assert set(access_price(run, UPS).tolist()) == {2.0, 2.5, 3.0}
    assert access_price(run, FEDEX) == pytest.approx(np.full(run.zones.n_zones, run.published_access_price()))


def test_a_carrier_new_to_it_misjudges_its_cost_until_it_has_learnt(with_contract):
    def volumes(error):
        changes = {"insourcing_error_mean": error, "insourcing_error_sd": 0.0}
        return bought(with_contract(3.0, months=10, changes=changes))

    optimist, sober = volumes(-0.5), volumes(0.0)
    assert optimist[0] < 0.8 * sober[0]
    assert (optimist[:9] <= sober[:9] * 1.001).all()
    assert optimist[9] == pytest.approx(sober[9], rel=1e-2)  # nine months later


def test_left_to_itself_ups_takes_parcels_back_step_by_step(market):
    """What it hands over at the start is not dear enough to keep all of it at USPS, and its routes move slowly."""
    run = market(end="2026-06", n_shippers=300, announced_plans=False)
    start = run.state.access.handed[UPS]
    handed = []
    while not run.finished:
        run.step()
        handed.append(run.state.access.handed[UPS])
    assert start == pytest.approx(run.figures.surepost_volume_2024 * 1e9)
    assert (np.diff(handed[:4]) < 0.0).all()
    assert handed[0] > 0.85 * start
    assert 0.4 * start < handed[-1] < 0.85 * start
    assert run.ups.learning_since == Month(2025, 1)
    assert any(event.kind == "sourcing" and event.actors == ("ups", "usps") for event in run.events)


def test_regional_carriers_sell_beyond_their_routes_only_where_access_pays(market):
    def volume(price, **changes):
        run = market(end="2025-11", **SHORT, **changes)  # before the first agreement that it may find by itself begins
        if price is not None:
            contract(run, "ontrac", price)
        run.run()
        outside = run.state.network.coverage[ONTRAC] == 0.0
        return bought(run, ONTRAC).sum(), sold(run, ONTRAC)[outside].sum(), run

    nothing, cheap = volume(None), volume(1.4)
    assert nothing[:2] == (0.0, 0.0)
    # At a price between, access alone is covered, but not the overhead that comes with the parcels.
    without_overhead, between = volume(2.6, access_overhead=0.0), volume(2.6)
    assert between[0] < 0.3 * without_overhead[0]
    assert without_overhead[0] < cheap[0]
    assert cheap[0] > 1e6
    assert cheap[1] > 0.0
    run = cheap[2]
    reach = run.state.access.reach[ONTRAC]
    assert (reach >= run.state.network.coverage[ONTRAC]).all()
    assert run.balances()["parcels"] <= 1e-9
    # A parcel beyond its routes brings more than it costs. Its profit as a whole need not rise: shippers choose by all
    # that a carrier reaches, and one that reaches more sparse places loses some parcels that it delivers itself.
    total = {name: run.records[name][:, ONTRAC].sum() for name in ("revenue_usd", "access_usd", "volume_parcels")}
    parcels = total["volume_parcels"] + cheap[0]
    beyond = total["access_usd"] / cheap[0] + run.figures.injection_cost_amazon + run.figures.upstream_cost_regional
    beyond += overhead_of_more(run, ONTRAC, *sold_parcels(run, ONTRAC))
    assert total["revenue_usd"] / parcels > beyond


@pytest.mark.parametrize("handled", [0.9, 1.4])
def test_overhead_of_more_parcels_is_what_the_books_would_bear(market, handled):
    """Against network cost counted twice: with the parcels that USPS delivers for a carrier, and without them."""
    run = market(end="2025-06", **SHORT)
    network, access = run.state.network, run.state.access
    network.annual_volume[ONTRAC] *= handled * network.start_handled[ONTRAC] / network.annual_volume[ONTRAC].sum()
    own, more = float(network.annual_volume[ONTRAC].sum()), 3e7
    bills = []
    for access.handed[ONTRAC] in (0.0, more):
        bills.append(12.0 * fixed_costs(run)[ONTRAC])
    assert overhead_of_more(run, ONTRAC, own, more) * more == pytest.approx(bills[1] - bills[0])
    assert bills[1] > bills[0]
    assert overhead_of_more(run, ONTRAC, own, 0.0) == 0.0


def test_slices_add_up_and_are_dearer_where_it_is_sparser(market):
    run = market(end="2025-06", **SHORT)
    run.step()
    for carrier in (UPS, FEDEX):
        slices = carrier_slices(run, carrier)
        assert slices.volume.sum() == pytest.approx(run.state.access.economy[carrier].sum())
        zone = slices.zone == int(np.argmax(run.zones.zone_type == 2))
        order = np.argsort(slices.cell[zone])
        assert (np.diff(slices.own_cost[zone][order]) >= -0.3).all()  # a step where the van fills
        assert slices.own_cost[zone][order][-1] > 1.5 * slices.own_cost[zone][order][0]
    regional = carrier_slices(run, ONTRAC)
    passed = run.state.network.coverage[ONTRAC][regional.zone] > (regional.cell + 0.5) / 50
    assert regional.volume[passed].sum() == pytest.approx(run.state.access.economy[ONTRAC].sum(), rel=0.05)
    assert regional.volume[~passed].sum() > 0.0


def test_a_carrier_that_hands_over_whole_zones_needs_no_less_than_nothing(market):
    run = market(rng=3925, start="2020-04", n_shippers=60, regional_household_coverage_rural=1.0)
    for _ in range(3):
        run.step()
        assert (run.state.network.in_place >= 0.0).all()
    assert run.balances() == {"parcels": pytest.approx(0.0, abs=1e-9), "money": 0.0}


def test_scarce_sorting_limits_what_usps_takes(with_contract):
    run = with_contract(2.2, changes={"usps_sort_capacity_daily": 12.0})
    plenty = with_contract(2.2)
    # Contracts come first, so the carrier that has one loses less than others: in the first month that binds, and over
    # all parcels that USPS delivers.
    assert bought(run)[1] < bought(plenty)[1]
    volume = [each.records["volume_parcels"][1:, USPS] for each in (run, plenty)]
    assert (volume[0] < volume[1]).all()
    assert run.records["utilisation_share"][:, USPS].max() <= 1.0 + 1e-9
    assert run.balances() == {"parcels": pytest.approx(0.0, abs=1e-9), "money": 0.0}


def test_what_is_worked_out_once_a_month_follows_contracts_coverage_and_wages(with_contract):
    """The cover of a contract against one worked out anew, month after month, with a new price and new routes."""
    run = with_contract(2.0, months=1)
    before = contract_cover(run, run.book.get("usps", "ups"))
    covers = []
    for price, coverage in ((2.0, 1.0), (2.3, 1.0), (2.3, 0.7)):
        run.book.reprice(run.book.get("usps", "ups"), (price,), run.month)
        run.state.network.coverage[UPS] *= coverage
        run.step()
        held, access, env = run.book.get("usps", "ups"), run.state.access, run.state.environment
        rates = env.wage_usps, env.price_level
        grid = usps_unit_cost(
            run.zones.zone_type,
            run.costs.mail_pieces * run.mail_index,
            run.zones.density_grid,
            run.costs.access,
            *rates,
        )
        parcels = access.contract[UPS]
        each = mean_between(grid, np.minimum(access.kept[UPS], access.reach[UPS]), access.reach[UPS])
        cover = contract_cover(run, held)
        assert cover.parcels == pytest.approx(parcels.sum())
        assert cover.paid == pytest.approx(price * parcels.sum())
        assert cover.cost == pytest.approx(parcels @ each)
        np.testing.assert_array_equal(usps_mean_cost(run.costs, run.zones, run.mail_index, *rates), grid.mean(axis=1))
        wages = env.wage_other, env.price_level
        alone, moved = rates_of_month(run.costs, *wages, UPS - 1), run.costs.rates.scaled(*wages).only(UPS - 1)
        np.testing.assert_array_equal(alone.hourly_cost, moved.hourly_cost)
        covers.append(cover)
    assert covers[1].cost / covers[1].parcels != covers[0].cost / covers[0].parcels  # dearer access: sparser addresses
    assert before.parcels != covers[0].parcels


def reach_case(**changes):
    usual = {
        "worth": 4.0,
        "published": 5.0,
        "home": np.array([True, True]),
        "potential": np.array([6e6, 4e6]),
        "price": np.full(2, np.inf),
        "cap": None,
        "group": np.zeros(2, dtype=np.int64),
        "own": 10e6,
        "bought": 5e6,
        "now": np.full(2, 0.5),
    }
    return ReachCase(**{**usual, **changes})


def test_a_business_beyond_the_routes_ends_no_faster_than_it_could_have_grown():
    """One quarter in which the price does not cover what it costs ends nothing; a year of them halves it."""
    growth = 2.0**0.25 - 1.0
    case, share = reach_case(), []
    for _ in range(40):
        share.append(float(reach_beyond(case, growth)[0]))
        case = reach_case(now=np.full(2, share[-1]))
    assert share[0] == pytest.approx(0.5 / (1.0 + growth))
    assert share[3] == pytest.approx(0.25)
    assert share[-1] == 0.0
    assert all(later <= earlier for earlier, later in pairwise(share))


def test_where_it_pays_it_grows_as_fast_as_all_that_the_carrier_sells():
    growth = 0.2
    pays = reach_beyond(reach_case(worth=6.0), growth)
    np.testing.assert_allclose(pays, (15e6 * 1.2 - 10e6) / 10e6)
    nothing = reach_case(worth=6.0, own=0.0, bought=0.0, now=np.zeros(2))
    np.testing.assert_array_equal(reach_beyond(nothing, growth), 0.0)


def test_who_begins_to_sell_beyond_its_routes_leaves_an_event(market):
    run = market(end="2025-06", **SHORT)
    contract(run, "ontrac", 1.4)
    run.step()
    assert run.state.access.extension[ONTRAC].any()  # from the start, which is no event
    run.state.access.extension[ONTRAC] = 0.0  # as if it had not
    (begun,) = [event for event in run.run().events if "begins to sell beyond its routes" in event.text]
    assert begun.actors == ("ontrac", "usps")
    assert begun.month == Month(2025, 4)
    assert dict(begun.numbers)["annual_parcels"] > 0.0
