"""What each phase of a month reads and writes: fields of the economy, of its state and of what phases hand on.

A test watches small markets play and holds every line against what it sees (`tests/model/test_phases_touch.py`). A
field is read where a phase takes it in its hands, also to write it; a party is read where it is asked, and written
where what it remembers changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: What the fields hold, for people. Those of one word are told as one.
WORDS = {
    "settings": "assumptions of the run",
    "seed_number": "seed",
    "streams": "random draws",
    "paths": "paths of prices, wages, demand and mail",
    "zones": "places",
    "carriers": "table of carriers",
    "costs": "cost rates",
    "national": "who serves every address",
    "home": "who is at home where",
    "service": "service by place",
    "mix": "where parcels go",
    "amazon_mix": "where Amazon's parcels go",
    "amazon_start_parcels": "Amazon's parcels at the start",
    "groups": "groups of customers",
    "population": "shippers",
    "annual_parcels": "parcels of shippers at the start",
    "month": "calendar",
    "months_done": "calendar",
    "mail_index": "mail volume",
    "worst_parcels": "balance checks",
    "worst_money": "balance checks",
    "start_floor": "floors at the start",
    "start_floor_cost": "floors at the start",
    "start_surplus": "what shippers had at the start",
    "start_segment_revenue": "revenue at the start",
    "labour_share": "share of wages",
    "ledger": "ledger",
    "payer_of_group": "accounts of parties",
    "party_of_carrier": "accounts of parties",
    "carriage_cost_factor": "what Amazon's parcels cost UPS and FedEx",
    "events": "log of events",
    "book": "contracts",
    "records": "monthly records",
    "carrier_agents": "carriers",
    "other_parties": "parties that are no carriers",
    "usps": "USPS",
    "amazon": "Amazon",
    "ups": "UPS",
    "fedex": "FedEx",
    "regulator": "regulator",
    "figures": "figures in force",
    "shippers": "shippers",
    "state.environment": "consumer prices, wages and season",
    "state.tariffs": "price lists and surcharges",
    "state.choice": "what shippers believe and have agreed on",
    "state.network": "capacity, coverage and routes",
    "state.books": "carriers' accounts",
    "state.access": "last mile that carriers buy",
    "state.backlog": "waiting parcels",
    "state.talks": "negotiations",
    "state.past_talks": "negotiations",
    "state.agreed_volume": "parcels agreed on",
    "state.auctions": "auctions",
    "state.flows.demand": "demand",
    "state.flows.tender": "tendered parcels",
    "state.flows.sourcing": "who delivers Amazon's parcels",
    "state.flows.allocation": "accepted parcels",
    "state.flows.invoices": "invoices",
    "state.flows.operating_cost": "cost of operation",
    "state.flows.wages": "wages paid",
    "state.flows.shock_cost": "what shocks add to cost",
    "state.flows.amazon_sales_cost": "cost of Amazon's sales",
    "state.flows.postal": "accounts of USPS",
    "state.flows.access_cost": "cost of access",
    "state.flows.amazon_access_cost": "cost of access",
    "state.flows.price_paid": "prices paid",
    "state.flows.switched": "who has changed carriers",
    "state.flows.delivered": "delivered parcels",
    "state.flows.brought": "delivered parcels",
    "state.flows.awarded": "parcels under awards",
}


def in_words(fields: Iterable[str]) -> str:
    """Fields as people call them, in order, each once."""
    return ", ".join(dict.fromkeys(WORDS[name] for name in fields))


@dataclass(frozen=True, slots=True)
class Touched:
    """What a phase takes in its hands.

    Attributes:
        reads: Fields that it reads.
        writes: Fields whose content it changes.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]

    @classmethod
    def named(cls, reads: str, writes: str) -> Touched:
        """The same from names with blanks between them."""
        return cls(tuple(reads.split()), tuple(writes.split()))


