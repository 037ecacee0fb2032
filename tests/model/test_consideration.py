"""Young regional carriers: who considers them, where they begin, what their contractors cost."""

import numpy as np
import pytest

from agents.rules.consideration import YOUNGEST, considered_share
from model.fixed_costs import fixed_costs
from model.phases.consideration import become_known
from model.start.offers import target_shares

SHORT = {"n_shippers": 300, "end": "2025-03"}


def test_few_consider_a_carrier_at_first_and_all_do_in_the_end():
    years = np.arange(0.5, 60.0, 0.5)
    share = considered_share(years, 0.03, 0.38)
    assert (np.diff(share) > 0.0).all()
    assert share[0] == pytest.approx(0.03 * 0.5, rel=0.15)  # innovators only
    assert share[-1] == pytest.approx(1.0, abs=1e-6)
    steepest = years[np.argmax(np.diff(share))]
    assert steepest == pytest.approx(np.log(0.38 / 0.03) / 0.41, abs=0.5)  # where Bass has the peak of adoption
    assert considered_share(np.array([0.0]), 0.03, 0.38) == considered_share(np.array([YOUNGEST]), 0.03, 0.38)


def test_a_young_carrier_becomes_known_and_an_old_one_is(market):
    run = market("baseline", **SHORT)
    keys = run.carriers.keys
    young, old = keys.index("uniuni"), keys.index("spee_dee")
    assert not run.state.choice.known.any()  # the constants of the start hold what is known then
    run.step()
    first = run.state.choice.known.copy()
    run.step()
    assert (run.state.choice.known[young] > first[young]).any()
    assert run.state.choice.known[old][np.isfinite(run.state.choice.since[old])] == pytest.approx(0.0, abs=1e-6)
    assert not run.state.choice.known[:4].any()


def test_where_a_carrier_begins_it_is_a_stranger(market):
    run = market("baseline", **SHORT)
    run.step()
    carrier, division = run.carriers.keys.index("spee_dee"), int(run.zones.division[run.zones.state == "CA"][0])
    assert np.isinf(run.state.choice.since[carrier, division])
    run.state.network.coverage[carrier, run.zones.state == "CA"] = 0.5
    become_known(run)
    known = np.exp(run.state.choice.known[carrier, division])
    assert known == pytest.approx(float(considered_share(np.array(YOUNGEST), 0.03, 0.38)), rel=1e-3)
    assert run.state.choice.since[carrier, division] > 2024.0


def test_it_can_be_primary_wherever_it_delivers_at_home(market):
    """LSO reaches less than a tenth of the destinations of some homes; it sells to those that it serves at home."""
    share = {}
    for rule in (0, 1):
        run = market("baseline", **SHORT, regional_home_primary=rule)
        carrier = run.carriers.keys.index("spee_dee")
        home = (run.state.network.coverage[carrier] > 0.0) @ (run.zones.division[:, None] == np.arange(9)) > 0
        small = run.shippers.small
        at_home = home[run.shippers.division[small]]
        theirs = (run.shippers.primary[small] == carrier).any(axis=1)
        assert not theirs[~at_home].any()
        share[rule] = {int(d) for d in np.unique(run.shippers.division[small][theirs])}
    assert share[0] < share[1]


def test_contractors_are_paid_by_the_parcel(market):
    """With twice the parcels a regional carrier has 1.65 times the cost that used to stand still."""
    run = market("baseline", **SHORT, overhead_elasticity=0)
    start = fixed_costs(run)
    veho = run.carriers.keys.index("veho")
    run.state.network.annual_volume[veho] *= 2.0
    after = fixed_costs(run)
    assert after[veho] / start[veho] == pytest.approx(1.65)
    assert after[2] == start[2]


@pytest.mark.parametrize(("carrier", "grown"), [("ups", 2.0**0.65), ("veho", 0.65 * 2.0 + 0.35 * 2.0**0.65)])
def test_overhead_comes_with_parcels_and_goes_with_closures_alone(market, carrier, grown):
    """Also with parcels that are handed over: they go through the same hubs."""
    run = market("baseline", **SHORT)
    index, start = run.carriers.keys.index(carrier), fixed_costs(run)
    run.state.access.handed[index] = run.state.network.annual_volume[index].sum()
    assert fixed_costs(run)[index] / start[index] == pytest.approx(grown)
    run.state.access.handed[:] = 0.0
    run.state.network.annual_volume[index] *= 0.5
    kept = 1.0 if carrier == "ups" else 1.0 - 0.65 * 0.5
    assert fixed_costs(run)[index] / start[index] == pytest.approx(kept)


def test_an_early_start_has_a_smaller_footprint_and_young_carriers_with_fewer_parcels(market):
    run = market("baseline", n_shippers=300, start="2019-01", end="2019-01")
    keys, listed = run.carriers.keys, run.carriers.household_coverage
    for key in ("ontrac", "veho"):
        part = run.state.network.coverage[keys.index(key)].sum() / listed[keys.index(key)].sum()
        assert 0.0 < part < 1.0
    late = target_shares(run.figures, run.carriers, 2024.5)[0]
    early = target_shares(run.figures, run.carriers, 2018.5)[0]
    young, old = keys.index("veho"), keys.index("spee_dee")
    assert early[young] / early[old] < 0.2 * late[young] / late[old]
