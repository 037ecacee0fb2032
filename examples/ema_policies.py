"""The market in EMA workbench, which samples uncertainties and levers in its own way (needs the extra `ema`).

python examples/ema_policies.py
"""

import sys

from ema_workbench import perform_experiments

from experiments.ema import ema_model

DESIGN = {
    "kind": "lhs",
    "points": 1,  # the workbench chooses the points
    "scenario": "withdraw",
    "until": "2025-03",
    "set": {"n_shippers": 300},  # fast and coarse; leave it out for results that count
    "outcomes": ["usps_cash_usd", "amazon_own_share"],
    "uncertainties": {"growth_market": "declared", "mail_trend_first_class": "declared"},
    "levers": {"build_limit_applies": "all"},
}


def main(scenarios: int = 6) -> None:
    """Cross some futures with all policies and print what becomes of the cash of USPS."""
    experiments, outcomes = perform_experiments(ema_model(DESIGN), scenarios=scenarios, policies=2)
    table = experiments[["growth_market", "mail_trend_first_class", "build_limit_applies"]].copy()
    table["usps_cash_bn_usd"] = outcomes["usps_cash_usd"] / 1e9
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
