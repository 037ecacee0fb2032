"""The Vue components of the pages as plain JavaScript, which a browser runs as it comes.

ipyvue sends a component as the text of its `.vue` file; for the first of them the browser fetches a compiler of 800 kB
and takes each apart, script and template, before anything is drawn: a second of work on a slow machine. Ours are an
object of options and a template, and Vue itself, which is there anyway, compiles a template when it is first drawn.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipyvue
import solara
from ipyvue import VueTemplateWidget

MODULE = "lastmile"  # name of the module that hands the components to ipyvue
# The pages' own stand in these folders; the two of Solara on every page.
HERE = Path(__file__).parent
FOLDERS = (HERE / "vue", HERE / "pages")
OF_SOLARA = tuple(Path(solara.__file__).parent / name for name in ("widgets/vue/navigator.vue", "components/title.vue"))
_FILE = re.compile(r"\s*<template>(?P<template>.*)</template>[^<]*<script>(?P<script>.*)</script>\s*", re.DOTALL)
# As ipyvue reads it: what stands before is no part of the component.
_OPTIONS = re.compile(r"modules?\.exports?\s*=")


def component_files() -> dict[str, Path]:
    """Files of all components by the name under which they are exported."""
    found = {f"solara_{path.stem}": path for path in OF_SOLARA}
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*.vue")):
            found["_".join(path.relative_to(folder).with_suffix("").parts)] = path
    return found


def options_and_template(source: str) -> tuple[str, str]:
    """The options of a component, as an expression of JavaScript, and its template.

    Raises:
        ValueError: It has other parts than these two, such as a style.
    """
    parts = _FILE.fullmatch(source)
    options = _OPTIONS.search(parts["script"]) if parts else None
    if parts is None or options is None:
        raise ValueError("a component must be <template> and <script> with module.exports = {...}, and nothing else")
    return parts["script"][options.end() :].strip().rstrip(";"), parts["template"].strip()


def script(files: Mapping[str, Path] | None = None) -> str:
    """A script that leaves all components in `lastmileComponents`, by name."""
    found = []
    for name, path in (component_files() if files is None else files).items():
        options, template = options_and_template(path.read_text(encoding="utf-8"))
        found.append(f"{name}: part({json.dumps(template, ensure_ascii=False)}, () => ({options}\n)),")
    together = "\n".join(found)
    return f"""window.lastmileComponents = (() => {{
const part = (template, options) => {{
    let render = null;
    return {{ ...options(), get render() {{ return (render ||= Vue.compile(template)); }} }};
}};
return {{
{together}
}};
}})();
"""


def module_code() -> str:
    """The module by which ipyvue finds the components, once their script is there."""
    names = ", ".join(component_files())
    return f"await lastmile.parts;\nexport const {{ {names} }} = window.lastmileComponents;\n"


def send_as_plain_scripts() -> None:
    """From now on tell a browser the name of a component instead of its text."""
    read: Callable[[str], Any] = VueTemplateWidget.get_template
    if getattr(read, "tells_names", False):
        return
    names = {path.resolve(): name for name, path in component_files().items()}
    ipyvue.define_module(MODULE, code=module_code(), dependencies=[])
    templates = sys.modules["ipyvue.Template"]  # the package has a class of this name

    def get_template(path: str) -> Any:
        name = names.get(Path(path).resolve())
        if name is None:
            return read(path)
        kept = templates.template_registry.get(path)  # of the tab, as Solara sees to
        if kept is None:
            kept = ipyvue.Template(esm_module=MODULE, esm_export=name)
            if type(kept.comm).__name__ != "DummyComm":  # a browser knows it
                templates.template_registry[path] = kept
        return kept

    get_template.tells_names = True  # type: ignore[attr-defined]
    VueTemplateWidget.get_template = get_template
