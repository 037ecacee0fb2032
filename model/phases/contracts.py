"""Contracts of the month: settlement, renewal, and how much of Amazon's volume each of them carries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract, ShortfallRule
from model.phases.enterprise_contracts import advance_agreements, hold_start_agreements
from model.phases.history import follow_history, imposed_price, left_to_bargaining
from model.phases.negotiation import desired_slices, slices_bought
from model.timeline import usps_amazon_expiry

if TYPE_CHECKING:
    from model.market import ParcelMarket

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def sign_start_contracts(market: ParcelMarket) -> None:
    """Put the contracts of the start into the book, with what was delivered before the run began."""
    p, flows = market.figures, market.state.amazon.flows
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
    hold_start_agreements(market)


def advance_contracts(market: ParcelMarket) -> None:
    """Settle and move all contracts, renew what the scenario renews, and set this month's contract volumes."""
    amazon, settings = market.state.amazon, market.settings
    follow_history(market)
    settled = market.book.advance(market.month)
    advance_agreements(market)
    for contract, settlement in settled:
        if settlement.payment > 0.0:
            market.ledger.pay("settlement", contract.buyer, contract.seller, settlement.payment)
    early = settings.usps_amazon_renewal == "early" and market.month == settings.start
    for seller in ("usps", "ups", "fedex"):
        held = market.book.get(seller, "amazon")
        assert held is not None
        withdrawn = (
            seller == "usps" and settings.usps_amazon_volume == "withdrawn" and exit_progress(market, market.month) > 0
        )
        left_to_talks = seller == "usps" and left_to_bargaining(market)
        if withdrawn or left_to_talks:
            continue
        agreed_cut = settings.usps_amazon_volume == "partial" and market.month == settings.exit_start
        if not held.in_force or (seller == "usps" and (early or agreed_cut)):
            _renew(market, held)
    amazon.ups_share = ups_share(market, market.month)
    if left_to_bargaining(market):
        _follow_contract(market)
        return
    share = usps_share(market, market.month)
    if share != amazon.retained_share:
        amazon.retained_share, amazon.retained = share, amazon.slices.retained(share)
        if market.month in (settings.exit_start, settings.exit_end):
            market.events.add(
                market.month,
                "sourcing",
                ("amazon", "usps"),
                f"Amazon's contract parcels at USPS stand at {100 * share:.0f} % of the start volume",
                share=share,
            )


def _follow_contract(market: ParcelMarket) -> None:
    """Contract volumes are those of the contract in force: the one of the start, a negotiated one, or none."""
    amazon = market.state.amazon
    part = contract_part(market, market.month)
    amazon.retained = amazon.slices.zones_of(part)
    total = amazon.slices.total
    amazon.retained_share = float(amazon.retained.sum()) / total if total > 0.0 else 0.0
    beyond = 1.0 - part
    if beyond.any():
        beyond = beyond * slices_bought(market, market.published_access_price())
    amazon.at_published = amazon.slices.zones_of(beyond)


def contract_slices(market: ParcelMarket, month: Month) -> Bools:
    """Slices that signed contracts with USPS carry in a month, (L,)."""
    amazon, held, upcoming = (
        market.state.amazon,
        market.book.get("usps", "amazon"),
        market.book.upcoming("usps", "amazon"),
    )
    assert held is not None
    if upcoming is not None and month >= upcoming.start:
        return amazon.agreed[upcoming.start]
    everything = np.ones(len(amazon.slices.volume), dtype=np.bool_)
    if held.start <= month < held.expiry:  # the contract of the start carries all that USPS delivered then
        return amazon.agreed.get(held.start, everything)
    return ~everything


