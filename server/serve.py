"""Starts the browser app: sets the environment before Solara is imported, then runs the web server."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import warnings
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from server.child_processes import prepare
from server.memory import give_back_regularly, share_heaps

if TYPE_CHECKING:
    from agents.party import Party
    from server.guard import Guard

ASSETS = Path(__file__).parent / "assets"
CDN = ASSETS / "cdn"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
LOOPBACK = ("127.", "::1", "localhost")

FIXED = {
    "SOLARA_APP": "server.app",
    "SOLARA_MODE": "production",
    "SOLARA_THEME_TITLE": "The Last Mile",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_ASSETS_PROXY": "True",
    "SOLARA_ASSETS_PROXY_CACHE_DIR": str(CDN),
    "SOLARA_ASSETS_EXTRA_LOCATIONS": str(ASSETS),
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_SESSION_HTTP_ONLY": "True",
    # Reacton's second way to walk the tree of a page; it leaves out what has not changed.
    "REACTON_FAST": "1",
}
# An operator may want others.
DEFAULTS = {"SOLARA_KERNEL_CULL_TIMEOUT": "2m"}
# Solara lets visitors beyond its own count wait before a blank page; ours sees to it that there are none.
SPARE_KERNELS = 20
# What a browser sends is clicks and small values.
MAX_MESSAGE_BYTES = 2**20
MAX_PROCESSES = 64


class ServeError(RuntimeError):
    """The app cannot be served; the message says why and what to do."""


def serve(
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    open_browser: bool = False,
    stores: str | Path | None = None,
    processes: int | None = None,
    roster: Mapping[str, type[Party] | str] | None = None,
) -> None:
    """Serve the app until interrupted.

    Args:
        host: Address to listen on. The default only answers this machine.
        port: TCP port, 0 for any free one.
        open_browser: Open the page in the machine's browser.
        stores: Folder of the sweeps that the pages show and make, or of a single one.
        processes: Processes that simulate the months of all sessions; None for one for each processor, 0 to simulate
            them in the server's own.
        roster: Classes of one's own that play in all runs, or their import paths, by key of a party.

    Raises:
        InputError: There is no such folder of sweeps, or a class of the roster cannot play.
        ServeError: The browser files are missing, the address cannot be used, or `processes` is out of range.
    """
    share_heaps()
    if stores is not None:
        os.environ["LASTMILE_STORES"] = str(_folder_of_sweeps(Path(stores)).resolve())
    if processes is not None and not 0 <= processes <= MAX_PROCESSES:
        raise ServeError(f"processes must be between 0 and {MAX_PROCESSES}, not {processes}")
    _keep_roster(roster or {})
    listener = _listen(host, port)
    prepare()  # the children's imports run beside those of the app
    give_back_regularly()
    with listener, ExitStack() as children:
        app = make_app(only_loopback=host.startswith(LOOPBACK))
        children.enter_context(_stepping(processes))
        import uvicorn

        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listener.getsockname()[1]}"
        print(f"The Last Mile is served on {url} (stop with Ctrl+C)", flush=True)
        if open_browser:
            threading.Timer(1.0, webbrowser.open, (url,)).start()
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            ws_max_size=MAX_MESSAGE_BYTES,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _keep_roster(roster: Mapping[str, type[Party] | str]) -> None:
    """Let classes of one's own play in all runs, those of the processes that step them among them."""
    from experiments.settings import prepare_scenario
    from server.parties import keep_house_roster

    keep_house_roster(prepare_scenario("baseline", roster=roster).roster)


def _folder_of_sweeps(folder: Path) -> Path:
    """A folder that the pages can show; a single store must be one of sweeps, else they would show nothing at all."""
    from experiments.errors import InputError
    from experiments.store.manifest import FILE, read_manifest

    if not folder.is_dir():
        raise InputError(f"open: there is no folder {folder}; `lastmile sweep DESIGN --out {folder}` makes one")
    if (folder / FILE).exists():
        read_manifest(folder)
    return folder


@contextmanager
def _stepping(count: int | None) -> Iterator[None]:
    """Stepping processes, gone at the end."""
    from server.stepping import shared

    shared.start_processes(count)
    try:
        yield
    finally:
        shared.close_processes()


def make_app(only_loopback: bool = True) -> Guard:
    """Build the ASGI app: Solara behind the guard. Sets the environment, so call it before anything imports Solara.

    Raises:
        ServeError: The browser files are missing.
    """
    if not (CDN / "manifest.json").is_file():
        raise ServeError(f"the browser files are missing from {CDN}; `make setup` brings them in")
    os.environ.update(FIXED)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    from server import seats
    from server.stepping.shared import close_processes
    from server.work.shared import close_work

    def close_everything() -> None:
        seats.close_all()
        close_processes()
        close_work()

    try:
        limit = seats.max_sessions()
    except ValueError as error:
        raise ServeError(str(error)) from error
    os.environ["SOLARA_KERNEL_MAX_COUNT"] = str(limit + SPARE_KERNELS)
    # Solara advises on cookies for pages embedded in other sites; the guard forbids embedding.
    warnings.filterwarnings("ignore", message="Cookies with samesite=none require https")
    from server.guard import Guard, House
    from server.outbox import send_together
    from server.page_head import with_head
    from server.solara_inside import application, change_pages, let_threads_end_while_tabs_close, open_tabs
    from server.vue_parts import send_as_plain_scripts
    from server.widget_events import refuse_foreign_objects
    from server.widget_states import answer_each_on_its_own_channel

    refuse_foreign_objects()
    let_threads_end_while_tabs_close()
    answer_each_on_its_own_channel()
    send_together()
    change_pages(with_head)
    send_as_plain_scripts()
    app = application()
    from server.arrival import begin_ahead  # the pages, which must not come before the environment is set

    house = House(
        limit,
        lambda: len(seats.sessions()),
        open_tabs,
        seats.make_room,
        seats.health,
        close_everything,
        begin_ahead,
    )
    return Guard(app, CDN, only_loopback, house)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ServeError(f"port must be between 0 and 65535, not {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # a page asked for before the app is ready then waits instead of failing
    except OSError as error:
        listener.close()
        raise ServeError(f"cannot listen on {host} port {port}: {error.strerror or error}; choose another") from error
    return listener


def main() -> None:
    """Read the command line of `python -m server.serve`."""
    parser = argparse.ArgumentParser(prog="python -m server.serve", description="Serve the browser app.")
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: only this machine)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="TCP port, 0 for any free one")
    parser.add_argument("--open-browser", action="store_true", help="open the page in this machine's browser")
    parser.add_argument("--open", metavar="DIR", help="folder of sweeps to show (default: results)")
    parser.add_argument(
        "--processes", type=int, metavar="N", help="processes that simulate months (default: one for each processor)"
    )
    options = parser.parse_args()
    try:
        serve(options.host, options.port, options.open_browser, options.open, options.processes)
    except (ServeError, ValueError) as error:
        sys.exit(f"lastmile: {error}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
