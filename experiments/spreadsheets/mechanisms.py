"""Tables of single mechanisms: places, losses, universal service, firms, talks, the auction, the levers' checks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.figures import scale_of, unit_of
from experiments.spreadsheets.outcomes import BILLION, Tables, about, scaled
from model.places import MEASURES
from model.words import party_name

if TYPE_CHECKING:
    from experiments.auction import AccessAuction
    from experiments.by_place import Places
    from experiments.firms.study import FirmStudy
    from experiments.levers.check import LeverCheck
    from experiments.postal.universal_service import ServiceCost
    from experiments.postal.volume_loss import UspsLoss
    from experiments.talks.access_curve import RetainedCurve
    from experiments.talks.negotiation import Negotiations


def places_tables(result: Places) -> Tables:
    """All places with every measure, its difference to the first scenario and the error of that."""
    table = result.table.reset_index()
    first = result.names[0]
    columns: dict[str, Any] = {}
    plain = {
        "scenario": "scenario",
        "id": "id",
        "name": "place",
        "state": "state",
        "latitude": "latitude, degrees",
        "longitude": "longitude, degrees",
        "households": "households",
        "delivers_most": "who delivers most",
    }
    columns |= {told: table[name] for name, told in plain.items()}
    for one in MEASURES:
        scale, unit = scale_of(one.name)
        told = f"{one.meaning}, {unit}" if unit else one.meaning
        for end, words in (("", ""), ("_difference", f": difference to {first}"), ("_error", ": standard error")):
            columns[f"{told}{words}"] = table[f"{one.name}{end}"] / scale
    tables = {"places": pd.DataFrame(columns)}
    if not result.asked.empty:
        meaning = {one.name: one.meaning for one in MEASURES}
        tables["places asked for"] = result.asked.assign(measure=result.asked["measure"].map(meaning))
    return tables


def loss_tables(result: UspsLoss) -> Tables:
    """What USPS loses by year."""
    from experiments.postal.volume_loss import GRADUAL, LADDER

    rows = [
        {
            "how": f"{name}, {LADDER[name == GRADUAL and result.distress_ladder]}",
            "share of Amazon's parcels that leaves, %": 100.0 * result.share,
            "year": str(year),
            "change of USPS net income, bn $": result.by_year.loc[year, name] / BILLION,
            "95 % interval, lower end, bn $": result.low.loc[year, name] / BILLION,
            "95 % interval, upper end, bn $": result.high.loc[year, name] / BILLION,
            "seeds": result.replications,
        }
        for name in result.by_year.columns
        for year in result.by_year.index
    ]
    return {"loss": pd.DataFrame(rows)}


def service_tables(result: ServiceCost) -> Tables:
    """Net cost of universal service, why, what changes for people, and the counties that USPS leaves."""
    from experiments.postal.universal_service import PARTS, SHADOWS

    costs = [
        {"USPS": words, "year": str(year), "net cost, bn $": result.by_year.loc[year, name] / BILLION}
        for name, words in SHADOWS.items()
        for year in result.by_year.index
    ]
    parts = (result.parts[[*PARTS]] / BILLION).rename(columns={key: f"{told}, bn $" for key, told in PARTS.items()})
    watched = [
        about(str(name))
        | scaled(str(name), {"required": row["required"]} | {told: row[key] for key, told in SHADOWS.items()})
        for name, row in result.watched.iterrows()
    ]
    counties = result.counties.reset_index()
    return {
        "net cost": pd.DataFrame(costs),
        "parts": parts.rename(index=SHADOWS, level="run").reset_index().rename(columns={"run": "USPS"}),
        "for people": pd.DataFrame(watched).drop(columns="year"),
        "counties": pd.DataFrame(
            {
                "USPS": counties["run"].map(SHADOWS),
                "county": counties["name"],
                "households": counties["households"],
                "share of the county, %": 100.0 * counties["share"],
            }
        ),
    }


def firm_tables(study: FirmStudy) -> Tables:
    """Carriers by year and seed, and what each check found."""
    table = study.table.reset_index()
    figures = pd.DataFrame(
        {
            "carrier": table["group"].map(party_name),
            "year": table["year"].astype(str),
            "seed": table["seed"],
            "sold, bn parcels": table["sold_bn"],
            "price, $ per parcel": table["price"],
            "margin, %": 100.0 * table["margin"],
            "handed over to USPS, bn parcels": table["handed_bn"],
        }
    )
    checks = [[name, "no" if found else "yes", "; ".join(found)] for name, found in study.found.items()]
    return {"carriers": figures, "checks": pd.DataFrame(checks, columns=["check", "holds", "what was found"])}


def talk_tables(result: Negotiations) -> Tables:
    """Talks under every seed, and all offers."""
    runs = result.table.reset_index()
    columns = {
        "seed": "seed",
        "opened": "talks opened",
        "commitment_deadline": "deadline to order capacity",
        "expiry": "expiry of the contract",
        "month": "month of agreement",
        "round": "months of talks",
        "price_usd": "price, $ per parcel",
        "parcels": "mn parcels a year",
        "retained_share": "parcels, % of the start",
        "buyer_surplus_usd": "surplus of the buyer, bn $ a year",
        "seller_surplus_usd": "surplus of the seller, bn $ a year",
        "nash_price_usd": "Nash price of that month, $ per parcel",
        "above_nash_usd": "price less Nash price, $ per parcel",
    }
    units = {"parcels": 1e-6, "retained_share": 100.0, "buyer_surplus_usd": 1e-9, "seller_surplus_usd": 1e-9}
    for name, unit in units.items():
        runs[name] = pd.to_numeric(runs[name]) * unit
    offers = [
        {
            "seed": run.seed,
            "round": offer.round,
            "month": offer.month,
            "who": party_name(offer.by),
            "price, $ per parcel": offer.price_usd,
            "buyer pays at most, $ per parcel": offer.buyer_limit_usd,
            "seller takes at least, $ per parcel": offer.seller_limit_usd,
            "prices on the table": offer.threads,
            "accepted": offer.accepted,
        }
        for run in result.runs
        for offer in run.offers
    ]
    return {"talks": runs[[*columns]].rename(columns=columns), "offers": pd.DataFrame(offers)}


def curve_tables(result: RetainedCurve) -> Tables:
    """What USPS keeps by own-cost multiplier and price structure, %."""
    kept = 100.0 * result.table()
    kept.index.name = "own-cost multiplier"
    return {"parcels kept, %": kept.rename(columns=lambda name: f"{name}, % of parcels kept").reset_index()}


def auction_tables(result: AccessAuction) -> Tables:
    """Formats, lots, bidders and single bids of an auction."""
    formats = pd.DataFrame([asdict(one) for one in result.formats])
    return {
        "formats": _in_words(formats),
        "lots": _in_words(result.lots),
        "bidders": _in_words(result.bidders.reset_index()),
        "bids": _in_words(result.bids),
    }


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose columns end with their units, in the units of the terminal and with headings in words."""
    columns: dict[str, Any] = {}
    for name, values in table.items():
        stem, ending = str(name), ""
        for end in ("_usd", "_parcels", "_share"):
            if stem.endswith(end):
                stem, ending = stem.removesuffix(end), end
        words = stem.replace("_", " ")
        if str(name) in _PER_PARCEL:
            columns[f"{words}, $ per parcel"] = values
        elif ending:
            scale, unit = scale_of(str(name))
            columns[f"{words}, {unit} parcels" if ending == "_parcels" else f"{words}, {unit}"] = values / scale
        elif str(name) == "parcels":
            columns["parcels, mn a year"] = values / 1e6
        else:
            columns[words] = values.map(party_name) if str(name) == "bidder" else values
    return pd.DataFrame(columns)


# Columns of an auction that are of one parcel though their names do not say so.
_PER_PARCEL = ("price_usd", "saved_usd", "bid_usd", "reserve_usd", "attributable_cost_usd")


def lever_check_tables(result: LeverCheck) -> Tables:
    """What each lever should do and does."""
    from experiments.levers.check import owner_of

    rows = []
    for check in result.checks:
        row = check.expectation
        scale = scale_of(row.outcome)[0]
        rows.append(
            {
                "lever or scenario": row.subject,
                "whose choice it is": owner_of(row),
                "with": " ".join((row.scenario, *row.base, *row.change)),
                "outcome": row.outcome,
                "unit": unit_of(row.outcome),
                "without": check.without / scale,
                "with it": check.outcome / scale,
                "expected": row.direction,
                "holds": "yes" if check.holds else "no",
                "why": row.why,
                "explanation where it does not": row.explanation or "",
            }
        )
    return {"expectations": pd.DataFrame(rows)}
