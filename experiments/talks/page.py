"""The page on negotiation in the documentation: every figure on it is computed when it is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.figures import dollars
from experiments.provenance import changes
from experiments.storage import write_text
from experiments.talks.access_curve import FIRST_MONTH, RetainedCurve
from experiments.talks.forms import all_worths, deals
from experiments.talks.worked_example import DRAWS, monte_carlo, worked_structure, worked_threads
from model.parameters import Parameters
from model.scenario import Scenario
from model.timeline import usps_amazon_expiry

#: Seeds in the table of first contracts.
DEALS = 3

METHOD = """\
Amazon and USPS talk about last-mile access month by month, from some months before their contract ends. Nothing says
that they must agree, or on how much.

1. **What a deal is worth.** Amazon's parcels at USPS are cut into slices by zone and density. For each slice the
   model knows what USPS spends on it and what own delivery would cost Amazon: routes, stations, and a multiplier for a
   network that does not pass there yet. As long as Amazon could not serve a slice itself, no deal means the published
   price. The quantity on the table is what is cheaper to leave with USPS.
2. **The form.** A contract has one price, one by zone type or one by zone; a missed commitment brings the published
   price, a payment of half the price, or the seller's lost margin (make-whole); it promises all parcels that both would
   rather leave with USPS, or what Amazon finds worth the price. At the beginning of the talks and once a quarter each
   side puts the forms in order by the surplus that it expects, forecasting how the contract would be used, and both
   fall back from their best until they meet. Then one price level is bargained over; the prices of the groups follow
   from it. The usual market leaves the form to the two; `price_structure`, `shortfall_rule` and `quantity_promised`
   impose one.
3. **Talks.** Each side knows only its own limit, which holds a private error. Amazon proposes first, then they take
   turns; both concede with time, Amazon until the month in which it would have to order capacity of its own, USPS until
   the contract ends. A price is taken as soon as it is within the own limit and no worse than the own next offer. Talks
   can break off for some months.
4. **The regulator's gate.** What USPS agrees on waits for the regulator. A price below the attributable cost of the
   very parcels that the contract carries returns to the table.
5. **Afterwards.** A signed contract starts when the old one ends; price, commitment and cap are those that parcels
   are billed and delivered by. Without one, Amazon's own network takes over as fast as it can be built and the rest
   pays the published price; every few months both meet again, and their strategies go on. Offers stand: nobody offers
   the other a worse price than it has asked for itself, so what is signed late is what was within reach early, less
   what the months without a contract cost both. `after_expiry` set to `split` has them settle at an even split instead.
6. **Using a contract.** Month by month Amazon delivers itself what its own routes carry more cheaply, as far as the
   tolerance of its commitment allows. It misses the commitment where that is cheaper than meeting it: under
   `reversion` a missed one brings the published price for the rest of the term, which costs nothing in the last year;
   under `take_or_pay` half the price of each missing parcel is due. Under `make_whole` all parcels of the addresses are
   promised, and it takes back what costs it less than it spares USPS: no breach, but an option that is paid with the
   margin that USPS loses by it. UPS and FedEx owe what they promise as fast as their own routes can shrink.
7. **Building.** Once a quarter Amazon orders capacity, within its yearly limit. While nothing is signed it builds for
   all that may come of the talks, each outcome at its chance; `building` set to `expected_price` has it build for one
   price.

UPS and FedEx bargain with Amazon in the same way, over what their contracts carry at the start and what UPS gives back;
so do UPS, FedEx and the regional carriers with USPS over the last mile of their sparsest addresses (`lastmile negotiate
--seller usps --buyer ups`). Enterprise shippers split the gain from a rate agreement at the end of each term."""

LIMITS = """\
* The multiplier on Amazon's own cost where it does not deliver yet is the key unknown: no public figure gives it. That
  is why it is swept here and not fitted.
* Contract price and volume between Amazon and USPS are not public; estimates stand in for them (`lastmile parameters
  price_access_amazon`).
* Where one price without a promise is imposed, the two know the mean value of all slices that are worth leaving. Amazon
  then commits only those that are worth the price to it, and these are the ones that cost USPS most: its gain can fall
  short of what the mean promised, even below no deal. In packages it cannot by its own books.
* Private errors are mistakes about the own cost, not tastes: a side acts by what it believes, and the joint surplus is
  counted without them. They are a share of what the side has at stake itself, and bear on a parcel only as far as no
  deal means own cost: that the published price would be paid meanwhile both know. Where own routes or stations stand a
  buyer makes none: it knows that cost from its accounts. Errors shrink in meetings after the expiry.
* UPS and FedEx carry for Amazon on their usual terms: what it hands over to them is what was agreed, whatever a
  contract says about missing it, so no form would be worth more than another.
* Neither side foresees the price at which a contract will be renewed.
* The shape of the concessions, the private errors and the chance of a break-off are assumptions; the Monte Carlo above
  shows how far the tactics matter.
