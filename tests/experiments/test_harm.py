"""The table of harm and its page, on small and short markets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.geography import ZONE_TYPES
from experiments.cli.app import app
from experiments.harm.page import WHY, write_page
from experiments.harm.study import SCENARIOS, WORSE, Harm, alike, is_clear, study_harm
from model.places import MEASURES
from model.scenario import scenario_names


@pytest.fixture(scope="module")
def harm() -> Harm:
    return study_harm(["baseline", "placebo", "five_day_delivery"], 2, 60, until="2025-04", workers=1)


def test_a_placebo_harms_nobody(harm: Harm) -> None:
    placebo = harm.by_type.loc["placebo"]
    assert (placebo[["households", "difference", "error"]] == 0.0).all().all()
    assert harm.counties["placebo"].empty


def test_five_days_are_slower_where_usps_delivers(harm: Harm) -> None:
    slower = next(one for one in WORSE if one.name == "transit_days")
    homes, change, error = harm.of("five_day_delivery", slower, "rural")
    assert change > 2.0 * error
    assert homes > 10e6
    assert change > harm.of("five_day_delivery", slower, "urban")[1]  # USPS brings most where people live far apart


def test_the_most_affected_counties_clearly_lose_and_the_worst_comes_first(harm: Harm) -> None:
    found = harm.counties["five_day_delivery"]
    assert 0 < len(found) <= 20
    score = sum((found[one.name] * one.worse / alike(one)).fillna(0.0) for one in WORSE)
    assert score.is_monotonic_decreasing
    for one in WORSE:
        told = found[one.name].dropna() * one.worse
        assert (told > 2.0 * found.loc[told.index, f"{one.name}_error"]).all()


def test_a_loss_within_luck_or_too_small_is_none() -> None:
    price = next(one for one in MEASURES if one.name == "price_per_parcel_usd")
    loss, error = np.array([0.5, 0.5, 0.001, -1.0, np.nan]), np.array([0.1, 0.3, 0.0, 0.0, 0.0])
    assert is_clear(price, loss, error).tolist() == [True, False, False, False, False]


def test_facts_are_told_and_to_look_at_places_costs_little(harm: Harm) -> None:
    facts = harm.facts
    assert facts["plan_households_m"] < facts["reached_households_m"] < 28.0
    assert facts["plan_square_miles_m"] < facts["reached_square_miles_m"] <= 1.8
    assert facts["usps_rural_share"] > facts["usps_urban_share"]
    # 23.6 % of households live in a tier; UPS and FedEx bring a little less to them.
    assert 0.15 < facts["surcharged_share"] < 0.25


def test_the_page_has_a_section_for_each_scenario(harm: Harm, tmp_path: Path) -> None:
    write_page(tmp_path / "places.md", harm)
    text = (tmp_path / "places.md").read_text()
    for name in ("placebo", "five_day_delivery"):
        assert f"(`{name}`)" in text
    assert "No county loses beyond two standard errors." in text
    assert "## Announced facts held against the model" in text
    assert all(f"{kind}, m" in text for kind in ZONE_TYPES)
    assert "nan" not in text


def test_every_scenario_of_the_page_exists_and_has_its_reasons() -> None:
    assert set(SCENARIOS) <= set(scenario_names())
    assert set(WHY) == set(SCENARIOS[1:])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("places --write x.md --by zone", "it does not go with --by"),
        ("places baseline --write x.md", "a reference and at least one scenario"),
        ("places --write nowhere/x.md", "nowhere"),
        ("places", "places needs a scenario"),
    ],
)
def test_bad_input_is_one_clear_error(arguments: str, told: str) -> None:
    called = CliRunner().invoke(app, arguments.split())
    assert called.exit_code == 2
    assert told in called.stderr
