"""A server in a process of its own, to be measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: Its address.
        pid: Its process.
        log: What it says on stderr.
    """

    url: str
    pid: int
    log: Path

    def health(self) -> dict[str, int]:
        """Its counts."""
        with urllib.request.urlopen(f"{self.url}/health", timeout=PATIENCE_SECONDS) as answer:
            found: dict[str, int] = json.loads(answer.read())
            return found

    def is_alive(self) -> bool:
        """Whether it answers."""
        try:
            return self.health() != {}
        except OSError:
            return False

    def complaints(self) -> int:
        """How many errors it has told."""
        return self.log.read_text(errors="replace").count("Traceback")


@contextmanager
def running(folder: Path, code: Path | None = None) -> Iterator[Server]:
    """Start a server on a free port.

    Args:
        folder: Where its log goes.
        code: Folder of the code that it runs; this one unless told.

    Raises:
        RuntimeError: It did not start.
    """
    log = folder / "server.log"
    with log.open("w") as errors:
        command = [sys.executable, "-m", "server.serve", "--port", "0"]
        environment = os.environ if code is None else {**os.environ, "PYTHONPATH": str(code)}
        process = subprocess.Popen(command, cwd=code, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise RuntimeError(f"the server did not start: {log.read_text()}")
        yield Server(found[0], process.pid, log)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
