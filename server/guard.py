"""What stands between the network and Solara: origin and host checks, headers, limits, and what operators ask.

Solara accepts WebSockets from any origin and proxies any npm package; each would let a foreign page work in a visitor's
name or on this machine. What browsers say over their socket is checked in `wire` and `widget_events`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from h11 import LocalProtocolError

from server import made_files, messages
from server.wire import checked

logger = logging.getLogger(__name__)

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
CDN_PREFIX, CLOSE_PREFIX = "/_solara/cdn/", "/_solara/api/close/"
SOCKET_PREFIX = "/jupyter/api/kernels/"
# A page has one socket; while it comes back after a lost connection the old one may still be there.
MAX_SOCKETS = 4
# Vue compiles components in the browser (unsafe-eval, blob:); Solara's page has inline scripts and styles.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' blob: 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]
KEPT = [(b"cache-control", b"public, max-age=31536000, immutable"), (b"vary", b"accept-encoding")]


# Paths that are no pages: files, the socket, and what operators ask.
NO_PAGES = (made_files.PREFIX, "/static/", "/_solara/", "/jupyter/", "/readyz", "/resourcez", "/favicon")
HEALTH = "/health"


@dataclass(frozen=True)
class House:
    """What the guard asks of the rooms behind it.

    Attributes:
        limit: How many sessions there may be.
        count: How many there are.
        rooms: Ids of the kernels that live; each holds a session, or will soon. A browser chooses the id itself, so
            that one cookie could ask for any number of them.
        make_room: Closes one that was left alone, if any.
        health: Counts for operators.
        close: Ends all sessions when the server stops.
        expect: Hears the path and the query of each page that is asked for; may take a while.
    """

    limit: int
    count: Callable[[], int]
    rooms: Callable[[], Collection[str]]
    make_room: Callable[[], bool]
    health: Callable[[], dict[str, object]]
    close: Callable[[], None]
    expect: Callable[[str, str], None] = lambda path, query: None


class Guard:
    """ASGI middleware around Solara's app.

    Args:
        app: What to protect.
        cdn: Folder with the browser files; what is not in its manifest does not exist.
        only_loopback: Refuse requests that name another host than this machine (a server bound to 127.0.0.1 would
            otherwise answer a foreign page whose name was pointed at 127.0.0.1).
        house: Limits and counts; None has no limit and answers no question about its health.
    """

    def __init__(self, app: App, cdn: Path, only_loopback: bool, house: House | None = None) -> None:
        self.app = app
        self.browser_files = frozenset(json.loads((cdn / "manifest.json").read_text()))
        self.only_loopback = only_loopback
        self.house = house
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on what is allowed, with headers added; answer the rest with 403 or 404."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, self._closing(receive), send)
            return
        try:
            await self._serve(scope, receive, send)
        except LocalProtocolError as error:  # such as a request that tells two lengths: there is nobody to answer
            logger.warning("an answer found no taker: %s", error)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        refused = self._refusal(scope)
        if refused:
            await _refuse(scope, receive, send, *refused)
            return

        path = scope["path"]
        if scope["type"] == "http" and (made := made_files.at_path(path)) is not None:
            await _hand_out(scope, send, made)
            return
        if scope["type"] == "http" and self.house is not None:
            if path == HEALTH:
                await _answer(send, 200, b"application/json", json.dumps(self.house.health()).encode())
                return
            if _is_page(path) and self._is_full(self.house):
                await _answer(send, 503, b"text/html; charset=utf-8", messages.full(self.house.limit))
                return
            if _is_page(path) and scope["method"] == "GET":
                query = scope.get("query_string", b"").decode("latin-1")
                asyncio.get_running_loop().run_in_executor(None, self.house.expect, path, query)
        if scope["type"] == "websocket":
            kernel = path.removeprefix(SOCKET_PREFIX).partition("/")[0]
            reason = self._no_room(kernel)
            if reason:
                await _refuse(scope, receive, send, 1013, reason)
                return
            with self._counted(kernel):
                await self._connect(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send, _is_page(path)))

    def _is_full(self, house: House) -> bool:
        """Whether one more would be one too many, even after one that was left alone has gone."""
        rooms = len({*house.rooms(), *self._open})
        return max(house.count(), rooms) >= house.limit and not house.make_room()

    def _no_room(self, kernel: str) -> str:
        """Why a socket of this kernel is not let in, empty where it is: one that comes back finds its own room."""
        if self._open.get(kernel, 0) >= MAX_SOCKETS:
            return "This page has enough connections."
        if self.house is None or kernel in self._open or kernel in self.house.rooms():
            return ""
        return "The server is full." if self._is_full(self.house) else ""

    @contextlib.contextmanager
    def _counted(self, kernel: str) -> Iterator[None]:
        """Count a socket while it is open."""
        self._open[kernel] += 1
        try:
            yield
        finally:
            self._open[kernel] -= 1
            if not self._open[kernel]:
                del self._open[kernel]

    async def _connect(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on a connection; where it fails (such as for one that claims another's session) one line is logged."""
        try:
            await self.app(scope, checked(receive), send)
        except Exception as error:
            cause: BaseException = error
            while isinstance(cause, BaseExceptionGroup):
                cause = cause.exceptions[0]
            logger.warning("a connection failed: %s: %s", type(cause).__name__, cause)
            logger.debug("a connection failed", exc_info=error)
            with contextlib.suppress(Exception):  # it may be closed already
                await send({"type": "websocket.close", "code": 1011})

    def _closing(self, receive: Receive) -> Receive:
        """Ends the sessions when the server shuts down."""

        async def receive_and_close() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self.house is not None:
                self.house.close()
            return message

        return receive_and_close

    def _refusal(self, scope: Message) -> tuple[int, str] | None:
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin")
        try:
            name, site = urlsplit(f"//{host}").hostname, urlsplit(origin or "").netloc
        except ValueError:  # such as a bracket that nothing closes
            return 403, "The request does not say whom it asks, or for whom."
        if self.only_loopback and name not in LOOPBACK_NAMES:
            return 403, "This server only answers to the name of this machine."
        changes_state = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD")
        if changes_state and origin is not None and site != host:
            return 403, "The request comes from another site."
        path = scope["path"]
        if path.startswith(CLOSE_PREFIX) and "session_id" not in parse_qs(
            scope.get("query_string", b"").decode("latin-1")
        ):
            return 400, "The request does not say whose page is closed."
        if path.startswith(CDN_PREFIX) and path.removeprefix(CDN_PREFIX) not in self.browser_files:
            return 404, "There is no such file."
        return None


