"""Elasticities of demand: those of the model (E1 to E3), beside every published one that was found."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import SEGMENTS
from experiments.external.declaration import ExternalTest, Figures, Reading
from model.carriers import FEDEX, UPS, USPS
from model.market import ParcelMarket
from model.phases.prices import demand_and_cost
from model.postal_accounts import mail_month


@dataclass(frozen=True, slots=True)
class Published:
    """An elasticity that somebody published.

    Attributes:
        what: Of what, with respect to which price.
        where: Country, operator or data.
        low: Published value; lower end where there is a range. None where the figures were not seen.
        high: Upper end.
        model: Figure of the model that is compared (`limits.csv` or `compare` of a test), empty where it has none.
        source_id: Row of `model/data/sources.csv`.
        note: How to read it.
    """

    what: str
    where: str
    low: float | None
    high: float | None
    model: str
    source_id: str
    note: str


@cache
def published() -> tuple[Published, ...]:
    """Every published elasticity that was found, `elasticities.csv`."""
    text = (resources.files("experiments") / "external" / "elasticities.csv").read_text(encoding="utf-8")
    return tuple(
        Published(
            row["what"],
            row["where"],
            _number(row["low"]),
            _number(row["high"]),
            row["model"],
            row["source_id"],
            row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def own_price(market: ParcelMarket) -> Figures:
    """Long-run elasticities to a carrier's own prices, as the carriers of the market know them themselves.

    The mean over segments of USPS, UPS and FedEx, weighted by parcels, and those of every segment.
    """
    demand, _ = demand_and_cost(market)
    found = {}
    for name, carrier in (("usps", USPS), ("ups", UPS), ("fedex", FEDEX)):
        sold = demand.parcels[:, carrier]
        found[f"own_{name}"] = float(np.average(demand.elasticity[:, carrier], weights=sold))
        for s, segment in enumerate(SEGMENTS):
            found[f"own_{name}_{segment}"] = float(demand.elasticity[s, carrier])
    return found


def shipped_and_paid(market: ParcelMarket) -> Figures:
    """Parcels of others than Amazon in the second year of the run, and the mean price of one, by segment, (S,)."""
    rows = slice(MONTHS_PER_YEAR, 2 * MONTHS_PER_YEAR)
    parcels, price = market.records["shipped_parcels"][rows], market.records["price_per_parcel_usd"][rows]
    return {"shipped": parcels.sum(axis=0), "paid": (parcels * price).sum(axis=0) / parcels.sum(axis=0)}


def first_class(market: ParcelMarket) -> Figures:
    """Pieces of First-Class Mail of the last month over those of the start, and the price of letters likewise.

    The market's own mail, with the other classes left out, since the records hold all classes together.
    """
    env = market.state.environment

    def alone(name: str, _months: int) -> float | None:
        return None if name == "first_class" else 0.0

    months = market.months_done - 1
    mail = mail_month(market.figures, months, env.mail_price, env.price_level, env.wage_usps, observed=alone)
    return {"letters": mail.volume_index, "letter_price": env.mail_price, "all_mail": market.mail_index}


def compare_own(found: Mapping[str, Figures]) -> dict[str, float]:
    """Elasticity of USPS, and those of the others for the table."""
    one = found["baseline"]
    others = {name: float(value) for name, value in one.items() if name.startswith("own_")}
    return {"usps_own_price": others["own_usps"], **others}


def compare_market(found: Mapping[str, Figures]) -> dict[str, float]:
    """Answer of all parcels to prices that rise at USPS, UPS and FedEx at once, segments weighted by parcels."""
    base, dear = found["baseline"], found["all_dearer"]
    moved = np.log(dear["shipped"] / base["shipped"])
    rise = np.log(dear["paid"] / base["paid"])
    weight = base["shipped"]
    each = {f"market_{segment}": float(moved[s] / rise[s]) for s, segment in enumerate(SEGMENTS)}
    return {"market_own_price": float(np.average(moved, weights=weight) / np.average(rise, weights=weight)), **each}


def compare_letters(found: Mapping[str, Figures]) -> dict[str, float]:
    """Answer of First-Class Mail, and of all mail, to letters that cost a tenth more."""
    usual, dear = found["baseline"], found["letters_dearer"]
    rise = float(np.log(dear["letter_price"] / usual["letter_price"]))
    return {
        "first_class_own_price": float(np.log(dear["letters"] / usual["letters"])) / rise,
        "mail_own_price": float(np.log(dear["all_mail"] / usual["all_mail"])) / rise,
    }


TESTS = (
    ExternalTest(
        key="E1",
        title="Answer of USPS parcels to their own price",
        published="A study for a group of large shippers implies -4.5 at +50 %; parcels of postal operators are held "
        "to be at least elastic where rivals are near.",
        comparable="Own-price elasticity of the parcels of USPS after every shipper has reconsidered, at prices of "
        "the start; mean over segments, as USPS of the model knows it itself.",
        given="Price coefficients of the choice of carriers, chosen within ranges; no elasticity of a carrier.",
        readings=(Reading("baseline", own_price, after=(1,)),),
        compare=compare_own,
        because={
            "usps_own_price": "By segment {own_usps_economy:.1f} (economy), {own_usps_ground:.1f} (ground) and "
            "{own_usps_premium:.1f} (premium). USPS has most of the economy parcels, for which the others ask more.",
        },
    ),
    ExternalTest(
        key="E2",
        title="Answer of all parcels to all prices",
        published="Parcels are a small part of what goods cost; no count of the whole market was found.",
        comparable="Parcels of others than Amazon in the second year when USPS, UPS and FedEx raise prices by half, "
        "over the rise of what is paid, segment by segment.",
        given="An elasticity for each segment (`volume_elasticity_*`), chosen: the test shows only that the market "
        "obeys it.",
        readings=(Reading("baseline", shipped_and_paid), Reading("all_dearer", shipped_and_paid)),
        compare=compare_market,
    ),
    ExternalTest(
        key="E3",
        title="Answer of First-Class Mail to its price",
        published="Econometric studies agree that First-Class Mail is inelastic and not becoming more elastic.",
        comparable="Pieces at the end of 2026 when letters cost a tenth more from July 2026 on.",
        given="The elasticity of each class (`mail_elasticity_*`): the test shows only that the market obeys it.",
        readings=(Reading("baseline", first_class, after=(24,)), Reading("letters_dearer", first_class)),
        compare=compare_letters,
    ),
)
