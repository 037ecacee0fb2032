"""A market that was kept in a file goes on as if it had never stopped, and no file can do anything else."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from agents.amazon import Amazon
from model import checkpoint
from model.checkpoint import FORMAT, CheckpointError
from model.market import MarketStoppedError, ParcelMarket
from model.scenario import Scenario

SMALL = {"n_shippers": 120, "start": "2025-10", "end": "2026-09"}


def market(scenario: str = "baseline", **changes: object) -> ParcelMarket:
    return ParcelMarket(Scenario.load(scenario).with_changes({**SMALL, "start": "2025-01", **changes}), rng=3)


def same(one: ParcelMarket, other: ParcelMarket) -> bool:
    return (
        one.records.frame().equals(other.records.frame())
        and one.outcomes() == other.outcomes()
        and [str(event) for event in one.events] == [str(event) for event in other.events]
        and one.datacollector.get_model_vars_dataframe().equals(other.datacollector.get_model_vars_dataframe())
        and one.balances() == other.balances()
    )


@pytest.mark.parametrize(("scenario", "month"), [("baseline", 9), ("auction_pay_as_bid", 12), ("withdraw", 0)])
def test_continued_is_uncut(scenario: str, month: int, tmp_path: Path) -> None:
    uncut = market(scenario)
    for _ in range(month):
        uncut.step()
    uncut.save(tmp_path / "kept")
    continued = ParcelMarket.load(tmp_path / "kept")
    assert (continued.month, continued.time) == (uncut.month, uncut.time)
    assert same(uncut.run(), continued.run())
    assert continued.time == 21.0
    with pytest.raises(MarketStoppedError):
        continued.step()


def test_another_process_goes_on_with_it(tmp_path: Path) -> None:
    uncut = market(end="2025-06")
    uncut.step()
    uncut.save(tmp_path / "kept")
    code = (
        "import json, sys\n"
        "from model.market import ParcelMarket\n"
        "print(json.dumps(ParcelMarket.load(sys.argv[1]).run().outcomes()))"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "kept")], cwd=root, capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == uncut.run().outcomes()


def content(payload: bytes, **changes: str) -> bytes:
    import hashlib

    head = {"format": FORMAT, "sha256": hashlib.sha256(payload).hexdigest(), **checkpoint._made_by(), **changes}
    return json.dumps(head).encode() + b"\n" + payload


class _Evil:
    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call[0], self.call[1:]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"", "no checkpoint"),
        (b"[" * 100_000, "no checkpoint"),
        (b"PK\x03\x04", "no checkpoint"),
        (content(b"", code="other"), "written with code 'other'"),
        (content(b"", mesa="2.0"), "written with mesa '2.0'"),
        (content(pickle.dumps({}))[:-1], "damaged"),
        (content(b"\x80\x05 nonsense"), "damaged"),
        (content(pickle.dumps({})), "holds no ParcelMarket"),
        (content(pickle.dumps(_Evil(os.system, "touch here"))), "no part of a market"),
        (content(pickle.dumps(_Evil(eval, "1"))), "builtins.eval"),
        (content(pickle.dumps(_Evil(getattr, "text", "format"))), "'format' of a str"),
        (content(pickle.dumps(_Evil(getattr, partial, "__init__"))), "'__init__' of a type"),
        (content(pickle.dumps(_Evil(Scenario.load, "baseline"))), "no part of a market|of a"),
        (content(pickle.dumps(_Evil(checkpoint.write_checkpoint, None, "here"))), "write_checkpoint"),
    ],
)
def test_what_is_no_market_of_this_code_is_refused(
    written: bytes, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept").write_bytes(written)
    with pytest.raises(CheckpointError, match=told):
        ParcelMarket.load(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nothing: No such file"):
        ParcelMarket.load(tmp_path / "nothing")


def test_a_strategy_of_ones_own_is_not_kept(tmp_path: Path) -> None:
    class Mine(Amazon):
        pass

    settings = market(end="2025-01").settings
    with pytest.raises(CheckpointError, match="Mine"):
        ParcelMarket(settings, roster={"amazon": Mine}).save(tmp_path / "kept")
    own = ParcelMarket(settings)
    own.amazon.strange = Path("strange")
    with pytest.raises(CheckpointError, match="no part of a market"):
        own.save(tmp_path / "kept")
    assert not list(tmp_path.iterdir())