* What UPS and FedEx do for Amazon beyond the last mile, and what its parcels spare them, is inverted from the contracts
  of the start: that both sides signed them. No public figure tells either.
* Strategies do not learn the other side's limit, and nobody bargains over two contracts at once."""


def negotiation_page(curve: RetainedCurve, firm: RetainedCurve | None = None) -> str:
    """The page as Markdown; the same figures give the same text.

    Args:
        curve: Shares kept.
        firm: The same where a missed commitment is paid for.
    """
    p = curve.scenario.parameters
    sections = (
        _head(curve),
        "## How it works\n\n" + METHOD,
        _forms_section(curve.scenario),
        _deals_section(curve.scenario, curve.seed),
        _curve_section(curve, firm),
        _worked_section(p),
        _structure_section(p),
        _monte_carlo_section(p, curve.seed),
        "## Limits\n\n" + LIMITS,
    )
    return "\n\n".join(sections) + "\n"


def write_page(file: str | Path, curve: RetainedCurve, firm: RetainedCurve | None = None) -> None:
    """Write the page, all or nothing."""
    write_text(file, negotiation_page(curve, firm))


def _head(curve: RetainedCurve) -> str:
    own = {key: value for key, value in changes(curve.scenario).items() if key not in ("usps_amazon_volume", "end")}
    extra = "".join(f", {key} = {value}" for key, value in own.items())
    return (
        "# Negotiation between Amazon and USPS\n\n"
        "Made by `lastmile negotiate --curve --write docs/negotiation.md`. "
        f"Parameters {curve.scenario.parameters.checksum()[:12]}, seeds {curve.seed} to "
        f"{curve.seed + curve.replications - 1}{extra}."
    )


def _curve_table(curve: RetainedCurve) -> str:
    kept, paid, agreed = (curve.table(column) for column in ("retained_share", "paid_usd", "agreed"))
    rows = [
        [
            f"{multiplier:.1f}",
            *(f"{100 * kept[name][multiplier]:.0f} %" for name in kept),
            *(f"{paid[name][multiplier]:.2f}" for name in kept),
            f"{100 * agreed.loc[multiplier].mean():.0f} %",
        ]
        for multiplier in kept.index
    ]
    words = [str(name).replace("_", " ") for name in kept]
    header = ["multiplier", *(f"kept, {w}" for w in words), *(f"$ paid, {w}" for w in words), "signed"]
    return _markdown(header, rows)


def _curve_section(curve: RetainedCurve, firm: RetainedCurve | None) -> str:
    since, until = usps_amazon_expiry() + FIRST_MONTH, curve.scenario.end
    kept = curve.table()
    spread = curve.runs.pivot_table(
        index="multiplier", columns="structure", values="retained_share", aggfunc=lambda x: x.max() - x.min()
    )
    paid_for = ""
    if firm is not None:
        paid_for = (
            "\n\nThe same where a missed commitment costs half the price of each missing parcel "
            f"(`--set shortfall_rule=take_or_pay`):\n\n{_curve_table(firm)}\n\n"
            "Prices by zone type or by zone commit whole groups, also addresses that Amazon would deliver more "
            "cheaply than at the price of the group. Where the published price is the only sanction it takes these "
            "back and lets the commitment go; where missing parcels are paid for it keeps them with USPS. How a "
            "commitment is enforced decides what a price structure is worth."
        )
    return (
        "## Share kept against Amazon's own cost\n\n"
        f"Scenario `baseline`, {curve.replications} seeds for each point. Kept: Amazon's parcels at USPS from {since} "
        f"to {until}, a year, over those of {curve.scenario.start.year}. Paid: what Amazon pays USPS then, $ per "
        "parcel. Signed: runs with a contract by then, over all columns. The form is bargained over, or access is sold "
        "at one price, at one by zone type, or at one by zone, with the published price as the only sanction and no "
        f"promise beyond what each price carries.\n\n{_curve_table(curve)}\n\n"
        f"From one multiplier to the next the share falls nowhere by more than {_largest_fall(kept):.0f} points. It "
        "can fall at the upper end, where Amazon could serve little itself during a whole term: both then compare a "
        "deal with the published price, little is left to agree on, and private errors prevent it. What is not under "
        "contract pays the published price, and Amazon takes it back where stations stand anyway. "
        f"Between the seeds of a point the share kept differs by up to {100 * spread.max().max():.0f} points.{paid_for}"
    )


