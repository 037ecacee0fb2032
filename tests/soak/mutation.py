"""Mutation testing of what must not be wrong: ledger, allocation, contracts, bargaining (`make mutation`).

Each mutant runs in a forked copy of this process, in which only the tests run that pass its line; a limit on processor
time, not on the clock, ends those that hang. What was found is kept, so that an ended run goes on.
"""

from __future__ import annotations

import argparse
import csv
import importlib.abc
import importlib.util
import json
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis
import mesa  # noqa: F401  (imported here once, so that no mutant waits for it)
import numpy as np
import pytest
import scipy.optimize  # noqa: F401
from mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
EXPLAINED = Path(__file__).with_name("surviving_mutants.csv")
SLOW = 5.0  # a test that takes longer in processor seconds is left out
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ledger": (("model.ledger",), ("model/test_ledger.py", "model/test_checks.py")),
    "allocation": (("model.allocation",), ("model/test_allocation.py", "model/test_naive_reference.py")),
    "contracts": (
        ("agents.contracts", "agents.rules.contract_use", "model.contract_book"),
        ("agents/test_contracts.py", "agents/test_contract_use.py", "model/test_contract_book.py"),
    ),
    "bargaining": (
        (
            "agents.bargaining.alternating",
            "agents.bargaining.nash",
            "agents.bargaining.offers",
            "agents.bargaining.posted",
            "agents.bargaining.reservation",
            "agents.bargaining.talks",
            "agents.bargaining.values",
        ),
        (
            "agents/test_bargaining.py",
            "agents/test_bargaining_nash.py",
            "agents/test_bargaining_reservation.py",
            "agents/test_bargaining_edges.py",
        ),
    ),
}


def path_of(module: str) -> Path:
    """File of a module."""
    return ROOT / (module.replace(".", "/") + ".py")


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from other source."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self.module else None

    def exec_module(self, module: Any) -> None:
        module.__file__ = str(path_of(self.module))
        exec(compile(self.source, module.__file__, "exec"), module.__dict__)


class _Chosen:
    """Runs only some tests, quick ones first."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if item.nodeid in self.seconds]
        items.sort(key=lambda item: self.seconds[item.nodeid])


class _Watch:
    """Notes which test passes which lines, and how long it takes; what fixtures pass counts for their whole file."""

    def __init__(self, coverage: Any) -> None:
        self.coverage, self.seconds, self.failed = coverage, {}, []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self, item: Any) -> Any:
        self.coverage.switch_context(f"file:{item.nodeid.partition('::')[0]}")
        yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: Any) -> Any:
        self.coverage.switch_context(item.nodeid)
        began = time.process_time()
        yield
        self.seconds[item.nodeid] = time.process_time() - began

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def run_tests(files: Sequence[str], plugins: list[Any]) -> int:
    """Run the tests of some files in this process."""
    # The same examples each time, for a mutant must not live or die by luck; a failure need not be made small.
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    # Plugins that no test here needs take longer to start than a mutant takes to die, and so does telling why it did.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = ["-x", "-q", "--no-header", "--tb=no", "--assert=plain", "-p", "no:cacheprovider"]
    arguments += ["-p", "_hypothesis_pytestplugin", "--hypothesis-profile=mutation"]
    return int(pytest.main([*arguments, *(f"tests/{name}" for name in files)], plugins=plugins))


def in_child(action: Any, seconds: float) -> int | None:
    """Do something in a forked copy of this process; its exit code, None when it was ended for taking too long."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            code = action()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None


def watch(group: str, notes: Path) -> dict[str, Any]:
    """Run the tests of a group once without any change.

    Returns:
        "lines": {module: {line: [tests]}}, "seconds": {test: seconds}.
    """
    modules, files = GROUPS[group]

    def action() -> int:
        import coverage

        cover = coverage.Coverage(include=[str(path_of(name)) for name in modules], data_file=None, config_file=False)
        watcher = _Watch(cover)
        cover.start()
        code = run_tests(files, [watcher])
        cover.stop()
        data = cover.get_data()
        lines: dict[str, dict[int, list[str]]] = {}
        for name in modules:
            found = data.contexts_by_lineno(str(path_of(name)))
            lines[name] = {line: _tests(contexts, watcher.seconds) for line, contexts in found.items()}
        notes.write_text(json.dumps({"lines": lines, "seconds": watcher.seconds, "failed": watcher.failed}))
        return code

    code = in_child(action, 600.0)
    if code != 0:
        raise SystemExit(f"the tests of {group} do not pass without any change (code {code})")
    return dict(json.loads(notes.read_text()))


def _tests(contexts: Iterable[str], seconds: dict[str, float]) -> list[str]:
    found: set[str] = set()
    for context in contexts:
        if context == "":  # imported
            found |= set(seconds)
        elif context.startswith("file:"):
            found |= {name for name in seconds if name.startswith(context.removeprefix("file:"))}
        else:
            found.add(context)
    return sorted(name for name in found if seconds.get(name, SLOW) < SLOW)


