"""Links from the pages to files of the repository that are no pages, for example to ../examples, become plain names."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace [name](../path) by the name."""
    return _OUTSIDE.sub(r"\1", markdown)
