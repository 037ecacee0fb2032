"""Year 2025 starts from 2024: the calibration table, its tolerances, and that it is alive."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments import Calibration, calibration
from experiments.reports.sections import read_section

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibration()


def figures(table: Calibration, section: str) -> dict[str, float]:
    rows = table.table[table.table["section"].str.startswith(section)]
    return dict(zip(rows["figure"], rows["modelled"], strict=True))


def errors(table: Calibration, section: str) -> dict[str, float]:
    rows = table.table[table.table["section"].str.startswith(section)]
    return dict(zip(rows["figure"], rows["error"], strict=True))


def test_volumes_and_total_revenue_fit_2024(found: Calibration) -> None:
    volume = errors(found, "Parcels by carrier")
    assert abs(volume.pop("Regional carriers")) <= 0.05
    assert max(abs(error) for error in volume.values()) <= 0.03
    assert abs(errors(found, "Parcel revenue")["all carriers"]) <= 0.03


def test_amazon_and_the_accounts_of_usps_fit(found: Calibration) -> None:
    assert max(abs(error) for error in errors(found, "Amazon").values()) <= 0.03
    accounts = errors(found, "USPS accounts")
    assert abs(accounts.pop("package revenue per piece")) <= 0.06  # published by another count of pieces
    # The small difference of two large sums, so an error of 0.1 % in either shows as 4 % here.
    assert abs(accounts.pop("controllable income")) <= 0.12
    assert max(abs(error) for error in accounts.values()) <= 0.02


def test_every_published_figure_has_a_source(found: Calibration) -> None:
    table = found.table
    published = table[table["published"].notna()]
    assert len(published) > 30
    assert (published["source"] != "").all()


@pytest.mark.parametrize(
    ("symbol", "section", "figure", "elasticity"),
    [
        ("hourly_cost_ups", "Last-mile cost", "UPS: suburban", (0.5, 1.0)),
        ("price_economy_usps", "USPS accounts", "package revenue", (0.3, 0.9)),
        ("revenue_usps_from_amazon", "USPS accounts", "package revenue from Amazon", (1.0, 1.0)),
    ],
)
def test_figures_follow_their_inputs(
    found: Calibration, symbol: str, section: str, figure: str, elasticity: tuple[float, float]
) -> None:
    from model.parameters import Parameters

    changed = calibration({symbol: 1.1 * Parameters.default()[symbol]})
    moved = figures(changed, section)[figure] / figures(found, section)[figure] - 1
    low, high = elasticity
    assert 0.1 * low - 1e-6 <= moved <= 0.1 * high + 1e-6


def test_page_in_the_documentation_is_what_the_command_writes(found: Calibration, tmp_path: Path) -> None:
    found.write(tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == found.markdown()
    page = ROOT / "docs" / "calibration.md"
    kept = read_section(page, "shippers")  # made by `lastmile calibration --shippers`
    assert page.read_text(encoding="utf-8") == f"{found.markdown()}\n{kept}\n"
