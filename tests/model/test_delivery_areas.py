"""Delivery-area surcharges by tier of place."""

from dataclasses import replace

import numpy as np
import pytest

from agents.geography import RURAL, SUBURBAN, URBAN, ZoneTable
from model.billing import month_surcharges
from model.carriers import AMAZON, FEDEX, UPS, USPS
from model.delivery_areas import TIERS, area_rates, mean_where_covered, tier_parts
from model.demand import destination_mix
from model.market import ParcelMarket
from model.parameters import ParameterError, Parameters
from model.places import county_places, measure_places, zone_places
from model.scenario import Scenario
from model.zones import build_zone_table

P = Parameters.default()
ZONES = build_zone_table(P)
PARCELS = destination_mix(P, ZONES, tilt=False)[0]
SMALL = {"n_shippers": 60}


def built(**changes) -> ParcelMarket:
    return ParcelMarket(Scenario.load("baseline").with_changes({**SMALL, **changes}), rng=3)


def shares(p: Parameters) -> dict[str, float]:
    held = tier_parts(p, ZONES).mean(axis=2) @ ZONES.households / ZONES.households.sum()
    return dict(zip(TIERS, held, strict=True))


def test_tiers_hold_their_shares_of_households() -> None:
    found, alaska = shares(P), ZONES.households[ZONES.state == "AK"].sum() / ZONES.households.sum()
    assert found["alaska"] == pytest.approx(P.surcharge_share_alaska * alaska)
    for tier in ("ordinary", "extended", "remote"):  # the sparsest of Alaska pay its own rate instead
        assert P[f"surcharge_share_{tier}"] - found["alaska"] <= found[tier] <= P[f"surcharge_share_{tier}"] + 1e-12
    parts = tier_parts(P, ZONES)
    assert parts.min() >= 0.0
    assert parts.sum(axis=0).max() <= 1.0 + 1e-12


def test_as_many_parcels_pay_one_as_published() -> None:
    incidence = float(tier_parts(P, ZONES).sum(axis=0).mean(axis=1) @ PARCELS)
    row = P.row("rural_surcharge_incidence")
    assert row.low <= incidence <= row.high


def test_rates_rise_where_people_live_farther_apart() -> None:
    rates = area_rates(P, ZONES, PARCELS)
    assert (np.diff(rates, axis=1) >= -1e-12).all()
    contiguous = np.repeat((ZONES.state != "AK")[:, None], rates.shape[1], axis=1)
    order = np.argsort(-ZONES.density_grid[contiguous])
    assert (np.diff(rates[contiguous][order]) >= -1e-12).all()  # across zones too
    mean = rates.mean(axis=1)
    assert (mean[ZONES.zone_type == URBAN] <= mean[ZONES.zone_type == RURAL].min()).all()
    assert mean[ZONES.zone_type == SUBURBAN].max() > 0.0  # thin suburbs pay the ordinary rate


def test_tiers_bring_at_the_national_mean_what_one_rural_rate_brings() -> None:
    one = area_rates(P.with_overrides({"surcharge_by_tier": 0.0}), ZONES, PARCELS)
    tiers = area_rates(P, ZONES, PARCELS)
    assert PARCELS @ tiers.mean(axis=1) == pytest.approx(PARCELS @ one.mean(axis=1), rel=1e-12)
    assert set(np.unique(one)) == {0.0, 1.0}
    # The start solves what shippers like about carriers, so that small differences by division remain.
    revenue = [built(surcharge_by_tier=value).state.books.revenue.sum(axis=0) for value in (0.0, 1.0)]
    assert revenue[1][[USPS, UPS, FEDEX]] == pytest.approx(revenue[0][[USPS, UPS, FEDEX]], rel=2e-3)


