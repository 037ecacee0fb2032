"""Doing the work and counting the money: cost, service, invoices, the books of every carrier (ODD 7.6, 7.7 and 7.9)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.delivery_cost import adjust, resource_cost
from agents.rules.leaving import DAYS_PER_WEEK
from model.access import (
    access_resources,
    access_unit_cost,
    delivered_parcels,
    handling_cost,
    passed_by,
    pay_for_access,
    spared_routes,
)
from model.allocation import Allocation
from model.answers import checked_number
from model.auction.delivery import settle_month, spared_upstream
from model.billing import invoice_cents, sum_over_carriers
from model.capital import capital_charges
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.economy import Economy
from model.fixed_costs import fixed_costs
from model.groups import CustomerGroups
from model.ledger import CENTS
from model.operations import SMALLEST_COVERAGE, RareVisits, network_of, on_time_share, street_costs, usps_resources
from model.phases.contract_cover import amazon_access_cost, mean_access_cost
from model.phases.labour import resource_flexibility, wage_step, wages_of_month
from model.phases.parcels import DAYS_PER_MONTH, ECONOMY
from model.phases.postal import close_postal_books, postal_statement
from model.phases.regulation import review_month
from model.phases.shocks import shock_costs
from model.phases.universal_service import mail_kept, mail_of_month
from model.postal_accounts import PostalStatement
from model.service import late_staff, on_time_base
from model.statements import LENDERS, STAFF, SUPPLIERS
from model.wages import share_of_month

Floats = NDArray[np.float64]


def operate_and_bill(market: Economy) -> None:
    """Run the routes, measure service, write the invoices."""
    load = _operate(market)
    _serve(market, load)
    _bill(market)


def _operate(market: Economy) -> Floats:
    """Cost of the month by carrier: routes and staff adjust to need first, then what is in place is paid.

    Returns:
        Staff that USPS needs over staff in place, (Z,).
    """
    state, p, env = market.state, market.figures, market.state.environment
    network, allocation, demand = state.network, state.flows.allocation, state.flows.demand
    groups = market.groups
    by_segment = allocation.accepted.sum(axis=0)  # by who sold it; `volume` is by who brings it to the door
    state.flows.delivered = delivered_parcels(market)
    state.flows.brought = volume = state.flows.delivered.sum(axis=0)
    year = MONTHS_PER_YEAR / env.season
    annual = (volume + passed_by(market)) * year
    own = allocation.accepted[groups.amazon.agreed, ECONOMY, AMAZON]
    handed = allocation.accepted[groups.amazon.all, ECONOMY, USPS].sum(axis=0)
    ordered = demand.amazon_ordered
    network.amazon_own = own * year
    # Amazon's parcels go their own way.
    state.access.economy = allocation.accepted[groups.tendered, ECONOMY].sum(axis=0) * year
    state.access.handed = state.access.bought.sum(axis=1) * year
    used = network.coverage[1:].copy()
    used[network_of(AMAZON)] = np.clip(own / ordered, SMALLEST_COVERAGE, 1.0)
    used = np.maximum(used, SMALLEST_COVERAGE)
    network.street = street_costs(
        market.costs,
        market.zones,
        annual[1:],
        used,
        network.start_coverage,
        env.wage_other,
        env.price_level,
        rare_visits(market),
    )
    mail = mail_of_month(market)
    market.mail_index = mail.volume_index
    state.flows.amazon_access_cost = amazon_access_cost(market)
    needed = np.empty_like(network.in_place)
    # By the cost of one stop more a zone that is handed over whole would spare more than there is.
    needed[1:] = np.maximum(network.street.street * annual[1:] / MONTHS_PER_YEAR - spared_routes(market)[1:], 0.0)
    needed[USPS] = usps_resources(
        market.costs,
        (by_segment[:, USPS] - np.eye(by_segment.shape[0])[ECONOMY][:, None] * handed) * year,
        handed * year,
        mean_access_cost(market),
        state.flows.amazon_access_cost,
        env.price_level,
    )
    state.flows.access_cost = access_unit_cost(market, mail.volume_index)
    needed[USPS] += access_resources(market, state.flows.access_cost)
    needed[USPS] = np.maximum(needed[USPS] - spared_upstream(market), 0.0)
    in_place = network.in_place * wage_step(market)[:, None]
    flex_down, flex_up = resource_flexibility(market)
    in_place[USPS] = adjust(in_place[USPS], needed[USPS], flex_down[USPS], flex_up[USPS])
    in_place[1:] = adjust(in_place[1:], needed[1:], flex_down[1:, None], flex_up[1:, None])
    network.in_place = in_place
    routes = resource_cost(in_place, needed, p.overtime_premium).sum(axis=1) * env.season
    last_mile = routes.copy()
    last_mile[1:] += (network.street.sort * volume[1:]).sum(axis=1)
    labour = share_of_month(market.labour_share, wages_of_month(market), env.price_level)
    state.flows.wages = routes * labour + (last_mile - routes)
    upstream = (market.costs.upstream * by_segment.sum(axis=2)).sum(axis=0) * env.price_level
    upstream[USPS] = 0.0  # part of the staffed attributable cost
    handling = market.costs.upstream[ECONOMY, AMAZON] * float(handed_over(allocation, groups).sum())
    injection = p.injection_cost_amazon * float(handed.sum())
    cost = last_mile + upstream + fixed_costs(market) * env.price_level + handling_cost(market, network.street.sort)
    cost[AMAZON] += (handling + injection) * env.price_level
    state.flows.shock_cost = shock_costs(market, routes * (1.0 - labour), state.flows.wages, upstream)
    state.flows.operating_cost = cost
    own_share = float(own.sum()) / max(float(volume[AMAZON].sum()), 1.0)
    state.flows.amazon_sales_cost = float(last_mile[AMAZON] + upstream[AMAZON]) * (1.0 - own_share)
    kept = mail_kept(market)
    state.flows.postal = postal_statement(market, last_mile[USPS], mail.revenue * kept, mail.attributable_cost * kept)
    load: Floats = np.divide(needed[USPS], in_place[USPS], out=np.zeros_like(needed[USPS]), where=in_place[USPS] > 0.0)
    return load


def rare_visits(market: Economy) -> RareVisits | None:
    """Where Amazon comes on fewer days of the week; None where it comes every day."""
    later = market.state.flows.demand.amazon_later
    return RareVisits(later, DAYS_PER_WEEK / market.figures.amazon_later_days) if later.any() else None


def handed_over(allocation: Allocation, groups: CustomerGroups) -> Floats:
    """Amazon's parcels that others deliver this month, by carrier, (K,)."""
    parcels = allocation.accepted[groups.amazon.all].sum(axis=(0, 1, 3))
    parcels[AMAZON] = 0.0
    return np.asarray(parcels)


