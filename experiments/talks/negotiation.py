"""Negotiations of one pair in the market, seed by seed: do they agree, when, at what price, on how much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.bargaining import Side, nash_price
from agents.calendar import MONTHS_PER_YEAR, Month
from experiments.errors import InputError
from experiments.parties import Roster
from experiments.provenance import provenance
from experiments.runs import Progress, start_market
from experiments.settings import check_count, check_seeds, gather, prepare_scenario
from experiments.workers import Task, work_all
from model.bargains.pairs import delivered_at_start, known_pairs
from model.bargains.table import Pair
from model.carriers import load_carriers
from model.market import ParcelMarket
from model.scenario import Scenario
from model.state import TalksState
from model.timeline import usps_amazon_expiry
from model.zones import build_zone_table

SCENARIO = "baseline"
DEFAULT_REPLICATIONS = 20
MAX_REPLICATIONS = 100_000
#: Figures of a deal whose median and spread are told.
MEASURES = (
    "month",
    "price_usd",
    "retained_share",
    "buyer_surplus_usd",
    "seller_surplus_usd",
    "nash_price_usd",
    "above_nash_usd",
)


@dataclass(frozen=True)
class OfferMade:
    """One offer; under several prices the means over the threads talked about, weighted by their parcels.

    Attributes:
        round: Months since talks opened.
        month: Month, "2026-01".
        by: Key of who proposes.
        price_usd: What is proposed, $ per parcel.
        buyer_limit_usd: Most that the buyer pays, with its private noise, $ per parcel.
        seller_limit_usd: Least that the seller takes, with its private noise, $ per parcel.
        threads: Prices on the table.
        accepted: How many of them are accepted.
    """

    round: int
    month: str
    by: str
    price_usd: float
    buyer_limit_usd: float
    seller_limit_usd: float
    threads: int
    accepted: int


@dataclass(frozen=True)
class Negotiation:
    """How talks went under one seed; figures of a deal are None where there is none.

    Attributes:
        seed: Seed.
        opened: Month in which talks opened; None where they never did.
        commitment_deadline: Month from which the buyer must order capacity to be ready at the expiry.
        expiry: Month in which the contract in force ends, or in which talks without one come to a head.
        month: Month of the agreement.
        round: Months from the opening to the agreement.
        price_usd: Mean price agreed, $ per parcel.
        parcels: Parcels a year agreed.
        retained_share: These as a share of what the seller delivered for the buyer at the start; None of nothing.
        buyer_surplus_usd: Parcels x (value to the buyer - price), $ a year, without private noise.
        seller_surplus_usd: Parcels x (price - value to the seller), $ a year, without private noise.
        nash_price_usd: Mean price that splits the surplus of that month, without private noise, $ per parcel.
        above_nash_usd: Agreed price less that, $ per parcel.
        offers: All offers, oldest first.
    """

    seed: int
    opened: str | None = None
    commitment_deadline: str | None = None
    expiry: str | None = None
    month: str | None = None
    round: int | None = None
    price_usd: float | None = None
    parcels: float | None = None
    retained_share: float | None = None
    buyer_surplus_usd: float | None = None
    seller_surplus_usd: float | None = None
    nash_price_usd: float | None = None
    above_nash_usd: float | None = None
    offers: tuple[OfferMade, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class Negotiations:
    """The same talks under many seeds.

    Attributes:
        scenario: What was assumed.
        pair: Who talks.
        runs: One negotiation per seed, in order.
    """

    scenario: Scenario
    pair: Pair
    runs: tuple[Negotiation, ...] = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row per seed, without the offers."""
        rows = [{key: value for key, value in asdict(run).items() if key != "offers"} for run in self.runs]
        return pd.DataFrame(rows).set_index("seed")

    @property
    def agreement(self) -> dict[str, float]:
        """Share of the seeds with an agreement by the commitment deadline, by the expiry, and by the end."""

        def share(date: str) -> float:
            in_time = [run for run in self.runs if run.month and run.month <= (getattr(run, date, None) or "9999-12")]
            return len(in_time) / len(self.runs)

        dates = ("commitment_deadline", "expiry", "")
        names = ("by_commitment_deadline", "by_expiry", "by_the_end")
        return {name: share(date) for name, date in zip(names, dates, strict=True)}

    def spread(self, measure: str) -> dict[str, Any]:
        """Median, 10th and 90th percentile of a figure over the seeds with an agreement; None where there is none."""
        column = [getattr(run, measure) for run in self.runs if getattr(run, measure) is not None]
        if measure == "month":
            first = self.scenario.start
            months = [Month.parse(text) - first for text in column]
            return {name: None if value is None else str(first + int(value)) for name, value in _spread(months, True)}
        return dict(_spread(column))

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile negotiate --json` prints it."""
        return {
            "scenario": self.scenario.name,
            "seller": self.pair.seller,
            "buyer": self.pair.buyer,
            "replications": len(self.runs),
            "seed": self.runs[0].seed,
            "talks_open": self.runs[0].opened,
            "commitment_deadline": self.runs[0].commitment_deadline,
            "expiry": self.runs[0].expiry,
            "until": str(self.scenario.end),
            "agreement": self.agreement,
            **{measure: self.spread(measure) for measure in MEASURES},
            "negotiations": [{k: v for k, v in asdict(run).items() if k != "offers"} for run in self.runs],
            "offers": [asdict(offer) for offer in self.runs[0].offers],
            "provenance": provenance(self.scenario),
        }


def _spread(values: Sequence[float], whole: bool = False) -> list[tuple[str, float | None]]:
    names, shares = ("median", "p10", "p90"), (0.5, 0.1, 0.9)
    if not values:
        return [(name, None) for name in names]
    found = np.quantile(values, shares, method="nearest" if whole else "linear")
    return [(name, float(value)) for name, value in zip(names, found, strict=True)]


def negotiate(
    replications: int = DEFAULT_REPLICATIONS,
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    buyer: str = "amazon",
    seller: str = "usps",
    roster: Roster | None = None,
) -> Negotiations:
    """Let two parties negotiate in the market until they agree, at the longest a year beyond Amazon's contract expiry.

    Args:
        replications: Seeds.
        set: Levers and parameters to change.
        seed: First seed; the others follow it.
        workers: Processes; one for each processor unless told.
        progress: Called with negotiations done and in all.
        buyer: Key of the party that hands over parcels.
        seller: Key of the carrier that delivers.
        roster: Classes of one's own that decide for parties, or their import paths, by key.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
        experiments.workers.WorkerError: A worker process ended before its run did.
    """
    scenario, _, pair = gather(
        lambda: prepare_talks(set, MONTHS_PER_YEAR, roster=roster),
        lambda: check_replications(replications, seed),
        lambda: find_pair(buyer, seller),
    )
    tasks = [Task(scenario, one) for one in range(int(seed), int(seed) + int(replications))]
    return Negotiations(scenario, pair, tuple(work_all(partial(negotiate_once, pair=pair), tasks, workers, progress)))


def find_pair(buyer: str, seller: str) -> Pair:
    """The pair of two parties that bargain in the default market.

    Raises:
        InputError: They do not; names who does.
    """
    default = Scenario()
    zones = build_zone_table(default.parameters)
    pairs = known_pairs(load_carriers(default.parameters, zones))
    for pair in pairs:
        if pair.parties == (seller, buyer):
            return pair
    allowed = ", ".join(f"{pair.seller} with {pair.buyer}" for pair in pairs)
    raise InputError([f"seller {seller!r} with buyer {buyer!r} is not a pair that talks; allowed: {allowed}"])


def check_replications(replications: object, seed: object) -> None:
    """Check number and first of the seeds.

    Raises:
        InputError: One of them is not allowed.
    """
    problems: list[str] = []
    check_count("replications", replications, 1, MAX_REPLICATIONS, problems)
    if problems:
        raise InputError(problems)
    check_seeds(seed, int(replications))  # type: ignore[call-overload]


def prepare_talks(
    changes: Mapping[str, Any] | None, months_after: int, varied: Sequence[str] = (), roster: Roster | None = None
) -> Scenario:
    """The scenario in which Amazon and USPS negotiate, up to some months after the contract in force expires.

    Args:
        changes: Levers and parameters to change.
        months_after: Months after the expiry at which it ends.
        varied: Names that the experiment sets itself.
        roster: Classes of one's own that decide for parties, or their import paths, by key.

    Raises:
        InputError: A change is not possible.
    """
    own = ("usps_amazon_volume", "end", *varied)
    problems = [f"set: {key} cannot be set here, this experiment chooses it" for key in own if key in (changes or {})]
    kept = {key: value for key, value in (changes or {}).items() if key not in own}
    last = usps_amazon_expiry() + (months_after - 1)
    scenario: Scenario = gather(lambda: prepare_scenario(SCENARIO, kept, until=last, roster=roster), known=problems)[0]
    return scenario


def negotiate_once(task: Task, pair: Pair) -> Negotiation:
    """Run the market of one task until the first agreement of a pair or the end."""
    market = start_market(task.scenario, task.seed)
    talks: TalksState | None = None
    while not market.finished and (talks is None or not talks.talks.signed):
        market.step()
        talks = market.state.talks.get(pair.parties)
    if talks is None:
        return Negotiation(task.seed)
    opened = talks.opened
    common = {
        "seed": task.seed,
        "opened": str(opened),
        "commitment_deadline": str(opened + talks.talks.commitment_round),
        "expiry": str(opened + talks.talks.expiry_round),
        "offers": _offers(talks),
    }
    if not talks.talks.signed:
        return Negotiation(**common)  # type: ignore[arg-type]
    event = next(
        one
        for one in reversed(list(market.events))
        if one.kind == "agreement" and set(one.actors) == {pair.seller, pair.buyer}
    )
    numbers = dict(event.numbers)
    nash, above = _against_nash(market, talks)
    at_start = delivered_at_start(market, pair)
    return Negotiation(
        **common,  # type: ignore[arg-type]
        month=str(event.month),
        round=int(numbers["round"]),
        price_usd=numbers["price_usd"],
        parcels=numbers["parcels"],
        retained_share=numbers["parcels"] / at_start if at_start > 0.0 else None,
        buyer_surplus_usd=numbers["buyer_surplus_usd"],
        seller_surplus_usd=numbers["seller_surplus_usd"],
        nash_price_usd=nash,
        above_nash_usd=above,
    )


def _against_nash(market: ParcelMarket, state: TalksState) -> tuple[float | None, float | None]:
    """Mean Nash price of the month of the agreement, and how far the agreed price lies above, $ per parcel.

    Both over the agreed threads that have a zone of agreement without private noise; None where none has.
    """
    assert state.stakes is not None
    nash = nash_price(state.stakes, market.figures.seller_bargaining_weight)
    weight = np.where(np.isnan(nash) | np.isnan(state.talks.price), 0.0, state.stakes.quantity)
    if weight.sum() <= 0.0:
        return None, None
    mean = _mean(nash, weight)
    return mean, _mean(state.talks.price, weight) - mean


def _offers(state: TalksState) -> tuple[OfferMade, ...]:
    assert state.stakes is not None
    limits = {round_: (buyer, seller) for round_, buyer, seller in state.limits}
    names = {Side.BUYER: state.pair.buyer, Side.SELLER: state.pair.seller}
    found = []
    for offer in state.talks.offers:
        named = np.isfinite(offer.price)
        weight = np.where(named, state.stakes.quantity, 0.0)
        weight = weight if weight.sum() > 0.0 else np.ones(named.size)
        buyer, seller = limits[offer.round]
        found.append(
            OfferMade(
                round=offer.round,
                month=str(state.opened + offer.round),
                by=names[offer.side],
                price_usd=_mean(offer.price, weight),
                buyer_limit_usd=_mean(buyer, weight),
                seller_limit_usd=_mean(seller, weight),
                threads=int(named.sum()),
                accepted=int(offer.accepted.sum()),
            )
        )
    return tuple(offer for offer in found if math.isfinite(offer.price_usd))


def _mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.nansum(values * weight) / weight.sum()) if np.isfinite(values[weight > 0.0]).any() else math.nan
