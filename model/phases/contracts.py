"""Contracts of the month: settlement, review, renewal, and how much of Amazon's volume each of them carries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contract_use import ContractPosition, owed_pace, taken_back
from agents.contracts import Contract, ShortfallRule
from agents.make_or_buy import updated_price_belief
from model.auction.awarded import ledger_party
from model.auction.dates import announced, shut_out
from model.bargains.access import cell_middle, desired_slices, running_worth
from model.bargains.carriage import (
    RIVALS,
    carriage_cost_factors,
    channel_value,
    handed_at_start,
    published_carriage_price,
    ups_share,
)
from model.bargains.enterprise import advance_agreements, hold_start_agreements
from model.carriers import AMAZON, UPS
from model.phases.history import follow_history, forced, imposed_price, left_to_bargaining
from model.phases.negotiation import decide_reviews
from model.timeline import usps_amazon_expiry

if TYPE_CHECKING:
    from model.economy import Economy

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
AMAZON_SELLERS = ("usps", "ups", "fedex")


def sign_start_contracts(market: Economy) -> None:
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
    market.state.amazon.channel_value = channel_value(market)
    market.state.amazon.carriage_cost_factor = carriage_cost_factors(market)
    hold_start_agreements(market)


def advance_contracts(market: Economy) -> None:
    """Settle and move all contracts, decide reviews, renew what is imposed, and set this month's contract volumes."""
    follow_history(market)
    for contract, settlement in market.book.advance(market.month):
        if settlement.payment > 0.0:
            market.ledger.pay("settlement", ledger_party(contract.buyer), contract.seller, settlement.payment)
    decide_reviews(market)
    advance_agreements(market)
    _renew_imposed(market)
    market.state.amazon.ups_share = ups_share(market, market.month)
    market.state.amazon.with_rivals = np.array([rival_volume(market, key, market.month) for key in RIVALS])
    if left_to_bargaining(market):
        _follow_contract(market)
    else:
        _follow_scenario(market)


def _renew_imposed(market: Economy) -> None:
    """Sign anew, on the terms in force, what the scenario does not leave to talks."""
    settings = market.settings
    early = settings.usps_amazon_renewal == "early" and market.month == settings.start
    for seller in AMAZON_SELLERS:
        held = market.book.get(seller, "amazon")
        assert held is not None
        imposed = seller == "usps" and not left_to_bargaining(market)
        withdrawn = imposed and settings.usps_amazon_volume == "withdrawn" and exit_progress(market, market.month) > 0
        auctioned = seller == "usps" and not imposed and announced(settings, market.month)
        if withdrawn or auctioned or (settings.negotiation and not imposed and not forced(market)):
            continue
        agreed_cut = settings.usps_amazon_volume == "partial" and market.month == settings.exit_start
        if not held.in_force or (imposed and (early or agreed_cut)):
            _renew(market, held)


def _follow_scenario(market: Economy) -> None:
    """Contract volume at USPS is what the scenario imposes."""
    amazon, settings = market.state.amazon, market.settings
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


def _follow_contract(market: Economy) -> None:
    """Contract volume at USPS is that of the contract in force, less what Amazon takes back within its terms."""
    amazon = market.state.amazon
    under = contract_slices(market, market.month)
    worth = running_worth(market)
    amazon.taken_back = _taken_back(market, under, worth)
    part = contract_part(market, market.month)
    amazon.retained = amazon.slices.zones_of(part * ~amazon.taken_back)
    total = amazon.slices.total
    amazon.retained_share = float(amazon.retained.sum()) / total if total > 0.0 else 0.0
    published = market.published_access_price()
    amazon.at_published = amazon.slices.zones_of((1.0 - part) * (worth > published))
    if not under.any():  # what it pays meanwhile teaches it what access costs without a contract
        gain = market.figures.belief_gain
        amazon.price_belief = float(updated_price_belief(amazon.price_belief, published, gain))


def _taken_back(market: Economy, under: Bools, worth: Floats) -> Bools:
    """Slices under the contract that Amazon's own routes take this month, (L,) (section 12)."""
    held, slices = market.book.get("usps", "amazon"), market.state.amazon.slices
    nothing = np.zeros(len(under), dtype=np.bool_)
    if held is None or not held.in_force or not under.any():
        return nothing
    published, month = market.published_access_price(), market.month
    n_groups = len(held.groups)
    done = (month - held.start) % MONTHS_PER_YEAR
    rest = [market.season_of(month + ahead) for ahead in range(MONTHS_PER_YEAR - done)]
    year_left = sum(rest) / MONTHS_PER_YEAR
    position = ContractPosition(
        price=np.array([held.price_at(month, group, published) for group in range(n_groups)]),
        owed=owed_pace(held, np.array(market.book.delivered("usps", "amazon")), year_left),
        published=published,
        year_left=year_left,
        year_after=min(1.0, max(0, held.expiry - month - len(rest)) / MONTHS_PER_YEAR),
    )
    reachable = cell_middle(market, slices.cell) <= market.state.network.coverage[AMAZON][slices.zone]
    mine = np.flatnonzero(under)
    group = market.zones.price_groups(n_groups)[slices.zone]
    nothing[mine] = taken_back(held, position, slices.volume[mine], worth[mine], group[mine], reachable[mine])
    return nothing


