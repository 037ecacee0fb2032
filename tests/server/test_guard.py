from __future__ import annotations

import asyncio
import json
import subprocess
from types import SimpleNamespace

import ipyvue
import ipywidgets
import pytest
from h11 import LocalProtocolError
from ipyvue.VueTemplateWidget import Events
from ipyvue.VueWidget import Events as ElementEvents
from solara.server import kernel_context

from server.guard import Guard, House
from server.solara_inside import let_threads_end_while_tabs_close
from server.widget_events import refuse_foreign_objects
from tests.server.apart import run_apart

HOST = (b"host", b"127.0.0.1:8765")


async def solara_like(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def ask(cdn, path="/", headers=(HOST,), only_loopback=True, house=None, app=solara_like, **scope):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    guard = Guard(app, cdn, only_loopback, house)
    scope = {"type": "http", "method": "GET", "path": path, "headers": list(headers), **scope}
    run_apart(guard(scope, receive, send))
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
        (b"http://[", "websocket.close"),
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


@pytest.fixture
def widgets_guarded(monkeypatch):
    """What browsers say to widgets is checked for the length of a test."""
    for owner, name in ((Events, "_handle_event"), (ElementEvents, "_handle_event"), (ipywidgets.Widget, "set_state")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    refuse_foreign_objects()


@pytest.mark.parametrize(
    "content",
    [
        {"create_widget": ["subprocess", "Popen"], "props": {"args": ["true"]}, "id": "x"},
        {"update_ref": {"objectRef": "__class__"}, "prop": "x", "id": "y"},
        {"event": "play", "data": {"functionRef": "close"}},
        {"event": ["play"], "data": None},
    ],
)
def test_a_browser_cannot_name_python_objects(widgets_guarded, monkeypatch, content):
    monkeypatch.setattr(subprocess, "Popen", lambda **_: pytest.fail("a process was started"))
    called = []
    widget = SimpleNamespace(vue_play=called.append, _component_instances=[])
    Events._handle_event(widget, None, content, [])
    assert called == []
    assert widget._component_instances == []


def test_events_still_arrive(widgets_guarded):
    called = []
    Events._handle_event(SimpleNamespace(vue_play=called.append), None, {"event": "play", "data": 3}, [])
    assert called == [3]


def test_what_no_widget_knows_or_takes_is_one_line_of_the_log(widgets_guarded, caplog):
    called = []

    def refuse(data):
        called.append(data)
        raise TypeError("unhashable type: 'dict'")

    Events._handle_event(SimpleNamespace(vue_go=refuse), None, {"event": "no such"}, [])
    assert (called, caplog.messages) == ([], [])
    Events._handle_event(SimpleNamespace(vue_go=refuse), None, {"event": "go", "data": {}}, [])
    assert called == [{}]
    element = ipyvue.Html(tag="p", class_="before")
    element._handle_event(None, {"event": "__class__", "data": None}, [])
    element.set_state({"class_": 3})
    element.set_state([])
    element.set_state({"location": None, "class_": "elsewhere"})
    assert element.class_ == "before"
    element.set_state({"class_": "after"})
    assert element.class_ == "after"
    assert [message.split(":")[1].strip() for message in caplog.messages] == ["TypeError", "TraitError"]
    assert not any("\n" in message for message in caplog.messages)


def test_a_page_is_closed_only_by_one_who_says_whose_it_is(cdn):
    close = "/_solara/api/close/some-kernel"
    assert ask(cdn, close, method="POST")[0]["status"] == 400
    assert ask(cdn, close, method="POST", query_string=b"session_id=x")[0]["status"] == 200


def test_an_answer_that_finds_no_taker_is_one_line_of_the_log(cdn, caplog):
    async def fail(scope, receive, send):
        raise LocalProtocolError("can't handle event type Response")

    run_apart(Guard(fail, cdn, True)({"type": "http", "path": "/", "headers": [HOST]}, None, None))
    assert caplog.messages == ["an answer found no taker: can't handle event type Response"]


def test_a_thread_may_end_while_its_tab_closes(monkeypatch):
    monkeypatch.setattr(kernel_context, "current_context", {"one": None, "two": None})
    let_threads_end_while_tabs_close()
    table = kernel_context.current_context
    for _ in table.copy():
        del kernel_context.current_context["one"]  # as the thread does, and then whoever closes the tab
        assert "one" not in kernel_context.current_context
    assert list(table) == ["two"]
    let_threads_end_while_tabs_close()
    assert kernel_context.current_context is table


def test_a_refusal_that_finds_no_taker_is_one_line_too(cdn, caplog):
    async def send(message):
        raise LocalProtocolError("can't handle event type Response")

    scope = {"type": "http", "path": "/", "headers": [(b"host", b"elsewhere.example")]}
    run_apart(Guard(solara_like, cdn, True)(scope, None, send))
    assert caplog.messages == ["an answer found no taker: can't handle event type Response"]


def house(count, room=False, rooms=(), expect=lambda path, query: None):
    closed = []
    health, close = {"status": "ok"}, lambda: closed.append(True)
    return House(3, lambda: count, lambda: rooms, lambda: room, lambda: health, close, expect), closed


def test_a_page_that_is_asked_for_is_expected_and_nothing_else(cdn):
    heard = []
    visits = house(1, expect=lambda *asked: heard.append(asked))[0]
    ask(cdn, "/story", house=visits, query_string=b"seed=4")
    for path, method in (("/story", "HEAD"), ("/health", "GET"), ("/static/x.js", "GET"), ("/_solara/api/x", "POST")):
        ask(cdn, path, house=visits, method=method, query_string=b"")
    ask(cdn, "/compare", house=house(3, expect=lambda *asked: heard.append(asked))[0])  # the house is full
    assert heard == [("/story", "seed=4")]


@pytest.mark.parametrize("path", ["/", "/bargaining", "/compare"])
def test_a_full_server_says_so_on_a_page_that_asks_again(cdn, path):
    start, body = ask(cdn, path, house=house(3)[0])
    assert start["status"] == 503
    assert b"room for 3 visitors" in body["body"]
    assert b'http-equiv="refresh"' in body["body"]


def socket_path(kernel):
    return f"/jupyter/api/kernels/{kernel}/channels"


def test_one_cookie_cannot_open_more_rooms_than_there_are(cdn):
    """A browser names its kernel itself: each new name would be a new session, whatever page it was given."""

    async def crowd():
        answers, ended = {}, asyncio.Event()

        async def stay(scope, receive, send):
            await send({"type": "websocket.accept"})
            await ended.wait()

        guard = Guard(stay, cdn, True, house(0)[0])

        async def receive():
            return {"type": "websocket.connect"}

        def knock(kernel, number=0):
            async def send(message):
                answers[kernel, number] = message["type"], message.get("code")

            headers = [HOST, (b"cookie", b"solara-session-id=one")]
            scope = {"type": "websocket", "path": socket_path(kernel), "headers": headers}
            return asyncio.create_task(guard(scope, receive, send))

        tasks = [knock(f"kernel-{i}") for i in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks += [knock("kernel-0", number) for number in range(1, 7)]
        await asyncio.sleep(0.01)
        ended.set()
        await asyncio.gather(*tasks)
        later = knock("kernel-9")
        await later
        return answers

    answers = run_apart(crowd())
    let_in = ("websocket.accept", None)
    assert [answers[f"kernel-{i}", 0] == let_in for i in range(5)] == [True] * 3 + [False] * 2
    assert answers["kernel-4", 0] == ("websocket.close", 1013)
    assert sum(answers["kernel-0", number] == let_in for number in range(7)) == 4
    assert answers["kernel-9", 0] == let_in


def test_who_comes_back_finds_the_room_and_a_room_without_a_socket_counts(cdn):
    full = house(0, rooms=("a", "b", "c"))[0]
    assert ask(cdn, socket_path("b"), type="websocket", house=full)[0]["type"] == "websocket.accept"
    assert ask(cdn, socket_path("d"), type="websocket", house=full)[0]["code"] == 1013
    assert ask(cdn, "/", house=full)[0]["status"] == 503


def test_files_and_operators_are_served_when_the_server_is_full(cdn):
    full = house(3)[0]
    for path in ("/_solara/cdn/echarts@6.1.0/dist/echarts.min.js", "/static/main.js", "/readyz", "/health"):
        assert ask(cdn, path, house=full)[0]["status"] == 200, path


def test_a_newcomer_gets_in_where_there_is_room_or_room_can_be_made(cdn):
    assert ask(cdn, house=house(2)[0])[0]["status"] == 200
    assert ask(cdn, house=house(3, room=True)[0])[0]["status"] == 200


def test_health_is_told_as_json(cdn):
    start, body = ask(cdn, "/health", house=house(1)[0])
    assert (start["status"], json.loads(body["body"])) == (200, {"status": "ok"})


async def lost(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"Not ", "more_body": True})
    await send({"type": "http.response.body", "body": b"Found"})


def test_a_wrong_address_shows_a_page_with_a_way_on(cdn):
    messages = ask(cdn, "/nonsense", app=lost)
    assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]
    assert messages[0]["status"] == 404
    assert b"nothing at this address" in messages[1]["body"]
    assert b"content-length" not in dict(messages[0]["headers"])
    assert ask(cdn, "/static/nonsense.js", app=lost)[1]["body"] == b"Not "


def test_sessions_end_when_the_server_shuts_down(cdn):
    rooms, closed = house(1)

    async def app(scope, receive, send):
        assert (await receive())["type"] == "lifespan.shutdown"

    async def receive():
        return {"type": "lifespan.shutdown"}

    run_apart(Guard(app, cdn, True, rooms)({"type": "lifespan"}, receive, None))
    assert closed == [True]
