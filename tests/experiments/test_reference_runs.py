"""Results are what they were: a speed-up that changes them must say so."""

import json

import pytest

from experiments.benchmarks import reference
from experiments.errors import InputError


def test_reference_runs_give_what_they_gave():
    found = reference.moves()
    shown = "\n".join(str(move) for move in found[:20])
    assert not found, f"{len(found)} outcomes moved; if that is wanted: {reference.REFRESH_COMMAND}\n{shown}"


def test_a_moved_a_new_and_a_lost_outcome_are_told_with_their_size(tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    monkeypatch.setattr(reference, "outcomes_now", lambda: {"run": {"a": 1.0, "b": 2.0, "same": 5.0}})
    reference.refresh(path)
    assert reference.moves(path) == []
    monkeypatch.setattr(reference, "outcomes_now", lambda: {"run": {"a": 1.5, "c": 2.0, "same": 5.0}})
    found = {move.outcome: move for move in reference.moves(path)}
    assert set(found) == {"a", "b", "c"}
    assert found["a"].share == pytest.approx(1 / 3)
    assert found["b"].now is None
    assert found["c"].before is None
    assert "was 1.0, is 1.5" in str(found["a"])


def test_another_machine_may_differ_in_the_last_bits_only(tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    monkeypatch.setattr(reference, "outcomes_now", lambda: {"run": {"a": 1.0}})
    reference.refresh(path)
    monkeypatch.setattr(reference, "outcomes_now", lambda: {"run": {"a": 1.0 + 1e-12}})
    assert len(reference.moves(path)) == 1
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"machine": {"numpy": "another"}}))
    assert reference.moves(path) == []
    monkeypatch.setattr(reference, "outcomes_now", lambda: {"run": {"a": 1.0 + 1e-3}})
    assert len(reference.moves(path)) == 1


def test_without_the_file_the_command_that_writes_it_is_named(tmp_path):
    with pytest.raises(InputError, match=reference.REFRESH_COMMAND):
        reference.moves(tmp_path / "none.json")
