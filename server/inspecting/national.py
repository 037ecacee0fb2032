"""What only USPS and Amazon have: money, law and distress; access, coverage and beliefs."""

from __future__ import annotations

import numpy as np

from agents.geography import SEGMENTS, ZONE_TYPES
from agents.rules.distress import Rung
from model.carriers import AMAZON, USPS
from model.market import ParcelMarket
from model.phases.postal import debt_cap
from model.tariffs import price_cap
from model.words import party_name
from server.headline import month_name
from server.inspecting.report import Chart, Fact, Group, fact, history, latest, ratio, share

MILLION, BILLION = 1e6, 1e9
RUNGS = {
    Rung.DEFERRAL: "Retirement contributions put off",
    Rung.SURCHARGE: "Temporary surcharge",
    Rung.CAPITAL: "Capital spending cut",
    Rung.SERVICE: "Slower service",
    Rung.FIVE_DAY: "Delivery on five days",
    Rung.EXHAUSTED: "Cash exhausted",
}


def usps_groups(market: ParcelMarket) -> list[Group]:
    """Money, mail, and the ladder of distress measures."""
    p = market.figures
    facts = [
        fact("Cash", market.ledger.cash("usps"), "billion $", decimals=2, scale=BILLION),
        fact("Debt", market.usps.debt, "billion $", decimals=2, scale=BILLION),
        fact("Debt ceiling", debt_cap(market), "billion $", "39 U.S.C. 2005(a).", decimals=1, scale=BILLION),
        fact(
            "Put off so far", market.usps.deferred, "billion $", "Retirement contributions.", decimals=2, scale=BILLION
        ),
        fact("Could not be paid so far", market.usps.arrears, "billion $", decimals=2, scale=BILLION),
        fact("Net income of the last month", float(latest(market, "usps_net_income_usd")), "million $", scale=MILLION),
        fact("Mail against the start", float(market.mail_index) * 100, "%", "Pieces of mail.", decimals=1),
        fact(
            "Contribution of parcels",
            float(latest(market, "usps_parcel_contribution_usd")),
            "million $ a month",
            "Parcel revenue less attributable cost.",
            scale=MILLION,
        ),
        fact(
            "Institutional cost",
            float(latest(market, "usps_institutional_usd")),
            "million $ a month",
            "Cost that no product causes.",
            scale=MILLION,
        ),
    ]
    ladder = [Fact(RUNGS[rung], f"since {month_name(since)}") for rung, since in market.usps.ladder.taken]
    beliefs = []
    if market.months_done:
        beliefs.append(
            fact(
                "Cash that it expects in a year",
                market.usps.forecast_cash(market.month),
                "billion $",
                "From its own books. Below its minimum it takes a distress measure.",
                decimals=2,
                scale=BILLION,
            )
        )
    beliefs.append(
        fact("Least cash that it wants to hold", p.usps_min_cash * BILLION, "billion $", decimals=1, scale=BILLION)
    )
    return [
        Group("Money and mail", tuple(facts)),
        Group("What it expects", tuple(beliefs)),
        Group("Distress measures", tuple(ladder), "None has been taken."),
    ]


def usps_limits(market: ParcelMarket) -> list[Fact]:
    """Limits of law and money that bind."""
    state, p = market.state, market.figures
    found = []
    if market.usps.debt >= debt_cap(market) - 1.0:
        found.append(
            fact(
                "Debt ceiling",
                debt_cap(market),
                "billion $",
                "It may borrow no more.",
                decimals=1,
                scale=BILLION,
                binds=True,
            )
        )
    if market.usps.borrowed >= p.usps_borrowing_max_year * BILLION - 1.0:
        found.append(
            fact(
                "Borrowing of the fiscal year",
                market.usps.borrowed,
                "billion $",
                "Its yearly limit.",
                decimals=1,
                scale=BILLION,
                binds=True,
            )
        )
    least = p.usps_min_cash * BILLION
    if market.months_done and market.usps.forecast_cash(market.month) < least:
        found.append(
            fact(
                "Least cash",
                least,
                "billion $",
                "It expects to fall below it within a year.",
                decimals=1,
                scale=BILLION,
                binds=True,
            )
        )
    capped = state.tariffs.level[:, USPS] >= price_cap(market.usps, state.tariffs) * (1.0 - 1e-9)
    for segment in np.flatnonzero(capped):
        found.append(
            Fact(
                f"Price cap, {SEGMENTS[segment]}",
                share("", p.usps_price_parity_cap).value + " of UPS or FedEx",
                help="It does not charge more than this share of its rivals' price.",
                binds=True,
            )
        )
    sorting = float(latest(market, "utilisation_share")[USPS])
    if sorting >= 0.999:
        found.append(share("Sorting capacity", sorting, "The national limit of USPS.", binds=True))
    for (rule, subject), since in market.regulator.broken.items():
        about = f", {subject}" if subject else ""
        found.append(Fact(f"Broken: {rule.value.replace('_', ' ')}{about}", f"since {month_name(since)}", binds=True))
    return found


