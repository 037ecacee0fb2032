"""Small changes to a module, one at a time: what a test suite that looks closely should notice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLS = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One changed copy of a module.

    Attributes:
        line: Line of the change in the original.
        scope: Function or class in which it stands.
        change: What was changed into what.
        source: The whole changed module.
    """

    line: int
    scope: str
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """All single changes of comparisons, arithmetic, logic, constants, conditions, calls and statements."""
    tree = ast.parse(source)
    for position, (node, scope) in enumerate(_places(tree)):
        for number, (change, _) in enumerate(_changes(node)):
            changed = copy.deepcopy(tree)
            target, _ = list(_places(changed))[position]
            _, apply = list(_changes(target))[number]
            apply()
            yield Mutant(node.lineno, scope, change, ast.unparse(ast.fix_missing_locations(changed)))


def _places(tree: ast.AST, scope: str = "module") -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Every node that may be changed, in order; annotations, messages of errors and docstrings are left alone."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords" if _is_class(tree) else ""):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Raise | ast.JoinedStr | ast.Import):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            inside = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else scope
            if isinstance(child, ast.expr | ast.stmt):
                yield child, inside
            yield from _places(child, inside)


def _is_class(tree: ast.AST) -> bool:
    return isinstance(tree, ast.ClassDef)


def _changes(node: ast.AST):  # type: ignore[no-untyped-def]
    """Pairs of what a change is called and what makes it, for one node."""
    if isinstance(node, ast.Compare):
        for index, old in enumerate(node.ops):
            new = _COMPARE[type(old)]()
            yield f"{_word(old)} -> {_word(new)}", lambda i=index, n=new: node.ops.__setitem__(i, n)
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        if not (isinstance(node, ast.BinOp) and _is_type(node)):
            new_op = _ARITHMETIC[type(node.op)]()
            yield f"{_word(node.op)} -> {_word(new_op)}", lambda: setattr(node, "op", new_op)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{_word(node.op)} -> {_word(other)}", lambda: setattr(node, "op", other)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        old_value = node.value
        value = not old_value if isinstance(old_value, bool) else old_value + 1
        yield f"{old_value!r} -> {value!r}", lambda: setattr(node, "value", value)
    elif isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(node.test, ast.Compare | ast.BoolOp):
        yield "condition negated", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
        name = "-" if isinstance(node.op, ast.USub) else "~"
        yield f"{name} dropped", lambda: setattr(node, "op", ast.UAdd())
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call dropped", lambda: setattr(node, "value", ast.Constant(None))
    if isinstance(node, ast.Call):
        yield from _other_function(node)


def _other_function(node: ast.Call):  # type: ignore[no-untyped-def]
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name in _CALLS:
        field = "id" if isinstance(function, ast.Name) else "attr"
        yield f"{name} -> {_CALLS[name]}", lambda: setattr(function, field, _CALLS[name])


def _is_type(node: ast.BinOp) -> bool:
    """Whether it is a union of types, which only type checkers read."""
    return isinstance(node.op, ast.BitOr) and ast.unparse(node).replace(" ", "").replace("|", "").isidentifier()


def _word(operator: ast.AST) -> str:
    words = {
        "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!=", "Is": "is", "IsNot": "is not",
        "In": "in", "NotIn": "not in", "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%",
        "Pow": "**", "BitAnd": "&", "BitOr": "|", "And": "and", "Or": "or",
    }  # fmt: skip
    return words[type(operator).__name__]