def _serve(market: Economy, load: Floats) -> None:
    """On-time share and waiting, and what shippers come to believe of them.

    They believe in national means by carrier: nothing by place is published, and they ship all over the country.

    Args:
        market: The market.
        load: Staff that USPS needs over staff in place, (Z,).
    """
    state, p = market.state, market.figures
    network, allocation = state.network, state.flows.allocation
    volume, capacity = state.flows.brought, network.monthly_capacity
    network.utilisation = np.divide(volume, capacity, out=np.zeros_like(volume), where=capacity > 0.0)
    network.utilisation[USPS] = volume[USPS].sum() / network.sorting[USPS]
    network.utilisation[USPS] = late_staff(network.utilisation[USPS], load, p)
    waiting = np.zeros_like(volume) if allocation.backlog is None else allocation.backlog.by_carrier_zone
    tendered = volume + waiting
    share = np.divide(waiting, tendered, out=np.zeros_like(waiting), where=tendered > 0.0)
    base, measures = p.by("on_time_base", market.carriers.like).copy(), market.usps.measures
    bought = state.access.bought  # a carrier's customers see how USPS delivers what it hands over
    handed = bought.sum(axis=0) + allocation.accepted[market.groups.amazon.all, ECONOMY, USPS].sum(axis=0)
    through = 1.0 - np.divide(handed, volume[USPS], out=np.zeros_like(handed), where=volume[USPS] > 0.0)
    by_zone = on_time_base(base, market.service, measures, through)
    network.on_time = on_time_share(p, by_zone, network.utilisation, share)
    base[USPS] -= measures.on_time_loss
    sold = allocation.accepted.sum(axis=(0, 1))
    total = sold.sum(axis=1)
    good = (network.on_time * (sold - bought) + network.on_time[USPS] * bought).sum(axis=1)
    mean = np.divide(good, total, out=base.copy(), where=total > 0.0)
    believed = market.population.believes(state.choice.perceived_on_time, mean)
    who, what = market.population.key, "on-time share that they believe in"
    state.choice.perceived_on_time = checked_number(who, what, believed, mean.shape)
    moved = allocation.accepted.sum(axis=(0, 3))
    days = np.broadcast_to(state.choice.extra_days, moved.shape[1:])
    state.choice.mean_extra_days = moved @ days / np.maximum(moved.sum(axis=1), 1.0)
    if measures.far_days > 0.0:  # Amazon's parcels at USPS do not come through its centres
        past = handed.sum() - bought.sum()
        plan = measures.far_days * market.service.far_mean
        passed = np.zeros(moved.shape[0])
        passed[ECONOMY] = past / max(float(moved[ECONOMY].sum()), 1.0)
        state.choice.mean_extra_days = state.choice.mean_extra_days - plan * passed
    if allocation.backlog is None:
        state.choice.transit_delay = np.zeros_like(state.choice.transit_delay)
    else:
        waits = allocation.backlog.volume.sum(axis=(0, 1, 3, 4))
        state.choice.transit_delay = DAYS_PER_MONTH * waits / np.maximum(waits + moved.sum(axis=1), 1.0)


