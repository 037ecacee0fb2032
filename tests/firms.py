"""Settings under which carriers act like firms and contracts are packages; without them both are as before.

The rules are built and tested one by one; the usual market does not have them yet (docs/firms.md, docs/negotiation.md).
"""

from __future__ import annotations

from typing import Any

LIKE_FIRMS: dict[str, Any] = {
    "reached_addresses_decide": 1.0,
    "price_real_increase_max": 0.032,
    "usps_own_price_limit": 1.0,
    "usps_like_for_like": 1.0,
    "usps_distress_pricing": 1.0,
    "overhead_elasticity": 0.65,
    "access_avoidable": 1.0,
    "access_quality": 1.0,
    "access_matched": 1.0,
    "access_adjusts": 1.0,
    "regional_home_primary": 1.0,
    "regional_diffusion": 1.0,
    "regional_fixed_share": 0.35,
    "regional_runway": 0.3,
    "takeover_working_months": 3.0,
    "regional_footprint_follows": 1.0,
    "price_cut_max": 0.068,
}
PACKAGES: dict[str, Any] = {
    "price_structure": "bargained",
    "shortfall_rule": "bargained",
    "after_expiry": "asked",
    "building": "outcomes",
}
ALL = LIKE_FIRMS | PACKAGES
