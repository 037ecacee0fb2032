"""The table of docs/evidence.md on who gains and who loses, and from what.

    python -m experiments.studies.gains --write docs/evidence.md

It is what `lastmile compare baseline renew withdraw --replications 10` prints, with two sentences for each actor that
are made from the same figures.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

from experiments.comparison import Comparison, compare
from experiments.gains import COST, TOTAL, WHOLE, WORTH, Row, rows_of
from experiments.reports.sections import write_section

SECTION = "gains"
SCENARIOS = ("baseline", "renew", "withdraw")
REPLICATIONS = 10
BILLION = 1e9
type Rows = dict[tuple[str, ...], Row]
SMALLEST = 0.05  # bn $: less is not told in a sentence


def section(found: Comparison) -> str:
    """The section as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Comparison) -> Iterator[str]:
    first, *others = found.names
    gains, parts, lines = (rows_of(one) for one in (found.gains(), found.gain_parts(), found.adding_up()))
    span = f"{found.scenarios[0].start} to {found.scenarios[0].end}"
    yield "### Who gains and who loses"
    yield ""
    yield (
        f"`lastmile compare {' '.join(found.names)} --replications {found.replications}`: gains against `{first}` over "
        f"{span}, bn $, mean of the paired runs with its 95 % interval (luck only). "
        f"{' and '.join(f'`{name}`' for name in others)} impose what Amazon does; they are no findings about what it "
        "will do. Every figure of a firm is read off the ledger: what one party pays another receives."
    )
    yield ""
    yield "| | " + " | ".join(f"{name} (forced)" for name in others) + " |"
    yield "|---" + "|---:" * len(others) + "|"
    for actor in dict.fromkeys(key[0] for key in gains):
        yield f"| **{actor}** | " + " | ".join(f"**{_cell(gains[actor, name])}**" for name in others) + " |"
        for part in dict.fromkeys(key[1] for key in parts if key[0] == actor and key[1] != WHOLE):
            yield f"| {part} | " + " | ".join(_cell(parts[actor, part, name]) for name in others) + " |"
    for line in dict.fromkeys(key[0] for key in lines):
        shown = f"**{line}**" if line in (TOTAL, WORTH, COST) else line
        yield f"| {shown} | " + " | ".join(_cell(lines[line, name]) for name in others) + " |"
    yield ""
    yield (
        "*Reading it.* The results of all parties, staff, suppliers, lenders and the Treasury included, add up to zero "
        "in every month; so the gains add up to what customers get, at what it is worth to them, less what the work "
        "costs. Wages are no gain of staff that has other work."
    )
    yield ""
    for actor in dict.fromkeys(key[0] for key in gains):
        yield f"* **{actor}.** " + " ".join(_sentence(actor, name, gains, parts) for name in others)


def _sentence(actor: str, name: str, gains: Rows, parts: Rows) -> str:
    """One sentence on one actor in one scenario: its gain, whether luck explains it, and the parts that make it."""
    gain, low, high = (value / BILLION for value in gains[actor, name])
    if abs(gain) < SMALLEST:
        return f"`{name}`: nothing to speak of."
    told = f"`{name}`: {'gains' if gain > 0 else 'loses'} ${abs(gain):.1f} billion"
    if not (low > 0 or high < 0):
        told += ", which luck alone could explain"
    found = {key[1]: row[0] / BILLION for key, row in parts.items() if key[0] == actor and key[2] == name}
    large = sorted((one for one in found.items() if abs(one[1]) >= SMALLEST), key=lambda one: -abs(one[1]))
    if WHOLE in found or not large:
        return f"{told}."
    return f"{told}: {', '.join(f'{part} {value:+.1f}' for part, value in large[:4])}."


def _cell(row: Row) -> str:
    gain, low, high = (value / BILLION for value in row)
    return f"{gain:+.2f} ({low:+.2f} to {high:+.2f})" if math.isfinite(low) else f"{gain:+.2f}"


def main() -> None:
    """Compare and write the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", required=True, metavar="PAGE")
    page = parser.parse_args().write
    write_section(page, SECTION, section(compare(SCENARIOS, replications=REPLICATIONS)))


if __name__ == "__main__":
    main()
