"""Four packages with common names: a file of the same name beside a script is named, and so is what to do."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from experiments import provenance
from lastmile_packages import check_packages

ROOT = Path(__file__).parents[2]


def script(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a script that finds our packages where an installation has them: behind its own folder."""
    (folder / "script.py").write_text(text)
    return subprocess.run(
        [sys.executable, *options, str(folder / "script.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model.py", "from experiments import run"),
        ("model.py", "import model\nfrom experiments import run"),
        ("agents.py", "from experiments import run"),
        ("agents.py", "from model.scenario import Scenario"),
        ("agents/__init__.py", "import model"),
        ("experiments.py", "import server"),
    ],
)
def test_a_file_beside_a_script_that_hides_ours_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine = True\n")
    found = script(tmp_path, text)
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert re.fullmatch(r"ImportError: lastmile needs its own package '\w+' in .* Rename that file.*", last)
    assert str(tmp_path / name) in last
    assert "is not a package" not in found.stderr


@pytest.mark.thorough
def test_what_is_not_needed_may_have_any_name_and_the_advice_helps(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("mine = True\n")
    asked = "from experiments import run; import server; print(server.mine)"
    assert script(tmp_path, asked).stdout == "True\n"
    (tmp_path / "model.py").write_text("mine = True\n")
    assert script(tmp_path, "from experiments import run; print(run.__module__)", "-P").stdout == "experiments.runs\n"


def test_a_package_that_is_taken_from_elsewhere_later_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    check_packages("agents", "model", "experiments", "server", "there_is_none")
    monkeypatch.setitem(sys.modules, "model", importlib.import_module("json"))
    with pytest.raises(ImportError, match=r"package 'model' in .*, but Python finds .*json"):
        check_packages("model")


def test_the_version_is_known_installed_and_not(monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == provenance.DISTRIBUTION
    assert project["scripts"] == {"lastmile": "experiments.cli:main"}
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    assert [one["name"] for one in locked if one["source"] == {"editable": "."}] == [provenance.DISTRIBUTION]
    assert provenance.model_version() == project["version"]

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert provenance.model_version() == project["version"]
    monkeypatch.setattr(metadata, "version", lambda name: f"9 of {name}")
    assert provenance.model_version() == f"9 of {provenance.DISTRIBUTION}"
