from __future__ import annotations

import json

import pytest

from server.wire import checked, is_allowed
from tests.server.apart import run_apart


def message(kind="comm_msg", content=None, **others) -> str:
    content = {"comm_id": "a", "data": {"method": "custom", "content": {}}} if content is None else content
    return json.dumps({"header": {"msg_type": kind, "msg_id": "1"}, "content": content, "channel": "shell", **others})


def told(data) -> dict:
    return {"comm_id": "a", "data": data}


def test_what_our_page_says_passes():
    assert is_allowed(message())
    assert is_allowed(message("kernel_info_request", {}))
    assert is_allowed(message("comm_open", {"comm_id": "a", "target_name": "solara.control"}))
    widgets = {"comm_id": "a", "target_name": "jupyter.widget.control"}
    assert is_allowed(message("comm_open", widgets, metadata={"version": "1.0.0"}))
    assert is_allowed(message(content=told({"method": "update", "state": {"x": 1}, "buffer_paths": []})))
    assert is_allowed(message(content=told({"method": "app-status"})))
    assert is_allowed(message(content=told({"method": "run", "args": {"path": "/", "appName": None}})))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "hello",
        "[]",
        "3",
        "[" * 100_000,
        '{"header": 3}',
        '{"header": {}, "content": {}, "channel": "shell"}',
        message("execute_request", {"code": "import os"}),
        message("comm_open", {"comm_id": "a", "target_name": "jupyter.widget", "data": {"state": {}}}),
        message(content={"comm_id": 7}),
        message(content=[]),
        message(channel=None),
        message(parent_header="x"),
        message(header={"msg_type": "comm_msg"}),
        message(buffers=["x"]),
        message(content={"comm_id": "a"}),
        message(content=told({})),
        message(content=told({"method": ["custom"], "content": {}})),
        message(content=told({"method": "custom", "content": 3})),
        message(content=told({"method": "update"})),
        message(content=told({"method": "update", "state": {}, "buffer_paths": 3})),
        message(content=told({"method": "run", "args": {"path": None}})),
        message(content=told({"method": "run", "args": {"path": "/", "appName": "other"}})),
        message(content=told({"method": "evict"})),
        message("comm_open", {"comm_id": "a", "target_name": "jupyter.widget.control"}),
        message("comm_open", {"comm_id": "a", "target_name": ["solara.control"]}),
    ],
)
def test_what_our_page_never_says_ends_the_connection(text):
    assert not is_allowed(text)

    async def receive():
        return {"type": "websocket.receive", "text": text}

    assert run_apart(checked(receive)())["type"] == "websocket.disconnect"
