"""Where a result comes from: enough to make it again, and nothing that differs between two days."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.parties import party_origin
from model.branching import Stage
from model.code_checksum import code_checksum as checksum_of_code
from model.scenario import Scenario
from model.toml_files import read_toml_file

DISTRIBUTION = "last-mile-market"
PACKAGES = ("agents", "model", "experiments")
COMPUTED_WITH = ("mesa", "numpy", "pandas", "scipy")
_LABELS = ("name", "title", "description", "forced")


def provenance(scenario: Scenario, descent: Sequence[Stage] = ()) -> dict[str, Any]:
    """Describe the origin of a result, ready for JSON.

    Args:
        scenario: What was run; of a branch what it assumed in the end.
        descent: What a branch assumed before, eldest first.

    Returns:
        model_version, commit (None when unknown), packages (versions), machine, parameter_checksum, code_checksum,
        changes (against the default scenario) and forced; and roster (import path and checksum by key of a party)
        where classes of one's own play; and of a branch descent (scenario, changes, forced and left, the first month
        under others, of all that it comes from, eldest first).

    Raises:
        agents.roster.RosterError: One of these cannot be found any more.
    """
    parties = party_origin(scenario)
    return {
        "model_version": model_version(),
        "commit": commit(),
        "packages": {"python": platform.python_version(), **{name: _version(name) for name in COMPUTED_WITH}},
        "machine": machine(),
        "parameter_checksum": scenario.parameters.checksum(),
        "code_checksum": code_checksum(),
        "changes": changes(scenario),
        "forced": scenario.forced,
        **({"roster": parties} if parties else {}),
        **({"descent": [_stage(one) for one in descent]} if descent else {}),
    }


def _stage(stage: Stage) -> dict[str, Any]:
    """What a branch assumed before it was one."""
    settings = stage.settings
    return {
        "scenario": settings.name,
        "changes": changes(settings),
        "forced": settings.forced,
        "left": str(stage.left),
    }


def changes(scenario: Scenario) -> dict[str, Any]:
    """Levers and parameters that differ from the default scenario."""
    return {key: value for key, value in scenario.changes().items() if key not in _LABELS}


@cache
def machine() -> dict[str, str]:
    """What the last bits of a result may hang on: how exp() and sums are rounded.

    OpenBLAS picks other routines for an Intel processor than for one of AMD with the same instructions.
    """
    import numpy as np
    import scipy.linalg  # noqa: F401 (it brings a BLAS of its own)
    from threadpoolctl import threadpool_info

    found = (np.show_config(mode="dicts") or {}).get("SIMD Extensions", {}).get("found", [])
    kernels = {f"{one['internal_api']} {one.get('architecture', '')}".strip() for one in threadpool_info()}
    return {"processor": " ".join([platform.machine(), *found]), "linear algebra": ", ".join(sorted(kernels))}


def model_version() -> str | None:
    """Version of the installed distribution, else that of the checkout; None where neither is known."""
    return _version(DISTRIBUTION) or _version_of_checkout(Path(__file__).resolve().parent.parent)


def _version_of_checkout(root: Path) -> str | None:
    try:
        project = read_toml_file(root / "pyproject.toml").get("project", {})
    except ValueError:
        return None
    return str(project["version"]) if project.get("name") == DISTRIBUTION and "version" in project else None


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def code_checksum(packages: tuple[str, ...] = PACKAGES) -> str:
    """SHA-256 over the code and data of the packages that a result depends on."""
    return checksum_of_code(packages)


@cache
def commit() -> str | None:
    """Commit that the code was installed from or is checked out at; None when that is not known."""
    return _commit_of_installation() or _commit_of_checkout(Path(__file__).resolve().parent.parent)


def _commit_of_installation() -> str | None:
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        found = json.loads(text or "{}").get("vcs_info", {}).get("commit_id")
    except (metadata.PackageNotFoundError, OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _commit_of_checkout(root: Path) -> str | None:
    # Only the project's own checkout: an environment may lie inside somebody else's repository.
    if not (root / ".git").exists() or not (root / "pyproject.toml").exists():
        return None
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
