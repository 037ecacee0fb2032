"""`lastmile uso-cost`, in a short version."""

from __future__ import annotations

import json

import pytest

from experiments import InputError, uso_cost

SHORT = {"n_shippers": 300}


def test_the_duty_costs_what_a_shadow_run_earns_more() -> None:
    result = uso_cost("baseline", SHORT, until="2026-12")
    assert list(result.by_year.index) == ["2025", "2026"]
    days = result.by_year["days_free"]
    assert 0.0 < days["2025"] < days["2026"] < 2.4e9  # the saving is phased in over three years
    assert result.scenario.distress_ladder is False
    assert [text for _, text in result.events["days_free"]] == ["USPS delivers on five days a week from the start"]
    found = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert found["uso_net_cost"]["days_free"]["2026"] == days["2026"]
    assert set(found["outcomes"]) == {"required", "zones_free", "days_free", "waived"}


def test_a_scenario_that_waives_the_duty_itself_is_refused() -> None:
    with pytest.raises(InputError, match="universal_service"):
        uso_cost("baseline", {"universal_service": False})
    with pytest.raises(InputError, match="full calendar year"):
        uso_cost("baseline", SHORT, until="2025-06")
