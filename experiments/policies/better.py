"""Whether more or less of an outcome is better, where nobody would argue."""

from __future__ import annotations

import fnmatch

from experiments.figures import split_year

# What a reader would argue about (what Amazon keeps at USPS, what a parcel costs whom) is not here: somebody must say.
_HIGH = (
    "*_net_income_usd",
    "*_controllable_income_usd",
    "*_parcel_contribution_usd",
    "*_profit_usd",
    "usps_cash_usd",
    "*_on_time_share*",
    "usps_cash_exhausted_after_months",
    "welfare_*_shippers_usd",
    "welfare_consumers_usd",
    "welfare_rivals_usd",
    "welfare_amazon_usd",
    "welfare_usps_usd",
)
_LOW = (
    "usps_debt_usd",
    "usps_arrears_usd",
    "usps_put_off_usd",
    "usps_deferred_usd",
    "usps_distress_rung",
    "usps_cash_exhausted_share",
    "usps_violations_count",
    "amazon_delivered_cost_usd",
    "amazon_short_parcels",
    "*_unserved_parcels",
    "*_overflow_parcels",
    "*_carbon_tonnes",
)


def more_is_better(outcome: str) -> bool | None:
    """True or False; None where it depends on whom one asks."""
    stem = split_year(outcome)[0].replace("_fiscal_", "_", 1)
    for patterns, answer in ((_HIGH, True), (_LOW, False)):
        if any(fnmatch.fnmatchcase(stem, pattern) for pattern in patterns):
            return answer
    return None
