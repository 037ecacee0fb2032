"""The two roads whose turning points and headlines are kept: `python -m tests.server.story_roads` writes them anew.

What it writes follows from the market: after a change of the model read the difference, it is what visitors will see.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from model.market import ParcelMarket
from server.choice import Choice
from server.stepping.stepper import start_market
from server.story.view import Told, tell

KEPT = Path(__file__).with_name("story_roads.json")
ROADS = ("baseline", "impasse")
SIZE = (("n_enterprise_shippers", 20.0), ("n_shippers", 200.0))


@cache
def market_of(road: str) -> ParcelMarket:
    """A finished run of a road."""
    market = start_market(Choice(road, 1, SIZE))
    while not market.finished:
        market.step()
    return market


@cache
def told_of(road: str) -> Told:
    """Its whole story."""
    return tell(market_of(road))


def summary(road: str) -> dict[str, Any]:
    """What of it is kept."""
    told = told_of(road)
    return {
        "turns": [[turn["month"], turn["rank"], turn["label"]] for turn in told.turns],
        "headlines": [month["headline"] for month in told.months],
        "gates": [month["gate"]["mode"] for month in told.months],
    }


if __name__ == "__main__":
    KEPT.write_text(json.dumps({road: summary(road) for road in ROADS}, indent=1, ensure_ascii=False) + "\n")