#: By name of the phase; `python -m tests.model.phase_traces` prints it as it ought to be.
TOUCHED: dict[str, Touched] = {
    "update_environment": Touched.named(
        reads=(
            "settings streams paths zones carriers costs month months_done mail_index labour_share groups events "
            "book other_parties figures state.environment state.choice state.network "
        ),
        writes=("costs labour_share events figures state.environment state.choice state.network"),
    ),
    "commission_capacity": Touched.named(
        reads=(
            "settings zones carriers month ledger events carrier_agents figures state.environment state.choice "
            "state.network state.books "
        ),
        writes=("ledger events state.network"),
    ),
    "publish_prices": Touched.named(
        reads=(
            "settings paths zones carriers costs service national home mix month months_done mail_index "
            "start_floor start_floor_cost start_segment_revenue events carrier_agents usps regulator figures "
            "shippers state.environment state.tariffs state.choice state.network state.books "
        ),
        writes=(
            "events carrier_agents usps amazon ups fedex state.environment state.tariffs state.choice "
            "state.network state.books "
        ),
    ),
    "advance_contracts": Touched.named(
        reads=(
            "settings paths zones carriers costs national mix amazon_mix amazon_start_parcels annual_parcels "
            "month months_done mail_index groups events book carrier_agents usps amazon regulator population "
            "figures shippers state.environment state.tariffs state.choice state.network state.books state.talks "
            "state.agreed_volume state.flows.demand "
        ),
        writes=("events book amazon regulator state.choice state.talks state.agreed_volume"),
    ),
    "negotiate": Touched.named(
        reads=(
            "settings streams paths zones carriers costs mix amazon_mix amazon_start_parcels annual_parcels month "
            "mail_index carriage_cost_factor events book carrier_agents usps amazon regulator figures shippers "
            "state.environment state.tariffs state.choice state.network state.books state.access state.talks "
            "state.agreed_volume "
        ),
        writes=("events book amazon regulator state.talks state.agreed_volume"),
    ),
    "auction": Touched.named(
        reads=(
            "settings paths zones carriers costs mix amazon_mix amazon_start_parcels annual_parcels month "
            "months_done mail_index groups events book carrier_agents usps amazon regulator population figures "
            "shippers state.environment state.tariffs state.choice state.network state.books state.access "
            "state.talks state.agreed_volume state.auctions state.flows.allocation state.flows.awarded "
        ),
        writes=("events book amazon state.agreed_volume state.auctions"),
    ),
    "generate_demand": Touched.named(
        reads=(
            "settings streams paths zones mix amazon_mix amazon_start_parcels annual_parcels month months_done "
            "groups amazon figures state.environment state.choice "
        ),
        writes=("state.flows.demand"),
    ),
    "choose_carriers": Touched.named(
        reads=(
            "settings streams zones carriers costs national home mix annual_parcels month months_done mail_index "
            "groups book carrier_agents usps population figures shippers state.environment state.tariffs "
            "state.choice state.network state.books state.access state.auctions state.flows.demand "
        ),
        writes=(
            "population shippers state.choice state.access state.flows.tender state.flows.awarded state.flows.switched "
        ),
    ),
    "source_deliveries": Touched.named(
        reads=(
            "settings seed_number paths zones carriers month months_done groups events book carrier_agents usps "
            "amazon figures state.environment state.tariffs state.network state.access state.backlog "
            "state.auctions state.flows.demand state.flows.tender state.flows.awarded "
        ),
        writes=("events ups fedex state.access state.flows.tender state.flows.sourcing state.flows.awarded"),
    ),
    "allocate_capacity": Touched.named(
        reads=(
            "settings streams zones carriers mix month groups book carrier_agents usps population figures "
            "shippers state.environment state.tariffs state.choice state.network state.access state.backlog "
            "state.flows.tender state.flows.sourcing state.flows.allocation "
        ),
        writes=("population shippers state.backlog state.flows.allocation"),
    ),
    "operate_and_bill": Touched.named(
        reads=(
            "settings paths zones carriers costs service month months_done mail_index labour_share ledger groups "
            "payer_of_group party_of_carrier book carrier_agents usps population figures state.environment "
            "state.tariffs state.choice state.network state.books state.access state.flows.demand "
            "state.flows.allocation state.flows.wages state.flows.access_cost state.flows.amazon_access_cost "
            "state.flows.price_paid state.flows.delivered state.flows.brought state.flows.awarded "
        ),
        writes=(
            "mail_index ledger book state.choice state.network state.access state.flows.invoices "
            "state.flows.operating_cost state.flows.wages state.flows.shock_cost state.flows.amazon_sales_cost "
            "state.flows.postal state.flows.access_cost state.flows.amazon_access_cost state.flows.price_paid "
            "state.flows.delivered state.flows.brought "
        ),
    ),
    "close_books": Touched.named(
        reads=(
            "settings paths zones carriers costs month months_done mail_index labour_share ledger groups "
            "party_of_carrier events book carrier_agents usps regulator figures state.environment state.tariffs "
            "state.network state.books state.access state.flows.allocation state.flows.invoices "
            "state.flows.operating_cost state.flows.wages state.flows.shock_cost state.flows.amazon_sales_cost "
            "state.flows.postal state.flows.access_cost state.flows.amazon_access_cost state.flows.brought "
            "state.flows.awarded "
        ),
        writes=("ledger events usps regulator state.network state.books state.flows.postal"),
    ),
    "learn_and_plan": Touched.named(
        reads=(
            "settings streams paths zones carriers costs national mix amazon_mix amazon_start_parcels "
            "annual_parcels month months_done mail_index ledger groups events book carrier_agents usps amazon "
            "population figures shippers state.environment state.tariffs state.choice state.network state.books "
            "state.access state.agreed_volume state.flows.demand state.flows.allocation state.flows.operating_cost "
        ),
        writes=("ledger events book carrier_agents amazon ups fedex state.tariffs state.network"),
    ),
    "check_and_record": Touched.named(
        reads=(
            "settings paths zones carriers costs service national mix annual_parcels month months_done mail_index "
            "worst_parcels worst_money start_surplus ledger groups party_of_carrier book records carrier_agents "
            "usps amazon regulator figures shippers state.environment state.tariffs state.choice state.network "
            "state.books state.access state.flows.demand state.flows.tender state.flows.sourcing "
            "state.flows.allocation state.flows.invoices state.flows.operating_cost state.flows.amazon_sales_cost "
            "state.flows.postal state.flows.access_cost state.flows.amazon_access_cost state.flows.price_paid "
            "state.flows.delivered state.flows.brought state.flows.switched "
        ),
        writes=("worst_parcels ledger events book records"),
    ),
}
#: What changes in the course of a run; all else is fixed when it begins.
CHANGING = frozenset(name for one in TOUCHED.values() for name in one.writes)
