"""Balance checks and records at the end of the month."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.checks import check_month
from model.demand import by_segment
from model.economy import Economy
from model.groups import ENTERPRISE, REGIONS
from model.ledger import CENTS
from model.phases.contract_cover import covers_by_carrier
from model.phases.measuring import Measures, later_parcels, measure
from model.phases.parcels import ECONOMY, amazon_prices
from model.statements import (
    CONSOLIDATORS,
    IN_RESULT,
    LENDERS,
    MAIL_USERS,
    RETIREMENT_FUNDS,
    STAFF,
    SUPPLIERS,
    TREASURY,
    results,
)

Floats = NDArray[np.float64]
# Categories of the ledger that carriers pay and the series that remember them.
_PAID_BY_CARRIERS = {
    "access": "access",
    "wages": "wages",
    "operations": "operations",
    "capital_charge": "capital_charge",
    "capital": "capital_paid",
}


def check_and_record(market: Economy) -> None:
    """Check that parcels, money and capacity balance, tell which contracts have ended for good, record the month."""
    check_month(market)
    market.ledger.close_month()
    market.book.tell_endings()
    delivered, result = market.state.flows.brought, results(market.ledger) / CENTS
    market.records.append(
        {
            **measure(market),
            **_carriers_parcels(market, delivered),
            **_carriers_money(market, result),
            **_outside_money(market, result),
            **_on_time(market, delivered),
            **_other_shippers(market),
            **_by_class_of_shipper(market),
            **_expectations(market),
            **_big_shippers(market, result),
            **_amazon_parcels(market),
            **_amazon_money(market, result),
            **_amazon_at_usps(market),
            **_usps_accounts(market),
            **_usps_position(market),
        }
    )
    if market.month.month == MONTHS_PER_YEAR:
        market.records.keep_coverage(market.month.year, market.state.network.coverage)


def contract_price(market: Economy) -> float:
    """Mean price per parcel of the month under the contract of Amazon with USPS, over its zones, $."""
    access = amazon_prices(market)[0][USPS]
    weight = market.amazon.memory.retained
    return float(np.average(access, weights=weight if weight.sum() > 0.0 else None))


def _carriers_parcels(market: Economy, delivered: Floats) -> Measures:
    """What carriers delivered, (K, Z), and what they could, left waiting, refused or took over, (K,)."""
    network, allocation = market.state.network, market.state.flows.allocation
    volume = delivered.sum(axis=1)
    capacity = np.where(np.isinf(network.capacity), 0.0, network.monthly_capacity).sum(axis=1)
    capacity[USPS] = network.sorting[USPS]
    annual = np.where(np.isinf(network.capacity), 0.0, network.capacity).sum(axis=1)
    annual[USPS] = network.sorting[USPS] * MONTHS_PER_YEAR
    ordered = np.zeros_like(volume)
    for order in network.pipeline:
        ordered[order.carrier] += order.annual_parcels.sum()
    waiting = np.zeros_like(delivered) if allocation.backlog is None else allocation.backlog.by_carrier_zone
    overflow = np.zeros_like(volume) if allocation.overflow is None else allocation.overflow.sum(axis=(0, 1, 3))
    return {
        "delivered_parcels": delivered,
        "volume_parcels": volume,
        "bought_parcels": market.state.access.bought.sum(axis=1),
        "utilisation_share": market.state.books.utilisation[-1],
        "capacity_parcels": capacity,
        "annual_capacity_parcels": annual,
        "ordered_capacity_parcels": ordered,
        "backlog_parcels": waiting.sum(axis=1),
        "unserved_parcels": allocation.unserved.sum(axis=1),
        "overflow_parcels": overflow,
    }


def _carriers_money(market: Economy, result: Floats) -> Measures:
    """Statements of the carriers as the ledger has them, what USPS contracts cover, and list prices."""
    state, ledger = market.state, market.ledger
    carriers = market.party_of_carrier
    paid = ledger.paid[:, carriers] / CENTS
    imputed = np.zeros(len(carriers))
    imputed[AMAZON] = market.figures.amazon_unit_revenue_imputed * _amazon_handed(market)[AMAZON].sum()
    invoiced = state.books.revenue[-1]
    profit = result[carriers]
    contract_paid, contract_cost = covers_by_carrier(market)
    return {
        "revenue_usd": invoiced + imputed,
        "profit_usd": profit,
        "cost_usd": _received(market) - profit,
        **{f"{series}_usd": paid[ledger.category(name)] for name, series in _PAID_BY_CARRIERS.items()},
        "usps_contract_paid_usd": contract_paid,
        "usps_contract_cost_usd": contract_cost,
        "list_price_usd": state.tariffs.level.T,
    }


def _received(market: Economy) -> Floats:
    """What customers, other carriers and the Treasury pay each carrier, $, (K,)."""
    ledger = market.ledger
    return np.asarray(ledger.received[IN_RESULT][:, market.party_of_carrier].sum(axis=0) / CENTS)


def _outside_money(market: Economy, result: Floats) -> Measures:
    """What everybody but carriers receives or pays, $; with the results of carriers it adds up to nothing."""
    found = dict(zip(market.ledger.parties, result, strict=True))
    return {
        "enterprise_shippers_paid_usd": -found[ENTERPRISE],
        "small_shippers_paid_usd": -sum(found[name] for name in REGIONS),
        "mail_users_paid_usd": -found[MAIL_USERS],
        "consolidators_result_usd": found[CONSOLIDATORS],
        "staff_result_usd": found[STAFF],
        "suppliers_result_usd": found[SUPPLIERS],
        "lenders_result_usd": found[LENDERS],
        "retirement_funds_result_usd": found[RETIREMENT_FUNDS],
        "treasury_result_usd": found[TREASURY],
    }


def _on_time(market: Economy, delivered: Floats) -> Measures:
    """Share of parcels that arrive on time by carrier, (K,), its usual one without parcels, and by zone, (Z,)."""
    in_time, volume = market.state.network.on_time * delivered, delivered.sum(axis=1)
    base = market.figures.by("on_time_base", market.carriers.like)
    return {
        "on_time_share": np.divide(in_time.sum(axis=1), volume, out=base.copy(), where=volume > 0.0),
        "on_time_by_zone_share": in_time.sum(axis=0) / np.maximum(delivered.sum(axis=0), 1e-9),
    }


def _other_shippers(market: Economy) -> Measures:
    """Parcels of others than Amazon and what they pay, by segment, (S,)."""
    flows = market.state.flows
    return {
        "price_per_parcel_usd": flows.price_paid,
        "shipped_parcels": by_segment(market.annual_parcels) * flows.demand.scale,
    }


def _big_shippers(market: Economy, result: Floats) -> Measures:
    """Parcels and delivery bill of each big shipper, (B,) or (B, K)."""
    big, accepted = market.groups.big, market.state.flows.allocation.accepted
    sent = np.array([accepted[one.group].sum(axis=(0, 2)) for one in big]).reshape(len(big), market.carriers.n_carriers)
    network = market.groups.own_networks
    invoices = market.state.flows.invoices[[one.group for one in big]].sum(axis=(1, 2)) / CENTS
    return {
        "sent_by_carrier_parcels": sent,
        "sent_parcels": sent.sum(axis=1),
        "own_network_parcels": sent[np.arange(len(big)), network] if big else np.zeros(0),
        "delivery_bill_usd": -result[market.party_of_carrier[network]],
        "paid_carriers_usd": invoices,
    }


def _by_class_of_shipper(market: Economy) -> Measures:
    """With whom shippers other than Amazon ship, by their class, (K,), who has changed, (K, K), and the season."""
    accepted, groups, flows = market.state.flows.allocation.accepted, market.groups, market.state.flows
    return {
        "small_shippers_parcels": accepted[groups.regions].sum(axis=(0, 1, 3)),
        "enterprise_shippers_parcels": accepted[groups.enterprise : groups.amazon.agreed].sum(axis=(0, 1, 3)),
        "switched_count": flows.switched,
        "season_factor": market.state.environment.season,
    }


def _expectations(market: Economy) -> Measures:
    """What parties count on, by their own methods and memory: nobody else knows it. Of carriers only two are asked."""
    month, volume = market.month, np.zeros(market.carriers.n_carriers)
    for key in market.carriers.integrators:
        one = market.agent(key)
        volume[one.index] = one.expected_volume(MONTHS_PER_YEAR, month).sum()
    return {
        "expected_parcels": volume,
        "amazon_usps_expected_usd": market.amazon.memory.price_belief,
        "usps_access_published_usd": market.published_access_price(),
        "usps_cash_expected_usd": market.usps.forecast_cash(month),
    }


def _amazon_parcels(market: Economy) -> Measures:
    """Parcels of Amazon by who delivers them, (Z,)."""
    demand, sourcing, handed = market.state.flows.demand, market.state.flows.sourcing, _amazon_handed(market)
    return {
        "amazon_parcels": demand.amazon,
        "amazon_own_parcels": handed[AMAZON],
        "amazon_via_usps_parcels": handed[USPS],
        "amazon_via_ups_parcels": handed[UPS],
        "amazon_via_fedex_parcels": handed[FEDEX],
        "amazon_refused_parcels": demand.amazon_refused,
        "amazon_later_parcels": later_parcels(market),
        "amazon_short_parcels": float(sourcing.short.sum()),
    }


def _amazon_money(market: Economy, result: Floats) -> Measures:
    """Delivery bill of Amazon, whom it pays, and what a parcel of its own costs it.

    The bill is what delivery takes out of its hands: work, capital and what others are paid, less its sales to others.
    """
    ledger, amazon = market.ledger, market.ledger.index("amazon")
    bill = -float(result[amazon])
    paid = ledger.flow[[ledger.category("parcels"), ledger.category("settlement")], amazon].sum(axis=0) / CENTS
    sales = float(ledger.flow[ledger.category("parcels"), :, amazon].sum()) / CENTS
    by_carrier = market.state.flows.allocation.accepted[market.groups.amazon.all].sum(axis=(0, 1, 3))
    delivered = math.fsum(by_carrier)  # exact, whoever else is there
    own = bill + sales - market.state.flows.amazon_sales_cost
    return {
        "amazon_delivery_bill_usd": bill,
        "amazon_sales_usd": sales,
        "amazon_paid_usps_usd": float(paid[ledger.index("usps")]),
        "amazon_paid_ups_usd": float(paid[ledger.index("ups")]),
        "amazon_paid_fedex_usd": float(paid[ledger.index("fedex")]),
        "amazon_delivered_cost_usd": own / delivered if delivered > 0.0 else 0.0,
    }


def _amazon_at_usps(market: Economy) -> Measures:
    """Price, revenue and cost of Amazon's parcels at USPS."""
    cost = _amazon_handed(market)[USPS] * market.state.flows.amazon_access_cost
    parcels = market.ledger.flow[market.ledger.category("parcels")]
    return {
        "amazon_usps_price_usd": contract_price(market),
        "amazon_usps_revenue_usd": float(parcels[market.ledger.index("amazon"), market.ledger.index("usps")]) / CENTS,
        "amazon_usps_attributable_usd": float(cost.sum()),
    }