def _forms_section(scenario: Scenario) -> str:
    worths = all_worths(scenario)
    names = [one.name for one in next(iter(worths.values()))]
    rows = [
        [
            name,
            *(
                f"{100 * one.kept:.0f} / {one.surplus:.3f}" + (" *" if one.chosen else "")
                for one in (found[position] for found in worths.values())
            ),
        ]
        for position, name in enumerate(names)
    ]
    header = ["form", *(f"multiplier {multiplier:.1f}" for multiplier in worths)]
    return (
        "## What the form of a contract is worth\n\n"
        "Both know all and make no errors; a contract from the expiry on, at the start of the run. Parcels that stay "
        "as a share of those that are cheaper to leave, %, and the joint surplus over that of leaving exactly those; "
        f"the form that both would choose has a star.\n\n{_markdown(header, rows)}\n\n"
        "What is missing in the simplest form is the promise of quantity more than the structure of prices: at will, "
        "Amazon hands over only what is worth the mean price to it. Make-whole loses least, because a parcel less "
        "costs Amazon what it spares USPS. In a run private errors come on top: each side promises what is worth "
        "leaving by its own books, so an error keeps parcels out of the contract that would have been cheaper in it."
    )


def _deals_section(scenario: Scenario, seed: int) -> str:
    seeds = range(seed, seed + DEALS)
    rows = [
        [
            name,
            str(one_seed),
            deal.form or "none",
            deal.month or "–",
            f"{deal.price:.2f}",
            f"{100 * deal.kept:.0f} %",
            f"{deal.surplus:.2f}",
        ]
        for name, found in deals(scenario, seeds).items()
        for one_seed, deal in zip(seeds, found, strict=True)
    ]
    header = ["", "seed", "form", "agreed in", "$ a parcel", "kept of what is cheaper to leave", "joint surplus"]
    return (
        "## What bargaining over the form changes\n\n"
        "The first contract of each run, with private errors and tactics. Before: the market with one form, one "
        "price for parcels at will, an even split after the expiry, orders for one expected price; now: the usual "
        "market, with all of that bargained over. Surplus over that of leaving exactly what is cheaper to leave."
        f"\n\n{_markdown(header, rows)}"
    )


def _largest_fall(kept: pd.DataFrame) -> float:
    """Largest fall from one multiplier to the next, percentage points; 0 where there is none."""
    return max(0.0, float(-100 * kept.diff().min().min()))


def _worked_section(p: Parameters) -> str:
    rows = [
        [
            thread.name,
            f"{thread.volume:.3f}",
            *(
                f"{value:.2f}"
                for value in (
                    thread.seller_reservation,
                    thread.buyer_reservation,
                    thread.nash_price,
                    thread.protocol_price,
                )
            ),
            str(thread.protocol_round),
        ]
        for thread in worked_threads(p)
    ]
    header = ["price", "bn parcels", "USPS takes at least", "Amazon pays at most", "Nash split", "agreed", "round"]
    return (
        "## A worked example\n\n"
        "Three national cells instead of 152 zones, no private error, and Amazon could leave at once. Rounds are "
        f"months from the opening; $ per parcel. Multiplier {p.amazon_own_cost_multiplier}, price in force "
        f"{p.price_access_amazon:.2f}.\n\n{_markdown(header, rows)}\n\n"
        "Tests hold this table and the Monte Carlo below against figures that were worked out independently "
        "(`tests/data/oracles.csv`, symbols `deal_*` and `talks_*`): 0.02 on prices, the same rounds."
    )


def _structure_section(p: Parameters) -> str:
    found = worked_structure(p)
    rows = [
        ["one uniform price", f"{100 * found.kept_uniform:.0f} %", f"{found.contribution_uniform:.2f}"],
        [
            "Nash prices by zone type, slice by slice",
            f"{100 * found.kept_by_type:.0f} %",
            f"{found.contribution_by_type:.2f}",
        ],
        ["Nash prices by zone type, whole groups committed", "", f"{found.contribution_committed:.2f}"],
    ]
    header = ["structure", "kept", "contribution to USPS, bn $ a year"]
    return (
        f"All three at the same mean price of {dollars(found.mean_price)}:\n\n{_markdown(header, rows)}\n\n"
        f"The two figures that the design sets side by side, {found.contribution_committed:.2f} and "
        f"{found.contribution_uniform:.2f}, compare whole groups with slices: the first holds Amazon to everything in "
        "a group, also to slices that it would deliver more cheaply itself; under a uniform price it commits only what "
        "is worth the price to it. The line in between is the fair comparison: the price structure alone is worth "
        f"{dollars(1e9 * (found.contribution_by_type - found.contribution_uniform))} a year to USPS."
    )


def _monte_carlo_section(p: Parameters, seed: int) -> str:
    rows = [
        [
            case.name,
            *(f"{value:.3f}" for value in (case.zone_of_agreement, case.deal_by_commitment, case.deal_by_expiry)),
            f"{case.mean_price:.2f}",
            f"{case.mean_round:.1f}",
        ]
        for case in monte_carlo(p, seed)
    ]
    header = [
        "case",
        "zone of agreement",
        "deal by Amazon's deadline",
        "deal by the expiry",
        "mean price",
        "mean round",
    ]
    return (
        "## Monte Carlo of the talks\n\n"
        f"The uniform thread of the worked example, {DRAWS:,} times by case, with private errors (s.d. "
        f"{dollars(p.reservation_belief_sd * p.price_access_amazon)}) and break-offs.\n\n{_markdown(header, rows)}"
    )


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
