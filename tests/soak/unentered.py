"""Functions of agents/ and model/ that no test enters, from the data of a coverage run: `make coverage`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import coverage

ROOT = Path(__file__).parents[2]


def unentered(data_file: str) -> list[str]:
    """Functions of which not one line of the body was run, as "file:line name"."""
    data = coverage.CoverageData(data_file)
    data.read()
    found = []
    for folder in ("agents", "model"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            pairs = data.arcs(str(path)) or []
            ran = {abs(line) for pair in pairs for line in pair}
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and not _is_stub(node):
                    body = {inner.lineno for one in node.body for inner in ast.walk(one) if hasattr(inner, "lineno")}
                    if not body & ran:
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    return found


def _is_stub(node: ast.FunctionDef) -> bool:
    """Whether it is a line of a protocol or an overload: a docstring or three dots."""
    return all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node.body)


if __name__ == "__main__":
    names = unentered(sys.argv[1])
    print(f"Functions that no test enters: {len(names)}", *names, sep="\n  ")