def _usps_accounts(market: Economy) -> Measures:
    """Income statement of USPS."""
    postal = market.state.flows.postal
    return {
        "usps_mail_revenue_usd": postal.mail_revenue,
        "usps_parcel_revenue_usd": postal.parcel_revenue,
        "usps_parcel_contribution_usd": postal.parcel_contribution,
        "usps_expense_usd": postal.expense,
        "usps_institutional_usd": postal.institutional_cost,
        "usps_interest_earned_usd": postal.interest_earned,
        "usps_interest_paid_usd": postal.interest_paid,
        "usps_net_income_usd": postal.net_income,
        "usps_controllable_income_usd": postal.controllable_income,
    }


def _usps_position(market: Economy) -> Measures:
    """Cash and debts of USPS at the end of the month, the distress it is in, and what is left of mail."""
    usps = market.usps
    _, arrears, deferred = usps.owed_before
    put_off = usps.arrears - arrears + usps.deferred - deferred
    return {
        "usps_put_off_usd": round(put_off * CENTS) / CENTS,
        "usps_cash_usd": market.ledger.cash("usps"),
        "usps_debt_usd": usps.debt,
        "usps_arrears_usd": usps.arrears,
        "usps_deferred_usd": usps.deferred,
        "usps_distress_rung": float(usps.ladder.highest),
        "usps_violations_count": float(len(market.regulator.broken)),
        "usps_mail_index": market.mail_index,
    }


def _amazon_handed(market: Economy) -> Floats:
    """Parcels of Amazon by the carrier that accepted them, (K, Z)."""
    return np.asarray(market.state.flows.allocation.accepted[market.groups.amazon.all, ECONOMY].sum(axis=0))
