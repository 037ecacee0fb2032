"""Tests of Amazon's network: the rural plan (X4), stations in 2020 (X5), what own delivery saves (X8), where (X12)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from agents.geography import RURAL
from experiments.external.declaration import ExternalTest, Figures, Reading
from model.carriers import AMAZON
from model.market import ParcelMarket
from model.tables import number, read_table, text

CENTRES_FILE = "amazon_network_states.csv"
MILLION = 1e6
#: Parcels a day of a delivery station in towns: 35,000 (WINK2019) to 40,000 and 50,000 (WGRZ2022).
TOWN_STATION = 40_000.0
#: The same in the countryside: 1 bn parcels a year in 200 stations (AMZ20250430, TECHRADAR2025).
RURAL_STATION = 14_000.0


def rural_reach(market: ParcelMarket) -> Figures:
    """Households and land that the announced rural plan adds, and the share of each zone's households, (Z,).

    Land is that on which these households live: households over their density, cell by cell.
    """
    plan, zones = market.amazon.announced_plan(), market.zones
    added = np.zeros(zones.n_zones) if plan is None else plan.coverage * plan.months
    before = market.state.network.coverage[AMAZON]
    cells = zones.density_grid.shape[1]
    places = np.arange(cells)
    part = np.clip((before + added)[:, None] * cells - places, 0.0, 1.0)
    part -= np.clip(before[:, None] * cells - places, 0.0, 1.0)
    households = part * (zones.households / cells)[:, None]
    return {
        "households": float(households.sum()) / MILLION,
        "land": float((households / zones.density_grid).sum()) / MILLION,
        "added": added * zones.households,
    }


def parcels_of_year(market: ParcelMarket) -> Figures:
    """Parcels of Amazon in the last twelve months by zone, (Z,), and what a household gets in town and country."""
    parcels, zones = market.records["amazon_parcels"][-MONTHS_PER_YEAR:].sum(axis=0), market.zones
    return {"parcels_per_household": parcels / zones.households, "everywhere": parcels.sum() / zones.households.sum()}


def compare_rural(found: Mapping[str, Figures]) -> dict[str, float]:
    """Reach of the plan, and Amazon's parcels of a household in it, in the year in which it is complete."""
    one = found["baseline"]
    weight = one["added"]
    return {
        "rural_plan_households": one["households"],
        "rural_plan_area": one["land"],
        "rural_parcels_per_household": float(np.average(one["parcels_per_household"], weights=weight)),
        "everywhere": float(one["everywhere"]),
    }


def stations(market: ParcelMarket) -> Figures:
    """Delivery stations that Amazon's capacity of this month fills: capacity a day over the size of a station."""
    days = float(market.figures.operating_days_amazon)
    capacity = market.state.network.capacity[AMAZON] / days
    rural = market.zones.zone_type == RURAL
    town, country = float(capacity[~rural].sum()), float(capacity[rural].sum())
    return {"stations": town / TOWN_STATION + country / RURAL_STATION, "a_day": (town + country) / MILLION}


def compare_stations(found: Mapping[str, Figures]) -> dict[str, float]:
    """The number of stations as read."""
    one = found["free_2018"]
    return {"stations_2020": one["stations"], "a_day": one["a_day"]}


def delivered_cost(market: ParcelMarket) -> Figures:
    """What a parcel of its own cost Amazon over the last twelve months, all channels, $, and its own share."""
    rows = slice(-MONTHS_PER_YEAR, None)
    cost = market.records["amazon_delivered_cost_usd"][rows]
    parcels = market.records["amazon_parcels"][rows].sum(axis=1)
    own = market.records["amazon_own_parcels"][rows].sum()
    return {"cost": float(np.average(cost, weights=parcels)), "own_share": float(own / parcels.sum())}


def compare_insourcing(found: Mapping[str, Figures]) -> dict[str, float]:
    """Cost of a parcel in 2021 over that of the same year if Amazon had taken no further address itself."""
    free, kept = found["free_2018"], found["keeps_reach"]
    return {
        "insourcing_effect": free["cost_2021"] / kept["cost"] - 1.0,
        "with_it": free["cost_2021"],
        "without": kept["cost"],
        "own_with_it": free["own_share_2021"],
        "own_without": kept["own_share"],
    }


def delivered_cost_2021(market: ParcelMarket) -> Figures:
    """The same as `delivered_cost`, named for a run that goes on."""
    return {f"{name}_2021": value for name, value in delivered_cost(market).items()}


def centres_by_state(states: NDArray[np.str_]) -> NDArray[np.float64]:
    """Fulfilment centres that Amazon opened in each state until the end of the table, 0 where it names none.

    Args:
        states: Abbreviations, (S,).

    Raises:
        model.tables.DataError: The file is wrong.
    """
    columns = {"state_abbrev": text(), "year": number(1990, 2021), "opened": number(0.0), "source_id": text()}
    rows = read_table(CENTRES_FILE, columns, key=("state_abbrev", "year"))
    return np.array([sum(row["opened"] for row in rows if row["state_abbrev"] == state) for state in states])


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's rank correlation; equal values share the mean of their ranks."""
    ranks = []
    for values in (one, other):
        _, place, count = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(count) - (count - 1) / 2.0)[place])
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def capacity_by_state(market: ParcelMarket) -> Figures:
    """Amazon's capacity and households by state, (S,), and the rank correlations with its fulfilment centres."""
    zones = market.zones
    n = int(zones.state_index.max()) + 1
    first = np.searchsorted(zones.state_index, np.arange(n))  # zones are in the order of their states
    capacity = np.bincount(zones.state_index, market.state.network.capacity[AMAZON], n)
    households = np.bincount(zones.state_index, zones.households, n)
    centres = centres_by_state(zones.state[first])
    return {
        "capacity": rank_correlation(capacity, centres),
        "households": rank_correlation(households, centres),
        "per_household": rank_correlation(capacity / households, centres / households),
    }


