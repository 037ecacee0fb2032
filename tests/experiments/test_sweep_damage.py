"""What a full disk, a torn line or a damaged file does to a sweep: it is told, and nothing wrong stays."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import killing
import pandas as pd
import pyarrow.parquet as pq
import pytest
import stand_ins
from typer.testing import CliRunner

from experiments import open_sweep, status, sweep
from experiments.cli.app import app
from experiments.errors import DamagedError, InputError
from experiments.store import journal, shards
from experiments.store.shards import StorageError
from experiments.store.store import check_store_folder

DESIGN: dict[str, Any] = {
    "kind": "grid",
    "until": "2025-01",
    "replications": 12,
    "outcomes": ["y", "z"],
    "uncertainties": {"build_limit": [0.5, 1.0, 1.5, 2.0]},
}


@pytest.fixture(autouse=True)
def small_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many files even of few runs."""
    monkeypatch.setattr("experiments.sweeps.orders.MAX_ITEMS", 8)


@pytest.fixture
def whole(tmp_path: Path) -> pd.DataFrame:
    """The table of a sweep that nothing happened to."""
    return run(tmp_path / "whole").runs


def run(folder: Path) -> Any:
    return sweep(DESIGN, folder, workers=1, simulate=stand_ins.product)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A finished store of several files."""
    folder = tmp_path / "store"
    run(folder)
    assert len(killing.files(folder)) == 7
    return folder


def test_a_torn_last_line_of_the_log_is_cut_off_and_told(store: Path, whole: pd.DataFrame) -> None:
    log = store / "log.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    again = run(store)
    assert any("log.jsonl: the last line was torn" in repair for repair in again.repairs)
    assert again.runs.equals(whole)
    assert run(store).repairs == ()
    assert any("torn" in repair for repair in status(store).repairs)


def test_a_lost_line_about_a_file_does_not_lose_the_file(store: Path, whole: pd.DataFrame) -> None:
    log = store / "log.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    shard_lines = [line for line in lines if '"event": "shard"' in line]
    log.write_text("".join(line for line in lines if line != shard_lines[-1]) + shard_lines[-1][:30])
    before = len(killing.files(store))
    again = run(store)
    assert again.runs.equals(whole)
    assert len(killing.files(store)) == before  # taken over, not done again


@pytest.mark.parametrize("harm", ["truncated", "one byte changed", "gone", "empty"])
def test_a_damaged_file_is_told_put_away_and_its_runs_are_done_again(
    store: Path, whole: pd.DataFrame, harm: str
) -> None:
    file = max(killing.files(store), key=lambda path: path.stat().st_size)
    data = file.read_bytes()
    middle = len(data) // 2
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(
            {
                "truncated": data[:-50],
                "one byte changed": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
                "empty": b"",
            }[harm]
        )
    again = run(store)
    assert len(again.repairs) == 1
    assert file.name in again.repairs[0]
    assert "done again" in again.repairs[0]
    assert again.runs.equals(whole)
    assert (store / "damaged").exists() == (harm != "gone")
    assert run(store).repairs == ()


def test_a_file_of_another_store_and_a_second_copy_are_found_out(store: Path, whole: pd.DataFrame) -> None:
    file = killing.files(store)[0]
    (store / "runs" / "part-abcdefabcdef-000001.parquet").write_bytes(file.read_bytes())
    table = pq.read_table(file)
    other = table.set_column(table.schema.get_field_index("key"), "key", [["0" * 32] * table.num_rows])
    pq.write_table(other, store / "runs" / "part-abcdefabcdef-000002.parquet")
    again = run(store)
    assert any("twice" in repair for repair in again.repairs)
    assert any("not of this design" in repair for repair in again.repairs)
    assert again.runs.equals(whole)
    assert pd.read_parquet(store / "runs")["run"].is_unique


def test_what_a_kill_leaves_half_written_is_removed(store: Path, whole: pd.DataFrame) -> None:
    (store / "work" / "0123456789ab").mkdir()
    (store / "work" / "0123456789ab" / "deadbeef-runs").write_bytes(b"PAR1 half a file")
    (store / "monthly").mkdir()
    (store / "monthly" / "part-0123456789ab-000001.parquet").write_bytes(b"months of a file that never came")
    again = run(store)
    assert list((store / "work").iterdir()) == []
    assert list((store / "monthly").iterdir()) == []
    assert again.runs.equals(whole)


def test_a_start_that_was_killed_before_the_manifest_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    for name in ("runs", "work"):
        (folder / name).mkdir(parents=True)
    (folder / "lock").touch()
    assert check_store_folder(folder) == folder.resolve()
    assert len(run(folder).runs) == 48


def test_a_damaged_manifest_is_told(store: Path) -> None:
    (store / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="it is damaged"):
        run(store)


# -- reading what is damaged ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished Morris sweep of the market with months."""
    folder = tmp_path_factory.mktemp("kept") / "store"
    design = {
        "kind": "morris", "trajectories": 2, "until": "2025-02", "set": {"n_shippers": 100},
        "outcomes": ["usps_cash_usd", "amazon_own_share"], "monthly": ["usps_cash_usd"],
        "uncertainties": {"amazon_via_usps": "declared", "inflation": "declared"},
    }  # fmt: skip
    sweep(design, folder, workers=1)
    return folder


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "copy"))


