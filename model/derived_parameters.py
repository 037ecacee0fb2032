"""Parameters that follow from others: they are computed whenever they are read, so they follow every change of input.

The values that `parameters.csv` prints for these rows are the rounded results at the default inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from agents.calendar import MONTHS_PER_YEAR
from agents.figures import Figures
from agents.geography import SEGMENTS, ZONE_TYPES


@dataclass(frozen=True)
class Derived:
    """How a derived parameter is computed.

    Attributes:
        inputs: Symbols that the formula reads; to change the result, change these.
        formula: Takes the parameters, returns the value in the unit of the row.
    """

    inputs: tuple[str, ...]
    formula: Callable[[Figures], float]


def _non_amazon_volume(p: Figures) -> float:
    """Parcels a year of all shippers but Amazon, bn."""
    return p.volume_segment_economy + p.volume_segment_ground + p.volume_segment_premium


def _price_access_amazon(p: Figures) -> float:
    """The ratio of two uncertain figures, held within believable prices."""
    ratio = p.revenue_usps_from_amazon / p.amazon_via_usps if p.amazon_via_usps > 0 else math.inf
    return min(max(ratio, p.price_access_amazon_min), p.price_access_amazon_max)


def _growth_other_demand(p: Figures) -> float:
    """Growth of other shippers' parcels that keeps the total at `growth_market`."""
    amazon, other = p.amazon_parcels_2024, _non_amazon_volume(p)
    return (p.growth_market * (amazon + other) - p.growth_amazon_demand * amazon) / other


def _capital_annuity(p: Figures) -> float:
    """Yearly payment per dollar of capital; written so that it is exact for a rate near 0 too."""
    if p.capital_rate == 0:
        return 1 / p.capital_life_years
    return p.capital_rate / -math.expm1(-p.capital_life_years * math.log1p(p.capital_rate))


def _parcel_share(p: Figures, zone_type: str) -> float:
    """Share of destinations that lie in a zone type, nationally."""
    weight = {kind: p[f"household_share_{kind}"] * p[f"parcels_per_household_index_{kind}"] for kind in ZONE_TYPES}
    return weight[zone_type] / sum(weight.values())


def _amazon_coverage(zone_type: str) -> Callable[[Figures], float]:
    def formula(p: Figures) -> float:
        mix = {kind: p[f"amazon_mix_own_{kind}"] for kind in ZONE_TYPES}
        own = p.amazon_own_delivered_2024 * mix[zone_type] / sum(mix.values())
        return min(own / (p.amazon_parcels_2024 * _parcel_share(p, zone_type)), 1.0)

    return formula


def _amazon_mix_usps_rural_cap(p: Figures) -> float:
    """Amazon's rural parcels that it does not deliver itself, over all it hands to USPS."""
    left = p.amazon_parcels_2024 * _parcel_share(p, "rural") * (1 - p.amazon_coverage_rural)
    return min(left / p.amazon_via_usps, 1.0) if p.amazon_via_usps > 0 else 1.0


def _enterprise_size_mean(p: Figures) -> float:
    """Mean of a Pareto law cut at both ends, million parcels a year; exact for a shape near 1 too."""
    low, shape = p.enterprise_size_min, p.enterprise_pareto_shape
    log_range = math.log1p((p.enterprise_size_max - low) / low)
    exponent = (1 - shape) * log_range
    stretch = math.expm1(exponent) / exponent if exponent else 1.0
    return shape * low * log_range * stretch / -math.expm1(-shape * log_range)


def _enterprise_volume(p: Figures) -> float:
    """Parcels a year of enterprise shippers, bn."""
    return p.n_enterprise_shippers * p.enterprise_size_mean / 1000


def _attributable_cost(p: Figures) -> float:
    """Attributable cost of all USPS products, bn $ a year."""
    mail = ("first_class", "marketing", "other")
    return p.usps_competitive_attributable_2024 + sum(
        p[f"usps_{kind}_revenue_2024"] / p[f"cost_coverage_{kind}"] for kind in mail
    )


def _usps_debt_rate(p: Figures) -> float:
    """The rate on debt that leaves the published net interest, where cash earns the rate of the year."""
    paid = p.usps_cash_rate_2024 * p.usps_cash_start - p.usps_interest_income_net_2024
    return max(0.0, paid / p.usps_debt_start) if p.usps_debt_start > 0.0 else 0.0


_PARCEL_INDEX = tuple(f"parcels_per_household_index_{kind}" for kind in ZONE_TYPES)
_HOUSEHOLD_SHARES = tuple(f"household_share_{kind}" for kind in ZONE_TYPES)
_OWN_MIX = tuple(f"amazon_mix_own_{kind}" for kind in ZONE_TYPES)
_SEGMENT_VOLUMES = tuple(f"volume_segment_{segment}" for segment in SEGMENTS)
_Q4 = ("season_october", "season_november", "season_december")