def judge(group: str, module: str, mutant: Mutant, seen: dict[str, Any]) -> str:
    """Whether a mutant is noticed: "killed", "survived", or "not reached" by any test."""
    tests = seen["lines"][module].get(str(mutant.line), [])
    if not tests:
        return "not reached"
    seconds = {name: seen["seconds"][name] for name in tests}
    files = sorted({name.partition("::")[0].removeprefix("tests/") for name in tests})

    def action() -> int:
        sys.meta_path.insert(0, _Mutated(module, mutant.source))
        return run_tests(files, [_Chosen(seconds)])

    code = in_child(action, 20.0 + 5.0 * sum(seconds.values()))
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise SystemExit(f"{module}, line {mutant.line}: none of its tests was found")
    return "survived" if code == 0 else "killed"


def explanations() -> dict[tuple[str, str, str], str]:
    """Why a mutant may live, by module, line of code and change."""
    if not EXPLAINED.exists():
        return {}
    with EXPLAINED.open(encoding="utf-8", newline="") as stream:
        return {(row["module"], row["code"], row["change"]): row["why"] for row in csv.DictReader(stream)}


def report(rows: list[dict[str, Any]], minutes: float) -> str:
    """The section of the page."""
    from experiments.provenance import commit

    why = explanations()
    lines = [
        "## Mutation testing",
        "",
        f"Made by `make mutation` on {date.today()}, commit {str(commit())[:12]}, {minutes:,.0f} minutes "
        "in the last call, which goes on where earlier ones ended. One "
        "operator, constant, condition or call is changed at a time; a mutant is killed when a test of the group fails "
        "or hangs. Equivalent mutants (no input tells them from the original) count as survivors.",
        "",
        "| group | mutants | killed | survived | not reached by a test | score |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for group in dict.fromkeys(row["group"] for row in rows):
        mine = [row["verdict"] for row in rows if row["group"] == group]
        killed, survived = mine.count("killed"), mine.count("survived")
        unreached = mine.count("not reached")
        lines.append(f"| {group} | {len(mine)} | {killed} | {survived} | {unreached} | {killed / len(mine):.0%} |")
    alive = [row for row in rows if row["verdict"] != "killed"]
    lines += ["", f"The {len(alive)} that live:", "", "| where | change | why it lives |", "| --- | --- | --- |"]
    for row in alive:
        reason = why.get((row["module"], row["code"], row["change"]), f"{row['verdict']}; not explained")
        change, code = (row[name].replace("|", "\\|") for name in ("change", "code"))
        lines.append(f"| `{row['module']}`, line {row['line']}: `{code}` | `{change}` | {reason} |")
    return "\n".join(lines)


def main() -> None:
    """Judge all mutants, or a sample of each group."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--sample", type=int, default=0, help="at most so many mutants of a group, drawn by lot")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "soak" / "mutation.jsonl")
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    began = time.perf_counter()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    old = arguments.out.read_text(encoding="utf-8").splitlines() if arguments.out.exists() else []
    known = {(row["module"], row["source_hash"]): row for row in map(json.loads, old)}
    # A dead mutant stays dead; one that lives may die by tests that have been added since.
    known = {key: row for key, row in known.items() if row["verdict"] == "killed" or row.get("tests") == _tests_of(row)}
    rows: list[dict[str, Any]] = []
    with arguments.out.open("a", encoding="utf-8") as stream:
        for group in arguments.groups:
            seen = watch(group, arguments.out.with_name(f"watch-{group}.json"))
            tasks = [(module, one) for module in GROUPS[group][0] for one in mutants(path_of(module).read_text())]
            if arguments.sample and len(tasks) > arguments.sample:
                chosen = np.random.default_rng(1).choice(len(tasks), arguments.sample, replace=False)
                tasks = [tasks[number] for number in sorted(chosen)]
            counts: dict[str, int] = defaultdict(int)
            for module, mutant in tasks:
                mark = _mark(mutant.source)
                row = known.get((module, mark))
                if row is None:
                    row = {"group": group, "module": module, "line": mutant.line, "scope": mutant.scope}
                    row |= {"code": _line(module, mutant.line), "change": mutant.change, "source_hash": mark}
                    row |= {"verdict": judge(group, module, mutant, seen), "tests": _tests_of(row)}
                    stream.write(json.dumps(row) + "\n")
                    stream.flush()
                rows.append(row)
                counts[row["verdict"]] += 1
            print(group, len(tasks), dict(counts), flush=True)
    text = report(rows, (time.perf_counter() - began) / 60)
    print(text)
    if arguments.write:
        from experiments.reports.sections import write_section

        write_section(arguments.write, "mutation", text)


def _line(module: str, number: int) -> str:
    """A line of a module, by which an explanation finds it wherever it moves."""
    return path_of(module).read_text(encoding="utf-8").splitlines()[number - 1].strip()


def _tests_of(row: dict[str, Any]) -> str:
    """Checksum of the tests that judge a mutant."""
    return _mark("".join((ROOT / "tests" / name).read_text(encoding="utf-8") for name in GROUPS[row["group"]][1]))


def _mark(source: str) -> str:
    import hashlib

    return hashlib.sha256(source.encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
