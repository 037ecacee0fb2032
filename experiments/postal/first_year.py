"""Why USPS loses more in the first year of a run than in the year before: the step of its net income, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from agents.calendar import MONTHS_PER_YEAR
from experiments.runs import start_market
from experiments.settings import prepare_scenario
from model.history.table import FIRST_YEAR, LAST_YEAR, read_history
from model.parameters import Parameters
from model.postal_accounts import BILLION, MAIL_CLASSES
from model.records import Records

PARTS = (
    ("mail_revenue", "Revenue of mail"),
    ("parcel_revenue", "Revenue of parcels"),
    ("mail_cost", "Cost of mail"),
    ("parcel_cost", "Cost of parcels, staff that follows at once"),
    ("staff_that_stays", "Staff that stays for a while when parcels leave"),
    ("institutional_cost", "Institutional cost"),
    ("interest", "Interest, net"),
)


@dataclass(frozen=True, eq=False)
class FirstYear:
    """The step from the published fiscal year to the first year of the model, bn $.

    Attributes:
        parts: Index the keys of `PARTS`; columns before (published, at the start of the model), wages (what higher
            wages add, by themselves), rest (volumes, prices, and all else) and after. Cost is negative.
        history: Change on the year before of net income without expense that uses no cash; index year.
        after: The same for the model's first year.
    """

    parts: pd.DataFrame = field(repr=False)
    history: pd.Series = field(repr=False)
    after: float


def first_year(seeds: Sequence[int] = (1, 2, 3), n_shippers: int | None = None) -> FirstYear:
    """Play the first year of `baseline` with staff that stays and with staff that follows, and take the step apart.

    Args:
        seeds: Of the runs; the parts are their means.
        n_shippers: Number of shippers; left out, that of the scenario.
    """
    found = [_of_one_seed(seed, n_shippers) for seed in seeds]
    history = read_history()
    income = pd.Series(
        {
            year: history.value("usps_net_income", year) + history.value("usps_noncash_and_unpaid", year)
            for year in range(FIRST_YEAR, LAST_YEAR + 1)
        }
    )
    return FirstYear(
        parts=pd.concat([parts for parts, _ in found]).groupby(level=0, sort=False).mean(),
        history=income.diff().dropna(),
        after=float(np.mean([after for _, after in found])) - float(income.iloc[-1]),
    )


def _of_one_seed(seed: int, n_shippers: int | None) -> tuple[pd.DataFrame, float]:
    """Parts of the step, and net income of the year without expense that uses no cash, bn $."""
    size = {} if n_shippers is None else {"n_shippers": n_shippers}
    scenario = prepare_scenario("baseline", {"end": "2025-12", **size})
    plain = prepare_scenario(scenario, {"labour_stickiness": False})
    market = start_market(scenario, seed)
    before = _published(market.figures, float(market.state.books.institutional_cost))
    wages = []
    while not market.finished:
        market.step()
        wages.append(market.state.environment.wage_usps)
    after = _played(market.records)
    follows = _played(start_market(plain, seed).run().records)["parcel_cost"]
    after["staff_that_stays"] = after["parcel_cost"] - follows
    after["parcel_cost"] = follows
    frame = pd.DataFrame({"before": before, "after": after}).reindex([key for key, _ in PARTS]).fillna(0.0)
    paid = frame["before"].copy()
    paid[["mail_revenue", "parcel_revenue", "interest"]] = 0.0
    p = market.figures
    paid["institutional_cost"] += p.usps_noncash_and_unpaid + p.usps_depreciation
    frame["wages"] = paid * (float(np.mean(wages)) - 1.0)
    frame["rest"] = frame["after"] - frame["before"] - frame["wages"]
    income = float(market.records["usps_controllable_income_usd"].sum()) / BILLION
    return frame[["before", "wages", "rest", "after"]], income


def _published(figures: Parameters, institutional_cost: float) -> dict[str, float]:
    """The fiscal year that the model starts from; cost is negative."""
    revenue = {name: figures[f"usps_{name}_revenue_2024"] for name in MAIL_CLASSES}
    mail = sum(revenue[name] / figures[f"cost_coverage_{name}"] for name in MAIL_CLASSES)
    institutional = institutional_cost * MONTHS_PER_YEAR / BILLION
    return {
        "mail_revenue": sum(revenue.values()),
        "parcel_revenue": figures.usps_package_revenue_2024,
        "mail_cost": -mail,
        "parcel_cost": -(figures.usps_expense_2024 - mail - institutional),
        "institutional_cost": -institutional,
        "interest": figures.usps_interest_income_net_2024,
    }


def _played(records: Records) -> dict[str, float]:
    """The same of a run of one year."""

    def total(name: str) -> float:
        return float(records[name].sum()) / BILLION

    parcel_cost = total("usps_parcel_revenue_usd") - total("usps_parcel_contribution_usd")
    return {
        "mail_revenue": total("usps_mail_revenue_usd"),
        "parcel_revenue": total("usps_parcel_revenue_usd"),
        "mail_cost": -(total("usps_expense_usd") - total("usps_institutional_usd") - parcel_cost),
        "parcel_cost": -parcel_cost,
        "institutional_cost": -total("usps_institutional_usd"),
        "interest": total("usps_interest_earned_usd") - total("usps_interest_paid_usd"),
    }
