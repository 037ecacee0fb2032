"""Who gains and who loses between scenarios, actor by actor; gains are never added up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from experiments.paired import paired_table
from model.words import party_name

REGIONAL = party_name("regional")
# Actor: outcome of the whole run that is money in its hands.
ACTORS = {
    party_name("usps"): "welfare_usps_usd",
    party_name("amazon"): "welfare_amazon_usd",
    party_name("ups"): "ups_profit_usd",
    party_name("fedex"): "fedex_profit_usd",
    REGIONAL: "regional_profit_usd",
    "Enterprise shippers": "welfare_enterprise_shippers_usd",
    "Small shippers": "welfare_small_shippers_usd",
    "Consumers": "welfare_consumers_usd",
    "Members of Amazon": "welfare_amazon_members_usd",
    "Mail users": "welfare_mail_users_usd",
    "Treasury": "welfare_treasury_usd",
}


def gains(runs: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """Compare what each actor has in its hands with the first scenario, run by run.

    Args:
        runs: Outcomes of every run, index (scenario, seed).
        scenarios: Names in order.

    Returns:
        Index (actor, scenario) without the first scenario: gain in US dollars over the whole run, with its 95 %
        interval (nan with one seed). Carriers: profit; Amazon: less cost of delivery; USPS: net income; shippers,
        consumers and members: value of prices and service; treasury: what USPS does not put off.
    """
    known = runs.assign(
        regional_profit_usd=runs["welfare_rivals_usd"] - runs["ups_profit_usd"] - runs["fedex_profit_usd"]
    )[list(ACTORS.values())]
    table = paired_table(known.set_axis(list(ACTORS), axis=1), scenarios)
    later = table[table.index.get_level_values("scenario") != scenarios[0]]
    found = later[["difference", "low", "high"]].rename(columns={"difference": "gain"})
    return found.rename_axis(["actor", "scenario"])