def contract_slices(market: Economy, month: Month) -> Bools:
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
    goes_on = not market.settings.negotiation and not announced(market.settings, market.month)
    if held.covers(month) or goes_on:
        # A contract that nobody negotiated carries all that USPS delivered at the start.
        return amazon.agreed.get(held.start, everything)
    return ~everything


def contract_part(market: Economy, month: Month) -> Floats:
    """Share of each slice that signed contracts with USPS carry in a month, (L,): less than all beyond their cap."""
    under, amazon = contract_slices(market, month), market.state.amazon
    held, upcoming = market.book.get("usps", "amazon"), market.book.upcoming("usps", "amazon")
    contract = upcoming if upcoming is not None and month >= upcoming.start else held
    assert contract is not None
    group = market.zones.price_groups(len(contract.groups))[amazon.slices.zone]
    volume = np.bincount(group, weights=amazon.slices.volume * under, minlength=len(contract.groups))
    allowed = np.divide(np.array(contract.cap), volume, out=np.ones_like(volume), where=volume > 0.0)
    return np.asarray(under * np.minimum(allowed, 1.0)[group])


def rival_volume(market: Economy, seller: str, month: Month) -> Floats:
    """Parcels a year that Amazon's contract with UPS or FedEx carries in a month, as known today, (Z,)."""
    held, upcoming = market.book.get(seller, "amazon"), market.book.upcoming(seller, "amazon")
    assert held is not None
    contract = upcoming if upcoming is not None and month >= upcoming.start else held
    if market.settings.negotiation and not forced(market) and not contract.covers(month):
        return np.zeros(market.zones.n_zones)
    negotiated = market.state.agreed_volume.get((seller, "amazon", contract.start))
    if negotiated is not None:
        return negotiated
    carrier = RIVALS[seller]
    return handed_at_start(market, carrier) * (ups_share(market, month) if carrier == UPS else 1.0)


def _renew(market: Economy, held: Contract) -> None:
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


def exit_progress(market: Economy, month: Month) -> float:
    """Share of the exit from USPS that is done in a month, as known today: nothing before it is decided."""
    settings = market.settings
    imposed = settings.usps_amazon_volume in ("withdrawn", "partial")
    if not imposed or market.month < settings.exit_start or month < settings.exit_start:
        return 0.0
    if settings.exit_at_once:
        return 1.0
    return min(1.0, (month - settings.exit_start + 1) / (settings.exit_end - settings.exit_start + 1))


def usps_share(market: Economy, month: Month) -> float:
    """Share of Amazon's start volume at USPS that its contract carries in a month."""
    target = 0.0 if market.settings.usps_amazon_volume == "withdrawn" else market.figures.partial_retained_share
    return 1.0 - exit_progress(market, month) * (1.0 - target)


def outsourced(market: Economy, month: Month) -> Floats:
    """Amazon's parcels a year that its contracts carry in a month, as known today, by zone, (Z,)."""
    with_rivals = sum((rival_volume(market, seller, month) for seller in RIVALS), np.zeros(market.zones.n_zones))
    return np.asarray(expected_at_usps(market, month) + with_rivals)


def expected_at_usps(market: Economy, month: Month) -> Floats:
    """Amazon's expectation of what USPS carries: imposed or signed volume, and what it would leave there, (Z,)."""
    if not left_to_bargaining(market):
        return market.state.amazon.slices.retained(usps_share(market, month))
    amazon, part = market.state.amazon, contract_part(market, month)
    held, upcoming = market.book.get("usps", "amazon"), market.book.upcoming("usps", "amazon")
    assert held is not None
    all_of_it = bool((part == 1.0).all())
    if amazon.taken_back is not None and month < held.expiry:
        part = part * ~amazon.taken_back
    if month < held.expiry and all_of_it:
        return amazon.slices.zones_of(part)
    price = market.published_access_price()
    if month >= held.expiry and upcoming is None and not shut_out(market.settings, market.month):
        price = min(price, amazon.price_belief)
    return amazon.slices.zones_of(part + (1.0 - part) * desired_slices(market, price))


def published_price(market: Economy, seller: str) -> float:
    """What Amazon pays a carrier without a contract, $ per parcel."""
    return market.published_access_price() if seller == "usps" else published_carriage_price(market, seller)


def amazon_parcels(market: Economy, month: Month) -> Floats:
    """Parcels a year that Amazon ships on trend in a month, by zone, (Z,)."""
    start = market.settings.start
    index = market.paths.amazon_parcels(month - start, market.month - start)
    return np.asarray(market.amazon_start_parcels * index * market.amazon_mix[0])
