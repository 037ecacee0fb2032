"""A few seconds of what `make soak-server` does for an hour."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "soak"))

import compared
import memory
import soak_server

SMALL = "set.n_shippers=200&set.n_enterprise_shippers=20"


def test_a_few_visitors_do_the_server_no_harm(tmp_path):
    with ThreadPoolExecutor(1) as thread:  # the browser driver of other tests keeps a loop in this one
        found = thread.submit(soak_server.soak, 2, 0.01, SMALL, 0.1, tmp_path, "1s").result()
    assert found.problems == []
    assert len(found.compared) == 2
    assert found.deeds["messages of rubbish"]
    assert found.deeds["hostile requests"]
    assert found.deeds["connections lost and found"]
    text = soak_server.report(found)
    assert "2 are equal to the last bit" in text
    assert "Tracebacks in the server's log: 0." in text


def test_a_series_that_differs_in_its_last_bit_is_named():
    months = ["2025-01", "2025-02"]
    expected = pd.DataFrame({"a": [1.0, 2.0], "b": [0.1, np.nan]}, index=months)
    assert compared.frames_differ(expected.copy(), expected) == []
    found = expected.assign(a=[1.0, np.nextafter(2.0, 3.0)])
    assert compared.frames_differ(found, expected) == ["a"]
    assert compared.frames_differ(expected.iloc[:1], expected) != []
    assert compared.frames_differ(expected[["a"]], expected) != []


@pytest.mark.parametrize(("growth", "flat"), [(0.0, True), (0.5, True), (2.0, False)])
def test_memory_that_grows_after_the_settling_is_told(growth, flat):
    """A server of 1,000 MB that fills in its first ten minutes, sways, and then grows so many MB a minute."""
    sway = np.random.default_rng(1).normal(0.0, 10.0, 60)
    sizes = [1e6 * (1000 + sway[i] + growth * i - max(0, 10 - i) * 50) for i in range(60)]
    samples = [memory.Sample(float(i), int(size), 4, 20) for i, size in enumerate(sizes)]
    line = memory.trend(samples, 10.0)
    assert line.slope == pytest.approx(growth * 60e6, abs=3 * line.error)
    assert line.is_flat is flat
    assert memory.trend(samples[:12], 10.0) is None
    found = soak_server.Found(0, samples=samples, lives=True, code=soak_server._code())
    assert found.problems == ([] if flat else [f"memory grows by {line.slope / 1e6:.0f} MB an hour"])


def test_tracebacks_of_a_log_are_counted_by_their_last_line():
    trace = "Traceback (most recent call last):\n  File 'x', line 3\n    call()\nValueError: bad\n"
    text = f"a line 12\n{trace}a line 13\n{trace}Error cleaning up references, not fatal\n{trace}"
    tracebacks, others = soak_server.read_log(text)
    assert tracebacks == {"ValueError: bad": 2}
    assert others["a line #"] == 2
