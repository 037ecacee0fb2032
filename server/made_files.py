"""Files for the browser that are put together when the server starts: few, small, and kept by a browser for good.

Each name carries a checksum of its content, so that what a browser has kept never has to be asked for again. One script
holds all Vue components as plain JavaScript (see `vue_parts`).
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from server import vue_parts

ASSETS = Path(__file__).parent / "assets"
PREFIX = "/made/"
KINDS = {"js": b"text/javascript; charset=utf-8", "css": b"text/css; charset=utf-8", "bin": b"application/octet-stream"}
# What each is made of; the order is the one in which they run.
PARTS = {
    "parts.js": ("help.js", "focus.js", "card_picture.js", "counties.js"),
    "counties.bin": ("counties.bin",),
    "seat.css": ("seat.css",),
    "story.css": ("story.css",),
    "story.js": ("story.js", "story_stage.js", "story_dock.js"),
}


@dataclass(frozen=True)
class MadeFile:
    """A file as it is served.

    Attributes:
        path: Where it is, with a checksum of its content in it.
        kind: Its media type.
        plain: Its content.
        small: The same, compressed.
    """

    path: str
    kind: bytes
    plain: bytes
    small: bytes


@cache
def made_files() -> Mapping[str, MadeFile]:
    """All of them by name, made once."""
    found = {}
    for name, sources in PARTS.items():
        content = b"\n".join((ASSETS / source).read_bytes() for source in sources)
        if name == "parts.js":
            content += b"\n" + vue_parts.script().encode()
        found[name] = _made(name, content)
    return found


def at_path(path: str) -> MadeFile | None:
    """The file at a path, if there is one."""
    return next((file for file in made_files().values() if file.path == path), None)


def _made(name: str, content: bytes) -> MadeFile:
    stem, _, ending = name.partition(".")
    checksum = hashlib.sha256(content).hexdigest()[:16]
    return MadeFile(f"{PREFIX}{stem}.{checksum}.{ending}", KINDS[ending], content, gzip.compress(content, 9, mtime=0))
