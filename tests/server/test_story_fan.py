"""The stored runs behind the Story page: of what they say they are, and told no better than they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from model.scenario import Scenario
from server.address import View
from server.arrival import first_view
from server.choice import Choice
from server.pages.story.director import FORK, opening_choice
from server.pages.story.follower import Follower
from server.snapshot import Run, empty
from server.story.fan import (
    LINES,
    QUANTILES,
    ROADS,
    Dot,
    applies_to,
    chip,
    chip_note,
    dot_of,
    fan_view,
    lines_of,
    middle_of,
    read_fan,
    stored_fan,
    write_fan,
)
from server.story.opening import MONTHS, TOLD_BY, make_opening, opening_of, stored_opening
from server.story.run import Story
from server.story.stage import N_COLUMNS
from server.story.view import Told
from server.studies.story_fan import SEEDS, origin_of, scenarios
from tests.server.story_roads import market_of, told_of

KEY = re.compile(r"[a-z]+_[a-z_]+|baseline|impasse")


@pytest.fixture(scope="module")
def fan():
    return stored_fan()


def test_the_stored_runs_are_of_the_settings_that_they_claim(fan):
    usual = scenarios(None)[0]
    claimed = origin_of(usual, SEEDS)
    assert fan.seeds == tuple(range(1, SEEDS + 1))
    for name in ("seeds", "start", "end", "changes", "n_shippers"):
        assert fan.origin[name] == claimed[name], name
    if fan.is_of_today:
        assert fan.origin["parameter_checksum"] == claimed["parameter_checksum"]
    months = usual.end - usual.start + 1
    for road in ROADS:
        assert [dot.seed for dot in fan.roads[road].dots] == list(fan.seeds)
        for key in LINES:
            band = fan.roads[road].bands[key]
            assert band.shape == (len(QUANTILES), months)
            assert (np.diff(band, axis=0) >= 0.0).all(), key
    assert fan.middle == middle_of(fan.roads["baseline"].dots)


def test_the_roads_are_the_same_until_they_part_and_only_one_of_them_signs(fan):
    """Nothing but the ban on signing differs: same luck, same months before; then fewer parcels stay."""
    free, forced = (fan.roads[name] for name in ROADS)
    for key in LINES:
        np.testing.assert_array_equal(free.bands[key][:, : FORK + 1], forced.bands[key][:, : FORK + 1])
    assert all(dot.signed is None and dot.price is None for dot in forced.dots)
    assert np.median([dot.kept for dot in forced.dots]) < np.median([dot.kept for dot in free.dots])


@pytest.mark.thorough
@pytest.mark.parametrize("road", ROADS)
def test_a_fresh_run_has_the_form_of_the_stored_ones_and_the_lines_that_the_browser_draws(fan, road):
    market, told = market_of(road), told_of(road)
    story = Story(market)
    lines, dot = lines_of(story), dot_of(market, story, 1)
    assert lines.keys() == fan.roads[road].bands.keys()
    assert all(line.shape == fan.roads[road].bands[key][0].shape for key, line in lines.items())
    np.testing.assert_allclose(lines["at"], told.rows[:, 3:6].sum(axis=1))
    rural = told.rows[:, 24:39:3]
    np.testing.assert_allclose(lines["ru"], 100.0 * rural[:, 0] / rural.sum(axis=1))
    np.testing.assert_allclose(lines["ra"], 100.0 * rural[:, 1] / rural.sum(axis=1))
    np.testing.assert_allclose(lines["ni"], [month["result"] for month in told.months], atol=5e-4)
    agreed = [turn["month"] for turn in told.turns if turn["label"].startswith("Deal at")]
    assert dot.signed == (agreed[0] if agreed else None)
    assert type(dot) is type(fan.roads[road].dots[0])


def test_what_is_written_is_what_is_read(fan, tmp_path):
    write_fan(fan, tmp_path / "fan.json")
    again = read_fan(tmp_path / "fan.json")
    assert fan_view(again) == fan_view(fan)
    assert again.origin == fan.origin


def test_the_middle_run_is_the_one_nearest_the_medians():
    dots = [Dot(1, 10, 2.0, 500.0, None), Dot(2, 12, 3.0, 800.0, 30), Dot(3, 14, 4.0, 1200.0, None)]
    assert middle_of(dots) == 2
    assert middle_of([*dots, Dot(4, None, None, 800.0, None)]) == 2  # who never agrees is no middle of those who do
    assert middle_of([Dot(7, None, None, 100.0, 3)] * 2) == 7


def test_words_say_how_often_and_name_no_key(fan):
    view = fan_view(fan)
    dots = fan.roads["baseline"].dots
    early = sum(dot.signed is not None and dot.signed <= fan.deadline for dot in dots)
    assert f"{early} of 20 runs agree by Amazon's deadline" in view["agree"]
    said = [view[key] for key in ("agree", "differ", "rural", "source", "notes")]
    said += [road["words"] for road in view["roads"].values()] + [gain["say"] for gain in view["gains"]]
    assert not [text for text in said if KEY.search(text)]
    for gain in view["gains"]:
        mean, low, high = gain["values"]
        assert low <= mean <= high
        assert ("not clear" in gain["say"]) == (low <= 0.0 <= high)
    assert len(json.dumps(view)) < 40_000


def test_the_chip_says_which_run_and_a_fan_of_an_earlier_model_says_so(fan):
    middle = Choice(seed=fan.middle)
    assert chip(middle, fan) == "middle of 20 runs"
    assert "median" in chip_note(middle, fan)
    assert chip(Choice("impasse", fan.middle), fan) == f"run {fan.middle} of 20"
    other = next(seed for seed in fan.seeds if seed != fan.middle)
    assert chip(Choice(seed=other), fan) == f"run {other} of 20"
    assert chip(Choice(seed=99), fan) == "run 99"
    assert chip(Choice(seed=1, overrides=(("build_limit", 0.5),)), fan) == "run 1, 1 changed"
    stale = replace(fan, origin={**fan.origin, "fingerprint": "another"})
    assert "earlier version" in chip_note(middle, stale)
    assert "earlier version" in fan_view(stale)["source"]
    today = replace(fan, origin={**fan.origin, "fingerprint": stored_fan_fingerprint()})
    assert "earlier version" not in chip_note(middle, today)
    coarse = replace(fan, origin={**fan.origin, "changes": {"n_shippers": 1000.0}, "n_shippers": 1000})
    assert "1,000 shippers" in fan_view(coarse)["source"]


def stored_fan_fingerprint() -> str:
    from server.story.fan import fingerprint

    return fingerprint()


def test_the_stored_runs_stand_behind_the_usual_market_only(monkeypatch):
    assert applies_to(Choice())
    assert applies_to(Choice("impasse", 7, (("n_shippers", 200.0),)))
    assert not applies_to(Choice("withdraw"))
    assert not applies_to(Choice(overrides=(("build_limit", 0.5),)))
    assert not applies_to(Choice(seat="amazon"))
    monkeypatch.setenv("LASTMILE_ROSTER", '{"amazon": "some:Class"}')  # other parties, other luck
    assert not applies_to(Choice())


def test_the_story_opens_with_the_middle_run_unless_the_address_names_one():
    bare = View(Choice())
    assert first_view(bare, "", "story").choice == opening_choice()
    assert first_view(bare, "beat=2", "story").choice == opening_choice()
    assert first_view(bare, "", "/") is bare
    for named in ("seed=1", "month=2025-03", "scenario=baseline", "set.build_limit=1.2"):
        assert first_view(bare, named, "story") is bare
    other = View(Choice(seed=3))
    assert first_view(other, "seed=3", "story") is other


def test_the_stored_months_are_those_of_the_run_to_the_last_bit_of_what_is_drawn():
    kept = stored_opening()
    if kept is None:
        pytest.skip("made by an earlier version, so it is not shown: python -m server.studies.story_fan --only-opening")
    assert kept["seed"] == stored_fan().middle
    fresh = json.loads(json.dumps(make_opening(Choice(seed=kept["seed"]))))
    from base64 import b64decode

    assert len(kept["months"]) == MONTHS
    for name in ("first", "total", "width", "months", "turns", "due"):
        assert kept[name] == fresh[name], name
    drawn, now = (np.frombuffer(rows, dtype="<f4") for rows in (kept["rows"], b64decode(fresh["rows"])))
    assert drawn.size == MONTHS * N_COLUMNS
    np.testing.assert_allclose(drawn, now, rtol=2e-7, atol=0.0)  # other processors round the last bit otherwise


def test_stored_months_of_other_code_or_of_another_run_are_not_shown(monkeypatch):
    found = {"seed": 3, "months": [1], "fingerprint": "any", "rows": b""}
    monkeypatch.setattr("server.story.opening.stored_opening", lambda: found)
    assert opening_of(Choice(seed=3)) == {"months": [1], "rows": b"", "begin": 0}
    assert opening_of(Choice(seed=2)) is None
    assert opening_of(Choice("impasse", 3)) is None
    monkeypatch.setenv("LASTMILE_ROSTER", '{"amazon": "some:Class"}')
    assert opening_of(Choice(seed=3)) is None
    monkeypatch.setattr("server.story.opening.stored_opening", lambda: None)
    assert opening_of(Choice(seed=3)) is None


def test_stored_months_come_at_once_and_the_run_goes_on_from_them():
    """Nobody waits for the first picture; the browser is told of the run only what it does not have."""
    settings = Scenario.load("baseline")
    run = Run("baseline", "", "", False, 1, settings.start, 72, ("AL",), 15e9)
    questions, shown = [], []
    session = SimpleNamespace(
        choice=Choice(), snapshot=empty(1, "preparing"), ask=lambda extract, answer: questions.append((extract, answer))
    )
    stored = {"months": [{}] * MONTHS, "rows": b"", "begin": 0}
    follower = Follower(session, shown.append, stored=lambda choice: stored if choice == Choice() else None)
    follower.open()
    assert (shown[0]["at"], shown[0]["begin"], len(shown[0]["months"])) == (0, 0, MONTHS)
    follower.see(session.snapshot)
    session.snapshot = replace(empty(2, "playing", run=run), volume=np.zeros((1, 5)))
    follower.see(session.snapshot)
    assert questions == []  # what is stored may be on its way still: one month must not come in its place
    follower.has(shown[0]["key"], MONTHS)
    for done in (1, MONTHS):
        session.snapshot = replace(empty(2, "playing", run=run), volume=np.zeros((done, 5)))
        follower.see(session.snapshot)
        assert questions == []
    session.snapshot = replace(session.snapshot, volume=np.zeros((MONTHS + 2, 5)))
    follower.see(session.snapshot)
    ((extract, answer),) = questions
    assert extract.keywords["begin"] == MONTHS
    answer(Told(MONTHS - 2, np.zeros((4, N_COLUMNS)), ({},) * 4, (), ()))
    assert shown[1]["key"] == shown[0]["key"]
    # Another run is another one, from its beginning.
    session.choice = Choice("impasse")
    session.snapshot = replace(session.snapshot, run=replace(run, scenario="impasse"), volume=np.zeros((3, 5)))
    follower.see(session.snapshot)
    assert questions[1][0].keywords["begin"] == 0


def test_a_road_taken_before_the_run_is_there_begins_where_the_roads_part():
    settings = Scenario.load("baseline")
    run = Run("baseline", "", "", False, 1, settings.start, 72, ("AL",), 15e9)
    questions, shown = [], []
    session = SimpleNamespace(
        choice=Choice(), snapshot=empty(1, "preparing"), ask=lambda extract, answer: questions.append(answer)
    )
    follower = Follower(session, shown.append, stored=lambda choice: {"months": [{}] * MONTHS, "rows": b"", "begin": 0})
    follower.open()
    follower.has(shown[0]["key"], MONTHS)
    follower.begin_at(FORK)
    follower.again()
    session.snapshot = replace(empty(2, "playing", run=run), volume=np.zeros((4, 5)))
    follower.see(session.snapshot)
    questions[0](Told(0, np.zeros((4, N_COLUMNS)), ({},) * 4, (), ()))
    assert shown[1]["at"] == FORK
    assert shown[1]["key"] != shown[0]["key"]


def test_the_stored_months_count_as_those_of_this_code_as_long_as_what_tells_them_is_the_same():
    """Changed words elsewhere on the page must not take the stored picture away from every visitor."""
    script = "import sys, server.story.view; print(*(m for m in sys.modules if m.startswith('server.')))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) == {"server.story", "server.talks", *TOLD_BY}
