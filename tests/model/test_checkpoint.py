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


PARTY = """
from agents.rivals import Ups

class Note:
    def __init__(self, month):
        self.month = month

class MyUps(Ups):
    notes = ()

    def price_increase(self):
        self.notes = (*self.notes, Note(self.world.month))
        return 0.05

    def keep(self):
        class Hidden:
            pass
        self.hidden = Hidden()
"""


@pytest.fixture
def party(tmp_path: Path) -> Path:
    folder = tmp_path / "parties"
    folder.mkdir()
    (folder / "my_parties.py").write_text(PARTY)
    return folder / "my_parties.py"


def kept_with_a_party(party: Path, path: Path) -> ParcelMarket:
    played = ParcelMarket(market(end="2025-06").settings, rng=3, roster={"ups": f"{party}:MyUps"})
    played.ups.price_increase()  # it remembers by a class of the same file
    played.step()
    played.save(path)
    return played


def test_a_roster_that_travels_is_kept_and_read_where_the_caller_allows_it(party: Path, tmp_path: Path) -> None:
    uncut = kept_with_a_party(party, tmp_path / "kept").run()
    own = type(uncut.ups)
    for roster in (True, {"ups": own}, {"ups": f"{party}:MyUps"}):
        continued = ParcelMarket.load(tmp_path / "kept", roster=roster)
        assert type(continued.ups) is own
        assert len(continued.ups.notes) == 1
        assert same(ParcelMarket.load(tmp_path / "kept", roster=roster).run(), continued.run())
        assert continued.outcomes() == uncut.outcomes()


def test_a_file_from_elsewhere_imports_nothing_by_itself(party: Path, tmp_path: Path) -> None:
    kept_with_a_party(party, tmp_path / "kept")
    (tmp_path / "kept").rename(party.parent / "kept")
    code = (
        "import sys\nfrom model.checkpoint import CheckpointError\nfrom model.market import ParcelMarket\n"
        "try:\n    ParcelMarket.load(sys.argv[1])\nexcept CheckpointError as error:\n    print(error)\n"
        "print([name for name in sys.modules if 'roster_' in name])\n"
    )
    party.write_text("raise SystemExit('imported')")
    told = subprocess.run(
        [sys.executable, "-c", code, str(party.parent / "kept")],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert len(told) == 2
    assert (
        "ups is played by my_parties.py:MyUps, and to read that is to run its code; allow it with roster=True"
        in told[0]
    )
    assert told[1] == "[]"


def test_a_class_that_has_changed_is_refused(party: Path, tmp_path: Path) -> None:
    kept_with_a_party(party, tmp_path / "kept")
    other = tmp_path / "other.py"
    other.write_text(PARTY + "# changed\n")
    with pytest.raises(CheckpointError, match=r"played by other\.py:MyUps, whose file has changed since it was saved"):
        ParcelMarket.load(tmp_path / "kept", roster={"ups": f"{other}:MyUps"})
    with pytest.raises(CheckpointError, match="give the class of ups"):
        ParcelMarket.load(tmp_path / "kept", roster={"usps": f"{party}:MyUps"})
    moved = tmp_path / "moved.py"
    moved.write_text(PARTY)
    assert type(ParcelMarket.load(tmp_path / "kept", roster={"ups": f"{moved}:MyUps"}).ups).__name__ == "MyUps"


def test_what_stands_at_the_top_of_no_module_is_not_kept(party: Path, tmp_path: Path) -> None:
    played = ParcelMarket(market(end="2025-06").settings, rng=3, roster={"ups": f"{party}:MyUps"})
    played.ups.keep()
    with pytest.raises(CheckpointError, match=r"MyUps\.keep\.<locals>\.Hidden"):
        played.save(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    "roster",
    [3, [], {"ups": 3}, {"ups": {"path": 3, "sha256": "x"}}, {"ups": {"path": "os:system"}}],
)
def test_a_head_that_names_no_roster_is_damaged(roster: object, tmp_path: Path) -> None:
    first, _, rest = content(pickle.dumps({})).partition(b"\n")
    head = {**json.loads(first), "roster": roster}
    (tmp_path / "kept").write_bytes(json.dumps(head).encode() + b"\n" + rest)
    with pytest.raises(CheckpointError, match=r"damaged|holds no ParcelMarket"):
        ParcelMarket.load(tmp_path / "kept", roster=True)


class _Named:
    """Asks a reader for a class by key and name."""


def test_a_file_reaches_nothing_beyond_its_rosters_classes(party: Path, tmp_path: Path) -> None:
    import io

    from agents.roster import load_class, origin

    own = load_class("ups", f"{party}:MyUps")
    for pid in (("ups", "Ups"), ("ups", "__builtins__"), ("usps", "MyUps"), "ups", ("ups", 3)):
        buffer = io.BytesIO()

        class Writer(pickle.Pickler):
            def persistent_id(self, value: object, pid: object = pid) -> object:
                return pid if isinstance(value, _Named) else None

        Writer(buffer, 5).dump(_Named())
        first, _, rest = content(buffer.getvalue()).partition(b"\n")
        head = {**json.loads(first), "roster": origin({"ups": f"{party}:MyUps"})}
        (tmp_path / "kept").write_bytes(json.dumps(head).encode() + b"\n" + rest)
        with pytest.raises(CheckpointError, match="no part of its roster"):
            ParcelMarket.load(tmp_path / "kept", roster={"ups": own})
