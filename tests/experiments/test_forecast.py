"""Forecasts with bands: what they hold, that no part makes them narrower, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments import InputError, forecast, places, run, usps_loss
from experiments.backtest.discrepancy import Discrepancy
from experiments.cli.app import app
from experiments.foresight import Forecast, form_error
from experiments.stored_forecast import command_of, keep_forecast, stored_forecast
from server.pages.evidence import ahead

QUICK = {"n_shippers": 100}
GROUPS = {"usps": "usps", "ups": "ups", "amazon": "amazon", "veho": "regional"}
KNOWN = Discrepancy(
    2024,
    1.0,
    {
        ("volume", "ups"): 0.03,
        ("revenue_per_parcel", "ups"): 0.04,
        ("volume", "regional"): 0.5,
        ("income_without_noncash", "usps"): 2.0,
    },
    years={("volume", "ups"): 6, ("revenue_per_parcel", "ups"): 3},
)


@pytest.fixture(scope="module")
def drawn() -> Forecast:
    return forecast("baseline", QUICK, "frozen-2024", until="2025-12", replications=3, workers=1)


def test_an_outcome_has_the_error_of_its_figure_after_as_many_years() -> None:
    ups = form_error("ups_volume_parcels_2026", GROUPS, KNOWN, 2025)
    assert ups == ("volume", pytest.approx(0.03 * math.sqrt(2.0)), 10.0)
    assert form_error("ups_sold_parcels_2025", GROUPS, KNOWN, 2025) == ("volume", pytest.approx(0.03), 10.0)
    revenue = form_error("ups_revenue_usd_2025", GROUPS, KNOWN, 2025)  # parcels times revenue of one
    assert revenue == ("volume", pytest.approx(0.05), 7.0)
    assert form_error("veho_volume_parcels_2025", GROUPS, KNOWN, 2025) == ("volume", pytest.approx(0.5), 4.0)
    income = form_error("usps_fiscal_net_income_usd_2028", GROUPS, KNOWN, 2025)
    assert income == ("income_without_noncash", pytest.approx(4.0), 4.0)
    for unknown in ("usps_mail_revenue_usd_2026", "ups_volume_parcels", "rural_on_time_share_2026"):
        assert form_error(unknown, GROUPS, KNOWN, 2025) is None


@pytest.mark.thorough
def test_bands_tell_what_they_hold_and_are_no_narrower_than_the_runs(drawn: Forecast) -> None:
    table, runs = drawn.table, drawn.runs
    assert set(table["holds"]) == {"luck, parameters", "luck, parameters, form"}
    assert table.loc["ups_sold_parcels_2025", "holds"] == "luck, parameters, form"
    assert table.loc["rural_on_time_share_2025", "holds"] == "luck, parameters"
    low, high = (runs[table.index].quantile(end) for end in (0.05, 0.95))
    scale = 1e-12 * np.abs(runs[table.index]).max()
    assert (table["low90"] <= low + scale).all()
    assert (table["high90"] >= high - scale).all()
    assert (table["low90"] <= table["low50"]).all()
    assert (table["high50"] <= table["high90"]).all()
    pd.testing.assert_series_equal(table["median"], runs[table.index].median(), check_names=False)
    shares = [name for name in table.index if "_volume_share" in name]
    assert (table.loc[shares, "high90"] <= 1.0).all()
    assert drawn.discrepancy.last_year == 2024


def test_a_seed_of_a_forecast_is_the_run_with_its_draw(drawn: Forecast) -> None:
    alone = run("baseline", QUICK, seed=2, until="2025-12", draws="frozen-2024")
    pd.testing.assert_series_equal(drawn.runs.loc[2].dropna(), alone.outcomes, check_names=False, rtol=0, atol=0)
    assert "draw 2 of frozen-2024" in alone.warnings[-1]


def test_the_growth_of_the_market_is_part_of_the_parameters(drawn: Forecast) -> None:
    still = forecast(
        "baseline", {**QUICK, "growth_market": 0.04}, "frozen-2024", until="2025-12", replications=3, workers=1
    )
    names = [f"{name}_sold_parcels_2025" for name in ("usps", "ups", "fedex")]
    total = [one.runs[names].sum(axis=1) for one in (drawn, still)]
    assert total[0].loc[1] == total[1].loc[1]  # the first draw has the expected growth
    assert total[0].loc[2] < total[1].loc[2]  # the second is a quarter from below, the third a quarter from above
    assert total[0].loc[3] > total[1].loc[3]


@pytest.mark.thorough
def test_the_command_prints_what_the_bands_hold() -> None:
    asked = ["forecast", "--set", "n_shippers=100", "--until", "2025-12", "--replications", "2", "--workers", "1"]
    answer = CliRunner().invoke(app, [*asked, "--outcome", "ups_volume_parcels"])
    assert answer.exit_code == 0, answer.output
    assert "luck, form" in answer.stdout
    assert "residuals of free runs of the past up to 2024" in answer.stdout
    assert "with --draws the bands hold parameters too" in answer.stdout
    told = json.loads(CliRunner().invoke(app, [*asked, "--draws", "frozen-2024", "--json"]).stdout)
    row = told["outcomes"]["ups_volume_parcels_2025"]
    assert row["low90"] < row["low50"] < row["median"] < row["high50"] < row["high90"]
    assert row["holds"] == "luck, parameters, form"
    assert told["draws"]["name"] == "frozen-2024"


def test_bad_input_is_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        forecast("baselin", replications=1, draws="nothing", seed=-1)
    assert len(told.value.problems) == 4
    with pytest.raises(InputError, match="reconsider_hazard"):
        usps_loss(0.5, static=True, draws="frozen-2024")
    with pytest.raises(InputError, match="neither a stored set"):
        places(["baseline"], draws="nothing")


def test_places_take_the_draw_of_each_seed() -> None:
    short = {"set": QUICK, "by": "zone", "until": "2025-01", "replications": 1, "workers": 1}
    plain, varied = (places(["baseline"], draws=draws, **short) for draws in (None, "frozen-2024"))  # type: ignore[arg-type]
    assert not plain.table.equals(varied.table)
    assert "draw s of frozen-2024" in varied.warnings[-1]


def test_a_kept_forecast_is_what_the_browser_shows(drawn: Forecast, tmp_path: Path) -> None:
    file = tmp_path / "forecast.json"
    assert stored_forecast(file) is None
    kept = stored_forecast(keep_forecast(drawn, command_of(drawn), file))
    assert kept is not None
    assert kept.is_current
    assert kept.command.startswith("lastmile forecast baseline --draws frozen-2024 --replications 3")
    assert "--set n_shippers=100" in kept.command
    row = kept.years("ups_volume_parcels").loc["2025"]
    assert row["high90"] == pytest.approx(drawn.table.loc["ups_volume_parcels_2025", "high90"], rel=1e-5)
    assert row["holds"] == "luck, parameters, form"
    assert file.stat().st_size < 20_000
    shown = ahead.pictures(kept)
    assert [one.title for one in shown] == [title for title, _ in ahead.SHOWN.values()]
    income = shown[0]
    assert income.unit == "bn $"
    assert income.option["xAxis"]["data"] == ["2025"]
    low, high = (income.option["limits"]["Median"][end][0] for end in ("low", "high"))
    assert low < income.option["series"][-1]["data"][0] < high
    assert "residuals of the past up to 2024" in ahead.lead(kept)
    file.write_text('{"rows": 1}')
    with pytest.raises(InputError, match=r"forecast\.json cannot be read"):
        stored_forecast(file)
