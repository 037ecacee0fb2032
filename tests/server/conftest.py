"""A small market with the same face as the real one, so that sessions are tested fast and made to fail on purpose."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from agents.calendar import Month
from model.events import Event
from model.scenario import Scenario
from server.session import Choice
from tests.server.visitor import CHROMIUM, FLAGS, PATIENT, Visitor

STATES = ("AL", "AK", "DC")
CARRIERS = ("usps", "amazon", "ups", "fedex", "ontrac", "veho")


@dataclass(frozen=True, eq=False)
class FakeZones:
    state: np.ndarray
    zone_type: np.ndarray


class FakeRecords:
    def __init__(self, n_months: int, n_zones: int) -> None:
        zoned = {"delivered_parcels": (len(CARRIERS), n_zones), "amazon_parcels": (n_zones,)}
        zoned["amazon_own_parcels"] = zoned["amazon_parcels"]
        zoned["on_time_by_zone_share"] = zoned["amazon_parcels"]
        by_carrier = {"volume_parcels": (len(CARRIERS),)}
        money = dict.fromkeys(("usps_net_income_usd", "usps_cash_usd", "usps_debt_usd"), ())
        zoned["quoted_parcels"] = zoned["quoted_paid_usd"] = zoned["amazon_parcels"]
        prices = {"price_per_parcel_usd": (3,), "list_price_usd": (len(CARRIERS), 3)}
        shapes = zoned | by_carrier | money | prices
        self.columns = {name: np.zeros((n_months, *shape)) for name, shape in shapes.items()}
        self.months: list[Month] = []

    @property
    def n(self) -> int:
        return len(self.months)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name][: self.n]


class FakeMarket:
    """USPS delivers 60 % in Alabama and 40 % elsewhere; DC has no rural zone; Amazon delivers seed % by itself."""

    n_months = 24

    def __init__(self, choice: Choice, fails_in: Month | None = None, step_seconds: float = 0.0) -> None:
        self.settings = Scenario.load(choice.scenario)
        self.own_share = choice.seed / 100
        self.fails_in = fails_in
        self.step_seconds = step_seconds
        pairs = [(s, t) for s in STATES for t in range(3) if (s, t) != ("DC", 2)]
        self.zones = FakeZones(np.array([s for s, _ in pairs]), np.array([t for _, t in pairs], dtype=np.int8))
        self.carriers = SimpleNamespace(keys=CARRIERS, names=CARRIERS)
        self.records = FakeRecords(self.n_months, len(pairs))
        self.events: list[Event] = []
        self.month = self.settings.start
        self.n_steps = 0
        self.stopped: str | None = None

    @property
    def finished(self) -> bool:
        return self.stopped is not None or self.records.n == self.n_months

    def step(self) -> None:
        if self.fails_in is not None and self.month >= self.fails_in:
            raise ArithmeticError("parcels were lost")
        time.sleep(self.step_seconds)
        index, records = self.records.n, self.records
        usps = np.where(self.zones.state == "AL", 600.0, 400.0)
        delivered = np.array([usps, 1000 - usps, *np.zeros((4, usps.size))])
        records.columns["delivered_parcels"][index] = delivered
        records.columns["volume_parcels"][index] = delivered.sum(axis=1)
        records.columns["on_time_by_zone_share"][index] = np.where(self.zones.zone_type == 2, 0.8, 0.95)
        records.columns["amazon_parcels"][index] = 1000.0
        records.columns["amazon_own_parcels"][index] = 1000.0 * self.own_share
        records.columns["quoted_parcels"][index] = 500.0
        records.columns["quoted_paid_usd"][index] = np.where(self.zones.zone_type == 2, 4500.0, 3500.0) + 100 * index
        records.columns["price_per_parcel_usd"][index] = (7.0, 13.0, 30.0)
        listed = [(8, 9, 15, 14, 9, 7), (16, 13, 24, 22, 15, 0), (22, 0, 46, 58, 0, 0)]
        records.columns["list_price_usd"][index] = np.transpose(listed)
        for offset, name in enumerate(("net_income", "cash", "debt")):
            records.columns[f"usps_{name}_usd"][index] = (offset + 1) * 1e9 + index
        records.months.append(self.month)
        self.month += 1
        self.n_steps += 1


@pytest.fixture
def fake_market():
    return FakeMarket


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last of all, so that what fails fast is seen first."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


# Runs the server in a process that raises when anything in it looks for another machine.
LOCAL_ONLY_SERVER = """
import sys
def refuse(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "", "127.0.0.1", "localhost"):
        raise PermissionError(f"the server looked for {arguments[0]!r}")
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        raise PermissionError(f"the server called {arguments[1]}")
sys.addaudithook(refuse)
sys.argv = ["serve", "--port", "0"]
from server.serve import main
main()
"""


@pytest.fixture(scope="session")
def server_stores(tmp_path_factory) -> Path:
    """Folder in which the running server makes its sweeps."""
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="session")
def server_url(tmp_path_factory, server_stores) -> Iterator[str]:
    """Address of a running server; fails at the end where the server looked for another machine."""
    log = tmp_path_factory.mktemp("server") / "log"
    environment = {**os.environ, "LASTMILE_STORES": str(server_stores)}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", LOCAL_ONLY_SERVER],
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            env=environment,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    address = re.search(r"http://\S+", line)
    assert address, f"the server did not start: {line}{log.read_text()}"
    yield address[0]
    process.terminate()
    process.wait(20)
    assert "PermissionError" not in log.read_text(), log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """One browser context for all tests, so that the browser's files are read once."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENT)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        context.set_default_timeout(PATIENT)
        yield context
        browser.close()


@pytest.fixture
def visit(chromium, server_url):
    """Open a tab: `visit(width, height, colours, path)`; all tabs close at the end of the test.

    The browser keeps its files from test to test, but not what a visitor of an earlier test chose, such as colours.
    """
    pages = []

    def visit(
        width: int = 1280, height: int = 900, colours: str = "light", path: str = "/", first: bool = False
    ) -> Visitor:
        page = chromium.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=colours)
        return Visitor(page, server_url, path, first)

    yield visit
    if pages:
        kept = {"origin": server_url, "storageTypes": "local_storage,indexeddb,cookies"}
        chromium.new_cdp_session(pages[0]).send("Storage.clearDataForOrigin", kept)
    for page in pages:
        page.close()
