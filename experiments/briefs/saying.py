"""Outcomes, differences and scenarios as people say them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from agents.calendar import Month
from experiments.figures import dollars, figure, scale_of, split_year
from experiments.reports.words import outcome_meaning, outcome_unit
from experiments.settings import shown
from model.conditions import read_condition
from model.parameters import Parameters
from model.scenario import Scenario, scenario_names
from model.shocks import ALL, DatedShock
from model.words import party_name

_OUTCOMES = {
    "usps_net_income_usd": "the net income of USPS",
    "welfare_usps_usd": "the net income of USPS",
    "usps_controllable_income_usd": "the income of USPS without retirement cost that others set",
    "usps_parcel_contribution_usd": "what parcels leave USPS over their own cost",
    "usps_cash_usd": "the cash of USPS at the end",
    "usps_debt_usd": "the debt of USPS at the end",
    "usps_arrears_usd": "what USPS owes and cannot pay",
    "usps_revenue_per_parcel_usd": "what USPS earns on a parcel",
    "economy_price_per_parcel_usd": "the price of an economy parcel",
    "amazon_usps_retained_share": "the share of its parcels that Amazon leaves with USPS, against the first year",
    "amazon_own_share": "the share of its parcels that Amazon delivers itself",
    "amazon_own_share_rural": "the share of its rural parcels that Amazon delivers itself",
    "amazon_delivered_cost_usd": "what a delivered parcel costs Amazon",
    "amazon_short_parcels": "the parcels that Amazon meant to deliver itself and could not",
    "rural_on_time_share": "the share of rural parcels that come on time",
}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_SIGNS = {"<=": "is at most", ">=": "is at least", "<": "is below", ">": "is above", "==": "is", "!=": "is not"}
_KEY = re.compile(r"\b[a-z]+\d*(?:_[a-z0-9]+)+\b")
_STRUCK = {
    "fuel": "the price of fuel",
    "wages": "wages",
    "interest": "interest",
    "demand": "the parcels that are shipped",
    "duty_free": "small imports that come free of duty",
}
_WHOSE = {"private": "of private carriers", "usps": "of USPS"}
_NOT_CHANGES = ("name", "title", "description", "forced", "start", "end", "roster", "carriers", "shippers",
                "shocks")  # fmt: skip


def outcome_words(name: str) -> str:
    """An outcome without its year, to stand in a sentence."""
    stem = split_year(name)[0]
    if stem in _OUTCOMES:
        return _OUTCOMES[stem]
    for ending, words in (
        ("_volume_parcels", "the parcels that {} brings to the door"),
        ("_sold_parcels", "the parcels that {} sells"),
        ("_profit_usd", "the profit of {}"),
    ):
        who = stem.removesuffix(ending)
        if who != stem and "_" not in who:
            return words.format(party_name(who))
    meaning = outcome_meaning(name).rpartition(", ")[0]
    who, colon, what = meaning.partition(": ")
    told = f"{what} ({party_name(who)})" if colon and "_" not in who and " " not in who else meaning
    return f"“{told[:1].lower()}{told[1:]}”" if told else f"“{stem.replace('_', ' ')}”"


def level(name: str, value: float) -> str:
    """A value of an outcome with its unit."""
    if math.isnan(value):
        return "no figure"
    if outcome_unit(name) in ("bn $", "$"):
        return dollars(value)
    unit = outcome_unit(name)
    if unit == "mn parcels":
        return f"{value / 1e6:,.0f} million"
    return f"{figure(name, value)} {unit if unit != '-' else ''}".rstrip()


def amount(name: str, value: float) -> str:
    """The size of a difference of an outcome, without its sign."""
    if outcome_unit(name) == "%":
        return f"{abs(value) / scale_of(name)[0]:.1f} percentage points"
    return level(name, abs(value))


def change(name: str, mean: float, low: float, high: float) -> str:
    """A difference with its interval: "$1.13 billion lower (95 % interval: $0.80 billion to $1.45 billion lower)"."""
    if math.isnan(low):
        return "unchanged" if mean == 0.0 else f"{amount(name, mean)} {way(mean)} (one pair of runs, so no interval)"
    if low == high == 0.0:
        return "the same, in every pair of runs"
    if low > 0.0 or high < 0.0:
        near, far = sorted((abs(low), abs(high)))
        return (
            f"{amount(name, mean)} {way(mean)} (95 % interval: {amount(name, near)} to {amount(name, far)} {way(mean)})"
        )
    ends = " to ".join(f"{amount(name, end)} {way(end)}" for end in (low, high))
    return f"{amount(name, mean)} {way(mean)} on average, which cannot be told from luck (95 % interval: {ends})"


def way(value: float) -> str:
    """Which way a difference goes."""
    return "lower" if value < 0.0 else "higher"


def scenario_words(scenario: Scenario) -> str:
    """A scenario as a sentence names it."""
    title = scenario.title or (Scenario.load(scenario.name).title if scenario.name in scenario_names() else "")
    return f"“{title or scenario.name.replace('_', ' ')}”"


def month_words(month: Month) -> str:
    """Such as "January 2025"."""
    return f"{_MONTHS[month.month - 1]} {month.year}"


def listed(words: Iterable[str]) -> str:
    """Such as "a, b and c"."""
    *most, last = [*words] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def assumptions(scenarios: Sequence[Scenario]) -> list[str]:
    """What each scenario assumes against the usual, a sentence each; what all of them share comes once."""
    changes = []
    for one in scenarios:
        # What a scenario of the library sets itself is told by its description.
        name = one.name.partition(":")[0]
        library = Scenario.load(name) if name in scenario_names() else Scenario()
        usual, own = library.changes(), one.changes()
        keys = [key for key in {**usual, **own} if usual.get(key) != own.get(key) and key not in _NOT_CHANGES]
        struck = [shock_words(shock) for shock in one.shocks if shock not in library.shocks]
        changes.append([*(setting_words(key, one) for key in keys), *struck])
    common = [words for words in changes[0] if all(words in one for one in changes)]
    told: list[str] = []
    bases: dict[str, str] = {}
    for scenario, settings in zip(scenarios, changes, strict=True):
        words, base = scenario_words(scenario), scenario.name.partition(":")[0]
        parts = listed([one for one in settings if one not in common] or [""])
        if base in bases:
            told.append(f"{words}: as {bases[base]}{f', but with {parts}' if parts else ''}.")
            continue
        bases[base] = words
        text = Scenario.load(base).description if base in scenario_names() else scenario.description
        forced = " An outcome is imposed in it rather than found by the market." if scenario.forced else ""
        text = plain(text).rstrip(".") or "what is usual"
        told.append(f"{words}: {text}.{f' With {parts}.' if parts else ''}{forced}")
    if common:
        told.append(f"Everywhere: {listed(common)}.")
    return told


def changed_words(before: Scenario, after: Scenario) -> list[str]:
    """What one scenario changes against another that it follows."""
    old, new = before.changes(), after.changes()
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key) and key not in _NOT_CHANGES]
    struck = [shock_words(shock) for shock in after.shocks if shock not in before.shocks]
    own = [
        f"a class of somebody's own decides for {party_name(key)}"
        for key, path in after.roster.items()
        if before.roster.get(key) != path
    ]
    return [*(setting_words(key, after) for key in keys), *struck, *own]


def plain(text: str) -> str:
    """A text that names scenarios as the code does, with their titles instead."""
    for name in scenario_names():
        title = f"“{Scenario.load(name).title}”"
        text = text.replace(f"`{name}`", title)
        if "_" in name:
            text = re.sub(rf"\b{name}\b", title, text)
    return text.replace("`", "")


def setting_words(key: str, scenario: Scenario) -> str:
    """A lever or parameter and what it is in a scenario, with what it usually is."""
    if key == "stop_when":
        return ended_words(scenario.stop_when) if scenario.stop_when else "no condition ends a run"
    default, value = Scenario(), scenario.value(key)
    parameters = Parameters.default()
    if key in parameters:
        row = parameters.row(key)
        unit = "" if row.unit in ("-", "", "count", "x") else f" {row.unit}"
        name = uncapital(row.name.partition(";")[0])
        return f"{name}: {shown(value)}{unit} (usually {shown(default.value(key))})"
    word = {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    usual = default.value(key)
    usually = {True: "on", False: "off"}[usual] if isinstance(usual, bool) else str(usual)
    return f"{key.replace('_', ' ')}: {word.replace('_', ' ')} (usually {usually.replace('_', ' ')})"


def shock_words(shock: DatedShock) -> str:
    """Such as "a shock to the price of fuel of +100 % from January 2026 to December 2027"."""
    if shock.kind == "labour_dispute":
        what = f"the odds that a shipper takes {party_name(shock.whom)}"
    else:
        whose = "" if shock.whom == ALL else f" {_WHOSE.get(shock.whom, f'({shock.whom})')}"
        what = f"{_STRUCK[shock.kind]}{whose}"
    unit = "points" if shock.kind == "interest" else "%"
    if shock.last is None:
        when = f"from {month_words(shock.first)} on"
    elif shock.last == shock.first:
        when = f"in {month_words(shock.first)}"
    else:
        when = f"from {month_words(shock.first)} to {month_words(shock.last)}"
    return f"a shock to {what} of {100.0 * shock.size:+.6g} {unit} {when}"


def ended_words(condition: str) -> str:
    """A condition that ends a run, such as "a run ends with the month in which the cash of USPS is at most 0"."""
    rows = [
        " and ".join(
            f"{outcome_words(one.name).removesuffix(' at the end')} {_SIGNS[one.sign]} {level(one.name, one.number)}"
            for one in row
        )
        for row in read_condition(condition).rows
    ]
    return f"a run ends with the month in which {' or '.join(rows)}"


def without_keys(text: str, names: Mapping[str, str] | None = None) -> str:
    """A sentence about outcomes, levers and parameters with words for their names in the code.

    Args:
        text: The sentence.
        names: Words for other names that stand in it, such as those of scenarios.
    """
    if names:
        found = "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True))
        text = re.sub(rf"(?<!\w)({found})(?!\w)", lambda one: names[one[0]], text)
    text = re.sub("|".join(rf"(?<= ){sign}(?= )" for sign in _SIGNS), lambda found: _SIGNS[found[0]], text)
    return _KEY.sub(lambda found: key_words(found[0]), text)


def key_words(key: str) -> str:
    """An outcome with its year, a parameter or a lever, to stand in a sentence."""
    stem, year = split_year(key)
    if stem in _OUTCOMES or outcome_meaning(key):
        words = outcome_words(key)
        if year and words.endswith(" at the end"):
            return f"{words} of {year}"
        what, comma, rest = words.partition(", ") if not words.startswith("“") else (words, "", "")
        return f"{what} in {year}{comma}{rest}" if year else words
    parameters = Parameters.default()
    return uncapital(parameters.row(key).name.partition(";")[0]) if key in parameters else key.replace("_", " ")


def capital(text: str) -> str:
    """A text as a sentence begins with it."""
    return f"{text[:1].upper()}{text[1:]}"


def uncapital(text: str) -> str:
    """A text as it stands within a sentence; names keep their capitals."""
    is_name = text[:2].isupper() or text.startswith(("Amazon", "FedEx", "Congress"))
    return text if is_name else f"{text[:1].lower()}{text[1:]}"
