"""The page of the negotiations: offers, contracts, and a seat at the table."""

from server.pages.bargaining.page import BargainingPage

__all__ = ["BargainingPage"]
