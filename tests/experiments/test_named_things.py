"""Every file, module, outcome, series, lever or parameter that README and documentation name exists under that name."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

import pytest

import experiments
from agents.calendar import Month
from agents.geography import SEGMENTS, ZONE_TYPES
from experiments.designs.columns import outcome_names
from experiments.figures import split_year
from experiments.policies.matrix import PAGE
from experiments.storage import SUMMARY
from experiments.store.manifest import FILE as MANIFEST
from experiments.targets.target import PICTURE
from model.carriers import carrier_names
from model.events import KINDS
from model.market import PHASES
from model.outcomes import OUTCOMES
from model.parameters import Parameters
from model.records import SERIES, Records
from model.scenario import Scenario, levers, scenario_names
from server.inspecting import regulator
from server.pages.watch import timeline
from tests.oracles import ORACLES

ROOT = Path(__file__).parents[2]
# The changelog tells of names of its time.
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if page.name != "changelog.md"]
FOLDERS = (ROOT, ROOT / "docs", ROOT / "model" / "data")
# What a run, a sweep, a target or a matrix writes into its folder.
WRITTEN = {SUMMARY, MANIFEST, "damaged/", "results", *(f"{name}.parquet" for name in ("monthly", "events", "outcomes"))}
WRITTEN |= {PICTURE, PAGE}
FILE = re.compile(r"[\w./-]+\.(py|csv|toml|md|parquet|json|svg|vue|js|yml|html|ipynb)|(?!http)[\w.-]+/[\w./-]*")
MODULE = re.compile(r"(agents|model|experiments|server|tests)(\.\w+)+")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9{}*]+)+|\{\w+\}_\w+|[a-z]\w*\*")


@cache
def tracked() -> frozenset[str]:
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(Path(line).name for line in found.splitlines())


@cache
def economy() -> frozenset[str]:
    """Names of what can be set, found or recorded, without their years."""
    # Big shippers that a scenario names have outcomes of their own.
    library = [Scenario(), *map(Scenario.load, scenario_names())]
    computed = {split_year(name)[0] for scenario in library for name in outcome_names(scenario)}
    patterns = {name for one in OUTCOMES for name in one.name_pattern.split(", ")}
    recorded = {name for one in SERIES for name in (one.name, one.column)}
    assumed = {*scenario_names(), *(one.key for one in levers()), *(row.symbol for row in Parameters.default().rows())}
    return frozenset(
        computed | patterns | recorded | assumed | set(KINDS) | set(carrier_names()) | {one.name for one in PHASES}
    )


@cache
def code() -> frozenset[str]:
    """Names of functions, classes, arguments, fields and columns of the code."""
    found: set[str] = set()
    for folder in ("agents", "model", "experiments", "server", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                        found.add(name)
                    case ast.Attribute(attr=name) | ast.Name(id=name):
                        found.add(name)
                    case ast.Constant(value=str(name)) if re.fullmatch(r"\w+", name):
                        found.add(name)
    return frozenset(found)


def shown_names(page: Path) -> set[str]:
    """What stands between backticks outside of code blocks, and of tables that are made from the code."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"<!-- generated.*?: begin -->.*?<!-- generated.*?: end -->", "", text, flags=re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", text))


def saved(page: Path) -> set[str]:
    """Files that the page tells the reader to write."""
    return set(re.findall(r"[Ss]ave this as\s+`([^`]+)`", page.read_text(encoding="utf-8")))


def missing(name: str, page: Path) -> str:
    """What a name stands for where there is no such thing; empty where there is."""
    if FILE.fullmatch(name):
        here = any((folder / name).exists() for folder in FOLDERS)
        known = here or name in WRITTEN | saved(page) or ("/" not in name and name in tracked())
        return "" if known or name.startswith("results/") else "file"
    if MODULE.fullmatch(name):
        try:
            resolve_name(name)
        except (ImportError, AttributeError):
            return "module"
        return ""
    if NAME.fullmatch(name):
        stem = split_year(name)[0]
        if "*" in stem:
            everything = economy() | ORACLES.keys()
            return "" if any(fnmatch.fnmatch(one, stem) for one in everything) else "pattern"
        measured = stem.endswith(("_usd", "_share", "_parcels", "_days", "_index", "_count", "_kg"))
        known = economy() if measured else economy() | code() | set(dir(experiments))
        return "" if stem in known or name in known else "name"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_exists(page: Path) -> None:
    assert {name: kind for name in shown_names(page) if (kind := missing(name, page))} == {}


@pytest.mark.parametrize(
    "name",
    [
        "experiments/data/lever_expectations.csv",
        "model/records.csv",
        "stepping.pyi.py",
        "model.phases.bargaining",
        "usps_net_income_euro_usd",
        "amazon_kept_share_2027",
        "actions_*",
        "tax_on_parcels",
    ],
)
def test_a_name_of_nothing_is_found(name: str) -> None:
    assert missing(name, PAGES[0])


def test_filters_and_lists_name_kinds_of_events_that_exist() -> None:
    named = {kind for _, kinds in timeline.KINDS for kind in kinds} | set(timeline.WORDS) | set(timeline.SMALL_KINDS)
    assert named - {"*"} <= set(KINDS)
    assert set(regulator.KINDS) <= set(KINDS)


def test_the_columns_of_the_monthly_table_are_those_that_the_page_names() -> None:
    carriers = tuple(carrier_names())
    frame = Records(2, carriers, 3, Month(2025, 1), ("walmart",)).frame()
    each = {"{carrier}": carriers, "{segment}": SEGMENTS, "{zone_type}": ZONE_TYPES, "{shipper}": ("walmart",)}
    named: set[str] = set()
    for one in SERIES:
        axis = one.column.partition("}")[0] + "}" if "}" in one.column else ""
        named |= {one.column.replace(axis, key) for key in each[axis]} if axis else {one.column} - {""}
    assert named == set(frame.columns)
    assert "list_price_usd" not in frame.columns  # by carrier and segment: in market.records only


def test_no_module_hides_a_verb_of_its_name():
    """Importing `experiments.forecast`, were there such a module, would put it in the place of the function."""
    modules = {path.stem for path in (ROOT / "experiments").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules & set(experiments.__all__) == set()
