"""Through how many files of agents/ and model/ an offer, a parcel, a value and a payment go: counted on a small run.

    python tests/ways.py                              # this code
    PYTHONPATH=OTHER python tests/ways.py             # the code of another folder, for example of an older commit

A thing goes through a file where a function of the file has it in its hands: as an argument, as a variable, as what it
returns or is given back, by itself or first in a list. Who only holds the whole market does not count. Classes are
known by their names, so that the same script counts in code in which they stood elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import model
from model import market as market_module
from model.market import ParcelMarket
from model.scenario import Scenario

FLOORS = ("agents", "model")
ROOT = Path(model.__file__).resolve().parents[1]
SMALL = {"n_shippers": 60}
#: Figure of `--set usps_min_cash=...`, one that nothing else in a run is equal to.
SET = 6.543217891
#: What an offer is in the hands of, until the regulator has decided on what it led to.
OFFER = {"Offer"}
AGREED = OFFER | {"Talks", "TalksState", "View", "Agreement", "Filing", "Decision"}
PARCELS = {"Demand", "Tender", "Sourcing", "Allocation"}
PAYMENTS = {"Ledger", "Payments"}


def is_one(value: object, names: set[str]) -> bool:
    """Whether a value is of a class of these names, or a list that begins with one; bidders' demands are none."""
    if isinstance(value, tuple | list):
        return any(is_one(one, names) for one in value[:3])
    return type(value).__name__ in names and ".auction" not in type(value).__module__


def is_set(value: object) -> bool:
    """Whether a value is the one that was set, or has it in its hands."""
    if isinstance(value, dict):
        return any(is_set(one) for one in value.values())
    return isinstance(value, float | str) and value in (SET, str(SET))


@contextmanager
def followed(here: Callable[[object], bool], files: set[str]) -> Iterator[None]:
    """Note the files through which a thing goes."""
    places: dict[str, str] = {}

    def place(frame: FrameType | None) -> str:
        name = frame.f_code.co_filename if frame is not None else ""
        if name not in places:
            path = Path(name)
            inside = path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in FLOORS
            places[name] = path.relative_to(ROOT).as_posix() if inside else ""
        return places[name]

    def look(frame: FrameType, event: str, result: object) -> None:
        if event not in ("call", "return"):
            return
        both = {place(frame), place(frame.f_back)} - files - {""}
        if both and here(result):
            files.update(both)  # one gives it back, the other gets it
        elif both and any(map(here, frame.f_locals.values())):
            files.update(both if event == "call" else {place(frame)} - {""})  # given along, or found on the way

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)


def in_phases(names: set[str], months: int, phases: tuple[str, ...] = ()) -> set[str]:
    """Files through which things of some classes go in the first months, in some phases or all."""
    files: set[str] = set()
    market = ParcelMarket(Scenario.load("baseline").with_changes(SMALL), rng=3)

    def watching(phase: Any) -> Any:
        def run(economy: Any) -> None:
            with followed(lambda value: is_one(value, names), files):
                phase.run(economy)

        told = {name: getattr(phase, name) for name in phase.__dataclass_fields__}
        return type(phase)(**told | {"run": run})

    usual = market_module.PHASES
    market_module.PHASES = tuple(watching(one) if not phases or one.name in phases else one for one in usual)
    try:
        for _ in range(months):
            market.step()
    finally:
        market_module.PHASES = usual
    if "Ledger" in names and hasattr(market, "payments"):
        with followed(lambda value: is_one(value, names), files):
            market.payments()
    return files


def of_setting() -> set[str]:
    """Files through which one `--set` goes, from the scenario to the party that decides by it."""
    files: set[str] = set()
    with followed(is_set, files):
        market = ParcelMarket(Scenario.load("baseline").with_changes(SMALL | {"usps_min_cash": SET}), rng=3)
        for _ in range(3):
            market.step()
    return files


def ways() -> dict[str, set[str]]:
    """Files by what goes through them."""
    talks = ("negotiate", "advance_contracts")
    return {
        "one offer": in_phases(OFFER, 30, talks),
        "one offer and what holds it, until the regulator decides": in_phases(AGREED, 30, talks),
        "one parcel, from demand to the records": in_phases(PARCELS, 1),
        "one value of --set (usps_min_cash)": of_setting(),
        "one ledger entry, from payment to statement": in_phases(PAYMENTS, 1),
    }


def main() -> None:
    """Print how many files, and which."""
    for what, files in ways().items():
        print(f"{what}: {len(files)}")
        print(*(f"    {name}" for name in sorted(files)), sep="\n")


if __name__ == "__main__":
    main()
