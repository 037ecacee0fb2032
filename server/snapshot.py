"""What a page may see of a run: frozen values with their own copies of the numbers, never a live agent.

A `Run` holds what stays the same from the first to the last month, a `Snapshot` one moment of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.calendar import Month
from agents.geography import SEGMENTS, ZONE_TYPES, ZoneTable
from agents.roster import played_by
from experiments.resolution import coarse_note
from model.carriers import NATIONAL
from model.events import Event
from model.market import ParcelMarket
from model.words import group_names
from server.headline import headline
from server.talks.seat import Decision

type Floats = NDArray[np.float64]
type Status = Literal["preparing", "paused", "playing", "waiting", "finished", "failed"]

# The twelve carriers are shown as five groups: the four national ones, and the regional carriers together.
GROUPS = tuple(group_names().values())
DENSITIES = ("all", *ZONE_TYPES)
USD_PER_BILLION = 1e9


@dataclass(frozen=True)
class Run:
    """What stays the same during a run.

    Attributes:
        scenario: Name of the scenario.
        title: Its one line for people.
        description: What it assumes, in words.
        forced: Whether an outcome is imposed rather than found by the market.
        seed: Seed of the run's luck.
        start: First month.
        n_months: Months from start to end.
        states: Postal abbreviations in FIPS order.
        debt_ceiling_usd: What USPS may owe at most, US dollars.
        coarse: Remark on a market with fewer shippers than usual, empty for others.
        changed: What the visitor changed in the scenario, in words; empty for nothing.
        unlikely: Which of these changes lie outside what is thought likely, in words; empty for none.
        seat: Key of the side that the visitor plays by hand, empty in a run of the model alone.
        parties: Who plays whom, where it is not the usual party, in words; else empty.
    """

    scenario: str
    title: str
    description: str
    forced: bool
    seed: int
    start: Month
    n_months: int
    states: tuple[str, ...]
    debt_ceiling_usd: float
    coarse: str = ""
    changed: str = ""
    unlikely: str = ""
    seat: str = ""
    parties: str = ""

    @property
    def remark(self) -> str:
        """What a reader of its figures should know first; empty for nothing."""
        unlikely = f"{self.unlikely}." if self.unlikely else ""
        return " ".join(filter(None, (unlikely, self.coarse)))


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One moment of a session.

    Shapes: n months done, G = 5 carrier groups, S = 3 segments (services), D = 4 densities (all, urban, suburban,
    rural), P places: the states and then the whole country. A figure that does not exist (no such zone, no parcels) is
    NaN. The series go on to the newest month; headline and places are of the month shown.

    Attributes:
        number: Counts up with every snapshot of the session.
        status: What the session is doing.
        message: What went wrong, or why a condition of the scenario has ended the run; else empty.
        run: The run shown, or None before the first one is ready.
        month: The month shown, the newest unless one looks back; None before the first.
        shown: How many months had been simulated at the end of it.
        headline: One sentence about that month.
        volume: (n, G) parcels a month.
        usps: (n, 3) net income of the month, cash and debt at its end, US dollars.
        own_share: (n, D) share of Amazon's parcels that it delivers itself.
        paid: (n, S) mean price that shippers other than Amazon pay, US dollars.
        list_price: (n, S, G) mean list price of the carriers that offer the segment, US dollars.
        events: All that happened until the newest month, oldest first.
        place_delivered: (D, G, P) parcels delivered in the month.
        place_own_share: (D, P) share of Amazon's parcels that it delivers itself.
        place_price: (D, P) mean price that shippers other than Amazon pay for parcels to there, US dollars.
        place_on_time: (D, P) share of the parcels delivered there that arrive on time.
        decision: What the visitor has to decide in the seat that it has taken, else None.
        views: What single pages asked for (`Session.show_view`), by name; frozen values, never live objects.
    """

    number: int
    status: Status
    message: str
    run: Run | None
    month: Month | None
    shown: int
    headline: str
    volume: Floats
    usps: Floats
    own_share: Floats
    paid: Floats
    list_price: Floats
    events: tuple[Event, ...]
    place_delivered: Floats
    place_own_share: Floats
    place_price: Floats
    place_on_time: Floats
    views: Mapping[str, object] = field(default_factory=dict)
    decision: Decision | None = None

    @property
    def n_done(self) -> int:
        """Months simulated so far."""
        return int(self.volume.shape[0])


def describe(market: ParcelMarket, seed: int) -> Run:
    """Take from a market what stays the same during its run."""
    settings = market.settings
    return Run(
        scenario=settings.name,
        title=settings.title,
        description=settings.description,
        forced=settings.forced,
        seed=seed,
        start=settings.start,
        n_months=market.n_months,
        states=_states(market.zones),
        debt_ceiling_usd=float(settings.debt_ceiling) * USD_PER_BILLION,
        coarse=coarse_note([settings.parameters.n_shippers]),
        parties=", ".join(played_by(settings.own_classes)),
    )