async def _refuse(scope: Message, receive: Receive, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        code = status if status >= 1000 else 1008  # a code of sockets, or "against the rules"
        await send({"type": "websocket.close", "code": code, "reason": reason})
        return
    await _answer(send, status, b"text/plain", reason.encode())


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store"), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _hand_out(scope: Message, send: Send, made: made_files.MadeFile) -> None:
    """Send a file whose name changes with its content, so that browsers keep it."""
    accepted = b",".join(value for key, value in scope["headers"] if key.lower() == b"accept-encoding")
    compressed = b"gzip" in accepted
    body = made.small if compressed else made.plain
    headers = [(b"content-type", made.kind), (b"content-length", str(len(body)).encode()), *KEPT, *HEADERS]
    headers += [(b"content-encoding", b"gzip")] if compressed else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _is_page(path: str) -> bool:
    return not path.startswith(NO_PAGES)


def _with_headers(send: Send, page: bool) -> Send:
    """Adds the headers to an answer, and puts a page with a way on in place of a bare 404."""
    lost = False

    async def send_with_headers(message: Message) -> None:
        nonlocal lost
        if message["type"] == "http.response.start":
            lost = page and message["status"] == 404
            message["headers"] = [*message.get("headers", []), *HEADERS]
        if not lost:
            await send(message)
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            await _answer(send, 404, b"text/html; charset=utf-8", messages.not_found())

    return send_with_headers
