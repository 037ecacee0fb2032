"""Parts of a Markdown page that are written by commands, each between marks of its own."""

from __future__ import annotations

import re
from pathlib import Path

from experiments.storage import write_text
from model.texts import read_text_file


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def read_section(page: str | Path, name: str) -> str:
    """A part of a page with its marks; empty where there is none."""
    path = Path(page)
    begin, end = map(re.escape, _marks(name))
    found = re.search(f"{begin}.*?{end}", read_text_file(path), re.DOTALL) if path.is_file() else None
    return found[0] if found else ""


def write_section(page: str | Path, name: str, text: str) -> None:
    """Put a part in its place on a page, or at its end; the rest of the page stays.

    Args:
        page: The page; it is made when there is none.
        name: Name of the part.
        text: Markdown.
    """
    path = Path(page)
    before = read_text_file(path) if path.exists() else ""
    begin, end = _marks(name)
    part = f"{begin}\n{text.strip()}\n{end}"
    if begin in before and end in before:
        after = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda match: part, before, flags=re.DOTALL)
    else:
        after = f"{before.rstrip()}\n\n{part}\n".lstrip()
    write_text(path, after)
