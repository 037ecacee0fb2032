"""What stands first in every page, before Solara's own files: where the made files are, and what to fetch early.

A browser reads it before the scripts of Solara (four megabytes), so that what those would ask for one by one is
there when they run.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from server import made_files

FIRST = Path(__file__).parent / "assets" / "first.js"
# Loaded by Solara when the first widgets arrive, by the name of the extension that they belong to.
EXTENSIONS = ("jupyter-vuetify", "jupyter-vue")
# Big files of others that charts and maps are drawn with.
DRAWN_WITH = {
    "echarts.js": "/_solara/cdn/echarts@6.1.0/dist/echarts.min.js",
    "states.json": "/_solara/cdn/us-atlas@3.0.1/states-albers-10m.json",
}
_HASHES = re.compile(r"nbextensionHashes = (\{.*?\});")
_START = re.compile(r'<meta charset="utf-8">')


def with_head(page: str, root: str = "") -> str:
    """Solara's page with our beginning.

    Args:
        page: As Solara makes it.
        root: Path under which the app is served, without a slash at its end.
    """
    hashes = _HASHES.search(page)
    versions = json.loads(hashes[1]) if hashes else {}
    early = [
        f"{root}/jupyter/nbextensions/{name}/nodeps.js?{versions[f'{name}/extension']}"
        for name in EXTENSIONS
        if f"{name}/extension" in versions
    ]
    paths = {name: file.path for name, file in made_files.made_files().items()} | DRAWN_WITH
    places = {name: root + path for name, path in paths.items()}
    named = f"window.lastmileFiles = {_in_script(places)};\nconst EARLY = {_in_script(early)};"
    head = f"<script>{{\n{named}\n{FIRST.read_text(encoding='utf-8')}}}</script>"
    return _START.sub(lambda found: f"{found[0]}\n{head}", page, count=1)


def _in_script(value: object) -> str:
    """A value as it can stand in a script of a page, which it must not end."""
    return json.dumps(value).replace("</", "<\\/")
