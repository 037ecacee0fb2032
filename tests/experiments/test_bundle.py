"""What the reviewers of a library of agent-based models ask for is in the archive that `make bundle` makes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
INSIDE = "last-mile/"
# Grimm et al. 2020: the seven elements of the protocol.
ELEMENTS = (
    "Purpose and patterns",
    "Entities, state variables, and scales",
    "Process overview and scheduling",
    "Design concepts",
    "Initialization",
    "Input data",
    "Submodels",
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    file = tmp_path_factory.mktemp("bundle") / "last-mile.zip"
    asked = ["git", "archive", "--format=zip", f"--prefix={INSIDE}", f"--output={file}", "HEAD"]
    made = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no checkout of git: {made.stderr.strip()}")
    return zipfile.ZipFile(file)


def text(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(INSIDE + name).decode("utf-8")


def test_the_command_makes_this_archive() -> None:
    told = subprocess.run(["make", "-n", "bundle"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"git archive --format=zip --prefix={INSIDE} --output=results/last-mile.zip HEAD" in told


def test_it_is_documented_by_the_protocol(archive: zipfile.ZipFile) -> None:
    titles = re.findall(r"^## \d\. (.+)$", text(archive, "docs/odd.md"), flags=re.MULTILINE)
    assert tuple(titles) == ELEMENTS


def test_data_are_those_of_their_checksums(archive: zipfile.ZipFile) -> None:
    listed = {}
    for line in text(archive, "model/data/SHA256SUMS").splitlines():
        checksum, name = line.split(maxsplit=1)
        listed[name.lstrip("*")] = checksum
    kept = [name.removeprefix(f"{INSIDE}model/data/") for name in archive.namelist() if "/model/data/" in name]
    kept = [name for name in kept if name and not name.endswith(("/", "SHA256SUMS", ".py"))]
    assert kept
    assert set(kept) == set(listed)
    for name, checksum in listed.items():
        assert hashlib.sha256(archive.read(f"{INSIDE}model/data/{name}")).hexdigest() == checksum, name


def test_licence_and_citation_say_the_same_as_the_package(archive: zipfile.ZipFile) -> None:
    project = tomllib.loads(text(archive, "pyproject.toml"))["project"]
    citation = yaml.safe_load(text(archive, "CITATION.cff"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= set(citation)
    assert str(citation["version"]) == project["version"]
    assert citation["license"] == project["license"] == "Apache-2.0"
    assert "Apache License" in text(archive, "LICENSE")


def test_one_command_runs_it_and_one_tests_it(archive: zipfile.ZipFile) -> None:
    readme, makefile = text(archive, "README.md"), text(archive, "Makefile")
    for command in ("run", "test"):
        assert f"make {command}" in readme
        assert re.search(rf"^{command}:", makefile, flags=re.MULTILINE)
    assert {INSIDE + name for name in ("uv.lock", ".python-version")} <= set(archive.namelist())


def test_nothing_that_was_made_is_in_it(archive: zipfile.ZipFile) -> None:
    assert [
        name for name in archive.namelist() if re.search(r"/(results|__pycache__|\.venv|node_modules)/", name)
    ] == []
    assert sum(info.file_size for info in archive.infolist()) < 100e6


def test_nothing_that_is_installed_needs_what_makes_the_documentation() -> None:
    left_out = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "exclude"
    ]
    assert left_out
    places = [ROOT / name for name in left_out]
    assert all(place.is_dir() for place in places)
    used = re.compile("|".join(rf"^\s*(from|import) {name.replace('/', '.')}\b" for name in left_out), re.MULTILINE)
    for package in ("agents", "model", "experiments", "server"):
        for file in (ROOT / package).rglob("*.py"):
            if not any(file.is_relative_to(place) for place in places):
                assert not used.search(file.read_text(encoding="utf-8")), file
