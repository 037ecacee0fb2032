"""The page that opens with a question and shows the market as a stage."""

from server.pages.story.director import opening_choice
from server.pages.story.page import StoryPage

__all__ = ["StoryPage", "opening_choice"]
