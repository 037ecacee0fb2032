"""What README and documentation show is true: commands and code run, links lead somewhere, tables follow the code.

How a command is run here, so that all take a minute together:

* Commands that simulate get `SMALL`, one worker, at most two replications, and end within a year.
* Designs get `SMALL`; those of `examples/` one seed, one year, and the ends of what they vary.
* Code gets `SMALL` and ends within two years; what it prints is not looked at here.
* `LONG` names those that take minutes whatever one sets; of these only the options are checked, and the test that runs
  the same code is named.
* A name without arguments (`lastmile compare` in a sentence) must be a command; a `make` target must exist.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from experiments import read_design
from experiments.benchmarks import reference
from experiments.cli.app import app
from experiments.studies import documentation
from tests.small import SMALL

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LONG = {
    "negotiate --curve": "test_negotiate_command.py",
    "levers --check": "test_levers.py",
    "hindcast --write": "test_hindcast.py",
    "external": "test_external.py",
    "calibrate": "test_estimation.py",
    "calibration --shippers": "test_shipper_numbers.py",
    "usps-loss --write": "test_usps_page.py",
    "places --write": "test_harm.py",
    "places --out": "test_by_place.py",
    "firms": "test_firms.py",
    "sweep --dask": "test_sweep.py",
    "usps-loss --static": "test_volume_loss.py",
    "target": "test_target.py",
    "report results/price": "test_briefs.py",
    "report results/policies": "test_briefs.py",
    "matrix": "test_matrix.py",
    "questions": "test_questions.py",
    "serve": "../server/test_serve.py",
    "benchmark": "test_benchmarks.py",
}
#: Pages whose commands another test runs.
ELSEWHERE = {"questions": "test_questions.py"}
SIMULATES = ("run", "forecast", "compare", "negotiate", "auction", "uso-cost", "hindcast")
SETTINGS = "\n".join(f"{name} = {value}" for name, value in SMALL.items())
PLACEHOLDERS = {"DESIGN.toml": "examples/rural_build.toml", "DIR": "results/placeholder"}


def blocks(shown: Path) -> Iterator[tuple[str, str]]:
    """Language and content of the blocks of a page in order, "indented" ones, and "inline" code in between."""
    language, content, prose = "", [], []
    for line in [*shown.read_text(encoding="utf-8").splitlines(), ""]:
        if language and language != "indented":
            if line.startswith("```"):
                yield language, "\n".join(content)
                language, content = "", []
            else:
                content.append(line)
        elif line.startswith("    ") or (language == "indented" and not line.strip() and content):
            if not language:
                yield from _inline(prose)
                language, prose = "indented", []
            content.append(line)
        else:
            if language == "indented":
                yield language, textwrap.dedent("\n".join(content))
                language, content = "", []
            if line.startswith("```"):
                yield from _inline(prose)
                language, prose = line[3:].strip() or "text", []
            else:
                prose.append(line)
    yield from _inline(prose)


def _inline(prose: list[str]) -> Iterator[tuple[str, str]]:
    text = re.sub(r"<!-- generated.*?: begin -->.*?<!-- generated.*?: end -->", "", "\n".join(prose), flags=re.DOTALL)
    saved = re.findall(r"[Ss]ave this as `([^`]+)`", text)
    if saved:
        yield "save", saved[-1]
    for code in re.findall(r"`([^`]+)`", text.replace("\n", " ")):
        yield "inline", code


def commands(kind: str, text: str) -> list[list[str]]:
    """Every command of a block, as words."""
    if kind not in ("indented", "inline", "sh", "console"):
        return []
    lines = [line.removeprefix("$ ") for line in text.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if re.match(r"(lastmile|make|python)( |$)", line)]


def test_the_pages_show_commands() -> None:
    found = [words for shown in PAGES for block in blocks(shown) for words in commands(*block)]
    assert len(found) > 40
    assert ["lastmile", "rerun", "results/first"] in found


@pytest.mark.thorough(
    "calibration", "cite", "evidence", "learning", "negotiation", "odd", "performance", "sweeps", "targets"
)
@pytest.mark.parametrize("shown", [page for page in PAGES if page.stem not in ELSEWHERE], ids=lambda shown: shown.stem)
def test_what_a_page_shows_runs(shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for module in ("experiments.workers", "experiments.sweeps.sweep"):
        monkeypatch.setattr(f"{module}.default_workers", lambda: 1)
    keep_apart(tmp_path, monkeypatch)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for design in (tmp_path / "examples").glob("*.toml"):
        design.write_text(shorter(design.read_text(encoding="utf-8")), encoding="utf-8")
    (tmp_path / "docs").mkdir()
    names: dict[str, Any] = {"__name__": "page"}
    name = ""
    for kind, text in blocks(shown):
        for words in commands(kind, text):
            run_shown(words)
        if kind == "save":
            name = text
        elif kind == "toml":
            if name:
                text = re.sub(r"n_shippers = \d+", SETTINGS, text)
                Path(name).write_text(text.replace("replications = 2", "replications = 1"), encoding="utf-8")
            elif "kind" in tomllib.loads(text):
                read_design(tomllib.loads(text))
            name = ""
        elif kind == "python" or (kind == "indented" and text.startswith(("from ", "import "))):
            exec(compile(short(text), shown.name, "exec"), names)


def test_the_readme_shows_what_its_script_prints(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"(    from experiments import run\n.*?)\n\n    # ([^\n]+)\n", readme, re.DOTALL)
    assert found is not None
    exec(compile(textwrap.dedent(found[1]), "README.md", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.splitlines() == [found[2]]


def keep_apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `lastmile baseline` read and write a copy of the reference runs, not those of the checkout.

    That they give what the file says test_reference_runs.py finds; here they are not played again.
    """
    copy = shutil.copytree(reference.REFERENCE_FILE.parent, folder / "reference") / reference.REFERENCE_FILE.name
    monkeypatch.setattr(reference, "outcomes_now", lambda: reference.read_reference(copy)["runs"])
    for name in ("refresh", "moves"):
        monkeypatch.setattr(reference, name, partial(getattr(reference, name), copy))


