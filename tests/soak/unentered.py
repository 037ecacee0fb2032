"""Branch coverage of agents/ and model/, and their functions that no test enters, from the data of a coverage run.

python tests/soak/unentered.py results/coverage [--write docs/hardening.md]: see `make coverage`.
"""

from __future__ import annotations

import argparse
import ast
import io
from datetime import date
from pathlib import Path

import coverage

ROOT = Path(__file__).parents[2]
FOLDERS = ("agents", "model")
SECTION = "coverage"


def unentered(data_file: str, root: Path = ROOT, folders: tuple[str, ...] = FOLDERS) -> list[str]:
    """Functions of which not one line of the body was run, as "file:line name"."""
    data = coverage.CoverageData(data_file)
    data.read()
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            pairs = data.arcs(str(path)) or []
            ran = {abs(line) for pair in pairs for line in pair}
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and not _is_stub(node):
                    body = {inner.lineno for one in node.body for inner in ast.walk(one) if hasattr(inner, "lineno")}
                    if not body & ran:
                        found.append(f"{path.relative_to(root)}:{node.lineno} {node.name}")
    return found


def covered(data_file: str, folder: str) -> float:
    """Share of the lines and branches of a folder that a run of the tests passed, in percent."""
    measured = coverage.Coverage(data_file=data_file, config_file=False, branch=True)
    measured.load()
    return measured.report(include=[f"{ROOT / folder}/*"], file=io.StringIO())


def report(data_file: str) -> str:
    """The section of the page."""
    from experiments.provenance import commit

    names = unentered(data_file)
    shares = " and ".join(f"{covered(data_file, folder):.1f} % of `{folder}/`" for folder in FOLDERS)
    lines = [
        "## Coverage",
        "",
        f"Made by `make coverage` on {date.today()}, commit {str(commit())[:12]}: the tests without those that need a "
        f"browser pass {shares} (lines and branches together). Functions that no test enters: {len(names)}.",
        "",
        *(f"* `{name}`" for name in names),
    ]
    return "\n".join(lines).strip()


def _is_stub(node: ast.FunctionDef) -> bool:
    """Whether it is a line of a protocol or an overload: a docstring or three dots."""
    return all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node.body)


def main() -> None:
    """Print the section, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_file")
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    text = report(arguments.data_file)
    print(text)
    if arguments.write:
        from experiments.reports.sections import write_section

        write_section(arguments.write, SECTION, text)


if __name__ == "__main__":
    main()
