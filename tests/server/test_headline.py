from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from agents.calendar import Month
from model.events import Event
from model.market import ParcelMarket
from server import snapshot
from server.headline import headline

JUNE = Month(2027, 6)


def sentence(events=(), parcels=(500e6,), income=-1.3e9, own=0.725):
    volume = np.zeros((len(parcels), 5))
    volume[:, 0] = parcels
    usps = np.tile([income, 0.0, 0.0], (len(parcels), 1))
    return headline(JUNE, events, volume, usps, np.full(len(parcels), own)).replace("\N{NO-BREAK SPACE}", " ")


def test_an_event_leads_the_sentence():
    event = Event(JUNE, "capacity", ("amazon",), "Amazon orders 60 rural stations.")
    assert sentence([event]).startswith("June 2027: Amazon orders 60 rural stations; USPS carries 500 million parcels")


def test_the_weightiest_event_leads_and_small_carriers_never_do():
    order = Event(JUNE, "order", ("amazon",), "Amazon orders 60 rural stations")
    price = Event(JUNE, "price", ("ups",), "UPS raises its list prices by 5.9 %")
    renewal = Event(JUNE, "contract", ("amazon", "ups"), "Amazon and UPS sign for 48 months")
    signature = Event(JUNE, "contract", ("amazon", "usps"), "Amazon and USPS sign for 48 months")
    regional = Event(JUNE, "contract", ("veho",), "Veho signs")
    assert "UPS raises" in sentence([order, price, regional])
    assert "Amazon and USPS sign" in sentence([order, renewal, signature, price])
    shipper = Event(JUNE, "contract", ("enterprise 4", "ups"), "The contract of enterprise 4 with UPS ends")
    assert "Amazon delivers" in sentence([regional, shipper])


def test_what_moves_less_than_a_million_parcels_is_no_headline():
    def miss(parcels):
        numbers = (("price_usd", 3.78), ("shortfall_parcels", parcels))
        return Event(JUNE, "contract", ("fedex", "usps"), "The contract of FedEx with USPS misses ...", numbers)

    small = Event(JUNE, "closure", ("ups",), "UPS closes capacity ...", (("annual_parcels", 999e3),))
    assert sentence([miss(999e3), small]).startswith("June 2027: Amazon delivers")
    assert sentence([miss(1e6)]).startswith("June 2027: The contract of FedEx with USPS misses")


@pytest.fixture(scope="module")
def run():
    return ParcelMarket("baseline", rng=1).run()


@pytest.mark.thorough
def test_the_readme_counts_states_and_dc_apart(run):
    """Where Amazon delivers most, in March 2025 and in December 2030."""
    text = " ".join((Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").split())
    told = re.findall(r"in (\d+) states and DC in (\w+ 20\d\d)", text)
    assert [month for _, month in told] == ["March 2025", "December 2030"]
    for (states, _), months in zip(told, (3, run.n_months), strict=True):
        seen = snapshot.take(run, snapshot.describe(run, 1), 1, "paused", look_back=months)
        leader = seen.place_delivered[0, :, :-1].argmax(axis=0)
        led = {
            state for state, group in zip(seen.run.states, leader, strict=True) if snapshot.GROUPS[group] == "Amazon"
        }
        assert led >= {"DC"}
        assert len(led - {"DC"}) == int(states)


def test_a_contract_that_follows_another_reads_as_a_succession_and_a_small_miss_is_none(run):
    said = "The contract of Amazon with USPS is replaced by a new one"
    month = next(event.month for event in run.events if event.text == said)
    n = month - run.settings.start + 1
    usps = np.stack([run.records[f"usps_{name}_usd"] for name in ("net_income", "cash", "debt")], axis=1)[:n]
    miss = Event(
        month,
        "contract",
        ("fedex", "usps"),
        "The contract of FedEx with USPS misses ...",
        (("price_usd", 3.78), ("shortfall_parcels", 2e5)),
    )
    events = [miss, *(event for event in run.events if event.month == month and "misses" not in event.text)]
    assert said in headline(month, events, run.records["volume_parcels"][:n], usps, np.ones(n))


def test_a_quiet_month_tells_amazons_own_share():
    assert "Amazon delivers 72.5 % of its parcels itself" in sentence()


def test_loss_and_profit_are_told_apart():
    assert sentence(income=-1.3e9).endswith("loses $1.30 billion.")
    assert sentence(income=-999.6e6).endswith("loses $1.00 billion.")
    assert sentence(income=45e6).endswith("earns $45 million.")


def test_the_same_month_of_the_year_before_is_compared():
    fewer = sentence(parcels=[400e6, *[900e6] * 11, 384e6])
    assert "USPS carries 4.0 % fewer parcels than a year before" in fewer


def test_no_change_is_said_to_be_none():
    text = sentence(parcels=[500e6] * 12 + [500.1e6])
    assert "USPS carries as many parcels as a year before and loses" in text
