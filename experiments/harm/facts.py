"""What was announced or counted about places, and the same of the model."""

from __future__ import annotations

import numpy as np

from agents.geography import RURAL, URBAN
from model.carriers import FEDEX, UPS
from model.delivery_areas import tier_parts
from model.economy import Economy
from model.places import measure_places, zone_places
from model.places.spread import covered

#: Households in m and square miles in m of the 13,000 densest rural ZIPs, from census counts by ZIP (CENSUS_ZIP2022).
DENSEST_RURAL_ZIPS = (16.0, 1.155)
ANNOUNCED_SQUARE_MILES = 1.2  # m, of the rural plan (AMZ20250430)


def announced_facts(market: Economy) -> dict[str, float]:
    """The model's side of what was announced or counted, by name.

    Args:
        market: A market that has played a month.
    """
    zones, rural = market.zones, market.zones.zone_type == RURAL
    plan, start = market.amazon.announced_plan(), market.state.network.start_coverage
    reached = start if plan is None else np.minimum(1.0, start + plan.coverage * plan.months)
    cells = zones.density_grid.shape[1]
    homes = zones.households[:, None] / cells
    new = (covered(reached, cells) - covered(start, cells)) * rural[:, None]
    everything = covered(reached, cells) * rural[:, None]
    found = measure_places(market, zone_places(zones))["usps_delivered_share"]

    def mean(kind: int) -> float:
        here = zones.zone_type == kind
        return float(found[here] @ zones.households[here] / zones.households[here].sum())

    return {
        "plan_households_m": float((new * homes).sum()) / 1e6,
        "plan_square_miles_m": float((new * homes / zones.density_grid).sum()) / 1e6,
        "reached_households_m": float((everything * homes).sum()) / 1e6,
        "reached_square_miles_m": float((everything * homes / zones.density_grid).sum()) / 1e6,
        "surcharged_share": _surcharged(market),
        "usps_rural_share": mean(RURAL),
        "usps_urban_share": mean(URBAN),
    }


def _surcharged(market: Economy) -> float:
    """Share of the parcels of UPS and FedEx that go to addresses in one of the tiers of the delivery-area surcharge.

    Inside a zone parcels are taken to go to all addresses alike.
    """
    sold = market.state.flows.allocation.accepted[market.groups.tendered].sum(axis=(0, 1))[[UPS, FEDEX]].sum(axis=0)
    listed = tier_parts(market.settings.parameters, market.zones).sum(axis=0).mean(axis=1)
    return float(sold @ listed / sold.sum())
