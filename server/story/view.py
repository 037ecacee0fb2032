"""What the Story page is told of a run: the months that it does not have yet, and the turning points so far."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.geography import RURAL
from model.market import ParcelMarket
from server.story import words
from server.story.faces import PARTIES, faces
from server.story.gate import gate
from server.story.run import Story
from server.story.stage import AMAZON, N_COLUMNS, USPS, Floats, group_matrix
from server.story.turning import LASTS, acts, headline, pills, turning_points


@dataclass(frozen=True, eq=False)
class Told:
    """A part of the story.

    Attributes:
        begin: Number of months before the first one told.
        rows: Rows of the stage from then on, (m, 60).
        months: What is said of each of them.
        turns: All turning points so far.
        due: Deadlines that are known: from which month on, when, and what.
    """

    begin: int
    rows: Floats
    months: tuple[dict[str, Any], ...]
    turns: tuple[dict[str, Any], ...]
    due: tuple[tuple[int, int, str], ...]


def tell(market: ParcelMarket, begin: int = 0, hidden: str = "") -> Told:
    """Tell a run from a month on; call it only from the thread that steps the market.

    A month is told anew as long as a crossing can still turn out to have lasted from it on.

    Args:
        market: The market.
        begin: How many months are known.
        hidden: Key of the party whose limit the visitor must not know.
    """
    if market.records.n == 0:  # it has just been started again
        return Told(0, np.zeros((0, N_COLUMNS)), (), (), ())
    story = Story(market)
    begin = max(0, min(begin, story.n) - LASTS + 1)
    turns = turning_points(story)
    rural = rural_shares(market, begin)
    told = tuple(_month(story, turns, month, hidden, rural[month - begin]) for month in range(begin, story.n))
    due = []
    for talks in story.talks:
        due += [(talks.opened, talks.deadline, "Amazon must order"), (talks.opened, talks.expiry, "contract ends")]
    return Told(
        begin=begin,
        rows=story.rows[begin:],
        months=told,
        turns=tuple(asdict(turn) for turn in turns),
        due=tuple((opened, month, text) for opened, month, text in due if month < story.n_months),
    )


def _month(story: Story, turns: Any, month: int, hidden: str, rural: NDArray[np.int16]) -> dict[str, Any]:
    first = max(0, month - 11)
    result = float(story.net_income[first : month + 1].mean()) * 12.0 / 1e9
    said = faces(story, month, hidden)
    return {
        "name": words.name(story.when(month)),
        "short": words.short(story.when(month)),
        "headline": headline(story, turns, month),
        "acts": [list(one) for one in acts(story, turns, month)],
        "pills": pills(story, month),
        "gate": gate(story, month),
        "faces": {who: list(astuple(said[who])) for who in PARTIES},
        "links": [
            story.contract(*pair, month) is not None
            for pair in (("ups", "amazon"), ("fedex", "amazon"), ("usps", "ups"))
        ],
        "result": round(result, 3),
        "rural": rural.tolist(),
        "moves": story.moves(month),
        "cost": round(float(story.cost_at_usps[month]), 2),
    }


def rural_shares(market: ParcelMarket, begin: int) -> NDArray[np.int16]:
    """Shares of USPS and Amazon in the rural parcels of each state by month, tenths of a percent, -1 without any.

    Returns:
        (n, 2, P), the states in the order of the zones.
    """
    zones, groups = market.zones, group_matrix(tuple(market.carriers.keys))
    here = np.asarray(zones.zone_type) == RURAL
    state = np.asarray(zones.state)
    names = list(dict.fromkeys(state.tolist()))
    delivered = np.asarray(market.records["delivered_parcels"][begin:], dtype=np.float64)[:, :, here]
    to_state = np.array([state[here] == name for name in names], dtype=np.float64).T
    by_state = np.einsum("nkz,zp,kg->ngp", delivered, to_state, groups, optimize=True)
    total = by_state.sum(axis=1, keepdims=True)
    share = np.divide(by_state, total, out=np.full_like(by_state, -0.001), where=total > 0.0)
    return np.asarray(np.rint(1000.0 * share[:, [USPS, AMAZON]]), dtype=np.int16)
