from __future__ import annotations

import asyncio
import json
import subprocess
from types import SimpleNamespace

import pytest
from ipyvue.VueTemplateWidget import Events

from server.guard import Guard, refuse_foreign_objects

HOST = (b"host", b"127.0.0.1:8765")


async def solara_like(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def ask(cdn, path="/", headers=(HOST,), only_loopback=True, **scope):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    guard = Guard(solara_like, cdn, only_loopback)
    scope = {"type": "http", "method": "GET", "path": path, "headers": list(headers), **scope}
    asyncio.run(guard(scope, receive, send))
    return sent


@pytest.fixture
def cdn(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"echarts@6.1.0/dist/echarts.min.js": ""}))
    return tmp_path


def test_pages_pass_with_security_headers(cdn):
    start = ask(cdn)[0]
    headers = dict(start["headers"])
    assert start["status"] == 200
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
    assert b"http" not in headers[b"content-security-policy"]
    assert headers[b"x-frame-options"] == b"DENY"


@pytest.mark.parametrize(
    ("origin", "answer"),
    [
        (b"http://127.0.0.1:8765", "websocket.accept"),
        (b"http://127.0.0.1:9999", "websocket.close"),
        (b"https://elsewhere.example", "websocket.close"),
        (b"null", "websocket.close"),
    ],
)
def test_a_websocket_from_another_site_is_refused(cdn, origin, answer):
    assert ask(cdn, type="websocket", headers=[HOST, (b"origin", origin)])[0]["type"] == answer


def test_a_post_from_another_site_is_refused(cdn):
    assert ask(cdn, method="POST", headers=[HOST, (b"origin", b"https://elsewhere.example")])[0]["status"] == 403


def test_a_local_server_only_answers_to_the_name_of_this_machine(cdn):
    foreign = [(b"host", b"rebound.example:8765"), (b"origin", b"http://rebound.example:8765")]
    assert ask(cdn, headers=foreign)[0]["status"] == 403
    assert ask(cdn, headers=foreign, only_loopback=False)[0]["status"] == 200
    assert ask(cdn, headers=[(b"host", b"[::1]:8765")])[0]["status"] == 200


@pytest.mark.parametrize("path", ["left-pad@1.3.0/index.js", "../../serve.py", "manifest.json"])
def test_only_listed_browser_files_exist(cdn, path):
    assert ask(cdn, f"/_solara/cdn/{path}")[0]["status"] == 404
    assert ask(cdn, "/_solara/cdn/echarts@6.1.0/dist/echarts.min.js")[0]["status"] == 200


@pytest.mark.parametrize(
    "content",
    [
        {"create_widget": ["subprocess", "Popen"], "props": {"args": ["true"]}, "id": "x"},
        {"update_ref": {"objectRef": "__class__"}, "prop": "x", "id": "y"},
        {"event": "play", "data": {"functionRef": "close"}},
        {"event": ["play"], "data": None},
    ],
)
def test_a_browser_cannot_name_python_objects(monkeypatch, content):
    monkeypatch.setattr(Events, "_handle_event", Events._handle_event)
    refuse_foreign_objects()
    monkeypatch.setattr(subprocess, "Popen", lambda **_: pytest.fail("a process was started"))
    called = []
    widget = SimpleNamespace(vue_play=called.append, _component_instances=[])
    Events._handle_event(widget, None, content, [])
    assert called == []
    assert widget._component_instances == []


def test_events_still_arrive(monkeypatch):
    monkeypatch.setattr(Events, "_handle_event", Events._handle_event)
    refuse_foreign_objects()
    called = []
    Events._handle_event(SimpleNamespace(vue_play=called.append), None, {"event": "play", "data": 3}, [])
    assert called == [3]
