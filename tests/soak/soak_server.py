"""The server under visitors who open, click, drag, close and send rubbish, for an hour: `make soak-server`.

At the end the figures of every session that lives are compared with `lastmile run`. The clock only says when it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from compared import Taken, differences, take
from memory import FLAT_SHARE, Sample, family, memory_of, trend
from wanderer import Wanderer

from experiments.provenance import PACKAGES, commit
from experiments.reports.sections import write_section
from model.code_checksum import code_checksum as checksum_of_code
from server.studies.servers import Server, running

SECTION = "soak-server"
SAMPLE_SECONDS = 60.0
SETTLED_MINUTE = 10.0
LEAVING_SECONDS = 60.0
CULL = "20s"
COMPARED_AT_ONCE = 2


@dataclass
class Found:
    """What an hour brought.

    Attributes:
        visitors: How many there were.
        minutes: How long they stayed.
        deeds: What they did, how often.
        complaints: What went wrong at visitors.
        samples: Memory by minute.
        after: Memory when all had left.
        compared: Months that were compared, by session.
        unequal: What of which session differs, or why it could not be compared.
        tracebacks: Last lines of the tracebacks in the server's log, and how often.
        warnings: Other lines of the log.
        lives: Whether the server lived to be told to stop.
        code: Checksum of the code that the server began with; what is compared at the end begins with it too.
    """

    visitors: int
    minutes: float = 0.0
    deeds: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    after: Sample | None = None
    compared: list[int] = field(default_factory=list)
    unequal: list[str] = field(default_factory=list)
    tracebacks: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    lives: bool = False
    code: str = ""

    @property
    def problems(self) -> list[str]:
        """Everything that should not be."""
        line = trend(self.samples, SETTLED_MINUTE)
        growing = [f"memory grows by {line.slope / 1e6:.0f} MB an hour"] if line and not line.is_flat else []
        missing = [f"only {len(self.compared)} sessions compared"] if len(self.compared) < self.visitors else []
        staying = (
            [f"{self.after.sessions} sessions stay when all have left"] if self.after and self.after.sessions else []
        )
        dead = [] if self.lives else ["the server ended"]
        changed = ["the code was changed meanwhile"] if _code() != self.code else []
        return [*changed, *dead, *self.tracebacks, *self.complaints, *self.unequal, *missing, *staying, *growing]


async def besiege(server: Server, found: Found, minutes: float, query: str, pause_seconds: float, folder: Path) -> None:
    """Let visitors wander about, then take what their sessions hold, let them leave and compare."""
    ended = asyncio.Event()
    crowd = [Wanderer(server.url, number, query, pause_seconds) for number in range(1, found.visitors + 1)]
    began = time.monotonic()
    lives = [asyncio.create_task(one.live(ended)) for one in crowd]
    try:
        while (left := minutes * 60 - (time.monotonic() - began)) > 0:
            await asyncio.sleep(min(left, SAMPLE_SECONDS - (time.monotonic() - began) % SAMPLE_SECONDS))
            found.samples.append(await asyncio.to_thread(sample, server, began))
            print(f"minute {found.samples[-1].minute:.0f}: {found.samples[-1]}", flush=True)
    finally:
        ended.set()
        found.minutes = (time.monotonic() - began) / 60
        await asyncio.gather(*lives)
    taken = await asyncio.gather(*(_take(one, found) for one in crowd))
    for one in crowd:
        found.deeds += one.deeds
        found.complaints += one.complaints
        await one.tab.leave()
    found.after = await _after(server, began)
    await _compare(taken, found, folder)


async def _take(visitor: Wanderer, found: Found) -> Taken | None:
    """What the session of a visitor holds; one who has none at the end opens a tab for it."""
    try:
        again = not visitor.tab.is_connected and bool(visitor.tab.cookie) and await visitor.tab.connect_again()
        if not again and not visitor.tab.is_connected:
            await visitor.come()
        return await take(visitor.tab)
    except Exception as error:  # whatever it is, it is told at the end
        found.unequal.append(f"visitor {visitor.number}: {type(error).__name__}: {error}")
        return None


async def _after(server: Server, began: float) -> Sample:
    """Memory once the server has noticed that all have left, or at the end of one's patience."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while True:
        now = await asyncio.to_thread(sample, server, began)
        if not now.sessions or time.monotonic() > deadline:
            return now
        await asyncio.sleep(1.0)


async def _compare(taken: Sequence[Taken | None], found: Found, folder: Path) -> None:
    few = asyncio.Semaphore(COMPARED_AT_ONCE)

    async def compare(number: int, one: Taken) -> None:
        async with few:
            told = await differences(one, folder / f"compared-{number}")
        found.compared.append(len(one.monthly))
        if told:
            found.unequal.append(f"visitor {number}, seed {one.seed}: {', '.join(told)[:300]}")

    await asyncio.gather(*(compare(number, one) for number, one in enumerate(taken, start=1) if one is not None))


def sample(server: Server, began: float) -> Sample:
    """Memory, processes and sessions now."""
    pids = family(server.pid)
    return Sample((time.monotonic() - began) / 60, memory_of(pids), len(pids), server.health()["sessions"])


def _code() -> str:
    """Checksum of the code as it lies there now."""
    checksum = checksum_of_code.__wrapped__((*PACKAGES, "server"))
    return str(checksum)


