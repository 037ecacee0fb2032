"""Whether a session of the server holds the same figures, bit for bit, as `lastmile run` with its scenario and seed."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tab import Tab, TabError
from wanderer import RUN, shown

FEWEST_MONTHS = 2


@dataclass(frozen=True)
class Taken:
    """What was taken from a session.

    Attributes:
        scenario: Its scenario file.
        seed: Its seed.
        monthly: Its monthly series.
    """

    scenario: str
    seed: int
    monthly: pd.DataFrame


async def take(tab: Tab, patience: float = 300.0) -> Taken:
    """Bring a session to rest and download its scenario and its series, as anybody can on the page.

    A seat is given back first: what a person answered is no run of the command line.

    Raises:
        TabError: It did not come to rest or did not hand out its files.
    """
    await _give_seat_back(tab)
    await tab.press("go", "inspect")  # so that what rubbish did to widgets of this page is forgotten
    await tab.until(lambda: not tab.find(*RUN), "another page")
    await tab.press("go", "/")
    await tab.until(lambda: tab.find(*RUN) and tab.find("make"), "the page of the run")

    def rests() -> bool:
        return tab.state(*RUN).get("status") in ("paused", "finished")

    await tab.press("pause", beside=RUN)
    try:
        await tab.until(rests, "a run at rest", patience)
        while tab.state(*RUN)["n_done"] < FEWEST_MONTHS and tab.state(*RUN)["status"] == "paused":
            done = tab.state(*RUN)["n_done"]
            await tab.press("step", beside=RUN)
            await tab.until(lambda done=done: rests() and tab.state(*RUN)["n_done"] > done, "a month", patience)
    except TabError as error:
        raise TabError(f"{error}; it shows {shown(tab)}") from None
    text = (await _file(tab, "toml", patience)).decode()
    monthly = pd.read_parquet(io.BytesIO(await _file(tab, "parquet", patience)))
    seed = re.search(r"--seed (\d+)", text)
    if seed is None:
        raise TabError(f"the scenario file names no seed: {text[:200]}")
    return Taken(text, int(seed[1]), monthly)


async def _give_seat_back(tab: Tab) -> None:
    await tab.press("go", "bargaining")
    await tab.until(lambda: tab.find("sit"), "the seat")
    if tab.state("sit").get("seat"):
        await tab.press("leave")
        await tab.until(lambda: not tab.state("sit").get("seat"), "the seat given back", 300.0)


async def _file(tab: Tab, kind: str, patience: float) -> bytes:
    await tab.press("make", kind)

    def content() -> bytes | None:
        file = tab.state("make").get("file") or {}
        found = file.get("content")
        return found if file.get("name", "").endswith(kind) and isinstance(found, bytes) else None

    await tab.until(lambda: content() is not None, f"the {kind} file", patience)
    found = content()
    assert found is not None
    return found


async def differences(taken: Taken, folder: Path) -> list[str]:
    """Run the scenario from the command line, and say which series differ; none where all are equal to the last bit."""
    shutil.rmtree(folder, ignore_errors=True)  # of a soak before this one
    folder.mkdir(parents=True)
    file = folder / "scenario.toml"
    file.write_text(taken.scenario, encoding="utf-8")
    last = str(taken.monthly.index[-1])
    arguments = ["run", str(file), "--seed", str(taken.seed), "--until", last, "--out", str(folder / "run")]
    code = "from experiments.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()
    if process.returncode != 0:
        return [f"lastmile run ended with {process.returncode}: {told.decode()[-300:]}"]
    expected = pd.read_parquet(folder / "run" / "monthly.parquet")
    return frames_differ(taken.monthly, expected)


def frames_differ(found: pd.DataFrame, expected: pd.DataFrame) -> list[str]:
    """Names of the series that are not equal bit for bit, or what else differs between two tables of months."""
    if list(map(str, found.index)) != list(map(str, expected.index)):
        return [f"months {found.index[0]} to {found.index[-1]} instead of {expected.index[0]} to {expected.index[-1]}"]
    if list(found.columns) != list(expected.columns):
        return ["other series"]
    return [name for name in found if found[name].to_numpy().tobytes() != expected[name].to_numpy().tobytes()]
