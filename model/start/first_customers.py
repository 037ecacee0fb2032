"""Whose customer each small shipper is at the start: drawn from its own long-run chances, then made exact.

Whole rows could meet published volumes only as nearly as rows allow, and a carrier with few rows would start too
large or too small in the same direction in every run. So rows that stand for many shippers are split where needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.choice import draw_from_options
from agents.shippers import ShipperTable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
SMALLEST_PART = 1e-9  # of a row; less is not worth a row of its own


@dataclass(frozen=True, slots=True)
class Options:
    """What a small shipper can be: customer of a national carrier, or of a partial one with a national fallback.

    Attributes:
        primary: Carrier that comes first, by option, (O,): national ones, then each partial one by fallback.
        fallback: National carrier that takes the rest, (O,).
        n_national: How many national carriers there are, M; the first M options are theirs.
    """

    primary: Integers
    fallback: Integers
    n_national: int

    @classmethod
    def of(cls, national: Booleans) -> Options:
        """All options, in the order of `SmallRows.chances`."""
        whole, partial = np.flatnonzero(national), np.flatnonzero(~national)
        return cls(
            primary=np.concatenate([whole, np.repeat(partial, len(whole))]),
            fallback=np.concatenate([whole, np.tile(whole, len(partial))]),
            n_national=len(whole),
        )


def give_customers(
    shippers: ShipperTable,
    chances: tuple[Floats, ...],
    national: Booleans,
    reach: Floats,
    uniform: Floats,
    order: Floats,
) -> ShipperTable:
    """Give small shippers their carriers so that each carrier delivers exactly what the chances say.

    Args:
        shippers: The population; enterprise rows keep their carriers.
        chances: Long-run chances by segment, (O, n) each, options as in `Options`.
        national: Which carriers are national, (K,).
        reach: Share of destinations that each carrier reaches, by home division, (R, K).
        uniform: One draw per small shipper and segment, (n, S), in [0, 1): its carrier.
        order: Another one: who moves first where volumes do not yet match.

    Returns:
        A new table: the rows of the old one, then what was split off them.
    """
    options = Options.of(national)
    drawn = [draw_from_options(each, np.ones(len(each)), uniform[:, s]) for s, each in enumerate(chances)]
    draft = _Draft(shippers, np.stack(drawn, axis=1))
    reached = reach[shippers.division[shippers.small]][:, options.primary[options.n_national :]].T
    for segment, each in enumerate(chances):
        _close_partial(draft, segment, each, options, reached, order[:, segment])
        _close_national(draft, segment, each, options, reached, order[:, segment])
    return draft.table(options)


class _Draft:
    """Small rows that can be split.

    Attributes:
        parcels: What each small shipper stands for at first, by segment, (n, S).
        row: Which of them each row belongs to, (m,).
        part: The share of it, (m,).
        chosen: Option by segment, (m, S).
    """

    def __init__(self, shippers: ShipperTable, chosen: Integers) -> None:
        self._shippers = shippers
        self.parcels = shippers.market_volume[shippers.small]
        self.row = np.arange(len(chosen))
        self.part = np.ones(len(chosen))
        self.chosen = chosen

    def volume(self, segment: int) -> Floats:
        """Parcels a year of each row, (m,)."""
        return np.asarray(self.parcels[self.row, segment] * self.part)

    def move(self, segment: int, option: int, queue: Integers, counts: Floats, amount: float) -> None:
        """Give another option to the first rows of a queue, and to so much of the next one that the amount is met.

        Args:
            segment: Index of the segment.
            option: What they get.
            queue: Places of rows, (q,).
            counts: What each of them counts, (q,).
            amount: How much is to move.
        """
        until = np.cumsum(counts)
        whole = int(np.searchsorted(until, amount, side="right"))
        left = amount - (float(until[whole - 1]) if whole else 0.0)
        self.chosen[queue[:whole], segment] = option
        if whole < len(queue) and left > SMALLEST_PART * counts[whole]:
            self._split(int(queue[whole]), left / float(counts[whole]))
            self.chosen[-1, segment] = option

    def _split(self, place: int, share: float) -> None:
        """Put a share of a row at the end as a row of its own."""
        self.row = np.append(self.row, self.row[place])
        self.part = np.append(self.part, self.part[place] * share)
        self.part[place] *= 1.0 - share
        self.chosen = np.concatenate([self.chosen, self.chosen[place][None]])

    def table(self, options: Options) -> ShipperTable:
        """The whole population with its carriers."""
        first = self._shippers.n_enterprise
        table = self._shippers.take(np.concatenate([np.arange(first), first + self.row]))
        table.weight[first:] *= self.part
        table.primary[first:] = options.primary[self.chosen]
        table.fallback[first:] = options.fallback[self.chosen]
        return table


def _close_partial(
    draft: _Draft, segment: int, chances: Floats, options: Options, reached: Floats, order: Floats
) -> None:
    """Make exact what partial carriers deliver, by fallback: shippers come from national carriers or go back there."""
    for option in range(options.n_national, len(chances)):
        reach = reached[option - options.n_national]
        wanted = float((chances[option] * draft.parcels[:, segment]) @ reach)
        counts = draft.volume(segment) * reach[draft.row]
        chosen = draft.chosen[:, segment]
        gap = wanted - float(counts[chosen == option].sum())
        if gap > 0.0:
            places = np.flatnonzero((chosen < options.n_national) & (chances[option, draft.row] > 0.0))
            queue, to = _by_inclination(draft, segment, chances, places, option, order), option
        else:
            places = np.flatnonzero(chosen == option)
            queue = places[np.argsort(order[draft.row[places]], kind="stable")]
            to = int(np.flatnonzero(options.primary == options.fallback[option])[0])
        draft.move(segment, to, queue, counts[queue], abs(gap))


def _close_national(
    draft: _Draft, segment: int, chances: Floats, options: Options, reached: Floats, order: Floats
) -> None:
    """Make exact what national carriers deliver, the rest of partial carriers' customers included."""
    count = options.n_national
    rest = 1.0 - reached
    wanted = chances[:count] @ draft.parcels[:, segment]
    volume, chosen = draft.volume(segment), draft.chosen[:, segment]
    now = np.bincount(chosen, weights=volume, minlength=len(chances))[:count]
    for option in range(count, len(chances)):
        carrier = int(np.flatnonzero(options.primary == options.fallback[option])[0])
        mine = chosen == option
        left = rest[option - count]
        wanted[carrier] += (chances[option] * draft.parcels[:, segment]) @ left
        now[carrier] += volume[mine] @ left[draft.row[mine]]
    gap = wanted - now
    for to in np.flatnonzero(gap > 0.0):
        for source in np.flatnonzero(gap < 0.0):
            amount = min(gap[to], -gap[source])
            places = np.flatnonzero(draft.chosen[:, segment] == source)
            queue = _by_inclination(draft, segment, chances, places, int(to), order)
            draft.move(segment, int(to), queue, draft.volume(segment)[queue], amount)
            gap[to] -= amount
            gap[source] += amount


def _by_inclination(
    draft: _Draft, segment: int, chances: Floats, places: Integers, option: int, order: Floats
) -> Integers:
    """Rows in random order, sooner where the option is likelier beside the present one (exponential clocks)."""
    row = draft.row[places]
    ratio = chances[option, row] / chances[draft.chosen[places, segment], row]
    clock = np.full(len(row), np.inf)
    np.divide(-np.log1p(-order[row]), ratio, out=clock, where=ratio > 0.0)
    return np.asarray(places[np.argsort(clock, kind="stable")])
