"""An offer is made, heard, and decided on in few files: a reader can follow it."""

from __future__ import annotations

from tests.ways import AGREED, in_phases

#: Files through which an offer may go, with what holds it, until the regulator decides.
MOST = 8


def test_an_offer_goes_through_few_files() -> None:
    files = in_phases(AGREED, 24, ("negotiate", "advance_contracts"))
    assert {"agents/bargaining/alternating.py", "agents/party.py", "model/phases/negotiation.py"} <= files
    assert len(files) <= MOST
