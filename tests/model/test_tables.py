import re

import pytest

from model.tables import CHECKSUM_FILE, DataError, choice, number, read_table, text

COLUMNS = {
    "key": text(),
    "kind": choice("national", "regional"),
    "value": number(0, 10),
    "low": number(required=False),
    "note": text(required=False),
}
GOOD = b'key,kind,value,low,note\nups,national,1.5,,"two\nlines"\nlso,regional,10,-3,\n'


def read(tmp_path, content):
    (tmp_path / "table.csv").write_bytes(content)
    return read_table("table.csv", COLUMNS, key=("key",), folder=tmp_path)


def test_reads_values_by_their_column_type(tmp_path):
    rows = read(tmp_path, GOOD)
    assert rows == [
        {"key": "ups", "kind": "national", "value": 1.5, "low": None, "note": "two\nlines"},
        {"key": "lso", "kind": "regional", "value": 10.0, "low": -3.0, "note": None},
    ]


def test_column_order_byte_order_mark_and_blank_lines_do_not_matter(tmp_path):
    shuffled = b"\xef\xbb\xbfvalue,note,key,low,kind\r\n1.5,,ups,,national\r\n\r\n"
    assert read(tmp_path, shuffled)[0]["key"] == "ups"


@pytest.mark.parametrize(
    ("replace", "by", "where", "what"),
    [
        (b"lso,regional,10", b"lso,regional,ten", "line 4, column value", "'ten'"),
        (b"lso,regional,10", b"lso,regional,nan", "line 4, column value", "'nan'"),
        (b"lso,regional,10", b"lso,regional,inf", "line 4, column value", "'inf'"),
        (b"lso,regional,10", b"lso,regional,11", "line 4, column value", "at least 0 and at most 10"),
        (b"lso,regional,10", b"lso,regional,", "line 4, column value", "empty"),
        (b"lso,regional,10", b"lso,local,10", "line 4, column kind", "one of national, regional"),
        (b",-3,", b",-inf,", "line 4, column low", "finite"),
        (b"lso", b"ups", "line 4, column key", "already in line 2"),
        (b"lso,", b"lso,extra,", "line 4", "6 cells, the header has 5"),
        (
            b"value,low",
            b"valeu,low",
            "line 1",
            "column 'value' is missing; unknown column 'valeu' (did you mean 'value'?)",
        ),
        (b"low,note", b"low,low", "line 1", "low appears twice"),
        (b'lines"', b"lines", "line 2", "not a valid CSV"),
        (b"lso", b"\xff", "UTF-8", "byte"),
    ],
)
def test_names_file_line_and_column_of_what_is_wrong(tmp_path, replace, by, where, what):
    assert GOOD.count(replace) == 1
    with pytest.raises(DataError) as caught:
        read(tmp_path, GOOD.replace(replace, by))
    message = str(caught.value)
    assert message.startswith("table.csv")
    assert where in message
    assert what in message
    assert "\n" not in message


def test_names_a_file_that_is_missing_or_empty(tmp_path):
    with pytest.raises(DataError, match=re.escape("absent.csv: there is no such data file")):
        read_table("absent.csv", COLUMNS, folder=tmp_path)
    with pytest.raises(DataError, match="column 'key' is missing"):
        read(tmp_path, b"")


def test_checksum_file_is_no_table(tmp_path):
    with pytest.raises(DataError):
        read(tmp_path, CHECKSUM_FILE.encode())
