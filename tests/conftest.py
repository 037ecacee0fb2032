"""What holds for all tests."""

from __future__ import annotations

import os

import hypothesis
import pytest
import scipy.linalg  # noqa: F401 (it brings the second of the two libraries that are limited below)
import threadpoolctl

# Tests run side by side: threads of one's linear algebra would wait for those of the other, in processes of theirs too.
threadpoolctl.threadpool_limits(1, user_api="blas")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No test depends on the clock: the machine may be busy.
hypothesis.settings.register_profile("lastmile", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("lastmile")

#: Files that take longest, longest first: in two processes they begin first, so that none is left alone at the end.
LONGEST = (
    "test_own_parties.py",
    "test_documentation.py",
    "test_examples.py",
    "test_learning.py",
    "test_negotiate_command.py",
    "test_comparison.py",
    "test_hindcast.py",
    "test_command_line.py",
    "test_analysis.py",
    "test_estimation.py",
    "test_amazon.py",
    "test_access.py",
    "test_drivers.py",
    "test_access_auction.py",
    "test_bargains.py",
    "test_fuzzed_files.py",
    "test_firms.py",
    "test_access_awards.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In several processes (`make test`) files are handed out longest first; in one, in the order that they have."""
    if config.getoption("dist", "no") != "no" or hasattr(config, "workerinput"):
        place = {name: position for position, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.path.name, len(place)))