DERIVED: Mapping[str, Derived] = {
    # structure
    "n_zones_max": Derived(("n_states", "n_zone_types"), lambda p: p.n_states * p.n_zone_types),
    "n_carriers": Derived(
        ("n_national_carriers", "n_regional_carriers"), lambda p: p.n_national_carriers + p.n_regional_carriers
    ),
    "n_steps_projection": Derived(
        ("projection_start_year", "projection_end_year"),
        lambda p: (p.projection_end_year - p.projection_start_year + 1) * MONTHS_PER_YEAR,
    ),
    # Amazon's flows
    "amazon_parcels_2024": Derived(
        ("amazon_own_delivered_2024", "amazon_via_usps", "amazon_via_ups_2024", "amazon_via_fedex_2024"),
        lambda p: p.amazon_own_delivered_2024 + p.amazon_via_usps + p.amazon_via_ups_2024 + p.amazon_via_fedex_2024,
    ),
    "amazon_own_share_2024": Derived(
        ("amazon_own_delivered_2024", "amazon_parcels_2024"),
        lambda p: p.amazon_own_delivered_2024 / p.amazon_parcels_2024,
    ),
    "amazon_shipping_2024": Derived(
        ("share_economy_amazon", "volume_segment_economy", "share_ground_amazon", "volume_segment_ground"),
        lambda p: p.share_economy_amazon * p.volume_segment_economy + p.share_ground_amazon * p.volume_segment_ground,
    ),
    "price_access_amazon": Derived(
        ("revenue_usps_from_amazon", "amazon_via_usps", "price_access_amazon_min", "price_access_amazon_max"),
        _price_access_amazon,
    ),
    **{
        f"amazon_coverage_{kind}": Derived(
            ("amazon_own_delivered_2024", "amazon_parcels_2024", *_OWN_MIX, *_HOUSEHOLD_SHARES, *_PARCEL_INDEX),
            _amazon_coverage(kind),
        )
        for kind in ZONE_TYPES
    },
    "amazon_mix_usps_rural_cap": Derived(
        ("amazon_parcels_2024", "amazon_via_usps", "amazon_coverage_rural", *_HOUSEHOLD_SHARES, *_PARCEL_INDEX),
        _amazon_mix_usps_rural_cap,
    ),
    # places
    # demand
    "growth_other_demand": Derived(
        ("growth_market", "growth_amazon_demand", "amazon_parcels_2024", *_SEGMENT_VOLUMES), _growth_other_demand
    ),
    "season_other_month": Derived(
        _Q4,
        lambda p: (
            (MONTHS_PER_YEAR - p.season_october - p.season_november - p.season_december) / (MONTHS_PER_YEAR - len(_Q4))
        ),
    ),
    "season_q4_mean": Derived(_Q4, lambda p: (p.season_october + p.season_november + p.season_december) / len(_Q4)),
    "enterprise_size_mean": Derived(
        ("enterprise_size_min", "enterprise_size_max", "enterprise_pareto_shape"), _enterprise_size_mean
    ),
    "enterprise_volume_share": Derived(
        ("n_enterprise_shippers", "enterprise_size_mean", *_SEGMENT_VOLUMES),
        lambda p: _enterprise_volume(p) / _non_amazon_volume(p),
    ),
    "small_size_mean": Derived(
        ("small_size_median", "small_size_log_sd"),
        lambda p: p.small_size_median / 1000 * math.exp(p.small_size_log_sd**2 / 2),
    ),
    "small_shippers_real": Derived(
        ("n_enterprise_shippers", "enterprise_size_mean", "small_size_mean", *_SEGMENT_VOLUMES),
        lambda p: (_non_amazon_volume(p) - _enterprise_volume(p)) * 1e6 / p.small_size_mean,
    ),
    "mail_volume_other_2024": Derived(
        (
            "mail_volume_total_2024",
            "usps_package_volume_2024",
            "mail_volume_first_class_2024",
            "mail_volume_marketing_2024",
        ),
        lambda p: (
            p.mail_volume_total_2024
            - p.usps_package_volume_2024
            - p.mail_volume_first_class_2024
            - p.mail_volume_marketing_2024
        ),
    ),
    # cost of delivery
    "capital_annuity": Derived(("capital_rate", "capital_life_years"), _capital_annuity),
    "capital_charge_urban": Derived(
        ("capacity_capex_urban", "capital_annuity", "capacity_fill"),
        lambda p: p.capacity_capex_urban * p.capital_annuity / p.capacity_fill,
    ),
    "capital_charge_suburban": Derived(
        ("capacity_capex_suburban", "capital_annuity", "capacity_fill"),
        lambda p: p.capacity_capex_suburban * p.capital_annuity / p.capacity_fill,
    ),
    "capital_charge_rural": Derived(
        ("capacity_capex_rural", "capital_annuity", "capacity_fill"),
        lambda p: p.capacity_capex_rural * p.capital_annuity / p.capacity_fill,
    ),
    "route_flex_down_monthly": Derived(("route_flex_down",), lambda p: 1 - (1 - p.route_flex_down) ** (1 / 3)),
    "station_size": Derived(
        ("rural_plan_capacity", "rural_plan_stations", "operating_days_amazon"),
        lambda p: p.rural_plan_capacity * 1e9 / p.rural_plan_stations / p.operating_days_amazon,
    ),
    "usps_average_day_2024": Derived(
        ("volume_usps_2024", "operating_days_usps"), lambda p: p.volume_usps_2024 * 1000 / p.operating_days_usps
    ),
    "mail_pieces_per_point_mean": Derived(
        ("mail_volume_total_2024", "usps_package_volume_2024", "delivery_points_total", "operating_days_usps"),
        lambda p: (
            (p.mail_volume_total_2024 - p.usps_package_volume_2024)
            * 1000
            / (p.delivery_points_total * p.operating_days_usps)
        ),
    ),
    # contracts
    "commitment_round": Derived(
        ("opening_lead_strategic", "build_lead_months"),
        lambda p: max(p.opening_lead_strategic - p.build_lead_months, 0),
    ),
    # USPS accounts
    "usps_interest_income_net_2024": Derived(
        ("usps_expense_2024", "usps_revenue_2024", "usps_net_loss_2024"),
        lambda p: p.usps_expense_2024 - p.usps_revenue_2024 - p.usps_net_loss_2024,
    ),
    "usps_debt_rate": Derived(
        ("usps_cash_rate_2024", "usps_cash_start", "usps_interest_income_net_2024", "usps_debt_start"),
        _usps_debt_rate,
    ),
    "usps_other_revenue_2024": Derived(
        (
            "usps_revenue_2024",
            "usps_package_revenue_2024",
            "usps_first_class_revenue_2024",
            "usps_marketing_revenue_2024",
        ),
        lambda p: (
            p.usps_revenue_2024
            - p.usps_package_revenue_2024
            - p.usps_first_class_revenue_2024
            - p.usps_marketing_revenue_2024
        ),
    ),
    "usps_competitive_attributable_2024": Derived(
        ("usps_package_revenue_2024", "competitive_margin"),
        lambda p: p.usps_package_revenue_2024 * (1 - p.competitive_margin),
    ),
    "usps_institutional_cost_2024": Derived(
        (
            "usps_expense_2024",
            "usps_competitive_attributable_2024",
            *(f"usps_{kind}_revenue_2024" for kind in ("first_class", "marketing", "other")),
            *(f"cost_coverage_{kind}" for kind in ("first_class", "marketing", "other")),
        ),
        lambda p: p.usps_expense_2024 - _attributable_cost(p),
    ),
    "usps_competitive_contribution_2024": Derived(
        ("usps_package_revenue_2024", "competitive_margin"),
        lambda p: p.usps_package_revenue_2024 * p.competitive_margin,
    ),
    "usps_contribution_share_2024": Derived(
        ("usps_competitive_contribution_2024", "usps_institutional_cost_2024"),
        lambda p: p.usps_competitive_contribution_2024 / p.usps_institutional_cost_2024,
    ),
    "usps_cash_drift_2024": Derived(
        ("usps_noncash_and_unpaid", "usps_depreciation", "usps_capex", "usps_net_loss_2024"),
        lambda p: p.usps_noncash_and_unpaid + p.usps_depreciation - p.usps_capex - p.usps_net_loss_2024,
    ),
}

