"""How many processes there are, wherever this one runs."""

import multiprocessing

import pytest

from experiments import compare, sweep, workers
from experiments.workers import MAX_ON_WINDOWS, WorkerPool, cpu_quota, default_workers, usable_workers
from tests.small import SMALL

SHORT = {"set": {**SMALL, "make_or_buy": False}, "until": "2025-01"}


def compare_there(out):
    """What somebody's script does in a process of `multiprocessing.Pool`."""
    told = compare(["renew", "withdraw"], replications=2, workers=2, **SHORT)
    design = {"kind": "grid", "uncertainties": {"build_limit": [0.5, 1.0]}, "outcomes": ["amazon_own_share"], **SHORT}
    done = sweep(design, out, workers=4).status
    return told.runs, done.left, WorkerPool(3).workers, default_workers()


def test_a_worker_that_may_have_none_does_the_runs_itself(tmp_path):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        runs, left, pool_workers, usual = pool.apply(compare_there, (tmp_path / "store",))
    here = compare(["renew", "withdraw"], replications=2, workers=1, **SHORT).runs
    assert runs.equals(here)
    assert (left, pool_workers, usual) == (0, 1, 1)


def test_windows_has_no_more_than_it_can_wait_for(monkeypatch):
    assert usable_workers(100) == 100
    monkeypatch.setattr(workers.sys, "platform", "win32")
    assert usable_workers(100) == WorkerPool(512).workers == MAX_ON_WINDOWS
    assert usable_workers(8) == 8


def groups(tmp_path, own, **quotas):
    """Control groups as files; a name has "__" for a folder."""
    (tmp_path / "cgroup").write_text(own)
    for name, content in quotas.items():
        folder, _, file = name.replace("__", "/").rpartition("/")
        path = tmp_path / "fs" / folder
        path.mkdir(parents=True, exist_ok=True)
        (path / {"max": "cpu.max", "quota": "cpu.cfs_quota_us", "period": "cpu.cfs_period_us"}[file]).write_text(
            content
        )
    return cpu_quota(tmp_path / "fs", tmp_path / "cgroup")


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"max": "max 100000\n"}, None),
        ("0::/a/b\n", {"a__b__max": "max 100000\n", "a__max": "200000 100000\n", "max": "400000 100000\n"}, 2.0),
        ("0::/of/the/host\n", {"max": "50000 100000\n"}, 0.5),  # a container sees its own at the top
        (
            "3:cpuset:/a\n2:cpu,cpuacct:/a\n",
            {"cpu,cpuacct__a__quota": "300000", "cpu,cpuacct__a__period": "100000"},
            3.0,
        ),
        ("1:cpu:/\n", {"cpu__quota": "-1", "cpu__period": "100000"}, None),
        ("0::/\n", {"max": "rubbish"}, None),
        ("rubbish", {"max": "100000 100000"}, None),
    ],
)
def test_what_a_container_is_given_is_read(tmp_path, own, files, expected):
    assert groups(tmp_path, own, **files) == expected
    assert cpu_quota(tmp_path / "none", tmp_path / "nothing") is None


@pytest.mark.parametrize(("quota", "expected"), [(None, 8), (0.5, 1), (2.5, 3), (64.0, 8)])
def test_the_usual_number_is_what_this_process_may_have(monkeypatch, quota, expected):
    monkeypatch.setattr(workers.os, "process_cpu_count", lambda: 8, raising=False)
    monkeypatch.setattr(workers, "cpu_quota", lambda: quota)
    assert default_workers() == expected
