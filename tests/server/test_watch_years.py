"""Calendar years of the run that is watched, beside the bands of the stored forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from agents.calendar import Month
from experiments.provenance import code_checksum
from experiments.stored_forecast import KEPT, StoredForecast, stored_forecast
from model.market import ParcelMarket
from model.outcomes import compute_outcomes
from model.scenario import Scenario
from server import snapshot as snapshots
from server.charts import CARRIERS
from server.choice import Choice, Past
from server.pages.watch.years import FIGURES, note, panels, table, tally, totals, why_none

JANUARY = Month(2025, 1)
MILLION, BILLION = 1e6, 1e9


def forecast_of(rows: dict[str, tuple[float, float, float, float, float]], **changes) -> StoredForecast:
    """A forecast of today's code; rows hold low90, low50, median, high50 and high90 in billions."""
    frame = pd.DataFrame(
        {
            name: (16.0, middle, low_half, high_half, low, high, "luck, parameters, form")
            for name, (low, low_half, middle, high_half, high) in rows.items()
        },
        index=list(KEPT),
    ).T
    bands = [name for name in KEPT if name not in ("n", "holds")]
    frame[bands] = frame[bands].astype(float) * BILLION
    about = {
        "command": "lastmile forecast baseline",
        "date": "2026-01-31",
        "commit": None,
        "title": "Left to bargaining",
    }
    known = about | {"code_checksum": code_checksum(), "replications": 16, "draws": "frozen-2024", "residuals_to": 2024}
    return StoredForecast(**(known | changes), table=frame)


@pytest.fixture
def stored() -> StoredForecast:
    return forecast_of(
        {
            "usps_volume_parcels_2025": (5.0, 6.0, 6.5, 7.0, 8.0),
            "usps_volume_parcels_2026": (4.0, 5.0, 5.5, 6.0, 7.0),
            "amazon_volume_parcels_2025": (6.0, 7.0, 7.5, 8.0, 9.0),
            "usps_net_income_usd_2025": (-15.0, -13.0, -11.0, -10.0, -8.0),
        }
    )


def months(count: int):
    """USPS 500, Amazon 800, others 0 million parcels a month; USPS loses a billion in each."""
    volume = np.zeros((count, 5))
    volume[:, :2] = (500 * MILLION, 800 * MILLION)
    return volume, np.full(count, -BILLION)


@pytest.mark.parametrize(("done", "years"), [(0, 0), (11, 0), (12, 1), (23, 1), (25, 2)])
def test_only_years_that_are_complete_count(done, years):
    found = totals(JANUARY, *months(done))
    assert len(found) == len(FIGURES)
    assert found[0] == pytest.approx([6 * BILLION] * years)
    assert found[-1] == pytest.approx([-12 * BILLION] * years)


def test_a_run_that_starts_within_a_year_has_its_first_year_from_january_on():
    volume, income = months(20)
    volume[:3] = 0.0  # October to December
    assert totals(Month(2024, 10), volume, income)[0] == pytest.approx([6 * BILLION])
    assert totals(None, *months(0))[0] == ()


def test_yearly_sums_are_the_outcomes_of_the_same_names():
    """What is set beside a band is what the band is of."""
    settings = Scenario.load("baseline").with_changes({"n_shippers": 120, "end": "2025-12"}, "change")
    market = ParcelMarket(settings, rng=1)
    while not market.finished:
        market.step()
    taken = snapshots.take(market, snapshots.describe(market, 1), 1, "finished")
    found = dict(
        zip([one.stem for one in FIGURES], totals(settings.start, taken.volume, taken.usps[:, 0]), strict=True)
    )
    outcomes = compute_outcomes(market)
    for stem in ("usps_volume_parcels", "amazon_volume_parcels", "ups_volume_parcels", "fedex_volume_parcels"):
        assert found[stem] == pytest.approx([outcomes[f"{stem}_2025"]])
    assert found["usps_net_income_usd"] == pytest.approx([outcomes["usps_net_income_usd_2025"]])