def usps_charts(market: ParcelMarket) -> list[Chart]:
    """Income, cash and debt."""
    money = np.stack([history(market, f"usps_{name}_usd") for name in ("cash", "debt")], axis=1) / BILLION
    income = history(market, "usps_net_income_usd")[:, None] / BILLION
    return [
        Chart(
            "Net income",
            "What USPS earns or loses in a month, mail included.",
            "billion $ a month",
            ("Net income",),
            ("usps",),
            income,
            decimals=2,
            floor=None,
        ),
        Chart(
            "Cash and debt",
            "At the end of each month.",
            "billion $",
            ("Cash", "Debt"),
            ("usps", "second"),
            money,
            (("debt ceiling", debt_cap(market) / BILLION),),
            decimals=1,
        ),
    ]


def amazon_groups(market: ParcelMarket) -> list[Group]:
    """Amazon as a shipper: its channels, and what it expects."""
    amazon, p = market.amazon.memory, market.figures
    shipped = float(latest(market, "amazon_parcels").sum())
    channels = [
        ("in its own vans", "amazon_own_parcels"),
        ("by USPS", "amazon_via_usps_parcels"),
        ("by UPS", "amazon_via_ups_parcels"),
        ("by FedEx", "amazon_via_fedex_parcels"),
    ]
    facts = [
        fact("Parcels that it ships in a month", shipped, "million", scale=MILLION),
        *(share(f"Delivered {name}", ratio(float(latest(market, series).sum()), shipped)) for name, series in channels),
        fact(
            "Cost of a delivered parcel",
            float(latest(market, "amazon_delivered_cost_usd")),
            "$",
            "All channels.",
            decimals=2,
        ),
        fact("Price at USPS under the contract", float(latest(market, "amazon_usps_price_usd")), "$", decimals=2),
        fact("Capital in idle capacity", float(latest(market, "amazon_idle_capital_usd")), "million $", scale=MILLION),
    ]
    beliefs = (
        fact(
            "Price that it expects to pay USPS",
            amazon.price_belief,
            "$",
            "Follows what USPS asks and what it pays; decides how much it builds.",
            decimals=2,
        ),
        fact("Published price at USPS", market.published_access_price(), "$", "Without a contract.", decimals=2),
        fact(
            "Cost of a new route over one that passes",
            p.amazon_own_cost_multiplier,
            "times",
            "Own-cost multiplier where no van of its own passes yet.",
            decimals=2,
        ),
        share("Kept with USPS under the contract", amazon.retained_share, "Of the volume of the start."),
    )
    return [Group("As a shipper", tuple(facts)), Group("What it expects", beliefs)]


def amazon_limits(market: ParcelMarket) -> list[Fact]:
    """Its build limit, its shortage, and the pace of its commitment."""
    limit = market.amazon.yearly_build_limit()
    network = market.state.network
    lead = int(market.figures.build_lead_months)
    since = market.month + (lead - 11)
    ordered = sum(
        float(order.annual_parcels.sum())
        for order in network.pipeline
        if order.carrier == AMAZON and order.arrives >= since
    )
    found = []
    short = float(latest(market, "amazon_short_parcels"))
    if short > 1.0:
        found.append(
            fact("Meant to deliver itself but could not", short, "million", decimals=2, scale=MILLION, binds=True)
        )
    if np.isfinite(limit) and ordered >= limit * lead / 12.0 * 0.999:
        found.append(
            fact(
                "Build limit",
                limit,
                "million a year",
                "It has ordered all that it can build.",
                scale=MILLION,
                binds=True,
            )
        )
    if market.state.talks.get(("usps", "amazon")) is not None:
        talks = market.state.talks["usps", "amazon"]
        if talks.limits and talks.talks.commits(talks.limits[-1][0]):
            found.append(
                Fact(
                    "Commitment deadline has passed",
                    month_name(talks.opened + talks.talks.commitment_round),
                    help="Nothing is signed, so it orders capacity of its own.",
                    binds=True,
                )
            )
    return found


def amazon_charts(market: ParcelMarket) -> list[Chart]:
    """Who delivers its parcels, and its own share by zone type."""
    names = (party_name("usps"), "Own", party_name("ups"), party_name("fedex"))
    series = ("amazon_via_usps_parcels", "amazon_own_parcels", "amazon_via_ups_parcels", "amazon_via_fedex_parcels")
    by_channel = np.stack([history(market, name).sum(axis=1) for name in series], axis=1) / MILLION
    kinds = np.stack([market.zones.zone_type == i for i in range(len(ZONE_TYPES))], axis=1).astype(float)
    own, shipped = history(market, "amazon_own_parcels") @ kinds, history(market, "amazon_parcels") @ kinds
    own_share = 100 * np.divide(own, shipped, out=np.full_like(own, np.nan), where=shipped > 0.0)
    cost = np.stack([history(market, f"amazon_{name}_usd") for name in ("delivered_cost", "usps_price")], axis=1)
    return [
        Chart(
            "Who delivers its parcels",
            "Parcels of Amazon by who brings them to the door.",
            "million a month",
            names,
            ("usps", "amazon", "ups", "fedex"),
            by_channel,
        ),
        Chart(
            "Own share",
            "Share of its parcels in its own vans, by how densely people live.",
            "%",
            tuple(kind.capitalize() for kind in ZONE_TYPES),
            ZONE_TYPES,
            own_share,
            decimals=1,
        ),
        Chart(
            "Cost and price",
            "Cost of a delivered parcel, and what it pays USPS under the contract.",
            "$ per parcel",
            ("Delivered cost", "Price at USPS"),
            ("amazon", "usps"),
            cost,
            decimals=2,
        ),
    ]
