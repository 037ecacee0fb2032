"""Groups of customers by name: who ships, along the first axis of tender, allocation and invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.geography import DIVISIONS

#: Party of the ledger that pays for small shippers, by home division, and for enterprise shippers.
REGIONS = tuple(f"shippers {name}" for name in DIVISIONS)
ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class ContractShipper:
    """Groups of a large shipper whose prices are its contracts, not the published ones.

    Attributes:
        key: Its key as a party, and as the carrier on whose routes it delivers for itself.
        agreed: Group of what its own routes and its contracts carry.
        beyond: Group of what goes to others beyond its contracts.
    """

    key: str
    agreed: int
    beyond: int

    @property
    def all(self) -> slice:
        """All its groups."""
        return slice(self.agreed, self.beyond + 1)


@dataclass(frozen=True, slots=True)
class BigShipperGroup:
    """The group of a big shipper that a scenario names.

    Attributes:
        key: Its key as a party.
        group: Its group.
        row: Its row in the shipper table, the last ones of the enterprise shippers.
        network: The carrier that is its own network.
    """

    key: str
    group: int
    row: int
    network: int


@dataclass(frozen=True, slots=True)
class CustomerGroups:
    """Groups of customers by name, G of them.

    Attributes:
        payers: Party of the ledger that pays for each group, G.
        homes: How many home divisions there are; small shippers of each are one of the first groups.
        enterprise: Enterprise shippers together.
        big: Big shippers that the scenario names.
        amazon: Amazon.
        ordinary: How many enterprise shippers are no big ones; theirs are the first rows of the shipper table.
    """

    payers: tuple[str, ...]
    homes: int
    enterprise: int
    big: tuple[BigShipperGroup, ...]
    amazon: ContractShipper
    ordinary: int

    @property
    def n(self) -> int:
        """Number of groups."""
        return len(self.payers)

    @property
    def regions(self) -> slice:
        """Small shippers, one group for each home division."""
        return slice(0, self.homes)

    @property
    def tendered(self) -> slice:
        """Groups that pay published prices less a discount, and surcharges: all but Amazon's."""
        return slice(0, self.amazon.agreed)

    @property
    def own_networks(self) -> list[int]:
        """Carriers that deliver for their owner alone."""
        return [one.network for one in self.big]

    def buyer(self, row: int) -> str:
        """Key of an enterprise shipper or a big shipper in contracts and events, by its row in the shipper table."""
        return f"enterprise_{row + 1}" if row < self.ordinary else self.big[row - self.ordinary].key


def customer_groups(ordinary: int = 0, big: Sequence[str] = (), carriers: Sequence[str] = ()) -> CustomerGroups:
    """The groups of a market: small shippers by home division, enterprise shippers, big shippers, then Amazon.

    Args:
        ordinary: Number of enterprise shippers that are no big ones.
        big: Keys of the big shippers.
        carriers: Keys of all carriers, the networks of the big shippers among them.
    """
    tendered = (*REGIONS, ENTERPRISE, *big)
    groups = tuple(
        BigShipperGroup(key, len(REGIONS) + 1 + place, ordinary + place, carriers.index(key))
        for place, key in enumerate(big)
    )
    amazon = ContractShipper("amazon", agreed=len(tendered), beyond=len(tendered) + 1)
    payers = (*tendered, amazon.key, amazon.key)
    return CustomerGroups(payers, len(REGIONS), payers.index(ENTERPRISE), groups, amazon, ordinary)