def compare_states(found: Mapping[str, Figures]) -> dict[str, float]:
    """The rank correlations as read, and that of a network that goes by households alone."""
    one = found["free_2018"]
    return {
        "network_by_state": one["capacity"],
        "network_by_state_per_household": one["per_household"],
        "by_households": one["households"],
    }


TESTS = (
    ExternalTest(
        key="X4",
        title="Reach of the rural plan",
        published="Amazon announced a rural network for 1 bn parcels a year in 13,000 ZIPs of 1.2 million square "
        "miles, where by census counts 16 million households live: 62 parcels a household and year, against 74 in the "
        "nation.",
        comparable="Addresses that the plan adds at the start of `baseline`: the densest rural ones that Amazon does "
        "not reach, until their parcels fill the plan; households and land from census counts by ZIP. Parcels: what "
        "Amazon ships in 2026 to a household of the zones of the plan.",
        given="The capacity of the plan, 1 bn parcels a year; not where, to how many, or how much each orders.",
        readings=(
            Reading("baseline", rural_reach, after=(0,)),
            Reading("baseline", parcels_of_year, after=(24,)),
        ),
        compare=compare_rural,
        because={
            "rural_plan_households": "The model lets everybody order alike wherever he lives, and takes for the plan "
            "only addresses that Amazon does not reach yet.",
            "rural_plan_area": "Inside a zone the model starts where density is highest, address by address; the plan "
            "goes by ZIPs, which have sparse ends, and by the places of stations.",
            "rural_parcels_per_household": "The model has one number of parcels for all households ({everywhere:.0f} "
            "a year in the nation), because nothing is published on how orders differ by place; the plan's own "
            "figures say that a rural household orders less.",
        },
    ),
    ExternalTest(
        key="X5",
        title="Delivery stations in 2020",
        published="In September 2020 Amazon had 278 delivery stations, 71 % more than in March; 415 were forecast for "
        "the end of the year.",
        comparable="Capacity of Amazon in September 2020 in a free run from January 2018, over parcels a day of a "
        f"station: {TOWN_STATION:,.0f} in towns (press: 35,000 in Florida in 2019, 40,000 to 50,000 at Buffalo) and "
        f"{RURAL_STATION:,.0f} in the countryside (the rural plan). Half the size means twice the stations.",
        given="Amazon's demand by year; its network is built by the model from 2018 on.",
        readings=(Reading("free_2018", stations, after=(33,)),),
        compare=compare_stations,
        because={
            "stations_2020": "The capacity of the model, {a_day:.1f} million parcels a day, is for a usual day; "
            "stations are built for the season before Christmas and were opened ahead of volume that year.",
        },
    ),
    ExternalTest(
        key="X8",
        title="What delivering itself saves Amazon",
        published="Amazon's shipping cost per parcel fell by about a fifth from 1999 to 2018, two fifths of it by "
        "vertical integration (structural estimates).",
        comparable="What a delivered parcel costs Amazon in 2021 in a free run from 2018, against the same run in "
        "which it takes no further address into its own network but builds what growth needs where it delivers.",
        given="Amazon's demand, prices of the start, and cost rates; not what it builds.",
        readings=(
            Reading("free_2018", delivered_cost_2021, after=(48,)),
            Reading("keeps_reach", delivered_cost),
        ),
        compare=compare_insourcing,
        because={
            "insourcing_effect": "Own delivery rises to {own_with_it:.0%} of its parcels instead of "
            "{own_without:.0%}, and the cost of one is ${with_it:.2f} instead of ${without:.2f}. Amazon of the model "
            "takes over also what costs it more than USPS asks, as far as an earlier delivery in its own hands is "
            "worth the difference (`speed_benefit_amazon`), which is no cost here; and it pays for stations as soon "
            "as they stand. The study's saving is that of sorting centres and shorter ways since 1999, which the "
            "model has at the start. Seeds differ, because what is agreed with USPS differs.",
        },
    ),
    ExternalTest(
        key="X12",
        title="Amazon's network by state",
        published="Until the end of 2021 Amazon opened 339 fulfilment centres in 41 states (list of a consultancy, "
        "counted by state).",
        comparable="Rank correlation over the 51 states of these centres with Amazon's own capacity of delivery at the "
        "end of 2021 in a free run from January 2018.",
        given="Households by state and Amazon's demand by year; the start of 2018 spreads its network by density, not "
        "by place, and no address of a station or centre.",
        readings=(Reading("free_2018", capacity_by_state, after=(48,)),),
        compare=compare_states,
        because={
            "network_by_state": "Centres serve several states and stand where land and transport are cheap; the "
            "capacity of the model is that of the last mile, which is where households are.",
            "network_by_state_per_household": "The model puts its network where addresses are dense; centres stand "
            "beside the large cities and not in them, in states such as Kentucky, Nevada or Delaware.",
        },
        remark="By households alone the rank correlation is {by_households:.2f}: what the model adds to it is the "
        "difference to that.",
    ),
)
