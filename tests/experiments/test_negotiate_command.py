"""`lastmile negotiate`: its figures, its page, and a strategy of one's own in the market."""

from __future__ import annotations

import io
import json
import math
import re
import runpy
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from agents.calendar import Month
from experiments import InputError, Negotiations, negotiate, retained_curve
from experiments.cli.app import app
from experiments.cli.negotiation import show_curve, show_negotiations
from experiments.talks import access_curve
from experiments.talks import page as page_module
from experiments.talks.access_curve import RetainedCurve
from experiments.talks.forms import Deal
from experiments.talks.negotiation import MEASURES
from experiments.talks.page import negotiation_page, write_page
from experiments.talks.worked_example import monte_carlo, worked_structure, worked_threads
from model.parameters import Parameters
from tests.oracles import ORACLES
from tests.small import FEWER, small_markets

ROOT = Path(__file__).parents[2]
P = Parameters.default()
PRICE, SHARE = 0.02, 0.015
FEW = {**FEWER, "n_shippers": 300}


@pytest.fixture(scope="module")
def found() -> Negotiations:
    return negotiate(replications=3, set=FEW, workers=1)


@pytest.fixture(scope="module")
def curve() -> RetainedCurve:
    with pytest.MonkeyPatch.context() as patch:  # two points instead of sixty runs
        patch.setattr(access_curve, "MULTIPLIERS", (0.8, 1.6))
        patch.setattr(access_curve, "FORMS", ("bargained",))
        return retained_curve(replications=1, set=FEW, workers=1)


def test_figures_of_a_deal_belong_together(found: Negotiations) -> None:
    assert [run.seed for run in found.runs] == [1, 2, 3]
    for run in found.runs:
        assert (run.opened, run.commitment_deadline) == ("2025-02", "2026-01")
        if run.month is None:
            continue
        assert Month.parse(run.month) - Month.parse(run.opened) == run.round == run.offers[-1].round
        last = run.offers[-1]
        assert last.accepted == last.threads == 1
        assert run.price_usd == pytest.approx(last.price_usd, rel=1e-12)
        assert last.seller_limit_usd <= last.price_usd <= last.buyer_limit_usd
        assert run.price_usd - run.nash_price_usd == pytest.approx(run.above_nash_usd)
        assert 0.0 < run.retained_share <= 1.0
        assert run.buyer_surplus_usd + run.seller_surplus_usd > 0.0
    assert any(run.month for run in found.runs)


def test_probabilities_and_medians_are_those_of_the_seeds(found: Negotiations) -> None:
    months = [run.month for run in found.runs if run.month is not None]
    shares = list(found.agreement.values())
    assert shares == sorted(shares)
    assert shares[-1] == len(months) / 3
    assert found.agreement["by_expiry"] == sum(month <= "2026-10" for month in months) / 3
    if len(months) == 3:
        assert found.spread("month")["median"] == sorted(months)[1]
        assert found.spread("price_usd")["median"] == sorted(run.price_usd for run in found.runs)[1]


def test_nobody_agrees_and_nothing_breaks() -> None:
    none = negotiate(
        replications=1, set={**FEW, "auction_displacement_belief": 1.0, "reservation_belief_sd": 0.0}, workers=1
    )
    assert set(none.agreement.values()) == {0.0}
    assert none.spread("price_usd") == {"median": None, "p10": None, "p90": None}
    json.dumps(none.summary(), allow_nan=False)
    assert "No agreement" in printed(show_negotiations, none)


def printed(show, result) -> str:  # type: ignore[no-untyped-def]
    console = Console(width=160, record=True, file=io.StringIO())
    show(console, result)
    return console.export_text()


