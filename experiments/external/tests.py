"""All tests, and the runs that they share."""

from __future__ import annotations

from experiments.external import amazon, elasticities, postal, rivals
from experiments.external.declaration import ExternalTest, Setup
from experiments.external.treatments import (
    DearerFedEx,
    DearerLetters,
    DearerUps,
    DearerUsps,
    KeepsItsReach,
    LeavesUps,
    TwiceAsDearUsps,
)

FREE = {"history_mode": "free_run"}
DISPUTE = {"labour_dispute": "ups", "labour_dispute_start": "2023-06"}
NO_LADDER = {"distress_ladder": False}

RUNS: dict[str, Setup] = {
    "baseline": Setup("baseline", "2029-12"),
    "dearer": Setup("baseline", "2029-12", roster={"usps": DearerUsps}),
    "twice_as_dear": Setup("baseline", "2029-12", roster={"usps": TwiceAsDearUsps}),
    "all_dearer": Setup("baseline", "2029-12", roster={"usps": DearerUsps, "ups": DearerUps, "fedex": DearerFedEx}),
    "letters_dearer": Setup("baseline", "2026-12", roster={"usps": DearerLetters}),
    "six_days": Setup("baseline", "2027-12", changes=NO_LADDER),
    "five_days": Setup("five_day_delivery", "2027-12", changes=NO_LADDER),
    "calm_2023": Setup("baseline", "2024-08", "2022-01"),
    "dispute_2023": Setup("baseline", "2024-08", "2022-01", changes=DISPUTE),
    "free_2018": Setup("baseline", "2024-12", "2018-01", changes=FREE),
    "keeps_reach": Setup("baseline", "2021-12", "2018-01", changes=FREE, roster={"amazon": KeepsItsReach}),
    "still": Setup("standing_still", "2025-12"),
    "leaves_ups": Setup("standing_still", "2025-12", roster={"amazon": LeavesUps}),
    "withdraw": Setup("withdraw", "2028-12"),
    "impasse": Setup("impasse", "2028-12"),
    "amazon_opens_network": Setup("amazon_opens_network", "2028-12"),
}

TESTS: tuple[ExternalTest, ...] = tuple(
    sorted(
        (*rivals.TESTS, *postal.TESTS, *amazon.TESTS, *elasticities.TESTS),
        key=lambda test: (test.key[0] != "X", int(test.key[1:])),
    )
)
