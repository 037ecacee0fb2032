"""What the phases say that they read and write is what they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model import market as market_module
from model.market import PHASES, ParcelMarket, Phase
from model.phases.touched import TOUCHED, WORDS
from model.scenario import Scenario
from tests.model.phase_traces import SMALL, Seen, all_fields, all_touched, in_order, trace


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What was seen in markets with talks, an auction, takeovers, and an imposed past."""
    return all_touched()


def test_every_phase_has_its_line_and_every_field_its_words() -> None:
    assert list(TOUCHED) == [phase.name for phase in PHASES]
    named = {name for one in TOUCHED.values() for name in (*one.reads, *one.writes)}
    assert named <= set(all_fields())
    assert named <= set(WORDS) <= set(all_fields())


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.name)
def test_a_phase_reads_and_writes_what_it_says(seen: Seen, phase: Phase) -> None:
    reads, writes = seen[phase.name]
    assert phase.reads == in_order(reads)
    assert phase.writes == in_order(writes)


def test_a_change_by_a_back_door_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch itself: a phase that changes the network through an old reference is caught in the first month."""
    market = ParcelMarket(Scenario().with_changes(SMALL), rng=3)
    network = market.state.network

    def sly(economy: ParcelMarket) -> None:
        network.coverage[2, 0] *= 0.5

    changed = tuple(replace(one, run=sly) if one.name == "auction" else one for one in PHASES)
    monkeypatch.setattr(market_module, "PHASES", changed)
    reads, writes = trace(market, 1)["auction"]
    assert (reads, writes) == (set(), {"state.network"})
