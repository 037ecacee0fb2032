"""Twenty runs of each of the two roads, stored with the package: what luck alone makes of the usual market.

`python -m server.studies.story_fan` makes them (server/story/fan.json). They show how typical the one run on the stage
is: a band behind the line of the dock, one dot a run, and the middle run, which the opening shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from model.code_checksum import code_checksum
from model.market import ParcelMarket
from server.choice import Choice
from server.story import words
from server.story.run import Story
from server.story.stage import AMAZON, USPS

type Floats = NDArray[np.float64]

FILE = Path(__file__).with_name("fan.json")
#: The two roads by scenario: what the parties come to, and no agreement, imposed.
ROADS = ("baseline", "impasse")
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
#: The lines of the dock, and steps of one unit in which they are stored: Amazon's parcels at USPS (millions a year),
#: shares of rural parcels of USPS and of Amazon (percent), result of USPS over twelve months ($ billion).
LINES = {"at": 1.0, "ru": 10.0, "ra": 10.0, "ni": 100.0}


@dataclass(frozen=True)
class Dot:
    """One run of a road; months are counted from its start.

    Attributes:
        seed: Its luck.
        signed: Month in which Amazon and USPS first agree, None where they never do.
        price: On what, $ per parcel; None without an agreement.
        kept: Amazon's parcels at USPS in the last twelve months, millions.
        passes: First month in which Amazon brings more rural parcels than USPS, None where it never does; for
            readers of the file, the page does not tell it.
    """

    seed: int
    signed: int | None
    price: float | None
    kept: float
    passes: int | None


@dataclass(frozen=True, eq=False)
class Road:
    """The runs of one road.

    Attributes:
        bands: By line, quantiles by month, (5, months).
        dots: One a run, by seed.
    """

    bands: Mapping[str, Floats]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, eq=False)
class Fan:
    """Both roads with the same seeds.

    Attributes:
        roads: By scenario.
        middle: Seed of the run in the middle of the usual market's.
        deadline: Month from which on Amazon orders capacity for what it will not leave.
        expiry: Month in which the contract in force ends.
        kept_at_start: Amazon's parcels at USPS in the first twelve months, millions; the mean of the runs.
        gains: Actor, mean gain of no deal against bargaining over the whole run and its 95 % interval, $ billion.
        origin: Where the runs come from, see `origin_of`.
    """

    roads: Mapping[str, Road]
    middle: int
    deadline: int
    expiry: int
    kept_at_start: float
    gains: tuple[tuple[str, float, float, float], ...]
    origin: Mapping[str, Any]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the runs."""
        return tuple(dot.seed for dot in self.roads[ROADS[0]].dots)

    @property
    def is_of_today(self) -> bool:
        """Whether the model that is installed is the one that made the runs."""
        return bool(self.origin["fingerprint"] == fingerprint())

    @property
    def is_usual_size(self) -> bool:
        """Whether the runs have as many shippers as a visitor's."""
        return not self.origin["changes"]


def fingerprint() -> str:
    """Checksum of the code and data that runs follow from."""
    return code_checksum(("agents", "model"))


def lines_of(story: Story) -> dict[str, Floats]:
    """The lines of the dock in one run by month, each (n,), units as in `LINES`."""
    income = story.net_income
    trailing = [income[max(0, month - MONTHS_PER_YEAR + 1) : month + 1].mean() for month in range(story.n)]
    return {
        "at": story.figures.at_usps,
        "ru": story.figures.rural[:, USPS],
        "ra": story.figures.rural[:, AMAZON],
        "ni": np.array(trailing) * MONTHS_PER_YEAR / 1e9,
    }


