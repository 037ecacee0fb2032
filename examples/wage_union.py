"""A union, a new kind of party: lastmile run baseline --roster union=examples/wage_union.py:Union."""

from agents.calendar import JULY
from agents.party import Party
from model.market import ParcelMarket


class Union(Party):
    """The union of the drivers of UPS; each July it sets wages, and asks for a little more than the year before."""

    asked = 0.015

    def wage_step(self, month):
        """Two percent more than expected in the first July, half a percent more each year, up to four."""
        if month.month != JULY:
            return {}
        self.asked = min(0.04, self.asked + 0.005)
        return {"ups": 1.0 + self.asked}


if __name__ == "__main__":
    market = ParcelMarket(roster={"union": Union}).run()
    print(*(f"{event.month}: {event.text}" for event in market.events if event.kind == "wages"), sep="\n")
