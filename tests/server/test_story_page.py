"""What the Story page does without a browser: parts of a run, levers, and the ending."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from server.choice import Choice
from server.pages.story.director import with_levers
from server.pages.story.follower import Follower
from server.pages.story.page import both_maps, first_scene
from server.snapshot import Run, empty
from server.story import words
from server.story.ending import ended, finding, kept_share, tell_ending, verdict
from server.story.levers import five_levers
from server.story.run import Story
from server.story.stage import N_COLUMNS
from server.story.view import Told
from tests.server.story_roads import market_of


class Asked:
    """A session that keeps what it is asked."""

    def __init__(self) -> None:
        self.questions = []
        self.snapshot = None
        self.choice = Choice()

    def ask(self, extract, answer) -> None:
        self.questions.append((extract, answer))


@pytest.fixture
def run():
    settings = market_of("baseline").settings
    return Run("baseline", "", "", False, 1, settings.start, 72, (), 1e9)


def snapshot_of(run, n_done):
    return replace(empty(1, "paused", run=run), volume=np.zeros((n_done, 5)), shown=n_done)


def told(begin, months):
    return Told(begin, np.zeros((months, N_COLUMNS)), tuple({"name": str(i)} for i in range(months)), (), ())


def test_the_browser_is_told_what_it_does_not_have_and_asked_once_at_a_time(run):
    session, shown = Asked(), []
    follower = Follower(session, shown.append)
    session.snapshot = snapshot_of(run, 4)
    follower.see(session.snapshot)
    follower.see(session.snapshot)
    assert len(session.questions) == 1
    extract, answer = session.questions[0]
    assert extract.keywords["begin"] == 0
    answer(told(0, 4))
    assert shown[0]["begin"] == 0
    session.snapshot = snapshot_of(run, 9)
    follower.see(session.snapshot)
    assert len(session.questions) == 1  # the browser has not said yet that it has the first part
    follower.has(shown[0]["key"], 4)
    assert session.questions[1][0].keywords["begin"] == 4


def test_an_answer_about_a_run_that_is_gone_is_not_shown(run):
    session, shown = Asked(), []
    follower = Follower(session, shown.append)
    session.snapshot = snapshot_of(run, 4)
    follower.see(session.snapshot)
    session.snapshot = snapshot_of(replace(run, seed=2), 1)
    follower.see(session.snapshot)
    session.questions[0][1](told(0, 4))
    assert shown == []
    session.questions[1][1](told(0, 1))
    assert len(shown) == 1
    follower.has("nonsense", 3)
    follower.has(shown[0]["key"], True)
    assert len(session.questions) == 2


def test_the_month_that_a_road_begins_with_is_not_lost_on_the_run_that_goes(run):
    session, shown = Asked(), []
    follower = Follower(session, shown.append)
    follower.see(snapshot_of(run, 4))
    follower.begin_at(11)
    follower.see(snapshot_of(run, 5))  # was on its way
    session.snapshot = snapshot_of(replace(run, seed=2), 13)
    follower.see(session.snapshot)
    session.questions[-1][1](told(0, 13))
    assert [part["at"] for part in shown] == [11]


def test_levers_keep_other_changes_and_take_nothing_else():
    choice = Choice("impasse", 7, (("n_shippers", 200.0),))
    changed = with_levers(choice, {"change": {"build_limit": 0.5}})
    assert changed == Choice("impasse", 7, (("build_limit", 0.5), ("n_shippers", 200.0)))
    assert with_levers(changed, {"change": {}}) == choice
    for bad in (
        None,
        {},
        {"change": {"roster": "x"}},
        {"change": {"build_limit": 1e9}},
        {"change": {"build_limit": "x"}},
    ):
        assert with_levers(choice, bad) is None
    for lever in five_levers():
        assert lever["steps"] == sorted(lever["steps"])
        assert len(lever["words"]) == len(lever["steps"])


def test_the_ending_says_who_stays_and_sets_the_other_road_beside():
    agreed, forced = ended(market_of("baseline")), ended(market_of("impasse"))
    assert verdict(forced) == "Amazon leaves."
    for part, said in ((0.9, "Amazon stays."), (0.5, "Amazon stays, with half"), (0.1, "Amazon all but leaves.")):
        kept = replace(agreed, kept=(1000.0, 1000.0 * part))
        assert kept_share(kept) == pytest.approx(part)
        assert verdict(kept).startswith(said)
    alone, both = tell_ending(forced, None), tell_ending(forced, agreed)
    where = (
        f"Counting rural households alone, Amazon brings most parcels in {forced.leads[1]} of {forced.states} states"
    )
    assert alone["tiles"][0]["text"].startswith(where)
    assert not any("other road" in tile["text"] for tile in alone["tiles"])
    assert all("other road" in tile["text"] for tile in both["tiles"])
    assert f"Amazon pays ${agreed.price[1]:.2f}, others ${agreed.economy[1]:.2f}" in both["tiles"][1]["text"]
    roads = both_maps(agreed, forced)
    assert [road["forced"] for road in roads] == [False, True]
    assert [road["here"] for road in roads] == [True, False]
    assert sum(roads[1]["months"][0]["leads"]) == forced.states


def test_the_ending_names_the_price_of_the_month_and_keeps_year_pace_and_promise_apart():
    market = market_of("baseline")
    story, agreed = Story(market), ended(market)
    lead = tell_ending(agreed, None)["lead"]
    signed = next(one.signed for one in story.talks if one.signed is not None)
    assert f"${story.figures.price[signed]:.2f} was paid that month" in lead
    assert f"In all of {agreed.years[1]} the Post Office carries {words.parcels(agreed.kept[1])}" in lead
    assert f"The pace of {agreed.month} is {words.parcels(story.figures.at_usps[-1])} a year" in lead
    promised = story.contract("usps", "amazon", story.n - 1).promised
    assert f"the contract promises {words.parcels(promised)}" in lead


def test_the_finding_says_what_differs_between_the_roads_and_what_does_not():
    one = replace(ended(market_of("baseline")), kept=(1500.0, 770.0), rural_amazon=(18.0, 46.1), on_time=(93.7, 93.31))
    other = replace(one, kept=(1500.0, 150.0), rural_amazon=(18.0, 45.9), on_time=(93.7, 91.0))
    differ, same = finding(one, other).split("The same on both: ")
    plain = differ.replace(words.NO_BREAK, " ")
    assert "USPS carries 770 million of Amazon's parcels (there 150 million)" in plain
    assert "93.3 % of rural parcels come on time (there 91.0 %)" in plain
    assert "Amazon brings 46 % of rural parcels" in same.replace(words.NO_BREAK, " ")
    assert "The same" not in finding(one, replace(other, result=(0.0, 1e9), rural_amazon=(18.0, 40.0)))
    assert finding(one, one).startswith("The same on both")


def test_who_comes_with_a_run_sees_it_and_who_comes_without_is_told_the_story(run):
    session = Asked()
    session.snapshot = snapshot_of(run, 0)
    assert first_scene(session, "") == "story"
    assert first_scene(session, "month=2026-02") == "watch"
    session.choice = Choice(seed=3)
    assert first_scene(session, "") == "watch"
