"""What `lastmile negotiate` does and prints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.console import console, grid, keep_tables, print_json, progress_bar
from experiments.settings import gather
from model.words import party_name

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.talks.access_curve import RetainedCurve
    from experiments.talks.negotiation import Negotiation, Negotiations

WORDS = {
    "by_commitment_deadline": "by the buyer's deadline to order capacity",
    "by_expiry": "by the expiry of the contract",
    "by_the_end": "a year after Amazon's contract with USPS ended",
    "month": "month",
    "price_usd": "price, $ per parcel",
    "retained_share": "parcels, % of the start",
    "buyer_surplus_usd": "surplus of the buyer, bn $ a year",
    "seller_surplus_usd": "surplus of the seller, bn $ a year",
    "nash_price_usd": "Nash price of that month, $",
    "above_nash_usd": "price less Nash price, $",
}
SCALES = {"retained_share": (100.0, 1), "buyer_surplus_usd": (1e-9, 3), "seller_surplus_usd": (1e-9, 3)}


def run_negotiate(
    replications: int | None,
    changes: Mapping[str, Any],
    problems: list[str],
    seed: int,
    curve: bool,
    write: Path | None,
    json: bool,
    buyer: str = "amazon",
    seller: str = "usps",
    roster: Mapping[str, str] | None = None,
    table: Path | None = None,
) -> None:
    """Negotiate under many seeds, or sweep Amazon's own cost.

    Args:
        replications: Seeds; None for the usual number.
        changes: Levers and parameters to change.
        problems: Found before; told with all others.
        seed: First seed.
        curve: Sweep instead.
        write: Page of the documentation to write, with `curve` only.
        json: Print one JSON object.
        buyer: Key of the party that hands over parcels.
        seller: Key of the carrier that delivers.
        roster: Import paths of classes of one's own, by key of a party.
        table: File for the tables.

    Raises:
        InputError: What was asked for is not possible.
    """
    from experiments.spreadsheets.mechanisms import curve_tables, talk_tables
    from experiments.storage import check_file
    from experiments.talks import access_curve, negotiation, page

    count = (
        replications
        if replications is not None
        else (access_curve.DEFAULT_REPLICATIONS if curve else negotiation.DEFAULT_REPLICATIONS)
    )
    varied = (access_curve.MULTIPLIER, "price_structure") if curve else ()
    if curve and (buyer, seller) != ("amazon", "usps"):
        problems.append("curve: only amazon and usps have one; leave out --buyer and --seller")
    if write is not None and not curve:
        problems.append("write: only the curve makes a page; add --curve")
    gather(
        lambda: negotiation.prepare_talks(changes, 1, varied, roster),
        lambda: negotiation.check_replications(count, seed),
        lambda: None if write is None else check_file(write),
        lambda: negotiation.find_pair(buyer, seller),
        known=problems,
    )
    with progress_bar("negotiate", "runs", quiet=json) as progress:
        if curve:
            swept = access_curve.retained_curve(count, changes, seed, progress=progress, roster=roster)
            if write is not None:
                firm_changes = {**changes, "shortfall_rule": "take_or_pay"}
                firm = access_curve.retained_curve(count, firm_changes, seed, progress=progress, roster=roster)
        else:
            found = negotiation.negotiate(
                count, changes, seed, progress=progress, buyer=buyer, seller=seller, roster=roster
            )
    if not curve:
        print_json(found.summary()) if json else show_negotiations(console(), found)
        keep_tables(table, lambda: talk_tables(found), quiet=json)
        return
    if write is not None:
        page.write_page(write, swept, firm)
    print_json(swept.summary()) if json else show_curve(console(), swept)
    keep_tables(table, lambda: curve_tables(swept), quiet=json)


def show_negotiations(out: Console, result: Negotiations) -> None:
    """Print how often, when and on what they agree, and the offers of the first seed."""
    from experiments.parties import party_notes
    from experiments.talks.negotiation import MEASURES

    first, last = result.runs[0], result.runs[-1]
    for note in party_notes(result.scenario):
        out.print(f"Note: {note}.")
    names = " and ".join(party_name(key) for key in (result.pair.buyer, result.pair.seller))
    if first.opened is None:
        out.print(f"{names} have nothing to talk about under seed {first.seed}.")
    else:
        out.print(
            f"{names} talk from {first.opened} on; deadline to order capacity: {first.commitment_deadline}. "
            f"Seeds {first.seed} to {last.seed}."
        )
    table = grid("Agreement", ("", "share of seeds"), right=(1,))
    for name, share in result.agreement.items():
        table.add_row(WORDS[name], f"{100 * share:.0f} %")
    out.print(table)
    table = grid("Where they agree", ("", "median", "10th percentile", "90th percentile"), right=(1, 2, 3))
    for measure in MEASURES:
        spread = result.spread(measure)
        table.add_row(WORDS[measure], *(_cell(measure, spread[name]) for name in ("median", "p10", "p90")))
    out.print(table)
    _show_offers(out, first)


def _show_offers(out: Console, run: Negotiation) -> None:
    if not run.offers:
        return
    columns = ("round", "month", "who", "price, $", "buyer pays at most", "seller takes at least", "accepted")
    table = grid(f"Offers under seed {run.seed}", columns, right=(0, 3, 4, 5))
    for offer in run.offers:
        taken = "yes" if offer.accepted else "no"
        if offer.threads > 1:
            taken = f"{offer.accepted} of {offer.threads}"
        prices = (offer.price_usd, offer.buyer_limit_usd, offer.seller_limit_usd)
        table.add_row(str(offer.round), offer.month, party_name(offer.by), *(f"{price:.2f}" for price in prices), taken)
    out.print(table)
    if run.month is None:
        out.print("No agreement under this seed.")


def _cell(measure: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    scale, digits = SCALES.get(measure, (1.0, 2))
    return f"{scale * value:.{digits}f}"


def show_curve(out: Console, result: RetainedCurve) -> None:
    """Print the share kept by multiplier and price structure."""
    kept = result.table()
    out.print(
        "Share of Amazon's parcels that USPS keeps in the second and third year after the expiry, %; "
        f"{result.replications} seeds each."
    )
    names = [str(name) for name in kept.columns]
    table = grid("Kept", ("own-cost multiplier", *names), right=range(1, 1 + len(names)))
    for multiplier, row in kept.iterrows():
        table.add_row(f"{multiplier}", *(f"{100 * value:.1f}" for value in row))
    out.print(table)
