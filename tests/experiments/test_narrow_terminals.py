"""Terminals that are very narrow, or say that they have no width at all."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import stand_ins
from stand_ins import DESIGN

from experiments import sweep
from experiments.cli import console as console_module

CALL = "import sys; from experiments.cli import main; main()"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("narrow") / "store"
    sweep({**DESIGN, "replications": 63}, folder, workers=1, simulate=stand_ins.product)
    return folder


def on_terminal(arguments: list[str], width: int, **environment: str) -> str:
    """What a command shows on a terminal of a width."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    usual = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-c", CALL, *arguments], stdout=inner, stderr=inner, env={**usual, **environment}
    ) as process:
        os.close(inner)
        shown = b""
        try:
            while chunk := os.read(outer, 65536):
                shown += chunk
        except OSError:  # the other end is closed
            pass
    os.close(outer)
    assert process.returncode == 0, shown.decode()
    return shown.decode()


@pytest.mark.parametrize(("width", "environment"), [(0, {}), (5, {}), (120, {"COLUMNS": "0"}), (120, {"COLUMNS": "3"})])
def test_no_figure_of_a_status_is_lost(store: Path, width: int, environment: dict[str, str]) -> None:
    shown = on_terminal(["status", str(store)], width, **environment)
    assert shown.count("1,008") == 2  # done, and in all
    assert shown.count("100.0%") == 2
    assert "Nobody is at work on it" in " ".join(shown.split())


def test_help_and_lists_are_there_without_a_width() -> None:
    assert "matrix" in on_terminal(["--help"], 120, COLUMNS="0")
    assert "impasse" in on_terminal(["scenarios"], 0, COLUMNS="0")


@pytest.mark.parametrize(("columns", "printed"), [("0", 60), ("7", 60), ("200", 200)])
def test_a_result_is_never_printed_narrower_than_its_tables_need(
    columns: str, printed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    found = console_module.console().width
    assert found >= printed if columns == "0" else found == printed
