"""The page on which one watches a run."""

from server.pages.watch.controls import Levers, read_choice, scenario_cards
from server.pages.watch.page import WatchPage

__all__ = ["Levers", "WatchPage", "read_choice", "scenario_cards"]
