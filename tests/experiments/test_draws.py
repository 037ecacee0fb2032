"""Parameter draws: a run, a comparison and a sweep that take them, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import InputError, compare, read_design, rerun, run, sweep
from experiments.designs.restore import restore_design
from experiments.draws import growth_shift, load_draws, stored_sets
from model.history.table import read_history
from model.parameters import Parameters
from model.scenario import Scenario

SHORT = {"until": "2025-02"}
QUICK = {"n_shippers": 300}
NAME = "frozen-2024"
DRAWN = str(load_draws(NAME).values.columns[0])


@pytest.mark.parametrize("name", stored_sets())
def test_a_run_takes_the_draw_of_its_seed(name: str) -> None:
    found = run("baseline", QUICK, seed=3, draws=name, **SHORT)
    # Runs that impose dated events have the list increases that came, not those that were expected.
    by_hand = run("baseline", {**QUICK, **load_draws(name).changes(Scenario.load("baseline"), 2)}, seed=3, **SHORT)
    pd.testing.assert_series_equal(found.outcomes, by_hand.outcomes, rtol=0, atol=0)
    assert found.provenance["changes"] == by_hand.provenance["changes"]


def test_paired_runs_of_a_comparison_share_their_draw() -> None:
    found = compare(["baseline", "placebo"], QUICK, replications=2, workers=1, draws=NAME, **SHORT)
    for seed in (1, 2):
        alone = run("baseline", QUICK, seed=seed, draws=NAME, **SHORT)
        for scenario in ("baseline", "placebo"):
            pd.testing.assert_series_equal(
                found.runs.loc[(scenario, seed)], alone.outcomes, check_names=False, rtol=0, atol=0
            )
    assert found.summary()["draws"]["name"] == NAME


def test_seeds_of_a_sweep_take_their_draws_and_can_be_run_again(tmp_path: Path) -> None:
    design = {
        "kind": "grid",
        "draws": NAME,
        "set": QUICK,
        "levers": {"price_structure": ["uniform", "by_zone_type"]},
        "replications": 2,
        "outcomes": ["ups_profit_usd"],
        **SHORT,
    }
    found = sweep(design, tmp_path / "store", workers=1)
    rows = found.runs[found.runs["price_structure"] == "uniform"]
    for seed, profit in zip(rows["seed"], rows["ups_profit_usd"], strict=True):
        alone = run("baseline", {**QUICK, "price_structure": "uniform"}, seed=seed, draws=NAME, **SHORT)
        assert alone.outcomes["ups_profit_usd"] == profit
    assert rerun(tmp_path / "store", str(found.runs["run"].iloc[-1])).identical
    restored = restore_design(found.manifest.design)
    assert restored.describe() == read_design(design).describe()


def test_more_seeds_than_draws_begin_anew() -> None:
    drawn = load_draws(NAME)
    assert drawn.row(len(drawn.values) + 4) == drawn.row(4)


def test_a_file_of_draws_is_looked_for_beside_the_design(tmp_path: Path) -> None:
    pd.DataFrame({"build_limit": [0.4, 0.6]}).to_parquet(tmp_path / "mine.parquet")
    text = 'kind = "grid"\ndraws = "mine.parquet"\nuntil = "2025-02"\n[uncertainties]\ngrowth_market = [0.02, 0.03]\n'
    (tmp_path / "design.toml").write_text(text)
    drawn = read_design(tmp_path / "design.toml").draws
    assert drawn is not None
    assert [drawn.row(number)["build_limit"] for number in (0, 1)] == [0.4, 0.6]


@pytest.mark.parametrize(
    "ask",
    [
        lambda twice: run("baseline", twice, draws=NAME),
        lambda twice: compare(["baseline", "withdraw"], twice, draws=NAME),
        lambda twice: read_design({"kind": "grid", "levers": {"price_structure": "all"}, "draws": NAME, "set": twice}),
        lambda twice: read_design({"kind": "grid", "uncertainties": {DRAWN: [*twice.values()]}, "draws": NAME}),
    ],
    ids=["run", "compare", "set of a design", "factor of a design"],
)
def test_what_the_draws_set_cannot_be_set_too(ask: Callable[[dict[str, float]], object]) -> None:
    value = float(load_draws(NAME).values[DRAWN].iloc[0])
    with pytest.raises(InputError, match=f"{DRAWN}: it is set by the draws '{NAME}'"):
        ask({DRAWN: value})


def test_an_unknown_set_and_a_wrong_seed_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        run("baseline", seed=-1, draws="frozen-1999")
    assert len(caught.value.problems) == 2
    assert "frozen-2021" in caught.value.problems[0]


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("[1, 2]", "must be an object, not a list"),
        ("{", "cannot be read"),
        ('{"fixed": {"inflation": "much"}}', "fixed in the manifest of"),
        ('{"fixed": [1]}', "fixed in the manifest of"),
        ('{"residual_error": {"volume": null}}', "residual_error in the manifest of"),
        ('{"forced_runs_leave_out": 3}', "forced_runs_leave_out in the manifest of"),
        ('{"fixed": {"inflatoin": 0.1}}', "inflatoin"),
    ],
)
def test_a_damaged_manifest_of_draws_is_told(tmp_path: Path, manifest: str, told: str) -> None:
    pd.DataFrame({"build_limit": [0.4, 0.6]}).to_parquet(tmp_path / "mine.parquet")
    (tmp_path / "mine.json").write_text(manifest)
    with pytest.raises(InputError, match=told):
        load_draws(tmp_path / "mine.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1 not a table", None])
def test_a_file_that_holds_no_draws_is_told(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "mine.parquet"
    if content is None:
        pd.DataFrame({"build_limit": ["low", "high"]}).to_parquet(file)
    else:
        file.write_bytes(content)
    with pytest.raises(InputError, match="mine"):
        load_draws(file)


def test_the_spread_of_growth_is_that_of_the_published_past() -> None:
    history = read_history()
    total = [history.value("parcels_total", year) for year in range(2015, 2022)]
    yearly = np.diff(np.log(total))
    row = Parameters.default().row("growth_market_sd")
    assert row.value == pytest.approx(yearly.std(ddof=1) / np.sqrt(5.0), abs=5e-4)
    assert row.high == pytest.approx(yearly.std(ddof=1), abs=5e-4)


def test_few_draws_already_spread_as_many_do() -> None:
    for count, off in ((15, 0.2), (255, 0.02)):
        shifts = np.array([growth_shift(number, 0.04) for number in range(count)])
        assert shifts.mean() == pytest.approx(0.0, abs=1e-12)
        assert shifts.std() == pytest.approx(0.04, rel=off)
    assert growth_shift(0, 0.04) == 0.0
    assert not np.any([growth_shift(number, 0.0) for number in range(15)])


def test_growth_is_drawn_only_where_nobody_sets_it_and_only_after_the_past() -> None:
    drawn, base = load_draws(NAME), Scenario.load("baseline")
    row = drawn.row(2, forced=True)
    both = drawn.changes(base, 2)
    shift = growth_shift(2, base.parameters.growth_market_sd)
    assert {name: both[name] - base.parameters[name] for name in both.keys() - row.keys()} == pytest.approx(
        {"growth_market": shift, "growth_amazon_demand": shift}
    )
    assert drawn.changes(base.with_changes({"growth_market": base.parameters.growth_market}), 2) == row
    assert drawn.changes(base, 2, taken=("growth_amazon_demand",)) == row
    assert drawn.changes(base.with_changes({"start": "2022-01", "end": "2024-12"}), 2) == row
    assert drawn.changes(Scenario.load("standing_still"), 2) == row
