"""What shippers and consolidators won is handed to USPS: their parcels enter at delivery units and pay the award price.

An enterprise shipper takes the parcels from the carriers that it splits them over and hauls them itself. A consolidator
collects parcels that small shippers would have given USPS from door to door, at the same price to them. Carriers with
routes of their own hand over by the rule of ODD 7.8, not here.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.contracts import Contract
from model.auction.awarded import AwardedParcels, ledger_party
from model.auction.lots import ECONOMY
from model.auction.needs import line_haul
from model.carriers import USPS
from model.economy import Economy
from model.groups import ENTERPRISE
from model.statements import CONSOLIDATORS, SUPPLIERS
from model.tender import Tender

Floats = NDArray[np.float64]


def awards_in_force(market: Economy, buyers: Iterable[str]) -> list[Contract]:
    """Contracts won at auction under which some buyers can hand over parcels this month."""
    held = (market.book.get("usps", buyer) for buyer in buyers)
    return [one for one in held if one is not None and one.in_force and one.shortfall_rule == "take_or_pay"]


def winners(market: Economy) -> list[str]:
    """Shippers and consolidators who have won something in any auction so far."""
    found = {won.bidder for held in market.state.auctions for won in held.winnings}
    return sorted(bidder for bidder in found if bidder not in market.carriers.keys)


def take_enterprise_awards(market: Economy, parcels: Floats) -> AwardedParcels | None:
    """Take what enterprise shippers hand over themselves from the carriers that they would have used.

    Args:
        market: The market.
        parcels: Economy parcels of the enterprise shippers by zone, (E, Z); changed in place to what is left.

    Returns:
        What they hand over; None where nobody but carriers has won anything so far.
    """
    buyers = winners(market)
    if not buyers:
        return None
    taken, dollars = np.zeros_like(parcels), np.zeros(parcels.shape[1])
    by_contract: dict[str, Floats] = {}
    for row in range(len(parcels)):
        for contract in awards_in_force(market, {market.groups.buyer(row)} & set(buyers)):
            taken[row] = np.minimum(_due(market, contract), parcels[row])
            dollars += taken[row] * _prices(market, contract)
            by_contract[contract.buyer] = taken[row]
    parcels -= taken
    divisions, n_zones = market.groups.homes, market.zones.n_zones
    return AwardedParcels(by_contract, taken.sum(axis=0), dollars, np.zeros((divisions, n_zones)), np.zeros(divisions))


def hand_over_awards(market: Economy, tender: Tender, taken: AwardedParcels | None) -> AwardedParcels | None:
    """Give USPS what enterprise shippers and consolidators won, at the award price and without published surcharges."""
    if taken is None:
        return None
    surcharge = market.state.tariffs.surcharge[USPS]
    enterprise, small = market.groups.enterprise, market.groups.regions
    tender.volume[enterprise, ECONOMY, USPS] += taken.enterprise
    tender.value[enterprise, ECONOMY, USPS] += taken.enterprise_usd - surcharge * taken.enterprise
    contracts = awards_in_force(market, [one for one in winners(market) if ledger_party(one) == CONSOLIDATORS])
    if not contracts:
        return taken
    due = np.array([_due(market, contract) for contract in contracts])
    pool, paid = (array[small, ECONOMY, USPS] for array in (tender.volume, tender.value))
    available, total = pool.sum(axis=0), due.sum(axis=0)
    part = np.minimum(1.0, np.divide(total, available, out=np.zeros_like(total), where=available > 0.0))
    share = np.divide(due, total, out=np.zeros_like(due), where=total > 0.0)
    pooled = pool * part
    price = (share * np.array([_prices(market, contract) for contract in contracts])).sum(axis=0)
    before = paid * part + pooled * surcharge
    tender.value[small, ECONOMY, USPS] += pooled * (price - surcharge) - paid * part
    delivered = pooled.sum(axis=0)
    by_contract = {contract.buyer: share[i] * delivered for i, contract in enumerate(contracts)}
    return AwardedParcels(
        taken.by_contract | by_contract,
        taken.enterprise,
        taken.enterprise_usd,
        pooled,
        (before - pooled * price).sum(axis=1),
    )


def settle_month(market: Economy) -> float:
    """Count the month under the contracts; shippers pay consolidators, and line-haul is paid for.

    Returns:
        $ that shippers spend on these parcels beyond what USPS invoices.
    """
    awarded = market.state.flows.awarded
    if awarded is None:
        return 0.0
    for buyer, parcels in awarded.by_contract.items():
        for zone in np.flatnonzero(parcels):
            market.book.deliver("usps", buyer, float(parcels[zone]), int(zone))
    cost = line_haul(market)
    own_haul = cost * float(awarded.enterprise.sum())
    market.ledger.pay("operations", ENTERPRISE, SUPPLIERS, own_haul)
    market.ledger.pay("operations", CONSOLIDATORS, SUPPLIERS, cost * float(awarded.pooled.sum()))
    for division, dollars in enumerate(awarded.charged):
        market.ledger.pay("parcels", market.ledger.parties[market.payer_of_group[division]], CONSOLIDATORS, dollars)
    return own_haul + float(awarded.charged.sum())


def spared_upstream(market: Economy) -> Floats:
    """Upstream work that USPS is spared because these parcels enter at units, deseasonalised $ a month, (Z,)."""
    awarded, env = market.state.flows.awarded, market.state.environment
    if awarded is None:
        return np.zeros(market.zones.n_zones)
    return np.asarray(awarded.parcels * market.costs.upstream[ECONOMY, USPS] * env.price_level / env.season)


def _due(market: Economy, contract: Contract) -> Floats:
    """Parcels of this month that a contract carries: its year, with the season and the common luck, (Z,)."""
    env = market.state.environment
    return np.asarray(contract.commitment) / MONTHS_PER_YEAR * env.season * float(np.exp(env.common_shock))


def _prices(market: Economy, contract: Contract) -> Floats:
    """Price of the month by zone, $ per parcel, (Z,)."""
    return np.array([contract.price_at(market.month, zone) for zone in range(len(contract.groups))])