def read_log(text: str) -> tuple[Counter[str], Counter[str]]:
    """Last lines of tracebacks, and lines that are no part of one, both with how often they come."""
    tracebacks: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    inside, before = False, ""
    for line in text.splitlines():
        if line.startswith(("Traceback", "  + Exception Group Traceback")):
            inside = True
        elif inside and re.match(r"[A-Za-z_][\w.]*(:|$)", line):
            # Solara tells so of references that it need not clean up when the server stops.
            (warnings if "not fatal" in before else tracebacks)[line[:200]] += 1
            inside = False
        elif not inside and line.strip():
            warnings[re.sub(r"[0-9a-f]{8,}|\d+", "#", line)[:120]] += 1
            before = line
    return tracebacks, warnings


def soak(
    visitors: int,
    minutes: float,
    query: str = "",
    pause_seconds: float = 2.0,
    folder: Path | None = None,
    cull: str = CULL,
) -> Found:
    """Start a server, besiege it and say what came of it.

    Args:
        visitors: How many.
        minutes: How long they stay.
        query: What is set in every address that they open.
        pause_seconds: Mean time between two deeds of one.
        folder: Where the log and what was compared are left.
        cull: How long a session waits for a lost connection to come back.
    """
    found = Found(visitors, code=_code())
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        os.environ |= {"LASTMILE_STORES": str(place / "stores"), "SOLARA_KERNEL_CULL_TIMEOUT": cull}
        with running(place) as server:
            try:
                asyncio.run(besiege(server, found, minutes, query, pause_seconds, place))
            except ConnectionError as error:
                found.complaints.append(f"{type(error).__name__}: {error}")
            found.lives = server.is_alive()
        found.tracebacks, found.warnings = read_log(server.log.read_text(errors="replace"))
    return found


def report(found: Found) -> str:
    """The section of the page."""
    equal = len(found.compared) - sum("seed" in one for one in found.unequal)
    lines = [
        "## The server besieged",
        "",
        f"Made by `make soak-server` on {date.today()}, commit {str(commit())[:12]}, code {found.code[:12]}: "
        f"{found.visitors} visitors for {found.minutes:.0f} minutes, on {os.cpu_count()} processors that they shared "
        "with the server and other work.",
        "",
        "* They did: " + ", ".join(f"{count:,} {name}" for name, count in found.deeds.most_common()) + ".",
        f"* Crashes: {'none' if found.lives else 'the server ended'}. Tracebacks in the server's log: "
        f"{sum(found.tracebacks.values())}. Complaints of visitors: {len(found.complaints)}.",
        f"* At the end the sessions of {len(found.compared)} visitors were downloaded, {sum(found.compared):,} months, "
        f"and `lastmile run` was called with their scenario files and seeds: {equal} are equal to the last bit in "
        "every monthly series. (A visitor who sat at the table gives the seat back first: the run starts anew.)",
        *_memory_lines(found),
    ]
    lines += [f"* {count} times in the log: {line}" for line, count in found.tracebacks.most_common(10)]
    lines += [f"* {line}" for line in (*found.complaints[:10], *found.unequal[:10])]
    return "\n".join(lines)


def _memory_lines(found: Found) -> list[str]:
    if not found.samples or found.after is None:
        return []
    shown = [one for one in found.samples if round(one.minute) % 10 == 0] or found.samples[-1:]
    listed = ", ".join(f"{one.bytes / 1e6:,.0f} ({round(one.minute)}′)" for one in shown)
    line = trend(found.samples, SETTLED_MINUTE)
    if line is None:
        judged = f"Too short to judge growth after minute {SETTLED_MINUTE:.0f}."
    else:
        judged = (
            f"A line through the {line.samples} samples from minute {SETTLED_MINUTE:.0f} on rises by "
            f"{line.slope / 1e6:+,.0f} MB an hour (standard error {line.error / 1e6:,.0f}) at a median of "
            f"{line.level / 1e6:,.0f} MB: {'flat' if line.is_flat else 'not flat'} (flat is below {FLAT_SHARE:.0%})."
        )
    processes = sorted({one.processes for one in found.samples})
    sessions = sorted({one.sessions for one in found.samples})
    return [
        f"* Memory of the server and its children ({processes[0]} to {processes[-1]} processes, {sessions[0]} to "
        f"{sessions[-1]} sessions), sampled each minute, MB: {listed}. {judged}",
        f"* When all had left, {found.after.sessions} sessions and {found.after.bytes / 1e6:,.0f} MB remained.",
    ]


def main() -> None:
    """Besiege a server, print, and write the section where that is asked for; 1 where something was not as it must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--query", default="", help="set in every address, such as set.n_shippers=200")
    parser.add_argument("--pause", type=float, default=2.0, help="mean seconds between two deeds of a visitor")
    parser.add_argument("--out", type=Path, default=Path("results/soak/server"), help="log and what was compared")
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    found = soak(arguments.visitors, arguments.minutes, arguments.query, arguments.pause, arguments.out.resolve())
    text = report(found)
    print(text)
    print("in the log:", *(f"{count} {line}" for line, count in found.warnings.most_common(20)), sep="\n  ")
    if arguments.write:
        write_section(arguments.write, SECTION, text)
    sys.exit(bool(found.problems))


if __name__ == "__main__":
    main()
