"""Groups of customers by name: who ships, along the first axis of tender, allocation and invoices."""

from __future__ import annotations

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
class CustomerGroups:
    """Groups of customers by name, G of them.

    Attributes:
        payers: Party of the ledger that pays for each group, G.
        regions: Small shippers, one group for each home division.
        enterprise: Enterprise shippers together.
        amazon: Amazon.
    """

    payers: tuple[str, ...]
    regions: slice
    enterprise: int
    amazon: ContractShipper

    @property
    def n(self) -> int:
        """Number of groups."""
        return len(self.payers)

    @property
    def tendered(self) -> slice:
        """Groups that pay published prices less a discount, and surcharges: all but Amazon's."""
        return slice(0, self.amazon.agreed)


def customer_groups() -> CustomerGroups:
    """The groups of a market: small shippers by home division, enterprise shippers, then Amazon."""
    tendered = (*REGIONS, ENTERPRISE)
    amazon = ContractShipper("amazon", agreed=len(tendered), beyond=len(tendered) + 1)
    payers = (*tendered, amazon.key, amazon.key)
    return CustomerGroups(payers, slice(0, len(REGIONS)), payers.index(ENTERPRISE), amazon)
