"""What no page would send to the server: broken frames, events of the wrong kind, hostile addresses and uploads."""

from __future__ import annotations

import asyncio
import contextlib
import json
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tab import Tab

from server.studies.socket_visitor import make_message

TRAVERSAL = "..%2f..%2f..%2fetc%2fpasswd"
PATHS = (
    *(f"/{start}{TRAVERSAL}" for start in ("", "static/", "static/assets/", "static/public/", "_solara/cdn/")),
    "/%00", "/%", "/%ff%fe", "//elsewhere.example/x", "/\\\\elsewhere", "/a" * 2000, "/" + "x" * 60_000,
    "/static/assets/../../serve.py", "/_solara/cdn/left-pad@1.3.0/index.js", "/_solara/api/close/x",
    "/_solara/api/evict/x", "/_solara/auth/login", "/jupyter/api/kernels/x", "/resourcez?verbose", "/readyz/../health",
    "/?" + "set.x=1&" * 500, "/?seed=" + "9" * 5000, "/?set.n_shippers=1e308&month=9999-99", "/?scenario=../../../x",
    "/?scenario=%3Cscript%3Ealert(1)%3C/script%3E", "/inspect?what=" + "%F0%9F%92%A9" * 300, "/bargaining?talks[]=1",
)  # fmt: skip
HEADERS = (
    "", "Host: elsewhere.example\r\n", "Origin: http://elsewhere.example\r\n", "Cookie: solara-session-id=%00;;;=;\r\n",
    "X: " + "y" * 30_000 + "\r\n", "Range: bytes=9-1\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 99\r\n",
)  # fmt: skip
UPLOADS = (
    b"x" * 3_000_000,
    b"PK\x03\x04" + b"\x00" * 1000,
    b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../x.py\"\r\n\r\nimport os\r\n--b--\r\n",
    b"0" * 10,
    b'{"kernel": "' + b"a" * 100_000 + b'"}',
    b"ffffffffffffffff\r\n",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 10**400, 1e308, float("nan"), float("-inf"), "", "x" * 100_000, "\x00", "\ud800",
    "../../x", [], [[[[]]]], [None] * 1000, {}, {"": {"": {}}}, {"scenario": 1, "seed": "x"}, {"seed": -1},
    {"scenario": "baseline", "seed": 1.5, "overrides": []}, {"scenario": "baseline", "seed": 1, "overrides": {"": 1}},
    {"end": "2999-01"}, {"start": "2026-13"}, {"kind": 10**6, "actor": None}, {"format": "exe", "rows": [10**9, "x"]},
    {"runs": [{}] * 50}, {"runs": "x"}, {"key": "x", "accept": [1] * 99, "price": ["x"]}, {"leave": "yes"},
    {"name": "../../x", "retry": 1}, {"factors": [{"name": "x", "low": "a"}] * 30}, {"price": [-1e300]},
)  # fmt: skip


def frames(luck: Random, tab: Tab) -> list[str | bytes]:
    """Frames that a page would not send; most of them end the connection."""
    channel = luck.choice([*tab.widgets, "nobody"])
    message = make_message("comm_msg", {"comm_id": channel, "data": {"method": "custom", "content": {}}})
    wrong: list[str | bytes] = [
        "", "{", "hello", "null", "[" * 50_000, '{"header": {}}', "1e999", '{"a": 1' + "0" * 5000 + "}",
        b"\x00\x01", b"\x00\x00\x00\x02\x00\x00\x00\x0c\xff\xff\xff\xff", bytes(range(256)) * 100, "x" * 2_000_000,
        json.dumps(message | {"header": {"msg_type": "comm_msg"}}),
        json.dumps(message | {"content": {}, "header": {"msg_type": "comm_info_request"}}),
        json.dumps(message | {"header": None}), json.dumps(message | {"content": []}),
        json.dumps(message | {"channel": 7}), json.dumps(message | {"parent_header": "x"}),
        json.dumps(message | {"buffers": ["x"]}), json.dumps(message | {"metadata": None}),
        json.dumps(make_message("execute_request", {"code": "import os"})),
        json.dumps(make_message("shutdown_requests", {})),
        json.dumps(make_message("comm_open", {"comm_id": "x", "target_name": "jupyter.widget", "data": {}})),
        json.dumps(make_message("comm_open", {"comm_id": 5, "target_name": "solara.control", "data": {}})),
        json.dumps(make_message("comm_open", {"comm_id": "y", "target_name": "jupyter.widget.control", "data": {}})),
        json.dumps(make_message("comm_msg", {"comm_id": "nobody", "data": {"method": "custom", "content": {}}})),
        json.dumps(make_message("comm_msg", {"comm_id": channel})),
        json.dumps(make_message("comm_msg", {"comm_id": channel, "data": None})),
        json.dumps(make_message("comm_msg", {"comm_id": channel, "data": {"method": "no such"}})),
        json.dumps(make_message("comm_msg", {"comm_id": channel, "data": {"method": "custom"}})),
        json.dumps(make_message("comm_msg", {"comm_id": channel, "data": {"method": "update"}})),
        json.dumps(make_message("comm_close", {"comm_id": "nobody"})),
        json.dumps(make_message("comm_info_request", {"target_name": {}})),
    ]  # fmt: skip
    return luck.sample(wrong, 3)


