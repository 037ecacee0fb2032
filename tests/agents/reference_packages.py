"""Packages once more, slice by slice and year by year, without pooling: slow and plain, to compare with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.bargaining import Form, Package, PackageCase
from agents.bargaining.price_path import along, mean_over, price_path
from agents.bargaining.reservation import group_stakes
from agents.calendar import Month
from agents.contracts import Contract
from agents.rules.contract_use import ContractPosition, taken_back


def slow_use(case: PackageCase, form: Form, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a form carries, and the share of the term that each slice stays at the price and at the published one."""
    values, groups, terms = case.values, case.groups[form.structure], case.terms
    group, size = groups.of_zone[case.zone], len(groups.names)
    volume = np.where(wanted, values.volume, 0.0)
    if form.promised:
        buyer, seller = mean_over(volume, values.buyer), mean_over(volume, values.seller)
        seller = max(seller, mean_over(volume, values.attributable_cost))
    else:
        buyer, seller = (float(one[0]) for one in group_stakes(values, group, 1).limits())
    level = seller + terms.seller_weight * (buyer - seller)
    carried = wanted if form.promised else wanted & (values.buyer >= level)
    path = price_path(values, group, size, wanted, make_whole=form.rule == "make_whole")
    price = np.array([level]) if size == 1 else along(*path, level)
    whole = form.rule == "make_whole"
    rate = max(0.0, 1.0 - mean_over(volume, values.seller_floor) / level) if whole else terms.take_or_pay_rate
    promised = np.bincount(group, weights=values.volume * carried, minlength=size)
    contract = Contract(
        "", "", "economy", groups.names, tuple(np.maximum(price, 0.0)), 0.0, tuple(promised), tuple(promised),
        form.rule, 1.0 if whole else terms.tolerance, rate, Month(2000, 1), terms.term_months, 0,
    )  # fmt: skip
    published = float(values.published[0])
    mine, weights = np.flatnonzero(carried), terms.year_weights()
    at_price, at_published = np.zeros(len(wanted)), np.zeros(len(wanted))
    for year, weight in enumerate(weights):
        owed = np.zeros(size) if contract.reverted else contract.tolerance * promised * (1.0 - 1e-9)
        today = np.full(size, published) if contract.reverted else np.array(contract.price)
        position = ContractPosition(today, owed, published, 1.0, 0.0 if year == len(weights) - 1 else 1.0)
        columns = (one[mine] for one in (values.volume, case.worth, group, case.standing))
        stays = mine[~taken_back(contract, position, *columns)]
        (at_published if contract.reverted else at_price)[stays] += weight
        delivered = np.bincount(group[stays], weights=values.volume[stays], minlength=size)
        if form.rule == "reversion" and (delivered < owed).any():
            contract = replace(contract, reverted=True)
    return carried, at_price, at_published


def slow_gains(case: PackageCase, package: Package, level: float) -> tuple[float, float]:
    """What buyer and seller gain over no deal in a year of the forecast, written down from the contract, $."""
    values, group = case.values, package.groups.of_zone[case.zone]
    carried, at_price, at_published = slow_use(case, package.form, package.carried)
    rate, price = package.shortfall_rate(level), package.prices(level)
    kept = at_price + at_published
    paid = float((values.volume * (at_price * price[group] + at_published * values.published)).sum())
    size = len(package.groups.names)
    promised = np.bincount(group, weights=values.volume * carried, minlength=size)
    missing = np.maximum(package.tolerance * promised - np.bincount(group, values.volume * kept, size), 0.0)
    due = float((rate * price * missing).sum()) if package.form.rule != "reversion" else 0.0
    return (
        float((values.volume * kept * values.buyer).sum()) - paid - due,
        paid + due - float((values.volume * kept * values.seller).sum()),
    )
