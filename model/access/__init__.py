"""The last mile that carriers with routes of their own buy from USPS: prices, quantities, cost, payment (ODD 7.8).

Parcels that shippers give to a carrier stay its customers' parcels. What it hands over is sorted and delivered by USPS,
at USPS's attributable cost at that density, and paid for under a contract with USPS or at the published price.
"""

from model.access.accounts import (
    access_dollars,
    access_resources,
    access_unit_cost,
    delivered_parcels,
    handling_cost,
    passed_by,
    pay_for_access,
    spared_routes,
)
from model.access.purchase import buyers, decide_access, handed_share
from model.access.slices import CarrierSlices, carrier_slices, set_reach
from model.access.terms import access_contract, access_price, access_terms

__all__ = [
    "CarrierSlices",
    "access_contract",
    "access_dollars",
    "access_price",
    "access_resources",
    "access_terms",
    "access_unit_cost",
    "buyers",
    "carrier_slices",
    "decide_access",
    "delivered_parcels",
    "handed_share",
    "handling_cost",
    "passed_by",
    "pay_for_access",
    "set_reach",
    "spared_routes",
]
