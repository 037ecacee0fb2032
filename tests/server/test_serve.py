"""The server as a process of its own, which may only talk to this machine."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import urllib.error
import urllib.request

import pytest

from server import serve
from server.serve import CDN, ServeError
from tests.experiments.test_bad_input import call


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def manifest() -> dict[str, str]:
    return json.loads((CDN / "manifest.json").read_text())


def test_every_browser_file_is_as_it_was_installed(manifest):
    for name, checksum in manifest.items():
        assert hashlib.sha256((CDN / name).read_bytes()).hexdigest() == checksum, name
    assert len(manifest) > 20


def test_every_package_carries_its_licence(manifest):
    packages = {re.match(r"(@[^/]+/)?[^/]+", name)[0] for name in manifest}
    for package in packages:
        assert list((CDN / "licences" / package).iterdir()), package


def test_all_that_the_page_names_is_in_the_folder(server_url, manifest):
    page = read(server_url)
    named = set(re.findall(r"/_solara/cdn/([^\"'\s>]+)", page)) | set(re.findall(r"\$\{solara\.cdn\}/([^`\s]+)", page))
    custom = read(f"{server_url}/static/assets/custom.js")
    named |= set(re.findall(r"\$\{solara\.cdn\}/([^`\s]+)", custom))
    assert any("echarts" in name for name in named)
    assert any("solara-vuetify3-app" in name for name in named)
    assert named <= set(manifest)


def test_all_fonts_and_chunks_that_the_bundle_names_are_in_the_folder(manifest):
    (folder,) = {name.split("/dist/")[0] + "/dist" for name in manifest if "solara-vuetify3-app" in name}
    for sheet in ("main8.css", "fonts.css"):
        fonts = set(re.findall(r"url\(([\w]+\.woff2)", (CDN / folder / sheet).read_text()))
        assert fonts
        assert {f"{folder}/{font}" for font in fonts} <= set(manifest)
    assert [name for name in manifest if re.search(r"/\d+\.solara-vuetify-app8\.min\.js$", name)]


def test_health_and_headers(server_url):
    assert json.loads(read(f"{server_url}/readyz")) == {"status": "ok"}
    assert "kernels" in json.loads(read(f"{server_url}/resourcez"))
    with urllib.request.urlopen(server_url, timeout=30) as answer:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "HttpOnly" in answer.headers["set-cookie"]


def test_a_file_that_is_not_listed_is_not_fetched_from_elsewhere(server_url):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        read(f"{server_url}/_solara/cdn/left-pad@1.3.0/index.js")


def test_a_port_in_use_is_one_clear_message():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"cannot listen on 127.0.0.1 port {port}: .*choose another"):
            serve.serve(port=port)


def test_a_port_out_of_range_is_refused():
    with pytest.raises(ServeError, match="port must be between 0 and 65535, not 70000"):
        serve.serve(port=70000)


@pytest.mark.parametrize("processes", [-1, 65])
def test_a_number_of_processes_out_of_range_is_refused(processes):
    with pytest.raises(ServeError, match=f"processes must be between 0 and 64, not {processes}"):
        serve.serve(port=0, processes=processes)


def test_missing_browser_files_are_named_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(serve, "CDN", tmp_path)
    with pytest.raises(ServeError, match=r"browser files are missing .* `make setup`"):
        serve.make_app()


def test_a_folder_that_holds_no_sweeps_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "manifest.json").write_text('{"last_year": 2021}')  # of an estimation: the pages would show nothing
    for folder, told in (
        (tmp_path / "nowhere", "open: there is no folder"),
        (tmp_path / "file", "open: there is no folder"),
        (tmp_path, "it is not the manifest of a sweep"),
    ):
        done = call("serve", "--open", str(folder))
        assert done.exit_code == 2
        assert told in done.stderr
