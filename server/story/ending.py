"""How a run ended: who stays, and the four questions - who delivers, at what price, who pays, which places lose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import RURAL
from model.market import ParcelMarket
from server.story import words
from server.story.run import Story
from server.story.stage import AMAZON, USPS
from server.story.view import rural_shares

type Pair = tuple[float, float]
# Share of its parcels at USPS from which on Amazon stays, and below which it all but leaves.
STAYS, LEAVES = 0.75, 0.25
# Months whose maps are kept: the start, the last one of the contract, a year later, and the end of six years.
MAPPED = (0, 20, 35, 71)


@dataclass(frozen=True)
class Ended:
    """Figures of a finished run; pairs are of its first year (or month) and its last.

    Attributes:
        forced: Whether an outcome was imposed.
        years: Calendar years of the pairs.
        month: Name of the last month.
        kept: Amazon's parcels at USPS, millions in the first and the last year.
        pace: Amazon's parcels at USPS in the last month, millions a year with the season taken out.
        promised: What the contract in force then promises, likewise; None without a contract.
        signed: Month and price of the first agreement of Amazon and USPS, and the price paid in that month; None
            without one.
        price: Price of access that Amazon pays, $ per parcel, at the start and at the end.
        paid: What Amazon pays USPS for parcels, $ in the first and the last year.
        economy: Mean price of an economy parcel that others pay, $.
        result: Net income of USPS, $ in the first and the last year.
        rural: Share of rural parcels that USPS brings, percent, in the first and the last month.
        rural_amazon: The same of Amazon.
        leads: States whose countryside Amazon leads at the start and at the end.
        states: States that have a countryside.
        on_time: Rural parcels on time, percent.
        slowed: Month in which USPS slows its service, from the start of the run, None where it does not.
        slowed_name: Its name.
        maps: Rural shares by state at four dates: month from the start, its name, and shares as in `rural_shares`.
    """

    forced: bool
    years: tuple[int, int]
    month: str
    kept: Pair
    pace: float
    promised: float | None
    signed: tuple[str, float, float] | None
    price: Pair
    paid: Pair
    economy: Pair
    result: Pair
    rural: Pair
    rural_amazon: Pair
    leads: tuple[int, int]
    states: int
    on_time: Pair
    slowed: int | None
    slowed_name: str
    maps: tuple[tuple[int, str, list[list[int]]], ...]


def ended(market: ParcelMarket) -> Ended:
    """Take the figures of a run that is over; call it only from the thread that steps the market."""
    story, records = Story(market), market.records
    first, last = slice(0, MONTHS_PER_YEAR), slice(story.n - MONTHS_PER_YEAR, story.n)
    shares = rural_shares(market, 0)
    leads = [int((shares[month, 1] > shares[month, 0]).sum()) for month in (0, -1)]
    here = np.asarray(market.zones.zone_type) == RURAL
    delivered = records["delivered_parcels"][:, :, here].sum(axis=1)
    late = records["on_time_by_zone_share"][:, here]

    def yearly(name: str) -> Pair:
        values = records[name]
        values = values.sum(axis=tuple(range(1, values.ndim))) if values.ndim > 1 else values
        return float(values[first].sum()), float(values[last].sum())

    signed = next((one for one in story.talks if one.signed is not None), None)
    slowed = next(
        (month for month, event in story.events if event.kind == "distress" and dict(event.numbers).get("rung") == 4.0),
        None,
    )
    at_usps = yearly("amazon_via_usps_parcels")
    economy = [float(story.economy_price[part].mean()) for part in (first, last)]
    on_time = [100.0 * float((late[part] * delivered[part]).sum() / delivered[part].sum()) for part in (first, last)]
    figures = story.figures
    contracts = [story.contract("usps", "amazon", month) for month in (0, story.n - 1)]
    price = [
        float((figures.published if held is None else figures.price)[at])
        for held, at in zip(contracts, (0, -1), strict=True)
    ]
    return Ended(
        forced=story.forced,
        years=(story.when(0).year, story.when(story.n - 1).year),
        month=words.name(story.when(story.n - 1)),
        kept=(at_usps[0] / 1e6, at_usps[1] / 1e6),
        pace=float(figures.at_usps[-1]),
        promised=None if contracts[1] is None else contracts[1].promised,
        signed=None
        if signed is None or signed.signed is None
        else (words.name(story.when(signed.signed)), signed.offers[-1].price, float(figures.price[signed.signed])),
        price=(price[0], price[1]),
        paid=yearly("amazon_usps_revenue_usd"),
        economy=(economy[0], economy[1]),
        result=yearly("usps_net_income_usd"),
        rural=(float(figures.rural[0, USPS]), float(figures.rural[-1, USPS])),
        rural_amazon=(float(figures.rural[0, AMAZON]), float(figures.rural[-1, AMAZON])),
        leads=(leads[0], leads[1]),
        states=int((shares[0, 0] >= 0).sum()),
        on_time=(on_time[0], on_time[1]),
        slowed=slowed,
        slowed_name="" if slowed is None else words.name(story.when(slowed)),
        maps=tuple(
            (month, words.short(story.when(month)), shares[month].tolist()) for month in MAPPED if month < story.n
        ),
    )


def kept_share(one: Ended) -> float:
    """Parcels of the last year over those of the first."""
    return one.kept[1] / one.kept[0] if one.kept[0] > 0.0 else 0.0


def verdict(one: Ended) -> str:
    """The ending in a few words, by the share of its parcels that Amazon keeps at USPS."""
    share = kept_share(one)
    if one.forced and share < STAYS:
        return "Amazon leaves."
    if share >= STAYS:
        return "Amazon stays."
    if share >= LEAVES:
        part = "half" if 0.4 <= share <= 0.6 else words.percent(100.0 * share)
        return f"Amazon stays, with {part} of its parcels."
    return "Amazon all but leaves."


def tell_ending(one: Ended, other: Ended | None) -> dict[str, Any]:
    """The ending in words: headline, lead, and four tiles with a figure of the other road where it is known."""
    start, end = one.years
    kept = f"In all of {end} the Post Office carries {words.parcels(one.kept[1])} of Amazon's parcels; "
    kept += f"in all of {start} it was {words.parcels(one.kept[0])}. "
    kept += f"The pace of {one.month} is {words.parcels(one.pace)} a year, season taken out"
    kept += "." if one.promised is None else f"; the contract promises {words.parcels(one.promised)}."
    if one.signed is not None:
        signed, price, paid = one.signed
        lead = f"They agreed in {signed} on {words.usd(price)} a parcel; {words.usd(paid)} was paid that month. {kept}"
    else:
        lead = f"They signed nothing. {kept} What is left pays {words.usd(one.price[1])} a parcel."
    return {
        "title": verdict(one),
        "finding": "" if other is None else finding(one, other),
        "lead": lead,
        "month": one.month,
        "forced": one.forced,
        "kept": one.kept[1],
        "other": other is not None,
        "tiles": [_who(one, other), _price(one, other), _pays(one, other), _places(one, other)],
    }


def finding(one: Ended, other: Ended) -> str:
    """What differs between a road and the other one, and what does not, each as it is read on the page."""
    end = one.years[1]
    read = [
        ("USPS carries {} of Amazon's parcels", words.parcels(one.kept[1]), words.parcels(other.kept[1])),
        ("USPS {}", _result(one), _result(other)),
        ("Amazon brings {} of rural parcels", words.percent(one.rural_amazon[1]), words.percent(other.rural_amazon[1])),
        ("{} of rural parcels come on time", words.percent(one.on_time[1], 1), words.percent(other.on_time[1], 1)),
    ]
    differ = [f"{text.format(here)} (there {there})" for text, here, there in read if here != there]
    same = [text.format(here) for text, here, there in read if here == there]
    parts = []
    if differ:
        parts.append(f"Against the other road, {end}: {'; '.join(differ)}.")
    if same:
        parts.append(f"The same on both: {'; '.join(same)}.")
    return " ".join(parts)


def _there(text: str) -> str:
    return f" On the other road: {text}."


def _who(one: Ended, other: Ended | None) -> dict[str, Any]:
    name = "The Post Office" if one.rural[1] >= one.rural_amazon[1] else "Amazon"
    text = f"Counting rural households alone, Amazon brings most parcels in {one.leads[1]} of {one.states} states"
    text += f"; at the start in {one.leads[0] or 'none'}."
    text += _there(f"in {other.leads[1] or 'none'}") if other else ""
    return {
        "question": "Who delivers the countryside?",
        "figure": name,
        "text": text,
        "slope": [round(v, 1) for v in (*one.rural, *one.rural_amazon)],
    }


def _price(one: Ended, other: Ended | None) -> dict[str, Any]:
    text = "That is what Amazon pays USPS for bringing a parcel. Others pay "
    text += f"{words.usd(one.economy[1])} for an economy parcel in {one.years[1]}, {words.usd(one.economy[0])} "
    text += f"in {one.years[0]}."
    text += _there(f"Amazon pays {words.usd(other.price[1])}, others {words.usd(other.economy[1])}") if other else ""
    return {
        "question": "At what price?",
        "figure": f"{words.usd(one.price[0])} → {words.usd(one.price[1])}",
        "text": text,
    }


def _pays(one: Ended, other: Ended | None) -> dict[str, Any]:
    text = f"That is what Amazon pays USPS, {one.years[0]} and {one.years[1]}. USPS {_result(one)} in {one.years[1]}."
    text += _there(f"USPS {_result(other)}") if other else ""
    return {
        "question": "Who pays?",
        "figure": f"{words.billions(one.paid[0])} → {words.billions(one.paid[1])}",
        "text": text,
    }


def _result(one: Ended) -> str:
    return f"{'loses' if one.result[1] < 0.0 else 'earns'} {words.billions(one.result[1])}"


def _places(one: Ended, other: Ended | None) -> dict[str, Any]:
    text = f"By law USPS serves every address. Of rural parcels {words.percent(one.on_time[1], 1)} come on time in "
    text += f"{one.years[1]}, {words.percent(one.on_time[0], 1)} in {one.years[0]}."
    text += f" USPS slows its service from {one.slowed_name}." if one.slowed is not None else ""
    if other:
        slowed = "USPS does not slow its service" if other.slowed is None else f"it slows from {other.slowed_name}"
        text += _there(f"{words.percent(other.on_time[1], 1)}, and {slowed}")
    return {"question": "Which places lose?", "figure": "None loses delivery", "text": text}


def maps_of(one: Ended, here: bool) -> dict[str, Any]:
    """The small maps of a road.

    Args:
        one: Its ending.
        here: Whether it is the road that is shown, so that a map can be gone to.
    """
    months = []
    for month, name, shares in one.maps:
        usps, amazon = np.array(shares)
        known = usps >= 0
        leads = [int((known & (usps >= amazon)).sum()), int((known & (amazon > usps)).sum())]
        months.append({"month": month, "name": name, "shares": shares, "leads": leads})
    title = "If they do not" if one.forced else "If they agree" if one.signed else "If they bargain on"
    return {"title": title, "forced": one.forced, "here": here, "months": months}
