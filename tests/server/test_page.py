"""The page without a browser: Solara renders it into widgets, and the tests press what a browser would."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import solara
from solara.server import kernel, kernel_context

import server.session
from server import app
from server.pages.watch import WatchPage
from server.session import Session

PATIENCE_SECONDS = 20


def widgets(root) -> Iterator[object]:
    yield root
    for child in getattr(root, "children", None) or []:
        if not isinstance(child, str):
            yield from widgets(child)


def one_with(box, trait: str):
    (found,) = [widget for widget in widgets(box) if widget.has_trait(trait)]
    return found


def eventually(condition) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def watched(fake_market):
    session = Session(start=fake_market)
    session.set_speed(float("inf"))
    box, context = solara.render(WatchPage(session), handle_error=False)
    controls = one_with(box, "n_done")
    eventually(lambda: controls.status == "paused")
    yield box, controls
    session.close()
    session.join(PATIENCE_SECONDS)
    context.close()


def test_play_fills_headline_and_charts(watched):
    box, controls = watched
    headline = one_with(box, "kicker")
    eventually(lambda: "January 2025" in headline.text)
    controls.vue_play(None)
    frame = one_with(box, "number")
    eventually(lambda: (frame.vue_drawn(frame.number), controls.status == "finished")[1])
    assert controls.n_done == 24
    eventually(lambda: headline.text.startswith("December 2026: "))
    charts = [widget for widget in widgets(box) if widget.has_trait("unit")]
    eventually(lambda: all(len(chart.packed) == 24 * 4 * len(chart.series) for chart in charts))


def test_step_reset_and_another_scenario(watched):
    box, controls = watched
    controls.vue_step(None)
    eventually(lambda: (controls.n_done, controls.status) == (1, "paused"))
    controls.vue_reset(None)
    eventually(lambda: (controls.n_done, controls.status) == (0, "paused"))
    controls.vue_choose({"scenario": "withdraw", "seed": 7})
    headline = one_with(box, "kicker")
    eventually(lambda: "seed 7" in headline.kicker and headline.forced)


@pytest.mark.parametrize("seed", [-1, "", None, 2**40, 1.5, "a lot"])
def test_a_bad_seed_is_explained_and_changes_nothing(watched, seed):
    _, controls = watched
    controls.vue_step(None)
    eventually(lambda: controls.n_done == 1)
    controls.vue_choose({"scenario": "withdraw", "seed": seed})
    eventually(lambda: "seed" in controls.seed_error)
    assert (controls.scenario, controls.n_done) == ("baseline", 1)


def test_a_browser_cannot_name_a_file_as_scenario(watched, tmp_path):
    _, controls = watched
    (tmp_path / "mine.toml").write_text('title = "mine"\n')
    controls.vue_choose({"scenario": str(tmp_path / "mine.toml"), "seed": 1})
    eventually(lambda: "scenario must be one of baseline" in controls.seed_error)
    assert controls.scenario == "baseline"


def test_a_speed_that_is_not_offered_changes_nothing(watched):
    _, controls = watched
    before = controls.speed
    controls.vue_speed(99)
    controls.vue_speed("fast")
    assert controls.speed == before


def test_each_tab_has_its_own_session_and_closing_it_ends_the_thread(monkeypatch, fake_market):
    opened: list[Session] = []

    class Recorded(Session):
        def __init__(self, **options) -> None:
            super().__init__(start=fake_market, **options)
            opened.append(self)

    monkeypatch.setattr(app, "Session", Recorded)
    contexts = [kernel_context.VirtualKernelContext(str(uuid4()), kernel.Kernel(), str(uuid4())) for _ in range(2)]
    for context in contexts:
        with context:
            layout = app.Layout(children=[app.routes[0].component()])
            context.container, context.app_object = solara.render(layout, handle_error=False)
    assert len({id(session) for session in opened}) == 2
    contexts[0].close()
    opened[0].join(PATIENCE_SECONDS)
    assert [session.is_alive for session in opened] == [False, True]
    contexts[1].close()
    opened[1].join(PATIENCE_SECONDS)
    assert not opened[1].is_alive


def test_every_scenario_is_offered_with_its_description():
    from model.scenario import scenario_names
    from server.pages.watch import scenario_cards

    assert [card["name"] for card in scenario_cards()] == list(scenario_names())
    assert all(card["title"] and card["description"] for card in scenario_cards())


def test_the_default_choice_is_a_scenario_of_the_library():
    from model.scenario import scenario_names

    assert server.session.Choice().scenario in scenario_names()
