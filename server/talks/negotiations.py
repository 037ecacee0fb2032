"""Negotiations of a run as frozen values: who talked, what was offered, what either side could have paid, how it ended.

`extract` runs on the thread that steps the market; all that it returns are copies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Side
from agents.calendar import Month
from model.bargains.pairs import strategic_pairs
from model.bargains.table import Pair, PairKind
from model.events import Event
from model.market import ParcelMarket
from model.state import TalksState
from model.words import missed_in_words, prices_in_words
from server.headline import month_name
from server.talks.sides import ACCESS_PAIR, seats_taken
from server.talks.worth import brought
from server.words import event_words

type Floats = NDArray[np.float64]

SUBJECTS = {
    PairKind.ACCESS: "last-mile access",
    PairKind.CARRIAGE: "carriage of Amazon's parcels",
    PairKind.LAST_MILE: "last-mile access",
}
# Columns of `Table.lines`.
LINES = ("buyer_offer", "seller_offer", "buyer_limit", "seller_limit", "nash")


@dataclass(frozen=True)
class Entry:
    """One negotiation in the list.

    Attributes:
        key: What the address and the page call it.
        title: Buyer and seller.
        subject: What they talk about.
        opened: Month in which they began.
        state: "going on", "broken off", "under review", "agreed", "no deal" or "ended".
        reason: What became of it, one sentence.
    """

    key: str
    title: str
    subject: str
    opened: Month
    state: str
    reason: str

    @property
    def over(self) -> bool:
        """Whether both sides' limits may be shown without spoiling anything."""
        return self.state in ("agreed", "under review", "no deal", "ended")


@dataclass(frozen=True, eq=False)
class Table:
    """One thread of one negotiation.

    Attributes:
        entry: The negotiation.
        buyer: Key of the buyer.
        seller: Key of the seller.
        names: Names of buyer and seller for people.
        groups: Names of all threads.
        group: Index of the thread shown.
        commitment: Month from which the buyer orders capacity of its own.
        expiry: Month in which the contract in force ends.
        played: Rounds played so far.
        lines: (R, 5) by round from 0, $ per parcel, columns as in `LINES`; NaN where there is nothing.
        current: Price in force when the talks opened, $ per parcel.
        published: Price without a contract, as of the last round, $ per parcel; NaN before the first.
        quantity: Parcels a year that the thread is about, as of the last round.
        agreed: Round and price of the agreement of this thread, None without one.
        errors: Private errors in the limits of buyer and seller that are left, $ per parcel.
        form: Form of the contract on the table, or that was agreed on, in words; empty where it is no matter of talks.
        expected: Price that Amazon expects to pay USPS in future, $ per parcel; None for other pairs.
        outcome: Named figures of the agreement, empty before.
    """

    entry: Entry
    buyer: str
    seller: str
    names: tuple[str, str]
    groups: tuple[str, ...]
    group: int
    commitment: Month
    expiry: Month
    played: int
    lines: Floats
    current: float
    published: float
    quantity: float
    agreed: tuple[int, float] | None
    errors: tuple[float, float]
    form: str
    expected: float | None
    outcome: tuple[tuple[str, float], ...]

    @property
    def zone(self) -> tuple[float, float] | None:
        """Zone of agreement of the last round, $ per parcel: least for the seller, most for the buyer."""
        played = self.lines[: self.played + 1, 2:4]
        known = played[np.isfinite(played).all(axis=1)]
        if not len(known) or known[-1, 0] < known[-1, 1]:
            return None
        return float(known[-1, 1]), float(known[-1, 0])


@dataclass(frozen=True, eq=False)
class Negotiations:
    """All negotiations of a run, those of Amazon with USPS and then the newest first, and the one that was chosen."""

    entries: tuple[Entry, ...]
    table: Table | None


def extract(market: ParcelMarket, chosen: str = "", group: int = 0) -> Negotiations:
    """Copy the negotiations out of a market.

    Args:
        market: The market.
        chosen: Key of the negotiation to show; the first one if there is none of this key.
        group: Thread to show; the first one where there are fewer.
    """
    states = [*market.state.past_talks, *market.state.talks.values()]
    states.sort(key=lambda state: (state.pair.kind is PairKind.ACCESS, state.opened), reverse=True)
    agreements = [event for event in market.events if event.kind == "agreement"]
    able = set(strategic_pairs(market))
    made = {state.key: (state, _entry(market, state, agreements, able)) for state in states}
    if not made:
        return Negotiations((), None)
    if chosen not in made:
        chosen = next(iter(made))
    entries = tuple(entry for _, entry in made.values())
    return Negotiations(entries, _table(market, *made[chosen], group, agreements))


def _entry(market: ParcelMarket, state: TalksState, agreements: list[Event], able: set[Pair]) -> Entry:
    buyer, seller = market.book.name(state.pair.buyer), market.book.name(state.pair.seller)
    status, reason = _fate(market, state, agreements, state.pair in able)
    return Entry(state.key, f"{buyer} and {seller}", SUBJECTS[state.pair.kind], state.opened, status, reason)


