"""Designs whose values are not equally likely: they follow their distributions, are cut where told, and come back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stand_ins
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from typer.testing import CliRunner

from experiments import InputError, read_design, report, sensitivity, sweep
from experiments.cli.app import app
from experiments.designs.distributions import Distribution
from experiments.designs.restore import restore_design

POINTS = 1024


def drawn(spec: object, name: str = "amazon_own_cost_multiplier", kind: str = "lhs") -> list[Any]:
    """Values of one factor in a large design."""
    group = "levers" if name in ("debt_cap", "exit_end") else "uncertainties"
    design = read_design({"kind": kind, "points": POINTS, group: {name: spec}, "until": "2025-02"})
    return [design.point(number)[0] for number in range(design.n_points)]


@pytest.mark.parametrize(
    ("spec", "known"),
    [
        ({"distribution": "normal", "mean": 1.3, "sd": 0.2}, stats.truncnorm(-2.5, 1.5, 1.3, 0.2)),
        (
            {"distribution": "triangular", "low": 0.8, "mode": 1.0, "high": 1.6},
            stats.triang(0.25, 0.8, 0.8),
        ),
        ({"distribution": "beta", "a": 2, "b": 5, "low": 0.8, "high": 1.6}, stats.beta(2, 5, 0.8, 0.8)),
    ],
)
@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_values_follow_the_distribution(spec: dict[str, Any], known: Any, kind: str) -> None:
    values = drawn(spec, kind=kind)
    assert stats.kstest(values[:: 1 if kind == "lhs" else 3], known.cdf).statistic < 0.03
    assert min(values) >= 0.8
    assert max(values) <= 1.6


def test_a_lognormal_is_cut_at_the_ends_and_keeps_its_shape_between() -> None:
    spec = {"distribution": "lognormal", "median": 1.2, "sigma": 0.5, "within": [1.0, 1.5]}
    values = drawn(spec)
    whole = stats.lognorm(0.5, scale=1.2)
    low, high = whole.cdf([1.0, 1.5])
    assert stats.kstest(values, lambda x: (whole.cdf(x) - low) / (high - low)).statistic < 0.01


def test_listed_values_come_as_often_as_their_weights_say() -> None:
    caps = drawn({"values": ["statutory", "raised"], "weights": [3, 1]}, "debt_cap")
    assert caps.count("raised") / len(caps) == pytest.approx(0.25, abs=0.001)
    costs = drawn({"values": [0.8, 1.2, 1.6], "weights": [0.5, 0.3, 0.2]})
    assert [costs.count(one) / len(costs) for one in (0.8, 1.2, 1.6)] == pytest.approx([0.5, 0.3, 0.2], abs=0.001)
    months = drawn({"values": ["2026-06", "2027-06"], "weights": [1, 9]}, "exit_end")
    assert months.count("2027-06") / len(months) == pytest.approx(0.9, abs=0.001)


def test_whole_numbers_stay_whole_and_both_ends_are_reached() -> None:
    values = drawn({"distribution": "normal", "mean": 12, "sd": 4}, "build_lead_months")
    assert all(value == round(value) for value in values)
    low, high = min(values), max(values)
    assert values.count(12.0) > 2 * values.count(low)
    assert low < 8
    assert high > 16


@given(
    share=st.floats(0.0, 1.0),
    mean=st.floats(-5.0, 5.0),
    sd=st.floats(0.01, 10.0),
    low=st.floats(-3.0, 2.9),
    width=st.floats(0.05, 3.0),
)
def test_no_share_leads_out_of_the_ends(share: float, mean: float, sd: float, low: float, width: float) -> None:
    found = Distribution("normal", (("mean", mean), ("sd", sd)))
    value = found.value(share, low, low + width)
    assert low <= value <= low + width
    assert found.value(0.0, low, low + width) <= found.value(1.0, low, low + width)


def test_far_in_the_upper_tail_values_still_differ() -> None:
    found = Distribution("normal", (("mean", 0.0), ("sd", 1.0)))
    values = [found.value(share, 8.0, 9.0) for share in np.linspace(0.05, 0.95, 10)]
    assert len(set(values)) == 10
    assert values == sorted(values)


def test_what_is_cut_is_told_and_nothing_where_nothing_is() -> None:
    def notes(spec: dict[str, Any]) -> tuple[str, ...]:
        design = {"kind": "lhs", "points": 4, "uncertainties": {"amazon_own_cost_multiplier": spec}}
        return read_design(design).notes()

    (note,) = notes({"distribution": "normal", "mean": 1.2, "sd": 0.3})
    share = 2.0 * stats.norm.sf(0.4 / 0.3)
    assert f"{share:.1%}" in note
    assert "0.8 to 1.6" in note
    assert notes({"distribution": "beta", "a": 2, "b": 2, "low": 0.8, "high": 1.6}) == ()


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"distribution": "norml", "mean": 1, "sd": 1}, "must be one of normal, lognormal, triangular, beta"),
        ({"distribution": "normal", "mean": 1.2}, "sd: missing"),
        ({"distribution": "normal", "mean": 1.2, "sd": 0}, "must be above 0"),
        ({"distribution": "normal", "mean": math.nan, "sd": 1}, "must be a number"),
        ({"distribution": "normal", "mean": 1.2, "sd": 0.1, "mode": 1}, "mode: unknown"),
        ({"distribution": "triangular", "low": 1, "mode": 3, "high": 2}, "must lie from low to high"),
        ({"distribution": "triangular", "low": 2, "mode": 2, "high": 1}, "must be above low"),
        ({"distribution": "normal", "mean": 1.2, "sd": 0.1, "within": [0.1, 9]}, "beyond = true"),
        ({"distribution": "normal", "mean": 1.2, "sd": 0.1, "within": [1.4, 1.0]}, "must be above"),
        ({"distribution": "normal", "mean": 90, "sd": 0.1}, "less than 1% of normal"),
        ({"values": [0.8, 1.2], "weights": [1]}, "a list of 2 numbers above 0"),
        ({"values": [0.8, 1.2], "weights": [1, -1]}, "a list of 2 numbers above 0"),
        ({"values": [0.8, 1.2]}, "weights: missing"),
        ({"distribution": ["normal"]}, "must be one of normal"),
    ],
)
def test_impossible_distributions_are_refused(spec: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=r"amazon_own_cost_multiplier") as caught:
        read_design({"kind": "lhs", "points": 4, "uncertainties": {"amazon_own_cost_multiplier": spec}})
    assert told in str(caught.value)


@pytest.mark.parametrize("kind", ["grid", "morris"])
def test_designs_that_cannot_have_distributions_say_so(kind: str) -> None:
    size = {"trajectories": 4} if kind == "morris" else {}
    spec = {"amazon_own_cost_multiplier": {"distribution": "normal", "mean": 1.2, "sd": 0.1}}
    with pytest.raises(InputError, match="has no distributions"):
        read_design({"kind": kind, **size, "uncertainties": spec})


MIXED: dict[str, Any] = {
    "kind": "lhs",
    "points": 12,
    "scenario": "renew",
    "until": "2025-01",
    "replications": 2,
    "outcomes": ["y"],
    "uncertainties": {
        "build_limit": {"distribution": "normal", "mean": 1.0, "sd": 0.5},
        "amazon_own_cost_multiplier": {"values": [0.9, 1.1], "weights": [3, 1]},
    },
    "levers": {"debt_cap": {"values": ["statutory", "raised"], "weights": [1, 1]}},
}


def test_a_stored_design_comes_back_point_by_point() -> None:
    design = read_design(MIXED)
    again = restore_design(design.describe())
    assert again.describe() == design.describe()
    assert [again.point(i) for i in range(12)] == [design.point(i) for i in range(12)]


def test_a_sweep_with_distributions_goes_on_and_its_report_has_the_points(tmp_path: Path) -> None:
    sweep(MIXED, tmp_path / "store", workers=1, simulate=stand_ins.product)
    grown = sweep({**MIXED, "replications": 3}, tmp_path / "store", workers=1, simulate=stand_ins.product)
    assert grown.status.done == 36
    text = report(grown, out=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "normal, mean 1, standard deviation 0.5; within" in text
    assert "0.9 (75%)" in text
    assert "is cut off" in text
    points = text[text.index('id="points"') :].partition("</section>")[0]
    assert points.count("<tr>") == 1 + 12
    value = grown.runs.loc[grown.runs["point"] == 3, "build_limit"].iloc[0]
    assert f"{value:g}" in points


def test_shares_of_variance_are_those_of_the_distribution(tmp_path: Path) -> None:
    """For y = a b with independent a and b: V_a = var(a) E(b)^2."""
    spread = {
        "build_limit": {"distribution": "beta", "a": 2, "b": 2, "low": 0.6, "high": 1.8},
        "amazon_own_cost_multiplier": {"distribution": "beta", "a": 8, "b": 8, "low": 0.8, "high": 1.6},
    }
    design = {**MIXED, "kind": "sobol", "points": 128, "replications": 1, "levers": {}, "uncertainties": spread}
    del design["levers"]
    found = sensitivity(sweep(design, tmp_path / "store", workers=1, simulate=stand_ins.product), "y")
    a, b = stats.beta(2, 2, 0.6, 1.2), stats.beta(8, 8, 0.8, 0.8)
    parts = [a.var() * b.mean() ** 2, b.var() * a.mean() ** 2, a.var() * b.var()]
    first = found.outcome("y")["first"]
    assert first["build_limit"] == pytest.approx(parts[0] / sum(parts), abs=0.08)
    assert first["amazon_own_cost_multiplier"] == pytest.approx(parts[1] / sum(parts), abs=0.08)


def test_the_command_tells_what_is_cut_before_it_runs(tmp_path: Path) -> None:
    file = tmp_path / "design.toml"
    file.write_text(
        'kind = "lhs"\npoints = 1\nuntil = "2025-01"\noutcomes = ["usps_cash_usd"]\n'
        "[set]\nn_shippers = 60\nn_enterprise_shippers = 5\nn_regional_carriers = 1\n"
        '[uncertainties]\nbuild_limit = { distribution = "normal", mean = 1.0, sd = 0.5 }\n',
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["sweep", str(file), "--out", str(tmp_path / "store"), "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert "note: build_limit:" in done.stderr
