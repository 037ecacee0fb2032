"""Packages in the market: the form that both agreed on is the one that is signed, billed, used and settled."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from agents.amazon import Amazon
from agents.bargaining import MENU, Side, as_seen, build_package
from agents.calendar import Month
from agents.rules.contract_use import ContractPosition, taken_back
from agents.usps import Usps
from model.answers import AnswerError
from model.bargains.access import access_groups, access_table
from model.bargains.forms import imposed_form, on_one_level
from model.bargains.packages import package_case, package_table
from model.bargains.table import Pair, PairKind
from model.market import ParcelMarket
from model.scenario import Scenario
from model.timeline import usps_amazon_expiry

PAIR = Pair("usps", "amazon", PairKind.ACCESS)
EXPIRY = usps_amazon_expiry()
PROMISED = {"quantity_promised": True}
CHANGES = {"n_shippers": 150, "demand_shock_sd": 0.0, "zone_shock_sd": 0.0}


def market(seed=1, roster=None, **changes):
    return ParcelMarket(Scenario.load("baseline").with_changes(CHANGES | changes), rng=seed, roster=roster or {})


LAST_ON_THE_TABLE = {}  # by seed, with what each slice was worth


@cache
def signed(seed=1, **changes):
    """A market after the first month of the new contract between Amazon and USPS."""
    run = market(seed, end="2027-12", **dict(changes))
    while run.month <= max(EXPIRY, Month(2027, 4)):
        run.step()
        package = run.state.talks[PAIR.parties].package if PAIR.parties in run.state.talks else None
        if package is not None and package.group.size:
            LAST_ON_THE_TABLE[seed] = package
    return run


def base(run):
    return access_table(run, EXPIRY, access_groups(run))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_form_that_was_agreed_on_is_the_one_that_is_signed(seed):
    run = signed(seed)
    state, contract = run.state.talks["usps", "amazon"], run.book.get("usps", "amazon")
    package, level = LAST_ON_THE_TABLE[seed], float(state.talks.price[0])
    assert state.talks.signed
    assert package.form.promised
    assert contract.shortfall_rule == package.form.rule
    assert contract.groups == package.groups.names
    assert contract.price == pytest.approx(package.prices(level))
    assert np.average(contract.price, weights=contract.commitment) == pytest.approx(level, abs=1e-9)
    assert (contract.tolerance, contract.take_or_pay_rate) == (package.tolerance, package.shortfall_rate(level))
    assert sum(contract.commitment) == pytest.approx(package.values.volume[package.carried].sum())
    np.testing.assert_array_equal(run.amazon.memory.agreed[contract.start], package.carried)


def test_what_is_signed_is_remembered_without_its_slices():
    """Form, prices, floor and fee of the contract are what readers and the regulator ask for later."""
    run = signed(1)
    whole, remembered = LAST_ON_THE_TABLE[1], run.state.talks[PAIR.parties].package
    assert whole.group.size > 1000
    assert not remembered.group.size
    assert not remembered.values.volume.size
    assert not remembered.carried.size
    assert remembered.form == whole.form
    for level in (1.0, 2.5, 4.0):
        np.testing.assert_array_equal(remembered.prices(level), whole.prices(level))
        assert remembered.shortfall_rate(level) == whole.shortfall_rate(level)
    floor = np.full(len(whole.groups.names), 2.0)
    assert remembered.least_level(floor) == whole.least_level(floor)


def test_under_make_whole_amazon_takes_back_what_costs_it_less_than_usps_saves_whatever_the_price():
    run = signed(1)
    contract, amazon = run.book.get("usps", "amazon"), run.amazon
    assert contract.shortfall_rule == "make_whole"
    under = amazon.memory.agreed[contract.start]
    worth = np.linspace(1.0, 5.0, len(under))
    group = run.zones.price_groups(len(contract.groups))[amazon.memory.slices.zone]
    floor = np.array(contract.price) * (1.0 - contract.take_or_pay_rate)
    everywhere, volume = np.ones(len(under), dtype=np.bool_), amazon.memory.slices.volume
    for factor in (0.9, 1.0, 1.4):  # another price with the same lost margin for a missing parcel
        price = np.array(contract.price) * factor
        one = replace(contract, price=tuple(price), take_or_pay_rate=float(1.0 - (floor / price)[0]))
        owed = np.array(contract.commitment)
        position = ContractPosition(price, owed, published=5.0, year_left=1.0, year_after=1.0)
        back = taken_back(one, position, volume, worth, group, everywhere)
        np.testing.assert_array_equal(back, worth < floor[group] * (1.0 - 1e-12))


@pytest.mark.parametrize("seed", [1, 2])
def test_by_its_own_books_neither_side_signs_below_no_deal(seed):
    run = signed(seed)
    state = run.state.talks["usps", "amazon"]
    package, talks = LAST_ON_THE_TABLE[seed], state.talks
    level = float(talks.price[0])
    gains = {}
    for side, noise in ((Side.BUYER, talks.noise_buyer), (Side.SELLER, talks.noise_seller)):
        seen = as_seen(package.values, side, float(talks.noise_scale * noise[0]), package.standing)
        gain = seen.buyer - level if side is Side.BUYER else level - seen.seller
        gains[side] = float((seen.volume * package.kept * gain).sum())
    volume = float(package.values.volume[package.carried].sum())
    if package.form.structure == "uniform" and package.kept[package.carried].min() > 0.999:
        assert min(gains.values()) >= -1e-6 * volume
    buyer, seller = talks.perceived(state.stakes).limits()
    assert seller[0] <= level <= buyer[0]


@pytest.mark.parametrize(
    ("levers", "rule", "groups"),
    [
        ({"shortfall_rule": "make_whole"}, "make_whole", 1),
        ({"price_structure": "by_zone_type", "shortfall_rule": "make_whole"}, "make_whole", 3),
        (PROMISED, "reversion", 1),
        (PROMISED | {"price_structure": "by_zone_type", "shortfall_rule": "take_or_pay"}, "take_or_pay", 3),
        ({"price_structure": "uniform"}, "reversion", 1),
    ],
)  # fmt: skip
def test_every_form_can_be_imposed(levers, rule, groups):
    run = market(**levers)
    form = imposed_form(run)
    assert (form.rule, form.structure) == (rule, {1: "uniform", 3: "by_zone_type"}[groups])
    assert on_one_level(run) == ("price_structure" not in levers or len(levers) > 1)
    if on_one_level(run):
        package = package_table(run, PAIR, base(run), (0.0, 0.0)).package
        assert (package.form, len(package.groups.names)) == (form, groups)


def test_nothing_is_imposed_by_default_and_the_menu_holds_every_form():
    run = market()
    assert imposed_form(run) is None
    assert package_case(run, PAIR, base(run), Side.BUYER).menu == MENU


class Insists(Usps):
    """USPS that takes nothing but one price for all at take-or-pay."""

    def ranks_forms(self, case, packages):
        return [k for k, one in enumerate(case.menu) if (one.structure, one.rule) == ("uniform", "take_or_pay")]


class Refuses(Amazon):
    """Amazon that pays for no missing parcel."""

    def ranks_forms(self, case, packages):
        return [k for k, one in enumerate(case.menu) if one.rule == "reversion"]


def test_a_party_can_insist_on_a_form_and_two_that_refuse_each_others_sign_nothing():
    table = package_table(insisting := market(roster={"usps": Insists}), PAIR, base(insisting), (0.0, 0.0))
    assert (table.package.form.structure, table.package.form.rule) == ("uniform", "take_or_pay")
    apart = market(roster={"usps": Insists, "amazon": Refuses})
    table = package_table(apart, PAIR, base(apart), (0.0, 0.0))
    assert table.package is None
    assert not table.stakes().agreeable().any()
    assert not table.taken(np.array([3.0]), apart.amazon).any()


def test_a_side_that_expects_a_deal_to_cost_more_promises_less():
    run = market()
    usual = package_table(run, PAIR, base(run), (0.0, 0.0)).package
    dear = package_table(run, PAIR, base(run), (0.0, 0.5)).package
    assert dear.carried.sum() < usual.carried.sum()
    assert not (dear.carried & ~usual.carried).any()


@pytest.mark.parametrize("answer", [[0, 0], [99], [-1]])
def test_an_impossible_order_of_forms_is_refused_in_one_sentence(answer):
    class Confused(Amazon):
        def ranks_forms(self, case, packages):
            return answer

    run = market(roster={"amazon": Confused})
    with pytest.raises(AnswerError, match=r"amazon: order of the forms is .* allowed: each of 0 to 9"):
        package_table(run, PAIR, base(run), (0.0, 0.0))


def test_an_impossible_promise_is_refused_in_one_sentence():
    class Confused(Usps):
        def would_promise(self, case):
            return np.ones(3)

    run = market(roster={"usps": Confused})
    with pytest.raises(AnswerError, match=r"usps: would_promise answers .*; allowed: booleans"):
        package_table(run, PAIR, base(run), (0.0, 0.0))


def test_what_the_regulator_refuses_comes_back_as_a_level_that_covers_every_group():
    run = market()
    case = package_case(run, PAIR, base(run), Side.BUYER)
    form = next(one for one in MENU if one.structure == "by_zone_type")
    package = build_package(case, form, base(run).values.efficient)
    floor = package.prices(2.5) * np.array([1.0, 1.05, 0.9])
    assert (package.prices(package.least_level(floor)) >= floor - 1e-9).all()


#: Parcels a month from which on a hand-over counts.
NOTICED = 5e6


@cache
def followed(seed):
    """Six years: what UPS hands over and sells as economy, deseasonalised, (2, T), and packages with their talks."""
    run, handed, agreed = market(seed, n_shippers=60), [], []
    ups = run.carriers.keys.index("ups")
    while not run.finished:
        month = run.month
        run.step()
        access = run.state.access
        handed.append((float(access.bought[ups].sum()) / run.season_of(month), float(access.economy[ups].sum())))
        events = [one for one in run.events if one.kind == "agreement" and one.month == month]
        states = [run.state.talks.get((one.actors[1], one.actors[0])) for one in events]
        agreed += [(one.package, one.talks, one.stakes) for one in states if one is not None and one.package]
    return run, np.array(handed).T, agreed


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ups_hands_over_more_or_less_within_a_quarter_only_where_a_contract_says_so(seed):
    """What changes by more than half within a quarter builds up or runs out with a contract of the last year."""
    run, (handed, economy), _ = followed(seed)
    promised = [sum(one.commitment) / 12 for one in run.book.history if (one.seller, one.buyer) == ("usps", "ups")]
    step = max(NOTICED, 0.1 * max(promised, default=0.0))  # a tenth is what a build-up of a year adds in a month
    changes = [one.start for one in run.book.history if (one.seller, one.buyer) == ("usps", "ups")]
    changes += [one.ends or one.expiry for one in run.book.history if (one.seller, one.buyer) == ("usps", "ups")]
    for t in range(3, len(handed)):
        before, after, month = handed[t - 3], handed[t], run.records.months[t]
        if max(before, after) > NOTICED and abs(after - before) > 0.5 * max(before, NOTICED):
            assert any(0 <= month - one < 12 for one in changes), (str(month), before, after)
        if max(handed[t - 1], handed[t]) > NOTICED:  # and never at once but where a contract has ended
            ended = any(month == one for one in changes)
            left = abs(economy[t] - economy[t - 1]) > 0.1 * economy[t - 1]  # as one of 60 shippers can
            assert ended or left or abs(handed[t] - handed[t - 1]) < step


def test_errors_cost_a_side_little_in_what_it_signs():
    """The winner's curse: what sides lose by firm contracts is less than a tenth of what they gain by them."""
    gains = []
    for seed in (1, 2, 3):
        for package, talks, stakes in followed(seed)[2]:
            buyer, seller = talks.perceived(stakes).limits()
            level = float(talks.price[0])
            assert seller[0] - 1e-9 <= level <= buyer[0] + 1e-9  # by its own books nobody signs below no deal
            if package.form.promised:
                (most,), (least,) = stakes.limits()  # without errors
                gains += [float(stakes.quantity[0]) * gap for gap in (most - level, level - least)]
    assert len(gains) >= 20
    assert -np.minimum(gains, 0.0).sum() < 0.1 * np.maximum(gains, 0.0).sum()


def test_what_a_carrier_owes_builds_up_as_fast_as_it_can_shrink():
    run, _, _ = followed(2)
    signed = next(one for one in run.book.history if (one.seller, one.buyer) == ("usps", "ups"))
    shares = [signed.owed_share(signed.start + k) for k in range(36)]
    assert 0.0 < shares[0] < 0.2
    assert (np.diff(shares) > 0.0).all()
    np.testing.assert_allclose(np.diff(shares)[1:] / np.diff(shares)[:-1], 1.0 - run.ups.moves_by())