_ZONE_TABLE = "it describes the zone table"
REPORTED: Mapping[str, str] = {
    "n_zones": "it is the number of rows of the zone table",
    **{f"household_share_{kind}": _ZONE_TABLE for kind in ZONE_TYPES},
    "served_area_urban": _ZONE_TABLE,
    "served_area_suburban": _ZONE_TABLE,
    **{f"density_sigma_{kind}": _ZONE_TABLE for kind in ZONE_TYPES},
    "density_sigma_rural_national": _ZONE_TABLE,
    "density_sigma_between_states": _ZONE_TABLE,
    "upstream_cost_usps_economy": "the market solves it so that parcels cost usps_competitive_attributable_2024",
    "build_history_mean": "it describes market_history.csv",
}
"""Rows that the model finds by itself; their values are checks, and setting them would change nothing."""


@cache
def inputs_of(symbol: str) -> frozenset[str]:
    """All symbols that a parameter is computed from, directly or through other derived ones."""
    direct = DERIVED[symbol].inputs if symbol in DERIVED else ()
    return frozenset(direct).union(*(inputs_of(name) for name in direct))


def settable_inputs_of(symbol: str) -> list[str]:
    """The inputs that a user can change, in alphabetical order."""
    return sorted(name for name in inputs_of(symbol) if name not in DERIVED and name not in REPORTED)
