"""Make or buy: which addresses a carrier delivers itself, and which it buys from a carrier that passes anyway.

One rule for every carrier: deliver the densest addresses yourself, buy access for the rest. Costs are by household
percentile of each zone, densest first. Rule: ODD 7.8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.delivery_cost.checks import check_share, check_values

type Floats = NDArray[np.float64]


def own_cost(
    unit_cost: Floats, capital_charge: Floats, multiplier: float | Floats = 1.0, noise: Floats | float = 1.0
) -> Floats:
    """Long-run cost of delivering where no own route passes yet.

    Args:
        unit_cost: Average last-mile cost at the volume that it would carry, $ per parcel, (..., Z, P).
        capital_charge: Capital per parcel at usual fill, $ per parcel, (Z,).
        multiplier: Factor on all own cost; one number or (Z,).
        noise: Local factor, one number or (Z,).

    Returns:
        $ per parcel, (..., Z, P).
    """
    factor = np.broadcast_to(np.asarray(multiplier * np.asarray(noise, dtype=np.float64)), capital_charge.shape)
    return np.asarray((unit_cost + capital_charge[:, None]) * factor[:, None], dtype=np.float64)


def with_passing_routes(new_cost: Floats, marginal_cost: Floats, passed: Floats) -> Floats:
    """Own cost of a carrier whose routes pass some addresses already: one more stop there, long-run cost elsewhere.

    Args:
        new_cost: Cost where no own route passes, $ per parcel, (..., Z, P); see `own_cost`.
        marginal_cost: Cost of one more parcel on routes that pass, $ per parcel, (..., Z, P); with sorting if access
            would spare that too.
        passed: Share of households that own routes passed at the start, densest first, (..., Z); 1 for a carrier that
            delivers everywhere.

    Returns:
        $ per parcel, (..., Z, P); the cell cut by the end of the routes counts in proportion.

    Raises:
        ValueError: A share is outside 0 to 1.
    """
    check_share("passed", passed)
    cells = new_cost.shape[-1]
    inside = np.clip(passed[..., None] * cells - np.arange(cells), 0.0, 1.0)
    return np.asarray(new_cost + inside * (marginal_cost - new_cost), dtype=np.float64)


def perceived_error(normal: Floats, months_since: int, mean: float, sd: float, learning_months: int) -> Floats:
    """Error of a first insourcer in its own cost; fades evenly while it learns.

    Args:
        normal: Standard normal draws, any shape.
        months_since: Months since it began to deliver itself; 0 or less before.
        mean: Mean error at the beginning, $ per parcel.
        sd: S.d. of the error, $ per parcel.
        learning_months: Months until the error is gone.

    Returns:
        $ per parcel to add to own cost, the shape of the draws.
    """
    left = 1.0 - max(months_since, 0) / learning_months if months_since < learning_months else 0.0
    return np.asarray((mean + sd * normal) * left, dtype=np.float64)


def updated_price_belief(belief: Floats | float, offer: Floats | float, belief_gain: float) -> Floats:
    """Expected access price after another offer; NaN offers (nothing said) leave it as it is."""
    offer = np.asarray(offer, dtype=np.float64)
    return np.where(np.isnan(offer), belief, belief + belief_gain * (offer - belief))


def worth_of_delivering(
    access_price: Floats | float, injection_cost: float, speed_benefit: float, hurdle_charge: Floats | float
) -> Floats:
    """Own cost up to which a carrier delivers itself, $ per parcel: what buying would cost and forgo, less the hurdle.

    Args:
        access_price: Expected price of access, $ per parcel, any shape.
        injection_cost: Cost of dropping parcels at the seller, $ per parcel.
        speed_benefit: Value of delivering oneself, $ per parcel.
        hurdle_charge: investment_hurdle x capital charge, $ per parcel; 0 where capital is sunk.
    """
    return np.asarray(access_price + injection_cost + speed_benefit - hurdle_charge, dtype=np.float64)


def desired_coverage(
    cost: Floats, hurdle_charge: Floats, access_price: Floats | float, injection_cost: float, speed_benefit: float
) -> Floats:
    """Largest share of households, densest first, that is worth building for.

    The rule of ODD 7.8: cost(phi) + hurdle <= expected access price + injection cost + speed benefit. Where cost is
    not monotone (one stop more costs a step less where time limits the route instead of the van), it is the share with
    the lowest total cost, own and bought. Between the percentile midpoints cost is linear, so that coverage moves
    without steps, and it is flat beyond the first and last.

    Args:
        cost: Own cost by percentile, $ per parcel, (..., Z, P).
        hurdle_charge: investment_hurdle x capital charge, $ per parcel, (Z,); 0 where capital is sunk.
        access_price: Expected price of access, $ per parcel, one number or (..., Z).
        injection_cost: Cost of dropping parcels at the seller, $ per parcel.
        speed_benefit: Value of delivering oneself, $ per parcel.

    Returns:
        (..., Z) shares from 0 to 1.

    Raises:
        ValueError: A cost or the price is negative or not finite.
    """
    check_values("cost", cost)
    check_values("access_price", access_price)
    return coverage_worth(cost, worth_of_delivering(access_price, injection_cost, speed_benefit, hurdle_charge))


class CoverageSearch:
    """`coverage_worth` for who asks again and again for the same cost: a search for a shadow price asks a dozen times.

    What depends on the cost alone is worked out once.

    Args:
        cost: Own cost by percentile, $ per parcel, finite, (Z, P).
    """

    def __init__(self, cost: Floats) -> None:
        zones, cells = cost.shape
        self._cost, self._cells = cost, cells
        self._ended = np.concatenate([cost, np.full((zones, 1), np.nan)], axis=1)  # nothing is below nan
        self._row = np.arange(zones) * (cells + 1)
        self._share = np.arange(cells + 1) - 0.5  # kept in cells where so many pay and the next one is dear
        self._share[0], self._share[-1] = 0.0, cells

    def coverage(self, worth: Floats) -> Floats:
        """Shares from 0 to 1, (Z,).

        Args:
            worth: Own cost up to which delivering pays, $ per parcel, (Z,).
        """
        pays = self._ended <= worth[:, None]
        count = pays.argmin(axis=1)  # the first cell that does not pay
        if count.sum() != np.count_nonzero(pays):  # somewhere it pays again beyond that cell
            return coverage_worth(self._cost, worth)
        place, ended = self._row + count, self._ended.ravel()
        here = ended[place - 1]  # what the last cell that pays costs; it is nan, or the next is, where none or all pay
        part = np.fmax((worth - here) / (ended[place] - here), 0.0)  # at most 1: the next cell is too dear
        return np.asarray((self._share[count] + part) / self._cells)


def coverage_worth(cost: Floats, worth: Floats | float) -> Floats:
    """The share of `desired_coverage`, unchecked.

    Args:
        cost: Own cost by percentile, $ per parcel, (..., Z, P).
        worth: Own cost up to which delivering pays, $ per parcel, one number or (..., Z).

    Returns:
        (..., Z) shares from 0 to 1.
    """
    cells, places = cost.shape[-1], cost.shape[:-1]
    cost, worth = cost.reshape(-1, cells), (worth + np.zeros(places)).reshape(-1)
    pays, row = cost <= worth[:, None], np.arange(len(cost))
    count = pays.argmin(axis=1)  # place of the first cell that does not pay; 0 also where there is none
    count[(count == 0) & pays[:, 0]] = cells
    if count.sum() != np.count_nonzero(pays):  # somewhere it pays again beyond that place
        again = np.flatnonzero(count != pays.sum(axis=1))
        gain = np.cumsum(worth[again, None] - cost[again], axis=1)  # of own delivery up to each cell
        best = cells - gain[:, ::-1].argmax(axis=1)
        count[again] = np.where(gain[np.arange(len(again)), best - 1] < 0.0, 0, best)
    here = cost[row, count - 1]
    step = cost[row, np.minimum(count, cells - 1)] - here
    part = np.divide(worth - here, step, out=np.zeros_like(step), where=step > 0.0)
    coverage = (count - 0.5 + np.clip(part, 0.0, 1.0)) / cells
    coverage[count == cells] = 1.0
    coverage[count == 0] = 0.0
    return np.asarray(coverage.reshape(places))
