"""Results on disk: a folder that is complete or not there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.errors import DamagedError, InputError

SUMMARY = "summary.json"
FORMAT = "lastmile-result-1"


def dump_json(content: Mapping[str, Any]) -> str:
    """Write an object as text: the same object gives the same bytes, and no number is nan."""
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def check_file(file: str | Path) -> None:
    """Check that the page can be written.

    Raises:
        InputError: It is a folder, or its folder does not exist.
    """
    path = Path(file)
    if path.is_dir():
        raise InputError(f"write: {str(file)!r} is a folder; name a file")
    if not path.parent.is_dir():
        raise InputError(f"write: the folder {str(path.parent)!r} does not exist")


def check_folder(folder: str | Path) -> Path:
    """Return where results can be written.

    Raises:
        InputError: It is a file, or a folder with something else than a result of ours in it.
    """
    text = str(folder)
    if not text.strip():
        raise InputError("out: the name of the folder is empty")
    try:
        path = Path(text).expanduser().resolve()
        _check(path, text)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"out: {text!r} cannot be used: {reason}") from error
    return path


def _check(path: Path, text: str) -> None:
    if path.is_dir():
        names = {item.name for item in path.iterdir()}
        if names and not _is_ours(path, names):
            raise InputError(
                f"out: {text!r} is a folder with other files in it; name a new or an empty folder, "
                "or one with an earlier result"
            )
        return
    if path.exists():
        raise InputError(f"out: {text!r} is a file; it must be a folder")
    parent = next(folder for folder in path.parents if folder.exists())
    if not parent.is_dir():
        raise InputError(f"out: {text!r} cannot be made because {str(parent)!r} is a file")
    if not os.access(parent, os.W_OK):
        raise InputError(f"out: {text!r} cannot be made because {str(parent)!r} cannot be written to")


def _is_ours(path: Path, names: set[str]) -> bool:
    files = saved_files(path)
    return files is not None and files >= names


def saved_files(folder: Path) -> set[str] | None:
    """Names of the files of a saved result; None where a folder holds none."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(summary, dict) or summary.get("format") != FORMAT:
        return None
    files = summary.get("files")
    return {name for name in files if isinstance(name, str)} if isinstance(files, list) else set()


def write_result(
    folder: str | Path,
    tables: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
    texts: Mapping[str, str] | None = None,
) -> Path:
    """Write tables as `<name>.parquet` and a summary, all or nothing; an earlier result is replaced.

    Args:
        folder: Where.
        tables: By name.
        summary: What JSON can hold.
        texts: Other files, such as pictures, by the name of the file.

    Raises:
        InputError: See `check_folder`.
    """
    target = check_folder(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        new = work / "new"
        new.mkdir()
        for name, table in tables.items():
            table.to_parquet(new / f"{name}.parquet")
        for name, text in (texts or {}).items():
            (new / name).write_text(text, encoding="utf-8")
        files = [SUMMARY, *(f"{name}.parquet" for name in tables), *(texts or {})]
        content = {"format": FORMAT, "files": files, **summary}
        (new / SUMMARY).write_text(dump_json(content), encoding="utf-8")
        _replace(new, target, work / "old")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def read_table(path: Path) -> pd.DataFrame:
    """Read a table that `write_result` or another writer of this package has left.

    Raises:
        DamagedError: It is missing, or not a parquet file any more.
    """
    import pyarrow as pa

    try:
        return pd.read_parquet(path)
    # Whatever a damaged file makes pyarrow or pandas stumble over.
    except (OSError, ValueError, TypeError, LookupError, AttributeError, MemoryError, pa.ArrowException) as error:
        raise DamagedError(f"{path}: {damage(error)}") from error


def damage(error: Exception) -> str:
    """What is wrong with a file that could not be read, in a few words."""
    if isinstance(error, FileNotFoundError):
        return "it is missing"
    reason = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), type(error).__name__)
    return f"it cannot be read ({reason})"


def _replace(new: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise


def write_text(file: str | Path, content: str) -> None:
    """Write a text file, all or nothing."""
    target = Path(file)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
