"""The example scripts run as they stand."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_first_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("experiments.workers.default_workers", lambda: 1)
    monkeypatch.setattr("sys.argv", ["first_run.py", "2025-12"])
    runpy.run_path(str(EXAMPLES / "first_run.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "bn $ in 2025" in printed
    assert "a lower build limit" in printed
