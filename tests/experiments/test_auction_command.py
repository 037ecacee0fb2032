"""`lastmile auction`: its figures belong together, and it tells what it cannot do."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from experiments import AccessAuction, InputError, access_auction
from experiments.cli.app import app
from experiments.cli.auction import show_auction


@pytest.fixture(scope="module")
def found() -> AccessAuction:
    return access_auction("vcg", set={"n_shippers": 600})


def test_lots_bids_and_formats_add_up(found: AccessAuction) -> None:
    (vcg,) = [one for one in found.formats if one.format == "vcg"]
    assert (found.month, found.service, found.format) == ("2026-06", "2026-07", "vcg")
    assert found.lots["sold_parcels"].sum() == pytest.approx(vcg.parcels)
    assert found.lots["revenue_usd"].sum() == pytest.approx(vcg.revenue_usd)
    assert found.bids["won_parcels"].sum() == pytest.approx(vcg.parcels)
    assert found.bids["payment_usd"].sum() == pytest.approx(vcg.revenue_usd)
    assert found.bidders["won_parcels"].sum() == pytest.approx(vcg.parcels)
    assert len(found.bids) == found.lots["bids"].sum()
    assert (found.lots["sold_parcels"] <= found.lots["capacity_parcels"] * (1 + 1e-12)).all()
    groups = found.lot_groups()
    assert groups["lots"].sum() == len(found.lots) == 304
    assert groups["revenue_usd"].sum() == pytest.approx(vcg.revenue_usd)


def test_every_format_is_measured_against_vcg(found: AccessAuction) -> None:
    by_name = {one.format: one for one in found.formats}
    assert list(by_name) == ["pay_as_bid", "uniform_price", "vcg"]
    assert by_name["vcg"].efficiency_share == 1.0
    for one in found.formats:
        assert one.efficiency_share == pytest.approx(one.surplus_usd / by_name["vcg"].surplus_usd)
        assert 0.0 < one.revenue_without_amazon_usd < one.revenue_usd
        assert one.price_usd == pytest.approx(one.revenue_usd / one.parcels)
    assert by_name["pay_as_bid"].revenue_usd > by_name["vcg"].revenue_usd


def test_excluding_amazon_is_leaving_it_out_where_values_do_not_change(found: AccessAuction) -> None:
    without = access_auction("vcg", set={"n_shippers": 600, "auction_excludes_amazon": True})
    (vcg,) = [one for one in without.formats if one.format == "vcg"]
    (with_amazon,) = [one for one in found.formats if one.format == "vcg"]
    assert "amazon" not in without.bidders.index
    assert vcg.revenue_usd == vcg.revenue_without_amazon_usd
    # Amazon builds from the day on which it learns that it may not bid, so the market differs a little.
    assert vcg.revenue_usd == pytest.approx(with_amazon.revenue_without_amazon_usd, rel=0.02)


def test_command_prints_one_object_that_is_the_result(found: AccessAuction) -> None:
    arguments = ["auction", "--format", "vcg", "--set", "n_shippers=600", "--json"]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == json.loads(json.dumps(found.summary(), allow_nan=False))


def test_tables_show_lots_winners_and_formats(found: AccessAuction) -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    show_auction(console, found)
    text = console.export_text()
    for words in ("rural, same day", "Amazon", "consolidator 1", "more who do not bid", "uniform price", "VCG"):
        assert words in text
    amazon = found.bidders.loc["amazon"]
    assert f"{amazon['won_parcels'] / 1e6:,.1f}" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "dutch"], "format: 'dutch' is unknown; allowed: pay_as_bid, uniform_price, vcg"),
        (["--set", "access_auction=none"], "set: access_auction cannot be set here"),
        (["--set", "end=2027-01"], "set: end cannot be set here"),
        (["--set", "auction_lot_capacity_share=2"], "auction_lot_capacity_share = 2"),
        (["--seed", "-1", "--set", "nothing=1"], "nothing: unknown"),
    ],
)
def test_bad_input_is_told_and_nothing_runs(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["auction", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_bad_input_is_told_to_scripts_too() -> None:
    with pytest.raises(InputError, match="format: 'dutch' is unknown"):
        access_auction("dutch")
