"""A roster finds its classes, and what cannot take part is refused with one sentence."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from agents.amazon import Amazon
from agents.party import Party
from agents.rivals import FedEx, Ups
from agents.roster import RosterError, checksum, find_class, located, origin, path_of, paths_of, played_by
from model.scenario import Scenario, ScenarioError

PARTIES = """
from agents.amazon import Amazon
from agents.party import Party
from agents.rivals import Ups

class ToughUps(Ups):
    pass

class Union(Party):
    pass

class NoParty:
    pass

def function():
    pass
"""


class AtTheTop(Ups):
    """A class that other processes find."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_parties.py"
    path.write_text(PARTIES)
    return path


def refusal(roster: dict[str, str]) -> str:
    with pytest.raises(ScenarioError) as caught:
        Scenario().with_changes({"roster": roster}, "roster")
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "path", "told"),
    [
        ("upps", "{file}:ToughUps", "ToughUps, which is a carrier, and none is called 'upps'"),
        ("regional_x", "{file}:ToughUps", "none is called 'regional_x'"),
        ("ups", "no_such_module:ToughUps", "cannot be imported: No module named 'no_such_module'"),
        ("ups", "{folder}/nothing.py:ToughUps", "there is no such file"),
        ("ups", "{file}:Missing", "has no class Missing that is a party"),
        ("ups", "{file}:NoParty", "has no class NoParty that is a party"),
        ("ups", "{file}:function", "has no class function that is a party"),
        ("fedex", "{file}:ToughUps", "fedex is ToughUps; its class must be a subclass of FedEx"),
        ("regulater", "agents.regulator:Regulator", "which is the regulator, and none is called 'regulater'"),
        ("ups", "{file}:Union", "ups is Union; its class must be a subclass of Ups"),
        ("lso", "{file}:ToughUps", "lso is ToughUps; its class must be a subclass of RegionalCarrier"),
        ("ups", "{file}", "allowed: module:Class or file.py:Class"),
        ("ups", ":ToughUps", "allowed: module:Class or file.py:Class"),
        ("ups", "{file}:a.b", "allowed: module:Class or file.py:Class"),
    ],
)
def test_what_cannot_take_part_is_refused_in_one_sentence(key: str, path: str, told: str, file: Path) -> None:
    message = refusal({key: path.format(file=file, folder=file.parent)})
    assert told in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("content", ["1 / 0", "import", "raise SystemError('no')"])
def test_a_file_that_cannot_be_read_says_why(content: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(content)
    assert "cannot be imported: " in refusal({"ups": f"{tmp_path}/broken.py:Mine"})


def test_the_base_is_checked_for_every_party_also_once_a_class_is_known(file: Path) -> None:
    assert issubclass(find_class("ups", f"{file}:ToughUps", Ups), Ups)
    with pytest.raises(RosterError, match="subclass of FedEx"):
        find_class("fedex", f"{file}:ToughUps", FedEx)


def test_a_class_that_no_other_process_finds_has_no_path() -> None:
    class Local(Amazon):
        pass

    with pytest.raises(RosterError, match=r"amazon is .*Local, which stands at the top of no module"):
        path_of("amazon", Local)
    with pytest.raises(RosterError, match="a class that is a party"):
        path_of("amazon", int)  # type: ignore[arg-type]


def test_a_class_travels_by_module_or_by_file(file: Path) -> None:
    assert path_of("ups", AtTheTop) == f"{__name__}:AtTheTop"
    found = find_class("ups", f"{file}:ToughUps", Ups)
    assert path_of("ups", found) == f"{file}:ToughUps"
    assert paths_of({"ups": found, "union": "my_parties.py:Union"}, file.parent) == {
        "ups": f"{file}:ToughUps",
        "union": f"{file}:Union",
    }


def test_a_script_of_ones_own_is_found_by_its_file(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from agents.rivals import Ups\nfrom agents.roster import path_of, find_class\n"
        "class Mine(Ups): pass\n"
        "if __name__ == '__main__':\n    path = path_of('ups', Mine)\n"
        "    print(path, find_class('ups', path, Ups) is Mine)\n"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, str(script)], env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == [f"{script}:Mine", "True"]


def test_a_module_that_is_no_module_but_a_file_of_the_folder_is_that_file(file: Path) -> None:
    assert located("my_parties:ToughUps", file.parent) == f"{file}:ToughUps"
    assert located("my_parties.py:ToughUps", file.parent) == f"{file}:ToughUps"
    assert located("agents.rivals:Ups", file.parent) == "agents.rivals:Ups"
    (file.parent / "json.py").write_text("")
    assert located("json:Ups", file.parent) == "json:Ups"  # nothing in a folder stands before what is installed
    assert located("nothing", file.parent) == "nothing"


def test_the_checksum_is_of_what_was_read(file: Path) -> None:
    path = f"{file}:ToughUps"
    find_class("ups", path, Ups)
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_text(PARTIES + "\n")
    assert checksum(path) == before
    assert origin({"ups": path}) == {"ups": {"path": path, "sha256": before}}


def test_it_says_who_plays_whom_without_folders(file: Path) -> None:
    assert played_by({"ups": f"{file}:ToughUps", "union": "my.parties:Union"}) == [
        "ups is played by my_parties.py:ToughUps",
        "union is played by my.parties:Union",
    ]


def test_a_scenario_file_names_files_beside_itself(file: Path) -> None:
    scenario = file.parent / "mine.toml"
    scenario.write_text('title = "Mine"\n[roster]\nups = "my_parties.py:ToughUps"\nunion = "my_parties:Union"\n')
    found = Scenario.load(scenario)
    assert found.roster == {"ups": f"{file}:ToughUps", "union": f"{file}:Union"}
    assert found.changes()["roster"] == found.roster
    assert Scenario.from_mapping(found.changes()) == found
    scenario.write_text('title = "Mine"\nroster = 3\n')
    with pytest.raises(ScenarioError, match="roster"):
        Scenario.load(scenario)
    scenario.write_text('title = "Mine"\n[roster]\nups = 3\n')
    with pytest.raises(ScenarioError, match=r"roster\.ups"):
        Scenario.load(scenario)


def test_a_party_that_is_no_carrier_has_a_key_of_its_own(file: Path) -> None:
    found = Scenario().with_changes({"roster": {"union": f"{file}:Union"}})
    assert found.base_of("union") is Party
