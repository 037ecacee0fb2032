"""Runs side by side: paired replications in worker processes, differences, winners and losers."""

from server.pages.compare.page import ComparePage

__all__ = ["ComparePage"]