def test_the_reference_runs_of_the_checkout_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_apart(tmp_path, monkeypatch)
    monkeypatch.setattr(reference, "outcomes_now", lambda: {"run": {"a": 1.0}})
    before = reference.REFERENCE_FILE.stat().st_mtime_ns
    assert CliRunner().invoke(app, ["baseline", "--refresh"]).exit_code == 0
    assert reference.REFERENCE_FILE.stat().st_mtime_ns == before
    assert CliRunner().invoke(app, ["baseline"]).exit_code == 0


def short(code: str) -> str:
    """Code of a page in a small market and with an earlier end."""
    small = json.dumps(SMALL)[1:-1]
    for pattern, replacement in (
        (r'"n_shippers": \d+', small),
        (r'set=\{(?!"n_shippers)', f"set={{{small}, "),
        (r'"end": "2026-12"', '"end": "2025-09"'),
        (r'until="2027-12"', 'until="2026-12"'),
    ):
        code = re.sub(pattern, replacement, code)
    return code


def shorter(design: str) -> str:
    """A design of the examples with few and short runs; it varies the same things."""
    for pattern, replacement in (
        (r'until = "\d+-\d+"', 'until = "2025-12"'),
        (r"replications = \d+", "replications = 1"),
        (r"steps = \d+", "steps = 2"),
        (r"= \[([\d.]+),[^\]]*, ([\d.]+)\]", r"= [\1, \2]"),
        (r"\[uncertainties\]", f"[set]\n{SETTINGS}\n\n[uncertainties]"),
    ):
        design = re.sub(pattern, replacement, design, count=1)
    return design


