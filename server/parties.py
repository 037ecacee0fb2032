"""Parties of one's own that whoever serves the app has named: they play in all its runs.

Nothing that comes from a browser, an address or a store leads to code: only `lastmile serve --roster` does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from agents.roster import short
from model.scenario import Scenario

VARIABLE = "LASTMILE_ROSTER"
ONLY_BY_SERVING = (
    "parties of one's own cannot come by an address or a page; whoever serves the app names them with "
    "`lastmile serve --roster`"
)


def keep_house_roster(roster: Mapping[str, str]) -> None:
    """Let a roster play in all runs of this server and of the processes that it starts.

    Args:
        roster: Import paths by key of a party, checked before.
    """
    os.environ[VARIABLE] = json.dumps(dict(roster))


def house_roster() -> dict[str, str]:
    """Import paths of the parties that play here, by key; empty for the usual ones."""
    found: dict[str, str] = json.loads(os.environ.get(VARIABLE) or "{}")
    return found


def with_house_roster(settings: Scenario) -> Scenario:
    """A scenario of the library with the parties that play here."""
    roster = house_roster()
    return settings.with_changes({"roster": {**settings.roster, **roster}}, "roster") if roster else settings


def marked() -> str:
    """What an address says of the parties that play here, for those who open it elsewhere; empty for the usual ones."""
    return ",".join(f"{key}:{short(path)}" for key, path in house_roster().items())
