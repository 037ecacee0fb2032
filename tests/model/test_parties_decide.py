"""Who decides: shippers by a party of their own, phases by no identity, and nobody writes another one's memory."""

import ast
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from pathlib import Path

import mesa
import numpy as np
import pytest

import agents
import model
from agents.amazon import Amazon
from agents.party import Party
from agents.rivals import Ups
from agents.roster import USUAL
from agents.shipper_table import ShipperTable
from agents.shippers import Shippers
from model import market as market_module
from model.answers import AnswerError
from model.carriers import carrier_names
from model.market import ParcelMarket
from model.scenario import Scenario, ScenarioError

SHORT = {"n_shippers": 200}
PARTS = ("phases", "access", "bargains", "auction")


def play(months, roster=None, name="baseline", **changes):
    run = ParcelMarket(Scenario.load(name).with_changes({**SHORT, **changes}), rng=1, roster=roster)
    for _ in range(months):
        run.step()
    return run


# -- shippers of one's own ---------------------------------------------------------------------------------------------


class Loyal(Shippers):
    """Small shippers that never look at anybody else."""

    def looks_again(self, uniform):
        return np.zeros(uniform.shape, dtype=bool)


class Even(Shippers):
    """Enterprise shippers that give USPS, UPS and FedEx a third each, and bid for nothing."""

    def split(self, case):
        share = np.zeros_like(case.lagged)
        share[:, :, [0, 2, 3]] = 1.0 / 3.0
        return share

    def wants(self, need, terms, lots):
        return {}


class Distrustful(Shippers):
    """Whatever happens, they believe that USPS is never on time."""

    def believes(self, before, met):
        found = super().believes(before, met)
        found[0] = 0.0
        return found


def test_shippers_that_never_look_again_stay_where_they_are():
    usual, loyal = play(4), play(4, {"shippers": Loyal})
    assert usual.shippers.switches.sum() > 0
    assert not loyal.shippers.switches.any()
    np.testing.assert_array_equal(loyal.shippers.primary, play(0).shippers.primary)
    assert loyal.shippers is loyal.population.table


def test_enterprise_shippers_split_as_their_class_says():
    run = play(2, {"shippers": Even})
    shares = run.state.choice.enterprise_share
    assert (shares[:, :, [0, 2, 3]] == 1.0 / 3.0).all()
    big = run.state.flows.tender.volume[-1]
    np.testing.assert_allclose(big[1:, 0], big[1:, 2])  # economy of UPS moved away from USPS after it was tendered


def test_what_shippers_believe_moves_where_they_ship():
    usual, mine = play(8), play(8, {"shippers": Distrustful})
    assert mine.state.choice.perceived_on_time[0] == 0.0
    shipped = [run.state.flows.tender.volume[:, :, 0].sum() for run in (usual, mine)]
    assert shipped[1] < 0.95 * shipped[0]


def test_enterprise_shippers_bid_by_their_class():
    settings = {"name": "auction_pay_as_bid"}
    usual, mine = play(21, **settings), play(21, {"shippers": Even}, **settings)
    assert usual.state.auctions
    assert mine.state.auctions
    bidders = {award.bidder for held in mine.state.auctions for award in held.winnings}
    assert not any(bidder.startswith("enterprise") for bidder in bidders)
    assert any(need.bidder.startswith("enterprise") for held in usual.state.auctions for need in held.needs)


def answering(**answers):
    """A class of shippers that gives these answers instead of its own."""
    return type("Wrong", (Shippers,), {name: lambda self, *given, _as=one: _as for name, one in answers.items()})


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"looks_again": np.ones(3, dtype=bool)}, r"shippers: who looks again is bool of shape \(3,\); allowed: bool"),
        ({"reconsider": 7}, "shippers: reconsider answers 7; allowed: 2 together"),
        ({"reconsider": (np.zeros(2, dtype=int), np.zeros(2))}, "shippers: reconsider answers .*; allowed: 2 together"),
        ({"split": np.zeros((1, 2))}, r"shippers: split has shape \(1, 2\); allowed"),
        ({"believes": np.full(12, np.nan)}, "shippers: believes answers .*; allowed: numbers, none of them nan"),
    ],
)
def test_an_impossible_answer_of_the_shippers_is_one_sentence(answers, told):
    with pytest.raises(AnswerError, match=told):
        play(1, {"shippers": answering(**answers)})


class Elsewhere(Shippers):
    """Small shippers that want a carrier which does not deliver where they are."""

    def reconsider(self, segment, rows, offers, uniform):
        absent = offers.possible(self.table.division[rows]).argmin(axis=1)
        return absent, self.table.fallback[rows, segment]


