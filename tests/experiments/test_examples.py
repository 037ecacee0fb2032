"""The example scripts run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_first_run() -> None:
    script = [sys.executable, str(EXAMPLES / "first_run.py"), "2025-12"]
    found = subprocess.run(script, capture_output=True, text=True, timeout=180, check=False)
    assert found.returncode == 0, found.stderr
    assert "bn $ in 2025" in found.stdout
    assert "a lower build limit" in found.stdout
