"""The regulator: what it reviews, and which rules are broken."""

from __future__ import annotations

from model.market import ParcelMarket
from server.headline import month_name
from server.inspecting.report import (
    Chart,
    Fact,
    Group,
    Report,
    history,
    told,
)

KINDS = ("regulator", "violation", "compliance")


def regulator(market: ParcelMarket) -> Report:
    """The regulator: what it looks at and what it has found."""
    agent = market.regulator
    queue = [
        Fact(
            f"{market.book.name(filing.buyer)} with {market.book.name(filing.seller)}",
            f"filed in {month_name(filing.filed)}",
            help=f"Prices {', '.join(f'${price:.2f}' for price in filing.price[:6])}; attributable cost "
            f"{', '.join(f'${cost:.2f}' for cost in filing.attributable_cost[:6])}.",
        )
        for filing in agent.queue
    ]
    broken = [
        Fact(
            f"{rule.value.replace('_', ' ')}{', ' + subject if subject else ''}",
            f"since {month_name(since)}",
            binds=True,
        )
        for (rule, subject), since in agent.broken.items()
    ]
    counts = history(market, "usps_violations_count")[:, None]
    events = [event for event in market.events if event.kind in KINDS]
    lag = f"{agent.lag_months} month{'' if agent.lag_months == 1 else 's'}"
    return Report(
        "regulator",
        "Regulator",
        "It applies the law to contracts, prices, borrowing and results of USPS, and has no interest of its own",
        (
            Group("State now", (Fact("Decides after", lag),)),
            Group("Contracts under review", tuple(queue), "None."),
            Group("Rules broken at present", tuple(broken), "None."),
        ),
        (Chart("Rules broken", "Statutory rules that are broken, by month.", "rules", ("Rules",), ("first",), counts),),
        *told(events, "regulator"),
    )
