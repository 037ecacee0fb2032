"""List prices, discounts, floors and the yearly price plan (ODD 7.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def volume_discount(annual_volume: Floats, base: float, per_decade: float, base_volume: float, most: float) -> Floats:
    """Discount of a shipper by its size: `base` at `base_volume`, `per_decade` more for ten times as much.

    Args:
        annual_volume: Parcels a year, (n,).
        base: Share at the base volume.
        per_decade: Extra share per factor of ten.
        base_volume: Parcels a year.
        most: Largest share.

    Returns:
        Shares (n,) between 0 and `most`.
    """
    return np.asarray(np.clip(base + per_decade * np.log10(annual_volume / base_volume), 0.0, most))


def quote(level: Floats, floor: Floats, discount: Floats) -> Floats:
    """Price of one parcel before surcharges.

    Args:
        level: List level of each offer, $ per parcel, (...).
        floor: Lowest price that covers marginal cost, same shape.
        discount: Discount of the shipper, broadcast against `level`.

    Returns:
        Dollars per parcel.
    """
    return np.asarray(np.maximum(floor, level * (1.0 - discount)))


@dataclass(frozen=True, slots=True)
class PriceResponse:
    """How a carrier's yearly increase answers to its situation; coefficients of ODD 7.5.

    Attributes:
        cost: Answer to cost growth beyond inflation.
        margin: Answer to the gap between target and actual margin.
        utilisation: Answer to utilisation beyond the start value.
        rivals: Answer to rivals' prices relative to the start.
    """

    cost: float
    margin: float
    utilisation: float
    rivals: float


@dataclass(frozen=True, slots=True)
class OwnDemand:
    """What a carrier knows of the demand for its own parcels, by segment, (S,) each.

    Attributes:
        parcels: Parcels a year.
        price: Mean price paid, $ per parcel.
        variable_cost: Cost of one more parcel, $.
        elasticity: Long-run elasticity of the parcels with respect to its own prices, at most 0.
    """

    parcels: Floats
    price: Floats
    variable_cost: Floats
    elasticity: Floats


def raising_pays(demand: OwnDemand) -> bool:
    """Whether a rise of all prices by one per cent raises profit in the long run.

    In one segment that is a variable margin of at most 1 / |elasticity|; over several the gains and losses are added.
    """
    gain = demand.price + demand.elasticity * (demand.price - demand.variable_cost)
    return bool((demand.parcels * gain).sum() >= 0.0)


@dataclass(frozen=True, slots=True)
class CostRise:
    """What unexpected prices add to each parcel of a carrier, by its books of last month.

    Attributes:
        fuel: By the price of fuel, $ per parcel.
        wages: By wages, $ per parcel.
        wages_moved: Log of wages over those that were expected.
        paid: What its customers paid in the last year, $ per parcel.
    """

    fuel: float
    wages: float
    wages_moved: float
    paid: float

    def wages_left(self, taken_in: float) -> float:
        """Part of `wages` that list prices do not hold yet, $ per parcel.

        Args:
            taken_in: Log of the rise of wages that they hold.
        """
        return self.wages * (1.0 - taken_in / self.wages_moved) if self.wages_moved != 0.0 else 0.0


def paid_growth(
    response: PriceResponse,
    *,
    inflation: float,
    cost_growth: float,
    margin_gap: float,
    utilisation_gap: float,
    rival_ratio: float,
    least: float,
    most: float,
    margin_may_raise: bool = True,
) -> float:
    """Yearly growth of a carrier's paid prices, from its largest cut to its largest increase.

    Args:
        response: Coefficients.
        inflation: Yearly inflation.
        cost_growth: Growth of the carrier's own unit cost over the last year.
        margin_gap: Target margin less margin of the last year.
        utilisation_gap: Utilisation of the last year less its start value.
        rival_ratio: Rivals' price over own price, relative to the same ratio at the start.
        margin_may_raise: False where a higher price would lower profit, so that a poor margin is no reason to raise.
        least: Smallest growth, below 0 where it may cut.
        most: Largest growth.

    Returns:
        Growth as a share.
    """
    margin_term = response.margin * margin_gap
    if not margin_may_raise:
        margin_term = min(margin_term, 0.0)
    growth = (
        inflation
        + response.cost * (cost_growth - inflation)
        + margin_term
        + response.utilisation * utilisation_gap
        + response.rivals * (rival_ratio - 1.0)
    )
    return float(np.clip(growth, least, most))
