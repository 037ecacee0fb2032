"""The shippers at the start: sizes, segment mix, discounts, price coefficients and homes (section 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.geography import SEGMENTS, ZoneTable
from agents.pricing import volume_discount
from agents.shippers import ShipperTable
from model.parameters import Parameters
from model.streams import Streams

MILLION = 1e6
BILLION = 1e9
N_SEGMENTS = len(SEGMENTS)
Floats = NDArray[np.float64]


def draw_population(parameters: Parameters, zones: ZoneTable, streams: Streams) -> ShipperTable:
    """Draw all shippers of the start year.

    Enterprise sizes are the quantiles of a truncated Pareto law. Small shippers are lognormal, drawn in proportion to
    volume, so that every row stands for about the same number of parcels. The segment mix is rescaled once so that the
    segments add up to their published totals.

    Returns:
        Shippers without carriers yet: `primary` and `fallback` are 0.
    """
    p = parameters
    n, n_enterprise = int(p.n_shippers), int(p.n_enterprise_shippers)
    n_small = n - n_enterprise
    segment_volume = p.by_segment("volume_segment") * BILLION
    enterprise_size = _pareto_quantiles(p, n_enterprise)
    small_volume = segment_volume.sum() - enterprise_size.sum()
    log_mean = np.log(p.small_size_median) + p.small_size_log_sd**2  # mean of log size where rows are volume-weighted
    small_size = np.exp(log_mean + p.small_size_log_sd * streams.generator("shipper_size").standard_normal(n_small))
    size = np.concatenate([enterprise_size, small_size])
    weight = np.concatenate([np.ones(n_enterprise), small_volume / n_small / small_size])

    national_mix = segment_volume / segment_volume.sum()
    mix = streams.generator("segment_mix").dirichlet(p.segment_mix_concentration * national_mix, size=n)
    volume = size[:, None] * mix
    volume *= segment_volume / (volume * weight[:, None]).sum(axis=0)

    sd = p.by_segment("price_coef_sd")
    normal = streams.generator("price_coef").standard_normal((n, N_SEGMENTS))
    price_coef = p.by_segment("price_coef") * np.exp(sd * normal - sd**2 / 2)
    share = np.bincount(zones.division, weights=zones.households, minlength=int(p.n_divisions))
    cumulated = np.cumsum(share / share.sum())
    division = np.searchsorted(cumulated, streams.generator("shipper_division").random(n), side="right")
    return ShipperTable(
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


def _pareto_quantiles(p: Parameters, n: int) -> Floats:
    """Sizes of n enterprise shippers, parcels a year: midpoint quantiles of the truncated Pareto law."""
    low, high = p.enterprise_size_min * MILLION, p.enterprise_size_max * MILLION
    shape = p.enterprise_pareto_shape
    midpoint = (np.arange(n) + 0.5) / n
    return np.asarray(low * (1.0 - midpoint * (1.0 - (low / high) ** shape)) ** (-1.0 / shape))
