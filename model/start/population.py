"""The shippers at the start: sizes, segment mix, discounts, price coefficients and homes (ODD 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from agents.geography import SEGMENTS, ZoneTable
from agents.rules.pricing import volume_discount
from agents.shipper_table import ShipperTable
from model.parameters import Parameters
from model.start.even_points import even_points
from model.streams import Streams

MILLION = 1e6
BILLION = 1e9
N_SEGMENTS = len(SEGMENTS)
N_TRAITS = 6  # two of the segment mix, three price coefficients, home
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Population:
    """The shippers of the start year, still without carriers.

    Attributes:
        shippers: All of them; `primary` and `fallback` are 0.
        uniform: One number in (0, 1) per small shipper and segment, spread as evenly as their traits: draws carriers.
    """

    shippers: ShipperTable
    uniform: Floats


def draw_population(
    parameters: Parameters, zones: ZoneTable, streams: Streams, taken: Floats | float = 0.0
) -> Population:
    """Draw all shippers of the start year.

    Enterprise sizes are the quantiles of a truncated Pareto law. Small shippers are lognormal, in proportion to
    volume, so that every row stands for about the same number of parcels. Size, segment mix, price coefficients and
    home come from points that fill their common space evenly, so few rows have the mix of many. The segment mix is
    rescaled once so that the segments add up to their published totals.

    Args:
        parameters: Figures of that year.
        zones: The zone table.
        streams: Random streams.
        taken: Parcels a year by segment of shippers that a scenario names, (S,); the totals are without them.
    """
    p = parameters
    n, n_enterprise = int(p.n_shippers), int(p.n_enterprise_shippers)
    n_small = n - n_enterprise
    big = even_points(n_enterprise, N_TRAITS, streams.generator("enterprise_shippers"))
    small = even_points(n_small, N_TRAITS + 1 + N_SEGMENTS, streams.generator("small_shippers"))
    traits = np.concatenate([big, small[:, :N_TRAITS]])
    segment_volume = p.by_segment("volume_segment") * BILLION - taken
    enterprise_size = _pareto_quantiles(p, n_enterprise)
    small_volume = segment_volume.sum() - enterprise_size.sum()
    log_mean = np.log(p.small_size_median) + p.small_size_log_sd**2  # mean of log size where rows are volume-weighted
    small_size = np.exp(log_mean + p.small_size_log_sd * ndtri(small[:, N_TRAITS]))
    size = np.concatenate([enterprise_size, small_size])
    weight = np.concatenate([np.ones(n_enterprise), small_volume / n_small / small_size])

    volume = size[:, None] * _segment_mix(p.segment_mix_concentration * segment_volume / segment_volume.sum(), traits)
    volume *= segment_volume / (volume * weight[:, None]).sum(axis=0)

    sd = p.by_segment("price_coef_sd")
    price_coef = p.by_segment("price_coef") * np.exp(sd * ndtri(traits[:, 2:5]) - sd**2 / 2)
    share = np.bincount(zones.division, weights=zones.households, minlength=int(p.n_divisions))
    division = np.searchsorted(np.cumsum(share / share.sum()), traits[:, 5], side="right")
    shippers = ShipperTable(
        n_enterprise=n_enterprise,
        annual_volume=volume,
        weight=weight,
        discount=volume_discount(
            volume.sum(axis=1), p.discount_base, p.discount_per_decade, p.discount_base_volume, p.discount_max
        ),
        price_coef=price_coef,
        division=np.minimum(division, int(p.n_divisions) - 1).astype(np.int8),
        primary=np.zeros((n, N_SEGMENTS), dtype=np.int8),
        fallback=np.zeros((n, N_SEGMENTS), dtype=np.int8),
        refused_months=np.zeros((n, N_SEGMENTS), dtype=np.int8),
        switches=np.zeros(n, dtype=np.int32),
    )
    return Population(shippers, small[:, -N_SEGMENTS:])


def _segment_mix(concentration: Floats, uniform: Floats) -> Floats:
    """Dirichlet shares of three segments by quantile, (n, S): one share, then another one of the rest."""
    first, second, third = concentration
    one = betaincinv(first, second + third, uniform[:, 0])
    two = (1.0 - one) * betaincinv(second, third, uniform[:, 1])
    return np.stack([one, two, 1.0 - one - two], axis=1)


def _pareto_quantiles(p: Parameters, n: int) -> Floats:
    """Sizes of n enterprise shippers, parcels a year: midpoint quantiles of the truncated Pareto law."""
    low, high = p.enterprise_size_min * MILLION, p.enterprise_size_max * MILLION
    shape = p.enterprise_pareto_shape
    midpoint = (np.arange(n) + 0.5) / n
    return np.asarray(low * (1.0 - midpoint * (1.0 - (low / high) ** shape)) ** (-1.0 / shape))
