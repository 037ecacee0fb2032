"""USPS with a zone tariff: lastmile run baseline --roster usps=examples/zone_tariff_usps.py:ZoneTariffUsps."""

from agents.usps import Usps
from model.market import ParcelMarket


class ZoneTariffUsps(Usps):
    """USPS, which names an access price for urban, suburban and rural zones each, and does not haggle over it."""

    def price_structure(self, usual):
        """Ask one price by density, whatever the scenario says."""
        return "by_zone_type"

    def bargains(self, side, other):
        """Be its own strategy, by the two methods below."""
        return self

    def propose(self, view):
        """Name the tariff: a twentieth above the least that it may take in each kind of zone."""
        return 1.05 * view.reservation

    def accept(self, view, price):
        """Take what is no less."""
        return price >= self.propose(view)


if __name__ == "__main__":
    print(ParcelMarket(roster={"usps": ZoneTariffUsps}).run().outcomes()["usps_net_income_usd"])
