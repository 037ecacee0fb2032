"""What each phase of a month really reads and writes, found by watching small markets play.

    python -m tests.model.phase_traces       # prints what `model/phases/touched.py` has to say; format it with ruff

A field is read where its attribute is asked for while the phase runs, by the phase or by a party that it asks. It is
written where its content differs after the phase, to the last bit; the same value in a new object is no change.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from textwrap import wrap
from typing import Any

from agents.calendar import JULY, Month
from agents.contracts import Contract
from agents.party import Party
from agents.roster import REGULATOR
from model import market as market_module
from model.auction.round import AuctionRound
from model.economy import Economy
from model.events import EventLog
from model.market import PHASES, ParcelMarket, Phase
from model.scenario import Scenario
from model.state import MarketState, MonthFlows

#: Fields that are parts of others, and what is kept only so that it need not be worked out twice.
PARTS, KEPT = ("state", "state.flows"), ("_route_cost", "_season", "_capital_charge", "_amazon_totals", "books_at_hand")
LOGS = ("events", "records")
NAMED = (REGULATOR, "usps", "amazon", "ups", "fedex")
ALWAYS = (*LOGS, *NAMED, "carrier_agents", "other_parties")
BETWEEN = ("ledger", "month", "months_done")  # what changes between two months
#: Values that never change once they are made, and what is no content of whoever holds it.
FROZEN, CUT = (Contract, AuctionRound), (ParcelMarket, EventLog)
HIDDEN = {f"_{name}": name for name in ("figures", "shippers", "settings")}
type Seen = dict[str, tuple[set[str], set[str]]]


def field_of(owner: type, name: str) -> str | None:
    """Name of a field as phases declare it; None for what is no field."""
    if owner is MonthFlows:
        found = f"state.flows.{name}" if name in MonthFlows.__annotations__ else None
    elif owner is MarketState:
        found = f"state.{name}" if name in MarketState.__annotations__ else None
    else:
        found = HIDDEN.get(name, name if name in Economy.__annotations__ and name not in KEPT else None)
    return None if found in PARTS else found


def all_fields() -> tuple[str, ...]:
    """All fields that a phase can read or write."""
    names = [field_of(owner, name) for owner in (Economy, MarketState, MonthFlows) for name in owner.__annotations__]
    return tuple(name for name in names if name is not None)


class _Content(pickle.Pickler):
    """Writes content without saying which objects are the same; what belongs to somebody else is cut off.

    Args:
        target: Where it goes.
        known: Content of frozen values that were met before, with the value itself so that no other takes its place.
    """

    def __init__(self, target: io.BytesIO, known: dict[int, tuple[object, bytes]]) -> None:
        super().__init__(target, protocol=5)
        self.fast = True  # two equal arrays give what one array twice gives
        self.known = known

    def persistent_id(self, found: object) -> str | bytes | None:
        """Name of what is not written out."""
        kind = type(found)
        if kind in CUT or isinstance(found, Party):
            return kind.__name__
        if kind not in FROZEN:
            return None
        if id(found) not in self.known:
            self.known[id(found)] = (found, pickle.dumps(found))
        return self.known[id(found)][1]


class Contents:
    """Content of the fields of a market.

    Args:
        market: The market.
    """

    def __init__(self, market: ParcelMarket) -> None:
        self.market = market
        self.known: dict[int, tuple[object, bytes]] = {}

    def of(self, name: str) -> bytes:
        """A short name of all that a field holds; of a log how long it is, of a party what it remembers."""
        owner, way = self.market, name.split(".")
        for step in way[:-1]:
            owner = getattr(owner, step)
        value = getattr(owner, way[-1], None)
        if name in LOGS:
            value = len(value) if name == "events" else value.n
        elif isinstance(value, Party):
            value = vars(value)
        elif name in ("carrier_agents", "other_parties"):
            value = [vars(one) for one in value if one.key not in NAMED]
        target = io.BytesIO()
        _Content(target, self.known).dump(value)
        return blake2b(target.getbuffer(), digest_size=16).digest()


@contextmanager
def watched(touched: set[str], asked: set[str]) -> Iterator[None]:
    """Note every field that is asked for, and all that is asked for or set."""

    def watch(owner: type, patched: Any) -> None:
        names = {name: field for name in owner.__annotations__ if (field := field_of(owner, name))}

        def get(self: object, name: str) -> Any:
            if name in names:
                asked.add(names[name])
            return object.__getattribute__(self, name)

        def put(self: object, name: str, value: object) -> None:
            if name in names:
                touched.add(names[name])
            usual(self, name, value)

        usual = patched.__setattr__
        patched.__getattribute__, patched.__setattr__ = get, put

    classes = ((Economy, ParcelMarket), (MarketState, MarketState), (MonthFlows, MonthFlows))
    try:
        for owner, patched in classes:
            watch(owner, patched)
        yield
    finally:
        for _, patched in classes:
            del patched.__getattribute__, patched.__setattr__
        touched |= asked


def trace(market: ParcelMarket, months: int) -> Seen:
    """What each phase read and wrote in the next months of a market, by name of the phase.

    A field that a phase does not take in its hands is not compared, but for logs and parties, which are reached in many
    ways, and in the first month, in which all are: so a change by a back door is seen.
    """
    found: Seen = {phase.name: (set(), set()) for phase in PHASES}
    contents, every = Contents(market), all_fields()
    first = market.month
    latest: dict[str, bytes] = {}

    def playing(phase: Phase) -> Phase:
        def run(economy: ParcelMarket) -> None:
            reads, writes = found[phase.name]
            asked: set[str] = set()
            touched = set(every if market.month == first else ALWAYS)
            with watched(touched, asked):
                phase.run(economy)
            reads |= asked
            for name in touched:
                now = contents.of(name)
                if latest[name] != now:
                    writes.add(name)
                    latest[name] = now

        return replace(phase, run=run)

    usual = market_module.PHASES
    market_module.PHASES = tuple(playing(phase) for phase in usual)
    try:
        for _ in range(months):
            # A month opens before its first phase: the ledger is emptied, the calendar moves on.
            latest |= {
                name: contents.of(name) for name in (every if not latest else ("ledger", "month", "months_done"))
            }
            market.ledger.open_month()
            latest["ledger"] = contents.of("ledger")
            market.step()
    finally:
        market_module.PHASES = usual
    return found


class Union(Party):
    """Sets the wages of one carrier in July."""

    def wage_step(self, month: Month) -> dict[str, float]:
        """A little more in July."""
        return {"ups": 1.02} if month.month == JULY else {}


@dataclass(frozen=True)
class Watched:
    """A market that is watched for some months.

    Attributes:
        scenario: Its scenario.
        changes: What differs from it.
        months: Months that are watched.
        after: Months that are played before.
        roster: Parties of its own.
    """

    scenario: str
    changes: Mapping[str, Any]
    months: int
    after: int = 0
    roster: Mapping[str, type[Party]] = field(default_factory=dict)

    def touched(self) -> Seen:
        """What each phase read and wrote."""
        settings = Scenario.load(self.scenario).with_changes(SMALL | self.changes)
        market = ParcelMarket(settings, rng=3, roster=self.roster)
        for _ in range(self.after):
            market.step()
        return trace(market, self.months)


SMALL = {"n_shippers": 60, "n_enterprise_shippers": 5}
#: One quarter of losses ends a carrier, and USPS never has enough; parcels are pooled at little cost.
WANT = {"regional_exit_cash_months": 1, "usps_min_cash": 1000}
CHEAP_POOLING = {"upstream_cost_regional": 0.8, "delivery_unit_stop_cost": 50.0}
SHOCKS = {
    "fuel_shock": True,
    "fuel_shock_start": "2023-08",
    "wage_shock": "all",
    "wage_shock_start": "2023-08",
    "interest_shock": True,
    "interest_shock_start": "2023-09",
    "labour_dispute": "ups",
    "labour_dispute_start": "2023-10",
}
#: Together they see shocks, entry, takeovers, exits, distress, places given up, wages that are set, talks with a review
#: by the regulator, an auction, and a past whose dated facts are imposed.
WATCHED = {
    "entry, takeovers, shocks and want of money": Watched(
        "amazon_opens_network",
        {"start": "2023-06", "history_mode": "free_run", "universal_service": False} | WANT | SHOCKS,
        months=14,
        roster={"union": Union},
    ),
    "alternating offers": Watched("baseline", {"regulator_lag": 2}, after=14, months=10),
    "auction": Watched("auction_pay_as_bid", CHEAP_POOLING, after=16, months=6),
    "Nash and a year that was": Watched("baseline", {"start": "2019-01", "bargaining": "nash"}, months=13),
}


def all_touched() -> Seen:
    """What each phase read and wrote in any of the markets that are watched."""
    total: Seen = {phase.name: (set(), set()) for phase in PHASES}
    for one in WATCHED.values():
        for name, (reads, writes) in one.touched().items():
            total[name][0].update(reads)
            total[name][1].update(writes)
    return total


def in_order(names: set[str]) -> tuple[str, ...]:
    """Fields in the order in which the economy declares them."""
    return tuple(name for name in all_fields() if name in names)


def main() -> None:
    """Print what `model/phases/touched.py` has to say."""
    for name, (reads, writes) in all_touched().items():
        print(f'    "{name}": Touched.named(')
        for what, names in (("reads", in_order(reads)), ("writes", in_order(writes))):
            text = " ".join(names)
            lines = [text] if len(text) < 95 else [f"{line} " for line in wrap(text, 100)]
            print(f"        {what}=(", *(f'            "{line}"' for line in lines), "        ),", sep="\n")
        print("    ),")


if __name__ == "__main__":
    main()
