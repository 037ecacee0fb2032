"""Whatever a scenario or design file holds: it is accepted, or every problem is told; never a traceback."""

from __future__ import annotations

import json
import math
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from experiments import Design, InputError, read_design
from experiments.cli.app import app
from experiments.settings import prepare_scenario
from model.parameters import Parameters
from model.scenario import Scenario, ScenarioError, levers, scenario_names

LEVERS = tuple(lever.key for lever in levers())
SYMBOLS = tuple(row.symbol for row in Parameters.default().rows())
CHOICES = tuple({choice for lever in levers() for choice in lever.choices})
DESIGN_KEYS = """
kind scenario scenarios until set replications seed outcomes monthly levers uncertainties points trajectories
sampling_seed file
""".split()  # noqa: SIM905
KINDS = ("grid", "lhs", "sobol", "morris", "table")

words = st.one_of(st.text(max_size=12), st.sampled_from([*CHOICES, *KINDS, "all", "declared", "2026-07", "2016-13"]))
numbers = st.one_of(
    st.integers(-3, 40),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.floats(0.0, 2.0),
)
plain = st.one_of(
    numbers,
    words,
    st.booleans(),
    st.dates().map(lambda day: day),
    st.datetimes().map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC)),
)
names = st.one_of(st.sampled_from(LEVERS), st.sampled_from(SYMBOLS), st.text(max_size=8))
ranges = st.dictionaries(st.sampled_from(["low", "high", "steps", "beyond", "lo"]), plain, max_size=4)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | ranges, max_leaves=6)
tables = st.dictionaries(names, values, max_size=4)
scenario_contents = st.dictionaries(
    st.one_of(st.sampled_from(["title", "description", "forced", "name", "levers", "parameters", "colour"]), names),
    st.one_of(values, tables),
    max_size=5,
)
design_contents = st.fixed_dictionaries(
    {"kind": st.one_of(st.sampled_from(KINDS), plain)},
    optional={
        key: st.one_of(values, tables, st.lists(tables, max_size=3), st.lists(st.sampled_from(scenario_names())))
        for key in [*DESIGN_KEYS[1:], "colour"]
    },
)
# Nothing is minimised for minutes: the content of a failure is printed anyway.
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def toml(value: Any) -> str:
    """Write a value as TOML, inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return repr(value)


def file_of(content: dict[str, Any]) -> str:
    return "".join(f"{toml(str(key))} = {toml(value)}\n" for key, value in content.items())


def check_messages(error: Exception, mentioned: list[str]) -> None:
    """A message is there, each problem is one short line, and at least one names something of the file."""
    lines = str(error).splitlines()
    assert lines
    assert all(line.strip() for line in lines)
    assert all(len(line) < 1_000 for line in lines), max(lines, key=len)
    assert mentioned == [] or any(word in str(error) for word in mentioned), (str(error), mentioned)


@pytest.fixture(scope="module")
def place() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@quick
@given(content=scenario_contents)
def test_any_scenario_content_is_valid_or_explained(content: dict[str, Any], place: Path) -> None:
    path = place / "fuzzed.toml"
    path.write_bytes(file_of(content).encode("utf-8", "surrogatepass"))
    try:
        found = Scenario.load(path)
    except ScenarioError as error:
        check_messages(error, ["fuzzed.toml"])
    else:
        assert Scenario.from_mapping(found.changes()).changes() == found.changes()


@quick
@given(text=st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1")), st.just("a=" + "[" * 9_999)))
def test_any_text_as_a_file_is_valid_or_explained(text: str, place: Path) -> None:
    path = place / "text.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ScenarioError, match=r"text\.toml"):  # a random text that changes something does not come up
        Scenario.load(path)
    with pytest.raises(InputError, match=r"text\.toml"):
        read_design(path)


@quick
@given(name=st.text())
def test_any_text_as_a_name_is_refused_with_a_hint(name: str) -> None:
    with pytest.raises(ScenarioError):
        Scenario.load(name + "?")
    with pytest.raises(ScenarioError):
        Scenario.load(name + "?.toml")
    with pytest.raises(InputError):
        prepare_scenario(name + "?", until=name)


@quick
@given(content=design_contents)
def test_any_design_content_is_valid_or_explained(content: dict[str, Any], place: Path) -> None:
    path = place / "design.toml"
    path.write_bytes(file_of(content).encode("utf-8", "surrogatepass"))
    try:
        found = read_design(path)
    except InputError as error:
        check_messages(error, ["design.toml"])
    else:
        assert isinstance(found, Design)
        assert found.n_points > 0
        assert len(found.point(found.n_points - 1)) == len(found.names)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=scenario_contents, design=design_contents, word=st.text(max_size=20))
def test_the_command_line_ends_with_code_2(
    content: dict[str, Any], design: dict[str, Any], word: str, place: Path
) -> None:
    scenario_file, design_file = place / "one.toml", place / "other.toml"
    scenario_file.write_bytes(file_of(content | {"no_such_lever": 1}).encode("utf-8", "surrogatepass"))
    design_file.write_bytes(file_of(design | {"no_such_key": 1}).encode("utf-8", "surrogatepass"))
    out = place / "out"
    for arguments in (
        ["run", str(scenario_file), "--out", str(out)],
        ["run", "baseline", "--set", f"no_such_lever={word}", "--out", str(out)],
        ["sweep", str(design_file), "--out", str(out)],
    ):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2, (arguments, result.output, result.exception)
        assert isinstance(result.exception, SystemExit)
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        assert not out.exists()
