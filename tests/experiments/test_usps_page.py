"""The page about USPS, without its dozen runs: the design's figures, what leaves first, the text."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from experiments.postal.first_year import first_year
from experiments.postal.losses import DESIGN, SHARES, Played, UspsLosses, losses_at_once
from experiments.postal.page import write_page
from experiments.settings import prepare_scenario
from tests.oracles import ORACLES


@pytest.fixture(scope="module")
def loss() -> pd.DataFrame:
    last = {"earned_bn": 0.3, "paid_bn": 0.2}
    income = {
        f"static {share}": Played(pd.Series({"2025": -4e9 * share, "2030": -3e9 * share}), {}, last) for share in SHARES
    }
    found = {"still": Played(pd.Series({"2025": 0.0, "2030": 0.0}), {}, last), **income}
    return losses_at_once(prepare_scenario("standing_still", {"n_shippers": 300}), found, seed=1)


def test_the_designs_figures_are_those_of_the_oracles() -> None:
    with files("experiments").joinpath("postal", DESIGN).open(encoding="utf-8") as file:
        rows = {float(row["share"]): row for row in csv.DictReader(file)}
    assert set(rows) == set(SHARES)
    for share, name in ((0.25, "0_25"), (0.5, "0_5"), (1.0, "1_0")):
        assert float(rows[share]["first_year_bn"]) == ORACLES[f"usps_income_cut_{name}_year1"]
        assert float(rows[share]["long_run_bn"]) == ORACLES[f"usps_income_cut_{name}_long"]
    assert float(rows[0.75]["first_year_bn"]) == pytest.approx(0.75 * ORACLES["usps_income_cut_1_0_year1"])


def test_what_is_cheap_for_amazon_leaves_first_and_costs_usps_less(loss: pd.DataFrame) -> None:
    assert loss["cost"].is_monotonic_increasing
    assert loss["parcels_m"].to_numpy() == pytest.approx(1700.0 * loss.index.to_numpy())
    contribution = loss["parcels_m"] / 1000 * (loss["price"] - loss["cost"])
    assert loss["contribution_bn"].to_numpy() == pytest.approx(contribution.to_numpy())
    assert loss.loc[0.25, "contribution_bn"] > loss.loc[1.0, "contribution_bn"] / 4
    assert loss.loc[1.0, "contribution_bn"] == pytest.approx(-loss.loc[1.0, "design_long_run"], rel=0.03)


def test_the_page_prints_what_was_found(loss: pd.DataFrame, tmp_path: Path) -> None:
    gradual = pd.DataFrame({"2025": [-0.3], "2026": [-0.8]}, index=[0.25])
    measures = {"deferral": "2025-07", "surcharge": "", "capital": "", "service": "", "exhausted": ""}
    money = {"cash_bn": 7.8, "debt_bn": 15.0, "deferred_bn": 16.5, "arrears_bn": 0.0}
    answers = pd.DataFrame({"renew": {**measures, **money}}).T
    columns = ["cash_bn", "debt_bn", "earned_bn", "paid_bn", "income_bn"]
    ceiling = pd.DataFrame([[0.0, 15.0, 0.03, 0.22, -12.7], [6.0, 27.0, 0.2, 0.75, -13.1]], columns=columns)
    ceiling.index = pd.Index(["statutory", "raised"])
    step = first_year((1,), n_shippers=200)
    result = UspsLosses(loss, gradual, answers, ceiling, step, 1, {"parameter_checksum": "0" * 64})
    write_page(tmp_path / "usps.md", result)
    page = (tmp_path / "usps.md").read_text(encoding="utf-8")
    assert f"| 25% | -1.00 | -1.10 | -0.75 | -0.63 | 425 | 3.53 | {loss.loc[0.25, 'cost']:.2f} |" in page
    assert "| 25% | -0.30 | -0.80 |" in page
    assert "| raised | 6.00 | 27.00 | 0.20 | 0.75 | -13.10 |" in page
    assert "| renew | 2025-07 | - | - | - | - | 7.8 | 15.0 | 16.5 | 0.0 |" in page
    assert f"| Net income | -9.50 | {step.parts['wages'].sum():.2f} |" in page


def test_the_first_year_is_the_published_one_and_its_parts() -> None:
    step = first_year((1,), n_shippers=200)
    parts = step.parts
    assert parts["before"].sum() == pytest.approx(-9.5, abs=0.01)  # the published net loss
    assert (parts["before"] + parts["wages"] + parts["rest"]).to_numpy() == pytest.approx(parts["after"].to_numpy())
    # Nothing but wages moves institutional cost, and not the part of it that uses no cash.
    assert parts.loc["institutional_cost", "rest"] == pytest.approx(0.0, abs=0.01)
    assert parts.loc["institutional_cost", "wages"] == pytest.approx(-0.032 * (38.3 - 9.5), rel=0.02)
    assert parts.loc["staff_that_stays", "after"] < 0.0
    assert step.history.index.tolist() == list(range(2016, 2025))
