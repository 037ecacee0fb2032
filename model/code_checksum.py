"""Which code and data computed something: one checksum over the packages' files."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

_CODE_AND_DATA = (".py", ".csv", ".toml")


@cache
def code_checksum(packages: tuple[str, ...]) -> str:
    """SHA-256 over the code and data of packages, so that changed code never passes for the same."""
    digest = hashlib.sha256()
    for package in packages:
        for name, content in sorted(_files(resources.files(package), package)):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _files(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found = []
    for item in folder.iterdir():
        name = f"{path}/{item.name}"
        if item.is_dir():
            found += _files(item, name)
        elif item.name.endswith(_CODE_AND_DATA):
            found.append((name, item.read_bytes()))
    return found
