"""Ten thousand random valid scenarios on the market, and ten thousand invalid ones: `make soak-scenarios`.

What was done is kept in a file of lines, so that a run that was ended goes on where it ended, with the same code.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import invariants
import random_scenarios

from experiments.provenance import code_checksum, commit
from experiments.reports.sections import write_section
from model.market import ParcelMarket
from model.scenario import Scenario, ScenarioError
from model.start.choice_constants import StartError

SECTION = "soak-scenarios"
# Of processor time; a scenario that takes longer hangs. They are small, and most take less than a second.
LONGEST_SECONDS = 120.0


def play_valid(number: int) -> dict[str, Any]:
    """Play a random valid scenario and say how it went; a warning of numpy counts as a failure."""
    began = time.process_time()
    months = 0
    signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_SECONDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            market = ParcelMarket(random_scenarios.valid_scenario(number), rng=number)
            invariants.play(market)
            kind, told, months = "played", "", market.months_done
        except StartError as error:
            kind, told = "no start", str(error)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind = "violation" if isinstance(error, invariants.Violation) else "exception"
            told = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    signal.setitimer(signal.ITIMER_PROF, 0.0)
    seconds = time.process_time() - began
    return {"valid": number, "kind": kind, "told": told[:300], "months": months, "seconds": round(seconds, 3)}


def _hang(*_: Any) -> None:
    raise TimeoutError(f"not done after {LONGEST_SECONDS:.0f} s of processor time")


def try_invalid(number: int) -> dict[str, Any]:
    """Offer an invalid scenario and say how it was refused."""
    values, key = random_scenarios.invalid_scenario(number)
    try:
        Scenario.from_mapping(values)
        kind, told = "accepted", repr(values)
    except ScenarioError as error:
        kind, told = ("refused", "") if random_scenarios.is_named(key, str(error)) else ("not named", str(error))
    except Exception as error:
        kind, told = "exception", f"{type(error).__name__}: {error}"
    return {"invalid": number, "kind": kind, "told": told[:300], "seconds": 0.0}


def work(task: tuple[str, int]) -> dict[str, Any]:
    """One scenario of either sort."""
    sort, number = task
    return play_valid(number) if sort == "valid" else try_invalid(number)


def read(file: Path) -> list[dict[str, Any]]:
    """What was done before with the same code; what other code did does not count."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if not lines or json.loads(lines[0]) != {"code": code_checksum()}:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"code": code_checksum()}) + "\n", encoding="utf-8")
        return []
    return [json.loads(line) for line in lines[1:] if line.endswith("}")]


def left(rows: list[dict[str, Any]], valid: int, invalid: int) -> Iterator[tuple[str, int]]:
    """What is still to do."""
    done = {(sort, row[sort]) for row in rows for sort in ("valid", "invalid") if sort in row}
    tasks = [("invalid", number) for number in range(invalid)] + [("valid", number) for number in range(valid)]
    return (task for task in tasks if task not in done)


def report(rows: list[dict[str, Any]], valid: int, invalid: int, seconds: float) -> str:
    """The section of the page."""
    played = [row for row in rows if "valid" in row]
    offered = [row for row in rows if "invalid" in row]
    kinds, refused = Counter(row["kind"] for row in played), Counter(row["kind"] for row in offered)
    bad = [row for row in rows if row["kind"] not in ("played", "no start", "refused")]
    lines = [
        "## Random scenarios",
        "",
        f"Made by `make soak-scenarios` on {date.today()}, commit {str(commit())[:12]}, code {code_checksum()[:12]}.",
        "",
        f"* {len(played):,} of {valid:,} random valid scenarios, {sum(row['months'] for row in played):,} months: "
        f"{kinds['played']:,} were played to their end with every rule kept, for {kinds['no start']:,} the market "
        f"says that no start can be found with such figures, {kinds['violation']:,} broke a rule, "
        f"{kinds['exception']:,} ended in an exception or a warning of numpy.",
        f"* {len(offered):,} of {invalid:,} invalid ones: {refused['refused']:,} were refused with a message that "
        f"names the field, {refused['not named']:,} without naming it, {refused['accepted']:,} were accepted, "
        f"{refused['exception']:,} ended in a traceback.",
        f"* {sum(row['seconds'] for row in played) / 60:,.0f} minutes of processor time in this code; "
        f"{seconds / 60:,.0f} minutes of wall time in the last call, on a machine shared with other work.",
    ]
    lines += [f"* Number {row.get('valid', row.get('invalid'))}: {row['kind']}, {row['told']}" for row in bad[:20]]
    return "\n".join(lines)


def main() -> None:
    """Do what is left and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--valid", type=int, default=10_000)
    parser.add_argument("--invalid", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/soak/scenarios.jsonl"))
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    began = time.perf_counter()
    rows = read(arguments.out)
    tasks = list(left(rows, arguments.valid, arguments.invalid))
    with (
        arguments.out.open("a", encoding="utf-8") as stream,
        ProcessPoolExecutor(arguments.workers) as pool,
    ):
        for row in pool.map(work, tasks, chunksize=10):
            rows.append(row)
            stream.write(json.dumps(row) + "\n")
            stream.flush()
            if row["kind"] not in ("played", "no start", "refused"):
                print(row, flush=True)
    text = report(rows, arguments.valid, arguments.invalid, time.perf_counter() - began)
    print(text)
    if arguments.write:
        write_section(arguments.write, SECTION, text)
    sys.exit(any(row["kind"] not in ("played", "no start", "refused") for row in rows))


if __name__ == "__main__":
    main()
