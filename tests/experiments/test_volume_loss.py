"""What USPS loses with Amazon's parcels, against the design's figures."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from experiments import UspsLoss, usps_loss
from experiments.cli.tables import show_loss
from experiments.postal import volume_loss
from experiments.postal.volume_loss import GRADUAL
from experiments.settings import prepare_scenario
from tests.oracles import ORACLES

TOLERANCE = 0.05


@pytest.fixture(scope="module")
def loss() -> UspsLoss:
    return usps_loss(1.0, static=True)


@pytest.mark.thorough
def test_losing_all_at_once_costs_what_the_design_says(loss: UspsLoss) -> None:
    assert loss.first_year / 1e9 == pytest.approx(ORACLES["usps_income_cut_1_0_year1"], rel=TOLERANCE)
    assert loss.long_run / 1e9 == pytest.approx(ORACLES["usps_income_cut_1_0_long"], rel=TOLERANCE)


def test_cost_follows_volume_until_only_the_contribution_is_lost(loss: UspsLoss) -> None:
    assert loss.static is not None
    assert loss.static.is_monotonic_increasing
    assert loss.static.iloc[-1] - loss.static.iloc[-2] < 0.01e9


def test_a_gradual_loss_hurts_less_at_first(loss: UspsLoss) -> None:
    gradual = loss.by_year[GRADUAL]
    assert list(gradual.index) == ["2025", "2026", "2027", "2028", "2029", "2030"]
    assert loss.first_year < gradual["2025"] < 0
    assert (gradual < 0).all()


def test_summary_is_json(loss: UspsLoss) -> None:
    found = json.loads(json.dumps(loss.summary(), allow_nan=False))
    assert found["static"]["first_year"] == loss.first_year
    assert set(found["provenance"]) == {"renew", "gradual", "still", "static"}


def test_the_loss_is_that_of_the_page_and_both_say_that_usps_takes_no_measures(loss: UspsLoss) -> None:
    page = (Path(__file__).parents[2] / "docs" / "usps.md").read_text(encoding="utf-8")
    at_once, gradual, measures, *_ = page.split("\n## ")[1:]
    shown = " | ".join(f"{value / 1e9:.2f}" for value in loss.by_year[GRADUAL])
    assert f"| 100% | {shown} |" in gradual
    assert f"| 100% | {loss.first_year / 1e9:.2f} |" in at_once
    assert gradual.splitlines()[0].endswith("without the distress ladder")
    assert measures.splitlines()[0].endswith("with the distress ladder")
    assert "both without the distress ladder" in loss.note
    assert loss.summary()["gradual"]["distress_ladder"] is False
    assert not any(scenario.distress_ladder for scenario in loss.scenarios.values())


@pytest.mark.thorough
def test_measures_of_usps_come_in_where_asked_for_and_the_words_follow(
    loss: UspsLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_loss, "prepare_scenario", partial(prepare_scenario, until="2027-12"))
    climbing = usps_loss(1.0, distress_ladder=True)
    assert "both with the distress ladder" in climbing.note
    gradual = climbing.by_year[GRADUAL]
    assert (gradual != loss.by_year[GRADUAL][gradual.index]).any()
    console = Console(width=200, record=True, file=io.StringIO())
    show_loss(console, climbing)
    show_loss(console, loss)
    told = console.export_text()
    assert "against renew, with the distress ladder" in told
    assert "against renew, without the distress ladder" in told
    assert "at once, standing still, without the distress ladder" in told
