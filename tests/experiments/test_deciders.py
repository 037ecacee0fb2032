"""Every decision of a party says what it knows, what it decides, and by which rule."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path

import pytest

from agents.carriers import Carrier
from agents.regional import RegionalCarrier
from agents.usps import Usps
from experiments.studies.deciders import DECIDERS, as_decision, decisions

ROOT = Path(__file__).parents[2]
#: What phases ask parties for and what is no decision: limits of growth, what was announced, what is remembered.
FACTS = {"announced_plan", "growth_cap", "smallest_station", "shed_shippers", "own_cost", "note"}


@cache
def asked() -> frozenset[str]:
    """Names of all that code of the model asks of something."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "model").rglob("*.py")]
    return frozenset(node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def answers(whose: type) -> list[str]:
    """Methods of a class that return something to whoever asks from the model."""
    names = asked() - FACTS
    return [
        name
        for name, found in vars(whose).items()
        if name in names and inspect.isfunction(found) and inspect.signature(found).return_annotation != "None"
    ]


@pytest.mark.parametrize("whose", DECIDERS, ids=lambda whose: whose.__name__)
def test_what_a_phase_asks_a_party_is_a_decision_that_says_what_it_goes_by(whose: type) -> None:
    told = {one.name: one for one in decisions(whose)}
    # A class can answer for all that never take a decision; then those who take it say what they go by.
    others = {
        one.name for other in DECIDERS if other is not whose and issubclass(other, whose) for one in decisions(other)
    }
    assert [name for name in answers(whose) if name not in told and name not in others] == []
    assert all(one.decides.endswith(".") for one in told.values())


def test_an_own_way_goes_by_the_same_unless_it_says_so() -> None:
    assert as_decision(Usps, "closure").rule == as_decision(Carrier, "closure").rule == "ODD 7.8"
    assert as_decision(Usps, "gives_up").rule == "ODD 7.9"
    assert as_decision(RegionalCarrier, "leaves").knows == "its own months of losses, and what its owners have paid"
