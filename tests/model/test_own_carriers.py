"""A class of one's own for UPS, FedEx or a regional carrier changes what the market does, within its limits."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import model
from agents.auction import Bid, Demand, Lot
from agents.regional import RegionalCarrier
from agents.rivals import FedEx, Ups
from agents.rules.access import HandedOver
from model.access.slices import carrier_slices
from model.answers import AnswerError, checked, chosen_rows
from model.auction.house import hold
from model.bargains.carriage import carriage_table
from model.bargains.enterprise import agreed_prices
from model.bargains.pairs import carriage_groups
from model.market import ParcelMarket
from model.phases.entry_exit import leave, within
from model.scenario import Scenario
from tests.firms import WITHOUT_FIRMS
from tests.small import FEWER

SHORT = {**FEWER, "n_shippers": 200}


def play(months, roster=None, name="baseline", **changes):
    run = ParcelMarket(Scenario.load(name).with_changes({**SHORT, **changes}), rng=1, roster=roster)
    for _ in range(months):
        run.step()
    return run


def of_kind(run, kind, who=None):
    return [event for event in run.events if event.kind == kind and (who is None or event.actors[0] == who)]


OUTRUN = {"wage_growth_other": 0.12, "price_increase_max": 0.02}  # wages outrun prices


class Patient(Ups):
    """Gives notice to nobody."""

    def gives_notice(self, case):
        return np.zeros(len(case.margin), dtype=bool)


class Ruthless(Ups):
    """Gives notice to everybody."""

    def gives_notice(self, case):
        return np.ones(len(case.margin), dtype=bool)


def test_ups_says_to_whom_it_gives_notice():
    patient, ruthless = (play(3, {"ups": kind}, announced_plans=False, **OUTRUN) for kind in (Patient, Ruthless))
    assert not of_kind(patient, "shed", "ups")
    assert patient.ups.shed_shippers() == []
    ended = of_kind(ruthless, "shed", "ups")
    assert ended
    assert len(ended) <= 3 * np.ceil(ruthless.shippers.n_enterprise / ruthless.figures.term_enterprise)  # what comes up
    assert len(ruthless.ups.shed) == len(ended)  # what it remembers is what it did


class Spender(FedEx):
    """Fills at any time, and announces nothing."""

    def filling_discount(self, price, marginal_cost):
        return np.full_like(price, 0.05)

    def price_change(self, announced):
        return None


def test_fedex_sets_its_discount_and_its_prices():
    usual, mine = play(4), play(4, {"fedex": Spender})
    fedex = mine.fedex.index
    assert (mine.state.tariffs.fill[:, fedex] == 0.05).all()
    assert not usual.state.tariffs.fill[:, fedex].any()
    assert [len(of_kind(run, "price", "fedex")) for run in (usual, mine)] == [1, 0]


class Tough(Ups):
    """Signs nothing below twice its cost."""

    def least_markup(self):
        return 1.0


class Modest(Ups):
    """Signs at cost."""

    def least_markup(self):
        return 0.0


def test_the_least_markup_is_the_limit_towards_amazon_and_enterprise_shippers():
    usual, tough, modest = play(0), play(0, {"ups": Tough}), play(0, {"ups": Modest})

    def asks(run):
        values = carriage_table(run, "ups", run.month + 12, carriage_groups(run), {}).values
        return np.average(values.seller_floor, weights=values.volume)

    kept = 1.0 - usual.figures.required_contract_margin
    assert asks(tough) == pytest.approx(asks(usual) * 2.0 * kept)
    assert asks(modest) == pytest.approx(asks(usual) * kept)
    less, same = (
        agreed_prices(usual)[:, :, k] - agreed_prices(modest)[:, :, k] for k in (usual.ups.index, usual.fedex.index)
    )
    assert less.max() > 0.05
    assert (less >= 0.0).all()
    assert (same == 0.0).all()
    for run in (tough, modest):  # what was signed before the start is the same
        assert run.carriage_cost_factor == usual.carriage_cost_factor
        np.testing.assert_array_equal(run.state.choice.enterprise_weight, usual.state.choice.enterprise_weight)


class GivesAllAway(Ups):
    """Hands over all that it can."""

    def buys_access(self, case):
        parcels = case.inside + case.beyond
        return HandedOver(np.zeros_like(case.passed), parcels, np.zeros_like(parcels))


class GivesTooMuch(Ups):
    """Hands over more than it has."""

    def buys_access(self, case):
        parcels = 2.0 * (case.inside + case.beyond)
        return HandedOver(np.zeros_like(case.passed), parcels, np.zeros_like(parcels))


def test_ups_says_what_it_hands_to_usps_and_cannot_hand_over_what_it_has_not():
    bought = {
        name: play(1, None if kind is None else {"ups": kind}).state.access.bought[2].sum()
        for name, kind in (("usual", None), ("all", GivesAllAway))
    }
    assert bought["all"] > bought["usual"] + 1e6
    with pytest.raises(AnswerError, match=r"^ups: parcels handed over is .* at \(0\); allowed: 0 to "):
        play(1, {"ups": GivesTooMuch})


class NeedsAccess(RegionalCarrier):
    """Would pay ten dollars for any parcel that USPS delivers."""

    def worth_of_access(self, case):
        return np.full(case.spared.shape, 10.0)


def test_what_access_is_worth_to_a_carrier_is_its_limit_in_talks():
    run = play(0, {"veho": NeedsAccess})
    mine, other = (carrier_slices(run, run.carriers.keys.index(key)) for key in ("veho", "ontrac"))
    assert (mine.own_cost == 10.0).all()
    assert (other.own_cost != 10.0).all()


class Boaster(RegionalCarrier):
    """Orders ten times what it may."""

    def enters(self, case, room):
        order = super().enters(case, room)
        return order and replace(order, annual_parcels=10.0 * room * order.annual_parcels / order.annual_parcels.sum())


class Homebody(RegionalCarrier):
    """Goes nowhere."""

    def enters(self, case, room):
        return None


def test_regional_carriers_say_where_they_go_within_what_they_can_grow():
    usual, home, boast = (
        play(12, None if kind is None else {"regional": kind}, make_or_buy=False, **WITHOUT_FIRMS)  # soon they go far
        for kind in (None, Homebody, Boaster)
    )
    assert of_kind(usual, "entry")
    assert not of_kind(home, "entry")
    entered = of_kind(boast, "entry")
    assert entered
    first = {event.actors[0]: dict(event.numbers)["annual_parcels"] for event in reversed(entered)}
    for key, parcels in first.items():  # at the start nobody has built yet, so the room is that of today's capacity
        carrier = boast.agent(key)
        assert parcels <= carrier.build_room(3) * (1.0 + 1e-9)


def test_an_order_beyond_its_limit_is_cut_everywhere_alike_with_its_capital():
    run = play(1)
    order = next(one for one in run.state.network.pipeline if one.annual_parcels.sum() > 0.0)
    room = 0.25 * float(order.annual_parcels.sum())
    cut = within(order, order.carrier, room)
    assert cut.annual_parcels == pytest.approx(0.25 * order.annual_parcels)
    assert cut.capital == pytest.approx(0.25 * order.capital)
    assert within(order, order.carrier, 4.0 * room) is order
    assert within(order, 7, 4.0 * room).carrier == 7  # nobody orders for another one


class Proud(RegionalCarrier):
    """Rather closes than goes to a rival."""

    def accepts_buyer(self, offers):
        return None


class Lost(RegionalCarrier):
    """Goes to somebody who does not want it."""

    def accepts_buyer(self, offers):
        return 0


def test_a_carrier_that_gives_up_chooses_its_buyer_among_those_who_want_it():
    def ends(kind):
        # Its owners pay for no losses, and a buyer needs no cash of its own.
        run = play(4, {"ontrac": kind}, regional_runway=0.0, takeover_working_months=0.0)
        ontrac = run.agent("ontrac")
        for _ in range(int(run.figures.regional_exit_cash_months)):
            ontrac.close_month(-1.0)
        leave(run)
        return [event.kind for event in run.events if "ontrac" in event.actors and event.kind in ("exit", "merger")]

    assert ends(RegionalCarrier) == ["merger"]
    assert ends(Proud) == ["exit"]
    with pytest.raises(AnswerError, match=r"^ontrac: it goes to carrier 0; allowed: "):
        ends(Lost)


class Stingy(Ups):
    """Bids nothing."""

    def bids(self, kind, lot, demand, highest):
        return Bid(self.key, np.zeros_like(demand.quantity), demand.value)


def test_a_party_says_what_it_bids():
    run = play(0, {"ups": Stingy})
    offered = Lot(0, "next_day", 100.0, 1.0, 1.0, 3)
    wants = [{0: Demand(key, np.array([80.0]), np.array([4.2]), np.zeros(1, np.int64))} for key in ("ups", "fedex")]
    (result,) = hold("vcg", [offered], wants, 6.0, {"ups": run.ups, "fedex": run.fedex})
    assert [award.quantity for award in result.awards] == [0.0, 80.0]


def test_answers_that_are_no_decision_are_told():
    with pytest.raises(AnswerError, match=r"^veho: notice has shape|^veho: notice is float64 of shape \(3,\)"):
        chosen_rows("veho", "notice", np.zeros(3), 3)
    assert chosen_rows("veho", "notice", np.array([True, False, True]), 3) == [0, 2]
    with pytest.raises(AnswerError, match=r"^veho: share has shape \(2,\); allowed: \(3,\)$"):
        checked("veho", "share", np.zeros(2), (3,))
    with pytest.raises(AnswerError, match=r"^veho: share is nan at \(1\); allowed: 0 to 1$"):
        checked("veho", "share", [0.0, np.nan, 0.5], (3,), 1.0)
    assert checked("veho", "share", [0.0, 1.0 + 1e-12], (2,), 1.0)[1] > 1.0  # rounding is nobody's fault


OWNED = {"negative_months", "learning_since", "asked", "shed"}


def test_no_phase_names_a_carrier_or_writes_its_memory():
    """What UPS, FedEx and regional carriers decide stands in agents/rivals.py and agents/regional.py, nowhere else."""
    root = Path(model.__file__).parent
    files = [root / "phases" / f"{name}.py" for name in ("rivals", "entry_exit", "mergers", "planning")]
    files += [*sorted((root / "access").glob("*.py")), root / "contract_margins.py", root / "fixed_costs.py"]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name):
                assert node.id not in ("UPS", "FEDEX", "REGIONAL"), f"{file.name}, line {node.lineno}"
            if isinstance(node, ast.Constant):
                assert node.value != "regional", f"{file.name}, line {node.lineno}"
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                assert node.attr not in OWNED, f"{file.name}, line {node.lineno}"
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "market":
                assert node.attr not in ("ups", "fedex"), f"{file.name}, line {node.lineno}"
