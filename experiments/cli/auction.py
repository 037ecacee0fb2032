"""What `lastmile auction` does and prints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar
from experiments.figures import dollars
from experiments.settings import check_seeds, gather
from model.words import party_name

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.auction import AccessAuction

WORDS = {
    "pay_as_bid": "pay as bid",
    "uniform_price": "uniform price",
    "vcg": "VCG",
    "same_day": "same day",
    "next_day": "next day",
}
SHOWN_WITHOUT_WIN = 5


def run_auction(
    format: str, changes: Mapping[str, Any], problems: list[str], seed: int, table: Path | None, json: bool
) -> None:
    """Hold the first access auction in the market.

    Args:
        format: Format in force.
        changes: Levers and parameters to change.
        problems: Found before; told with all others.
        seed: Seed.
        table: File for the tables.
        json: Print one JSON object.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments import auction as experiment
    from experiments.spreadsheets.mechanisms import auction_tables

    gather(lambda: experiment.prepare_auction(format, changes), lambda: check_seeds(seed), known=problems)
    with progress_bar("auction", "months", quiet=json) as progress:
        found = experiment.access_auction(format, changes, seed, progress=progress)
    print_json(found.summary()) if json else show_auction(console(), found)
    keep_tables(table, lambda: auction_tables(found), quiet=json)


def show_auction(out: Console, result: AccessAuction) -> None:
    """Print lots, bidders and what each format brings."""
    out.print(
        f"Access auction of {result.month}, service from {result.service}, format: {WORDS[result.format]}, "
        f"seed {result.seed}. Published price {dollars(result.published_usd)}. Millions of parcels a year."
    )
    out.print(_lots(result))
    out.print(_bidders(result))
    out.print(_formats(result))


def _lots(result: AccessAuction) -> Any:
    columns = ("lots", "number", "on offer, m", "reserve, $", "sold, m", "mean price, $")
    table = grid("Lots", columns, right=range(1, 6))
    for row in result.lot_groups().reset_index().to_dict("records"):
        table.add_row(
            f"{row['zone_type']}, {WORDS[row['window']]}",
            f"{row['lots']:.0f}",
            f"{row['capacity_parcels'] / 1e6:,.0f}",
            f"{row['reserve_usd']:.2f}",
            f"{row['sold_parcels'] / 1e6:,.0f}",
            f"{row['price_usd']:.2f}" if row["sold_parcels"] > 0.0 else "",
        )
    return table


def _bidders(result: AccessAuction) -> Any:
    columns = ("bidder", "could hand over, m", "saves before handover, $", "bids for, m", "at, $", "wins, m", "pays, $")
    table = grid("Bids and awards", columns, right=range(1, 7))
    rows = result.bidders
    idle = rows[rows["bid_parcels"] <= 0.0]
    for bidder, row in rows[rows["bid_parcels"] > 0.0].iterrows():
        table.add_row(*_bidder_cells(str(bidder), row))
    for bidder, row in idle.head(SHOWN_WITHOUT_WIN).iterrows():
        table.add_row(*_bidder_cells(str(bidder), row))
    if len(idle) > SHOWN_WITHOUT_WIN:
        table.add_row(f"{len(idle) - SHOWN_WITHOUT_WIN} more who do not bid", *[""] * 6)
    return table


def _bidder_cells(bidder: str, row: Any) -> tuple[str, ...]:
    return (
        party_name(bidder),
        f"{row['need_parcels'] / 1e6:,.1f}",
        f"{row['saved_usd']:.2f}",
        f"{row['bid_parcels'] / 1e6:,.1f}" if row["bid_parcels"] > 0.0 else "-",
        f"{row['bid_usd']:.2f}" if row["bid_parcels"] > 0.0 else "",
        f"{row['won_parcels'] / 1e6:,.1f}" if row["won_parcels"] > 0.0 else "",
        f"{row['price_usd']:.2f}" if row["won_parcels"] > 0.0 else "",
    )


def _formats(result: AccessAuction) -> Any:
    columns = (
        "format",
        "sold, m",
        "mean price, $",
        "revenue, bn $ a year",
        "contribution, bn $",
        "surplus, bn $",
        "efficiency, % of VCG",
        "revenue without Amazon, bn $",
    )
    table = grid("Formats, with the same lots and values", columns, right=range(1, 8))
    for one in result.formats:
        table.add_row(
            WORDS[one.format],
            f"{one.parcels / 1e6:,.0f}",
            f"{one.price_usd:.2f}",
            f"{one.revenue_usd / 1e9:.2f}",
            f"{one.contribution_usd / 1e9:.2f}",
            f"{one.surplus_usd / 1e9:.2f}",
            f"{100 * one.efficiency_share:.1f}",
            f"{one.revenue_without_amazon_usd / 1e9:.2f}",
        )
    return table
