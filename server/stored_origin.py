"""How a page says where runs come from that came with the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.provenance import code_checksum


def stored_origin(about: Mapping[str, Any], size: str) -> str:
    """When and with what they were made, and whether code and data of the model are still the same.

    Args:
        about: With date, commit (None where it was not known) and code_checksum.
        size: How many runs or shippers, in words.
    """
    changed = (
        "the code and data of the model are the same today"
        if about["code_checksum"] == code_checksum()
        else "the code or the data of the model have changed since, so that figures of today may differ"
    )
    return f"made on {about['date']} from commit {(about['commit'] or 'unknown')[:8]}, {size}; {changed}"
