"""The runs of an estimation on disk, in small parquet files, so that a second call goes on where the first ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.errors import DamagedError, InputError
from experiments.storage import check_folder, damage, dump_json, names_in, read_table, write_text
from model.texts import read_text_file
from model.whole_file import whole_file

Floats = NDArray[np.float64]
MANIFEST = "manifest.json"


class RunStore:
    """A folder of runs.

    Args:
        folder: Where; it is made where it does not exist.
        settings: What the runs depend on; a folder of other settings is refused.

    Raises:
        InputError: The folder is a file, is not empty and no store, or holds runs with other settings.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        wanted = json.loads(dump_json(settings))
        if folder.exists() and not folder.is_dir():
            raise InputError(f"out: {str(folder)!r} is a file; name a folder")
        manifest = folder / MANIFEST
        if manifest.is_file():
            found = _settings(manifest)
            other = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
            if other:
                raise InputError(f"out: {str(folder)!r} holds runs with another {', '.join(other)}; name a new folder")
        elif folder.is_dir() and names_in(folder):
            raise InputError(f"out: {str(folder)!r} is not empty and holds no estimation")
        else:
            check_folder(folder)
            folder.mkdir(parents=True, exist_ok=True)
            write_text(manifest, dump_json(settings))

    def load(self, wave: str, symbols: tuple[str, ...], n_moments: int) -> tuple[NDArray[np.int64], Floats, Floats]:
        """What is there of a wave: numbers (N,), points (N, D) and moments (N, J)."""
        parts = [read_table(file) for file in sorted(self.folder.glob(f"{wave}-*.parquet"))]
        columns = [f"moment_{i}" for i in range(n_moments)]
        if not parts:
            return np.zeros(0, dtype=np.int64), np.zeros((0, len(symbols))), np.zeros((0, n_moments))
        table = pd.concat(parts).drop_duplicates("number").sort_values("number")
        return table["number"].to_numpy(), table[list(symbols)].to_numpy(), table[columns].to_numpy()

    def forget(self, wave: str) -> None:
        """Remove the runs of a wave."""
        for file in self.folder.glob(f"{wave}-*.parquet"):
            file.unlink()

    def save(
        self, wave: str, symbols: tuple[str, ...], numbers: NDArray[np.int64], points: Floats, values: Floats
    ) -> None:
        """Write some runs of a wave, all or nothing."""
        table = pd.DataFrame(points, columns=list(symbols))
        table.insert(0, "number", numbers)
        table = table.join(pd.DataFrame(values, columns=[f"moment_{i}" for i in range(values.shape[1])]))
        target = self.folder / f"{wave}-{int(numbers[0]):06d}.parquet"
        with whole_file(target) as draft:
            table.to_parquet(draft)


def _settings(manifest: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text_file(manifest))
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedError(f"out: {manifest}: {damage(error)}") from error
    if not isinstance(found, dict):
        raise DamagedError(f"out: {manifest}: it is damaged")
    return found
