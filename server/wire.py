"""What a browser may say to the server over its socket: small JSON messages of a few kinds, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]

KINDS = frozenset(
    {"kernel_info_request", "comm_open", "comm_msg", "comm_close", "comm_info_request", "shutdown_request"}
)
# What a browser may open: Solara's own channel and the one that widgets share. It opens no widgets by itself.
TARGETS = frozenset({"solara.control", "jupyter.widget.control"})
BAD_MESSAGE = {"type": "websocket.disconnect", "code": 1008}


def is_allowed(text: str | None) -> bool:
    """Whether a message of a browser is one that the app's own page could have sent."""
    if text is None:
        return False  # the page sends no binary frames
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(message, dict):
        return False
    header, content = message.get("header"), message.get("content")
    if not isinstance(header, dict) or not isinstance(content, dict) or not isinstance(message.get("channel"), str):
        return False
    kind = header.get("msg_type")
    if kind not in KINDS or not isinstance(message.get("parent_header", {}), dict):
        return False
    if kind in ("comm_open", "comm_msg", "comm_close") and not isinstance(content.get("comm_id"), str):
        return False
    return kind != "comm_open" or content.get("target_name") in TARGETS


def checked(receive: Receive) -> Receive:
    """Ends a connection at its first message that no page of ours would send."""

    async def receive_checked() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not is_allowed(message.get("text")):
            return dict(BAD_MESSAGE)
        return message

    return receive_checked
