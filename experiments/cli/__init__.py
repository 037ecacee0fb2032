"""The `lastmile` command line."""

from __future__ import annotations

import sys

from experiments.cli.app import app
from experiments.cli.console import make_room


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without a letter shows "?" instead of failing
            stream.reconfigure(errors="replace")
    make_room()
    app(prog_name="lastmile")
