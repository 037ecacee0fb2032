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
WIDGETS, WIDGETS_VERSION = "jupyter.widget.control", "1.0.0"
TARGETS = frozenset({"solara.control", WIDGETS})
METHODS = frozenset({"update", "custom", "request_state", "request_states", "app-status", "reload"})
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
    if not isinstance(kind, str) or kind not in KINDS or not isinstance(header.get("msg_id"), str):
        return False
    if not isinstance(message.get("parent_header", {}), dict) or message.get("buffers"):
        return False
    if kind in ("comm_open", "comm_msg", "comm_close") and not isinstance(content.get("comm_id"), str):
        return False
    if kind == "comm_open":
        return _speaks(content.get("target_name"), message)
    return kind != "comm_msg" or _is_data(content.get("data"))


def _speaks(target: Any, message: Message) -> bool:
    """Whether it opens a channel that there is; one who asks for the state of widgets names their protocol."""
    metadata = message.get("metadata")
    version = metadata.get("version") if isinstance(metadata, dict) else None
    return isinstance(target, str) and target in TARGETS and (target != WIDGETS or version == WIDGETS_VERSION)


def _is_data(data: Any) -> bool:
    """Whether it is what one says to a widget, or to Solara: a method with what belongs to it."""
    if not isinstance(data, dict) or not isinstance(data.get("buffer_paths", []), list):
        return False
    method = data.get("method")
    if method == "run":
        arguments = data.get("args")
        return isinstance(arguments, dict) and isinstance(arguments.get("path"), str) and not arguments.get("appName")
    parts = {"update": data.get("state"), "custom": data.get("content")}
    return isinstance(method, str) and method in METHODS and isinstance(parts.get(method, {}), dict)


def checked(receive: Receive) -> Receive:
    """Ends a connection at its first message that no page of ours would send."""

    async def receive_checked() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not is_allowed(message.get("text")):
            return dict(BAD_MESSAGE)
        return message

    return receive_checked