def test_command_prints_one_object_that_is_the_result(found: Negotiations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.workers.default_workers", lambda: 1)
    few = [part for name, value in FEW.items() for part in ("--set", f"{name}={value}")]
    command = ["negotiate", "--replications", "3", "--json"]
    result = CliRunner().invoke(app, [*command, *few], catch_exceptions=False)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == json.loads(json.dumps(found.summary()))
    assert set(MEASURES) < set(json.loads(result.stdout))


def test_table_of_offers_has_every_round(found: Negotiations) -> None:
    text = printed(show_negotiations, found)
    for offer in found.runs[0].offers:
        assert re.search(rf"{offer.round} +{offer.month} +(Amazon|USPS) +{offer.price_usd:.2f} ", text)
    assert text.count(" yes") == (found.runs[0].month is not None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--replications", "0"], "replications: 0 is not allowed"),
        (["--draws", "10"], "No such option: --draws"),
        (["--set", "end=2027-01"], "set: end cannot be set here"),
        (["--set", "usps_amazon_volume=kept"], "usps_amazon_volume cannot be set here"),
        (["--write", "page.md"], "only the curve makes a page"),
        (["--curve", "--write", "no/such/folder/page.md"], "does not exist"),
        (["--curve", "--set", "price_structure=by_zone"], "price_structure cannot be set here"),
        (["--seed", "-1", "--set", "nothing=1"], "nothing: unknown"),
    ],
)
def test_bad_input_is_told_and_nothing_runs(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["negotiate", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_bad_input_is_told_to_scripts_too() -> None:
    with pytest.raises(InputError, match="amazon_own_cost_multiplier cannot be set here"):
        retained_curve(set={"amazon_own_cost_multiplier": 1.0})


def test_worked_example_is_the_one_of_the_oracle() -> None:
    for thread in worked_threads(P):
        for name in ("seller_reservation", "buyer_reservation", "nash_price", "protocol_price", "volume"):
            assert getattr(thread, name) == pytest.approx(ORACLES[f"deal_{thread.name}_{name}"], abs=PRICE)
        assert thread.protocol_round == ORACLES[f"deal_{thread.name}_protocol_round"]
    structure = worked_structure(P)
    assert structure.mean_price == pytest.approx(ORACLES["deal_mean_price"], abs=PRICE)
    assert structure.kept_uniform == pytest.approx(ORACLES["deal_uniform_kept"], abs=PRICE)
    assert structure.contribution_uniform == pytest.approx(ORACLES["deal_uniform_contribution"], abs=PRICE)
    assert structure.contribution_committed == pytest.approx(ORACLES["deal_zone_contribution"], abs=PRICE)
    # Slices against slices, prices by zone type are still better, by less.
    assert structure.contribution_uniform < structure.contribution_by_type < structure.contribution_committed


def test_monte_carlo_is_the_one_of_the_oracle() -> None:
    symbols = ("base", "seller_plus_040", "seller_plus_080", "both_hold_out", "both_concede")
    for case, symbol in zip(monte_carlo(P), symbols, strict=True):
        for name in ("deal_by_commitment", "deal_by_expiry"):
            assert getattr(case, name) == pytest.approx(ORACLES[f"talks_{symbol}_{name}"], abs=SHARE)
        assert case.mean_price == pytest.approx(ORACLES[f"talks_{symbol}_mean_price"], abs=PRICE)
        assert case.mean_round == pytest.approx(ORACLES[f"talks_{symbol}_mean_round"], abs=0.15)


def test_curve_rises_and_its_summary_holds_it(curve: RetainedCurve) -> None:
    low, high = curve.runs["retained_share"]
    assert 0.0 <= low < high
    summary = json.loads(json.dumps(curve.summary(), allow_nan=False))
    assert summary["from"] == "2027-10"
    assert summary["until"] == "2029-09"
    assert [row["retained_share"] for row in summary["runs"]] == [low, high]
    assert all(math.isfinite(value) for value in curve.runs["paid_usd"])


def sections(page: str) -> dict[str, str]:
    return {part.splitlines()[0]: part for part in page.split("\n## ")}


def test_page_in_the_documentation_is_made_by_the_command(
    curve: RetainedCurve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = Deal("uniform, make whole", "2026-05", 3.5, 0.94, 0.99)  # instead of six runs
    monkeypatch.setattr(page_module, "deals", lambda scenario, seeds: {"now": [deal] * len(seeds)})
    write_page(tmp_path / "page.md", curve)
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert page == negotiation_page(curve)
    assert "by_zone" not in printed(show_curve, curve)
    low, high = curve.runs["retained_share"]
    assert f"| 0.8 | {100 * low:.0f} % |" in page
    assert f"| 1.6 | {100 * high:.0f} % |" in page
    assert "| now | 1 | uniform, make whole | 2026-05 | 3.50 | 94 % | 0.99 |" in page
    # The same page with all points is in the documentation; what takes no sixty runs must be the same there.
    written = sections((ROOT / "docs" / "negotiation.md").read_text(encoding="utf-8"))
    ours = sections(page)
    assert list(written) == list(ours)
    assert P.checksum()[:12] in next(iter(written.values()))
    for title in list(ours)[1:]:
        if not title.startswith(("Share kept", "What bargaining")):
            assert written[title] == ours[title]


def test_example_of_an_own_strategy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    small_markets(monkeypatch, n_shippers=300, end="2027-03")
    monkeypatch.setattr("sys.argv", ["own_strategy.py"])
    example = runpy.run_path(str(ROOT / "examples" / "own_strategy.py"), run_name="__main__")
    told = capsys.readouterr().out
    assert re.findall(r"^(\w+), \d{4}-\d\d: Amazon and USPS agree on", told, flags=re.MULTILINE) == ["usual", "firm"]
    usual, firm = (float(price) for price in re.findall(r"agree on \$([0-9.]+)", told))
    assert firm < usual
    assert len((ROOT / "examples" / "own_strategy.py").read_text(encoding="utf-8").splitlines()) < 60
    assert example["Firm"].propose.__doc__


@pytest.mark.thorough
def test_the_own_strategy_of_the_tutorial_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The deal of Amazon with USPS, with the usual strategy and with the firm one: another price in another month."""
    section = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8").partition("## A strategy of your own")[2]
    code = re.search(r"```python\n(.*?)```", section, flags=re.DOTALL)
    assert code is not None
    exec(compile(code[1], "tutorial.md", "exec"), {"__name__": "page"})
    shown = re.findall(r"^    (.*agree on .*)$", section, flags=re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == shown
    usual, firm = (float(re.findall(r"\$([0-9.]+)", line)[0]) for line in shown)
    assert firm < usual