class Greedy(Shippers):
    """Enterprise shippers that place every parcel twice."""

    def split(self, case):
        return np.minimum(2.0 * super().split(case), 1.0)


def test_shippers_ship_with_nobody_who_does_not_serve_them_and_no_parcel_twice():
    with pytest.raises(AnswerError, match="shippers: primary carrier is"):
        play(1, {"shippers": Elsewhere})
    with pytest.raises(AnswerError, match=r"shippers: split sums to .*; allowed: 1"):
        play(1, {"shippers": Greedy})


def test_shippers_of_ones_own_travel_by_path_and_into_a_file(tmp_path):
    (tmp_path / "own_shippers.py").write_text(
        "import numpy as np\nfrom agents.shippers import Shippers\n"
        "class Loyal(Shippers):\n    def looks_again(self, uniform):\n"
        "        return np.zeros(uniform.shape, dtype=bool)\n"
    )
    path = f"{tmp_path}/own_shippers.py:Loyal"
    settings = Scenario().with_changes({**SHORT, "roster": {"shippers": path}})
    run = ParcelMarket(settings, rng=1)
    run.step()
    back = ParcelMarket.load(run.save(tmp_path / "kept.market"), roster=True)
    assert type(back.population).__name__ == "Loyal"
    assert back.shippers is back.population.table
    for market in (run, back):
        market.step()
        assert not market.shippers.switches.any()
    with pytest.raises(ScenarioError, match="its class must be a subclass of Shippers"):
        Scenario().with_changes({"roster": {"shippers": "agents.rivals:Ups"}})
    with pytest.raises(ScenarioError, match="Loyal, which is the shippers"):
        ParcelMarket(settings, roster={"union": Loyal})


# -- orders ------------------------------------------------------------------------------------------------------------


def ordering(**changes):
    """A class of UPS whose quarterly order is changed; a function gets the number of zones."""

    class Ordering(Ups):
        def capacity_order(self, lead_months, horizon_months=3, month=None):
            from agents.rules.capacity import CapacityOrder

            zones = self.world.zones.n_zones
            order = CapacityOrder(self.index, self.world.month + lead_months, np.ones(zones), np.ones(zones), 1.0)
            return replace(order, **{name: make(zones) for name, make in changes.items()})

        def build_room(self, months):
            return 1e9

    return Ordering


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"annual_parcels": lambda n: -np.ones(n)}, r"ups: capacity ordered is -1 at \(0\); allowed: 0 to inf"),
        ({"annual_parcels": lambda n: np.ones(n + 1)}, r"ups: capacity ordered has shape"),
        ({"annual_parcels": lambda n: np.full(n, 1e9)}, r"ups: capacity ordered is .* in all; allowed: 0 to 1e\+09"),
        ({"coverage": lambda n: np.full(n, 1.5)}, r"ups: coverage once its order stands is 1.5 at \(0\)"),
        ({"capital": lambda n: -5.0}, r"ups: capital of its order is -5; allowed: 0 to inf"),
    ],
)
def test_an_impossible_order_is_one_sentence(changes, told):
    with pytest.raises(AnswerError, match=told):
        play(0, {"ups": ordering(**changes)})
    play(3, {"ups": ordering()})  # as such it can be placed


@pytest.mark.parametrize(
    ("lead", "told"),
    [
        (-3, r"ups: months from an order to its use is -3; allowed: 0 to 120"),
        (10**9, r"ups: months from an order to its use is 1e\+09; allowed: 0 to 120"),
        (2.5, r"ups: build_lead answers 2.5; allowed: a whole number"),
        (None, r"ups: build_lead answers None; allowed: a whole number"),
        (np.ones(2), r"ups: build_lead answers array\(\[1., 1.\]\); allowed: a whole number"),
    ],
)
def test_an_impossible_lead_is_one_sentence(lead, told):
    with pytest.raises(AnswerError, match=told):
        play(0, {"ups": type("Slow", (Ups,), {"build_lead": lambda self: lead})})
    play(3, {"ups": type("Slow", (Ups,), {"build_lead": lambda self: np.int64(15)})})


class Picky(Amazon):
    """Commits nothing, whatever was agreed."""

    def commits(self, worth, price, agreed, one_price):
        return np.zeros(len(worth), dtype=bool)


