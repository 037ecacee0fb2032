"""The house has four floors, and a floor imports only floors below it; no module needs itself to be imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("agents", "model", "experiments", "server")


def modules(floor: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / floor).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST, everywhere: bool) -> set[str]:
    """Names of imported modules of the house: all, or only those that are imported when the module is."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif not everywhere and _is_later(node):
            continue
        else:
            found |= imports(node, everywhere)
    return {name for name in found if name.partition(".")[0] in FLOORS}


def _is_later(node: ast.AST) -> bool:
    """Whether what it imports is imported when a function is called, or only for type checkers."""
    only_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    return only_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_floors_below_it(floor: str) -> None:
    allowed = FLOORS[: FLOORS.index(floor) + 1]
    wrong = {
        (name, imported)
        for name, tree in modules(floor)
        for imported in imports(tree, everywhere=True)
        if imported.partition(".")[0] not in allowed
    }
    assert wrong == set()


def circle(floors: tuple[str, ...], everywhere: bool) -> str:
    """Modules that need each other in a ring, with arrows between them; empty where there is none."""
    trees = {name: tree for floor in floors for name, tree in modules(floor)}
    graph = {name: {one for one in imports(tree, everywhere) if one in trees} for name, tree in trees.items()}
    # A package that collects what its modules hold is imported before them; that is no circle.
    graph = {
        name: {one for one in needed if not name.startswith(f"{one}.") and one != name}
        for name, needed in graph.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " -> ".join(error.args[1])
    return ""


def test_no_module_needs_itself() -> None:
    assert circle(FLOORS, everywhere=False) == ""


def test_agents_and_model_have_no_circle_even_of_types() -> None:
    """Whoever reads a module of the two lower floors can first read all that it builds on."""
    assert circle(("agents", "model"), everywhere=True) == ""


@pytest.mark.parametrize("floor", ["agents", "model"])
def test_agents_and_model_import_in_the_open(floor: str) -> None:
    """No import waits for a type checker: a circle cannot hide there."""
    hidden = [name for name, tree in modules(floor) if "TYPE_CHECKING" in ast.unparse(tree)]
    assert hidden == []
