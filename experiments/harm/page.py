"""The page of the documentation about places: who is harmed where, and announced facts held against the model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from agents.geography import ZONE_TYPES
from experiments.by_place import CAVEAT
from experiments.harm.facts import ANNOUNCED_SQUARE_MILES, DENSEST_RURAL_ZIPS
from experiments.harm.study import TOLD, WORSE, Harm
from experiments.provenance import provenance
from experiments.storage import write_text
from model.places import Measure

#: Why places are harmed, by scenario: two sentences each, of the rules that do it.
WHY = {
    "withdraw": (
        "Amazon builds routes of its own for what it takes from USPS, so more carriers and not fewer pass most places; "
        "who pays is USPS, which loses the contribution of these parcels and takes its distress measures earlier. "
        "Slower service is the fourth of them and strikes wherever USPS brings the parcel, which is most often the "
        "countryside."
    ),
    "withdraw_selective": (
        "Amazon weighs each slice of its addresses (ODD 7.8) and leaves those that would cost more than the published "
        "price of USPS, or fill no station. They go to USPS, or get Amazon's van on three days of the week and wait."
    ),
    "withdraw_refuses": (
        "Amazon delivers itself or not at all: where a parcel would cost more than its order earns, or what is left "
        "fills no station, it takes no orders (ODD 7.8). Most shoppers turn to other sellers, who ship with carriers "
        "that charge more there."
    ),
    "impasse": (
        "Without a contract Amazon pays the published price from October 2026 on, and builds where that pays "
        "(ODD 7.8). "
        "USPS keeps fewer parcels at a higher price; what changes for people follows from its money and from who "
        "passes instead."
    ),
    "five_day_delivery": (
        "USPS delivers on five days a week from the start, so every parcel that it brings waits a little longer, and "
        "six days' load is sorted on five. Places where USPS brings most parcels wait most; its saving puts off the "
        "measures of the distress ladder."
    ),
    "cash_runs_out": (
        "Mail falls fast and USPS begins with little cash, so it climbs the distress ladder within two years: it puts "
        "off payments, raises prices, cuts capital and slows its service (ODD 7.9). Its debt stays under the ceiling; "
        "when cash is gone bills go unpaid, and no rule makes carriers stop for that."
    ),
}
_UNITS = {
    "_share": (100.0, 1, "points"),
    "_usd": (1.0, 2, "$"),
    "_days": (1.0, 2, "days"),
    "_count": (1.0, 2, "carriers"),
}


def write_page(file: Path, harm: Harm) -> None:
    """Write the page as Markdown, all or nothing.

    Raises:
        InputError: The page cannot be written there.
    """
    write_text(file, "\n".join(_lines(harm)) + "\n")


def _lines(harm: Harm) -> Iterator[str]:
    places = harm.places
    first = places.scenarios[0]
    yield "# Places"
    yield ""
    yield (
        f"Made by `lastmile places --write docs/places.md`. {first.parameters.n_shippers:,.0f} shippers, seeds "
        f"{places.seed} to {places.seed + places.replications - 1}; parameters "
        f"{provenance(first)['parameter_checksum'][:12]}. Differences are to `{first.name}` in {places.month}, run by "
        "run with the same seed; ± is two standard errors over the paired seeds."
    )
    yield ""
    yield f"{CAVEAT}. `lastmile places baseline withdraw --out counties.xlsx` writes all counties of any scenarios."
    yield ""
    yield (
        "Nobody computes places unless they are asked for; a run is as fast as without. To look at every county once "
        f"took {harm.cost:.2%} of the time of a run here."
    )
    for scenario in places.scenarios[1:]:
        yield from ("", f"## {scenario.title} (`{scenario.name}`)", "")
        yield WHY.get(scenario.name, scenario.description)
        yield ""
        yield _figures(harm, scenario.name)
        yield from _by_type(harm, scenario.name)
        yield from _counties(harm, scenario.name)
    yield from _facts(harm)


def _figures(harm: Harm, name: str) -> str:
    """Who reaches whom, who left, and what USPS did, as recorded."""
    rows = {str(key): {str(k): float(v) for k, v in one.items()} for key, one in harm.told.to_dict("index").items()}
    row, base = rows[name], rows[harm.places.names[0]]
    said = [
        f"Recorded, mean of the seeds: Amazon's routes reach {row['amazon_rural_reach']:.0%} of rural households "
        f"({base['amazon_rural_reach']:.0%} in `{harm.places.names[0]}`)",
        f"regional carriers gave up or were taken over {row['regionals_gone']:.1f} times "
        f"({base['regionals_gone']:.1f})",
        f"over all years a rural parcel takes {row['rural_days'] - base['rural_days']:+.2f} days",
        f"USPS ends with ${row['usps_cash_usd'] / 1e9:.1f} bn in cash, ${row['usps_debt_usd'] / 1e9:.1f} bn of debt "
        f"and ${row['usps_arrears_usd'] / 1e9:.1f} bn of unpaid bills",
    ]
    if row["amazon_refused_parcels"] >= 1e5:
        said.append(f"Amazon refuses {row['amazon_refused_parcels'] / 1e6:,.0f} million orders in the last year")
    if row["amazon_later_parcels"] >= 1e5:
        said.append(f"it brings {row['amazon_later_parcels'] / 1e6:,.0f} million parcels on fewer days of the week")
    slow, gone = row["rung_service"], row["rung_exhausted"]
    before = base["rung_service"]
    if not math.isnan(slow):
        than = "" if math.isnan(before) else f" ({_month(before)} in `{harm.places.names[0]}`)"
        said.append(f"USPS slows its service in {_month(slow)}{than}")
    if not math.isnan(gone):
        said.append(f"it is out of cash in {_month(gone)}")
    return "; ".join(said) + "."


def _month(years: float) -> str:
    months = round(years * 12)
    return f"{months // 12}-{months % 12 + 1:02d}"


def _by_type(harm: Harm, name: str) -> Iterator[str]:
    yield ""
    yield (
        "Households that lose beyond two standard errors (and at least 0.1 points, one cent, 0.01 days or 0.01 "
        "carriers), and the mean change over all households of the zone type:"
    )
    yield from ("", "| | " + " | ".join(f"{kind}, m | change" for kind in ZONE_TYPES) + " |")
    yield "|---" + "|---:" * (2 * len(ZONE_TYPES)) + "|"
    for measure in WORSE:
        cells = []
        for kind in ZONE_TYPES:
            homes, change, error = harm.of(name, measure, kind)
            cells.append(f"{homes / 1e6:.1f} | {_change(measure, change, error)}")
        yield f"| {measure.words}, {_scale(measure)[2]} | " + " | ".join(cells) + " |"


def _counties(harm: Harm, name: str) -> Iterator[str]:
    found = harm.counties[name]
    yield ""
    if found.empty:
        yield "No county loses beyond two standard errors."
        return
    yield (
        f"The {min(TOLD, len(found))} counties that lose most, all respects together (a point of a share, ten cents, a "
        "tenth of a day and a tenth of a carrier count alike); only losses beyond two standard errors stand here:"
    )
    shown = [one for one in WORSE if found[one.name].notna().any()]
    heads = " | ".join(f"{one.words}, {_scale(one)[2]}" for one in shown)
    yield from ("", f"| county | households | {heads} |", "|---|---:" + "|---:" * len(shown) + "|")
    for row in found.to_dict("records"):
        cells = [_change(one, row[one.name], row[f"{one.name}_error"]) for one in shown]
        yield f"| {row['name']} | {row['households']:,.0f} | " + " | ".join(cells) + " |"


def _scale(measure: Measure) -> tuple[float, int, str]:
    return next(scale for end, scale in _UNITS.items() if measure.name.endswith(end))


def _change(measure: Measure, value: float, error: float) -> str:
    if pd.isna(value):
        return ""
    scale, digits, _ = _scale(measure)
    shown = f"{round(value * scale, digits) + 0.0:+.{digits}f}"
    return shown if pd.isna(error) else f"{shown} ± {2.0 * error * scale:.{digits}f}"


def _facts(harm: Harm) -> Iterator[str]:
    facts, (homes, land) = harm.facts, DENSEST_RURAL_ZIPS
    above = facts["usps_rural_share"] > facts["usps_urban_share"]
    yield from ("", "## Announced facts held against the model", "")
    yield f"Of `{harm.places.names[0]}`, mean of the seeds; the last row in {harm.places.month}."
    yield from ("", "| announced or counted | that | in the model | holds |", "|---|---:|---:|---|")
    yield (
        f"| Amazon's rural plan: over 13,000 ZIPs, {ANNOUNCED_SQUARE_MILES} million sq mi. The 13,000 densest rural "
        f"ZIPs have {homes} million households | {homes:.1f} million | {facts['plan_households_m']:.1f} million new, "
        f"{facts['reached_households_m']:.1f} million with those before | "
        f"{_between(homes, facts['plan_households_m'], facts['reached_households_m'])} |"
    )
    yield (
        f"| The same: land of these ZIPs {land} million sq mi; the model counts served land alone, 1.8 of 3.4 million "
        f"sq mi of the countryside | {land:.2f} million | {facts['plan_square_miles_m']:.2f} million new, "
        f"{facts['reached_square_miles_m']:.2f} million with that before | "
        f"{_between(land, facts['plan_square_miles_m'], facts['reached_square_miles_m'])} |"
    )
    yield (
        "| Deliveries of UPS and FedEx that bear a delivery-area surcharge | 20-25 % | "
        f"{facts['surcharged_share']:.0%} | {'yes' if 0.195 <= facts['surcharged_share'] <= 0.255 else 'no'} |"
    )
    yield (
        "| USPS brings a larger share of parcels in the countryside than in town | more | "
        f"{facts['usps_rural_share']:.0%} rural, {facts['usps_urban_share']:.0%} urban | {'yes' if above else 'no'} |"
    )
    yield ""
    yield (
        "Which ZIPs the plan means is not published. If it went to the densest first, these figures would be those of "
        "the first two rows; the model's plan goes by capacity (a billion parcels a year), densest uncovered addresses "
        "first. Nothing was fitted to these figures."
    )


def _between(value: float, low: float, high: float) -> str:
    return "yes, between the two" if low <= value <= high else "no"