def dot_of(market: ParcelMarket, story: Story, seed: int) -> Dot:
    """What is told of one finished run."""
    signed = next((one for one in story.talks if one.signed is not None), None)
    kept = market.records["amazon_via_usps_parcels"][-MONTHS_PER_YEAR:].sum() / 1e6
    ahead = np.flatnonzero(story.figures.rural[:, AMAZON] > story.figures.rural[:, USPS])
    return Dot(
        seed=seed,
        signed=None if signed is None else signed.signed,
        price=None if signed is None else round(signed.offers[-1].price, 3),
        kept=round(float(kept), 1),
        passes=int(ahead[0]) if ahead.size else None,
    )


def bands_of(lines: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Quantiles of the lines of some runs, by month."""
    return {key: np.quantile([one[key] for one in lines], QUANTILES, axis=0) for key in LINES}


def middle_of(dots: Sequence[Dot]) -> int:
    """Seed of the run nearest the medians of month, price and parcels kept, each in units of its quartile range.

    A run without an agreement is never in the middle, unless none has one.
    """
    agreed = [dot for dot in dots if dot.signed is not None] or list(dots)
    figures = np.array([[dot.signed or 0, dot.price or 0.0, dot.kept] for dot in agreed], dtype=np.float64)
    low, high = np.quantile(figures, (0.25, 0.75), axis=0)
    spread = np.where(high > low, high - low, 1.0)
    away = (np.abs(figures - np.median(figures, axis=0)) / spread).sum(axis=1)
    return agreed[int(np.argmin(away))].seed


def write_fan(fan: Fan, path: Path = FILE) -> None:
    """Store runs: whole numbers, in the steps of `LINES`."""
    roads = {
        name: {
            "bands": {
                key: [[round(float(value) * step) for value in row] for row in road.bands[key]]
                for key, step in LINES.items()
            },
            "dots": [[dot.seed, dot.signed, dot.price, dot.kept, dot.passes] for dot in road.dots],
        }
        for name, road in fan.roads.items()
    }
    kept = {
        "origin": dict(fan.origin),
        "middle": fan.middle,
        "deadline": fan.deadline,
        "expiry": fan.expiry,
        "kept_at_start": round(fan.kept_at_start, 1),
        "gains": [[actor, *(round(value, 3) for value in values)] for actor, *values in fan.gains],
    }
    # One line for each band and dot, so that a change of them can be read.
    text = json.dumps(kept | {"roads": roads}, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text.replace("],[", "],\n[").replace('},"', '},\n"') + "\n", encoding="utf-8")


def read_fan(path: Path = FILE) -> Fan:
    """The stored runs."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    roads = {
        name: Road(
            bands={key: np.array(road["bands"][key], dtype=np.float64) / step for key, step in LINES.items()},
            dots=tuple(Dot(*dot) for dot in road["dots"]),
        )
        for name, road in kept["roads"].items()
    }
    gains = tuple((str(one[0]), *(float(value) for value in one[1:])) for one in kept["gains"])
    scalars = {key: kept[key] for key in ("origin", "middle", "deadline", "expiry", "kept_at_start")}
    return Fan(roads=roads, gains=gains, **scalars)  # type: ignore[arg-type]


@cache
def stored_fan() -> Fan:
    """The runs stored with the package, read once."""
    return read_fan()


def applies_to(choice: Choice) -> bool:
    """Whether a run is one of the two roads with nothing changed but how many shippers there are."""
    return choice.scenario in ROADS and choice.is_usual


def chip(choice: Choice, fan: Fan) -> str:
    """Which of many runs it is, in few words."""
    if not applies_to(choice) or choice.seed not in fan.seeds:
        changed = f", {len(choice.overrides)} changed" if choice.overrides else ""
        return f"run {choice.seed}{changed}"
    many = len(fan.seeds)
    if choice.seed == fan.middle and choice.scenario == ROADS[0]:
        return f"middle of {many} runs"
    return f"run {choice.seed} of {many}"


