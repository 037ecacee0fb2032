"""The access auction on the date of its first awards: lots, bids, awards, revenue and efficiency of each format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from agents.auction import FORMATS, WINDOWS, AuctionFormat
from agents.geography import ZONE_TYPES, ZoneTable
from experiments.provenance import provenance
from experiments.runs import Progress, start_market
from experiments.settings import check_seeds, gather, prepare_scenario
from model.auction.house import LotResult, efficiency
from model.auction.round import AuctionRound
from model.market import ParcelMarket
from model.scenario import Scenario
from model.timeline import month_of

SCENARIOS: dict[str, str] = {
    "pay_as_bid": "auction_pay_as_bid",
    "uniform_price": "auction_uniform",
    "vcg": "auction_vcg",
}
AMAZON = "amazon"


@dataclass(frozen=True)
class FormatOutcome:
    """What one format brings with the same lots and the same values.

    Attributes:
        format: Name of the format.
        parcels: Parcels a year sold.
        revenue_usd: $ a year.
        price_usd: Mean price, $ per parcel.
        contribution_usd: Revenue less attributable cost at the mean of each zone, $ a year.
        surplus_usd: What the parcels are worth to the winners less that cost, $ a year.
        efficiency_share: Surplus over that of VCG.
        revenue_without_amazon_usd: $ a year if Amazon were left out and all others bid as they do.
    """

    format: str
    parcels: float
    revenue_usd: float
    price_usd: float
    contribution_usd: float
    surplus_usd: float
    efficiency_share: float
    revenue_without_amazon_usd: float


@dataclass(frozen=True, eq=False)
class AccessAuction:
    """One auction in the market.

    Attributes:
        scenario: What was assumed.
        seed: Seed of the run.
        month: Month of the awards.
        service: First month of service.
        format: Format whose bids and awards the tables show.
        published_usd: Price of access that is open to all, $ per parcel.
        formats: All formats with the same lots and values.
        lots: One row per lot: zone, zone_type, window, capacity, reserve, attributable cost, bids, sold, price.
        bids: One row per bidder and lot: parcels bid, mean bid, parcels won, payment.
        needs: One row per bidder: what it could hand over and what that would save.
    """

    scenario: Scenario
    seed: int
    month: str
    service: str
    format: str
    published_usd: float
    formats: tuple[FormatOutcome, ...]
    lots: pd.DataFrame = field(repr=False)
    bids: pd.DataFrame = field(repr=False)
    needs: pd.DataFrame = field(repr=False)

    @property
    def bidders(self) -> pd.DataFrame:
        """One row per bidder: what it could hand over, bids, wins and pays; winners first."""
        sums = self.bids.groupby("bidder")[["parcels", "offered_usd", "won_parcels", "payment_usd"]].sum()
        table = self.needs.set_index("bidder").join(sums, how="left").fillna(0.0)
        table["bid_usd"] = _ratio(table["offered_usd"], table["parcels"])
        table["price_usd"] = _ratio(table["payment_usd"], table["won_parcels"])
        columns = ["need_parcels", "saved_usd", "parcels", "bid_usd", "won_parcels", "price_usd", "payment_usd"]
        return (
            table[columns]
            .rename(columns={"parcels": "bid_parcels"})
            .sort_values(["won_parcels", "need_parcels"], ascending=False)
        )

    def lot_groups(self) -> pd.DataFrame:
        """Lots by zone type and window: their number, capacity, reserve, what is sold and at what mean price."""
        lots = self.lots.assign(reserve_sum=self.lots["reserve_usd"] * self.lots["capacity_parcels"])
        keys = ["zone_type", "window"]
        sums = lots.groupby(keys)[["capacity_parcels", "reserve_sum", "sold_parcels", "revenue_usd"]].sum()
        sums["lots"] = lots.groupby(keys).size()
        sums["reserve_usd"] = _ratio(sums["reserve_sum"], sums["capacity_parcels"])
        sums["price_usd"] = _ratio(sums["revenue_usd"], sums["sold_parcels"])
        order = [key for key in ((kind, window) for kind in ZONE_TYPES for window in WINDOWS) if key in sums.index]
        return sums.drop(columns="reserve_sum").loc[order]

    def summary(self) -> dict[str, Any]:
        """The result as `lastmile auction --json` prints it."""
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "month": self.month,
            "service": self.service,
            "format": self.format,
            "published_price_usd": self.published_usd,
            "formats": [asdict(one) for one in self.formats],
            "bidders": self.bidders.reset_index().to_dict("records"),
            "lots": self.lots.to_dict("records"),
            "bids": self.bids.to_dict("records"),
            "provenance": provenance(self.scenario),
        }


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    return above.div(below.where(below > 0.0)).fillna(0.0)


def access_auction(
    format: str = "pay_as_bid",
    set: Mapping[str, Any] | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> AccessAuction:
    """Run the market up to the first awards and look at the auction, under all formats with the same values.

    Args:
        format: Format in force, whose bids and awards are shown: "pay_as_bid", "uniform_price" or "vcg".
        set: Levers and parameters to change.
        seed: Seed of the run.
        progress: Called with months done and in all.

    Raises:
        InputError: What was asked for is not possible; tells all problems at once.
    """
    scenario, _ = gather(lambda: prepare_auction(format, set), lambda: check_seeds(seed))
    market = start_market(scenario, int(seed))
    if progress is not None:
        progress(0, market.n_months)
    while not market.finished:
        market.step()
        if progress is not None:
            progress(market.months_done, market.n_months)
    return _describe(market, market.state.auctions[0])


def prepare_auction(format: str, changes: Mapping[str, Any] | None) -> Scenario:
    """The scenario of a format up to the month of the first awards.

    Raises:
        InputError: No such format, or a change is not possible.
    """
    own = ("access_auction", "end")
    problems = [f"set: {key} cannot be set here, this experiment chooses it" for key in own if key in (changes or {})]
    if format not in SCENARIOS:
        problems.append(f"format: {format!r} is unknown; allowed: {', '.join(SCENARIOS)}")
    kept = {key: value for key, value in (changes or {}).items() if key not in own}
    name, until = SCENARIOS.get(format, "auction_vcg"), month_of("auction_award")
    scenario: Scenario = gather(lambda: prepare_scenario(name, kept, until=until), known=problems)[0]
    return scenario


def _describe(market: ParcelMarket, held: AuctionRound) -> AccessAuction:
    names = [
        f"{state} {ZONE_TYPES[kind]}" for state, kind in zip(market.zones.state, market.zones.zone_type, strict=True)
    ]
    needs = [
        {
            "bidder": need.bidder,
            "need_parcels": float(need.quantity.sum()),
            "saved_usd": float(np.average(need.saved, weights=need.quantity)),
        }
        for need in held.needs
    ]
    return AccessAuction(
        scenario=market.settings,
        seed=market.seed_number,
        month=str(held.month),
        service=str(held.service),
        format=held.kind,
        published_usd=held.terms.published,
        formats=tuple(_outcome(held, kind) for kind in FORMATS),
        lots=pd.DataFrame([_lot_row(one, names, market.zones) for one in held.results]),
        bids=pd.DataFrame(_bid_rows(held.results, names), columns=BID_COLUMNS),
        needs=pd.DataFrame(needs, columns=["bidder", "need_parcels", "saved_usd"]),
    )


def _outcome(held: AuctionRound, kind: AuctionFormat) -> FormatOutcome:
    results = held.on_paper(kind)
    parcels, revenue = sum(one.sold for one in results), sum(one.revenue for one in results)
    return FormatOutcome(
        format=kind,
        parcels=parcels,
        revenue_usd=revenue,
        price_usd=revenue / parcels if parcels > 0.0 else 0.0,
        contribution_usd=revenue - sum(one.sold * one.lot.attributable_cost for one in results),
        surplus_usd=sum(one.surplus for one in results),
        efficiency_share=efficiency(results, held.on_paper("vcg")),
        revenue_without_amazon_usd=sum(one.revenue for one in held.on_paper(kind, without=AMAZON)),
    )


def _lot_row(result: LotResult, names: Sequence[str], zones: ZoneTable) -> dict[str, Any]:
    lot = result.lot
    return {
        "zone": names[lot.zone],
        "zone_type": ZONE_TYPES[zones.zone_type[lot.zone]],
        "window": lot.window,
        "capacity_parcels": lot.capacity,
        "attributable_cost_usd": lot.attributable_cost,
        "reserve_usd": lot.reserve,
        "bids": len(result.bids),
        "sold_parcels": result.sold,
        "revenue_usd": result.revenue,
        "price_usd": result.revenue / result.sold if result.sold > 0.0 else 0.0,
    }


BID_COLUMNS = ["bidder", "zone", "window", "parcels", "offered_usd", "bid_usd", "won_parcels", "payment_usd"]


def _bid_rows(results: Sequence[LotResult], names: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for result in results:
        for bid, award in zip(result.bids, result.awards, strict=True):
            parcels, offered = float(bid.quantity.sum()), float((bid.quantity * bid.price).sum())
            rows.append(
                {
                    "bidder": bid.bidder,
                    "zone": names[result.lot.zone],
                    "window": result.lot.window,
                    "parcels": parcels,
                    "offered_usd": offered,
                    "bid_usd": offered / parcels if parcels > 0.0 else 0.0,
                    "won_parcels": award.quantity,
                    "payment_usd": award.payment,
                }
            )
    return rows
