"""What turning points, headlines and faces are told from: figures, events, talks and contracts of a run, copied."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from agents.bargaining import Side
from agents.calendar import Month
from agents.contracts import ContractState
from model.carriers import NATIONAL
from model.events import Event
from model.market import ParcelMarket
from model.state import TalksState
from model.state.talks import Floats as Prices
from server.story.stage import Figures, group_matrix, stage_rows
from server.talks.sides import ACCESS_PAIR

MILLION = 1e6
#: Contracts that the stage shows, by seller and buyer.
SHOWN = {("usps", "amazon"), ("ups", "amazon"), ("fedex", "amazon"), ("usps", "ups"), ("usps", "fedex")}
_FROM = re.compile(r"from (\d{4})-(\d\d)")


@dataclass(frozen=True)
class Offered:
    """An offer in the talks of Amazon and USPS.

    Attributes:
        month: Months from the start of the run.
        who: Key of the side that makes it.
        price: $ per parcel, mean over the parts of the parcels that it is about.
    """

    month: int
    who: str
    price: float


@dataclass(frozen=True)
class AccessTalks:
    """One negotiation of Amazon and USPS; months are counted from the start of the run.

    Attributes:
        opened: When it opened.
        deadline: From when on Amazon orders capacity for what it will not leave.
        expiry: When the contract in force ends.
        signed: When they agreed, None as long as they have not.
        current: Price in force at the opening, $ per parcel.
        offers: In their order.
        limits: Month, most that Amazon pays and least that USPS takes, $ per parcel; what one side knows the other does
            not.
        earliest: First month in which anything can be signed.
    """

    opened: int
    deadline: int
    expiry: int
    signed: int | None
    current: float
    offers: tuple[Offered, ...]
    limits: tuple[tuple[int, float, float], ...]
    earliest: int

    def agreed_by(self, month: int) -> bool:
        """Whether they had agreed by the end of a month."""
        return self.signed is not None and self.signed <= month

    def latest(self, who: str, month: int) -> Offered | None:
        """The latest offer of a side by the end of a month."""
        found = [one for one in self.offers if one.who == who and one.month <= month]
        return found[-1] if found else None

    def limits_at(self, month: int) -> tuple[float, float] | None:
        """Limits of buyer and seller as of a month, None before the first round."""
        found = [(buyer, seller) for when, buyer, seller in self.limits if when <= month]
        return found[-1] if found else None


@dataclass(frozen=True)
class Held:
    """A contract that came into force; months are counted from the start of the run.

    Attributes:
        seller: Key of the carrier that delivers.
        buyer: Key of the one that hands over.
        start: First month in force.
        end: First month no longer in force.
        promised: Millions of parcels a year.
        price: At its start, $ per parcel.
    """

    seller: str
    buyer: str
    start: int
    end: int
    promised: float
    price: float


class Story:
    """A run so far. Call it only from the thread that steps the market: all that it keeps are copies.

    Args:
        market: The market.
    """

    def __init__(self, market: ParcelMarket) -> None:
        records = market.records
        self.start: Month = market.settings.start
        self.n, self.n_months = records.n, market.n_months
        self.forced = bool(market.settings.forced)
        self.rows = stage_rows(records, tuple(market.carriers.keys), market.zones.zone_type)
        self.figures = Figures(self.rows)
        self.events: list[tuple[int, Event]] = []
        self.agreements, self.notices = np.zeros(
            (2, self.n), dtype=int
        )  # rate agreements signed, and ended by carriers
        first = self.start.index
        for event in market.events:
            when = event.month.index - first
            if when >= self.n:
                break  # a month that is not over yet
            self.agreements[when] += event.kind == "enterprise_contract" and " sign for " in event.text
            self.notices[when] += event.kind == "shed"
            if event.kind != "enterprise_contract":
                self.events.append((when, event))
        self.orders = [
            (when, event.actors[0], _opens(event) - self.start, number(event, "annual_parcels") / MILLION)
            for when, event in self.events
            if event.kind == "order" and event.actors[0] in NATIONAL
        ]
        self.talks = tuple(_talks(market, state) for state in _access_talks(market))
        self.contracts = _contracts(market)
        self.cash = np.array(records["usps_cash_usd"])
        self.cash_expected = np.array(records["usps_cash_expected_usd"])
        self.net_income = np.array(records["usps_net_income_usd"])
        self.mail = 100.0 * np.array(records["usps_mail_index"])
        self.amazon_cost = np.array(records["amazon_delivered_cost_usd"])
        self.economy_price = np.array(records["price_per_parcel_usd"])[:, 0]
        self.on_time = 100.0 * np.array(records["on_time_share"])
        groups = group_matrix(tuple(market.carriers.keys))
        self._moved = np.einsum("kg,nkl,lh->ngh", groups, records["switched_count"], groups, optimize=True)
        self.switched = np.array(records["switched_count"]).sum(axis=(1, 2))
        at_usps = records["amazon_via_usps_parcels"].sum(axis=1)
        self.cost_at_usps = np.array(records["amazon_usps_attributable_usd"]) / np.maximum(at_usps, 1.0)
        self.expected_volume = np.array(records["expected_parcels"]) / MILLION
        self.carriers = tuple(market.carriers.keys)
        self.least_cash = float(market.figures.usps_min_cash) * 1e9
        self.margins = {key: float(market.agent(key).target_margin) for key in market.carriers.integrators}
        self.n_small = int(market.shippers.primary.shape[0] - market.shippers.n_enterprise)

    def moves(self, month: int) -> list[list[int]]:
        """How many services change from one carrier group to another in a month: from, to, count."""
        moved = self._moved[month]
        pairs = [(i, j) for i, j in zip(*np.nonzero(moved), strict=True) if i != j]
        return [[int(i), int(j), int(moved[i, j])] for i, j in pairs]

    def when(self, month: int) -> Month:
        """The month so many months after the start."""
        return self.start + month

    def talks_at(self, month: int) -> AccessTalks | None:
        """The latest talks of Amazon and USPS that had opened by a month."""
        found = [one for one in self.talks if one.opened <= month]
        return found[-1] if found else None

    def contract(self, seller: str, buyer: str, month: int) -> Held | None:
        """The contract in force between two in a month."""
        for one in reversed(self.contracts):
            if (one.seller, one.buyer) == (seller, buyer) and one.start <= month < one.end:
                return one
        return None

    def of_month(self, month: int) -> list[Event]:
        """What happened in a month."""
        return [event for when, event in self.events if when == month]

    def last(self, month: int, who: str, kinds: tuple[str, ...]) -> tuple[int, Event] | None:
        """The latest event of some kinds that a party was the first to take part in, by a month."""
        for when, event in reversed(self.events):
            if when <= month and event.kind in kinds and event.actors and event.actors[0] == who:
                return when, event
        return None


def number(event: Event, name: str) -> float:
    """A figure of an event, 0 where it has none of this name."""
    return dict(event.numbers).get(name, 0.0)


def carrier_group(key: str) -> str:
    """The group that a carrier is shown with."""
    return key if key in NATIONAL else "regional"


def ready_from(event: Event) -> str:
    """The month from which on an order can be used, such as "2026-03"; empty where the event names none."""
    found = _FROM.search(event.text)
    return f"{found[1]}-{found[2]}" if found else ""


def _opens(event: Event) -> Month:
    return Month.parse(ready_from(event)) if ready_from(event) else event.month


def _access_talks(market: ParcelMarket) -> list[TalksState]:
    states = [*market.state.past_talks, *market.state.talks.values()]
    found = [one for one in states if (one.pair.seller, one.pair.buyer) == ACCESS_PAIR]
    return sorted(found, key=lambda one: one.opened)


def _talks(market: ParcelMarket, state: TalksState) -> AccessTalks:
    opened, talks = state.opened - market.settings.start, state.talks
    offers = tuple(
        Offered(opened + one.round, "amazon" if one.side is Side.BUYER else "usps", _mean(one.price))
        for one in talks.offers
    )
    limits = tuple((opened + round_, _mean(buyer), _mean(seller)) for round_, buyer, seller in state.limits)
    return AccessTalks(
        opened=opened,
        deadline=opened + talks.commitment_round,
        expiry=opened + talks.expiry_round,
        signed=None if talks.signed_round is None else opened + talks.signed_round,
        current=_mean(talks.current_price),
        offers=offers,
        limits=limits,
        earliest=opened + talks.earliest_round,
    )


def _mean(price: Prices) -> float:
    known = np.asarray(price, dtype=np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()) if known.size else float("nan")


def _contracts(market: ParcelMarket) -> tuple[Held, ...]:
    """Contracts between carriers and large shippers that have come into force, by their latest version."""
    begun: dict[str, Held] = {}
    for one in market.book.history:
        if (one.seller, one.buyer) not in SHOWN or one.state in (ContractState.OFFERED, ContractState.SIGNED):
            continue
        promised = sum(one.commitment)
        price = float(np.average(one.price, weights=one.commitment if promised > 0.0 else None))
        end = min(one.expiry, one.ends) if one.ends is not None else one.expiry
        start = market.settings.start
        begun[one.key] = Held(one.seller, one.buyer, one.start - start, end - start, promised / MILLION, price)
    return tuple(begun.values())