def test_the_buyer_says_what_it_commits():
    # Under a form that is imposed; where packages are on the table, both sides say what a contract should promise.
    imposed = {"price_structure": "uniform", "shortfall_rule": "reversion"}
    changes = {"bargaining": "nash", "end": "2026-12", **imposed}
    usual, picky = play(21, **changes), play(21, {"amazon": Picky}, **changes)
    signed = [{b for _, b, _ in run.state.agreed_volume} for run in (usual, picky)]
    assert "amazon" in signed[0]
    assert "amazon" not in signed[1]
    beyond = type("Beyond", (Amazon,), {"commits": lambda self, worth, *given: np.ones(len(worth) + 1, dtype=bool)})
    with pytest.raises(AnswerError, match="amazon: slices that it commits is bool of shape"):
        play(21, {"amazon": beyond}, **changes)


# -- no phase asks who somebody is -------------------------------------------------------------------------------------

KEYS = {*carrier_names(), "regional", *USUAL}
CONSTANTS = {"AMAZON", "USPS", "UPS", "FEDEX", "REGIONAL", "NATIONAL"}
CLASSES = {kind.__name__ for kind in USUAL.values()}
IDENTITY_TESTS = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)


def is_identity(node: ast.AST, known: set[str]) -> bool:
    """Whether an expression is the key or the index of one party, the party itself, or a collection of such."""
    match node:
        case ast.Constant(value=str() as text):
            return text in KEYS
        case ast.Name(id=name):
            return name in known
        case ast.Attribute(value=value, attr=name):
            return name in known | KEYS or (name in ("key", "index", "name") and is_identity(value, known))
        case ast.Tuple(elts=inside) | ast.List(elts=inside) | ast.Set(elts=inside):
            return any(is_identity(one, known) for one in inside)
        case ast.Call(func=ast.Name(id="set" | "frozenset" | "tuple" | "list"), args=inside):
            return any(is_identity(one, known) for one in inside)
        case ast.Dict(keys=inside):
            return any(one is not None and is_identity(one, known) for one in inside)
        case ast.Subscript(value=value) | ast.Starred(value=value):
            return isinstance(value, ast.Name) and is_identity(value, known)
    return False


def identity_tests(code: str) -> Iterator[int]:
    """Lines that compare somebody's identity, or ask for the class of one party."""
    tree = ast.parse(code)
    known = set(CONSTANTS)
    for node in ast.walk(tree):  # names for a collection of parties in this file
        if isinstance(node, ast.Assign) and is_identity(node.value, known):
            known |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, ops=ops, comparators=right):
                asks = any(isinstance(one, IDENTITY_TESTS) for one in ops)
                if asks and any(is_identity(one, known) for one in (left, *right)):
                    yield node.lineno
            case ast.MatchValue(value=value) if is_identity(value, known):
                yield value.lineno
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                if any(isinstance(one, ast.Name) and one.id in CLASSES for one in ast.walk(kind)):
                    yield node.lineno


@pytest.mark.parametrize(
    "code",
    [
        'pair.buyer == "amazon"',
        "carrier != USPS",
        "index == carriers.FEDEX",
        'RIVALS = {"ups": UPS}\nfound = carrier in RIVALS',
        'key not in ("usps", "amazon")',
        'kind == "regional"',
        'NATIONAL[0] == "x" or key in NATIONAL',
        "carrier is market.usps",
        "order.carrier == market.usps.index",
        'match key:\n    case "ups":\n        pass',
        "isinstance(carrier, Amazon)",
        "[k for k in keys if k in set(['veho'])]",
    ],
)
def test_a_question_for_identity_is_found(code):
    assert [*identity_tests(code)]


def test_other_questions_are_none():
    for code in ("capacity[USPS] > 0.0", "pair.kind is PairKind.ACCESS", "one != carrier", "held is None"):
        assert not [*identity_tests(code)], code


def test_no_phase_or_mechanism_asks_who_somebody_is():
    home = Path(model.__file__).parent
    files = [file for part in PARTS for file in sorted((home / part).glob("**/*.py"))]
    assert len(files) > 30
    found = [f"{file.relative_to(home)}:{line}" for file in files for line in identity_tests(file.read_text())]
    assert found == []


# -- nobody writes another one's memory --------------------------------------------------------------------------------


