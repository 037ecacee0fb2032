"""Texts of people, whatever editor or system they come from."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.scenario import Scenario, ScenarioError
from model.tables import DataError, number, read_table
from model.texts import decode_text, read_text_file

ENCODED = {
    "plain": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16, little": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, big": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-32": lambda text: codecs.BOM_UTF32_LE + text.encode("utf-32-le"),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_scenario_is_the_same_from_every_editor(tmp_path: Path, encoding: str, end: str) -> None:
    text = end.join(['title = "Späte Züge"', "[parameters]", "build_limit = 0.5", ""])
    file = tmp_path / "mine.toml"
    file.write_bytes(ENCODED[encoding](text))
    found = Scenario.load(str(file))
    assert (found.title, found.parameters.build_limit) == ("Späte Züge", 0.5)


@given(text=st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])).filter(
    lambda text: not text.startswith("\ufeff")), encoding=st.sampled_from(sorted(ENCODED)))  # fmt: skip
def test_no_character_is_lost(text: str, encoding: str) -> None:
    assert decode_text(ENCODED[encoding](text)) == text


@given(st.binary())
def test_whatever_is_in_a_file_ends_in_a_text_or_in_one_sentence(content: bytes) -> None:
    told = ""
    try:
        assert "\r" not in decode_text(content)
    except ValueError as error:
        told = str(error)
    assert not told or ("save it as UTF-8" in told and len(told.splitlines()) == 1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("title = 'x'\n# Späte".encode("latin-1"), "UTF-8 (byte 0xe4 in line 2)"),
        ("title = 'x'".encode("utf-16-le"), "UTF-8 (byte 0x00 in line 1)"),
        (codecs.BOM_UTF16_LE + b"a\0\n\0\x00\xdc", "UTF-16 (byte 0x00 in line 2)"),
    ],
    ids=["of an old Windows", "UTF-16 without its mark", "half a character"],
)
def test_what_is_no_text_is_named_with_what_is_expected(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(str(file))
    assert "mine.toml" in str(caught.value)
    assert f"{told}; save it as UTF-8" in str(caught.value)


def test_a_table_of_data_comes_through_the_same_door(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(ENCODED["UTF-16, little"]("a,b\r\n1,2\r\n"))
    assert read_table("data.csv", {"a": number(), "b": number()}, folder=tmp_path) == [{"a": 1.0, "b": 2.0}]
    (tmp_path / "data.csv").write_bytes(b"a,b\n1,\xff\n")
    with pytest.raises(DataError, match=r"data\.csv: it is not a text file in UTF-8 \(byte 0xff in line 2\)"):
        read_table("data.csv", {"a": number(), "b": number()}, folder=tmp_path)


def test_a_file_that_is_not_there_is_no_damaged_text(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_text_file(tmp_path / "none.toml")
