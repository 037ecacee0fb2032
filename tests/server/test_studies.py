"""The study of how quick the app is: its tables from known figures, and a very short crowd on a real server."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from server.charts import CARRIERS
from server.studies.browser import Alone, text_of
from server.studies.crowd import Crowd, crowd_text, measure_crowd
from server.studies.screenshots import smaller
from server.studies.servers import running
from server.studies.socket_visitor import SocketVisitor, read_message
from tests.server.apart import run_apart

CROWD = Crowd(
    visitors=3,
    seconds=30.0,
    steps_per_second=(2.5, 2.0, 3.0),
    pictures_per_second=(0.6, 0.7, 0.8),
    widest_gap=1.94,
    browser_pictures_per_second=0.9,
    errors=(),
    memory_before=400_000_000,
    # The first quarter does not count: runs fill their records.
    memory=(450_000_000, 520_000_000, 500_000_000, 540_000_000, 530_000_000, 525_000_000, 520_000_000, 524_000_000),
    processes=2,
)
ALONE = Alone(
    (2.0, 3.0, 2.5),
    (1.5, 2.75, 2.0),
    (16.7,) * 90 + (33.4,) * 10,
    10.4,
    25.25,
    tuple(float(ms) for ms in range(1, 101)),
)


def row(text: str, what: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {what}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_of_one_visitor_names_the_worst_and_the_percentile():
    text = text_of(ALONE, CROWD, 0.25)
    assert row(text, "opening Watch")[1:] == ["2.5 (worst of 3: 3.0)", "below 5"]
    assert row(text, "opening the Story")[1:] == ["2.0 (worst of 3: 2.8)", "below 3"]
    assert row(text, "time between frames of the Story")[1:] == ["17", "at most 17"]
    assert row(text, "the same, 95th percentile")[1:] == ["33", "at most 50"]
    assert row(text, "pictures painted")[1:] == ["10.4", "at least 10"]
    assert row(text, "months a second meanwhile")[1] == "25.2"
    assert row(text, "pause")[1] == "95 (median 50)"
    assert "load of\nthe machine before it began: 0.2 " in text


def test_the_table_of_many_tells_the_slowest_and_memory_after_settling():
    text = crowd_text(CROWD)
    assert row(text, "months a second and visitor, slowest")[1] == "2.00"
    assert row(text, "the same, median and fastest")[1] == "2.50 and 3.00"
    assert row(text, "pictures a second and visitor, slowest")[1] == "0.60"
    assert row(text, "longest wait")[1] == "1.9"
    assert row(text, "errors")[1] == "none"
    assert row(text, "memory for each session")[1] == "31.1"  # (524.5 - 400) MB for three visitors and the browser
    assert row(text, "memory of the server")[1] == "500 to 524"
    assert "by 2 processes beside the one that draws; together they make 8\nmonths a second" in text
    assert "changed by +24.0 MB" in text


def test_an_error_is_told_in_the_table():
    from dataclasses import replace

    assert row(crowd_text(replace(CROWD, errors=("the run failed", "x"))), "errors")[1] == "2: the run failed"


def test_messages_are_read_with_and_without_buffers():
    message = {"header": {"msg_type": "status"}, "content": {}}
    text = json.dumps(message)
    assert read_message(text) == message
    offsets = struct.pack("!3I", 2, 12, 12 + len(text))
    assert read_message(offsets + text.encode() + b"\x01\x02\x03") == message


def update(comm: str, **state) -> dict:
    content = {"comm_id": comm, "data": {"method": "update", "state": state}}
    return {"header": {"msg_type": "comm_msg"}, "content": content}


def opened(comm: str, **state) -> dict:
    return {"header": {"msg_type": "comm_open"}, "content": {"comm_id": comm, "data": {"state": state}}}


@pytest.fixture
def visitor(monkeypatch):
    visitor = SocketVisitor("http://127.0.0.1:1")
    visitor.events = []

    async def note(comm: str, event: str, data: object) -> None:
        visitor.events.append((comm, event, data))

    monkeypatch.setattr(visitor, "_event", note)
    return visitor


def test_a_visitor_counts_months_and_pictures_acknowledges_and_plays_again(visitor):
    async def live() -> None:
        for message in (
            opened("controls", speeds=["1"], status="paused", n_done=0),
            opened("frame", number=1),
            update("controls", status="playing"),
            update("controls", n_done=3),
            update("frame", number=2),
            update("other", number=9),
            update("controls", n_done=5, status="finished"),
            update("frame", number=3),
            update("controls", n_done=0, status="playing"),  # a run that starts again takes no months back
            update("controls", n_done=2),
        ):
            await visitor._take(message)

    run_apart(live())
    assert (visitor.months, visitor.pictures, visitor.errors) == (7, 3, [])
    drawn = [data for comm, event, data in visitor.events if event == "drawn"]
    assert drawn == [1, 2, 3]
    assert [event for comm, event, _ in visitor.events if comm == "controls"] == ["reset", "play"]


def test_a_run_that_fails_is_an_error_of_its_visitor(visitor):
    run_apart(visitor._take(opened("controls", speeds=["1"], status="failed")))
    assert visitor.errors == ["the run failed"]


@pytest.mark.thorough
def test_a_short_crowd_on_a_real_server(tmp_path):
    with running(tmp_path) as server:
        crowd = run_apart(measure_crowd(server, visitors=2, seconds=4.0, with_browser=False))
        health = server.health()
    assert crowd.errors == ()
    assert min(crowd.steps_per_second) > 0
    assert min(crowd.pictures_per_second) > 0
    assert crowd.memory_before > 100e6
    assert crowd.processes == health["processes"] == health["processes_ready"] >= 1
    assert health["processes_replaced"] == 0
    assert "| errors | none | none |" in crowd_text(crowd)


def test_a_smaller_picture_keeps_the_colours_of_small_markers():
    picture = np.random.default_rng(1).integers(200, 256, size=(300, 300, 3)).astype(np.uint8)
    colours = [tuple(int(one["light"][i : i + 2], 16) for i in (1, 3, 5)) for one in CARRIERS]
    for place, colour in enumerate(colours):
        picture[10 * place + 10 : 10 * place + 15, 10:15] = colour
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    shown = np.asarray(Image.open(io.BytesIO(smaller(buffer.getvalue()))).convert("RGB")).astype(int)
    for place, colour in enumerate(colours):
        assert np.abs(shown[10 * place + 12, 12] - colour).max() <= 12, CARRIERS[place]["name"]
