import math
import pickle

import pytest

from agents.calendar import Month
from model.parameters import Parameters
from model.scenario import Scenario, ScenarioError, levers, scenario_names


def problems(**changes):
    with pytest.raises(ScenarioError) as error:
        Scenario.load("baseline").with_changes(changes)
    return str(error.value).splitlines()


def write(folder, text, name="mine.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load_problem(path):
    with pytest.raises(ScenarioError) as error:
        Scenario.load(path)
    return str(error.value)


# what is allowed


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_of_the_library_loads_and_explains_itself(name):
    scenario = Scenario.load(name)
    assert scenario.name == name
    assert scenario.title
    assert scenario.description.endswith(".")
    assert Scenario.load(name) == scenario


def test_the_library_has_the_scenarios_of_the_issue():
    assert {"baseline", "renew", "withdraw", "partial", "placebo"} <= set(scenario_names())
    assert scenario_names()[0] == "baseline"


def test_placebo_differs_from_the_baseline_in_words_only():
    words = ("name", "title", "description")
    base, placebo = (Scenario.load(name).model_dump(exclude={*words, "parameters"}) for name in ("baseline", "placebo"))
    assert base == placebo
    assert Scenario.load("baseline").parameters == Scenario.load("placebo").parameters


def test_a_file_sets_levers_and_parameters(tmp_path):
    path = write(
        tmp_path,
        'title = "Mine"\n[levers]\nusps_amazon_volume = "withdrawn"\nexit_start = "2025-06"\n'
        "[parameters]\nbuild_limit = 0.5\nn_shippers = 300\n",
    )
    scenario = Scenario.load(path)
    assert scenario.name == "mine"
    assert scenario.exit_start == Month(2025, 6)
    assert scenario.parameters.build_limit == 0.5
    assert scenario.changes() == {
        "name": "mine",
        "title": "Mine",
        "usps_amazon_volume": "withdrawn",
        "exit_start": "2025-06",
        "n_shippers": 300.0,
        "build_limit": 0.5,
    }


def test_changes_describe_a_scenario_completely(tmp_path):
    scenario = Scenario.load("withdraw").with_changes({"build_limit": 0.0, "exit_at_once": True, "end": "2026-06"})
    assert Scenario.from_mapping(scenario.changes()) == scenario
    assert Scenario.load("baseline").with_changes({}) == Scenario.load("baseline")


def test_a_scenario_cannot_be_changed_in_place():
    scenario = Scenario.load("baseline")
    with pytest.raises(ValueError, match="frozen"):
        scenario.exit_at_once = True
    assert scenario.with_changes({"exit_at_once": True}).exit_at_once
    assert not scenario.exit_at_once


def test_levers_are_documented():
    found = {lever.key: lever for lever in levers()}
    assert {"kept", "withdrawn", "partial"} <= set(found["usps_amazon_volume"].choices)
    assert found["usps_amazon_volume"].kind == "choice"
    assert found["exit_start"].kind == "month"
    assert found["exit_at_once"].kind == "switch"
    for lever in found.values():
        assert lever.meaning
        assert lever.owner
        Scenario.load("baseline").with_changes({lever.key: getattr(Scenario(), lever.key)})


# what is not


def test_an_unknown_key_names_close_ones():
    (line,) = problems(build_limits=1.0)
    assert "build_limits" in line
    assert "did you mean build_limit" in line
    (line,) = problems(usps_amazon_volum="kept")
    assert "usps_amazon_volume" in line
    (line,) = problems(zzzzqqq=1)
    assert "zzzzqqq" in line
    assert "lastmile" in line


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"build_limit": "much"}, ["build_limit", "much", "a number from 0 to"]),
        ({"build_limit": True}, ["build_limit", "bool"]),
        ({"build_limit": -1.0}, ["build_limit", "-1", "from 0 to"]),
        ({"build_limit": math.nan}, ["build_limit", "nan"]),
        ({"build_limit": math.inf}, ["build_limit", "inf"]),
        ({"n_shippers": 2.5}, ["n_shippers", "whole"]),
        ({"n_shippers": 0}, ["n_shippers", "whole number from 1"]),
        ({"price_access_amazon": 3.0}, ["price_access_amazon", "computed from"]),
        ({"exit_at_once": "yes"}, ["exit_at_once", "yes"]),
        ({"exit_at_once": 1}, ["exit_at_once", "1"]),
        ({"usps_amazon_volume": "gone"}, ["usps_amazon_volume", "gone", "kept", "withdrawn", "partial"]),
        ({"exit_start": "2025-13"}, ["exit_start", "2025-13", "YYYY-MM"]),
        ({"exit_start": 2025}, ["exit_start", "2025"]),
        ({"title": 3}, ["title", "3"]),
        ({"exit_start": "2027-05"}, ["exit_end", "2027-05"]),
        ({"end": "2024-12"}, ["end", "2024-12"]),
        ({"end": "2199-12"}, ["months"]),
        ({"start": "2026-01"}, ["start", "2026-01", "2025-01"]),
    ],
)
def test_a_value_that_is_not_allowed_is_named(changes, told):
    (line,) = problems(**changes)
    for word in told:
        assert word in line


