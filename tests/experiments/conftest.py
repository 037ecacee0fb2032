"""The command line in other processes, and the few runs that many tests look at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from experiments import Comparison, RunResult, compare, run
from tests.small import FEWER

# The stand-ins for the market are imported by worker processes too, which take over this list.
sys.path.insert(0, str(Path(__file__).parent))

type Lastmile = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def lastmile() -> Lastmile:
    """Calls the command line in a process of its own."""

    def call(
        arguments: Sequence[str], folder: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from experiments.cli import main; main()", *arguments],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def short_run() -> RunResult:
    """One year of the withdrawal."""
    return run("withdraw", until="2025-12")


@pytest.fixture(scope="session")
def placebo() -> Comparison:
    """The baseline beside itself under another name."""
    return compare(["baseline", "placebo"], {**FEWER, "n_shippers": 100}, until="2025-12", replications=2, workers=1)
