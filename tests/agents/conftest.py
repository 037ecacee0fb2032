"""Helpers of these tests as fixtures; files beside a test are not importable by name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """The independent reference of the bargaining protocol."""
    return load("reference_bargaining")


@pytest.fixture(scope="session")
def national() -> ModuleType:
    """Amazon's parcels at USPS in the three national cells, as the oracle tables define them."""
    return load("national_slices")
