"""What the law asks of every run: a price below its floor is a violation with a date."""

from __future__ import annotations

import numpy as np

from model.market import ParcelMarket


def floors_hold_or_are_told(run: ParcelMarket) -> None:
    """Cover of each carrier's contract from the records, month by month, against violations that are open then."""
    paid, cost = run.records["usps_contract_paid_usd"], run.records["usps_contract_cost_usd"]
    for carrier, name in enumerate(run.carriers.names):
        is_open = False
        events = [event for event in run.events if f"the contract with {name}:" in event.text]
        for row, month in enumerate(run.records.months):
            for event in events:
                if event.month == month:
                    is_open = event.kind == "violation"
            if cost[row, carrier] > 0.0:
                assert is_open == (paid[row, carrier] < cost[row, carrier] * (1 - 1e-9)), (name, month)


def violations_are_counted(run: ParcelMarket) -> None:
    """The series of violations is what events say that has begun and not ended."""
    told = np.zeros(len(run.records.months))
    for event in run.events:
        if event.kind in ("violation", "compliance"):
            told[event.month - run.settings.start :] += 1.0 if event.kind == "violation" else -1.0
    np.testing.assert_array_equal(run.records["usps_violations_count"], told)
