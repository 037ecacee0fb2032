"""Rate agreements of enterprise shippers with UPS, FedEx and a regional carrier: staggered, repriced every year.

At the end of a term both split the gain from the deal (Nash, the fast mode of ODD 7.1). The seller gives up what
the parcels cost it with its margin, the buyer what they are worth to it: price plus the mean surplus that having this
carrier gives over having only the others, in the logit choice of ODD 7.4. What the parcels cost and the seller's share
of the gain are inverted at the start, where agreements stand at the quotes; nobody pays more than the quote of the day.
A contract to which the seller has given notice is answered by the buyer, months before it ends: it accepts the price
that the seller asks, or takes its parcels elsewhere; then both meet again once a year.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.contracts import Contract, ContractState
from agents.geography import SEGMENTS
from agents.rules.choice import delivers_at_home
from agents.rules.tendering import AgreementCase
from model.answers import checked_number, chosen_rows
from model.contract_margins import contract_costs, contract_parcels, cost_factors, enterprise_quotes
from model.economy import Economy
from model.tender import quality_cost
from model.words import parcels_in_words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def hold_start_agreements(market: Economy) -> None:
    """Put the agreements that exist at the start into the book; their ends are spread evenly over one term."""
    term, choice = int(market.figures.term_enterprise), market.state.choice
    shape = choice.enterprise_price.shape
    choice.enterprise_sellers = _sellers(market)
    quotes = enterprise_quotes(market)
    for row in range(shape[0]):
        age = row * term // shape[0]
        for carrier in choice.enterprise_sellers[row]:
            choice.enterprise_price[row, :, carrier] = quotes[row, :, carrier]
            market.book.hold(_agreement(market, row, carrier, quotes[row, :, carrier], age))
    sourced = np.array([carrier.sourced_markup for carrier in market.carrier_agents])
    choice.enterprise_cost_factor = cost_factors(market, quotes)
    cost, worth = seller_limits(market, sourced), buyer_values(market, quotes)
    gain = worth - cost
    weight = np.divide(quotes - cost, gain, out=np.ones(shape), where=gain > 0.0)
    choice.enterprise_weight = np.clip(weight, 0.0, 1.0)


def advance_agreements(market: Economy) -> None:
    """Raise prices at anniversaries, below the general increase; agree anew some months before a term ends."""
    prices, sellers = market.state.choice.enterprise_price, market.state.choice.enterprise_sellers
    lead = int(market.figures.opening_lead_enterprise) if market.settings.enterprise_bargaining else 0
    agreed: Floats | None = None
    today = market.month.index
    for row in range(prices.shape[0]):
        buyer = market.groups.buyer(row)
        for carrier in sellers[row]:
            key = market.carriers.keys[carrier]
            contract = market.book.get(key, buyer)
            assert contract is not None
            age = today - contract.start.index
            if age > 0 and age % MONTHS_PER_YEAR == 0 and contract.in_force:
                _raise_yearly(market, contract, row, carrier)
            if _is_due(contract, age, lead) and market.book.upcoming(key, buyer) is None:
                agreed = agreed_prices(market) if agreed is None else agreed
                start = max(0, contract.term_months - age)
                fresh = _agreement(market, row, carrier, agreed[row, :, carrier], -start)
                if contract.ends is None or _accepts(market, contract, row, carrier, agreed[row, :, carrier]):
                    market.book.sign(fresh, market.month)
            if age == 0 or not contract.in_force:
                current = market.book.get(key, buyer)
                assert current is not None
                prices[row, :, carrier] = current.price if current.in_force else np.nan


def _is_due(contract: Contract, age: int, lead: int) -> bool:
    """Whether both talk about the next agreement: some months before the end, after a notice at anniversaries too."""
    ahead = age - (contract.term_months - lead)
    return ahead >= 0 if contract.ends is None else ahead >= 0 and ahead % MONTHS_PER_YEAR == 0


def _accepts(market: Economy, contract: Contract, row: int, carrier: int, asked: Floats) -> bool:
    """A shipper answers the notice of a carrier: it accepts the price that is asked, or takes its parcels elsewhere."""
    parcels = contract_parcels(market)
    weight = np.zeros_like(parcels)
    weight[row, :, carrier] = parcels[row, :, carrier]
    price = market.state.choice.enterprise_price
    worth = buyer_values(market, np.where(np.isnan(price), enterprise_quotes(market), price))
    offered = np.zeros_like(parcels)
    offered[row, :, carrier] = asked
    answer = market.population.accepts_prices((weight * worth).sum(axis=(1, 2)), (weight * offered).sum(axis=(1, 2)))
    accepted = row in chosen_rows(market.population.key, "answer to a notice", answer, len(parcels))
    carried, paid = float(weight.sum()), float((weight * offered).sum())
    buyer, seller = market.book.name(contract.buyer), market.book.name(contract.seller)
    mean = paid / carried if carried > 0.0 else float(asked.mean())
    what = f"accepts what {seller} asks" if accepted else f"finds ${mean:.2f} a parcel too dear at {seller} and moves"
    if contract.in_force or accepted:  # who has left before does not say so again
        market.events.add(
            market.month,
            "answer",
            (contract.buyer, contract.seller),
            f"{buyer} {what}: {parcels_in_words(carried)} a year",
            about=(f"contract:{contract.key}",),
            accepted=float(accepted),
            parcels=carried,
            price_usd=mean,
        )
    return accepted


def _raise_yearly(market: Economy, contract: Contract, row: int, carrier: int) -> None:
    general = float(market.state.tariffs.list_growth[carrier])
    rise = max(0.0, general - market.figures.rate_cap_below_list)
    if rise > 0.0:
        prices = market.state.choice.enterprise_price
        prices[row, :, carrier] *= 1.0 + rise
        market.book.reprice(contract, tuple(map(float, prices[row, :, carrier])), market.month)


def _sellers(market: Economy) -> list[tuple[int, ...]]:
    """Carriers with which each enterprise shipper has agreements: UPS, FedEx, the regional one that reaches most."""
    everywhere = tuple(market.carriers.integrators.values())
    reach = market.mix @ market.state.network.coverage.T * market.carriers.partial  # (R, K)
    best, most = reach.argmax(axis=1), reach.max(axis=1)
    enough = most >= market.figures.primary_min_coverage
    if market.home is not None:
        enough = delivers_at_home(market.state.network.coverage, market.home)[np.arange(len(best)), best] & (most > 0.0)
    homes = market.shippers.division[market.shippers.enterprise]
    found = [(*everywhere, *((int(best[home]),) if enough[home] else ())) for home in homes]
    used = np.isfinite(market.state.choice.enterprise_taste)
    for one in market.groups.big:
        found[one.row] = tuple(carrier for carrier in found[one.row] if used[one.row, :, carrier].any())
    return found


def agreed_prices(market: Economy) -> Floats:
    """Prices of agreements signed today, $ per parcel, (E, S, K): the Nash split, never above the quote."""
    quotes = enterprise_quotes(market)
    if not market.settings.enterprise_bargaining:
        return quotes
    price = market.state.choice.enterprise_price
    markup = np.array([carrier.least_markup() for carrier in market.carrier_agents])
    cost, worth = seller_limits(market, markup), buyer_values(market, np.where(np.isnan(price), quotes, price))
    split = cost + market.state.choice.enterprise_weight * (worth - cost)
    return np.where(worth > cost, np.clip(split, np.minimum(cost, quotes), quotes), quotes)


def seller_limits(market: Economy, markup: Floats) -> Floats:
    """Least that a carrier takes from an enterprise shipper, $ per parcel, (E, S, K): cost of one more, and its markup.

    What its surcharge on unexpected cost brings comes on top of every price.

    Args:
        market: The market.
        markup: Markup of each carrier on the cost of one more parcel, (K,).
    """
    return np.asarray(contract_costs(market) * (1.0 + markup) - market.state.tariffs.follows)


def buyer_values(market: Economy, price: Floats) -> Floats:
    """Most that a parcel at a carrier is worth on average to each enterprise shipper, $, (E, S, K).

    Args:
        market: The market.
        price: What each pays each carrier, $ per parcel, (E, S, K).
    """
    choice, shippers = market.state.choice, market.shippers
    reach = np.where(market.national, 1.0, market.mix @ market.state.network.coverage.T)
    case = AgreementCase(
        constants=choice.enterprise_constants,
        price=price,
        quality_cost=quality_cost(market.figures, choice.perceived_on_time, choice.transit_delay),
        price_level=market.state.environment.price_level,
        reach=reach[shippers.division[shippers.enterprise]][:, None, :],
    )
    worth = market.population.worth_of_agreements(case)
    return checked_number(market.population.key, "worth of a parcel at a carrier", worth, price.shape)


def _agreement(market: Economy, row: int, carrier: int, price: Floats, age: int) -> Contract:
    """Terms of one agreement; `age` months after its start, negative for one that is yet to start."""
    nothing = (0.0,) * len(SEGMENTS)
    return Contract(
        seller=market.carriers.keys[carrier],
        buyer=market.groups.buyer(row),
        segment="all",
        groups=SEGMENTS,
        price=tuple(map(float, price)),
        escalator=0.0,
        commitment=nothing,
        cap=(float("inf"),) * len(SEGMENTS),
        shortfall_rule="none",
        tolerance=market.figures.shortfall_tolerance,
        take_or_pay_rate=0.0,
        start=market.month + -age,
        term_months=int(market.figures.term_enterprise),
        notice_months=int(market.figures.notice_months),
        state=ContractState.ACTIVE if age > 0 else ContractState.OFFERED,
    )