def last_file(folder: Path, kind: str) -> Path:
    return sorted((folder / kind).iterdir())[-1]


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("kind", ["runs", "monthly"])
@pytest.mark.parametrize("harm", ["cut off", "one byte changed", "empty", "of another store"])
def test_no_command_takes_a_damaged_file_for_a_whole_one(copy: Path, kind: str, harm: str) -> None:
    file = last_file(copy, kind)
    lost = pq.read_metadata(copy / "runs" / file.name).num_rows
    data = file.read_bytes()
    if harm == "of another store":
        table = pq.read_table(file)
        position = table.schema.get_field_index("usps_cash_usd")
        pq.write_table(table.set_column(position, table.schema.field(position), [[1.0] * table.num_rows]), file)
    else:
        changed = data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
        file.write_bytes({"cut off": data[:-50], "one byte changed": changed, "empty": b""}[harm])
    told = call("status", str(copy), "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert (found["done"], found["left"], found["unreadable"]) == (6 - lost, lost, [file.name])
    assert f"Damaged: {file.name}" in call("status", str(copy)).stdout
    for command in ("report", "sensitivity", "rerun"):
        done = call(command, str(copy))
        assert done.exit_code == 1
        assert f"{file.name} is damaged" in done.stderr
        assert done.stdout == ""
    assert not (copy / "report.html").exists()
    with pytest.raises(DamagedError):
        _ = open_sweep(copy).monthly


def test_months_that_are_gone_are_no_months_of_fewer_runs(copy: Path) -> None:
    file = last_file(copy, "monthly")
    file.unlink()
    assert status(copy).left == pq.read_metadata(copy / "runs" / file.name).num_rows > 0
    with pytest.raises(DamagedError, match="months are missing"):
        _ = open_sweep(copy).monthly


def test_a_file_that_was_copied_does_not_count_twice(copy: Path) -> None:
    for kind in ("runs", "monthly"):
        file = last_file(copy, kind)
        (copy / kind / "part-abcdefabcdef-000001.parquet").write_bytes(file.read_bytes())
    assert (status(copy).done, status(copy).left) == (6, 0)
    assert len(open_sweep(copy).runs) == 6


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("manifest.json", lambda text: text[:-40]),
        ("manifest.json", lambda text: text.replace('"factors"', '"factory"')),
        ("manifest.json", lambda text: text.replace('"scenarios": [', '"scenarios": [3, ')),
        ("manifest.json", lambda text: text.replace('"usps_cash_usd": "number"', '"usps_cahs_usd": "number"')),
        ("log.jsonl", lambda text: text.replace('"sha256"', '"sha265"')),
        ("log.jsonl", lambda text: text.replace('"time": "2', '"time": "x')),
        ("log.jsonl", lambda text: "[1]\n" + text[: len(text) // 2]),
    ],
)
@pytest.mark.parametrize("command", ["status", "report", "sensitivity"])
def test_a_damaged_manifest_or_log_never_ends_in_a_traceback(copy: Path, name: str, change: Any, command: str) -> None:
    text = (copy / name).read_text()
    assert change(text) != text
    (copy / name).write_text(change(text))
    done = call(command, str(copy))
    assert done.exception is None or isinstance(done.exception, SystemExit)
    if name == "log.jsonl":  # the files themselves are whole
        assert done.exit_code == 0
    else:
        assert done.exit_code == (0 if "cahs" in change(text) and command == "status" else 1)


# -- no space ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", range(1, 15))
@pytest.mark.parametrize("partly", [False, True])
def test_a_full_disk_stops_the_sweep_and_loses_nothing(
    tmp_path: Path, whole: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, when: int, partly: bool
) -> None:
    """Every write in turn finds the disk full, of a file of rows or of the log, before or in the middle of writing."""
    folder = tmp_path / "store"
    fill_up(monkeypatch, when, partly)
    with pytest.raises(StorageError, match="no space left"):
        run(folder)
    monkeypatch.undo()
    recorded = status(folder).done if (folder / "manifest.json").exists() else 0
    assert recorded < 48
    assert not list((folder / "work").iterdir())
    again = run(folder)
    assert again.runs.equals(whole)
    assert pd.read_parquet(folder / "runs")["run"].is_unique


def fill_up(monkeypatch: pytest.MonkeyPatch, when: int, partly: bool) -> None:
    """Let the `when`-th write to a store and all later ones fail."""
    writes = 0
    real_table, real_append = shards.write_table, journal.Journal.append

    def full() -> bool:
        nonlocal writes
        writes += 1
        return writes >= when

    def write_table(path: Path, table: Any) -> None:
        if full():
            if partly:
                path.write_bytes(b"PAR1")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real_table(path, table)

    def append(self: journal.Journal, event: str, **content: Any) -> None:
        if full():
            if partly:
                with self.path.open("ab") as stream:
                    stream.write(b'{"time": "2026-01-01T0')
            raise StorageError(f"{self.folder}: no space left on device")
        real_append(self, event, **content)

    monkeypatch.setattr(shards, "write_table", write_table)
    monkeypatch.setattr(journal.Journal, "append", append)


@pytest.mark.thorough
def test_a_limit_on_the_size_of_files_is_told_and_what_was_written_stays(tmp_path: Path, whole: pd.DataFrame) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4500, 4500))  # enough for the log and for a file of few rows

    folder = tmp_path / "store"
    script = (
        "import json, sys, stand_ins\nfrom experiments import sweep\n"
        "sweep(json.loads(sys.argv[1]), sys.argv[2], workers=1, simulate=stand_ins.product)\n"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-B", "-c", script, json.dumps(DESIGN), str(folder)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "StorageError" in done.stderr
    assert "file too large" in done.stderr
    assert status(folder).done < 48
    assert run(folder).runs.equals(whole)


def test_a_small_file_system_that_fills_up(tmp_path: Path) -> None:
    """The real thing: a sweep on two workers onto a disk of 200 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        many = {**DESIGN, "replications": 300}
        with pytest.raises(StorageError, match="no space left"):
            sweep(many, disk / "store", workers=2, simulate=stand_ins.product)
        recorded = open_sweep(disk / "store").runs
        assert 0 < len(recorded) < 1200
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        again = sweep(many, disk / "store", workers=2, simulate=stand_ins.product)
        assert again.status.done == 1200
        assert again.runs["run"].is_unique
        both = again.runs.set_index("run").loc[recorded["run"]].reset_index()
        assert both.equals(recorded)  # what was recorded was not run again, nor changed
    finally:
        subprocess.run(["umount", str(disk)], check=True)
