"""Dated shocks of a scenario: what strikes whom, by how much, from when until when.

Written `KIND[:WHOM]=SIZE@FIRST[..LAST]`, for example `fuel=+100%@2026-01..2027-12`; in a scenario file also as a table
with the same names. A scenario has any number of them. Its levers of a single shock (`fuel_shock`, `labour_dispute`,
...) are shorthand for one shock of that kind, sized by parameters.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from agents.calendar import Month
from agents.geography import SEGMENTS
from model.history.shocks import Overlay, Shock, Shocks
from model.parameters import short_text

ALL = "all"
EXAMPLE = "fuel=+100%@2026-01..2027-12"
_TEXT = re.compile(
    r"^\s*(?P<kind>[^:=@]+?)\s*(?::\s*(?P<whom>[^=@]+?)\s*)?=\s*(?P<size>[^@]+?)\s*@\s*(?P<dates>.+?)\s*$"
)
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_FIELDS = ("kind", "whom", "size", "first", "last")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of shock.

    Attributes:
        name: Its name.
        size: What a size is a share of, for people.
        least: Smallest size.
        most: Largest size.
        whom: Whom it can strike; the first unless told. Empty where a carrier has to be named.
        meaning: What happens, one line.
    """

    name: str
    size: str
    least: float
    most: float
    whom: tuple[str, ...]
    meaning: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        one.name: one
        for one in (
            Kind("fuel", "the price of fuel", -0.9, 4.0, (ALL,), "Fuel costs more or less than its path"),
            Kind(
                "wages",
                "wages",
                -0.5,
                1.0,
                (ALL, "private", "usps"),
                "Wages of private carriers, of USPS or of all leave their path",
            ),
            Kind(
                "interest",
                "interest, in points: 2% is two points",
                -0.05,
                0.2,
                (ALL,),
                "Money costs more or less: new debt, and capital that is built from then on",
            ),
            Kind(
                "demand",
                "parcels that are shipped",
                -0.9,
                2.0,
                (ALL, *SEGMENTS),
                "More or fewer parcels of a segment are shipped; Amazon's are economy parcels",
            ),
            Kind(
                "labour_dispute",
                "the odds that a shipper who chooses takes the carrier",
                -0.99,
                0.0,
                (),
                "Shippers of a carrier fear a strike and go to others; part of them stays there",
            ),
            Kind(
                "duty_free",
                "small imports that came free of duty in 2024 (duty_free_parcels_2024)",
                -1.0,
                1.0,
                (ALL,),
                "Small imports lose or regain their duty-free entry: economy parcels of others than Amazon",
            ),
        )
    }
)


@dataclass(frozen=True, slots=True, order=True)
class DatedShock:
    """One shock.

    Attributes:
        kind: One of `KINDS`.
        whom: Whom it strikes; see `Kind.whom`.
        size: Share, or points of interest as a share.
        first: First month.
        last: Last month; None for one that stays until the end of the run.
    """

    kind: str
    whom: str
    size: float
    first: Month
    last: Month | None = None

    def __str__(self) -> str:
        whom = "" if self.whom == ALL else f":{self.whom}"
        until = ".." if self.last is None else "" if self.last == self.first else f"..{self.last}"
        return f"{self.kind}{whom}={_size_text(self.size)}@{self.first}{until}"

    @property
    def months(self) -> float:
        """Its length in months; inf where it stays."""
        return math.inf if self.last is None else self.last - self.first + 1

    def from_start(self, start: Month) -> Shock:
        """The same by months of a run that starts in a month; what a dispute takes as utils."""
        size = -math.log1p(self.size) if self.kind == "labour_dispute" else self.size
        return Shock(size, self.first - start, lasts=self.months)


def _size_text(size: float) -> str:
    """The shortest text that reads back as the same number: percent where that is exact."""
    percent = f"{size * 100.0:+.10g}"
    return f"{percent}%" if float(percent) / 100.0 == size else f"{size!r}"


def read_shocks(value: object, problems: list[str]) -> tuple[DatedShock, ...]:
    """Read a list of shocks as texts or tables.

    Args:
        value: The list; one text or table stands for itself.
        problems: Gets a line for everything that is wrong.
    """
    listed = [value] if isinstance(value, str | Mapping | DatedShock) else value
    if not isinstance(listed, list | tuple):
        problems.append(f"shocks: {short_text(value)} is not allowed; it must be a list, for example [{EXAMPLE!r}]")
        return ()
    found = (
        one if isinstance(one, DatedShock) else _read(one, f"shock {number}", problems)
        for number, one in enumerate(listed, start=1)
    )
    return tuple(one for one in found if one is not None)