def _fate(market: ParcelMarket, state: TalksState, agreements: list[Event], able: bool) -> tuple[str, str]:
    """State of a negotiation and why."""
    talks = state.talks
    if state.under_review is not None:
        return "under review", f"{_agreement_text(state, agreements)} The regulator looks at it."
    if talks.signed:
        return "agreed", _agreement_text(state, agreements)
    left = [seat for seat in seats_taken(market) if seat.procedure.left]
    if left and state is market.state.talks.get(ACCESS_PAIR):
        player = market.book.name(left[0].key)
        return "no deal", f"{player}, played by hand, has left the table."
    if not able:
        return "ended", "These talks have ended: the two no longer bargain with each other."
    if not state.limits:
        return "going on", "They have met, and the first offer comes next month."
    last = state.limits[-1][0]
    if last >= talks.expiry_round:
        expiry, again = month_name(state.opened + talks.expiry_round), int(market.figures.resume_interval)
        return (
            "no deal",
            f"No deal when the contract ended in {expiry}. {_gap_text(state)} They meet every {again} months.",
        )
    frozen = talks.open & (talks.frozen_until > last)
    if frozen.any() and (frozen == talks.open).all():
        until = month_name(state.opened + int(talks.frozen_until.max()))
        return "broken off", f"Talks are broken off until {until}; the deadlines come nearer meanwhile."
    return "going on", _offers_text(state)


def _agreement_text(state: TalksState, agreements: list[Event]) -> str:
    event = _agreement(state, agreements)
    return "" if event is None else f"{month_name(event.month)}: {event_words(event.text).rstrip('.')}."


def _agreement(state: TalksState, agreements: list[Event]) -> Event | None:
    """The latest agreement of a negotiation that has one."""
    actors, signed = (state.pair.buyer, state.pair.seller), state.talks.signed_round
    if signed is None:
        return None
    month = state.opened + signed
    return next((event for event in agreements if event.actors == actors and event.month == month), None)


def _gap_text(state: TalksState) -> str:
    last, buyer, seller = state.limits[-1]
    if last < state.talks.earliest_round:
        return f"This scenario lets nothing be signed before {month_name(state.opened + state.talks.earliest_round)}."
    gap = float(np.min(seller - buyer))
    if gap <= 0.0:
        return "There would be a price that suits both."
    return f"No price suits both: the buyer would pay ${gap:.2f} a parcel less than the seller needs."


def _offers_text(state: TalksState) -> str:
    latest = {offer.side: offer for offer in state.talks.offers}
    if not latest:
        return "The talks are open, and no offer has been made yet."
    if len(latest) < len(Side):
        return "One side has made its first offer."
    gap = latest[Side.SELLER].price - latest[Side.BUYER].price
    if not np.isfinite(gap).any():
        return "They talk."
    return f"Their latest offers are ${max(0.0, float(np.nanmean(gap))):.2f} a parcel apart."


def _table(market: ParcelMarket, state: TalksState, entry: Entry, group: int, agreements: list[Event]) -> Table:
    talks, pair = state.talks, state.pair
    group = group if 0 <= group < len(talks.groups) else 0
    played = state.limits[-1][0] if state.limits else 0
    closed = int(talks.closed_round[group])
    event = _agreement(state, agreements)
    stakes = state.stakes
    shares = (stakes.buyer_error_share, stakes.seller_error_share) if stakes else (1.0, 1.0)
    borne = np.array([np.broadcast_to(one, len(talks.groups))[group] for one in shares])
    noise = talks.noise_scale * borne * np.array([talks.noise_buyer[group], talks.noise_seller[group]])
    return Table(
        entry=entry,
        buyer=pair.buyer,
        seller=pair.seller,
        names=(market.book.name(pair.buyer), market.book.name(pair.seller)),
        groups=talks.groups,
        group=group,
        commitment=state.opened + talks.commitment_round,
        expiry=state.opened + talks.expiry_round,
        played=played,
        lines=_lines(state, group, max(talks.expiry_round, played) + 1),
        current=float(talks.current_price[group]),
        published=float(state.stakes.published[group]) if state.stakes else np.nan,
        quantity=float(state.stakes.quantity[group]) if state.stakes else np.nan,
        agreed=(closed, float(talks.price[group])) if closed >= 0 else None,
        errors=(float(noise[0]), float(noise[1])),
        form=_form_text(state),
        expected=float(market.amazon.memory.price_belief) if pair.kind is PairKind.ACCESS else None,
        outcome=_outcome(market, state, event),
    )


def _outcome(market: ParcelMarket, state: TalksState, event: Event | None) -> tuple[tuple[str, float], ...]:
    """Figures of an agreement; what each side gains as a player is told it, so that the page says one thing."""
    if event is None:
        return ()
    numbers = dict(event.numbers)
    for side in Side:
        deal = brought(market, state, side)
        if deal is not None:
            numbers[f"{side}_surplus_usd"] = deal.gain
    return tuple(numbers.items())


def _form_text(state: TalksState) -> str:
    """The form on the table, in words; empty before the first round and where the form is no matter of talks."""
    package = state.package
    if package is None:
        return ""
    promised = "all parcels promised" if package.form.promised else "parcels promised at the price agreed"
    rate = package.shortfall_rate(float(np.nan_to_num(state.talks.price[0], nan=_middle(state))))
    missed = missed_in_words(package.form.rule, rate)
    return f"{prices_in_words(len(package.groups.names))}, {promised}; missing parcels cost {missed}"


def _middle(state: TalksState) -> float:
    """Middle between the limits of the latest round, $ per parcel."""
    _, buyer, seller = state.limits[-1]
    return float((buyer[0] + seller[0]) / 2.0)


def _lines(state: TalksState, group: int, n_rounds: int) -> Floats:
    """(R, 5) what `Table.lines` says."""
    lines = np.full((n_rounds, len(LINES)), np.nan)
    for offer in state.talks.offers:
        lines[offer.round, 0 if offer.side is Side.BUYER else 1] = offer.price[group]
    for (round_, buyer, seller), nash in zip(state.limits, state.benchmark, strict=True):
        lines[round_, 2:] = buyer[group], seller[group], nash[group]
    return lines
