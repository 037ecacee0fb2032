"""The examples in the docstrings of the verbs run as they stand."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from experiments import SweepResult, sweep

MODULES = (
    "experiments.analysis.differences",
    "experiments.analysis.discovery",
    "experiments.analysis.drivers",
    "experiments.analysis.responses",
    "experiments.analysis.sensitivity",
    "experiments.designs.reading",
    "experiments.reports.report",
    "experiments.store.reading",
    "experiments.store.status",
    "experiments.sweeps.sweep",
)
SMALL = {"n_shippers": 200, "n_enterprise_shippers": 20}
BASE = {"scenario": "withdraw", "until": "2025-01", "set": SMALL, "outcomes": ["amazon_own_share"]}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """A grid of eight points."""
    design = {
        **BASE,
        "kind": "grid",
        "uncertainties": {"amazon_via_usps": [1.2, 1.4, 1.6, 1.8], "growth_market": [0.02, 0.06]},
    }
    return sweep(design, tmp_path_factory.mktemp("example") / "store", workers=1)


@pytest.fixture(scope="module")
def screening(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """Morris trajectories of two factors."""
    names = ("amazon_via_usps", "growth_market")
    design = {**BASE, "kind": "morris", "trajectories": 2, "uncertainties": dict.fromkeys(names, "declared")}
    return sweep(design, tmp_path_factory.mktemp("screening") / "store", workers=1)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, example: SweepResult, screening: SweepResult, tmp_path: Path) -> None:
    module = import_module(name)
    found = doctest.DocTestFinder(exclude_empty=True).find(
        module, globs={**vars(module), "example": example, "screening": screening, "folder": tmp_path}
    )
    examples = [test for test in found if test.examples]
    assert examples, "a verb without an example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL)
    for test in examples:
        runner.run(test)
    assert runner.failures == 0
