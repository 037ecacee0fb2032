"""Labels of pages as a reader of newspapers knows them, with the exact term in brackets where there is one.

Reports and tables keep the terms of the field as their names, by which glossary, downloads and tests know them; only
what is read on a page is put into these words.
"""

from __future__ import annotations

import re
from functools import cache

from agents.geography import SEGMENTS, ZONE_TYPES
from experiments.figures import split_year
from model.carriers import NATIONAL, carrier_names
from model.records import SERIES, national_columns
from server.words import outcome_words, words_of

_LABELS = {
    # Headings of Inspect
    "State now": "How it stands",
    "Statement": "Money in and out (statement)",
    "What binds this month": "What holds it back this month (what binds)",
    "Network and plans": "Reach, room and plans",
    "Distress measures": "Emergency measures (distress measures)",
    "Performance": "What was delivered",
    "Terms": "What was agreed",
    "Notice and settlements": "Notice, and what was paid for missing parcels",
    "Largest carrier of each, by segment": "Who carries most for them, by service",
    "Rate agreements in force": "Discount contracts in force (rate agreements)",
    # Facts of carriers
    "Margin of the last twelve months": "Profit of the last twelve months, of what it received (margin)",
    "Capacity of the month": "Most parcels that it can bring in a month (capacity)",
    "Used": "Of this, used (capacity used)",
    "Ordered and on its way": "More room ordered, not there yet",
    "Closures decided": "Room that will be closed",
    "Next arrival": "Next room is ready in",
    "Can add in a year at most": "Most room that it can add in a year (build limit)",
    "Build limit": "Most room that it can add in a year (build limit)",
    "Capacity of the last mile": "Room for the way to the door (capacity)",
    "Sorting capacity": "Room for sorting",
    "Latest list increase": "Latest yearly rise of its list prices",
    "Target margin": "Profit that it aims at, of its prices (target margin)",
    "Parcels quoted at its lowest price": "Parcels offered at the least that it may charge",
    "Cash paid for capital goods": "Cash paid for vehicles, buildings and machines",
    # USPS and Amazon
    "Debt ceiling": "Most that it may owe by law (debt ceiling)",
    "Put off so far": "Pension payments put off so far",
    "Net income of the last month": "Profit or loss of the last month (net income)",
    "Net income": "Profit or loss (net income)",
    "Mail against the start": "Letters and other mail, of those at the start",
    "Contribution of parcels": "What parcels leave for everything else (contribution)",
    "Institutional cost": "Cost of the network as a whole (institutional cost)",
    "Commitment deadline has passed": "Its deadline to order vans has passed",
    "Capital in idle capacity": "Money tied up in room that stands empty",
    "Cost of a new route over one that passes": "Cost of a new route, of one that passes anyway",
    "Published price at USPS": "Price at USPS without a contract (published price)",
    "Own share": "Share in its own vans (own share)",
    "Amazon's own share": "Amazon's share in its own vans (own share)",
    # Contracts and shippers
    "Committed": "Parcels promised (commitment)",
    "Commitment": "Parcels promised (commitment)",
    "Of the commitment": "Of what was promised (commitment)",
    "Where the commitment would be by now": "What would have to be delivered by now (commitment)",
    "A missed commitment costs": "Fewer parcels than promised cost (missed commitment)",
    "Rise a year": "Price rise a year (escalator)",
    "Term": "From and until",
    "Cap": "Most parcels that the seller must accept (at most)",
    "Notice": "Notice to end it",
    "Enterprise shippers": "Large shippers",
    "Rows whose parcels were refused last month": "Shippers whose parcels were refused last month",
    "Mean discount": "Average discount",
    "Gain since the start": "What they gain or lose since the start",
    # Who gains, on Compare
    "Consolidators": "Parcel consolidators",
    "Members of Amazon": "Members of Amazon Prime",
    "Mail users": "Letter senders (mail users)",
    "Treasury": "US Treasury",
}
_STATEMENT = re.compile(r"^Statement of the last (.+)$")
_PAID = re.compile(r"^(Received|Paid) for (.+) (from|to) (.+)$")
_LIST = re.compile(r"^List level, (.+)$")
_ENTERPRISE = re.compile(r"\b([Ee])nterprise shipper")
_FOR_WHAT = {"carriage": "carrying parcels", "the last mile": "the way to the door"}
# Headings of the menu of monthly series, in its order.
_REGIONAL, _SERVICE, _PLACE, _GAIN, _MARKET = (
    "Regional carriers",
    "By service",
    "Town and country",
    "Who pays and who gains",
    "The whole market",
)
TOPICS = (*(carrier_names()[key] for key in NATIONAL), _REGIONAL, _SERVICE, _PLACE, _GAIN, _MARKET)
# What is recorded of each carrier, of each service and of each kind of place, by the series.
_OF_EACH = {
    "volume_parcels": "Parcels that {} brings",
    "bought_parcels": "Parcels of {} that USPS brings to the door for it",
    "access_usd": "What {} pays USPS for the way to the door",
    "revenue_usd": "What {} receives (revenue)",
    "cost_usd": "What {} pays (cost)",
    "profit_usd": "Profit of {}",
    "wages_usd": "Wages at {}",
    "operations_usd": "What {} pays for vehicles, line-haul, hubs and overhead",
    "capital_charge_usd": "What added capital costs {} (capital charge)",
    "capital_paid_usd": "Cash that {} pays for vehicles, buildings and machines",
    "on_time_share": "Parcels of {} on time",
    "utilisation_share": "How full {} is (utilisation)",
    "capacity_parcels": "Most parcels that {} can bring in the month (capacity)",
    "annual_capacity_parcels": "Room of {} for the parcels of a year (capacity)",
    "ordered_capacity_parcels": "Room that {} has ordered, not there yet",
    "expected_parcels": "Parcels that {} expects to bring in a year",
    "backlog_parcels": "Parcels that wait at {} for the next month (backlog)",
    "unserved_parcels": "Parcels that {} gives up",
    "overflow_parcels": "Parcels that {} brings after another refused them (overflow)",
    "carbon_kg": "Carbon dioxide of the vans of {}",
    "usps_contract_paid_usd": "What {} pays USPS under contracts",
    "usps_contract_cost_usd": "What parcels of {} under contracts cost USPS",
    "small_shippers_parcels": "Parcels that small shippers give {}",
    "enterprise_shippers_parcels": "Parcels that large shippers give {}",
    "price_per_parcel_usd": "Price of {a} parcel",
    "shipped_parcels": "Parcels sent as {}, without those of Amazon",
    "mean_transit_days": "Days that {a} parcel takes",
    "p90_transit_days": "Days in which nine of ten {} parcels come",
}
_RECORDED = {series.name: series for series in SERIES}
_IS_GAIN = re.compile("_(paid|result|gain)_usd$")
_SERIES = {
    "usps_net_income_usd": "Profit or loss of USPS (net income)",
    "usps_cash_usd": "Cash of USPS",
    "usps_debt_usd": "Debt of USPS",
    "amazon_own_share": "Share of its parcels in Amazon's own vans",
    "amazon_via_usps_share": "Share of Amazon's parcels that USPS brings",
    "amazon_delivered_cost_usd": "What the delivery of a parcel costs Amazon",
    "usps_controllable_income_usd": "Profit or loss of USPS without pension costs set by others (controllable income)",
    "usps_parcel_contribution_usd": "What parcels leave USPS for everything else (contribution)",
    "usps_arrears_usd": "Bills that USPS could not pay (arrears)",
    "usps_revenue_per_parcel_usd": "What USPS receives for a parcel",
    "amazon_usps_retained_share": "Amazon's parcels still at USPS, of those of the first year",
    "amazon_own_share_rural": "Share of its rural parcels in Amazon's own vans",
    "amazon_short_parcels": "Parcels that Amazon meant to bring itself and could not",
    "rural_on_time_share": "Rural parcels on time",
    "amazon_parcels": "Parcels that Amazon sends",
    "amazon_own_parcels": "Parcels in Amazon's own vans",
    "amazon_via_usps_parcels": "Parcels of Amazon that USPS brings",
    "amazon_via_ups_parcels": "Parcels of Amazon that UPS brings",
    "amazon_via_fedex_parcels": "Parcels of Amazon that FedEx brings",
    "amazon_idle_capital_usd": "Money tied up in room of Amazon that stands empty",
    "usps_interest_paid_usd": "Interest that USPS pays",
    "usps_parcel_revenue_usd": "What USPS receives for parcels",
    "usps_mail_revenue_usd": "What USPS receives for mail and other services",
    "usps_expense_usd": "All that USPS pays or owes for its work (expense)",
    "usps_mail_index": "Letters and other mail, of those at the start",
    "usps_violations_count": "Rules of the law that USPS breaks",
    "usps_distress_rung": "How far USPS is with its emergency measures, 0 to 6 (distress rung)",
}


