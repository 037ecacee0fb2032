"""When ordinary parcels pay a peak surcharge: no autumn before that of 2020, every autumn since."""

import numpy as np
import pytest

from agents.calendar import Month
from model.billing import mean_peak_weight, peak_weight
from model.carriers import UPS, USPS
from model.demand import season_factors
from model.parameters import Parameters
from tests.small import FEWER

P = Parameters.default()


@pytest.mark.parametrize(
    ("month", "share"),
    [
        (Month(2018, 12), 0.0),
        (Month(2020, 1), 0.0),
        (Month(2020, 9), 0.0),
        (Month(2020, 10), 1.0),
        (Month(2021, 1), 0.5),
        (Month(2021, 2), 0.0),
        (Month(2029, 11), 1.0),
    ],
)
def test_the_months_under_it(month, share):
    assert peak_weight(P, month) == share


def test_the_mean_of_twelve_months_is_that_of_their_parcels():
    season = season_factors(P)
    whole = (0.5 * season[0] + season[9:].sum()) / 12
    assert mean_peak_weight(P, Month(2025, 1)) == pytest.approx(whole)
    assert mean_peak_weight(P, Month(2025, 6)) == mean_peak_weight(P, Month(2025, 1))
    assert mean_peak_weight(P, Month(2020, 1)) == pytest.approx(season[9:].sum() / 12)  # the year it came
    assert mean_peak_weight(P, Month(2019, 1)) == mean_peak_weight(P, Month(2019, 10)) == 0.0


def revenue_per_parcel(run, carrier):
    """What a parcel of all segments pays on average, by month, $."""
    revenue = run.records["revenue_usd"].reshape(run.records.n, -1, run.carriers.n_carriers)[:, :, carrier].sum(axis=1)
    parcels = run.records["volume_parcels"][:, carrier]
    return revenue / parcels


@pytest.mark.parametrize("carrier", [USPS, UPS])
def test_autumns_cost_more_only_since_2020(finished, carrier):
    quiet = {**FEWER, "n_shippers": 300, "demand_shock_sd": 0.0, "history_mode": "free_run"}
    before = finished("standing_still", start="2018-09", end="2018-12", **quiet)
    since = finished("standing_still", start="2020-09", end="2020-12", **quiet)
    rises = [
        revenue_per_parcel(run, carrier)[1:3].mean() / revenue_per_parcel(run, carrier)[0] for run in (before, since)
    ]
    assert rises[0] == pytest.approx(1.0, abs=0.02)
    assert rises[1] > rises[0] + 0.02


def test_a_start_before_it_has_the_published_mean_price_without_it(market):
    """The mean price is what was published: where no part of it is a surcharge, the list holds all of it."""
    levels = [
        np.nanmean(
            market(
                "standing_still", start=start, end=start, n_shippers=200, history_mode="free_run"
            ).state.tariffs.mean_surcharge[USPS]
        )
        for start in ("2019-01", "2022-01")
    ]
    assert levels[0] == 0.0 < levels[1]