def empty(number: int, status: Status, message: str = "", run: Run | None = None) -> Snapshot:
    """The snapshot before the first month."""
    n_places = len(run.states) + 1 if run else 0
    unknown = np.full((len(DENSITIES), n_places), np.nan)
    return Snapshot(
        number=number,
        status=status,
        message=message,
        run=run,
        month=None,
        shown=0,
        headline="",
        volume=np.zeros((0, len(GROUPS))),
        usps=np.zeros((0, 3)),
        own_share=np.zeros((0, len(DENSITIES))),
        paid=np.zeros((0, len(SEGMENTS))),
        list_price=np.zeros((0, len(SEGMENTS), len(GROUPS))),
        events=(),
        place_delivered=np.zeros((len(DENSITIES), len(GROUPS), n_places)),
        place_own_share=unknown,
        place_price=unknown,
        place_on_time=unknown,
    )


def take(market: ParcelMarket, run: Run, number: int, status: Status, look_back: int | None = None) -> Snapshot:
    """Copy from a market all that the pages show. Call it only from the thread that steps the market.

    Args:
        market: What to look at.
        run: What stays the same in it.
        number: Number of the snapshot.
        status: What the session is doing.
        look_back: Show the month after which so many had been simulated; None or too many is the newest.
    """
    records = market.records
    if records.n == 0:
        return empty(number, status, run=run)
    shown = records.n if look_back is None else min(max(look_back, 1), records.n)
    at = shown - 1
    to_group = _group_matrix(tuple(market.carriers.keys))
    to_density = _density_matrix(market.zones.zone_type)
    to_place = _place_matrix(tuple(market.zones.state.tolist()), tuple(market.zones.zone_type.tolist()))
    delivered = np.asarray(records["delivered_parcels"][at], dtype=np.float64)
    by_zone = delivered.sum(axis=0)
    on_time = np.asarray(records["on_time_by_zone_share"][at], dtype=np.float64)
    shipped = np.asarray(records["amazon_parcels"], dtype=np.float64)
    own = np.asarray(records["amazon_own_parcels"], dtype=np.float64)
    others = np.asarray(records["quoted_parcels"][at], dtype=np.float64)
    paid = np.asarray(records["quoted_paid_usd"][at], dtype=np.float64)
    month = records.months[at]
    volume = _sums(np.asarray(records["volume_parcels"], dtype=np.float64), to_group)
    usps = np.stack([records[f"usps_{name}_usd"] for name in ("net_income", "cash", "debt")], axis=1).astype(float)
    own_share = _ratio(_sums(own, to_density), _sums(shipped, to_density))
    events = tuple(market.events)
    told = [event for event in events if event.month == month]
    return Snapshot(
        number=number,
        status=status,
        message=f"The run ended with {market.month + -1}: {market.stopped}." if market.stopped else "",
        run=run,
        month=month,
        shown=shown,
        headline=headline(month, told, volume[:shown], usps[:shown], own_share[:shown, 0]),
        volume=volume,
        usps=usps,
        own_share=own_share,
        paid=np.array(records["price_per_parcel_usd"], dtype=np.float64),
        list_price=_by_group(np.swapaxes(records["list_price_usd"], 1, 2), to_group),
        events=events,
        place_delivered=np.einsum("dpz,kz,kg->dgp", to_place, delivered, to_group, optimize=True),
        place_own_share=_ratio(to_place @ own[at], to_place @ shipped[at]),
        place_price=_ratio(to_place @ paid, to_place @ others),
        place_on_time=_ratio(to_place @ (on_time * by_zone), to_place @ by_zone),
    )


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part / whole, NaN where there is nothing to take a share of."""
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))


def _sums(by_month: Floats, groups: Floats) -> Floats:
    """Sums over groups, (n, G) of (n, K) and (K, G).

    A matrix product would add in another order for some numbers of months: a month has to look the same whether it
    comes alone or with others.
    """
    return np.asarray(np.einsum("nk,kg->ng", by_month, groups))


def _by_group(price: Floats, to_group: Floats) -> Floats:
    """Mean over the carriers of a group that offer a segment, (n, S, G) of (n, S, K); 0 means not offered."""
    return _ratio(price @ to_group, (price > 0) @ to_group)


def _states(zones: ZoneTable) -> tuple[str, ...]:
    """Postal abbreviations in the order of the zones."""
    return tuple(dict.fromkeys(zones.state.tolist()))


@cache
def _group_matrix(keys: tuple[str, ...]) -> Floats:
    """(K, G) ones where a carrier belongs to a group."""
    group = [NATIONAL.index(key) if key in NATIONAL else len(NATIONAL) for key in keys]
    return np.eye(len(GROUPS))[group]


def _density_matrix(zone_type: ArrayLike) -> Floats:
    """(Z, D) ones where a zone belongs to a density; the first column is all of them."""
    one_hot = np.eye(len(ZONE_TYPES))[np.asarray(zone_type)]
    return np.concatenate([np.ones((one_hot.shape[0], 1)), one_hot], axis=1)


@cache
def _place_matrix(state: tuple[str, ...], zone_type: tuple[int, ...]) -> Floats:
    """(D, P, Z) ones where a zone belongs to a place and a density.

    Kept by what the zones are, the same in all runs: kept by table, each run would leave one behind for ever.
    """
    in_state = np.array([[there == one for there in state] for one in dict.fromkeys(state)])
    in_place = np.concatenate([in_state, np.ones((1, len(state)))])
    return np.asarray(np.einsum("pz,zd->dpz", in_place, _density_matrix(zone_type)))
