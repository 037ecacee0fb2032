"""What a page fetches before its first picture: few files, kept for good, and no compiler."""

from __future__ import annotations

import gzip
import json
import re
import urllib.request

import pytest

from server import made_files, vue_parts
from server.page_head import with_head

PAGE = '<head><meta charset="utf-8"></head><script>nbextensionHashes = {"jupyter-vue/extension": "12ab"};</script>'


def test_every_component_becomes_plain_javascript_with_all_that_its_file_says():
    files = vue_parts.component_files()
    assert set(vue_parts.HERE.rglob("*.vue")) < set(files.values())
    assert {"solara_navigator", "solara_title"} < set(files)
    script = vue_parts.script()
    for name, path in files.items():
        source = path.read_text(encoding="utf-8")
        options, template = vue_parts.options_and_template(source)
        assert options[0] + options[-1] == "{}", name
        assert f"<template>{template}" in re.sub(r"<template>\s+", "<template>", source), name
        assert options in script, name
        assert json.dumps(template, ensure_ascii=False) in script, name
        assert re.search(rf"\b{name}\b", vue_parts.module_code()), name


@pytest.mark.parametrize(
    "source",
    [
        "<template><p></p></template>",
        "<template><p></p></template><script>export default {}</script>",
        "<template><p></p></template><script>module.exports = {};</script><style>p { color: red }</style>",
    ],
)
def test_a_component_of_which_something_would_be_lost_is_refused(source):
    with pytest.raises(ValueError, match=r"module\.exports"):
        vue_parts.options_and_template(source)


def ask(url: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


def test_a_page_names_its_files_by_their_content_and_they_are_kept_for_good(server_url):
    page = ask(f"{server_url}/story")[0].decode()
    named = json.loads(re.search(r"window\.lastmileFiles = (\{.*?\});", page)[1])
    assert set(made_files.PARTS) < set(named)
    for name, path in named.items():
        plain, headers = ask(server_url + path)
        assert headers["cache-control"] == "public, max-age=31536000, immutable", name
        assert headers["content-security-policy"]
        small, headers = ask(server_url + path, **{"Accept-Encoding": "gzip"})
        assert headers["content-encoding"] == "gzip", name
        assert gzip.decompress(small) == plain, name
        assert len(small) < len(plain)
    for name, sources in made_files.PARTS.items():
        content = ask(server_url + named[name])[0]
        for source in sources:
            assert (made_files.ASSETS / source).read_bytes() in content


def test_what_solara_asks_for_late_is_named_early_under_the_path_of_the_app():
    page = with_head(PAGE, "/market")
    assert '"/market/jupyter/nbextensions/jupyter-vue/nodeps.js?12ab"' in page
    assert f'"/market{made_files.made_files()["parts.js"].path}"' in page
    assert page.index("lastmileFiles") < page.index("</head>")
    assert "</script>" not in re.search(r"lastmileFiles.*?EARLY = [^\n]*", with_head(PAGE, "</script>"), re.DOTALL)[0]