def _bill(market: Economy) -> None:
    """One invoice for each customer group, segment and carrier, in whole cents, through the ledger."""
    state = market.state
    allocation = state.flows.allocation
    groups = market.groups
    cents = invoice_cents(allocation, state.tariffs.surcharge, groups.tendered)
    state.flows.invoices = cents
    payer = np.broadcast_to(market.payer_of_group[:, None, None], cents.shape)
    payee = np.broadcast_to(market.party_of_carrier, cents.shape)
    lines = cents != 0
    market.ledger.pay_many("parcels", payer[lines], payee[lines], cents[lines])
    pay_for_access(market)
    paid = cents[groups.tendered].sum(axis=(0, 2)) / CENTS
    paid[ECONOMY] += settle_month(market)
    carried = allocation.accepted[groups.tendered].sum(axis=(0, 3))
    carried[:, groups.own_networks] = 0.0  # nobody is paid for what big shippers deliver themselves
    parcels = sum_over_carriers(carried)
    state.flows.price_paid = np.divide(paid, parcels, out=state.choice.start_price.copy(), where=parcels > 0.0)
    for seller, index in (("usps", USPS), ("ups", UPS), ("fedex", FEDEX)):
        contract = market.book.get(seller, "amazon")
        if contract is not None and contract.in_force:
            by_zone = allocation.accepted[groups.amazon.agreed, :, index].sum(axis=0)
            price_group = market.zones.price_groups(len(contract.groups))
            delivered = np.bincount(price_group, weights=by_zone, minlength=len(contract.groups))
            for group in range(len(delivered)):
                market.book.deliver(seller, "amazon", float(delivered[group]), group)
    real = state.flows.price_paid / state.environment.price_level / state.choice.start_price
    state.choice.price_index = np.concatenate([state.choice.price_index[1:], real[None]])


def close_books(market: Economy) -> None:
    """Pay for work and for capital in use, close the books of USPS, then see what the law says of them."""
    state, ledger = market.state, market.ledger
    cost = state.flows.operating_cost
    charge = capital_charges(market)
    for carrier in market.carrier_agents:
        key, index = carrier.key, carrier.index
        if not carrier.under_postal_law:
            wages = ledger.pay("wages", key, STAFF, float(state.flows.wages[index])) / CENTS
            ledger.pay("operations", key, SUPPLIERS, float(cost[index]) - wages)
            ledger.pay("capital_charge", key, LENDERS, float(charge[index]))
    close_postal_books(market)
    _roll_year(market, cost, state.flows.postal)
    review_month(market)


def _roll_year(market: Economy, cost: Floats, postal: PostalStatement) -> None:
    """Append the month to the last twelve months of every carrier."""
    state, ledger = market.state, market.ledger
    books, network, allocation, volume = state.books, state.network, state.flows.allocation, state.flows.brought
    revenue = ledger.incomes("parcels")[market.party_of_carrier]
    revenue[AMAZON] = float(ledger.flow[ledger.category("parcels"), :, ledger.index("amazon")].sum()) / CENTS
    revenue[market.groups.own_networks] = 0.0  # they sell nothing; what their owners pay is no cost of the network
    revenue[USPS] += ledger.income("access", "usps")
    total = allocation.accepted.sum(axis=(0, 1, 3))
    total[USPS] += state.access.bought.sum(axis=0).sum()
    own_cost = cost + state.access.paid
    own_cost[USPS] = postal.parcel_cost
    sold = allocation.accepted[market.groups.tendered, :, AMAZON]
    total[AMAZON] = float(sold.sum())  # Amazon's plans look at what it sells to others
    own_cost[AMAZON] = state.flows.amazon_sales_cost
    capacity = np.where(np.isinf(network.capacity), 0.0, network.monthly_capacity).sum(axis=1)
    capacity[USPS] = network.sorting[USPS]
    used = np.divide(volume.sum(axis=1), capacity, out=np.zeros_like(total), where=capacity > 0.0)
    extra = state.flows.shock_cost * np.array([carrier.follows_cost for carrier in market.carrier_agents])
    whole = np.divide(own_cost, cost, out=np.zeros_like(cost), where=cost > 0.0)
    extra[:, AMAZON] *= whole[AMAZON]  # of what it sells to others
    books.shock_cost = np.concatenate([books.shock_cost[1:], extra[None]])
    for name, values in (("revenue", revenue), ("cost", own_cost), ("volume", total), ("utilisation", used)):
        setattr(books, name, np.concatenate([getattr(books, name)[1:], values[None]]))
    annual = volume * (MONTHS_PER_YEAR / state.environment.season)
    network.recent_volume = np.concatenate([network.recent_volume[1:], annual[None]])
    network.annual_volume = network.recent_volume.mean(axis=0)