def test_a_small_case_by_hand() -> None:
    """Two zones of 100 households in two slices: the sparsest quarter pays the remote rate, the next ordinary."""
    arrays = {
        "state": np.array(["AL", "AL"]),
        "state_index": np.zeros(2, dtype=np.int64),
        "zone_type": np.array([SUBURBAN, RURAL], dtype=np.int8),
        "division": np.zeros(2, dtype=np.int8),
        "households": np.array([100.0, 100.0]),
        "delivery_points": np.array([100.0, 100.0]),
        "served_area": np.ones(2),
        "density": np.ones(2),
        "percentile": np.array([0.25, 0.75]),
        "density_grid": np.array([[900.0, 90.0], [30.0, 3.0]]),
    }
    p = P.with_overrides(
        {
            "surcharge_share_remote": 0.25,
            "surcharge_share_extended": 0.0,
            "surcharge_share_ordinary": 0.375,
            "surcharge_ratio_ordinary": 1.0,
            "surcharge_ratio_remote": 3.0,
        }
    )
    parts = dict(zip(TIERS, tier_parts(p, ZoneTable(**arrays)), strict=True))
    assert parts["remote"].tolist() == [[0, 0], [0, 1]]
    assert parts["ordinary"].tolist() == [[0, 0.5], [1, 0]]
    # Rates before scaling are 0, 0.5, 1 and 3: 0.25 and 2 by zone, 0.95 at a share of 0.6 and 0.4; one rate brings 0.4.
    rates = area_rates(p, ZoneTable(**arrays), np.array([0.6, 0.4]))
    assert rates == pytest.approx(np.array([[0, 0.5], [1, 3]]) * 0.4 / 0.95)


def test_who_leaves_the_sparsest_addresses_asks_the_mean_of_the_others() -> None:
    rates = np.array([[0.0, 1.0, 2.0, 5.0]])
    found = mean_where_covered(rates, np.array([[1.0], [0.75], [0.625], [0.0]]))
    assert found.ravel() == pytest.approx([2.0, 1.0, (0 + 1 + 0.5 * 2) / 2.5, 0.0])


def test_one_rural_rate_is_that_of_before_to_the_last_bit() -> None:
    market = built(surcharge_by_tier=0.0)
    rural = market.zones.zone_type == RURAL
    tariffs = market.state.tariffs
    plain = np.where(rural, tariffs.rural[:, None], 0.0)
    area = mean_where_covered(tariffs.area, np.ones_like(plain))
    assert (month_surcharges(tariffs.rural, np.zeros(len(plain)), area, 0.0) == plain).all()


def test_rates_grow_with_list_prices() -> None:
    market = built(end="2025-02")
    before = market.state.tariffs.rural[UPS]
    market.step()
    assert market.state.tariffs.rural[UPS] > before
    assert market.state.tariffs.rural[[USPS, AMAZON]].tolist() == [0.0, 0.0]


def test_a_county_pays_by_its_own_tier_and_a_zone_what_was_billed() -> None:
    market = built()
    market.step()
    price = measure_places(market, zone_places(market.zones))["price_per_parcel_usd"]
    billed = market.records["quoted_paid_usd"][-1] / market.records["quoted_parcels"][-1]
    assert price == pytest.approx(billed)
    counties = county_places(market.zones)
    found = dict(zip(counties.ids, measure_places(market, counties)["price_per_parcel_usd"], strict=True))
    assert found["31091"] > found["31111"]  # Hooker County pays more than Lincoln County, both rural Nebraska
    assert found["02290"] > found["02020"]  # Yukon-Koyukuk more than Anchorage


@pytest.mark.parametrize("symbol", ["surcharge_share_remote", "surcharge_by_tier"])
def test_shares_are_shares(symbol: str) -> None:
    with pytest.raises(ParameterError, match=f"{symbol} = 1.5"):
        P.with_overrides({symbol: 1.5})


def test_places_without_households_pay_nothing_to_count() -> None:
    empty = replace(ZONES, households=np.where(np.arange(ZONES.n_zones) == 0, 0.0, ZONES.households))
    assert np.isfinite(area_rates(P, empty, PARCELS)).all()
