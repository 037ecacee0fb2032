"""Which test files take longest, from the file that `make test ARGS=--junitxml=FILE` writes.

    python -m tests.durations FILE            # a table of the twenty slowest, and what two processes need at least
    python -m tests.durations FILE BEFORE     # the same beside an earlier suite

The first names belong into `LONGEST` of tests/conftest.py, where the order in which files are handed out stands.
"""

from __future__ import annotations

import sys
from collections import Counter
from xml.etree import ElementTree

SHOWN = 20


def by_file(path: str) -> Counter[str]:
    """Seconds of all tests of each file, set-up and clean-up included."""
    found: Counter[str] = Counter()
    for case in ElementTree.parse(path).iter("testcase"):
        module = [part for part in case.get("classname", "").split(".") if not part[:1].isupper()]
        found["/".join(module) + ".py"] += float(case.get("time", 0.0))
    return found


def table(found: Counter[str], before: Counter[str] | None = None) -> str:
    """The slowest files, slowest first; those that were slow before too, where that is known."""
    slowest = [name for name, _ in found.most_common(SHOWN)]
    if before is not None:
        slowest += [name for name, _ in before.most_common(SHOWN) if name not in slowest]
    lines = []
    for name in slowest:
        earlier = "" if before is None else f"{before[name]:8.0f}"
        lines.append(f"{earlier}{found[name]:8.0f}  {name}")
    total = sum(found.values())
    earlier = "" if before is None else f"{sum(before.values()):8.0f}"
    return "\n".join([*lines, f"{earlier}{total:8.0f}  all; two processes need at least {total / 120:.1f} minutes"])


def main(path: str, before: str = "") -> None:
    """Print the table."""
    print(table(by_file(path), by_file(before) if before else None))


if __name__ == "__main__":
    main(*sys.argv[1:])
