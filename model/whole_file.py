"""Files that are written whole or not at all, with the rights that the umask of the process gives."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DRAFT = ".lastmile-"  # what is half written has a name that begins so


def draft_name(suffix: str = "") -> str:
    """A name that nothing else has, for what is not whole yet; as short for a long name as for a short one."""
    return f"{DRAFT}{uuid.uuid4().hex[:12]}{suffix}"


@contextmanager
def whole_file(file: str | Path) -> Iterator[Path]:
    """Give the path of a draft, which becomes the file when the block ends well and is taken away when it does not.

    A link stays a link: the file that it leads to is replaced. The rights are those of any new file, and no wider than
    those of the file that was there. What is no file but a pipe or a terminal is written to.

    Args:
        file: What is to be written.

    Raises:
        OSError: It cannot be written.
    """
    path = Path(file)
    is_stream = path.exists() and not path.is_file() and not path.is_dir()
    target = path if is_stream else Path(os.path.realpath(path))
    folder = Path(tempfile.gettempdir()) if is_stream else target.parent
    draft = folder / draft_name(target.suffix)
    try:
        yield draft
        if is_stream:
            _copy(draft, target)
        else:
            put_in_place(draft, target)
    finally:
        with suppress(OSError):  # on a disk that is read-only even what is not there cannot be taken away
            draft.unlink(missing_ok=True)


def put_in_place(draft: Path, target: Path) -> None:
    """Let a draft take the place of a file, on the same disk; see `whole_file` for its rights."""
    with suppress(OSError):  # no file there before, or a disk without rights
        os.chmod(draft, draft.stat().st_mode & target.stat().st_mode & 0o777)
    try:
        os.replace(draft, target)
    except OSError as error:
        if error.errno != errno.EBUSY or not target.is_file():
            raise
        _copy(draft, target)  # a file that is a mount of its own can be filled, and not replaced


def _copy(draft: Path, target: Path) -> None:
    with draft.open("rb") as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)


def try_writing(folder: Path) -> None:
    """Write a small file into a folder and take it away, to find out now what would fail once all is computed.

    Raises:
        OSError: No right to write, a disk that is read-only or full, a quota, or no such folder.
    """
    probe = folder / draft_name()
    with probe.open("xb") as stream:
        try:
            stream.write(bytes(4096))
            stream.flush()
        finally:
            probe.unlink(missing_ok=True)
