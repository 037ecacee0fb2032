"""What Amazon's announcement of its rural stations reveals of its cost there.

What own delivery costs Amazon where it does not deliver yet is in no public figure (`amazon_own_cost_multiplier`). That
it announced these stations and pays for them is. The multiplier is therefore inverted in the addresses of the plan, as
the cost of enterprise parcels is from the contracts that were signed: at most the usual one, and so that every address
of the plan is worth its capital at the access price that was expected, and worth using once it stands. It stays as it
is in real terms. Elsewhere the multiplier stays the unknown that it is. Rule: ODD 7.8.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZoneTable
from agents.rules.announced import AnnouncedPlan, Announcement, announced_cells, most_own_cost
from model.carriers import AMAZON
from model.operations import CostModel, expected_unit_grid, usps_cost_grid
from model.parameters import Parameters
from model.state import Environment

Floats = NDArray[np.float64]


def with_announced_plan(
    costs: CostModel,
    p: Parameters,
    zones: ZoneTable,
    parcels: Floats,
    coverage: Floats,
    plan: AnnouncedPlan,
    price: float,
    mail_index: float,
    env: Environment,
) -> CostModel:
    """Cost rates with what a plan reveals in its addresses.

    Args:
        costs: Cost rates.
        p: Figures.
        zones: The zone table.
        parcels: All that Amazon ships when it announces the plan, parcels a year by zone, (Z,).
        coverage: Share of households that it covers before the plan, (Z,).
        plan: The plan.
        price: Of access that it expects then, $ per parcel.
        mail_index: Mail volume relative to the start.
        env: Wages and prices of that month.
    """
    level, cells = env.price_level, zones.density_grid.shape[1]
    known = Announcement(
        unit_cost=expected_unit_grid(
            costs, zones, AMAZON, parcels, np.ones(zones.n_zones), env.wage_other, env.price_level
        ),
        capital=(p.by_type("capital_charge")[zones.zone_type] * level)[:, None],
        hurdle=p.investment_hurdle,
        saved=(p.injection_cost_amazon + p.speed_benefit_amazon) * level,
        price=price,
        spared=usps_cost_grid(costs, zones, mail_index, env.wage_usps, level) * (1.0 + p.seller_margin_floor),
    )
    announced = announced_cells(plan, coverage, cells)
    return replace(costs, own_cost_most=np.where(announced, most_own_cost(known), np.inf))