def prepared(words: list[str]) -> list[str]:
    """The arguments of a command as it is run here; see the module."""
    words = [PLACEHOLDERS.get(word, word) for word in words[1:]]
    if len(words) > 1 and words[0] in SIMULATES:
        words += [part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")]
    if words[0] == "negotiate" and len(words) > 1:
        words += ["--replications", "1"]
    if words[0] in ("forecast", "compare") or (words[0] == "hindcast" and len(words) > 1):
        words += ["--replications", "2", "--workers", "1"]
    if words[0] in ("run", "forecast", "compare") and len(words) > 1:
        start = words[words.index("--from") + 1] if "--from" in words else "2025-01"
        words += ["--until", f"{start[:4]}-12"]
        words = [re.sub(r"(_usd)_20\d\d$", rf"\1_{start[:4]}", word) for word in words]
    return words


def is_long(words: list[str]) -> bool:
    return any(all(part in words for part in known.split()) for known in LONG)


def run_shown(words: list[str]) -> None:
    """Run one command as a page shows it, or check it where it is long."""
    if words[0] == "make":
        targets = [word for word in words[1:] if "=" not in word]
        answer = subprocess.run(["make", "-n", *targets], cwd=ROOT, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
    elif words[0] == "python":
        assert find_spec(words[2]) is not None if words[1] == "-m" else (ROOT / words[1]).is_file()
    elif words[0] == "lastmile":
        group: Any = typer.main.get_command(app)
        arguments = words[1:]
        if not arguments or arguments[0].startswith("-"):
            assert CliRunner().invoke(app, arguments or ["--help"]).exit_code == 0
        elif is_long(arguments) or (len(arguments) == 1 and group.commands[arguments[0]].params and needs(arguments)):
            command = group.commands[arguments[0]]
            if is_long(arguments) and len(arguments) > 1:
                known = {option for parameter in command.params for option in parameter.opts}
                assert {word for word in arguments if word.startswith("--")} <= known
            assert CliRunner().invoke(app, [arguments[0], "--help"]).exit_code == 0
        else:
            answer = CliRunner().invoke(app, prepared(words))
            assert answer.exit_code == 0, (prepared(words), answer.output, answer.exception)


def needs(arguments: list[str]) -> bool:
    """Whether a bare command in a sentence is only named: it needs arguments, or simulates for long without any."""
    return arguments[0] in (
        *SIMULATES,
        "sweep",
        "show",
        "branch",
        "merge",
        "status",
        "report",
        "sensitivity",
        "rerun",
        "usps-loss",
        "calibration",
        "places",
    )


def test_long_commands_are_run_elsewhere() -> None:
    for command, test in {**LONG, **ELSEWHERE}.items():
        text = (Path(__file__).parent / test).read_text(encoding="utf-8")
        assert "def test_" in text, command


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.stem)
def test_links_lead_somewhere(shown: Path) -> None:
    text = re.sub(r"```.*?```", "", shown.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (shown.parent / path).resolve() if path else shown
        assert file.exists(), f"{shown.name}: {target}"
        assert file.is_relative_to(ROOT), f"{shown.name}: {target} leaves the repository"
        if anchor:
            assert anchor in anchors(file), f"{shown.name}: {target}"


def anchors(shown: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", shown.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


@pytest.mark.parametrize(
    ("shown", "section"), [(page, name) for page, sections in documentation.SECTIONS.items() for name in sections]
)
def test_generated_tables_are_those_of_the_code(shown: str, section: str) -> None:
    text = (ROOT / "docs" / shown).read_text(encoding="utf-8")
    begin, end = f"<!-- generated {section}: begin -->\n", f"\n<!-- generated {section}: end -->"
    made = documentation.SECTIONS[shown][section]().strip()
    assert text.partition(begin)[2].partition(end)[0] == made, f"{shown} is not of this code; run `make docs-tables`"


def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "WARNING" not in answer.stderr.replace("NO_MKDOCS_2_WARNING", "")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) >= len(list((ROOT / "docs").glob("*.md")))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r"<(?:script|img|iframe|source)[^>]* src=\"?([^\"> ]+)", text)
        links = [
            tag for tag in re.findall(r"<link[^>]*>", text) if not re.search(r"rel=\"?(?:canonical|next|prev)", tag)
        ]
        fetched += [address for tag in links for address in re.findall(r"href=\"?([^\"> ]+)", tag)]
        assert [address for address in fetched if address.startswith(("http:", "https:", "//"))] == []