def events(luck: Random, tab: Tab) -> list[tuple[str, Any, Any]]:
    """Channel, event and data: known events with values of the wrong kind, and events that nobody knows."""
    told: list[tuple[str, Any, Any]] = []
    for _ in range(5):
        channel = luck.choice(list(tab.widgets) or ["nobody"])
        known = [name for name in tab.widgets.get(channel, {}).get("events") or () if not name.startswith("event_")]
        event: Any = luck.choice([*known * 3, "", "no such", "__class__", "vue_play", 7])
        # How a page would name an object of the server's.
        value = luck.choice([*VALUES, {"objectRef": "__class__"}, [{"functionRef": "close", "args": []}]])
        told.append((channel, event, value))
    return told


def updates(luck: Random, tab: Tab) -> list[tuple[str, dict[str, Any]]]:
    """Channel and state: values that widgets are told to take over from the browser."""
    told = []
    for _ in range(3):
        channel = luck.choice(list(tab.widgets) or ["nobody"])
        # By its events a tab finds its widgets.
        names = [name for name in tab.widgets.get(channel, {}) if not name.startswith("_") and name != "events"] or [
            "x"
        ]
        told.append((channel, {luck.choice([*names, "_model_module", "no_such"]): luck.choice(VALUES)}))
    return told


def last_words(luck: Random, tab: Tab) -> list[str]:
    """Frames that are allowed and harm the tab that sends them: it has to be closed afterwards."""
    run = {"method": "run", "args": {"path": "/?seed=x", "dark": "x", "themes": {}, "appName": "x"}}
    channel = luck.choice(list(tab.widgets) or ["nobody"])
    words = [
        make_message("shutdown_request", {}),
        make_message("comm_close", {"comm_id": channel}),
        *(make_message("comm_msg", {"comm_id": channel, "data": data}) for data in (run, {"method": "evict"})),
    ]
    return [json.dumps(luck.choice(words)) for _ in range(2)]


async def hostile_request(luck: Random, url: str, patience: float) -> int:
    """Send a request that no browser of ours would send; its status, 0 where the line was closed without one."""
    host, port = str(urlsplit(url).hostname), int(str(urlsplit(url).port))
    method, body = luck.choice([("GET", b""), ("HEAD", b""), ("POST", luck.choice(UPLOADS)), ("PUT", UPLOADS[0])])
    headers = luck.choice(HEADERS)
    host_line = "" if "Host" in headers else f"Host: {host}:{port}\r\n"
    length = "" if "Length" in headers or not body else f"Content-Length: {len(body)}\r\n"
    head = f"{method} {luck.choice(PATHS)} HTTP/1.1\r\n{host_line}{length}{headers}Connection: close\r\n\r\n"
    request = luck.choice([head.encode("latin-1") + body] * 9 + [b"\x00\xff nonsense\r\n\r\n"])
    reader, writer = await asyncio.open_connection(host, port)
    answer = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        writer.write(request)
        answer = await asyncio.wait_for(reader.readline(), patience)
    writer.close()
    parts = answer.split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
