"""TOML files of people: whatever is in them ends in a table or in one sentence that says what is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from model.texts import read_text_file


def read_toml_file(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ValueError: There is no such file, it is no text or no TOML, or it nests too deeply; the message says which.
    """
    try:
        text = read_text_file(path)
    except OSError as error:
        raise ValueError(str(error.strerror or error)) from error
    return read_toml(text)


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML text.

    Raises:
        ValueError: It is no TOML, or nests too deeply; the message says which.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("not a TOML file: its lists and tables are nested too deeply") from error
    except ValueError as error:  # also a whole number with thousands of digits
        raise ValueError(f"not a TOML file: {error}") from error
