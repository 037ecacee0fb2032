"""In the market: whoever lets a contract run out bears the months without one, and no split is forced on anybody."""

import numpy as np
import pytest

from agents.calendar import Month
from agents.usps import Usps
from model.market import ParcelMarket
from model.scenario import Scenario
from model.timeline import usps_amazon_expiry

EXPIRY = usps_amazon_expiry()
CHANGES = {"n_shippers": 150, "demand_shock_sd": 0.0, "zone_shock_sd": 0.0}


class Firm:
    """Asks $4.50 for ever and takes nothing less."""

    def propose(self, view):
        return 4.5

    def accept(self, view, price):
        return price >= 4.5


class FirmUsps(Usps):
    """USPS that does not move in its talks with Amazon."""

    def bargains(self, side, other):
        return Firm() if other == "amazon" else super().bargains(side, other)


def played(end, roster=None, seed=2, **changes):
    settings = Scenario.load("baseline").with_changes({**CHANGES, "end": str(end), **changes})
    return ParcelMarket(settings, rng=seed, roster=roster or {}).run()


def after_expiry(run, series):
    return np.array(run.records[series])[EXPIRY - run.settings.start :]


def contribution(run):
    paid, cost = (after_expiry(run, f"amazon_usps_{what}_usd") for what in ("revenue", "attributable"))
    return float((paid - cost).sum())


def test_a_seller_that_demands_too_much_for_ever_never_signs_and_earns_less_than_with_a_deal():
    """Over a whole term: for two years Amazon still pays the published price for what it cannot yet deliver."""
    end, term = EXPIRY + 47, {"term_strategic": 48}
    firm, usual = played(end, {"usps": FirmUsps}, **term), played(end, **term)
    agreed = [e for e in firm.events if e.kind == "agreement" and set(e.actors) == {"amazon", "usps"}]
    assert agreed == []
    assert not firm.state.talks["usps", "amazon"].talks.signed
    assert contribution(firm) < contribution(usual)


def test_months_without_a_contract_cost_amazon_the_more_the_later_it_is_signed():
    def bill(earliest):
        run = played(EXPIRY + 14, earliest_signature=str(earliest))
        parcels = after_expiry(run, "amazon_parcels").sum(axis=1)
        return float((after_expiry(run, "amazon_delivered_cost_usd") * parcels).sum())

    bills = [bill(earliest) for earliest in (Month(2026, 1), EXPIRY + 3, EXPIRY + 9)]
    assert bills == sorted(bills)
    assert bills[-1] > bills[0] * 1.002


def test_after_expiry_must_be_one_of_two():
    with pytest.raises(ValueError, match="after_expiry"):
        Scenario.load("baseline").with_changes({"after_expiry": "never"})
