"""What a run leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.provenance import provenance
from experiments.storage import write_result
from model.events import EventLog
from model.market import ParcelMarket
from model.outcomes import compute_outcomes
from model.scenario import Scenario

#: Tables that are saved with a run, by name.
TABLES = ("monthly", "events", "outcomes")
NEVER_MET = "the condition was never met"
EVENT_COLUMNS = ("month", "kind", "actors", "text", "numbers", "about")


@dataclass(frozen=True, eq=False)
class RunResult:
    """One finished run.

    Attributes:
        scenario: What was assumed.
        seed: Seed of the run's luck.
        monthly: One row a month (index "month", "2025-01"); columns named `<actor>_<quantity>_<unit>`.
        outcomes: Figures by name, in the order of `lastmile outcomes`.
        events: One row per event: month, kind, actors, text, numbers (as JSON text), about (contracts and talks).
        balances: Worst month: "parcels" relative, "money" in dollars.
        provenance: Where the result comes from; see `experiments.provenance`.
        warnings: What to keep in mind when reading the result, one sentence each: what the scenario sets itself and was
            changed by `set`.
        ended: Why it ended in its last month, where a condition of the scenario can end it; None elsewhere.
    """

    scenario: Scenario
    seed: int
    monthly: pd.DataFrame = field(repr=False)
    outcomes: pd.Series = field(repr=False)
    events: pd.DataFrame = field(repr=False)
    balances: dict[str, float]
    provenance: dict[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()
    ended: dict[str, Any] | None = None

    def summary(self) -> dict[str, Any]:
        """The result without its tables, as `lastmile run --json` prints it; warnings only where there are any."""
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "from": str(self.scenario.start),
            "until": str(self.scenario.end),
            "outcomes": {str(name): float(value) for name, value in self.outcomes.items()},
            "balances": self.balances,
            **({"ended": self.ended} if self.ended is not None else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "provenance": self.provenance,
        }

    def save(self, folder: str | Path) -> Path:
        """Write monthly, events and outcomes as parquet and the summary as JSON, all or nothing.

        Returns:
            The folder.

        Raises:
            InputError: The folder is a file or holds something else than an earlier result.
        """
        return write_result(folder, self.tables(), {**self.summary(), "title": self.scenario.title})

    def tables(self) -> dict[str, pd.DataFrame]:
        """What is saved as tables, by name."""
        return dict(zip(TABLES, (self.monthly, self.events, self.outcomes.to_frame()), strict=True))


def collect(market: ParcelMarket, seed: int, warnings: tuple[str, ...] = ()) -> RunResult:
    """Take the result out of a market that has run to its end.

    Args:
        market: The market.
        seed: Its seed.
        warnings: What to keep in mind when reading the result.
    """
    outcomes = compute_outcomes(market)
    return RunResult(
        scenario=market.settings,
        seed=seed,
        monthly=market.records.frame(),
        outcomes=pd.Series(outcomes, name="value", dtype=float).rename_axis("outcome"),
        events=event_table(market.events),
        balances={name: float(value) for name, value in market.balances().items()},
        provenance=provenance(market.settings, market.descent),
        warnings=warnings,
        ended=why_ended(market),
    )


def why_ended(market: ParcelMarket) -> dict[str, Any] | None:
    """Last month of a market and why it was the last, where its scenario has a condition that can end it."""
    if not market.settings.stop_when:
        return None
    last = str(market.month + -1)
    if market.stopped is None:
        return {"month": last, "by_condition": False, "why": f"{last} is the last month; {NEVER_MET}"}
    return {"month": last, "by_condition": True, "why": market.stopped}


def event_table(events: EventLog) -> pd.DataFrame:
    """One row per event, in the order in which they happened."""
    rows = [
        (
            str(event.month),
            event.kind,
            ", ".join(event.actors),
            event.text,
            json.dumps(dict(event.numbers)),
            ", ".join(event.about),
        )
        for event in events
    ]
    return pd.DataFrame(rows, columns=list(EVENT_COLUMNS), dtype="string")
