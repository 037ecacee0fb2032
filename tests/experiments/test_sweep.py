"""Sweeps: same table however they are run, nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import killing
import pandas as pd
import polars as pl
import pytest
import stand_ins
from filelock import FileLock
from stand_ins import DESIGN

from experiments import InputError, open_sweep, run, status, sweep
from experiments.simulation import simulate_market
from experiments.store.journal import read_journal

ONE_SCENARIO = {**DESIGN, "scenarios": ["renew"]}


def simulations(folder: Path) -> int:
    """How many simulations a store has seen."""
    return sum(entry.get("simulations", 0) for entry in read_journal(folder) if entry["event"] == "shard")


def test_a_sweep_holds_every_point_scenario_and_seed_once(tmp_path: Path) -> None:
    result = sweep(DESIGN, tmp_path / "store", workers=1, simulate=stand_ins.product)
    table = result.runs
    assert len(table) == 8 * 2 * 3 == result.status.done
    assert list(zip(table["point"], table["scenario"], table["seed"], strict=True)) == [
        (point, scenario, seed) for point in range(8) for scenario in ("renew", "withdraw") for seed in (1, 2, 3)
    ]
    expected = table["build_limit"] * table["amazon_own_cost_multiplier"] + 0.01 * table["seed"]
    assert (table["y"] == expected).all()


def test_a_row_of_the_market_is_what_one_run_gives(tmp_path: Path) -> None:
    small = {"n_shippers": 200, "n_enterprise_shippers": 20}
    design = {
        "kind": "table", "scenario": "withdraw", "until": "2025-03", "set": small, "seed": 7,
        "points": [{"build_limit": 0.5}], "outcomes": ["*_usd"], "monthly": ["usps_cash_usd", "amazon_own_parcels"],
    }  # fmt: skip
    result = sweep(design, tmp_path / "store", workers=1)
    alone = run("withdraw", {**small, "build_limit": 0.5}, seed=7, until="2025-03")
    row = result.runs.iloc[0]
    assert len(result.outcomes) > 50
    for name in result.outcomes:
        # A column that this run has no value for is empty.
        assert row[name] == alone.outcomes[name] if name in alone.outcomes else pd.isna(row[name]), name
    months = result.monthly.set_index("month")[["usps_cash_usd", "amazon_own_parcels"]]
    pd.testing.assert_frame_equal(
        months, alone.monthly[["usps_cash_usd", "amazon_own_parcels"]], check_index_type=False, check_like=True
    )


def test_the_table_is_the_same_on_two_workers_on_threads_and_here(tmp_path: Path) -> None:
    here = sweep(DESIGN, tmp_path / "here", workers=1, simulate=stand_ins.product).runs
    two = sweep(DESIGN, tmp_path / "two", workers=2, simulate=stand_ins.product).runs
    with ThreadPoolExecutor(3) as threads:
        other = sweep(DESIGN, tmp_path / "threads", workers=3, executor=threads, simulate=stand_ins.product).runs
    assert here.equals(two)
    assert here.equals(other)


def test_a_second_call_runs_nothing(tmp_path: Path) -> None:
    first = sweep(DESIGN, tmp_path, workers=1, simulate=stand_ins.product)
    count = simulations(tmp_path)
    again = sweep(DESIGN, tmp_path, workers=1, simulate=stand_ins.product)
    assert simulations(tmp_path) == count == 48
    assert again.runs.equals(first.runs)
    assert again.repairs == ()


def test_a_design_that_grows_keeps_its_runs(tmp_path: Path) -> None:
    lhs = {"kind": "sobol", "points": 4, "until": "2025-01", "outcomes": ["y"],
           "uncertainties": {"build_limit": "declared", "inflation": "declared"}}  # fmt: skip
    small = sweep(lhs, tmp_path, workers=1, simulate=stand_ins.product).runs
    grown = sweep({**lhs, "points": 8, "replications": 2}, tmp_path, workers=1, simulate=stand_ins.product)
    assert len(grown.runs) == 8 * 4 * 2
    assert simulations(tmp_path) == 64
    assert grown.runs[(grown.runs["seed"] == 1) & (grown.runs["point"] < 16)].reset_index(drop=True).equals(small)
    with pytest.raises(InputError, match="can grow but not shrink"):
        sweep(lhs, tmp_path, workers=1, simulate=stand_ins.product)


def test_equal_points_are_run_once_and_have_a_row_each(tmp_path: Path) -> None:
    choices = {
        "kind": "sobol",
        "points": 8,
        "until": "2025-01",
        "outcomes": ["y"],
        "levers": {"price_structure": ["uniform", "by_zone"]},
        "uncertainties": {"inflation": [0.02]},
    }
    table = sweep(choices, tmp_path, workers=1, simulate=stand_ins.product).runs
    assert len(table) == 8 * 4
    assert simulations(tmp_path) == table["key"].nunique() == 2
    # ... also when only some of them are there already
    grown = sweep({**choices, "points": 16}, tmp_path, workers=1, simulate=stand_ins.product).runs
    assert len(grown) == 16 * 4
    assert simulations(tmp_path) == 2
    assert grown["y"].notna().all()


def test_another_design_or_another_simulation_is_refused(tmp_path: Path) -> None:
    sweep(ONE_SCENARIO, tmp_path, workers=1, simulate=stand_ins.product)
    for changed in ({"until": "2025-02"}, {"uncertainties": {"build_limit": [0.5]}}, {"seed": 2}, {"outcomes": ["y"]}):
        with pytest.raises(InputError, match="holds another sweep"):
            sweep({**ONE_SCENARIO, **changed}, tmp_path, workers=1, simulate=stand_ins.product)
    with pytest.raises(InputError, match=r"simulate was stand_ins:product"):
        sweep(ONE_SCENARIO, tmp_path, workers=1, simulate=stand_ins.slow_product)


def test_changed_code_is_refused_but_its_results_can_be_read(tmp_path: Path) -> None:
    sweep(ONE_SCENARIO, tmp_path, workers=1, simulate=stand_ins.product)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["environment"]["code_checksum"] = "0" * 64
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"code_checksum was 000.*, now it is"):
        sweep(ONE_SCENARIO, tmp_path, workers=1, simulate=stand_ins.product)
    assert len(open_sweep(tmp_path).runs) == 24


def test_a_folder_with_other_files_or_a_newer_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="other files in it"):
        sweep(ONE_SCENARIO, tmp_path, simulate=stand_ins.product)
    sweep(ONE_SCENARIO, tmp_path / "store", workers=1, simulate=stand_ins.product)
    manifest = json.loads((tmp_path / "store" / "manifest.json").read_text())
    (tmp_path / "store" / "manifest.json").write_text(json.dumps({**manifest, "schema": 99}))
    with pytest.raises(InputError, match="its layout has version 99"):
        open_sweep(tmp_path / "store")


def test_a_second_process_on_one_store_is_refused(tmp_path: Path) -> None:
    sweep(ONE_SCENARIO, tmp_path, workers=1, simulate=stand_ins.product)
    with FileLock(tmp_path / "lock"):
        assert status(tmp_path).at_work
        with pytest.raises(InputError, match=r"another process is at work on .*process \d+ on"):
            sweep(ONE_SCENARIO, tmp_path, workers=1, simulate=stand_ins.product)
    assert not status(tmp_path).at_work


# -- runs that fail ------------------------------------------------------------------------------------------------


def test_a_failed_run_is_a_row_and_can_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store"
    result = sweep(ONE_SCENARIO, store, workers=1, simulate=stand_ins.failing)
    failed = result.runs[result.runs["status"] == "failed"]
    assert set(failed["seed"]) == {2}
    assert set(failed["error"]) == {"seed 2 divides by zero"}
    assert failed["y"].isna().all()
    assert "failing" in failed["error_where"].iloc[0]
    now = status(store)
    assert (now.done, now.failed, now.left, now.errors) == (16, 8, 0, {"ZeroDivisionError": 8})
    sweep(ONE_SCENARIO, store, workers=1, simulate=stand_ins.failing)
    assert simulations(store) == 24  # failed runs are not tried again unless asked for
    (tmp_path / "mended").touch()
    monkeypatch.setenv("STAND_IN_MENDED", str(tmp_path / "mended"))
    again = sweep(ONE_SCENARIO, store, workers=1, simulate=stand_ins.failing, retry_failed=True)
    assert (again.status.done, again.status.failed, len(again.runs)) == (24, 0, 24)
    assert simulations(store) == 24 + 8
    assert pd.read_parquet(store / "runs")["run"].is_unique
    assert again.repairs == ()


def test_an_error_of_the_run_is_not_taken_for_a_full_store(tmp_path: Path) -> None:
    result = sweep(ONE_SCENARIO, tmp_path, workers=1, simulate=stand_ins.full_disk_of_the_run)
    assert result.status.errors == {"OSError": 24}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_hangs_is_ended_and_recorded(tmp_path: Path, workers: int) -> None:
    design = {**ONE_SCENARIO, "uncertainties": {"build_limit": [1.0, 1.5]}}
    result = sweep(design, tmp_path, workers=workers, simulate=stand_ins.hanging, timeout=0.3)
    failed = result.runs[result.runs["status"] == "failed"]
    assert set(failed["seed"]) == {2}
    assert set(failed["error_kind"]) == {"RunTimeoutError"}
    assert (result.status.done, result.status.failed) == (4, 2)


@pytest.mark.thorough
def test_a_run_that_kills_its_worker_is_recorded_and_nothing_else_is_lost(tmp_path: Path) -> None:
    design = {**ONE_SCENARIO, "uncertainties": {"build_limit": [1.0]}}
    result = sweep(design, tmp_path, workers=2, simulate=stand_ins.deadly)
    assert result.runs["status"].tolist() == ["done", "failed", "done"]
    assert result.runs["error_kind"].iloc[1] == "WorkerDiedError"


# -- kills and interrupts ------------------------------------------------------------------------------------------


def test_killed_at_random_moments_it_ends_with_the_same_table(tmp_path: Path) -> None:
    content = killing.design(200, market=False)
    whole = sweep(content, tmp_path / "whole", workers=1, simulate=stand_ins.product).runs
    found = killing.kill_and_resume(
        tmp_path / "killed", content, "stand_ins:slow_product", kills=1, seed=3, within=0.5
    )  # fmt: skip
    assert found.finished
    assert found.kills == {"main process": 1, "worker": 1}
    assert found.table.drop(columns="key").equals(whole.drop(columns="key"))
    assert found.simulations == 200  # every row was written once
    assert found.leftovers == []


def test_an_interrupt_lets_runs_end_and_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "design.toml").write_text(
        'kind = "lhs"\npoints = 500\nscenario = "withdraw"\nuntil = "2025-12"\noutcomes = ["usps_cash_usd"]\n'
        "[set]\nn_shippers = 60\nn_enterprise_shippers = 10\n"
        '[uncertainties]\nbuild_limit = "declared"\n'
    )
    command = [sys.executable, "-c", "from experiments.cli import main; main()", "sweep", "design.toml",
               "--out", "store", "--workers", "2"]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    killing.wait_for(lambda: killing.files(tmp_path / "store") or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    now = status(tmp_path / "store")
    assert 0 < now.done < 500
    assert now.failed == 0
    assert f"interrupted; {now.done} of 500 runs are recorded in store. The same command goes on" in told
    assert not list((tmp_path / "store" / "work").iterdir())
    assert not now.at_work


def test_a_worker_that_outlives_its_sweep_cannot_write_any_more(tmp_path: Path) -> None:
    from experiments.designs import read_design
    from experiments.designs.plan import make_plan
    from experiments.store.shards import StoppedWriterError, write_shard
    from experiments.store.store import open_store
    from experiments.sweeps.work import Order, work

    plan = make_plan(read_design(ONE_SCENARIO), stand_ins.product)
    with open_store(tmp_path, plan) as old:
        order = Order(str(tmp_path), old.id, old.session, 1, (plan.item(0),), None)
    assert work(order).shard is None
    with pytest.raises(StoppedWriterError):
        write_shard(tmp_path, old.session, 1, [], old.schema)
    assert killing.files(tmp_path) == []


# -- reading -------------------------------------------------------------------------------------------------------


def test_pandas_polars_and_duckdb_read_a_store_in_one_line(tmp_path: Path) -> None:
    store = tmp_path / "store"
    sweep(DESIGN, store, workers=1, simulate=stand_ins.product)
    by_pandas = pd.read_parquet(store / "runs")
    by_polars = pl.read_parquet(store / "runs" / "*.parquet")
    by_duckdb = duckdb.sql(f"from '{store}/runs/*.parquet'").df()
    expected = open_sweep(store).runs
    for table in (by_pandas, by_polars.to_pandas(), by_duckdb):
        ordered = table.set_index("run").loc[expected["run"]].reset_index()
        assert list(ordered.columns) == list(expected.columns)
        assert ordered["y"].tolist() == expected["y"].tolist()


def test_a_sweep_can_be_read_while_it_runs(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(done: int, failed: int, total: int) -> None:
        if done:
            seen.append(len(open_sweep(tmp_path).runs))
            assert status(tmp_path).done == seen[-1]

    sweep(DESIGN, tmp_path, workers=1, simulate=stand_ins.product, progress=look)
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


# -- the cluster ---------------------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_dask_scheduler_with_two_workers_gives_the_same_table(tmp_path: Path) -> None:
    address = tmp_path / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "DASK_DISTRIBUTED__DASHBOARD__LINK": ""}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                 "--no-dashboard", "--scheduler-file", str(address)]  # fmt: skip
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address), "--nthreads", "1",
              "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path)]  # fmt: skip
    started = [subprocess.Popen(scheduler, env=environment, stderr=subprocess.DEVNULL)]
    try:
        killing.wait_for(address.exists, 30)
        time.sleep(0.2)  # the file is there before its content
        place = json.loads(address.read_text())["address"]
        started += [subprocess.Popen(worker, env=environment, stderr=subprocess.DEVNULL) for _ in range(2)]
        from distributed import Client

        with Client(place, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        design = {**DESIGN, "outcomes": ["usps_cash_usd"], "replications": 1,
                  "set": {"n_shippers": 200, "n_enterprise_shippers": 20}}  # fmt: skip
        by_dask = sweep(design, tmp_path / "dask", dask=place).runs
        here = sweep(design, tmp_path / "here", workers=1).runs
        assert by_dask.equals(here)
        failing = sweep(ONE_SCENARIO, tmp_path / "failing", dask=place, simulate=stand_ins.failing)
        assert failing.status.errors == {"ZeroDivisionError": 8}
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=30)


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scheduler answers"):
        sweep(ONE_SCENARIO, tmp_path / "store", dask="nonsense://nowhere", simulate=stand_ins.product)


@pytest.mark.thorough
def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from experiments import sweep\n"
        f"sweep({ {**DESIGN, 'outcomes': ['usps_cash_usd']}!r}, {str(tmp_path / 'store')!r}, workers=2)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "WorkerError" in done.stderr
    assert "outside `if __name__ == '__main__':`" in done.stderr
    assert status(tmp_path / "store").failed == 0


def test_simulate_must_be_a_function_that_others_can_import(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="in a module of its own"):
        sweep(ONE_SCENARIO, tmp_path / "store", simulate=lambda scenario, seed: simulate_market(scenario, seed))


def test_the_guide_shows_designs_and_readers_that_work(tmp_path: Path) -> None:
    import re
    import tomllib

    from experiments import read_design

    text = (Path(__file__).parents[2] / "docs" / "sweeps.md").read_text()
    design = tomllib.loads(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])  # type: ignore[index]
    design["uncertainties"].pop("amazon_via_usps")  # steps are for grids
    assert read_design(design).n_points == 200
    sweep(DESIGN, tmp_path / "store", workers=1, simulate=stand_ins.product)
    readers = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]  # type: ignore[index]
    found: dict[str, Any] = {}
    tables = 0
    for line in readers.replace("results/rural_build", str(tmp_path / "store")).strip().splitlines():
        exec(line, found)
        if line.startswith("runs"):
            tables += 1
            assert len(found["runs"]) == 48, line
    assert tables == 3


def test_a_misspelt_outcome_of_a_simulation_of_ones_own_ends_the_sweep(tmp_path: Path) -> None:
    wrong = {**DESIGN, "outcomes": ["y", "zz"]}
    for workers in (1, 2):
        with pytest.raises(InputError, match="the simulation gives no 'zz'; did you mean z"):
            sweep(wrong, tmp_path / "store", workers=workers, simulate=stand_ins.product)
        assert status(tmp_path / "store").done == 0
    # Nothing was kept, so that the right design finds its folder free.
    found = sweep(DESIGN, tmp_path / "store", workers=1, simulate=stand_ins.product)
    assert found.runs["z"].notna().all()
    with pytest.raises(InputError, match="holds another sweep"):
        sweep(wrong, tmp_path / "store", workers=1, simulate=stand_ins.product)


def test_a_simulation_of_ones_own_may_say_that_a_run_has_no_figure(tmp_path: Path) -> None:
    found = sweep(DESIGN, tmp_path / "store", workers=1, simulate=stand_ins.sometimes_nothing)
    assert found.runs.groupby("seed")["z"].count().to_dict() == {1: 16, 2: 0, 3: 16}
