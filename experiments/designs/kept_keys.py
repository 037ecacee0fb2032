"""Keys of a plan, kept beside its runs: who goes on with a sweep need not check all its points again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.designs.design import Design
from model.whole_file import whole_file

FILE = "keys.npz"


def _told(design: Design, environment: Mapping[str, Any]) -> str:
    """Checksum of all that the keys of a plan follow from: the design, its code, data and packages."""
    content = {"design": design.describe(), "environment": environment}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _checksum(keys: NDArray[np.bytes_]) -> str:
    return hashlib.sha256(keys.tobytes()).hexdigest()


def keep_keys(folder: Path, design: Design, environment: Mapping[str, Any], keys: NDArray[np.bytes_]) -> None:
    """Write the keys of a plan whose points are all possible; nothing where they stand already.

    Raises:
        OSError: The folder cannot be written to, or the disk is full.
    """
    if kept_keys(folder, design, environment) is not None:
        return
    with whole_file(folder / FILE) as draft:
        np.savez_compressed(draft, of=_told(design, environment), checksum=_checksum(keys), keys=keys)


def kept_keys(folder: Path, design: Design, environment: Mapping[str, Any]) -> NDArray[np.bytes_] | None:
    """The keys of a plan that were kept; None where there are none, they are of something else, or are damaged."""
    try:
        with np.load(folder / FILE, allow_pickle=False) as found:
            of, checksum, keys = str(found["of"]), str(found["checksum"]), found["keys"]
    except Exception:  # damaged files fail in many ways; the points are then checked again
        return None
    fits = of == _told(design, environment) and len(keys) == design.n_runs and checksum == _checksum(keys)
    return keys if fits else None
