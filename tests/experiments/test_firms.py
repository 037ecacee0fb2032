"""Carriers act like firms: the checks of `lastmile firms` on one run, and that each of them can say no."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.firms.checks import (
    CHECKS,
    amazon_stands_still,
    hand_over_that_jumps,
    margins_without_answer,
    prices_that_jump,
)
from experiments.firms.play import FirmRun, by_group
from experiments.firms.study import FirmStudy, of_runs, study_firms, write_page


@pytest.fixture(scope="module")
def study() -> FirmStudy:
    return study_firms(seeds=1, shippers=300, workers=1)


@pytest.fixture(scope="module")
def run(study: FirmStudy) -> FirmRun:
    return study.runs[0]


@pytest.mark.parametrize("check", CHECKS)
def test_carriers_act_like_firms(study: FirmStudy, check: str) -> None:
    assert study.found[check] == []


def test_figures_are_those_of_the_books(run: FirmRun) -> None:
    table = by_group(run)
    for group in ("usps", "ups", "fedex", "amazon", "regional"):
        rows = run.years[run.years["carrier"].map(run.groups) == group].groupby("year").sum(numeric_only=True)
        found = table.xs(group, level="group")
        assert len(found) == 6
        np.testing.assert_allclose(found["sold_bn"] * found["price"] * 1e9, rows["revenue"])
        np.testing.assert_allclose(found["margin"], 1.0 - rows["cost"] / rows["revenue"])
    assert 4.0 < table.loc[("ups", 2025), "sold_bn"] < 6.0


def changed(run: FirmRun, key: str, column: str, value: float) -> FirmRun:
    years = run.years.copy()
    years.loc[years["carrier"] == key, column] = value
    return replace(run, years=years)


def test_a_margin_that_nobody_answers_is_told(run: FirmRun) -> None:
    silent = replace(run, events=())
    for key, margin in (("fedex", 0.3), ("veho", -0.3)):
        told = margins_without_answer(changed(silent, key, "margin", margin))
        assert len([one for one in told if one.startswith(run.names[key])]) == 4  # from the third year on
    assert not [one for one in margins_without_answer(changed(run, "fedex", "margin", 0.3)) if "FedEx" in one]
    assert not [one for one in margins_without_answer(silent) if not one.startswith("Amazon")]


def test_a_hand_over_that_nothing_explains_is_told(run: FirmRun) -> None:
    quarters = run.quarters.copy()
    jump = (quarters["carrier"] == "ups") & (quarters["quarter"] >= 12)
    quarters.loc[jump, ["handed", "share"]] = (2e8, 0.2)
    quarters.loc[(quarters["carrier"] == "ups") & (quarters["quarter"] < 12), ["handed", "share"]] = (1e7, 0.01)
    told = list(hand_over_that_jumps(replace(run, quarters=quarters, events=())))
    assert "UPS: 1.0% of its parcels before 2028-01, 20.0% from then on" in told


def test_prices_that_stand_still_or_jump_are_told(run: FirmRun) -> None:
    still = replace(run, levels=run.levels.assign(amazon=1.0))
    target = float(run.years.loc[run.years["carrier"] == "amazon", "target"].iloc[0])
    assert len(list(amazon_stands_still(changed(still, "amazon", "margin", target + 0.1)))) == 5
    assert not list(amazon_stands_still(changed(still, "amazon", "margin", target)))
    jump = run.levels.assign(usps=np.where(np.arange(len(run.levels)) >= 30, 1.3, 1.0))
    assert list(prices_that_jump(replace(run, levels=jump))) == ["USPS: list level moves by +30% in month 31"]


def test_the_page_has_a_table_its_checks_and_figures(study: FirmStudy, tmp_path: Path) -> None:
    pair = of_runs(study.scenario, (study.runs[0], replace(study.runs[0], seed=2)))
    pictures = write_page(tmp_path / "firms.md", pair)
    text = (tmp_path / "firms.md").read_text(encoding="utf-8")
    assert all(one.stat().st_size > 5000 and f"images/{one.name}" in text for one in pictures)
    assert text.count("| yes |") == len(CHECKS)
    assert text.count("| 2030 |") == 5
    assert pd.DataFrame(pair.summary()["table"]).shape[0] == 2 * 5 * 6
