"""From negotiations and contracts to what the cards of the bargaining page show."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from math import isfinite, isinf
from typing import Any

import numpy as np
import solara

from model.carriers import NATIONAL
from server import charts
from server.headline import month_name
from server.talks.contracts import Contracts, Terms
from server.talks.negotiations import Negotiations, Table

MILLION = 1e6
TONES = {"agreed": "good", "under review": "good", "no deal": "bad", "ended": "bad", "broken off": "bad"}
NOTE = (
    "Each month one side names a price; the two take turns, and both give way as their deadlines come near. A side's "
    "limit is the price at which a deal is worth no more to it than none. Between the limits lies the zone of "
    "agreement. The Nash price splits what both gain there; it is a benchmark, not an offer. From its commitment "
    "deadline on the buyer must order capacity of its own."
)
HIDDEN = "Each side knows its own limit only. Both are shown when the talks are over, or press reveal."
HIDDEN_FROM_PLAYER = "You sit at this table: what the other side could accept is shown when the talks are over."


@solara.component_vue("../../vue/offers.vue", vuetify=False)
def offers(
    title: str,
    note: str,
    empty: str,
    sides: list[dict[str, str]],
    first: str,
    rounds: int,
    deadlines: list[dict[str, Any]],
    agreed: list[float],
    current: float,
    packed: bytes,
) -> None:
    """Two converging lines of offers; `packed` is (rounds, 5) float32 as in `negotiations.LINES`."""


@solara.component_vue("../../vue/choices.vue", vuetify=False)
def choices(
    groups: list[str],
    group: int,
    can_reveal: bool,
    revealed: bool,
    event_group: Callable[[int], None],
    event_reveal: Callable[[bool], None],
) -> None:
    """Which thread to show, and whether limits are shown before the end."""


@solara.component_vue("../../vue/contracts.vue", vuetify=False)
def contracts(unit: str, rows: list[dict[str, Any]], footnote: str, event_open: Callable[[str], None]) -> None:
    """The contracts in force with their terms and what was delivered."""


def marks_of(key: str) -> dict[str, str]:
    """Colours and marker of a carrier by its key; regional carriers share theirs."""
    return charts.CARRIERS[NATIONAL.index(key) if key in NATIONAL else len(NATIONAL)]


def entries(found: Negotiations) -> list[dict[str, str]]:
    """The list of negotiations."""
    return [
        {
            "key": entry.key,
            "title": entry.title,
            "note": f"{entry.subject}, since {month_name(entry.opened)}",
            "chip": entry.state,
            "tone": TONES.get(entry.state, ""),
        }
        for entry in found.entries
    ]


def chart_values(table: Table, reveal: bool, seat: str = "", concealed: bool = False) -> dict[str, Any]:
    """What the chart of one negotiation shows.

    Args:
        table: The negotiation.
        reveal: Whether limits, zone of agreement and Nash price are shown before the end.
        seat: Key of the party that the visitor plays: its own limit is always shown.
        concealed: Whether that party still has something to decide here, so that nothing of the other is shown.
    """
    lines = table.lines.copy()
    if concealed or not (reveal or table.entry.over):
        hidden = [2, 3, 4]
        if seat in (table.buyer, table.seller):
            hidden.remove(2 if seat == table.buyer else 3)
        lines[:, hidden] = np.nan
    opened = table.entry.opened
    deadlines = [
        {"round": month - opened, "name": name}
        for month, name in ((table.commitment, "buyer must order"), (table.expiry, "contract ends"))
        if month > opened
    ]
    if len(deadlines) == 2 and deadlines[0]["round"] == deadlines[1]["round"]:
        deadlines = deadlines[1:]
    group = "" if len(table.groups) == 1 else f", {table.groups[table.group]}"
    buyer, seller = table.names
    return {
        "title": f"{buyer} and {seller}{group}",
        "note": NOTE,
        "empty": "No offer has been made yet.",
        "sides": [
            marks_of(table.buyer) | {"name": buyer, "offer": f"{buyer} bids", "limit": f"{buyer} pays at most"},
            marks_of(table.seller) | {"name": seller, "offer": f"{seller} asks", "limit": f"{seller} takes at least"},
        ],
        "first": str(opened),
        "rounds": len(lines),
        "deadlines": deadlines,
        "agreed": [float(table.agreed[0]), table.agreed[1]] if table.agreed else [],
        "current": table.current,
        "packed": charts.pack(lines),
    }


def dollars(value: float, decimals: int = 2) -> str:
    """A price for reading, such as $3.53."""
    return f"{'−' if value < 0 else ''}${abs(value):,.{decimals}f}" if isfinite(value) else "none"


def millions(parcels: float) -> str:
    """Parcels in millions, with digits where they matter."""
    if isinf(parcels):
        return "any number"
    return f"{parcels / MILLION:,.0f}" if abs(parcels) >= 10 * MILLION else f"{parcels / MILLION:,.1f}"


def terms(table: Table, player: str = "") -> list[dict[str, Any]]:
    """What both sides know: dates, prices and volume; and what Amazon expects, unless a visitor plays against it."""
    buyer, _ = table.names
    rows: list[dict[str, Any]] = [
        _row("Opened", month_name(table.entry.opened)),
        _row(
            f"{buyer} must order capacity from",
            month_name(table.commitment),
            "Commitment deadline: from here on the"
            " buyer orders stations of its own because nothing is signed; part of the volume is gone then.",
        ),
        _row("The contract in force ends", month_name(table.expiry), "The seller's deadline."),
        _row("Price in force at the opening", dollars(table.current), exact=table.current),
        _row(
            "Published price, without a contract",
            dollars(table.published),
            "What the parcels pay when nothing is agreed, as of the last round.",
            exact=table.published,
        ),
        _row(
            "Parcels a year on the table",
            f"{millions(table.quantity)} million" if isfinite(table.quantity) else "–",
            "Volume that is cheaper to leave with the seller than to deliver otherwise.",
            exact=table.quantity,
        ),
    ]
    if table.form:
        rows.append(
            _row(
                "Form agreed on" if table.agreed else "Form on the table",
                table.form,
                "What a contract would look like: both fall back from the form that they would like best until they"
                " meet, every month anew. The price above is the mean over what it carries.",
            )
        )
    if table.expected is not None and player != table.seller:
        rows.append(
            _row(
                f"Price that {buyer} expects in future",
                dollars(table.expected),
                "Its belief follows what the seller"
                " asks and, later, what it pays. It decides how much capacity of its own it orders.",
                exact=table.expected,
            )
        )
    return rows


def limits(table: Table, reveal: bool, concealed: bool = False) -> list[dict[str, Any]]:
    """What each side keeps to itself and what the deal brought; nothing while the talks go on, unless revealed.

    Args:
        table: The negotiation.
        reveal: Whether it is shown before the end.
        concealed: Whether a visitor still has something to decide here.
    """
    if concealed or not (reveal or table.entry.over):
        return []
    buyer, seller = table.names
    zone, last = table.zone, table.lines[table.played]
    rows = [
        _row(f"{buyer} pays at most", dollars(float(last[2])), "In the last round.", exact=float(last[2])),
        _row(f"{seller} takes at least", dollars(float(last[3])), "In the last round.", exact=float(last[3])),
        _row(
            "Zone of agreement",
            f"{dollars(zone[0])} to {dollars(zone[1])}" if zone else "none",
            "Prices that leave both better off than no contract, in the last round.",
        ),
        *(
            _row(
                f"Error in the limit of {name}",
                dollars(error),
                "Each side judges its own limit with a private error; above 0 it thinks its limit higher than it is.",
                exact=error,
            )
            for name, error in zip((buyer, seller), table.errors, strict=True)
        ),
    ]
    numbers = dict(table.outcome)
    if numbers:
        rows += [
            _row("Agreed in round", f"{numbers['round']:.0f}"),
            _row("Parcels agreed a year", f"{millions(numbers['parcels'])} million", exact=numbers["parcels"]),
            *(
                _row(
                    f"What {name} gains a year",
                    f"{dollars(numbers[side] / MILLION, 0)} million",
                    "Against having no contract, at what the parcels are really worth to it: a side whose private error"
                    " is large can lose by the deal.",
                    exact=numbers[side],
                )
                for name, side in ((buyer, "buyer_surplus_usd"), (seller, "seller_surplus_usd"))
            ),
        ]
    return rows


def _row(term: str, value: str, help_: str = "", exact: float | None = None) -> dict[str, Any]:
    return {"term": term, "value": value, "help": help_, "exact": "" if exact is None else f"{exact:,.6g}"}


def contract_rows(found: Contracts) -> list[dict[str, Any]]:
    """Rows of the table of contracts."""
    return [_contract_row(terms) for terms in found.terms]


def _contract_row(terms: Terms) -> dict[str, Any]:
    promised = terms.commitment > 0.0
    by_group = zip(terms.groups, terms.prices, strict=True)
    several = 1 < len(terms.groups) <= 3
    return {
        "key": terms.key,
        "address": f"/inspect?what=contract:{terms.key}",
        "title": terms.title,
        "state": terms.state,
        "price": f"{terms.price:.2f}",
        "exact_price": f"${terms.price:.6f} per parcel",
        "prices": ", ".join(f"{group} {price:.2f}" for group, price in by_group) if several else terms.structure,
        "escalator": f"{terms.escalator:.1%}",
        "commitment": millions(terms.commitment) if promised else "none",
        "exact_commitment": f"{terms.commitment:,.0f} parcels",
        "cap": millions(terms.cap),
        "delivered": f"{millions(terms.delivered)} million" if terms.state != "signed" else "not yet in force",
        "exact_delivered": f"{terms.delivered:,.0f} parcels",
        "share": terms.delivered / terms.commitment if promised and terms.state != "signed" else None,
        "pace": terms.pace / terms.commitment if promised else 0.0,
        "term": f"{month_name(terms.start)} to {month_name(terms.expiry + -1)}",
        "rule": terms.rule,
        "notes": list(terms.notes),
    }


def contract_footnote(found: Contracts) -> str:
    """One line on the many rate agreements."""
    if not found.n_agreements:
        return ""
    return (
        f"Beside these, {found.n_agreements} rate agreements of enterprise shippers are in force, at a mean economy "
        f"price of {dollars(found.agreement_price)} a parcel; Inspect shows them one by one."
    )
