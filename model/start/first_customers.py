"""Whose customer each small shipper is at the start: drawn from its own long-run chances, then made exact.

Whole rows could meet published volumes only as nearly as rows allow, and carriers with few rows would start too large
or too small, in the same direction in every run. So rows, which stand for many shippers, are split where needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.rules.choice import draw_from_options
from agents.shipper_table import ShipperTable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
SMALLEST_PART = 1e-9  # of a row; less is not worth a row of its own


def give_customers(
    shippers: ShipperTable,
    chances: tuple[Floats, ...],
    national: Booleans,
    offered: Booleans,
    reach: Floats,
    uniform: Floats,
    order: Floats,
) -> ShipperTable:
    """Give small shippers their carriers so that each carrier delivers exactly what the chances say.

    Args:
        shippers: The population; enterprise rows keep their carriers.
        chances: Long-run chances by segment, (O, n) each, options as in `Options`.
        national: Which carriers are national, (K,).
        offered: Which carriers offer each segment, (S, K).
        reach: Share of destinations that each carrier reaches, by home division, (R, K).
        uniform: One draw per small shipper and segment, (n, S), in [0, 1): its carrier.
        order: Another one: who moves first where volumes do not yet match.

    Returns:
        A new table: the rows of the old one, then what was split off them.
    """
    draft = _Draft(shippers)
    carriers = []
    for segment, each in enumerate(chances):
        options = Options.of(national, offered[segment])
        draft.chosen[:, segment] = draw_from_options(each, uniform[:, segment])[draft.row]
        claim = _Segment(draft, segment, each, options, reach, order[:, segment])
        claim.close_partial()
        claim.close_national()
        carriers.append(options)
    return draft.table(carriers)


@dataclass(frozen=True, slots=True)
class Options:
    """What a small shipper can be: customer of a national carrier, or of a partial one with a national fallback.

    Attributes:
        primary: Carrier that comes first, by option, (O,): national ones, then each partial one by fallback.
        fallback: Option of the national carrier that takes the rest, (O,); a national option is its own.
        n_national: How many national carriers there are, M; the first M options are theirs.
    """

    primary: Integers
    fallback: Integers
    n_national: int

    @classmethod
    def of(cls, national: Booleans, offered: Booleans) -> Options:
        """The options of a segment, in the order of `SmallRows.chances`; (K,) each."""
        whole, partial = np.flatnonzero(national), np.flatnonzero(offered & ~national)
        return cls(
            primary=np.concatenate([whole, np.repeat(partial, len(whole))]),
            fallback=np.tile(np.arange(len(whole)), 1 + len(partial)),
            n_national=len(whole),
        )


class _Draft:
    """Small rows that can be split.

    Attributes:
        parcels: Parcels a year that each small shipper stands for at first, by segment, (n, S).
        division: Home division of each, (n,).
        row: Which of them each row belongs to, (m,).
        part: The share of it, (m,).
        chosen: Option by segment, (m, S).
    """

    def __init__(self, shippers: ShipperTable) -> None:
        self._shippers = shippers
        self.parcels = shippers.market_volume[shippers.small]
        self.division = shippers.division[shippers.small]
        self.row = np.arange(len(self.parcels))
        self.part = np.ones(len(self.parcels))
        self.chosen = np.zeros(self.parcels.shape, dtype=np.int64)

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

    def table(self, carriers: list[Options]) -> ShipperTable:
        """The whole population with its carriers, options of each segment given."""
        first = self._shippers.n_enterprise
        table = self._shippers.take(np.concatenate([np.arange(first), first + self.row]))
        table.weight[first:] *= self.part
        for segment, options in enumerate(carriers):
            chosen = self.chosen[:, segment]
            table.primary[first:, segment] = options.primary[chosen]
            table.fallback[first:, segment] = options.primary[options.fallback[chosen]]
        return table


class _Segment:
    """One segment of a draft on its way to exact volumes: rows move, and the last one of each move is split."""

    def __init__(
        self, draft: _Draft, segment: int, chances: Floats, options: Options, reach: Floats, order: Floats
    ) -> None:
        self._draft, self._segment, self._chances = draft, segment, chances
        self._options, self._reach, self._order = options, reach, order

    def close_partial(self) -> None:
        """Make exact what partial carriers deliver: first who is too many goes to the fallback, then others come."""
        partial = range(self._options.n_national, len(self._chances))
        for option in partial:
            self._close(option, release=True)
        for option in partial:
            self._close(option, release=False)

    def _close(self, option: int, release: bool) -> None:
        draft, reach = self._draft, self._reached(option)
        wanted = float((self._chances[option] * draft.parcels[:, self._segment]) @ reach)
        counts, chosen = self._volume() * reach[draft.row], draft.chosen[:, self._segment]
        gap = wanted - float(counts[chosen == option].sum())
        if release and gap < 0.0:
            queue = self._by_inclination(np.flatnonzero(chosen == option), self._options.fallback[option])
            draft.move(self._segment, self._options.fallback[option], queue, counts[queue], -gap)
        elif not release and gap > 0.0:
            able = (chosen < self._options.n_national) & (self._chances[option, draft.row] > 0.0)
            queue = self._by_inclination(np.flatnonzero(able), option)
            draft.move(self._segment, option, queue, counts[queue], gap)

    def close_national(self) -> None:
        """Make exact what national carriers deliver, what they do for partial carriers' customers included."""
        draft, count, volume = self._draft, self._options.n_national, self._volume()
        gap = np.zeros(count)
        for option in range(len(self._chances)):
            left = 1.0 - self._reached(option) if option >= count else np.ones(len(draft.parcels))
            wanted = (self._chances[option] * draft.parcels[:, self._segment]) @ left
            mine = draft.chosen[:, self._segment] == option
            gap[self._options.fallback[option]] += wanted - volume[mine] @ left[draft.row[mine]]
        for to in map(int, np.flatnonzero(gap > 0.0)):
            for source in map(int, np.flatnonzero(gap < 0.0)):
                amount = min(gap[to], -gap[source])
                queue = self._by_inclination(np.flatnonzero(draft.chosen[:, self._segment] == source), to)
                draft.move(self._segment, to, queue, self._volume()[queue], amount)
                gap[[to, source]] += -amount, amount

    def _volume(self) -> Floats:
        """Parcels a year of each row, (m,)."""
        return np.asarray(self._draft.parcels[self._draft.row, self._segment] * self._draft.part)

    def _reached(self, option: int) -> Floats:
        """Share of its destinations that the first carrier of an option reaches, by small shipper, (n,)."""
        return np.asarray(self._reach[self._draft.division, self._options.primary[option]])

    def _by_inclination(self, places: Integers, option: int) -> Integers:
        """Rows in random order, sooner where the option is likelier beside the present one (exponential clocks)."""
        row, chances = self._draft.row[places], self._chances
        ratio = chances[option, row] / chances[self._draft.chosen[places, self._segment], row]
        clock = np.full(len(row), np.inf)
        np.divide(-np.log1p(-self._order[row]), ratio, out=clock, where=ratio > 0.0)
        return np.asarray(places[np.argsort(clock, kind="stable")])