def contract_part(market: ParcelMarket, month: Month) -> Floats:
    """Share of each slice that signed contracts with USPS carry in a month, (L,): less than all beyond their cap."""
    under, amazon = contract_slices(market, month), market.state.amazon
    held, upcoming = market.book.get("usps", "amazon"), market.book.upcoming("usps", "amazon")
    contract = upcoming if upcoming is not None and month >= upcoming.start else held
    assert contract is not None
    group = market.price_group_of_zone(len(contract.groups))[amazon.slices.zone]
    volume = np.bincount(group, weights=amazon.slices.volume * under, minlength=len(contract.groups))
    allowed = np.divide(np.array(contract.cap), volume, out=np.ones_like(volume), where=volume > 0.0)
    return np.asarray(under * np.minimum(allowed, 1.0)[group])


def _renew(market: ParcelMarket, held: Contract) -> None:
    """Sign the same terms anew at today's price; a smaller volume where the scenario keeps only a part."""
    price = imposed_price(market, held.seller)
    if price is None:
        price = held.price_at(market.month)  # a year that ends today escalates once more
    fresh = held
    partial = market.settings.usps_amazon_volume == "partial" and market.month >= market.settings.exit_start
    if held.seller == "usps" and partial:
        total = market.state.amazon.slices.total
        fresh = replace(
            held,
            commitment=(total * market.figures.partial_retained_share,),
            cap=(total * market.figures.contract_cap_ratio,),
        )
    market.book.renew(fresh, market.month, int(market.figures.term_strategic), (price,))


def exit_progress(market: ParcelMarket, month: Month) -> float:
    """Share of the exit from USPS that is done in a month, as known today: nothing before it is decided."""
    settings = market.settings
    imposed = settings.usps_amazon_volume in ("withdrawn", "partial")
    if not imposed or market.month < settings.exit_start or month < settings.exit_start:
        return 0.0
    if settings.exit_at_once:
        return 1.0
    return min(1.0, (month - settings.exit_start + 1) / (settings.exit_end - settings.exit_start + 1))


def usps_share(market: ParcelMarket, month: Month) -> float:
    """Share of Amazon's start volume at USPS that its contract carries in a month."""
    target = 0.0 if market.settings.usps_amazon_volume == "withdrawn" else market.figures.partial_retained_share
    return 1.0 - exit_progress(market, month) * (1.0 - target)


def ups_share(market: ParcelMarket, month: Month) -> float:
    """Share of Amazon's start volume at UPS that is left in a month: the announced cut, evenly to its end."""
    p = market.figures
    if not market.settings.announced_plans:
        return 1.0
    year = int(p.ups_amazon_cut_end)
    end = Month(year, 1) + round((p.ups_amazon_cut_end - year) * MONTHS_PER_YEAR)
    begin = market.settings.projection_start
    months = max(1, end - begin)
    done = min(1.0, max(0.0, (month - begin + 1) / months))
    return 1.0 - p.ups_amazon_cut_share * done


def outsourced(market: ParcelMarket, month: Month) -> Floats:
    """Amazon's parcels a year that its contracts carry in a month, as known today, by zone, (Z,)."""
    flows = market.state.amazon.flows
    return np.asarray(expected_at_usps(market, month) + flows.ups * ups_share(market, month) + flows.fedex)


def expected_at_usps(market: ParcelMarket, month: Month) -> Floats:
    """Amazon's expectation of what USPS carries: imposed or signed volume, and what it would leave there, (Z,)."""
    if not left_to_bargaining(market):
        return market.state.amazon.slices.retained(usps_share(market, month))
    amazon, part = market.state.amazon, contract_part(market, month)
    if (part == 1.0).all():
        return amazon.slices.by_zone()
    held, upcoming = market.book.get("usps", "amazon"), market.book.upcoming("usps", "amazon")
    assert held is not None
    price = market.published_access_price()
    if month >= held.expiry and upcoming is None:
        price = min(price, amazon.price_belief)
    return amazon.slices.zones_of(part + (1.0 - part) * desired_slices(market, price))


def amazon_parcels(market: ParcelMarket, month: Month) -> Floats:
    """Parcels a year that Amazon ships on trend in a month, by zone, (Z,)."""
    start = market.settings.start
    index = market.paths.amazon_parcels(month - start, market.month - start)
    return np.asarray(market.amazon_start_parcels * index * market.amazon_mix[0])