def plain(label: str) -> str:
    """A heading, the name of a fact or of who gains, in plain words; what is plain already stays as it is."""
    if label in _LABELS:
        return _LABELS[label]
    if found := _STATEMENT.match(label):
        return f"Money in and out, the last {found[1]} (statement)"
    if found := _PAID.match(label):
        return f"{found[1]} {found[3]} {plain(found[4])} for {_FOR_WHAT.get(found[2], found[2])}"
    if found := _LIST.match(label):
        return f"List price, {found[1]} parcels"
    return _ENTERPRISE.sub(lambda found: "Large shipper" if found[1] == "E" else "large shipper", label)


def plain_series(name: str) -> str:
    """A monthly series in plain words."""
    return _SERIES.get(name) or _recorded().get(name, ("", ""))[1] or words_of(name)


def topic_of(series: str) -> str:
    """Under which of the `TOPICS` a menu lists a monthly series."""
    return _recorded().get(series, (_topic_by_name(series), ""))[0]


@cache
def _recorded() -> dict[str, tuple[str, str]]:
    """Topic and words of each column that a run records, by its name."""
    names = carrier_names()
    keys = tuple(names)
    found = {}
    for column, (series, place) in national_columns(keys).items():
        axes, words = _RECORDED[series].axes, _OF_EACH.get(series, "")
        if place is None or not words:
            found[column] = _topic_by_name(column), plain(_RECORDED[series].meaning)
        elif axes == ("carrier",):
            name = names[keys[place]]
            found[column] = name if keys[place] in NATIONAL else _REGIONAL, words.format(name)
        else:
            topic, kinds = (_SERVICE, SEGMENTS) if axes == ("segment",) else (_PLACE, ZONE_TYPES)
            found[column] = topic, words.format(kinds[place], a=_one(kinds[place]))
    return found


def _one(kind: str) -> str:
    """A kind with its article."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _topic_by_name(series: str) -> str:
    if _IS_GAIN.search(series) and not series.startswith("amazon_paid"):
        return _GAIN
    return next((carrier_names()[key] for key in NATIONAL if series.startswith(f"{key}_")), _MARKET)


def plain_outcome(name: str) -> str:
    """An outcome in plain words, with its year."""
    stem, year = split_year(name)
    known = stem in _SERIES or stem in _recorded()
    return f"{plain_series(stem)}, {year or 'whole run'}" if known else outcome_words(name)


def plain_warning(text: str) -> str:
    """A caveat of a comparison without the words of statistics."""
    text = text.replace("cannot be told from zero", "may be no more than luck")
    text = text.replace("are known less well than", "are known only to within more than")
    return text.replace(" replications", " pairs of runs").replace(" replication", " pair of runs")
