"""Who gains and who loses between scenarios, actor by actor, from what parts, and what all of it adds up to.

Money comes from the ledger: what one party pays another receives, so the results of all parties add up to nothing. The
gains of all actors then add up to what their customers get, at what it is worth to them, less what the work for it
costs: wages, suppliers, capital in use and retirement cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from experiments.paired import paired_table
from model.words import party_name

REGIONAL = party_name("regional")
BIG = "Big shippers"
# Actor: outcome of the whole run that is in its hands.
ACTORS = {
    party_name("usps"): "welfare_usps_usd",
    party_name("amazon"): "welfare_amazon_usd",
    party_name("ups"): "ups_profit_usd",
    party_name("fedex"): "fedex_profit_usd",
    REGIONAL: "regional_profit_usd",
    "Consolidators": "welfare_consolidators_usd",
    "Treasury": "welfare_treasury_usd",
    BIG: "welfare_big_shipper_bills_usd",
    "Enterprise shippers": "welfare_enterprise_shippers_usd",
    "Small shippers": "welfare_small_shippers_usd",
    "Consumers": "welfare_consumers_usd",
    "Members of Amazon": "welfare_amazon_members_usd",
    "Mail users": "welfare_mail_users_usd",
}
# Who is paid for the work: a cost to all of the above, and no gain to those who could do other work as well.
RESOURCES = {
    "Staff": "welfare_staff_usd",
    "Suppliers": "welfare_suppliers_usd",
    "Owners and lenders, for capital in use": "welfare_lenders_usd",
    "Retirement funds": "welfare_retirement_funds_usd",
}
PAID_BY_CUSTOMERS = ("enterprise_shippers_paid_usd", "small_shippers_paid_usd", "mail_users_paid_usd")
WHOLE = "all of it"  # the only part of an actor whose gain has no parts
TOTAL = "All gains"
WORTH, COST = "What customers get more, at what it is worth to them", "Less what the work costs more"


def gains(runs: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """Compare what each actor has in its hands with the first scenario, run by run.

    Args:
        runs: Outcomes of every run, index (scenario, seed).
        scenarios: Names in order.

    Returns:
        Index (actor, scenario) without the first scenario: gain in US dollars over the whole run, with its 95 %
        interval (nan with one seed). Carriers: profit; Amazon: less its delivery bill; USPS: net income; shippers,
        consumers and members: value of prices and service; Treasury: interest of USPS.
    """
    known, actors = with_regional(runs), actors_of(runs)
    known = known[[ACTORS[actor] for actor in actors]]
    return _paired(known.set_axis(actors, axis=1), scenarios).rename_axis(["actor", "scenario"])


def gain_parts(runs: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """What each gain consists of: the parts of an actor add up to its gain.

    Args:
        runs: Outcomes of every run, index (scenario, seed).
        scenarios: Names in order.

    Returns:
        Index (actor, part, scenario) without the first scenario, columns as in `gains`.
    """
    known = with_regional(runs)
    columns = {(actor, part): values for actor in actors_of(runs) for part, values in _parts(known, actor).items()}
    names = {f"{actor}\n{part}": values for (actor, part), values in columns.items()}
    found = _paired(pd.DataFrame(names, index=known.index), scenarios)
    keys = [(*str(name).split("\n"), scenario) for name, scenario in found.index]
    return found.set_axis(pd.MultiIndex.from_tuples(keys, names=["actor", "part", "scenario"]))


def adding_up(runs: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    """What the gains of all actors add up to, and why.

    Args:
        runs: Outcomes of every run, index (scenario, seed).
        scenarios: Names in order.

    Returns:
        Index (line, scenario) without the first scenario, columns as in `gains`: all gains; what customers get more;
        less what the work costs more, whole and by who is paid for it. The first line is the sum of the next two.
    """
    known = with_regional(runs)
    actors, resources = known[list(ACTORS.values())].sum(axis=1), known[list(RESOURCES.values())]
    paid = known[list(PAID_BY_CUSTOMERS)].sum(axis=1)
    value = known[[name for name in ACTORS.values() if _is_value(name)]].sum(axis=1)
    lines = {TOTAL: actors, WORTH: value + paid, COST: -resources.sum(axis=1)}
    lines |= {name: -known[outcome] for name, outcome in RESOURCES.items()}
    return _paired(pd.DataFrame(lines), scenarios).rename_axis(["line", "scenario"])


type Row = tuple[float, float, float]


def rows_of(table: pd.DataFrame) -> dict[tuple[str, ...], Row]:
    """Gain and the ends of its interval by index of one of the tables of this module."""
    keys = (tuple(map(str, key)) for key in table.index.to_list())
    return {
        key: (float(gain), float(low), float(high))
        for key, (gain, low, high) in zip(keys, table.to_numpy(), strict=True)
    }


def actors_of(runs: pd.DataFrame) -> list[str]:
    """Actors of some runs: big shippers only where a scenario names some."""
    named = bool(runs[ACTORS[BIG]].any())
    return [actor for actor in ACTORS if actor != BIG or named]


def with_regional(runs: pd.DataFrame) -> pd.DataFrame:
    """The outcomes with the profit of all regional carriers together."""
    rest = runs["welfare_rivals_usd"] - runs["ups_profit_usd"] - runs["fedex_profit_usd"]
    return runs.assign(regional_profit_usd=rest)


def _is_value(outcome: str) -> bool:
    return outcome.endswith(("shippers_usd", "consumers_usd", "members_usd", "mail_users_usd"))


def _paired(columns: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    table = paired_table(columns, scenarios)
    later = table[table.index.get_level_values("scenario") != scenarios[0]]
    return later[["difference", "low", "high"]].rename(columns={"difference": "gain"})


def _parts(runs: pd.DataFrame, actor: str) -> Mapping[str, pd.Series]:
    """Parts of what an actor has in its hands, money that it pays below zero."""
    if actor == "Amazon":
        return {
            "work of its own": -runs["amazon_wages_usd"] - runs["amazon_operations_usd"],
            "capital in use": -runs["amazon_capital_charge_usd"],
            "paid to USPS": -runs["amazon_paid_usps_usd"],
            "paid to UPS and FedEx": -runs["amazon_paid_ups_usd"] - runs["amazon_paid_fedex_usd"],
            "sales to others": runs["amazon_sales_usd"],
        }
    if actor == "USPS":
        return {
            "from Amazon": runs["amazon_paid_usps_usd"],
            "from other parcels": runs["usps_parcel_revenue_usd"] - runs["amazon_paid_usps_usd"],
            "from mail": runs["usps_mail_revenue_usd"],
            "expense": -runs["usps_expense_usd"],
            "interest": runs["usps_interest_earned_usd"] - runs["usps_interest_paid_usd"],
        }
    if actor in ("UPS", "FedEx"):
        return _carrier_parts(runs, [actor.lower()], runs[f"amazon_paid_{actor.lower()}_usd"])
    if actor == REGIONAL:
        national = ("usps", "amazon", "ups", "fedex")
        suffix = "_capital_charge_usd"
        keys = [str(name).removesuffix(suffix) for name in runs.columns if str(name).endswith(suffix)]
        owned = [key for key in keys if f"{key}_own_network_parcels" in runs.columns]
        return _carrier_parts(runs, [key for key in keys if key not in (*national, *owned)], None)
    return {WHOLE: runs[ACTORS[actor]]}


def _carrier_parts(runs: pd.DataFrame, keys: Sequence[str], from_amazon: pd.Series | None) -> dict[str, pd.Series]:
    def total(series: str) -> pd.Series:
        return runs[[f"{key}_{series}_usd" for key in keys]].sum(axis=1)

    work = -total("wages") - total("operations")
    paid = {"work of its own": work, "capital in use": -total("capital_charge"), "last mile at USPS": -total("access")}
    sales = total("profit") - sum(paid.values())
    if from_amazon is None:
        return {"sales": sales, **paid}
    return {"from Amazon": from_amazon, "from others": sales - from_amazon, **paid}
