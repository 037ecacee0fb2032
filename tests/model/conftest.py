"""Shared by the tests of the market: oracle values, cached runs, comparison of runs, the naive reference."""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from model.market import ParcelMarket
from model.records import SERIES
from model.scenario import Scenario
from tests.oracles import ORACLES


@pytest.fixture(scope="session")
def oracle():
    """Test values by symbol."""
    return ORACLES.__getitem__


@pytest.fixture(scope="session")
def market():
    """A market that is not shared: `market("withdraw", rng=3, build_limit=0)`."""

    def build(name="baseline", rng=1, **changes):
        return ParcelMarket(Scenario.load(name).with_changes(changes), rng=rng)

    return build


@pytest.fixture(scope="session")
def finished(market):
    """A finished run that tests share and must not change."""

    @cache
    def run(name="baseline", rng=1, **changes):
        return market(name, rng, **changes).run()

    return run


@pytest.fixture(scope="session")
def differences():
    """Names of the records in which two runs differ in some months; of the first carriers and groups only."""

    def compare(left, right, months=None, carriers=None):
        found = []
        for series in SERIES:
            a, b = left.records[series.name][:months], right.records[series.name][:months]
            for axis, name in enumerate(series.axes, start=1):
                if name == "carrier" and carriers is not None:
                    a, b = (np.take(one, range(carriers), axis=axis) for one in (a, b))
            if not np.array_equal(a, b):
                found.append(series.name)
        return found

    return compare


@pytest.fixture(scope="session")
def naive():
    """The slow reference; a test module cannot import its neighbour, so it is loaded by path."""
    path = Path(__file__).with_name("naive_reference.py")
    spec = importlib.util.spec_from_file_location("naive_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
