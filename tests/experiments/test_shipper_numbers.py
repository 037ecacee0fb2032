"""How far outcomes depend on the number of shippers: the table, the page, and the remark on small markets."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from experiments import InputError, ShipperNumbers, calibration, compare, run, shipper_numbers
from experiments.reports.sections import read_section
from experiments.resolution import coarse_note, shippers_of, usual_shippers

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def found() -> ShipperNumbers:
    return shipper_numbers(replications=3, sizes=(240, 120), until="2025-12", workers=1)


@pytest.mark.thorough
def test_the_table_holds_means_and_paired_differences_of_the_runs(found: ShipperNumbers) -> None:
    assert (found.sizes, found.replications) == ([240, 120], 3)
    few, many = (found.runs.loc[size, "ups_profit_usd_2025"].to_numpy() for size in (120, 240))
    one = run(set={"n_shippers": 120}, seed=2, until="2025-12")
    assert few[1] == one.outcomes["ups_profit_usd_2025"]
    row = found.table.loc[("ups_profit_usd_2025", 120)]
    assert row["mean"] == pytest.approx(few.mean())
    assert row["s_d"] == pytest.approx(np.std(few, ddof=1))
    assert row["s_e"] == pytest.approx(np.std(few, ddof=1) / math.sqrt(3))
    assert row["difference"] == pytest.approx((few - many).mean())
    assert row["difference_s_d"] == pytest.approx(np.std(few - many, ddof=1))
    assert math.isnan(found.table.loc[("ups_profit_usd_2025", 240), "difference"])


def test_regional_carriers_are_summed(found: ShipperNumbers) -> None:
    runs = found.runs
    whose = [f"{key}_volume_parcels_2025" for key in ("ontrac", "veho", "uniuni", "speedx", "jitsu", "better_trucks")]
    rest = [f"{key}_volume_parcels_2025" for key in ("spee_dee", "lso")]
    np.testing.assert_allclose(runs["regional_volume_parcels_2025"], runs[whose + rest].sum(axis=1))


def test_the_section_can_be_read_and_shows_every_figure(found: ShipperNumbers) -> None:
    text = found.section()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == 2 + len(found.table)
    assert "differences are larger than three standard errors" in text
    assert "nan" not in text
    json.dumps(found.summary(), allow_nan=False)


def test_a_difference_that_is_no_chance_is_named(found: ShipperNumbers) -> None:
    table = found.table.copy()
    table.loc[("ups_profit_usd_2025", 120), ["difference", "difference_s_e"]] = [4e8, 1e8]
    changed = ShipperNumbers(table, found.runs, found.provenance)
    assert "`ups_profit_usd_2025` with 120" in changed.finding()
    assert "`ups_profit_usd_2025` with 120" not in found.finding()


def test_the_section_stays_when_the_page_is_written_anew(found: ShipperNumbers, tmp_path: Path) -> None:
    page, start = tmp_path / "page.md", calibration({"n_shippers": 120})
    start.write(page)
    assert page.read_text(encoding="utf-8") == start.markdown()
    found.write(page)
    start.write(page)
    start.write(page)
    assert page.read_text(encoding="utf-8").startswith(start.markdown())
    assert read_section(page, "shippers").count("## How many shippers") == 1
    assert page.read_text(encoding="utf-8").count("## How many shippers") == 1


@pytest.mark.parametrize("replications", [1, 0, 2.5, True])
def test_one_seed_has_no_spread(replications: object) -> None:
    with pytest.raises(InputError, match=r"replications: .* whole number from 2"):
        shipper_numbers(replications=replications)  # type: ignore[arg-type]


def test_the_documentation_tells_of_the_usual_number() -> None:
    section = read_section(ROOT / "docs" / "calibration.md", "shippers")
    assert f"With the usual {usual_shippers():,} shippers the sample adds" in section
    assert "larger than three standard errors" in section


# the remark


def test_markets_with_fewer_shippers_than_usual_carry_a_remark() -> None:
    usual = usual_shippers()
    assert coarse_note([usual]) == ""
    assert coarse_note([usual, 10 * usual]) == ""
    assert coarse_note([usual, 300]) == (
        f"Coarser than usual: 300 shippers instead of {usual:,}, so profits of single runs stray more."
    )
    assert shippers_of({"scenarios": [{"name": "a"}, {"name": "b", "n_shippers": 50}]}) == [usual, 50]


def test_a_comparison_of_small_markets_warns() -> None:
    small = compare(["baseline", "withdraw"], set={"n_shippers": 120}, until="2025-01", replications=2, workers=1)
    assert coarse_note([120]) in small.warnings
    assert json.loads(json.dumps(small.summary()))["warnings"][0] == coarse_note([120])
