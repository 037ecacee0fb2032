"""Parts of a Markdown page that are written by commands, each between marks of its own."""

from __future__ import annotations

import re
from pathlib import Path

from experiments.storage import write_text


def write_section(page: str | Path, name: str, text: str) -> None:
    """Put a part in its place on a page, or at its end; the rest of the page stays.

    Args:
        page: The page; it is made when there is none.
        name: Name of the part.
        text: Markdown.
    """
    path = Path(page)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    part = f"{begin}\n{text.strip()}\n{end}"
    if begin in before and end in before:
        after = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda match: part, before, flags=re.DOTALL)
    else:
        after = f"{before.rstrip()}\n\n{part}\n".lstrip()
    write_text(path, after)
