"""The page that opens with a question and shows the market as a stage."""

from server.pages.story.page import StoryPage, opening_choice

__all__ = ["StoryPage", "opening_choice"]
