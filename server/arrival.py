"""What a page begins with, as its address says; and a market that starts as soon as its page is asked for."""

from __future__ import annotations

from server.address import View, names_run, read_query
from server.choice import Choice, ChoiceError
from server.pages.story.director import opening_choice
from server.stepping import shared

STORY = "story"


def read_address(query: str | None) -> tuple[View, tuple[str, ...]]:
    """What an address asks for, or the usual run and what is wrong with the address."""
    try:
        return read_query(query), ()
    except ChoiceError as error:
        return View(Choice()), error.problems


def first_view(view: View, query: str | None, page: str) -> View:
    """What a session begins with: the Story opens with its own run where the address names none."""
    return View(opening_choice()) if page == STORY and view == View(Choice()) and not names_run(query) else view


def begin_ahead(path: str, query: str) -> None:
    """A page was asked for: its browser needs a second to load the scripts, in which the market can start.

    Args:
        path: Of the page, such as "/story".
        query: The part of its address behind the question mark.
    """
    view, _ = read_address(query)
    shared.begin_ahead(first_view(view, query, path.strip("/")).choice)
