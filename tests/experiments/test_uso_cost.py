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
    of_usps = [text for _, text in result.events["days_free"] if text.startswith("USPS")]
    assert of_usps == ["USPS delivers on five days a week from the start"]
    found = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert found["uso_net_cost"]["days_free"]["2026"] == days["2026"]
    assert set(found["outcomes"]) == {"required", "zones_free", "days_free", "waived"}


@pytest.mark.thorough
def test_it_names_the_places_and_takes_the_change_apart() -> None:
    result = uso_cost("baseline", SHORT, until="2025-12")
    zones, counties = result.zones.loc["zones_free"], result.counties.loc["zones_free"]
    assert len(zones) > 0
    assert set(zones["month"]) <= {"2025-01"}
    assert counties["households"].sum() == pytest.approx(zones["households"].sum(), rel=1e-3)
    assert counties["households"].is_monotonic_decreasing
    assert {name[-2:] for name in counties["name"]} == {name.split()[-1] for name in zones["name"]}
    assert (counties["share"] <= 1.0 + 1e-9).all()
    parts = result.parts.loc["zones_free"]
    assert parts.sum(axis=1)["2025"] == pytest.approx(result.by_year.loc["2025", "zones_free"], abs=1.0)
    assert parts.loc["2025", "mail"] < 0.0
    assert parts.loc["2025", "parcels"] < 0.0  # staff stays: the first year is a loss
    assert parts.loc["2025", "streets"] > 0.0
    assert "days_free" not in result.zones.index.unique("run")
    told = result.summary()["places"]["zones_free"]
    assert told["counties"][0]["households"] == counties["households"].iloc[0]


def test_a_scenario_that_waives_the_duty_itself_is_refused() -> None:
    with pytest.raises(InputError, match="universal_service"):
        uso_cost("baseline", {"universal_service": False})
    with pytest.raises(InputError, match="full calendar year"):
        uso_cost("baseline", SHORT, until="2025-06")
