"""The access auction in the market: when it is held, who bids, and the contracts that come out (ODD 7.2)."""

from __future__ import annotations

from collections.abc import Sequence

from agents.auction import AccessNeed, AuctionFormat, lot_demands
from agents.calendar import Month
from agents.party import Party
from model.auction.awards import award_contract
from model.auction.dates import announcement, service_month
from model.auction.house import hold
from model.auction.lots import draw_up_lots, handover_terms
from model.auction.needs import bidders_needs
from model.auction.round import AuctionRound
from model.auction.winnings import Winnings, strike_out, total, winnings
from model.economy import Economy
from model.phases.history import left_to_bargaining
from model.words import parcels_in_words


def run_auction(market: Economy) -> None:
    """Announce the auction on its date; in the month of awards hold it and sign what was won, again after each term."""
    kind = market.settings.access_auction
    if kind == "none":
        return
    if market.month == announcement():
        _announce(market)
    service = service_month(market.settings, market.month)
    if service is None:
        return
    held = hold_auction(market, kind, service)
    market.state.auctions.append(held)
    _record(market, held)
    for won in held.winnings:
        _sign(market, won, service)


def hold_auction(market: Economy, kind: AuctionFormat, service: Month) -> AuctionRound:
    """Draw up lots, ask all bidders, clear.

    Args:
        market: The market.
        kind: Format.
        service: First month of service.
    """
    lots, terms = draw_up_lots(market, service), handover_terms(market)
    amazon_bids = left_to_bargaining(market) and not market.settings.auction_excludes_amazon
    amazon_from = first_month(market, "amazon", service) if amazon_bids else None
    needs = tuple(
        need
        for need in bidders_needs(market, amazon_from)
        if first_month(market, need.bidder, service) is not None  # a long contract leaves nothing to bid for
    )
    bidders = _deciding(market, needs)
    demands = tuple(
        bidders[need.bidder].wants(need, terms, lots) if need.bidder in bidders else lot_demands(need, terms, lots)
        for need in needs
    )
    results = hold(kind, lots, demands, terms.published, bidders)
    won = [_after_review(market, need, winnings(need, results, market.zones.n_zones)) for need in needs]
    return AuctionRound(
        month=market.month,
        service=service,
        kind=kind,
        terms=terms,
        lots=lots,
        needs=needs,
        demands=demands,
        bidders=bidders,
        results=results,
        winnings=tuple(one for one in won if one.parcels.sum() > 0.0),
    )


def _deciding(market: Economy, needs: Sequence[AccessNeed]) -> dict[str, Party]:
    """Who decides for itself, by bidder: carriers, and the shippers for enterprise shippers; consolidators do not."""
    shippers = {market.groups.buyer(row): market.population for row in range(market.shippers.n_enterprise)}
    parties: dict[str, Party] = {**shippers, **{carrier.key: carrier for carrier in market.carrier_agents}}
    return {need.bidder: parties[need.bidder] for need in needs if need.bidder in parties}


def first_month(market: Economy, bidder: str, service: Month) -> Month | None:
    """First month of what a bidder could win: after its contract in force; None where that one lasts too long."""
    talks = market.state.talks.get(("usps", bidder))
    if market.book.upcoming("usps", bidder) is not None or (talks is not None and talks.under_review is not None):
        return None
    held = market.book.get("usps", bidder)
    begins = max(service, held.expiry) if held is not None and held.in_force else service
    return begins if begins < service + int(market.figures.auction_term) else None


def _announce(market: Economy) -> None:
    excluded = market.settings.auction_excludes_amazon
    who = "everybody but Amazon" if excluded else "everybody"
    market.events.add(
        market.month,
        "auction",
        ("usps",),
        f"USPS asks {who} to bid for access to its delivery units",
        excluded=float(excluded),
    )


def _after_review(market: Economy, need: AccessNeed, won: Winnings) -> Winnings:
    """What is left after the regulator has struck out what does not cover its cost."""
    passed = market.regulator.review_awards(won.parcels, won.payment, won.attributable_cost)
    kept = strike_out(won, passed, need.zone)
    struck = float(won.parcels.sum() - kept.parcels.sum())
    if struck > 0.0:
        market.events.add(
            market.month,
            "regulator",
            ("usps", won.bidder),
            f"The regulator strikes out awards for {parcels_in_words(struck)} a year below their cost",
            parcels=struck,
        )
    return kept


def _record(market: Economy, held: AuctionRound) -> None:
    sold, revenue = total(held.results)
    price = revenue / sold if sold > 0.0 else 0.0
    market.events.add(
        market.month,
        "auction",
        ("usps",),
        f"USPS sells access for {parcels_in_words(sold)} a year in {len(held.lots)} lots at ${price:.2f}",
        parcels=sold,
        revenue_usd=revenue,
        efficiency_share=held.efficiency,
        lots=len(held.lots),
    )
    for won in held.winnings:
        parcels, paid = float(won.parcels.sum()), float(won.payment.sum())
        start = first_month(market, won.bidder, held.service)
        market.events.add(
            market.month,
            "award",
            (won.bidder, "usps"),
            f"{market.book.name(won.bidder)} wins access for {parcels_in_words(parcels)} a year "
            f"at ${paid / parcels:.2f}",
            about=(f"contract:usps-{won.bidder}-{start}",),
            parcels=parcels,
            price_usd=paid / parcels,
        )


def _sign(market: Economy, won: Winnings, service: Month) -> None:
    """Sign what was won; a contract carries the very parcels that its winner bid for."""
    start = first_month(market, won.bidder, service)
    assert start is not None  # else it would not have bid
    if won.bidder in market.carriers.keys:
        market.agent(won.bidder).won(start, won.by_step, float(won.payment.sum() / won.parcels.sum()))
    market.book.sign(award_contract(market, won, start), market.month)
    market.state.agreed_volume["usps", won.bidder, start] = won.parcels
