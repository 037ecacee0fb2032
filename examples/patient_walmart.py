"""Walmart that waits: lastmile run walmart_builds_too --roster walmart=examples/patient_walmart.py:PatientWalmart."""

from dataclasses import replace

from agents.big_shipper import BigShipper
from model.market import ParcelMarket


class PatientWalmart(BigShipper):
    """Walmart, which builds only where its own routes would be cheaper by a dollar more than the usual rule asks."""

    def goes_further(self, case, room):
        """Weigh as usual, but as if each carrier were a dollar cheaper; take half of the room, and try again later."""
        return super().goes_further(replace(case, price=case.price - 1.0), 0.5 * room)


if __name__ == "__main__":
    market = ParcelMarket("walmart_builds_too", roster={"walmart": PatientWalmart}).run()
    print(market.outcomes()["walmart_own_network_parcels"])