def chip_note(choice: Choice, fan: Fan) -> str:
    """What the chip means, in sentences."""
    many, runs = len(fan.seeds), fan.roads[ROADS[0]].dots
    if not applies_to(choice):
        return "A run is one of many that luck could bring. Compare shows how much of a difference is luck."
    text = f"Luck differs from run to run, so one run is no forecast. {words.capital(words.count(many))} runs of each "
    text += "road are stored: the band behind the line at the bottom holds eight of ten of them, the darker one half. "
    if choice.seed == fan.middle:
        text += "This is the middle one: nearest to the medians of when they agree, on what, and how many parcels stay."
    elif choice.seed in fan.seeds:
        prices = sorted(dot.price for dot in runs if dot.price is not None)
        own = next(dot for dot in runs if dot.seed == choice.seed)
        text += f"Run {fan.middle} is in the middle."
        if choice.scenario == ROADS[0] and own.price is not None:
            text += f" In this one they agree on {words.usd(own.price)}; the median is {words.usd(_median(prices))}."
    else:
        text += f"Run {fan.middle} of them is in the middle."
    return " ".join(one for one in (text, size_note(fan), age_note(fan)) if one)


def size_note(fan: Fan) -> str:
    """That the stored runs are coarser than usual; empty where they are not."""
    return "" if fan.is_usual_size else f"They have {fan.origin['n_shippers']:,} shippers, fewer than usual."


def age_note(fan: Fan) -> str:
    """That an earlier model made the stored runs; empty where today's did."""
    return "" if fan.is_of_today else "An earlier version of the model made them; today's may differ a little."


def fan_view(fan: Fan) -> dict[str, Any]:
    """What the browser draws of the stored runs."""
    bargained = fan.roads[ROADS[0]].dots
    in_time = sum(dot.signed is not None and dot.signed <= fan.deadline for dot in bargained)
    agreed = sum(dot.signed is not None and dot.signed <= fan.expiry for dot in bargained)
    never = sum(dot.signed is None for dot in bargained)
    many = len(fan.seeds)
    notes = " ".join(one for one in (size_note(fan), age_note(fan)) if one)
    return {
        "n": many,
        "year": str(fan.origin["end"])[:4],
        "middle": fan.middle,
        "start": fan.kept_at_start,
        "roads": {
            name: {
                "bands": {key: np.round(road.bands[key], 2).tolist() for key in LINES},
                "dots": [[dot.seed, dot.kept] for dot in road.dots],
                "words": _kept_words(road),
            }
            for name, road in fan.roads.items()
        },
        "agree": f"Nothing is imposed. {in_time} of {many} runs agree by Amazon's deadline, {agreed} before the "
        "contract ends.",
        "differ": f"{words.capital(str(never or 'none'))} of {many} runs ends so. We forbid them to sign.",
        "rural": f"In the last month, medians: {_rural_words(fan.roads[ROADS[0]])} if they bargain on, "
        f"{_rural_words(fan.roads[ROADS[1]])} if they must not agree.",
        "source": " ".join(
            one
            for one in (f"One dot is one of {many} runs, the ring this one. Bands: eight of ten runs, and half.", notes)
            if one
        ),
        "notes": notes,
        "gains": [_gain(*one) for one in fan.gains],
    }


def _kept_words(road: Road) -> str:
    kept = sorted(dot.kept for dot in road.dots)
    return f"From {words.parcels(kept[0])} to {words.parcels(kept[-1])}, median {words.parcels(_median(kept))}."


def _rural_words(road: Road) -> str:
    middle = QUANTILES.index(0.5)
    amazon, usps = (words.percent(float(road.bands[key][middle, -1])) for key in ("ra", "ru"))
    return f"Amazon brings {amazon} of rural parcels and USPS {usps}"


def _gain(actor: str, mean: float, low: float, high: float) -> dict[str, Any]:
    """A gain with its interval, and in words."""
    clear = low * high > 0.0
    sign = "" if abs(mean) < 0.05 else "−" if mean < 0.0 else "+"
    said = f"{sign}${abs(mean):.1f} bn"
    return {"actor": actor, "values": [mean, low, high], "clear": clear, "say": said if clear else f"{said}, not clear"}


def _median(values: Sequence[float]) -> float:
    return float(np.median(values))
