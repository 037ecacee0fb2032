"""UPS with a tougher strategy: lastmile run baseline --roster ups=examples/tough_ups.py:ToughUps."""

from dataclasses import replace

from agents.bargaining import Concession
from agents.rivals import Ups
from model.market import ParcelMarket


class Tough(Concession):
    """Move as usual, but towards a limit of its own: 1.4 times what it must have."""

    def position(self, view, round_):
        """Price at which it stands in a round, by price group."""
        return super().position(replace(view, reservation=1.4 * view.reservation), round_)


class ToughUps(Ups):
    """UPS, which would rather carry less for Amazon than carry it cheaply."""

    def bargains(self, side, other):
        """Hold out, by a strategy of its own."""
        return Tough(exponent=0.2, aspiration_gap=self.world.figures.aspiration_gap)


if __name__ == "__main__":
    print(ParcelMarket(roster={"ups": ToughUps}).run().outcomes()["amazon_via_ups_parcels"])
