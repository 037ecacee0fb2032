"""Parcels that UPS and FedEx sell and USPS delivers count once, at every start and in every month."""

import numpy as np
import pytest

from model.carriers import FEDEX, UPS, USPS
from model.history import read_history
from model.history.handed import handed_over
from model.history.table import base_time
from model.parameters import Parameters

GROUPS = ("usps", "amazon", "ups", "fedex", "regional")
BILLION = 1e9


@pytest.fixture(scope="module", params=(2016, 2018, 2019, 2020, 2021, 2022, 2024, 2025))
def opened(request, market):
    """A market of each start year before its first month; many shippers, so that their luck does not matter."""
    return market(start=f"{request.param}-01", end=f"{request.param}-12", n_shippers=1500)


def test_every_start_has_the_published_volumes_and_each_parcel_once(opened):
    history, time = read_history(), base_time(opened.settings.start)
    between = handed_over(Parameters.default(), history, time)
    door, handed = opened.state.network.annual_volume.sum(axis=1) / BILLION, opened.state.access.handed / BILLION
    left = between["ups"] - handed[UPS]  # UPS has taken it back by January 2025
    assert left == pytest.approx(between["ups"] if opened.settings.start.year == 2025 else 0.0, abs=1e-6)
    assert handed[FEDEX] == pytest.approx(between["fedex"], abs=1e-6)
    published = door + np.where(np.isin(range(len(door)), (UPS, FEDEX)), handed, 0.0)
    published[USPS] += left
    for group in GROUPS:
        mine = np.array(opened.carriers.groups) == group
        wanted = history.at(f"parcels_{group}", time)
        assert published[mine].sum() == pytest.approx(wanted, rel=0.04, abs=0.02), group
    total = sum(history.at(f"parcels_{group}", time) for group in GROUPS)
    assert door.sum() == pytest.approx(total - sum(between.values()), rel=0.01)


def test_every_start_has_the_published_package_revenue(opened):
    history, time = read_history(), base_time(opened.settings.start)
    revenue = opened.state.books.revenue[:, USPS].sum() / BILLION
    assert revenue == pytest.approx(history.at("usps_package_revenue", time), rel=0.012)


def test_the_price_of_access_for_others_lies_below_that_of_amazon(market):
    run = market(start="2019-01", end="2019-02", n_shippers=200)
    run.step()
    amazon, p = run.book.get("usps", "amazon"), run.figures
    for carrier, key in ((UPS, "ups"), (FEDEX, "fedex")):
        price = run.book.get("usps", key).price_at(run.month)
        assert price == pytest.approx(p.price_access_other_ratio * p.price_access_amazon)
        assert price < amazon.price_at(run.month)
        paid, parcels = run.state.access.paid[carrier], run.state.access.bought[carrier].sum()
        assert paid == pytest.approx(price * parcels, rel=0.02)


def test_what_leaves_usps_for_the_routes_of_ups_was_sold_by_ups_before(market):
    """December 2024 to January 2025: USPS loses parcels, UPS sells no more than it did, the market is no larger."""
    run = market(start="2024-10", end="2025-03", n_shippers=300, history_mode="forced_events").run()
    bought = run.records["bought_parcels"]
    assert bought[:3, UPS].min() > 15e6
    assert bought[3, UPS] < 0.1 * bought[2, UPS]
    season = np.array([run.season_of(run.settings.start + month) for month in range(6)])
    sold = (run.records["volume_parcels"] + bought) / season[:, None]
    sold[:, USPS] -= bought.sum(axis=1) / season
    assert sold[3, UPS] == pytest.approx(sold[2, UPS], rel=0.03)
    assert run.balances()["parcels"] <= 1e-9
    found = run.outcomes()
    assert sum(found[f"{key}_sold_parcels"] for key in run.carriers.keys) == pytest.approx(
        sum(found[f"{key}_volume_parcels"] for key in run.carriers.keys)
    )
    assert found["ups_sold_parcels"] - found["ups_volume_parcels"] == pytest.approx(found["ups_bought_parcels"])


def test_forced_events_hand_over_what_was_handed_over(market):
    """FedEx took its parcels back in 2019 and 2020, UPS a third of its own."""
    run = market(start="2019-01", end="2020-12", n_shippers=200, history_mode="forced_events").run()
    bought, history = run.records["bought_parcels"], read_history()
    assert bought[:12, FEDEX].sum() / BILLION == pytest.approx(history.value("handed_fedex", 2019), rel=0.12)
    assert bought[12:, FEDEX].sum() < 0.5 * bought[:12, FEDEX].sum()
    assert bought[-1, FEDEX] < 0.2 * bought[0, FEDEX]
    assert bought[:12, UPS].sum() / BILLION == pytest.approx(history.value("handed_ups", 2019), rel=0.15)


def test_without_make_or_buy_everybody_hands_over_what_it_always_has(market):
    settings = {"end": "2025-06", "n_shippers": 200, "make_or_buy": False}
    kept = market("standing_still", announced_plans=False, **settings).run()
    assert kept.records["bought_parcels"][:, UPS].sum() / BILLION == pytest.approx(
        kept.figures.surepost_volume_2024 * sum(kept.season_of(month) for month in kept.records.months) / 12, rel=1e-6
    )
    assert market("standing_still", announced_plans=True, **settings).run().records["bought_parcels"].sum() == 0.0
