from __future__ import annotations

import asyncio
import json

import pytest

from server.wire import checked, is_allowed


def message(kind="comm_msg", content=None, **others) -> str:
    content = {"comm_id": "a", "data": {}} if content is None else content
    return json.dumps({"header": {"msg_type": kind}, "content": content, "channel": "shell", **others})


def test_what_our_page_says_passes():
    assert is_allowed(message())
    assert is_allowed(message("kernel_info_request", {}))
    assert is_allowed(message("comm_open", {"comm_id": "a", "target_name": "solara.control"}))


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
    ],
)
def test_what_our_page_never_says_ends_the_connection(text):
    assert not is_allowed(text)

    async def receive():
        return {"type": "websocket.receive", "text": text}

    assert asyncio.run(checked(receive)())["type"] == "websocket.disconnect"
