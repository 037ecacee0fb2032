"""Bidding for last-mile access: what a lot is worth to a bidder, whether it takes part, and what it bids.

Pure functions over small frozen values. Rules: ODD 7.2.
"""

from agents.auction.bidding import bid_for, expected_price, reduced_quantity, shaded
from agents.auction.types import FORMATS, WINDOWS, AuctionFormat, Award, Bid, Demand, Lot
from agents.auction.values import AccessNeed, Handover, handover_cost, lot_demands

__all__ = [
    "FORMATS",
    "WINDOWS",
    "AccessNeed",
    "AuctionFormat",
    "Award",
    "Bid",
    "Demand",
    "Handover",
    "Lot",
    "bid_for",
    "expected_price",
    "handover_cost",
    "lot_demands",
    "reduced_quantity",
    "shaded",
]
