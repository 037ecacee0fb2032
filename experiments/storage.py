"""Results on disk: a folder that holds a whole result or none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.errors import DamagedError, InputError
from model.texts import read_text_file
from model.whole_file import DRAFT, draft_name, try_writing, whole_file

SUMMARY = "summary.json"
FORMAT = "lastmile-result-1"
_NEW, _OLD = "new", "old"


def dump_json(content: Mapping[str, Any]) -> str:
    """Write an object as text: the same object gives the same bytes, and no number is nan."""
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


# What systems put into folders on their own: a disk that was mounted or looked at is as good as empty.
_OF_SYSTEMS = {
    "lost+found", ".snapshot", ".DS_Store", ".Trashes", ".Spotlight-V100", ".fseventsd", "$RECYCLE.BIN",
    "System Volume Information", "Thumbs.db", "desktop.ini",
}  # fmt: skip


def check_file(file: str | Path, option: str = "write") -> Path:
    """Return the file, if it can be written: tried now, because later all that was computed would be lost.

    Args:
        file: What is to be written.
        option: What asks for it, for the message.

    Raises:
        InputError: It is a folder, its folder does not exist, or nothing can be written there.
    """
    text = str(file)
    if not text.strip():
        raise InputError(f"{option}: the name of the file is empty")
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            raise InputError(f"{option}: {text!r} is a folder; name a file")
        if path.exists() and not path.is_file():  # a pipe or a terminal
            return path
        parent = Path(os.path.realpath(path)).parent
        if not parent.is_dir():
            told = "is no folder" if parent.exists() else "does not exist"
            raise InputError(f"{option}: the folder {str(path.parent)!r} {told}")
        path.exists()  # a name that is too long
        try_writing(parent)
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{option}: {text!r} cannot be written: {_reason(error)}") from error
    return path


def check_place(folder: str | Path, option: str) -> None:
    """Check that files can be put into a folder that holds others, too, or that it can be made in one that is there.

    Raises:
        InputError: It is a file, or nothing can be written there.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise InputError(f"{option}: {str(path)!r} is a file; a folder of that name is needed")
    place = path if path.is_dir() else path.parent
    if not place.is_dir():
        raise InputError(f"{option}: the folder {str(place)!r} does not exist")
    try:
        try_writing(place)
    except OSError as error:
        raise InputError(f"{option}: {str(place)!r} cannot be written to: {_reason(error)}") from error


def check_folder(folder: str | Path) -> Path:
    """Return where results can be written: tried now, because later all that was computed would be lost.

    Raises:
        InputError: It is a file, a folder with something else than a result of ours in it, or nothing can be written
            there.
    """
    text = str(folder)
    if not text.strip():
        raise InputError("out: the name of the folder is empty")
    try:
        path = Path(text).expanduser().resolve()
        _check(path, text)
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"out: {text!r} cannot be used: {_reason(error)}") from error
    return path


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _check(path: Path, text: str) -> None:
    if path.is_dir():
        names = names_in(path)
        if names and not _is_ours(path, names):
            raise InputError(
                f"out: {text!r} is a folder with other files in it; name a new or an empty folder, "
                "or one with an earlier result"
            )
        place = path
    elif path.exists():
        raise InputError(f"out: {text!r} is a file; it must be a folder")
    else:
        place = next(folder for folder in path.parents if folder.exists())
        if not place.is_dir():
            raise InputError(f"out: {text!r} cannot be made because {str(place)!r} is a file")
    try:
        try_writing(place)
    except OSError as error:
        where = "" if place == path else f" into {str(place)!r}"
        raise InputError(f"out: {text!r} cannot be written{where}: {_reason(error)}") from error


def names_in(folder: Path) -> set[str]:
    """Names of what is in a folder, without what systems put there and what a killed process has left half written."""
    names = {item.name for item in folder.iterdir()}
    return {name for name in names - _OF_SYSTEMS if not name.startswith(DRAFT)}


def _is_ours(path: Path, names: set[str]) -> bool:
    """Whether all that is in a folder are files of a saved result, or of two where a kill came between them."""
    places = [path, *(draft / part for draft in path.glob(f"{DRAFT}*") for part in (_NEW, _OLD))]
    listed = [files for files in map(saved_files, places) if files is not None]
    return bool(listed) and names <= set().union(*listed) and all((path / name).is_file() for name in names)


def saved_files(folder: Path) -> set[str] | None:
    """Names of the files of a saved result; None where a folder holds none."""
    try:
        summary = json.loads(read_text_file(folder / SUMMARY))
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
    is_new = not target.exists()
    target.mkdir(parents=True, exist_ok=True)
    files = [*(f"{name}.parquet" for name in tables), *(texts or {})]
    content = {"format": FORMAT, "files": [SUMMARY, *files], **summary}
    draft = target / draft_name()
    try:
        with _kept_alone(target) as is_alone:
            leftovers = list(target.glob(f"{DRAFT}*")) if is_alone else []
            for part in (_NEW, _OLD):
                (draft / part).mkdir(parents=True)
            for name, table in tables.items():
                table.to_parquet(draft / _NEW / f"{name}.parquet")
            for name, text in (texts or {}).items():
                (draft / _NEW / name).write_text(text, encoding="utf-8")
            (draft / _NEW / SUMMARY).write_text(dump_json(content), encoding="utf-8")
            _replace(target, draft, [*files, SUMMARY])
            for leftover in leftovers:
                if leftover.is_dir():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    leftover.unlink(missing_ok=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if is_new:  # and nothing came of it
            with suppress(OSError):
                target.rmdir()
    return target


def _replace(target: Path, draft: Path, files: Sequence[str]) -> None:
    """Exchange the files of a folder for new ones; the folder itself, which may be a mount, stays.

    The summary goes first and comes last: a folder without one is no result, whatever a kill leaves in it.
    """
    earlier = sorted(names_in(target), key=lambda name: name != SUMMARY)
    placed: list[str] = []
    try:
        for name in earlier:
            os.replace(target / name, draft / _OLD / name)
        for name in files:
            placed.append(name)
            os.replace(draft / _NEW / name, target / name)
    except BaseException:
        for name in reversed(placed):
            (target / name).unlink(missing_ok=True)
        for name in reversed(earlier):
            if (draft / _OLD / name).exists():
                os.replace(draft / _OLD / name, target / name)
        raise


@contextmanager
def _kept_alone(folder: Path) -> Iterator[bool]:
    """Let no other process exchange the files of a folder meanwhile; False where the disk has no locks for folders."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            is_alone = True
        except OSError:
            is_alone = False
        yield is_alone
    finally:
        os.close(handle)


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


def write_text(file: str | Path, content: str) -> None:
    """Write a text file, all or nothing; see `model.whole_file` for its rights."""
    with whole_file(file) as draft:
        draft.write_text(content, encoding="utf-8", newline="\n")
