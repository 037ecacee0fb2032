"""What this app uses of the inside of Solara's server, which may change with any release: three imports, all here.

Everything else of Solara that the app uses is public.
"""

# mypy: disable-error-code="no-any-return"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from solara.server import kernel_context
from solara.server.websocket import WebSocketDisconnect

__all__ = [
    "WebSocketDisconnect",
    "application",
    "change_pages",
    "let_threads_end_while_tabs_close",
    "open_tabs",
    "send_by",
    "this_tab",
]
PAGES_KEPT = 64  # Solara fills its template anew for every visitor, with what does not change while the server runs


def this_tab() -> tuple[Callable[[], bool], Callable[[], None]]:
    """Of the tab that is being drawn: whether a browser shows it, and what closes it."""
    kernel = kernel_context.get_current_context()

    def is_watched() -> bool:
        return kernel_context.PageStatus.CONNECTED in kernel.page_status.values()

    return is_watched, kernel.close


def open_tabs() -> tuple[str, ...]:
    """Names of all tabs of this server, those that a browser has left and may come back to among them."""
    return tuple(kernel_context.contexts)


class _Forgiving(dict[Any, Any]):
    """A table from which what is gone already can be taken out once more."""

    def __delitem__(self, key: Any) -> None:
        self.pop(key, None)


def let_threads_end_while_tabs_close() -> None:
    """Keep a tab's end whole: Solara stops half way where a thread of the tab ends at the same moment.

    It copies its table of threads and then deletes from the table itself, where an ending thread deletes too.
    """
    if not isinstance(kernel_context.current_context, _Forgiving):
        kernel_context.current_context = _Forgiving(kernel_context.current_context)


def application() -> Any:
    """The web application that serves the app, for an ASGI server; it reads the environment when first asked for."""
    return _starlette().app


def change_pages(change: Callable[[str, str], str]) -> None:
    """From now on put what a function makes of Solara's page, and of the path of the app, in its place, made once."""
    server = _starlette().server
    read = server.read_root
    if not getattr(read, "is_changed", False):

        @lru_cache(PAGES_KEPT)
        def read_root(path: str, root_path: str = "") -> str | None:
            page = read(path, root_path)
            return None if page is None else change(page, root_path)

        read_root.is_changed = True  # type: ignore[attr-defined]
        server.read_root = read_root


def send_by(put: Callable[[Any, str | bytes], None]) -> None:
    """From now on send every message to a browser by a function of the connection and the message."""
    connection = _starlette().WebsocketWrapper
    connection.send_text = connection.send_bytes = put


def _starlette() -> Any:
    from solara.server import starlette

    return starlette
