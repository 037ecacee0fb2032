"""What holds for all tests."""

from __future__ import annotations

import gc
import os

import hypothesis
import pytest
import scipy.linalg  # noqa: F401 (it brings the second of the two libraries that are limited below)
import threadpoolctl

from model.start import customers

# A run comes back to a few starts, a suite to more of them: some 2 MB each in every process.
customers.REMEMBERED = 24

# Tests run side by side: threads of one's linear algebra would wait for those of the other, in processes of theirs too.
threadpoolctl.threadpool_limits(1, user_api="blas")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No test depends on the clock: the machine may be busy.
hypothesis.settings.register_profile("lastmile", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("lastmile")

#: Files that take longest, longest first: in two processes they begin first, so that none is left alone at the end.
#: `python -m tests.durations` tells from a suite which these are.
LONGEST = (
    "test_own_parties.py",
    "test_documentation.py",
    "test_sweep.py",
    "test_economics.py",
    "test_examples.py",
    "test_statements.py",
    "test_stepping.py",
    "test_seat.py",
    "test_learning.py",
    "test_negotiation.py",
    "test_networks.py",
    "test_volume_loss.py",
    "test_shocks.py",
    "test_analysis.py",
    "test_parties_decide.py",
    "test_random_markets.py",
    "test_negotiate_command.py",
    "test_hindcast.py",
    "test_estimation.py",
    "test_command_line.py",
    "test_history.py",
    "test_interest.py",
    "test_drivers.py",
    "test_parameters_in_use.py",
    "test_number_of_shippers.py",
    "test_start_state.py",
    "test_fuzzed_files.py",
    "test_bargains.py",
    "test_amazon.py",
    "test_access.py",
    "test_access_auction.py",
    "test_uso_cost.py",
    "test_firms.py",
    "test_contract_book.py",
)


def pytest_collection_finish() -> None:
    """Modules, tests and what they hold stay to the end: they need not be looked through again and again."""
    gc.collect()
    gc.freeze()


def is_thorough(item: pytest.Item) -> bool:
    """Whether a test is none of the short suite: `@pytest.mark.thorough`, or the cases that it names."""
    mark = item.get_closest_marker("thorough")
    if mark is None:
        return False
    case = item.callspec.id if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ""
    return not mark.args or case in mark.args


def pytest_addoption(parser: pytest.Parser) -> None:
    """The short suite is the usual one."""
    parser.addoption("--thorough", action="store_true", help="every case, also those that the short suite leaves out")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is `thorough`; in several processes (`make test`) hand out files longest first.

    Files and tests that are named on the command line run with all their cases.
    """
    suite = set(config.args) <= set(config.getini("testpaths"))
    if suite and not config.getoption("--thorough"):
        left_out = [item for item in items if is_thorough(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not is_thorough(item)]
    if config.getoption("dist", "no") != "no" or hasattr(config, "workerinput"):
        place = {name: position for position, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.path.name, len(place)))
