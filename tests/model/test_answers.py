"""Whatever a party answers where the market asks: what is none is told in one sentence."""

import inspect
import re
from types import SimpleNamespace

import numpy as np
import pytest

from agents.amazon import Amazon
from agents.asked import last_asked
from agents.bargaining import Concession
from agents.big_shipper import BigShipper
from agents.party import Party
from agents.regional import RegionalCarrier
from agents.regulator import Regulator
from agents.rivals import FedEx, Ups
from agents.shippers import Shippers
from agents.usps import Usps
from model.answers import AnswerError, checked_shares
from model.market import ParcelMarket
from tests.small import SMALL

USUAL = {"usps": Usps, "amazon": Amazon, "ups": Ups, "fedex": FedEx, "regional": RegionalCarrier,
         "regulator": Regulator, "shippers": Shippers}  # fmt: skip
MONTHS = 14


def decisions(usual):
    """Every method of a class that answers something, by name."""
    names = [name for name in dir(usual) if not name.startswith("_") and not hasattr(Party.__mro__[1], name)]
    found = {name: getattr(usual, name) for name in names}
    return {
        name: one
        for name, one in found.items()
        if inspect.isfunction(one) and one.__annotations__.get("return") not in ("None", None)
    }


def passing_on(usual):
    """A class of one's own that answers all as the usual one does."""

    def method(name):
        return lambda self, *given, **named: getattr(usual, name)(self, *given, **named)

    return type(f"Own{usual.__name__}", (usual,), {name: method(name) for name in decisions(usual)})


def party_that_answers(usual, name, answer):
    """A party without a market whose class answers this to one question."""
    own = type("Wrong", (usual,), {name: lambda self, *given, **named: answer})
    party = object.__new__(own)
    party.__dict__.update(key="somebody", model=SimpleNamespace(zones=SimpleNamespace(n_zones=4)))
    return party


CASES = [(usual, name) for usual in (*USUAL.values(), BigShipper) for name in decisions(usual)]


@pytest.mark.parametrize(("usual", "name"), CASES, ids=lambda one: getattr(one, "__name__", one))
def test_every_method_answers_in_kind_or_is_named(usual, name):
    declared = decisions(usual)[name].__annotations__["return"]
    wrongs = [object(), "yes", {"a": object()}]
    if "tuple" not in declared:
        wrongs.append([[1.0], [1.0, 2.0]])
    if "None" not in declared:
        wrongs.append(None)
    if declared.startswith(("Floats", "float")):
        wrongs.append(np.nan)
    if declared.startswith("Floats"):
        wrongs += [np.array([1.0, np.nan, 1.0, 1.0]), np.array(["1.0"])]
    for wrong in wrongs:
        with pytest.raises(AnswerError) as caught:
            getattr(party_that_answers(usual, name, wrong), name)()
        assert re.fullmatch(rf"somebody: {name} answers .+; allowed: .+", str(caught.value))


def test_an_array_has_the_shape_of_what_it_stands_beside_or_is_one_number():
    zones = party_that_answers(Ups, "expected_volume", np.ones(3))
    with pytest.raises(AnswerError, match=r"expected_volume answers array.*; allowed: numbers of shape \(4,\)"):
        zones.expected_volume(1, None)
    cap = party_that_answers(Ups, "price_cap", np.ones(2))
    for asked in (lambda: cap.price_cap(np.ones(3), np.ones(3)), lambda: cap.price_cap(rivals=np.ones(3), start=None)):
        with pytest.raises(AnswerError, match=r"price_cap answers .*; allowed: numbers of shape \(3,\)"):
            asked()
    assert party_that_answers(Ups, "price_cap", 9.0).price_cap(np.ones(3), np.ones(3)) == 9.0


def play(months, name="baseline", roster=None, **changes):
    market = ParcelMarket(name, rng=3, roster=roster, **{**SMALL, **changes})
    for _ in range(months):
        market.step()
    return market


@pytest.mark.parametrize("name", ["baseline", "auction_pay_as_bid"])
def test_what_is_asked_of_a_class_of_ones_own_changes_nothing(name):
    usual, own = play(14, name), play(14, name, {key: passing_on(one) for key, one in USUAL.items()})
    for column in usual.records.frame():
        np.testing.assert_array_equal(usual.records.frame()[column], own.records.frame()[column])


