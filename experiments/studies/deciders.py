"""Who decides what, from the classes of the parties: a decision is a method whose docstring says what it goes by.

A docstring tells it in two sentences before its arguments: "It knows ..." and "Rule: ODD 7.5." A method that overrides
another and does not say so goes by the same; a class can name the rule of decisions that name none.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.amazon import Amazon
from agents.big_shipper import BigShipper
from agents.carriers import Carrier
from agents.large_buyer import LargeBuyer
from agents.large_shipper import LargeShipper
from agents.party import Party
from agents.regional import RegionalCarrier
from agents.regulator import Regulator
from agents.rivals import FedEx, Reviewing, Ups
from agents.shippers import Shippers
from agents.usps import Usps

#: Classes whose decisions are told, in this order; a new one is listed here and nowhere else.
DECIDERS: tuple[type, ...] = (
    Party,
    Carrier,
    Usps,
    LargeShipper,
    LargeBuyer,
    Amazon,
    Reviewing,
    Ups,
    FedEx,
    RegionalCarrier,
    BigShipper,
    Shippers,
    Regulator,
)
_KNOWS = re.compile(r"\b(?:It|They) knows? (.+?)(?:\.(?: |$)|; )")
_RULE = re.compile(r"\bRule(?: of \w+ \w+ \w+| of \w+ \w+)?: (ODD \d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of a class.

    Attributes:
        whose: The class.
        name: The method.
        decides: What is decided, its first line.
        knows: What it goes by; empty where nobody says so.
        rule: Chapter of the protocol, for example "ODD 7.5"; empty where nobody says so.
    """

    whose: type
    name: str
    decides: str
    knows: str
    rule: str


def decisions(whose: type) -> Iterator[Decision]:
    """Decisions that a class defines itself, in the order of its source."""
    for name, found in vars(whose).items():
        if not name.startswith("_") and inspect.isfunction(found):
            one = as_decision(whose, name)
            if one.knows and one.rule:
                yield one


def as_decision(whose: type, name: str) -> Decision:
    """What the docstrings of a method, and of those that it overrides, say of it as a decision."""
    told = [_prose(getattr(base, name)) for base in whose.__mro__ if name in vars(base)]
    of_class = [_prose(base) for base in whose.__mro__ if base in DECIDERS]
    return Decision(
        whose,
        name,
        (inspect.getdoc(getattr(whose, name)) or "").partition("\n")[0],
        _first(_KNOWS, told),
        _first(_RULE, told + of_class),
    )


def _first(pattern: re.Pattern[str], texts: list[str]) -> str:
    found = (pattern.search(text) for text in texts)
    return next((one[1] for one in found if one), "")


def _prose(documented: object) -> str:
    """A docstring in one line, without its arguments."""
    text = inspect.getdoc(documented) or ""
    return " ".join(re.split(r"\n(?:Args|Returns|Raises|Attributes):\n", text)[0].split())
