"""Settings under which carriers do not act like firms and contracts have one form: the market before these rules.

Each rule is tested against the market without it (docs/firms.md, docs/negotiation.md).
"""

from __future__ import annotations

from typing import Any

WITHOUT_FIRMS: dict[str, Any] = {
    "reached_addresses_decide": 0.0,
    "price_real_increase_max": -1.0,
    "usps_own_price_limit": 0.0,
    "usps_like_for_like": 0.0,
    "usps_distress_pricing": 0.0,
    "overhead_elasticity": 0.0,
    "access_avoidable": 0.0,
    "access_quality": 0.0,
    "access_matched": 0.0,
    "access_adjusts": 0.0,
    "access_overhead": 0.0,
    "regional_home_primary": 0.0,
    "regional_diffusion": 0.0,
    "regional_fixed_share": 1.0,
    "regional_runway": 0.0,
    "regional_stations_a_year": 0.0,
    "takeover_working_months": 0.0,
    "regional_footprint_follows": 0.0,
    "price_cut_max": 0.0,
    "amazon_rivals_at_target": 0.0,
}
ONE_FORM: dict[str, Any] = {
    "price_structure": "uniform",
    "shortfall_rule": "reversion",
    "after_expiry": "split",
    "building": "expected_price",
    "rural_plan": "as_announced",
}
