"""When the access auction takes place: the published schedule, and again after each term."""

from __future__ import annotations

from agents.calendar import Month
from model.scenario import Scenario
from model.timeline import month_of

ANNOUNCED, AWARD, SERVICE = "access_auction", "auction_award", "auction_service"  # handles of dated facts


def announcement() -> Month:
    """Month in which USPS asks for bids."""
    return month_of(ANNOUNCED)


def announced(settings: Scenario, month: Month) -> bool:
    """Whether USPS has said by a month that it sells access by auction; talks with Amazon end then."""
    return settings.access_auction != "none" and month >= announcement()


def shut_out(settings: Scenario, month: Month) -> bool:
    """Whether Amazon knows by a month that it can buy access only at the published price."""
    return settings.auction_excludes_amazon and announced(settings, month)


def service_month(settings: Scenario, month: Month) -> Month | None:
    """First month of service of the lots that are awarded in a month; None where none are.

    The first awards fall on the published date, the next ones a term later each, in time to follow on. Service begins
    as long after the awards as published, at the earliest after the regulator's review.
    """
    if settings.access_auction == "none":
        return None
    p = settings.parameters
    since, term = month - month_of(AWARD), int(p.auction_term)
    if since < 0 or since % term:
        return None
    return max(month_of(SERVICE) + since, month + int(p.regulator_lag))
