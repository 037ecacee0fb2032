"""Five regimes of the market, played and compared to the last bit: what a redesign must leave as it was.

    python tests/regimes.py save FOLDER      # with the code of before
    python tests/regimes.py compare FOLDER   # with the code of after: exit code 1 and what differs

Records (every series of every month), events and outcomes are compared. Series and outcomes that only one of the two
sides has are told apart from those that differ; with `--common` they are allowed. Where a default has changed, `--set`
plays the regimes at the value of before.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from model.market import ParcelMarket
from model.records import SERIES
from model.scenario import Scenario
from tests.firms import ONE_FORM, WITHOUT_FIRMS

SHIPPERS = 400
#: Name of a regime: scenario, changes, months that are played.
REGIMES: dict[str, tuple[str, dict[str, Any], int]] = {
    "alternating": ("baseline", {}, 72),
    "nash": ("baseline", {"bargaining": "nash", "price_structure": "by_zone_type", "reopeners": True}, 48),
    "auction": ("auction_pay_as_bid", {}, 48),
    "free_2022": ("baseline", {"start": "2022-01", "history_mode": "free_run"}, 60),
    "forced_past": ("baseline", {"start": "2019-01"}, 48),
}


def play(name: str, seed: int = 3, usual: Mapping[str, Any] | None = None) -> ParcelMarket:
    """The market of a regime after its months; `usual` is set wherever the regime sets nothing itself."""
    scenario, changes, months = REGIMES[name]
    settings = Scenario.load(scenario).with_changes({"n_shippers": SHIPPERS, **(usual or {}), **changes})
    market = ParcelMarket(settings, rng=seed)
    for _ in range(months):
        market.step()
    return market


def taken(market: ParcelMarket) -> tuple[dict[str, np.ndarray], list[str], dict[str, float]]:
    """Records by series, events as text, outcomes."""
    records = {series.name: np.array(market.records[series.name]) for series in SERIES}
    events = [repr(event) for event in market.events]
    return records, events, market.outcomes()


def save(folder: Path, usual: Mapping[str, Any] | None = None) -> None:
    """Play all regimes and keep what they gave."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in REGIMES:
        records, events, outcomes = taken(play(name, usual=usual))
        np.savez(folder / f"{name}.npz", **records)
        (folder / f"{name}.json").write_text(json.dumps({"events": events, "outcomes": outcomes}), encoding="utf-8")
        print(f"{name}: {len(records)} series, {len(events)} events, {len(outcomes)} outcomes", flush=True)


def compare(folder: Path, common: bool = False, usual: Mapping[str, Any] | None = None) -> list[str]:
    """Differences between what is kept and what the code gives now, one line each."""
    found = []
    for name in REGIMES:
        records, events, outcomes = taken(play(name, usual=usual))
        kept = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz") as before:
            found += [f"{name}: {line}" for line in differing("series", dict(before), records, common)]
        found += [f"{name}: {line}" for line in differing("outcome", kept["outcomes"], outcomes, common)]
        pairs = zip(kept["events"], events, strict=False)
        found += [f"{name}: event {i}: {old} -> {new}" for i, (old, new) in enumerate(pairs) if old != new][:5]
        if len(kept["events"]) != len(events):
            found.append(f"{name}: {len(kept['events'])} events before, {len(events)} now")
    return found


def differing(kind: str, before: Mapping[str, Any], now: Mapping[str, Any], common: bool) -> list[str]:
    """What is not equal to the last bit, and, unless only what is common counts, what one side lacks."""
    lines = []
    for name in sorted(before.keys() & now.keys()):
        old, new = np.asarray(before[name]), np.asarray(now[name])
        if old.shape != new.shape:
            lines.append(f"{kind} {name}: shape {old.shape} -> {new.shape}")
        elif not np.array_equal(old, new, equal_nan=True):
            gap = np.abs(old - new)
            lines.append(f"{kind} {name}: largest difference {np.nanmax(gap):.6g} of {np.nanmax(np.abs(old)):.6g}")
    if not common:
        lines += [f"{kind} {name}: gone" for name in sorted(before.keys() - now.keys())]
        lines += [f"{kind} {name}: new" for name in sorted(now.keys() - before.keys())]
    return lines


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("save", "compare"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--common", action="store_true", help="Series and outcomes that one side lacks are allowed")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="Of all regimes; text only")
    parser.add_argument(
        "--without-firms", action="store_true", help="Rules of firms and packages off: the market of before"
    )
    options = parser.parse_args()
    changed = dict(one.split("=", 1) for one in options.set) | (
        WITHOUT_FIRMS | ONE_FORM if options.without_firms else {}
    )
    if options.what == "save":
        save(options.folder, changed)
        return 0
    found = compare(options.folder, options.common, changed)
    print("\n".join(found) or "equal to the last bit")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
