"""Labels of pages as a reader of newspapers knows them, with the exact term in brackets where there is one.

Reports and tables keep the terms of the field as their names, by which glossary, downloads and tests know them; only
what is read on a page is put into these words.
"""

from __future__ import annotations

import re

from experiments.figures import split_year
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
_SERIES = {
    "usps_net_income_usd": "Profit or loss of USPS (net income)",
    "usps_cash_usd": "Cash of USPS",
    "usps_debt_usd": "Debt of USPS",
    "usps_volume_parcels": "Parcels that USPS brings",
    "amazon_volume_parcels": "Parcels that Amazon brings",
    "ups_volume_parcels": "Parcels that UPS brings",
    "fedex_volume_parcels": "Parcels that FedEx brings",
    "amazon_own_share": "Share of its parcels in Amazon's own vans",
    "amazon_via_usps_share": "Share of Amazon's parcels that USPS brings",
    "amazon_delivered_cost_usd": "What the delivery of a parcel costs Amazon",
    "ups_profit_usd": "Profit of UPS",
    "fedex_profit_usd": "Profit of FedEx",
    "economy_price_per_parcel_usd": "Price of an economy parcel",
    "rural_mean_transit_days": "Days that a rural parcel takes",
    "usps_controllable_income_usd": "Profit or loss of USPS without pension costs set by others (controllable income)",
    "usps_parcel_contribution_usd": "What parcels leave USPS for everything else (contribution)",
    "usps_arrears_usd": "Bills that USPS could not pay (arrears)",
    "usps_revenue_per_parcel_usd": "What USPS receives for a parcel",
    "amazon_usps_retained_share": "Amazon's parcels still at USPS, of those of the first year",
    "amazon_own_share_rural": "Share of its rural parcels in Amazon's own vans",
    "amazon_short_parcels": "Parcels that Amazon meant to bring itself and could not",
    "rural_on_time_share": "Rural parcels on time",
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
    return _SERIES.get(name, words_of(name))


def plain_outcome(name: str) -> str:
    """An outcome in plain words, with its year."""
    stem, year = split_year(name)
    return f"{_SERIES[stem]}, {year or 'whole run'}" if stem in _SERIES else outcome_words(name)


def plain_warning(text: str) -> str:
    """A caveat of a comparison without the words of statistics."""
    text = text.replace("cannot be told from zero", "may be no more than luck")
    text = text.replace("are known less well than", "are known only to within more than")
    return text.replace(" replications", " pairs of runs").replace(" replication", " pair of runs")
