"""A visitor who wanders about: opens tabs, clicks and drags whatever the page has, closes them, and sends rubbish."""

from __future__ import annotations

import asyncio
import json
import urllib.error
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import rubbish
import websockets
from tab import Tab, TabError

RUN = ("speed", "look", "choose")
SERIES_MONTHS = "2025-06"
LARGEST_SEED = 50


class Wanderer:
    """One visitor.

    Args:
        url: The server.
        number: Makes their luck.
        query: What is set in every address that they open, such as a small market.
        pause_seconds: Mean time between two deeds.
    """

    def __init__(self, url: str, number: int, query: str = "", pause_seconds: float = 2.0) -> None:
        self.url, self.number, self.query = url, number, query
        self.pause_seconds = pause_seconds
        self.luck = Random(number)
        self.tab = Tab(url)
        self.deeds: Counter[str] = Counter()
        self.complaints: list[str] = []
        self._deeds: tuple[tuple[int, str, Callable[[], Awaitable[None]]], ...] = (
            (10, "pages changed", self._change_page),
            (30, "plays, pauses and steps", self._play),
            (3, "resets", self._reset),
            (3, "other scenarios and seeds", self._choose),
            (3, "levers changed", self._apply),
            (8, "drags", self._drag),
            (6, "downloads", self._download),
            (10, "lists, charts and filters", self._look_around),
            (6, "deeds at the table", self._sit),
            (2, "comparisons", self._compare),
            (2, "sweeps", self._sweep),
            (3, "connections lost and found", self._lose_connection),
            (12, "messages of rubbish", self._send_rubbish),
            (8, "hostile requests", self._send_request),
            (3, "tabs closed", self._close),
        )

    async def live(self, ended: asyncio.Event) -> None:
        """Do everything once, then wander until the end; the tab stays open then. What goes wrong is noted."""
        weights = [weight for weight, _, _ in self._deeds]
        first = self.luck.sample(self._deeds, len(self._deeds))
        while first or not ended.is_set():
            _, name, deed = first.pop() if first else self.luck.choices(self._deeds, weights)[0]
            try:
                if not self.tab.is_connected:
                    await self._come()
                self.deeds[name] += 1
                await deed()
            except TabError as error:
                await self._complain(str(error), error)
            except Exception as error:  # whatever it is, it is told at the end
                await self._complain(f"{type(error).__name__}: {error}", error)
            await asyncio.sleep(self.luck.expovariate(1 / self.pause_seconds))
        self.complaints += self.tab.complaints

    async def come(self) -> None:
        """Open a new tab, wherever one's luck wills it."""
        self.complaints += self.tab.complaints
        page = self.luck.choice(["/", "/", "/", "/bargaining", "/inspect", "/compare", "/experiments", "/evidence"])
        query = [f"seed={self.luck.randrange(LARGEST_SEED)}", *([self.query] if self.query else [])]
        self.tab = Tab(self.url, f"{page}?{'&'.join(query)}", draw_seconds=self.luck.choice([0.05, 0.2, 1.0, -1.0]))
        await self.tab.open()
        self.deeds["tabs opened"] += 1

    async def _come(self) -> None:
        try:
            if self.tab.cookie and self.luck.random() < 0.7 and await self.tab.connect_again():
                self.deeds["connections taken up again"] += 1
            else:
                await self.tab.drop()
                await self.come()
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            self.deeds["times the server was full"] += 1
            await asyncio.sleep(5.0)

    async def _complain(self, text: str, error: Exception) -> None:
        """Note what went wrong, but for what rubbish may bring about.

        The server may end the connection; and a widget may show what it was told to, which the visitor cannot read.
        """
        lost = isinstance(error, TabError | OSError | websockets.WebSocketException)
        refused = isinstance(error, urllib.error.HTTPError | ConnectionRefusedError)
        ours = not self.tab.is_connected and lost and not refused
        unreadable = self.tab.is_spoiled and isinstance(error, TabError | LookupError | TypeError | AttributeError)
        if not ours and not unreadable:
            self.complaints.append(f"visitor {self.number}: {text}")
        await self.tab.drop()
        self.tab.cookie = ""  # what comes next is a new tab

    async def _change_page(self) -> None:
        await self.tab.until(lambda: self.tab.find("go"), "the bar of the page")
        await self.tab.press("go", self.luck.choice(self.tab.state("go")["links"])["path"])
        await asyncio.sleep(0.3)

    async def _play(self) -> None:
        if self.tab.find("play", "step"):  # the page Story plays without single steps
            await self.tab.press(self.luck.choice(["play", "play", "pause", "step", "step"]), beside=("play", "step"))

    async def _reset(self) -> None:
        if self.tab.find(*RUN):
            await self.tab.press("reset", beside=RUN)

    async def _choose(self) -> None:
        if self.tab.find(*RUN):
            scenarios = self.tab.state(*RUN)["scenarios"]
            values = {"scenario": self.luck.choice(scenarios)["name"], "seed": self.luck.randrange(LARGEST_SEED)}
            await self.tab.press("choose", values, beside=RUN)

    async def _apply(self) -> None:
        if not self.tab.find("apply"):
            return
        panel = self.tab.state("apply")
        overrides = dict(panel["overrides"])
        for row in self.luck.sample(panel["parameters"], 2):
            if row["low"] is not None and row["key"] not in ("n_shippers", "n_enterprise_shippers"):
                overrides[row["key"]] = self.luck.uniform(row["low"], row["high"])
        lever = self.luck.choice([lever for group in panel["groups"] for lever in group["levers"]])
        if lever["kind"] == "choice":
            overrides[lever["key"]] = self.luck.choice(lever["choices"])
        elif lever["kind"] == "switch":
            overrides[lever["key"]] = self.luck.random() < 0.5
        await self.tab.press("apply", overrides)

    async def _drag(self) -> None:
        """Move a slider: many values, one right after the other."""
        if not self.tab.find(*RUN):
            return
        state = self.tab.state(*RUN)
        if self.luck.random() < 0.3 or not state["n_done"]:
            for place in self.luck.sample(range(len(state["speeds"])), len(state["speeds"])):
                await self.tab.press("speed", place, beside=RUN)
            return
        for _ in range(20):
            # Meanwhile the run may have started anew, or another page come.
            if not self.tab.find(*RUN):
                return
            await self.tab.press("look", self.luck.randint(1, max(1, state["n_done"])), beside=RUN)
            await asyncio.sleep(0.03)
        if self.luck.random() < 0.5:
            await self.tab.press("look", None, beside=RUN)

    async def _download(self) -> None:
        if self.tab.find("make"):
            await self.tab.press("make", self.luck.choice(["csv", "parquet", "toml", "py"]))
        elif self.tab.find("download"):
            await self.tab.press("download", {"format": self.luck.choice(["csv", "parquet", "xlsx"]), "rows": [0]})

    async def _look_around(self) -> None:
        tab, luck = self.tab, self.luck
        if tab.find("tab") and luck.random() < 0.4:
            charts = [channel for channel, state in tab.widgets.items() if "tab" in (state.get("events") or ())]
            await tab.tell(luck.choice(charts), "tab", luck.randrange(3))
        elif tab.find("choose", "follow"):
            await tab.press("choose", {"kind": luck.randrange(8), "actor": luck.randrange(6)}, beside=("follow",))
            if rows := tab.state("choose", "follow")["rows"]:
                await tab.press("follow", luck.choice(rows)["link"])
        elif tab.find("pick") and (items := tab.state("pick")["items"]):
            await tab.press("pick", luck.choice(items)["key"])
        elif tab.find("run", "series"):
            await tab.press("series", luck.choice(tab.state("run", "series")["all"])["name"])

    async def _sit(self) -> None:
        if not self.tab.find("sit"):
            if self.luck.random() < 0.3:
                await self.tab.press("go", "bargaining")
            return
        card = self.tab.state("sit")
        if not card.get("seat"):
            if self.luck.random() < 0.3:
                await self.tab.press("sit", self.luck.choice(["amazon", "usps"]))
        elif card["question"]:
            await self.tab.press("answer", self._answer(card["question"]))
        elif self.luck.random() < 0.2:
            await self.tab.press("leave")
        else:
            await self.tab.press("play")

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.luck.random() < 0.05:
            return {"key": question["key"], "leave": True}
        threads = len(question["threads"])
        if question["kind"] == "settle" or (question["can_accept"] and self.luck.random() < 0.3):
            return {"key": question["key"], "accept": [self.luck.random() < 0.7] * threads, "price": []}
        prices = [round(self.luck.uniform(1.5, 5.0), 2) for _ in range(threads)]
        return {"key": question["key"], "accept": [False] * threads, "price": prices}

    async def _compare(self) -> None:
        if not self.tab.find("compare"):
            await self.tab.press("go", "compare")
            return
        form = self.tab.state("compare")
        runs = [{"scenario": self.luck.choice(form["scenarios"])["name"], "changes": ""} for _ in range(2)]
        draft = {"runs": runs, "replications": 2, "seed": 1, "until": SERIES_MONTHS, "shippers": 100}
        await self.tab.press("draft", draft, beside=("compare",))
        deed = self.luck.choice(["compare", "compare", "add_watched", "cancel"])
        if self.tab.find(deed, "compare"):  # the draft may have brought another page
            await self.tab.press(deed, beside=("compare",))

    async def _sweep(self) -> None:
        if not self.tab.find("check", "start"):
            await self.tab.press("go", "experiments")
            return
        form = self.tab.state("check", "start")
        factors = [{"name": "build_limit", "low": 0.2, "high": 0.8, "steps": 2, "values": ""}]
        draft = form["draft"] | {"name": f"soak-{self.number}", "factors": factors, "replications": 1, "shippers": 100}
        deed = self.luck.choice(["check", "start", "cancel", "open"])
        if deed in ("check", "start"):
            if deed == "check":
                await self.tab.press("draft", draft | {"until": SERIES_MONTHS}, beside=("check",))
            if self.tab.find("check", "start"):
                await self.tab.press(deed, beside=("check", "start"))
        elif self.tab.find(deed, "resume"):
            await self.tab.press(deed, f"soak-{self.number}", beside=("resume",))

    async def _lose_connection(self) -> None:
        await self.tab.drop()
        await asyncio.sleep(self.luck.choice([0.0, 1.0, 10.0]) * min(1.0, self.pause_seconds))
        if self.luck.random() < 0.9:
            await self.tab.connect_again()
        else:
            self.tab.cookie = ""  # this tab never comes back

    async def _send_rubbish(self) -> None:
        kind = self.luck.random()
        if kind < 0.4:
            for channel, event, value in rubbish.events(self.luck, self.tab):
                await self.tab.tell(channel, event, value)
        elif kind < 0.6:
            for channel, state in rubbish.updates(self.luck, self.tab):
                content = {"comm_id": channel, "data": {"method": "update", "state": state, "buffer_paths": []}}
                self.tab.is_spoiled = True
                await self.tab.send("comm_msg", content)
        elif kind < 0.9:
            for frame in rubbish.frames(self.luck, self.tab):
                await self.tab.send_frame(frame)
                await asyncio.sleep(0.1)
                if not self.tab.is_connected and not await self.tab.connect_again():
                    break
        else:
            for frame in rubbish.last_words(self.luck, self.tab):
                await self.tab.send_frame(frame)
            await self.tab.leave()

    async def _send_request(self) -> None:
        status = await rubbish.hostile_request(self.luck, self.url, self.tab.patience)
        if status >= 500 and status != 503:
            self.complaints.append(f"visitor {self.number}: a hostile request was answered with {status}")

    async def _close(self) -> None:
        await self.tab.leave()


def shown(tab: Tab) -> str:
    """What a tab shows of its run, for messages."""
    state = tab.widgets.get(tab.find(*RUN) or "", {})
    return json.dumps({name: state.get(name) for name in ("status", "scenario", "seed", "n_done")})