def test_all_problems_come_at_once():
    lines = problems(build_limits=1.0, build_limit=-1.0, n_shippers=0, exit_at_once="yes", exit_start="soon")
    assert len(lines) == 5
    for word in ("build_limits", "build_limit = -1", "n_shippers", "exit_at_once", "exit_start"):
        assert any(word in line for line in lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("# nothing but a remark\n", "empty"),
        ("title = ", "not a TOML file"),
        ('title = "x"\nlevers = 3\n', "levers must be a table"),
        ('title = "x"\nbuild_limit = 1.0\n[parameters]\nbuild_limit = 2.0\n', "build_limit is set twice"),
        ('title = "x"\nlevers.exit_at_once = true\nexit_at_once = true\n', "exit_at_once is set twice"),
        ('title = "x"\n[parameters]\nbuild_limit = nan\n', "build_limit"),
        ('title = "x"\n[parameter]\nbuild_limit = 1.0\n', "parameter"),
    ],
)
def test_a_file_that_makes_no_sense_is_named(tmp_path, text, told):
    message = load_problem(write(tmp_path, text))
    assert "mine.toml" in message
    assert told in message


def test_a_missing_or_unreadable_file_is_named(tmp_path):
    assert "nowhere.toml" in load_problem(tmp_path / "nowhere.toml")
    assert "No such file" in load_problem(tmp_path / "nowhere.toml")
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    assert "folder.toml" in load_problem(folder)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\x89PNG\xff\x00\x81")
    assert "not a text file" in load_problem(binary)


def test_an_unknown_scenario_names_close_ones():
    assert "did you mean withdraw" in load_problem("withdrew")
    assert "baseline" in load_problem("xyz")


def test_a_scenario_with_its_parameters_is_equal_by_value():
    left = Scenario.load("baseline").with_changes({"build_limit": 0.7})
    right = Scenario(
        **{name: getattr(Scenario.load("baseline"), name) for name in Scenario.model_fields if name != "parameters"},
        parameters=Parameters({"build_limit": 0.7}),
    )
    assert left == right


def test_a_scenario_knows_what_it_was_told_also_where_that_is_the_default(tmp_path):
    text = 'title = "Mine"\n[levers]\nreopeners = false\n[parameters]\nbuild_limit = 0.5\n'
    mine = Scenario.load(write(tmp_path, text + f"inflation = {Parameters.default().inflation}\n"))
    assert mine.stated == {"reopeners", "build_limit", "inflation"}
    assert Scenario.load("baseline").stated == set()
    assert Scenario.load("withdraw").stated == {"usps_amazon_volume"}
    more = mine.with_changes({"bargaining": "nash", "build_limit": 0.7})
    assert more.stated == mine.stated | {"bargaining"}
    assert (more.value("build_limit"), more.value("bargaining"), more.value("reopeners")) == (0.7, "nash", False)
    again = pickle.loads(pickle.dumps(more))  # as workers get it
    assert again == more
    assert again.stated == more.stated


def test_being_told_the_default_makes_no_other_scenario():
    told = Scenario.load("baseline").with_changes({"reopeners": False, "inflation": Parameters.default().inflation})
    assert told == Scenario.load("baseline")
    assert hash(told) == hash(Scenario.load("baseline"))
    assert told.changes() == Scenario.load("baseline").changes()


def test_equal_scenarios_have_equal_hashes_whatever_they_were_told():
    plain = Scenario.load("baseline")
    usual = {"amazon": "agents.amazon:Amazon", "usps": "agents.usps:Usps"}
    one, other = (plain.with_changes({"roster": dict(items)}) for items in (usual.items(), [*usual.items()][::-1]))
    assert one == other
    assert hash(one) == hash(other)
    assert len({plain, one, other, plain.with_changes({"build_limit": 0.7})}) == 3
