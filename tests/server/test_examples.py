"""Questions that can be asked with one press on the Experiments page, and the answers that came with the program."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from experiments import read_design, sweep
from experiments.designs.plan import make_plan
from server.pages.experiments import state
from server.pages.experiments.examples import (
    BY_KEY,
    EXAMPLES,
    FILE,
    SEEDS,
    VALUES,
    answer_of,
    load,
    picture,
    sentence,
    stored_answers,
)
from server.pages.experiments.form import design_mapping
from server.pages.experiments.state import Experimenting
from server.story.levers import say
from server.work.stores import StoreEntry, new_store
from tests.experiments.stand_ins import product

each_question = pytest.mark.parametrize("example", EXAMPLES, ids=[one.key for one in EXAMPLES])


@each_question
def test_a_question_fills_in_a_design_that_can_be_run_and_keeps_what_it_looks_at(example):
    problems: list[str] = []
    design = read_design(design_mapping(example.form(), problems))
    assert problems == []
    assert design.n_runs == example.n_runs
    assert example.outcome in make_plan(design).outcomes
    assert new_store(example.key).name == example.key


@each_question
def test_the_answer_is_said_and_drawn_from_the_runs_that_are_stored(example):
    answers = stored_answers()
    assert answers is not None
    found = answers.found[example.key]
    told, plot = sentence(example, found), picture(example, found)
    assert told in plot.summary
    if example.many:
        assert plot.option["series"][0]["data"] == pytest.approx([100 * bar["change"] for bar in found["bars"]])
        return
    (factor,) = example.factors
    for place in (0, -1):
        mean = float(np.mean(found["runs"][place]))
        assert example.tell(mean) in told
        assert say(factor, found["values"][place]) in told
    line = next(one for one in plot.option["series"] if one["name"] == example.answer)
    assert [x for x, _ in line["data"]] == pytest.approx([example.per * value for value in found["values"]])


def test_luck_that_is_larger_than_the_difference_is_told():
    example = EXAMPLES[0]
    values = [0.4, 1.0, 2.3]
    clear = sentence(example, {"values": values, "runs": [[0.6, 0.61], [0.4, 0.41], [0.2, 0.21]]})
    assert clear.endswith("Luck alone moves it by up to 1 of 100.")
    unclear = sentence(example, {"values": values, "runs": [[0.6, 0.2], [0.4, 0.41], [0.2, 0.5]]})
    assert "But luck alone moves it by up to 40 of 100: more runs are needed" in unclear
    most = next(one for one in EXAMPLES if one.many)
    bars = [{"factor": name, "change": 0.1, "share": 0.1, "chance": True} for name in most.factors]
    assert sentence(most, {"bars": bars}) == "None of the five can be told from chance in so few runs."


def test_answers_to_other_questions_than_those_of_today_are_not_shown(tmp_path):
    content = json.loads(FILE.read_text())
    file = tmp_path / "examples.json"
    assert load(file) is None
    file.write_text(json.dumps(content))
    assert load(file) is not None
    content["found"][EXAMPLES[0].key]["runs"].pop()
    file.write_text(json.dumps(content))
    assert load(file) is None


def test_an_answer_says_when_the_model_has_changed_since_it_was_made():
    answers = stored_answers()
    changed = replace(answers, about={**answers.about, "code_checksum": "another"})
    assert "have changed since" in changed.line()
    assert answers.about["date"] in changed.line()


def test_runs_of_a_sweep_become_the_answer_value_by_value(tmp_path):
    example = replace(EXAMPLES[0], outcome="y")
    mapping = design_mapping(example.form() | {"outcomes": "y", "until": "2025-01"}, [])
    result = sweep(mapping, tmp_path / "store", workers=1, simulate=product)
    found = answer_of(example, result)
    assert found["values"] == sorted(found["values"])
    assert [len(runs) for runs in found["runs"]] == [SEEDS] * VALUES
    kept = result.runs[result.runs["build_limit"] == found["values"][0]]
    assert sorted(found["runs"][0]) == sorted(kept["y"])


class Pool:
    """A pool whose check is done once it is asked for again."""

    def __init__(self, checked) -> None:
        self.checked = checked

    def submit(self, *_):
        return SimpleNamespace(result=self.checked)

    def view(self, _):
        return SimpleNamespace(state="done", at_work=False, problems=())


class Sweeps:
    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, name, out, mapping, retry_failed=False, may_cancel=None) -> None:
        self.started.append(name)

    def view(self, _):
        return None

    def running(self):
        return None


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A visitor who has chosen the third question, with what they ask."""
    monkeypatch.setenv("LASTMILE_STORES", str(tmp_path))
    key = EXAMPLES[2].key
    pool, sweeps, mine = Pool(SimpleNamespace(mapping={})), Sweeps(), Experimenting()
    session = SimpleNamespace(is_alive=True)
    monkeypatch.setattr(state, "design_toml", lambda mapping, name: "")
    monkeypatch.setattr(state, "ref", lambda one: lambda: one)
    mine.choose(key)
    return key, pool, sweeps, mine, session


def test_one_press_fills_the_form_in_checks_it_and_starts_it(asked):
    key, pool, sweeps, mine, session = asked
    mine.ask(pool, session)
    assert mine.form == BY_KEY[key].form()
    assert sweeps.started == []
    mine.look(pool, sweeps, session)
    assert sweeps.started == [key]
    assert mine.opened == key
    assert mine.question.outcome == BY_KEY[key].outcome
    mine.look(pool, sweeps, session)
    assert sweeps.started == [key]


def test_who_changes_the_form_meanwhile_starts_it_by_hand(asked):
    _, pool, sweeps, mine, session = asked
    mine.ask(pool, session)
    mine.fill_in({**mine.form, "replications": 2})
    mine.look(pool, sweeps, session)
    assert sweeps.started == []


def test_a_question_that_was_played_here_is_opened_and_not_played_again(asked):
    key, pool, _, mine, session = asked
    mine.stores = (StoreEntry(key, "grid", ("baseline",), (), 20, 20),)
    mine.ask(pool, session)
    assert (mine.opened, mine.starts, mine.drawing) == (key, False, None)  # it is not in the folder of this test
    mine.choose("no such question")
    assert mine.example == key
