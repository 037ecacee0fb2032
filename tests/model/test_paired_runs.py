"""Runs that share a seed share their luck: they are equal to the last bit until something differs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.records import SERIES
from tests.small import FEWER

HORIZON = {**FEWER, "end": "2026-03", "n_shippers": 300}
TALKS_OVER = {**FEWER, "end": "2027-03", "n_shippers": 300}  # half a year after the contract of Amazon and USPS ends
FINGERPRINT = """
import hashlib, sys
from model.market import ParcelMarket
from model.records import SERIES
from model.scenario import Scenario
scenario = Scenario.load("withdraw").with_changes({"n_shippers": 400, "end": "2025-06"})
run = ParcelMarket(scenario, rng=int(sys.argv[1])).run()
digest = hashlib.sha256()
for series in SERIES:
    digest.update(run.records[series.name].tobytes())
digest.update(repr(sorted(run.outcomes().items())).encode())
digest.update(repr([(event.month, event.kind, event.text, event.numbers) for event in run.events]).encode())
print(digest.hexdigest())
"""


def test_placebo_is_the_baseline(finished, differences):
    base, placebo = finished("baseline", **TALKS_OVER), finished("placebo", **TALKS_OVER)
    assert differences(base, placebo) == []
    assert placebo.outcomes() == base.outcomes()
    assert [event.text for event in placebo.events] == [event.text for event in base.events]
    assert placebo.settings.name == "placebo"


@pytest.mark.parametrize("name", ["withdraw", "partial"])
@pytest.mark.parametrize("exit_start", ["2026-04", "2029-05"])
def test_an_exit_after_the_horizon_is_no_exit(finished, differences, name, exit_start):
    base = finished("baseline", usps_amazon_volume="kept", **HORIZON)
    late = finished(name, exit_start=exit_start, exit_end="2029-12", **HORIZON)
    assert differences(base, late) == []
    assert late.outcomes() == base.outcomes()


@pytest.mark.parametrize("name", ["withdraw", "partial"])
def test_luck_is_shared_until_the_exit_begins(finished, differences, name):
    base = finished("baseline", usps_amazon_volume="kept", **HORIZON)
    later = finished(name, exit_start="2026-01", **HORIZON)
    assert differences(base, later, months=12) == []
    assert "amazon_via_usps_parcels" in differences(base, later)
    at_usps = [run.records["amazon_via_usps_parcels"][12].sum() for run in (base, later)]
    assert at_usps[1] < at_usps[0]


def test_a_lever_changes_nothing_before_it_is_pulled(finished, differences):
    """Renewing at expiry and renewing now differ in January; what the weather does to demand does not."""
    base, renewed = finished("baseline", **HORIZON), finished("renew", **HORIZON)
    for name in ("amazon_parcels", "usps_mail_index"):
        np.testing.assert_array_equal(base.records[name][:1], renewed.records[name][:1])


def test_a_carrier_without_coverage_changes_nothing(finished, differences):
    usual, another = ({**HORIZON, "n_regional_carriers": count} for count in (8, 9))  # the ninth comes nowhere
    base, more = finished("baseline", **usual), finished("baseline", **another)
    n_carriers = base.carriers.n_carriers
    assert more.carriers.n_carriers == n_carriers + 1
    assert differences(base, more, carriers=n_carriers) == []
    for series in ("volume_parcels", "revenue_usd", "cost_usd", "overflow_parcels"):
        assert (more.records[series][:, n_carriers:] == 0.0).all()
    outcomes = more.outcomes()
    assert {name: outcomes[name] for name in base.outcomes()} == base.outcomes()


def test_the_same_seed_gives_the_same_bytes_in_every_process():
    root = Path(__file__).parents[2]
    found = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", FINGERPRINT, "5"],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1
    assert len(found.pop().strip()) == 64


def test_other_seeds_are_other_markets(market):
    runs = [market(rng=seed, n_shippers=400, end="2025-03").run() for seed in (1, 2)]
    volumes = [run.records["volume_parcels"] for run in runs]
    assert (volumes[0] != volumes[1]).all(axis=0).any()
    for series in ("shipped_parcels", "amazon_parcels"):
        assert not np.array_equal(runs[0].records[series], runs[1].records[series])


def test_a_run_does_not_depend_on_what_ran_before(market, differences):
    """Two markets in one process, stepped in turn, are the two markets stepped alone."""
    alone = market("withdraw", 3, n_shippers=400, end="2025-06").run()
    left = market("withdraw", 3, n_shippers=400, end="2025-06")
    right = market("baseline", 4, n_shippers=300, end="2025-06")
    while not left.finished:
        left.step()
        right.step()
    assert differences(alone, left) == []
    assert right.records.n == 6
    assert all(len(right.records[series.name]) == 6 for series in SERIES)
