"""Contracts of a run as frozen values: terms, and what has been delivered and missed under them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract, Settlement
from model.market import ParcelMarket
from model.words import due_in_words, missed_in_words, parcels_in_words, prices_in_words
from server.headline import month_name


@dataclass(frozen=True)
class Terms:
    """One contract between two strategic parties.

    Attributes:
        key: What the address and the page call it, such as usps-amazon-2026-10.
        seller: Key of the carrier that delivers.
        buyer: Key of the party that hands over parcels.
        title: Buyer and seller for people.
        state: Station in the life cycle, and "reverted" where the published price holds.
        groups: What the prices refer to.
        structure: Which zones share a price, in words.
        prices: Today's price by group, $ per parcel.
        price: Mean of them, weighted by commitment, $ per parcel.
        escalator: Yearly rise of the price, a share.
        commitment: Parcels a contract year that the buyer promises.
        cap: Parcels a contract year that the seller must accept.
        delivered: Parcels in the running contract year so far.
        pace: Parcels that the commitment asks for until now, season aside.
        rule: What a missed commitment costs.
        tolerance: Share of the commitment below which it is missed.
        start: First month in force.
        expiry: First month after the term.
        missed: Promised parcels that were missing at anniversaries so far.
        paid: What was paid for them, $.
        allowed: Whether parcels may be kept back against the lost margin, which is no breach.
        notes: What happened under it, oldest first.
    """

    key: str
    seller: str
    buyer: str
    title: str
    state: str
    groups: tuple[str, ...]
    structure: str
    prices: tuple[float, ...]
    price: float
    escalator: float
    commitment: float
    cap: float
    delivered: float
    pace: float
    rule: str
    tolerance: float
    start: Month
    expiry: Month
    missed: float
    paid: float
    allowed: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Contracts:
    """Strategic contracts one by one, those in force first, and the rate agreements of enterprise shippers together.

    Attributes:
        terms: Contracts in force or signed.
        n_agreements: Rate agreements in force.
        agreement_price: Their mean economy price today, $ per parcel; NaN without any.
    """

    terms: tuple[Terms, ...]
    n_agreements: int
    agreement_price: float


def is_rate_agreement(contract: Contract) -> bool:
    """Whether it is one of the many agreements of enterprise shippers."""
    return contract.buyer.startswith("enterprise")


def extract(market: ParcelMarket) -> Contracts:
    """Copy out of a market the contracts under which parcels move, and those that are signed and wait."""
    held = market.book.in_force()
    strategic = [contract for contract in held if not is_rate_agreement(contract)]
    parties = {(one.seller, one.buyer): None for one in market.book.history if not is_rate_agreement(one)}
    signed = (market.book.upcoming(*pair) for pair in parties)
    waiting = [contract for contract in signed if contract is not None]
    rates = [contract.price_at(market.month) for contract in held if is_rate_agreement(contract)]
    terms = tuple(terms_of(market, contract) for contract in (*strategic, *waiting))
    order = sorted(terms, key=lambda one: (one.state == "signed", -one.commitment, -one.cap))
    return Contracts(tuple(order), len(rates), float(np.mean(rates)) if rates else np.nan)


def terms_of(market: ParcelMarket, contract: Contract) -> Terms:
    """What is known today of one version of a contract."""
    month = _last_month(market)
    published = market.published_access_price() if contract.seller == "usps" else None
    last = (contract.ends or contract.expiry) + -1
    today = max(contract.start, min(market.month, last))
    prices = contract.prices_at(today, published)
    weights = np.maximum(np.array(contract.commitment), 1.0)
    current = market.book.get(contract.seller, contract.buyer)
    running = current is not None and contract.in_force and current.start == contract.start
    delivered = sum(market.book.delivered(contract.seller, contract.buyer)) if running else 0.0
    done = (month - contract.start) % MONTHS_PER_YEAR + 1 if running else 0
    settled = [one for one in market.book.shortfalls if one[1].key == contract.key]
    return Terms(
        key=contract.key,
        seller=contract.seller,
        buyer=contract.buyer,
        title=f"{market.book.name(contract.buyer)} with {market.book.name(contract.seller)}",
        state=contract.state.value + (", reverted" if contract.reverted else ""),
        groups=contract.groups,
        structure=prices_in_words(len(contract.groups)),
        prices=prices,
        price=float(np.average(prices, weights=weights)),
        escalator=contract.escalator,
        commitment=sum(contract.commitment),
        cap=sum(contract.cap),
        delivered=float(delivered),
        pace=sum(contract.commitment)
        * sum(contract.owed_share(month + -back) for back in range(done))
        / MONTHS_PER_YEAR,
        rule=_rule(contract),
        tolerance=contract.tolerance,
        start=contract.start,
        expiry=contract.ends or contract.expiry,
        missed=sum(result.shortfall for _, _, result in settled),
        paid=sum(result.payment for _, _, result in settled),
        allowed=contract.shortfall_rule == "make_whole",
        notes=history_of(market, contract),
    )


def _rule(contract: Contract) -> str:
    """What a missed commitment costs, in words."""
    if sum(contract.commitment) <= 0.0:
        return "nothing: no parcels are promised"
    return missed_in_words(contract.shortfall_rule, contract.take_or_pay_rate)


def history_of(market: ParcelMarket, contract: Contract) -> tuple[str, ...]:
    """What happened under a contract, oldest first: its notices and settlements."""
    notes = []
    for month, _, result in (one for one in market.book.shortfalls if one[1].key == contract.key):
        notes.append(f"{month_name(month)}: {_settled(contract, result)}")
    if contract.ends is not None and contract.in_force:
        notes.append(f"Notice was given; it ends by {month_name(contract.ends)}")
    return tuple(notes)


def _settled(contract: Contract, result: Settlement) -> str:
    """What a contract year brought in which fewer parcels were handed over than promised."""
    parcels = parcels_in_words(result.shortfall)
    due = due_in_words(contract.shortfall_rule, result.payment)
    if contract.shortfall_rule == "make_whole":
        return f"{parcels} not handed over, as the contract allows; {due}"
    paid = f", {due}" if contract.shortfall_rule == "take_or_pay" else ""
    reverted = "; the published price holds from now on" if result.contract.reverted else ""
    return f"{parcels} missing{paid}{reverted}"


def _last_month(market: ParcelMarket) -> Month:
    """Month simulated last, or the first one to come."""
    return market.records.months[-1] if market.records.n else market.month
