"""Which sides of the talks between Amazon and USPS a visitor may play."""

from agents.bargaining import Side

SEATS = {"usps": Side.SELLER, "amazon": Side.BUYER}
