"""A page as data, and the templates that show pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        heads: Headings.
        rows: Cells.
        right: Positions of the columns that are flushed right.
        code: Positions of the columns that hold names.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    code: Sequence[int] = ()


@dataclass(frozen=True)
class Block:
    """A figure or a table with a heading of its own.

    Attributes:
        title: Heading, may be empty.
        text: A remark, may be empty.
        figure: SVG, may be empty.
        caption: How to read the figure, or the table where there is none.
        table: Table or None.
    """

    title: str = ""
    text: str = ""
    figure: str = ""
    caption: str = ""
    table: Table | None = None


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        id: Its anchor.
        title: Its heading.
        intro: What it shows.
        blocks: Its figures and tables.
    """

    id: str
    title: str
    intro: str = ""
    blocks: Sequence[Block] = field(default_factory=tuple)


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        title: Its heading.
        lead: One sentence below it.
        tiles: Figures and what they are.
        warnings: What to keep in mind.
        sections: Its parts; those without blocks are left out.
        footer: Last line.
    """

    title: str
    lead: str
    tiles: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    sections: Sequence[Section]
    footer: str

    def html(self) -> str:
        """The page as one file that needs no other."""
        parts: dict[str, Any] = {name: getattr(self, name) for name in ("title", "lead", "tiles", "warnings", "footer")}
        return (
            str(page_template("page.html").render(**parts, sections=[one for one in self.sections if one.blocks]))
            + "\n"
        )


@cache
def page_template(name: str) -> Any:
    """One of the templates of this folder; they share `style.css`."""
    from jinja2 import Environment, FunctionLoader

    folder = resources.files("experiments.reports")
    loader = FunctionLoader(lambda one: (folder / one).read_text("utf-8"))
    return Environment(autoescape=True, trim_blocks=False, loader=loader).get_template(name)
