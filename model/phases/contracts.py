"""Contracts of the month: settlement, review, renewal, and how much of Amazon's volume each of them carries."""

from __future__ import annotations

from dataclasses import replace

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract, ShortfallRule
from agents.rules.contract_use import OwnContracts
from model.auction.awarded import ledger_party
from model.auction.dates import announced, shut_out
from model.bargains.carriage import carriage_cost_factors
from model.bargains.enterprise import advance_agreements, hold_start_agreements
from model.bargains.pairs import pairs_of_amazon
from model.bargains.table import Pair, PairKind
from model.economy import Economy
from model.phases.history import follow_history, forced, imposed_access_price, left_to_bargaining
from model.phases.negotiation import decide_reviews
from model.timeline import hand_over_ends, usps_amazon_expiry


def sign_start_contracts(market: Economy) -> None:
    """Put the contracts of the start into the book, with what was delivered before the run began."""
    p, flows = market.figures, market.amazon.memory.flows
    start = usps_amazon_expiry(after=market.month) + -int(p.term_strategic)
    begun = max(0, market.month - start) % MONTHS_PER_YEAR
    season = [market.season_of(market.month + -back) for back in range(1, begun + 1)]
    promised: tuple[tuple[str, float, float, float, ShortfallRule], ...] = (
        ("usps", flows.usps.sum(), flows.usps.sum() * p.contract_cap_ratio, p.price_access_amazon, "reversion"),
        ("ups", 0.0, flows.ups.sum(), p.price_amazon_ups, "none"),
        ("fedex", 0.0, flows.fedex.sum(), p.price_amazon_fedex, "none"),
    )
    for key, commitment, cap, price, rule in promised:
        contract = Contract(
            seller=key,
            buyer="amazon",
            segment="economy",
            groups=("uniform",),
            price=(price / (1.0 + p.inflation) ** ((market.month - start) // MONTHS_PER_YEAR),),
            escalator=p.inflation,
            commitment=(float(commitment),),
            cap=(float(cap),),
            shortfall_rule=rule,
            tolerance=p.shortfall_tolerance,
            take_or_pay_rate=p.take_or_pay_rate,
            start=start,
            term_months=int(p.term_strategic),
            notice_months=int(p.notice_months),
        )
        delivered = float(commitment) * sum(season) / MONTHS_PER_YEAR
        market.book.hold(contract, (delivered,))
    _hold_access_contracts(market)
    market.amazon.knows_channel_value()
    market.carriage_cost_factor = carriage_cost_factors(market)
    hold_start_agreements(market)


def _hold_access_contracts(market: Economy) -> None:
    """What USPS delivers for UPS and FedEx at the start it delivers under an agreement with each of them.

    That of UPS ended with the year 2024; that of FedEx is an ordinary one.
    """
    p, ends = market.figures, hand_over_ends()
    for key in market.carriers.integrators:
        handed = float(market.state.access.handed[market.agent(key).index])
        if handed <= 0.0:
            continue
        left = ends[key] - market.month if key in ends else 0
        term = left if left > 0 else int(p.term_usps_nsa)
        contract = Contract(
            seller="usps",
            buyer=key,
            segment="economy",
            groups=("uniform",),
            price=(p.price_access_other_ratio * p.price_access_amazon,),
            escalator=p.inflation,
            commitment=(0.0,),
            cap=(handed * p.contract_cap_ratio,),
            shortfall_rule="none",
            tolerance=p.shortfall_tolerance,
            take_or_pay_rate=p.take_or_pay_rate,
            start=market.month,
            term_months=term,
            notice_months=int(p.notice_months),
        )
        market.book.hold(contract, (0.0,))


def advance_contracts(market: Economy) -> None:
    """Settle and move all contracts, decide reviews, renew what is imposed, and set this month's contract volumes."""
    follow_history(market)
    for contract, settlement in market.book.advance(market.month):
        if settlement.payment > 0.0:
            market.ledger.pay("settlement", ledger_party(contract.buyer), contract.seller, settlement.payment)
    decide_reviews(market)
    advance_agreements(market)
    _renew_imposed(market)
    _use_contracts(market)


def _renew_imposed(market: Economy) -> None:
    """Sign anew, on the terms in force, what the scenario does not leave to talks."""
    settings = market.settings
    early = settings.usps_amazon_renewal == "early" and market.month == settings.start
    for pair in pairs_of_amazon(market):
        held, access = market.book.get(*pair.parties), pair.kind is PairKind.ACCESS
        assert held is not None
        imposed = access and not left_to_bargaining(market)
        withdrawn = imposed and settings.usps_amazon_volume == "withdrawn" and exit_progress(market, market.month) > 0
        auctioned = access and not imposed and announced(settings, market.month)
        if withdrawn or auctioned or (settings.negotiation and not imposed and not forced(market)):
            continue
        agreed_cut = settings.usps_amazon_volume == "partial" and market.month == settings.exit_start
        if not held.in_force or (imposed and (early or agreed_cut)):
            _renew(market, pair, held)


def _use_contracts(market: Economy) -> None:
    """Amazon decides what its contracts carry this month; where an exit begins or ends by decree, it is told."""
    amazon, settings = market.amazon, market.settings
    before, imposed = amazon.memory.retained_share, imposed_share(market, market.month, market.month)
    amazon.uses_contracts()
    if imposed is not None and imposed != before and market.month in (settings.exit_start, settings.exit_end):
        market.events.add(
            market.month,
            "sourcing",
            ("amazon", "usps"),
            f"Amazon's contract parcels at USPS stand at {100 * imposed:.0f} % of the start volume",
            share=imposed,
        )


def own_contracts_with(market: Economy, buyer: str, seller: str, now: Month) -> OwnContracts:
    """What a buyer has signed with a seller, as it knows it in a month.

    Without talks a contract stays as it is; from the announcement of an auction on those of who sells there do not.
    """
    held, upcoming = market.book.get(seller, buyer), market.book.upcoming(seller, buyer)
    assert held is not None
    agreed, settings = market.state.agreed_volume, market.settings
    by_lot = market.agent(seller).sells_access and announced(settings, now)
    keys = {one.start: (seller, buyer, one.start) for one in (held, upcoming) if one is not None}
    ends = (settings.negotiation and not forced(market, now)) or by_lot
    return OwnContracts(
        held=held,
        upcoming=upcoming,
        volumes={start: agreed[key] for start, key in keys.items() if key in agreed},
        delivered=market.book.delivered(seller, buyer),
        goes_on=not ends,
        closed=by_lot and shut_out(settings, now),
    )


def imposed_share(market: Economy, month: Month, now: Month) -> float | None:
    """Share of Amazon's start volume that stays with USPS in a month by decree; None where the two bargain."""
    if left_to_bargaining(market, now):
        return None
    target = 0.0 if market.settings.usps_amazon_volume == "withdrawn" else market.figures.partial_retained_share
    return 1.0 - exit_progress(market, month, now) * (1.0 - target)


def _renew(market: Economy, pair: Pair, held: Contract) -> None:
    """Sign the same terms anew at today's price; a smaller volume where the scenario keeps only a part."""
    access = pair.kind is PairKind.ACCESS
    price = imposed_access_price(market) if access else None
    if price is None:
        price = held.price_at(market.month)  # a year that ends today escalates once more
    fresh = held
    partial = market.settings.usps_amazon_volume == "partial" and market.month >= market.settings.exit_start
    if access and partial:
        total = market.amazon.memory.slices.total
        fresh = replace(
            held,
            commitment=(total * market.figures.partial_retained_share,),
            cap=(total * market.figures.contract_cap_ratio,),
        )
    market.book.renew(fresh, market.month, int(market.figures.term_strategic), (price,))


def exit_progress(market: Economy, month: Month, now: Month | None = None) -> float:
    """Share of the exit from USPS that is done in a month, as known in another: nothing before it is decided."""
    settings = market.settings
    imposed = settings.usps_amazon_volume in ("withdrawn", "partial")
    if not imposed or (now or market.month) < settings.exit_start or month < settings.exit_start:
        return 0.0
    if settings.exit_at_once:
        return 1.0
    return min(1.0, (month - settings.exit_start + 1) / (settings.exit_end - settings.exit_start + 1))
