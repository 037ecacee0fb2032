"""A brief as data, and the one page that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from experiments.reports.page import Table, page_template
from experiments.storage import check_file, write_text

FILE = "report.html"


@dataclass(frozen=True)
class Picture:
    """A figure of a brief.

    Attributes:
        title: What it shows, in words.
        drawing: SVG, see `experiments.reports.theme.svg`; some 460 pixels wide, so that a telephone shows its texts.
        reading: How to read it, in a sentence or two.
    """

    title: str
    drawing: str
    reading: str


@dataclass(frozen=True)
class Brief:
    """What a page for a colleague says. Sentences are in plain English, and hold no names of the code.

    Attributes:
        question: What was asked, one sentence.
        answer: What came out, two sentences, with intervals.
        pictures: Three figures.
        assumed: What was assumed, a sentence each.
        unknown: What is not known, a sentence each.
        repeat: Commands that give the same again.
        repeating: What else one needs for that, a sentence or none.
        table: The figures behind the answer, if any.
        origin: Where it comes from: a name and what it is.
    """

    question: str
    answer: Sequence[str]
    pictures: Sequence[Picture] = field(repr=False)
    assumed: Sequence[str]
    unknown: Sequence[str]
    repeat: Sequence[str]
    repeating: str = ""
    table: Table | None = field(default=None, repr=False)
    origin: Mapping[str, str] = field(default_factory=dict, repr=False)

    def html(self) -> str:
        """The page as one file that needs no other and no network."""
        return str(page_template("brief.html").render(brief=self)) + "\n"

    def write(self, file: str | Path) -> Path:
        """Write the page, all or nothing.

        Raises:
            InputError: It cannot be written there.
        """
        check_file(file)
        write_text(file, self.html())
        return Path(file)


def origin_of(made: Mapping[str, object]) -> dict[str, str]:
    """Lines on where a result comes from.

    Args:
        made: Its provenance, see `experiments.provenance`.
    """
    packages = made.get("packages")
    told = ", ".join(f"{name} {version}" for name, version in packages.items()) if isinstance(packages, Mapping) else ""
    return {
        "model version": str(made.get("model_version") or "unknown"),
        "commit": str(made.get("commit") or "unknown"),
        "code and data": str(made.get("code_checksum", "unknown")),
        "parameters": str(made.get("parameter_checksum", "unknown")),
        "computed with": told or "unknown",
    }