def _read(item: object, where: str, problems: list[str]) -> DatedShock | None:
    parts = item
    if isinstance(item, str):
        where = f"shock {short_text(item)}"
        match = _TEXT.match(item)
        if match is None:
            problems.append(f"{where}: it must be KIND[:WHOM]=SIZE@FIRST[..LAST], for example {EXAMPLE}")
            return None
        first, dots, last = match["dates"].partition("..")
        parts = {name: match[name] for name in ("kind", "whom", "size") if match[name] is not None}
        parts["first"] = first
        # One month alone, "2026-06", is its whole length; "2026-06.." stays.
        parts.update({} if dots and not last.strip() else {"last": last if dots else first})
    if not isinstance(parts, Mapping):
        problems.append(
            f"{where}: {short_text(item)} is not allowed; it must be a text or a table of {_names(_FIELDS)}"
        )
        return None
    return _of_table(parts, where, problems)


def _of_table(parts: Mapping[Any, Any], where: str, problems: list[str]) -> DatedShock | None:
    known, told = len(problems), str(parts.get("kind", ""))
    problems += [
        f"{where}: {short_text(key)}: unknown; a shock has {_names(_FIELDS)}" for key in parts if key not in _FIELDS
    ]
    kind = KINDS.get(told)
    if kind is None:
        close = difflib.get_close_matches(told, KINDS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {_names(KINDS)}"
        problems.append(f"{where}: kind: {short_text(told)} is not allowed; {hint}")
    size = _size(parts.get("size"), kind, where, problems)
    first = _month("first", parts.get("first"), where, problems)
    last = _month("last", parts["last"], where, problems) if "last" in parts else None
    if first is not None and last is not None and last < first:
        problems.append(f"{where}: last: {last} is before its first month {first}")
    whom = parts.get("whom", kind.whom[0] if kind is not None and kind.whom else "")
    if kind is not None and kind.whom and whom not in kind.whom:
        problems.append(f"{where}: whom: {short_text(whom)} is not allowed; it must be one of {_names(kind.whom)}")
    if kind is not None and not kind.whom and not (isinstance(whom, str) and whom):
        problems.append(f"{where}: whom: it must name the carrier, for example {told}:ups")
    if len(problems) > known or size is None or first is None:
        return None
    return DatedShock(told, str(whom), size, first, last)


def _size(value: object, kind: Kind | None, where: str, problems: list[str]) -> float | None:
    size: float | None = None
    if isinstance(value, str):
        text = value.strip()
        number = text.removesuffix("%").strip()
        if _NUMBER.match(number):
            size = float(number) / 100.0 if text.endswith("%") else float(number)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        size = float(value)
    if size is None or not math.isfinite(size):
        problems.append(f"{where}: size: {short_text(value)} is no size; write +100% or -0.1")
        return None
    if kind is not None and not (kind.least <= size <= kind.most and size != 0.0):
        problems.append(
            f"{where}: size: {size:+.6g} is not allowed; it must lie from {kind.least:+.0%} to {kind.most:+.0%} of "
            f"{kind.size}, and not be 0"
        )
        return None
    return size


def _month(name: str, value: object, where: str, problems: list[str]) -> Month | None:
    if isinstance(value, Month):
        return value
    try:
        return Month.parse(str(value))
    except ValueError as error:
        problems.append(f"{where}: {name}: {error}")
        return None


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)


def problems_together(shocks: Iterable[DatedShock], start: Month, carriers: Iterable[str]) -> list[str]:
    """What is wrong with shocks in one run: dates before its start, carriers that do not take part.

    Args:
        shocks: The shocks.
        start: First month of the run.
        carriers: Keys of carriers that can have a dispute.
    """
    known = [*carriers]
    found = []
    for one in shocks:
        if one.first < start:
            found.append(f"shock {one}: first: {one.first} is before the run, which starts in {start}")
        if not KINDS[one.kind].whom and one.whom not in known:
            found.append(f"shock {one}: whom: {short_text(one.whom)} is no carrier here; there are {_names(known)}")
    return found


def overlays(shocks: Iterable[tuple[str, str, Shock]]) -> Shocks:
    """What all shocks come to in a run.

    Args:
        shocks: Kind, whom, and the shock by months of the run.
    """
    fuel, wage_other, wage_usps, interest, duty_free = (
        Overlay(),
        Overlay(),
        Overlay(),
        Overlay(adds=True),
        Overlay(),
    )
    demand = [Overlay() for _ in SEGMENTS]
    disputes: dict[str, Overlay] = {}
    for kind, whom, shock in shocks:
        if kind == "fuel":
            fuel += shock
        elif kind == "wages":
            wage_other = wage_other + shock if whom in (ALL, "private") else wage_other
            wage_usps = wage_usps + shock if whom in (ALL, "usps") else wage_usps
        elif kind == "interest":
            interest += shock
        elif kind == "duty_free":
            duty_free += shock
        elif kind == "demand":
            demand = [one + shock if whom in (ALL, name) else one for one, name in zip(demand, SEGMENTS, strict=True)]
        else:
            disputes[whom] = disputes.get(whom, Overlay(adds=True)) + shock
    return Shocks(fuel, wage_other, wage_usps, interest, tuple(demand), duty_free, disputes)
