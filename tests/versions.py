"""Tests with other versions of Python, Mesa and Solara than the locked ones, as a table: `make versions`.

Each pair has an environment of its own below results/versions, with the locked packages but for what is named. In it
run the tests that hang on Python, Mesa or Solara: the market as a Mesa model, checkpoints, streams of luck, the
reference runs, parties of one's own, and the page without a browser.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "results" / "versions"
PAGE = ROOT / "docs" / "versions.md"
PYTHONS = ("3.12", "3.13", "3.14")
#: What to install over the locked packages; Solara's newest is looked up when the table is made.
PAIRS: dict[str, tuple[str, ...]] = {
    "locked": (),
    "oldest Mesa": ("mesa==3.5.0",),
    "next Mesa": ("mesa==4.0.0a0",),
    "newest Solara": ("solara",),
}
BRIEF = ("tests/model/test_mesa.py", "tests/experiments/test_reference_runs.py")
USUAL = (
    *BRIEF,
    "tests/model/test_checkpoint.py",
    "tests/model/test_streams.py",
    "tests/model/test_parties_decide.py",
    "tests/model/test_wage_setters.py",
    "tests/experiments/test_comparison.py",
    "tests/server/test_guard.py",
    "tests/server/test_outbox.py",
    "tests/server/test_page.py",
    "tests/server/test_session.py",
)
SHOWN = ("mesa", "solara", "numpy", "pandas")
COUNTS = ("tests", "failures", "errors", "skipped")
TOLD = "import importlib.metadata as m, sys; print(*(m.version(name) for name in sys.argv[1:]))"


@dataclass(frozen=True)
class Row:
    """What one environment gave: versions in the order of `SHOWN`, and tests that passed, failed and were left out."""

    python: str
    pair: str
    versions: tuple[str, ...]
    passed: int
    failed: int
    skipped: int
    why: str = ""


def interpreter(version: str) -> str | None:
    """A Python of that version on this machine."""
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(installed.glob(f"{version}*/bin/python"))
    return str(found[-1]) if found else shutil.which(f"python{version}")


def prepare(uv: str, python: str, version: str, pair: str) -> Path:
    """An environment with the locked packages, but for those of the pair."""
    place = FOLDER / f"{version}-{pair.replace(' ', '-').lower()}"
    # Compiled when it is imported: most of what is installed is not.
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(place), "UV_COMPILE_BYTECODE": "0"}
    synced = [uv, "sync", "--frozen", "--quiet", "--no-default-groups", "--group", "dev", "--python", python]
    subprocess.run(synced, cwd=ROOT, env=environment, check=True)
    if PAIRS[pair]:
        added = [uv, "pip", "install", "--quiet", "--upgrade", "--python", str(place / "bin" / "python"), *PAIRS[pair]]
        subprocess.run(added, cwd=ROOT, env=environment, check=True)
    return place / "bin" / "python"


def tried(python: Path, version: str, pair: str, tests: Sequence[str]) -> Row:
    """The tests in an environment."""
    file = FOLDER / "junit.xml"
    file.unlink(missing_ok=True)
    told = subprocess.run([python, "-c", TOLD, *SHOWN], capture_output=True, text=True, check=True).stdout.split()
    usual = ("-q", "-n", "0", "-m", "not browser", "-p", "no:cacheprovider")
    asked = [str(python), "-m", "pytest", *usual, f"--junitxml={file}", *tests]
    subprocess.run(asked, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    return counted(file, version, pair, tuple(told))


def counted(file: Path, version: str, pair: str, versions: tuple[str, ...]) -> Row:
    """Counts of a file of results."""
    if not file.exists():
        return Row(version, pair, versions, 0, 1, 0, "the tests did not start")
    suite = ElementTree.parse(file).getroot()[0]
    n, failures, errors, skipped = (int(suite.get(name, "0")) for name in COUNTS)
    names = [case.get("name", "") for case in suite.iter("testcase") if case.find("failure") is not None]
    return Row(version, pair, versions, n - failures - errors - skipped, failures + errors, skipped, ", ".join(names))


def wanted(pythons: Sequence[str], brief: bool) -> list[tuple[str, str]]:
    """Pairs to try; in brief other packages with one Python, and the locked ones with the other Pythons."""
    if not brief:
        return [(version, pair) for version in pythons for pair in PAIRS]
    first = [(version, pair) for version in pythons[:1] for pair in PAIRS if PAIRS[pair]]
    return first + [(version, pair) for version in pythons[1:] for pair in PAIRS if not PAIRS[pair]]


def page(rows: Sequence[Row], missing: Sequence[str], tests: Sequence[str], day: date) -> str:
    """The table, as Markdown."""
    options = "--brief --write" if tests is BRIEF else "--write"
    system = f"{platform.system()} {platform.machine()}"
    head = ("system", "Python", "environment", *(name.capitalize() for name in SHOWN), "passed", "failed", "left out")
    cells = [(system, r.python, r.pair, *r.versions, r.passed, r.failed, r.skipped) for r in rows]
    rule = ["---"] * (len(head) - 3) + ["---:"] * 3
    parts = [
        "# Platforms and versions",
        f'Made by `make versions ARGS="{options}"` on {day.isoformat()}. Each row is an environment of its own: the '
        f"locked packages, but for what its name says. In it ran {len(tests)} files of tests that hang on Python, "
        "Mesa or Solara, without a browser; the whole suite runs with the locked packages.",
        "\n".join(f"| {' | '.join(map(str, line))} |" for line in (head, rule, *cells)),
        *(f"{row.python}, {row.pair}: {row.why}." for row in rows if row.why),
        *(f"Python {version} is not on the machine where this was made, and was not tried." for version in missing),
        "Mesa 4 has no `mesa.batch_run`, and its test is left out; `experiments.sweep` does what it did. What the app "
        "uses of the inside of Solara's server stands in `server/solara_inside.py`.",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Make the environments, run the tests, print or write the table."""
    parser = argparse.ArgumentParser(description="Tests with other versions of Python, Mesa and Solara.")
    parser.add_argument("--uv", default="uv", help="the program uv")
    parser.add_argument("--brief", action="store_true", help="few tests, for continuous integration")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    arguments = parser.parse_args()
    tests = BRIEF if arguments.brief else USUAL
    found = {version: interpreter(version) for version in PYTHONS}
    here = {version: python for version, python in found.items() if python is not None}
    rows = []
    for version, pair in wanted(tuple(here), arguments.brief):
        rows.append(tried(prepare(arguments.uv, here[version], version, pair), version, pair, tests))
    missing = [version for version in PYTHONS if version not in here]
    text = page(rows, missing, tests, date.today())
    if arguments.write:
        PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 1 if any(row.failed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
