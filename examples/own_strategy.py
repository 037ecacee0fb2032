"""A bargaining strategy of one's own: Amazon pays less than the deal is worth to it.

python examples/own_strategy.py         # seed 1
python examples/own_strategy.py 3       # seed 3: no deal before the contract ends, so both settle at an even split
"""

import sys

from agents.amazon import Amazon
from agents.bargaining import View
from model.market import ParcelMarket
from model.scenario import Scenario


class Firm:
    """Move evenly towards the most that it means to pay, which is less than what a deal is worth to it."""

    def __init__(self, share: float) -> None:
        self.share = share

    def propose(self, view: View):
        """Offer half of the price in force at first, and the most that it means to pay at the deadline."""
        most = self.share * view.reservation
        return most - (most - 0.5 * view.current_price) * max(0.0, 1.0 - view.round / view.deadline)

    def accept(self, view: View, price):
        """Take nothing above what it means to pay."""
        return price <= self.share * view.reservation


class FirmAmazon(Amazon):
    """Amazon, firm with USPS and as usual with UPS and FedEx."""

    def bargains(self, side, other):
        """Its strategy in talks with one other party."""
        return Firm(0.85) if other == "usps" else super().bargains(side, other)


def main(seed: int = 1) -> None:
    """Print what Amazon and USPS agree on with the usual strategy and with this one, under the same luck."""
    scenario = Scenario.load("baseline").with_changes({"end": "2028-12"})
    for name, roster in (("usual", {}), ("firm", {"amazon": FirmAmazon})):
        market = ParcelMarket(scenario, rng=seed, roster=roster).run()
        signed = (event for event in market.events if event.kind == "agreement")
        agreed = [f"{event.month}: {event.text}" for event in signed if event.actors == ("amazon", "usps")]
        print(f"{name}, {agreed[0] if agreed else 'no agreement by the end of 2028'}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
