"""UPS and FedEx need not go everywhere at their own cost; USPS must."""

import numpy as np
import pytest

from agents.rivals import Ups
from agents.rules.places import PlacePlan
from model.carriers import FEDEX, UPS, USPS
from model.market import ParcelMarket
from model.phases.places import place_case, promised_places
from model.scenario import Scenario
from model.tender import Tender, served_elsewhere

SMALL = {"n_shippers": 60}
LEAVES = {**SMALL, "place_surcharge_most": 0.0, "place_hysteresis": 0.0, "place_adjust_speed": 1.0, "end": "2027-03"}


class Leaver(Ups):
    """Would leave the sparsest tenth of every zone whatever it promised."""

    def serves(self, case):
        return PlacePlan(case.extra, np.minimum(case.routes, 0.9))


@pytest.fixture(scope="module")
def left() -> ParcelMarket:
    """A market in which UPS has left places without a contract with Amazon that binds it there."""
    market = ParcelMarket(Scenario.load("baseline").with_changes(SMALL), rng=3, roster={"ups": Leaver})
    for _ in range(12):
        market.step()
    return market


def test_parcels_of_places_that_a_carrier_left_go_to_who_serves_them_by_hand() -> None:
    """Four carriers, one zone: the third has left a fifth, the fourth a tenth; the second is no national one."""
    volume = np.array([30.0, 10.0, 40.0, 20.0]).reshape(1, 1, 4, 1)
    price = np.array([5.0, 1.0, 7.0, 9.0]).reshape(1, 1, 4, 1)
    reach = np.array([1.0, 0.5, 0.8, 0.9]).reshape(1, 4, 1)
    found = served_elsewhere(
        Tender(volume, volume * price), reach, np.array([True, False, True, True]), np.array([2, 3])
    )
    # From 0.8 to 0.9: 4 of the third go to the first and the fourth as 30 to 20. Beyond: 4 and 2 go to the first.
    expected = np.array([30 + 4 * 0.6 + 4 + 2, 10, 40 - 8, 20 + 4 * 0.4 - 2])
    assert found.volume.ravel() == pytest.approx(expected)
    assert found.volume.sum() == pytest.approx(volume.sum())
    assert found.value.ravel() / found.volume.ravel() == pytest.approx(price.ravel())


def test_where_nobody_else_sells_parcels_stay() -> None:
    volume = np.array([0.0, 40.0]).reshape(1, 1, 2, 1)
    reach = np.array([1.0, 0.5]).reshape(1, 2, 1)
    found = served_elsewhere(Tender(volume, volume * 7), reach, np.array([True, True]), np.array([1]))
    assert found.volume.tolist() == volume.tolist()


def test_a_carrier_that_leaves_keeps_to_its_contract_with_amazon(left) -> None:
    coverage, promised = left.state.network.coverage[UPS], promised_places(left, left.ups)
    assert (promised > 0.9).any()
    assert (promised < 0.9).any()
    assert coverage == pytest.approx(np.maximum(promised, 0.9))
    assert (left.state.network.coverage[[USPS, FEDEX]] == 1.0).all()


def test_what_it_leaves_goes_to_others_and_nothing_is_lost(left) -> None:
    before = left.state.network.coverage.copy()
    left.state.network.coverage[UPS] = np.minimum(before[UPS], 0.8)
    left.step()
    tender, reach = left.state.flows.tender, left.state.network.coverage
    assert left.balances()["parcels"] < 1e-9
    assert left.balances()["money"] == 0.0
    shipped = (left.annual_parcels * left.state.flows.demand.scale).sum()
    assert tender.volume.sum() == pytest.approx(shipped, rel=1e-9)
    assert (reach[USPS] == 1.0).all()
    assert (left.state.flows.allocation.accepted[:, :, UPS].sum(axis=(0, 1)) >= 0.0).all()
    left.state.network.coverage[:] = before


def test_orders_on_their_way_do_not_bring_it_back(left) -> None:
    orders = [one for one in left.state.network.pipeline if one.carrier == UPS]
    assert all((one.coverage <= left.state.network.coverage[UPS] + 1e-12).all() for one in orders)


def test_usps_serves_everyone_and_dense_places_lose_nobody() -> None:
    market = ParcelMarket(Scenario.load("baseline").with_changes(LEAVES), rng=3).run()
    coverage, zones = market.state.network.coverage, market.zones
    assert (coverage[USPS] == 1.0).all()
    assert (coverage[[UPS, FEDEX]][:, zones.zone_type != 2] == 1.0).all()
    assert coverage[UPS].min() < 1.0  # some remote place does not pay where no surcharge may rise
    assert (coverage[UPS] >= promised_places(market, market.ups) - 1e-12).all()
    assert any(event.kind == "service" and "stops going" in event.text for event in market.events)


def test_it_leaves_no_earlier_than_a_year_after_it_first_did_not_pay() -> None:
    market = ParcelMarket(Scenario.load("baseline").with_changes({**LEAVES, "end": "2026-01"}), rng=3).run()
    assert (market.state.network.coverage[UPS] == 1.0).all()
    assert market.ups.announced_routes.min() < 1.0


def test_more_is_asked_only_where_people_live_far_apart() -> None:
    market = ParcelMarket(Scenario.load("baseline").with_changes({**SMALL, "end": "2026-02"}), rng=3).run()
    extra = market.state.tariffs.extra[UPS]
    assert 0.0 < extra.max() <= market.figures.place_surcharge_step * market.price_level
    dearest = market.zones.density_grid[extra > 0.0].max()
    assert dearest < 15.0  # households per square mile
    zones = extra.mean(axis=1) > 0.0
    off = market.state.tariffs.rural[UPS] * market.state.tariffs.area.mean(axis=1)
    paid = market.state.tariffs.surcharge[UPS] - market.state.tariffs.follows[UPS]  # no peak surcharge in February
    assert (paid[zones] > off[zones]).all()
    assert paid[~zones] == pytest.approx(off[~zones])


def test_off_nothing_is_reviewed() -> None:
    market = ParcelMarket(
        Scenario.load("baseline").with_changes({**LEAVES, "end": "2027-02", "places_are_left": 0.0}), rng=3
    ).run()
    assert not market.state.tariffs.extra
    assert (market.state.network.coverage[[USPS, UPS, FEDEX]] == 1.0).all()


def test_the_case_counts_parcels_and_prices_of_its_own_customers(left) -> None:
    case = place_case(left, left.ups)
    assert (case.paid > 0.0).all()
    assert case.paid[2] > case.paid[1] > case.paid[0]
    assert (np.diff(case.cost, axis=1) >= -1e-9).all()
