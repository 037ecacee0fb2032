"""Patterns of the past that a run shows or does not show, whatever its levels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from experiments.backtest.figures_of_year import HistoryRun

MAJORITY = 0.5
EARLIEST_FOR_CONTRACT = 2017  # the USPS share of Amazon's parcels rose until about 2018
LAST_RISE = 2019
TURN = (2021, 2024)  # UPS gave up volume for yield between these years


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern.

    Attributes:
        name: What was observed, in words.
        shown: Whether more than half of the runs show it; None where the span of the run does not tell.
        share: Share of runs that show it, None likewise.
    """

    name: str
    shown: bool | None
    share: float | None


def _densest_first(run: HistoryRun, years: Sequence[int]) -> bool | None:
    density = run.added_density
    return None if len(density) < 2 else all(first > then for first, then in itertools.pairwise(density))


def _rises_then_falls(run: HistoryRun, years: Sequence[int]) -> bool | None:
    if not years or years[0] > EARLIEST_FOR_CONTRACT or years[-1] <= LAST_RISE:
        return None
    share = [run.figures["usps_share", "amazon", year] for year in years]
    top = max(range(len(share)), key=share.__getitem__)
    return 0 < top < len(share) - 1 and years[top] <= LAST_RISE


def _rural_postal(run: HistoryRun, years: Sequence[int]) -> bool | None:
    return all(run.figures["share_rural", "usps", year] > run.figures["share_urban", "usps", year] for year in years)


def _revenue_order(run: HistoryRun, years: Sequence[int]) -> bool | None:
    for year in years:
        fedex, ups, usps = (run.figures["revenue_per_parcel", group, year] for group in ("fedex", "ups", "usps"))
        if not fedex > ups > usps:
            return False
    return True


def _regional_dense(run: HistoryRun, years: Sequence[int]) -> bool | None:
    return all(
        run.figures["share_rural", "regional", year]
        < min(run.figures[f"share_{kind}", "regional", year] for kind in ("urban", "suburban"))
        for year in years
    )


def _ups_turn(run: HistoryRun, years: Sequence[int]) -> bool | None:
    if not {*TURN} <= {*years}:
        return None
    volume, revenue = (
        [run.figures[series, "ups", year] for year in TURN] for series in ("volume", "revenue_per_parcel")
    )
    return volume[1] < volume[0] and revenue[1] > revenue[0]


PATTERNS: tuple[tuple[str, Callable[[HistoryRun, Sequence[int]], bool | None]], ...] = (
    ("Amazon delivers the densest addresses first", _densest_first),
    ("the share of Amazon's parcels at USPS rises, then falls", _rises_then_falls),
    ("USPS has a larger share of rural than of urban parcels", _rural_postal),
    ("revenue per parcel: FedEx above UPS above USPS", _revenue_order),
    ("regional carriers are stronger in dense places than in the countryside", _regional_dense),
    ("UPS: less volume and more revenue per parcel from 2021 to 2024", _ups_turn),
)


def patterns(runs: Sequence[HistoryRun], years: Sequence[int]) -> tuple[Pattern, ...]:
    """Look for every pattern in every run.

    Args:
        runs: The replications.
        years: Calendar years that were modelled in full.
    """
    found = []
    for name, shows in PATTERNS:
        answers = [answer for answer in (shows(run, years) for run in runs) if answer is not None] if years else []
        share = sum(answers) / len(answers) if answers else None
        found.append(Pattern(name, None if share is None else share > MAJORITY, share))
    return tuple(found)