def test_each_figure_has_its_bands_and_the_years_of_the_run_in_the_colours_of_its_carrier(stored):
    drawn = panels(stored, 2025, totals(JANUARY, *months(13)))
    assert [one["title"] for one in drawn] == ["USPS", "Amazon", "Net income of USPS"]
    usps, amazon, income = drawn
    assert usps["years"] == ["2025", "2026"]
    assert usps["bands"][1] == pytest.approx([4.0, 5.0, 5.5, 6.0, 7.0])
    assert usps["run"] == [pytest.approx(6.0), None]
    assert amazon["run"] == [pytest.approx(9.6)]
    assert income["run"] == [pytest.approx(-12.0)]
    assert [one["light"] for one in drawn] == [CARRIERS[number]["light"] for number in (0, 1, 0)]
    assert usps["summary"] == (
        "USPS, billion parcels: 2025: this run 6.00; forecast 6.50, nine of ten runs 5.00 to 8.00, half 6.00 to 7.00; "
        "2026: not complete; forecast 5.50, nine of ten runs 4.00 to 7.00, half 5.00 to 6.00"
    )


def test_what_lies_in_the_bands_is_counted_and_is_called_no_proof(stored):
    told = tally(stored, panels(stored, 2025, totals(JANUARY, *months(12))))
    # USPS on the edge of one half, Amazon beyond nine of ten, net income among the half.
    assert told.startswith("Of 3 yearly figures so far, 2 lie within the light bars and 2 within the dark ones.")
    assert "16 runs, each with its own draw of the parameters" in told
    assert "luck, parameters and what the form of the model gets wrong" in told
    assert "no proof of the model" in told
    before = tally(stored, panels(stored, 2025, totals(JANUARY, *months(11))))
    assert "Of " not in before
    assert "when the run has completed a calendar year" in before


def test_the_note_says_where_the_bands_come_from_and_what_is_not_forecast(stored):
    text = note(stored, panels(stored, 2025, totals(JANUARY, *months(12))))
    assert "parameter draws frozen-2024" in text
    assert "Made on 2026-01-31 by lastmile forecast baseline" in text
    assert text.endswith("Not forecast: UPS, FedEx, Regional carriers.")


def test_the_table_has_a_row_for_each_figure_and_year_with_exact_values(stored):
    found = table(panels(stored, 2025, totals(JANUARY, *months(12))))
    assert found.frame[["figure", "year"]].to_numpy().tolist() == [
        ["USPS", "2025"],
        ["USPS", "2026"],
        ["Amazon", "2025"],
        ["Net income of USPS", "2025"],
    ]
    assert found.frame["this_run"].isna().tolist() == [False, True, False, False]
    assert found.frame["high90"].tolist() == pytest.approx([8.0, 7.0, 9.0, -8.0])


def test_bands_stand_beside_the_usual_market_only(stored, monkeypatch):
    assert why_none(stored, Choice()) == ""
    assert why_none(stored, Choice(seed=9, overrides=(("n_shippers", 200.0),))) == ""
    other = why_none(stored, Choice("withdraw", overrides=(("build_limit", 0.5), ("exit_at_once", True))))
    assert "“Left to bargaining” with nothing changed" in other
    assert "`lastmile forecast withdraw --draws frozen-2024 --set build_limit=0.5 --set exit_at_once=true`" in other
    changed = why_none(stored, Choice(overrides=(("build_limit", 0.5),)))
    assert "`lastmile forecast baseline --draws frozen-2024 --set build_limit=0.5`" in changed
    # What the command line cannot play is not promised.
    for by_hand in (Choice(seat="usps"), Choice(past=Past(Month(2026, 1), (("build_limit", 0.5),)))):
        told = why_none(stored, by_hand)
        assert told.endswith("this is another run.")
    monkeypatch.setenv("LASTMILE_ROSTER", '{"amazon": "some:Class"}')
    assert why_none(stored, Choice()).endswith("this is another run.")


def test_bands_of_other_code_are_not_shown(stored):
    told = why_none(replace(stored, code_checksum="another"), Choice())
    assert told.startswith("No bands here: the stored forecast is of other code than this run.")
    assert "the command makes them anew" in told


def test_the_forecast_that_comes_with_the_package_has_the_figures():
    kept = stored_forecast()
    assert kept is not None
    kept = replace(kept, code_checksum=code_checksum())
    assert why_none(kept, Choice()) == ""
    drawn = panels(kept, 2025, totals(JANUARY, *months(12)))
    assert {"USPS", "Amazon", "UPS", "FedEx", "Net income of USPS"} <= {one["title"] for one in drawn}
    for panel in drawn:
        assert panel["years"][0] == "2025"
        assert all(band == sorted(band) for band in panel["bands"])
