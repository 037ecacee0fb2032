"""What it costs to hand over one parcel: parcel-only networks, shared mail routes, and sticky resources.

Pure functions over arrays. They know no parameter file and no world: the market builds the small frozen dataclasses
and passes them in. Formulas: ODD 7.6.
"""

from agents.delivery_cost.access import AccessRates, stop_already_made, usps_unit_cost
from agents.delivery_cost.network import (
    NetworkRates,
    RouteEconomics,
    StreetGeometry,
    mean_between,
    mean_over_coverage,
    means_between,
    route_economics,
    value_at_coverage,
)
from agents.delivery_cost.resources import adjust, resource_cost

__all__ = [
    "AccessRates",
    "NetworkRates",
    "RouteEconomics",
    "StreetGeometry",
    "adjust",
    "mean_between",
    "mean_over_coverage",
    "means_between",
    "resource_cost",
    "route_economics",
    "stop_already_made",
    "usps_unit_cost",
    "value_at_coverage",
]
