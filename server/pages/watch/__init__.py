"""The page on which one watches a run."""

from server.pages.watch.controls import read_choice, scenario_cards
from server.pages.watch.page import WatchPage

__all__ = ["WatchPage", "read_choice", "scenario_cards"]