@pytest.mark.parametrize(
    ("key", "name", "answer", "allowed"),
    [
        ("ups", "expected_volume", None, "numbers of shape"),
        ("fedex", "price_change", np.array([1.0, np.nan, 1.0]), "none of them nan or None"),
        ("amazon", "delivers_later", "none", "numbers of shape"),
        ("regional", "flexes", 1.0, "2 together (a number, a number)"),
        ("usps", "access_price", [1.0, 2.0], "a number"),
        ("usps", "pays_first", None, "a sequence of Bill"),
        ("regulator", "decide", 3, "a sequence of Decision"),
        ("shippers", "reconsider", 7, "2 together (an array, an array)"),
    ],
)
def test_a_market_stops_with_party_method_and_month(key, name, answer, allowed):
    own = type("Wrong", (USUAL[key],), {name: lambda self, *given, **named: answer})
    with pytest.raises(AnswerError) as caught:
        play(14, roster={key: own})
    told = str(caught.value)
    assert re.match(rf"{'[a-z_0-9]+' if key == 'regional' else key}: {name} answers ", told)
    assert allowed in told
    assert "\n" not in told


def test_what_a_phase_finds_wrong_is_told_with_method_and_month():
    own = type("Wrong", (Shippers,), {"looks_again": lambda self, uniform: np.ones(3, dtype=bool)})
    with pytest.raises(AnswerError, match=r"^shippers: who looks again is .* \(looks_again, 2025-01\)$"):
        play(1, roster={"shippers": own})
    assert last_asked("shippers") == "looks_again"


class Haggler(Concession):
    """A strategy whose answers a test chooses."""

    offers = accepts = None

    def propose(self, view):
        return super().propose(view) if self.offers is None else self.offers

    def accept(self, view, price):
        return self.accepts


@pytest.mark.parametrize("key", ["usps", "amazon"])
@pytest.mark.parametrize(
    ("method", "answer"),
    [("accept", None), ("accept", "yes"), ("accept", np.ones(7, dtype=bool)), ("accept", 1.0), ("propose", np.ones(7)),
     ("propose", np.nan), ("propose", "cheap"), ("propose", [[1.0], [1.0, 2.0]])],
    ids=repr,
)  # fmt: skip
def test_a_strategy_that_answers_badly_is_told_with_party_method_and_month(key, method, answer):
    kind = type("Wrong", (Haggler,), {"offers" if method == "propose" else "accepts": answer})
    if method == "propose":
        kind.accepts = False
    own = type("Haggling", (USUAL[key],), {"bargains": lambda self, side, other: kind(1.0, 0.2)})
    told = rf"^{key}: {method} of its Wrong answers .+; allowed: .+; in its talks with [a-z]+ \(20\d\d-\d\d\)$"
    with pytest.raises(AnswerError, match=told):
        play(24, roster={key: own})


def test_a_procedure_of_ones_own_that_plays_no_round_is_told():
    silent = SimpleNamespace(advance=lambda talks, round_, stakes, draw: None)
    own = type("Silent", (Usps,), {"sits_down": lambda self, usual, side, other: silent})
    with pytest.raises(AnswerError, match=r"advance of their SimpleNamespace answers None; allowed: Talks \(20"):
        play(24, roster={"usps": own})


def shares():
    drawn = np.random.default_rng(7).uniform(0.0, 1.0, (5, 3, 4))
    return drawn / drawn.sum(axis=1, keepdims=True)


def test_shares_that_sum_to_one_are_taken_as_they_are():
    usual, within = shares(), shares() * (1.0 + 5e-7)
    for answer in (usual, within):
        assert checked_shares("shippers", "split", answer, (5, 3, 4), axis=1) is answer
    assert checked_shares("shippers", "split", np.zeros((0, 3, 4)), (0, 3, 4), axis=1).shape == (0, 3, 4)


@pytest.mark.parametrize(
    ("lower", "higher", "told"),
    [(-0.2, 0.2, "is -"), (-1.0 - 1e-3, 1.0 + 1e-3, "is -"), (np.nan, 0.0, "is nan"), (0.0, 1e-3, "sums to")],
)
def test_other_shares_are_not_even_where_they_sum_to_one(lower, higher, told):
    answer = shares()
    answer[2, 0, 1], answer[2, 1, 1], answer[2, 2, 1] = lower, 1.0, higher
    if told == "is -":
        answer[2, 1, 1] = 1.0 - lower - higher
    with pytest.raises(AnswerError, match=told):
        checked_shares("shippers", "split", answer, (5, 3, 4), axis=1)
