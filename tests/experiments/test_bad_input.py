"""Whatever is wrong: exit code 2, every problem named on stderr, no traceback, nothing printed or written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from experiments import InputError, compare, run, usps_loss
from experiments.cli.app import app

HOLDS_MORE_THAN_A_RESULT = "photos"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with everything that can go wrong in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "binary.toml").write_bytes(bytes(range(128, 256)))
    (tmp_path / "broken.toml").write_text("title = ")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000)
    (tmp_path / "unknown.toml").write_text(
        "title = 'x'\n[parameters]\nbuild_limt = 1.0\n[levers]\nexit_strat = '2026-01'"
    )
    (tmp_path / "wrong.toml").write_text("title = 'x'\n[parameters]\nbuild_limit = 'much'\ninflation = nan")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "file").write_text("kept")
    (tmp_path / HOLDS_MORE_THAN_A_RESULT).mkdir()
    (tmp_path / HOLDS_MORE_THAN_A_RESULT / "summary.json").write_text('{"format": "lastmile-result-1", "files": []}')
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("run withdrew", ["withdrew", "did you mean withdraw"]),
        ("run nothing.toml", ["nothing.toml", "No such file"]),
        ("run folder.toml", ["folder.toml"]),
        ("run empty.toml", ["empty.toml", "empty"]),
        ("run binary.toml", ["binary.toml", "not a text file"]),
        ("run broken.toml", ["broken.toml", "not a TOML file"]),
        ("run deep.toml", ["deep.toml"]),
        ("run unknown.toml", ["build_limt", "build_limit", "exit_strat", "exit_start"]),
        ("run wrong.toml", ["build_limit", "much", "inflation", "nan"]),
        ("run withdraw --set buildlimit=1", ["buildlimit", "did you mean build_limit"]),
        ("run withdraw --set build_limit=fast", ["build_limit", "fast", "a number from"]),
        ("run withdraw --set build_limit=nan", ["build_limit", "nan"]),
        ("run withdraw --set build_limit=-inf", ["build_limit", "inf"]),
        ("run withdraw --set build_limit=-1", ["build_limit", "-1", "from 0"]),
        ("run withdraw --set build_limit=[1,2]", ["build_limit", "list"]),
        ("run withdraw --set build_lead_months=2.5", ["build_lead_months", "whole number"]),
        ("run withdraw --set announced_plans=maybe", ["announced_plans", "maybe"]),
        ("usps-loss", ["share", "--share 0.5", "--write"]),
        ("usps-loss --share 0.5 --write x.md", ["--write", "leave the other options"]),
        ("usps-loss --write nowhere/x.md", ["write", "nowhere"]),
        ("levers build_limit", ["need --check"]),
        ("levers --check nonsense", ["no expectation about nonsense"]),
        ("levers --check --write nowhere/x.md", ["write", "nowhere"]),
        ("uso-cost withdrew", ["did you mean withdraw"]),
        ("uso-cost --set universal_service=false", ["universal_service", "leave them as they are"]),
        ("uso-cost --until 2025-06", ["until", "full calendar year"]),
        ("run withdraw --set five_day_delivery=true", ["five_day_delivery", "forbidden"]),
        ("run withdraw --set price_rule=bold", ["price_rule", "adaptive", "frozen"]),
        ("run withdraw --set forced=false", ["forced", "cannot be set"]),
        ("run withdraw --set build_limit", ["build_limit", "key=value"]),
        ("run withdraw --set =1", ["key=value"]),
        ("run withdraw --set build_limit=1 --set build_limit=2", ["build_limit", "twice"]),
        ("run withdraw --until 2026-13", ["until", "2026-13", "YYYY-MM"]),
        ("run withdraw --until tomorrow", ["until", "tomorrow", "YYYY-MM"]),
        ("run withdraw --until 2024-12", ["2024-12", "before"]),
        ("run withdraw --from 2015-12", ["2016-01", "2025-01"]),
        ("run withdraw --until 2026-12 --set end=2027-12", ["until", "twice"]),
        ("run withdraw --seed -1", ["seed", "-1"]),
        ("run withdraw --seed 99999999999", ["seed", "99999999999"]),
        ("run withdraw --seed one", ["seed"]),
        ("run withdraw --out file", ["out", "file", "must be a folder"]),
        ("run withdraw --out file/below", ["out", "file"]),
        ("run withdraw --out photos", ["out", "photos", "other files"]),
        ("run", ["SCENARIO"]),
        ("run withdraw --outcome usps_cahs_usd", ["outcome", "usps_cahs_usd", "did you mean usps_cash_usd"]),
        ("run withdraw --outcome usps_cash_usd --outcome nothing*", ["nothing*", "fits nothing"]),
        (
            "run withdraw --until 2025-06 --outcome usps_cash_usd_2025",
            ["usps_cash_usd_2025", "before any year is full"],
        ),
        ("compare renew withdraw --outcome amazon_own_shares", ["amazon_own_shares", "did you mean amazon_own_share"]),
        ("compare renew withdraw --outcome amazon_usps_retained_share_2025", ["retained_share_2025", "fits nothing"]),
        ("compare renew", ["two scenarios"]),
        ("compare renew renew", ["renew", "2 times"]),
        ("compare renew withdraw --replications 0", ["replications", "0", "from 1"]),
        ("compare renew withdraw --replications -3", ["replications", "-3"]),
        ("compare renew withdraw --workers 0", ["workers", "0", "from 1"]),
        ("compare renew withdraw --width nan", ["width", "nan"]),
        ("compare renew withdraw --seed 2147483647 --replications 2", ["seed", "2147483647"]),
        ("compare renew nothing --set buildlimit=1", ["nothing", "buildlimit"]),
        ("usps-loss --share 0", ["share", "0"]),
        ("usps-loss --share 1.01", ["share", "1.01"]),
        ("usps-loss --share nan", ["share", "nan"]),
        ("parameters no-such-thing", ["no-such-thing"]),
        ("calibration --write nowhere/x.md", ["nowhere"]),
        ("calibration --write photos", ["photos"]),
        ("scenarios --unknown", ["--unknown"]),
        ("fly", ["fly"]),
    ],
)
@pytest.mark.parametrize("json", [False, True], ids=["table", "json"])
def test_every_problem_is_told_and_nothing_happens(folder: Path, arguments: str, told: list[str], json: bool) -> None:
    before = sorted(folder.rglob("*"))
    result = call(*arguments.split(), *(["--json"] if json and "seed one" not in arguments else []))
    assert result.exit_code == 2
    assert result.stdout == ""
    message = " ".join(result.stderr.split())
    assert "Traceback" not in message
    assert [word for word in told if word not in message] == []
    assert sorted(folder.rglob("*")) == before
    assert (folder / "file").read_text() == "kept"


def test_all_problems_come_at_once(folder: Path) -> None:
    result = call(
        "run", "nothing", "--set", "buildlimit=1", "--set", "inflation=nan", "--set", "x", "--seed", "-1",
        "--until", "soon", "--out", "file",
    )  # fmt: skip
    lines = result.stderr.splitlines()
    assert lines[0].startswith("lastmile: 7 problems")
    assert len(lines) == 8


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"set": {"build_limit": True}}, "build_limit"),
        ({"set": {"build_limit": float("nan")}}, "build_limit"),
        ({"set": {"build_limit": None}}, "build_limit"),
        ({"seed": 1.5}, "seed"),
        ({"seed": True}, "seed"),
        ({"until": 2026}, "until"),
        ({"scenario": "with\0draw.toml"}, "draw.toml"),
        ({"scenario": 7}, "7"),
    ],
)
def test_scripts_get_the_same_errors(changes: dict[str, object], field: str) -> None:
    arguments: dict[str, object] = {"scenario": "withdraw", "until": "2025-01", **changes}
    with pytest.raises(InputError, match=field):
        run(**arguments)  # type: ignore[arg-type]


def test_wrong_types_in_other_verbs() -> None:
    with pytest.raises(InputError, match="two scenarios"):
        compare("renew")
    with pytest.raises(InputError, match=r"(?s)replications.*workers"):
        compare(["renew", "withdraw"], replications=1.5, workers="2")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="share"):
        usps_loss("all")  # type: ignore[arg-type]


def test_different_horizons_are_not_compared(folder: Path) -> None:
    (folder / "short.toml").write_text("title = 'Short'\n[levers]\nend = '2026-12'\n")
    result = call("compare", "renew", "short.toml")
    assert result.exit_code == 2
    assert "2026-12" in result.stderr
    assert "2030-12" in result.stderr
