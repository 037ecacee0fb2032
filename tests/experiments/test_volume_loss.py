"""What USPS loses with Amazon's parcels, against the design's figures."""

from __future__ import annotations

import json

import pytest

from experiments import UspsLoss, usps_loss
from experiments.postal.volume_loss import GRADUAL
from tests.oracles import ORACLES

TOLERANCE = 0.05


@pytest.fixture(scope="module")
def loss() -> UspsLoss:
    return usps_loss(1.0, static=True)


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