def printed(value, seen=()):
    """Everything that a party remembers, by value; other parties and the market by name only."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes() if value.dtype != object else repr(value)
    if value is None or isinstance(value, int | float | str | bytes | np.generic | type):
        return value
    if id(value) in seen:
        return "itself"
    seen = (*seen, id(value))
    if isinstance(value, dict):
        return [(printed(key, seen), printed(one, seen)) for key, one in value.items()]
    if isinstance(value, Iterable) and isinstance(value, list | tuple | set | frozenset):
        return type(value).__name__, [printed(one, seen) for one in value]
    if isinstance(value, mesa.Agent | mesa.Model):
        return type(value).__name__
    if is_dataclass(value):
        return [(one.name, printed(getattr(value, one.name), seen)) for one in fields(value)]
    inside = getattr(value, "__dict__", None)
    return repr(value) if inside is None else [(name, printed(one, seen)) for name, one in inside.items()]


def memory(party):
    """What a party remembers."""
    return hash(repr([(name, printed(one)) for name, one in vars(party).items() if name != "model"]))


class Watch:
    """Sees writes to the memory of parties that do not come from their own public methods, and who made them."""

    def __init__(self, market, monkeypatch):
        self.parties = [*market.carrier_agents, market.regulator, market.population, *market.other_parties]
        self.known = {party: memory(party) for party in self.parties}
        self.inside = dict.fromkeys(self.parties, 0)
        self.found = []
        self.own_files = {str(Path(agents.__file__).parent)}
        self.own_files |= {sys.modules[type(party).__module__].__file__ for party in self.parties}
        kinds = {kind for party in self.parties for kind in type(party).__mro__ if issubclass(kind, Party)}
        for kind in kinds:
            for name, function in list(vars(kind).items()):
                if callable(function) and not name.startswith("_"):
                    monkeypatch.setattr(kind, name, self.counted(function))
        for kind in (Party, ShipperTable):
            monkeypatch.setattr(kind, "__setattr__", self.guarded(), raising=False)
        phases = tuple(replace(phase, run=self.looked_after(phase)) for phase in market_module.PHASES)
        monkeypatch.setattr(market_module, "PHASES", phases)

    def counted(self, function):
        """A method of a party that may write the party's memory while it runs."""

        @wraps(function)
        def call(party, *given, **named):
            with self.deciding(party, function.__name__):
                return function(party, *given, **named)

        return call

    @contextmanager
    def deciding(self, party, name):
        if not self.inside[party]:
            self.compare(party, f"before {name}")
        self.inside[party] += 1
        try:
            yield
        finally:
            self.inside[party] -= 1
            if not self.inside[party]:
                self.known[party] = memory(party)

    def guarded(self):
        """Writing an attribute, which only code of a party may do, even where the value stays the same."""

        def write(owner, name, value):
            file = sys._getframe(1).f_code.co_filename
            if not any(file.startswith(own) for own in self.own_files):
                self.found.append(f"{type(owner).__name__}.{name} is written in {Path(file).name}")
            object.__setattr__(owner, name, value)

        return write

    def looked_after(self, phase):
        def run(market):
            phase.run(market)
            for party in self.parties:
                self.compare(party, f"in {phase.name}")

        return run

    def compare(self, party, when):
        now = memory(party)
        if now != self.known[party]:
            self.found.append(f"the memory of {party.key} has changed {when}")
            self.known[party] = now


class Remembering(Ups):
    """Has a memory of its own, which its own methods write."""

    def close_month(self, cash):
        super().close_month(cash)
        self.seen = [*getattr(self, "seen", []), cash]


REGIMES = {
    "baseline": ({}, 23),
    "auction_pay_as_bid": ({}, 23),
    "amazon_opens_network": ({"regional_exit_cash_months": 6}, 14),
}


@pytest.mark.thorough("auction_pay_as_bid", "amazon_opens_network")
@pytest.mark.parametrize("name", REGIMES)
def test_no_phase_writes_the_memory_of_a_party(name, monkeypatch):
    changes, months = REGIMES[name]
    market = play(0, {"ups": Remembering}, name, **changes)
    with monkeypatch.context() as patch:
        watch = Watch(market, patch)
        for _ in range(months):
            market.step()
    assert watch.found == []
    assert len(market.ups.seen) == months


def write_the_same(market):
    market.usps.arrears = 0.0


def write_private(market):
    market.amazon._remember(price_belief=1.0)


def add_to_list(market):
    market.ups.shed.append((market.month, 1.0))


def change_array(market):
    market.usps.cash_flow[0] += 1.0


def move_shippers(market):
    market.shippers.primary[-1] = (market.shippers.primary[-1] + 1) % 4


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (write_the_same, "Usps.arrears is written in test_parties_decide.py"),
        (write_private, "the memory of amazon has changed"),
        (add_to_list, "the memory of ups has changed"),
        (change_array, "the memory of usps has changed"),
        (move_shippers, "the memory of shippers has changed"),
    ],
)
def test_a_phase_that_writes_a_memory_is_found(wrong, told, monkeypatch):
    market = play(0)
    first = market_module.PHASES[0]
    fake = replace(first, run=lambda given: (wrong(given), first.run(given)))
    monkeypatch.setattr(market_module, "PHASES", (fake, *market_module.PHASES[1:]))
    with monkeypatch.context() as patch:
        watch = Watch(market, patch)
        market.step()
    assert any(line.startswith(told) for line in watch.found), watch.found
