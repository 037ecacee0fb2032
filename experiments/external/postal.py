"""Tests about USPS: dear parcels (X2), five days (X3), FedEx that leaves it (X9), a melting share (X11)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.calendar import MONTHS_PER_YEAR
from experiments.external.declaration import ExternalTest, Figures, Reading
from model.carriers import FEDEX, UPS, USPS
from model.market import ParcelMarket
from model.phases.prices import demand_and_cost

MILLION, BILLION = 1e6, 1e9
PERCENT = 100.0
QUARTER = 3
#: Months from January 2018 to April 2018, and to April 2019.
APRIL_2018, APRIL_2019 = 3, 15
#: Scenarios in which USPS could lose most.
WORST = ("withdraw", "impasse", "amazon_opens_network")


def sold_in_last_year(market: ParcelMarket) -> Figures:
    """Parcels that USPS sold in the last twelve months, to Amazon and to others: delivered less sold by others."""
    rows = slice(-MONTHS_PER_YEAR, None)
    delivered = market.records["volume_parcels"][rows, USPS].sum()
    sold = float(delivered - market.records["bought_parcels"][rows].sum())
    amazon = float(market.records["amazon_via_usps_parcels"][rows].sum())
    return {"sold": sold, "amazon": amazon, "others": sold - amazon}


def parcels_and_prices(market: ParcelMarket) -> Figures:
    """Parcels by segment and carrier in the long run and what one costs, (S, K), at prices of the start."""
    demand, _ = demand_and_cost(market)
    return {"parcels": demand.parcels, "price": demand.price / market.state.environment.price_level}


def compare_dear(found: Mapping[str, Figures]) -> dict[str, float]:
    """Part of what USPS sells that is gone in the fifth year, and the dearer price of who has gone to UPS and FedEx."""
    base, half, double, follow = (found[name] for name in ("baseline", "dearer", "twice_as_dear", "all_dearer"))
    leaves = base["parcels"][:, USPS]
    rivals = follow["parcels"][:, [UPS, FEDEX]]
    price = np.divide(
        (rivals * follow["price"][:, [UPS, FEDEX]]).sum(axis=1),
        rivals.sum(axis=1),
        out=np.zeros(len(rivals)),
        where=rivals.sum(axis=1) > 0.0,
    )
    return {
        "usps_price_50": 1.0 - half["sold"] / base["sold"],
        "usps_price_100": 1.0 - double["sold"] / base["sold"],
        "consumers_if_rivals_follow": float(np.average(price - base["price"][:, USPS], weights=leaves)),
        "amazon_lost": 1.0 - double["amazon"] / base["amazon"] if base["amazon"] > 0.0 else 0.0,
        "others_lost": 1.0 - double["others"] / base["others"],
        "elasticity_50": float(np.log(half["sold"] / base["sold"]) / np.log(1.5)),
    }


def postal_years(market: ParcelMarket) -> Figures:
    """Net income and revenue of USPS by calendar year, bn $, (Y,) each."""

    def by_year(name: str) -> np.ndarray:
        return np.asarray(market.records[name].reshape(-1, MONTHS_PER_YEAR).sum(axis=1) / BILLION)

    return {
        "income": by_year("usps_net_income_usd"),
        "revenue": by_year("usps_parcel_revenue_usd") + by_year("usps_mail_revenue_usd"),
    }


def compare_five_days(found: Mapping[str, Figures]) -> dict[str, float]:
    """Gain of USPS in the third year, revenue that it loses then, and the gain of the first year over that."""
    six, five = found["six_days"], found["five_days"]
    gain, lost = five["income"] - six["income"], six["revenue"] - five["revenue"]
    return {
        "five_day_net_saving": float(gain[2]),
        "five_day_revenue_lost": float(lost[2]),
        "five_day_builds_up": float(gain[0] / gain[2]),
        "first_year": float(gain[0]),
    }


def handed_by_fedex(market: ParcelMarket) -> Figures:
    """Parcels that USPS delivers for FedEx by calendar year, bn, and packages of USPS in two spring quarters, bn."""
    bought = market.records["bought_parcels"][:, FEDEX].reshape(-1, MONTHS_PER_YEAR).sum(axis=1) / BILLION
    usps = market.records["volume_parcels"][:, USPS]
    parts = {
        "fedex": market.records["bought_parcels"][:, FEDEX],
        "amazon": market.records["amazon_via_usps_parcels"].sum(axis=1),
    }
    spring = {
        f"{name}_taken": float(parcels[APRIL_2018 : APRIL_2018 + QUARTER].sum())
        - float(parcels[APRIL_2019 : APRIL_2019 + QUARTER].sum())
        for name, parcels in parts.items()
    }
    return {
        **spring,
        "bought": bought,
        "spring_2018": float(usps[APRIL_2018 : APRIL_2018 + QUARTER].sum()) / BILLION,
        "spring_2019": float(usps[APRIL_2019 : APRIL_2019 + QUARTER].sum()) / BILLION,
    }


def compare_fedex(found: Mapping[str, Figures]) -> dict[str, float]:
    """What of 2018 FedEx delivers itself by 2021, what is with USPS in 2024, and the quarter in which USPS lost."""
    one = found["free_2018"]
    first, in_2021, in_2024 = (float(one["bought"][year]) for year in (0, 3, 6))
    return {
        "fedex_takes_home": 1.0 - in_2021 / first,
        "fedex_does_not_return": in_2024 / first,
        "usps_quarter_2019": one["spring_2019"] / one["spring_2018"] - 1.0,
        "fedex_taken": one["fedex_taken"] / MILLION,
        "amazon_taken": one["amazon_taken"] / MILLION,
        "handed_2018": first,
        "handed_2021": in_2021,
        "handed_2024": in_2024,
    }


def share_at_start(market: ParcelMarket) -> Figures:
    """Share of USPS in parcels delivered at the start of the run."""
    volume = market.state.network.annual_volume.sum(axis=1)
    return {"share_before": float(volume[USPS] / volume.sum())}


def share_of_year(market: ParcelMarket) -> Figures:
    """The same over the last twelve months."""
    volume = market.records["volume_parcels"][-MONTHS_PER_YEAR:].sum(axis=0)
    return {"share": float(volume[USPS] / volume.sum())}


def compare_share(found: Mapping[str, Figures]) -> dict[str, float]:
    """Points that USPS loses from the start to the fourth year, where it loses most."""
    lost = {name: PERCENT * (found[name]["share_before"] - found[name]["share"]) for name in WORST}
    worst = max(lost, key=lost.__getitem__)
    return {
        "incumbent_share_lost": lost[worst],
        "before": PERCENT * found[worst]["share_before"],
        "after": PERCENT * found[worst]["share"],
        **{f"lost_{name}": value for name, value in lost.items()},
    }


TESTS = (
    ExternalTest(
        key="X2",
        title="Parcels of USPS become dear",
        published="A study for a group of large shippers: at +50 % USPS loses 84 % of its packages, from +100 % on "
        "all; if rivals raise their prices too, consumers pay $7.86 to 16.95 more a package.",
        comparable="What USPS sells in the fifth year of `baseline` when it raises lists, the published price of "
        "access and what it signs at least in the first month, without its cap of parity; and what the shippers of "
        "USPS would pay at UPS and FedEx, at prices of the start, where these raise theirs by half as well, against "
        "what they pay USPS.",
        given="Nothing: the choice of carriers is fitted to shares, not to these answers.",
        readings=(
            *(Reading(run, sold_in_last_year) for run in ("baseline", "dearer", "twice_as_dear")),
            Reading("baseline", parcels_and_prices),
            Reading("all_dearer", parcels_and_prices),
        ),
        compare=compare_dear,
        because={
            "usps_price_50": "The study lets every shipper change to the cheapest offer. Here shippers differ in what "
            "they like, and for light parcels UPS and FedEx ask more than USPS even then; the answer is an arc "
            "elasticity of {elasticity_50:.1f}.",
            "usps_price_100": "At twice the price USPS loses {amazon_lost:.0%} of what Amazon hands it and "
            "{others_lost:.0%} of what others do. The study lets every shipper change to the cheapest offer; here "
            "shippers differ in what they like, so that a part stays at any price, and for light parcels the next "
            "offer costs about as much.",
            "consumers_if_rivals_follow": "The study's rivals raise prices until nobody has an alternative; here they "
            "follow with the same half.",
        },
    ),
    ExternalTest(
        key="X3",
        title="Five days of delivery",
        published="Five-day delivery saves net 1.7 bn $ a year (regulator) to 3.1 bn $ (USPS), loses revenue of 0.2 "
        "to 0.6 bn $, and does so in full only in the third year.",
        comparable="Net income and revenue of USPS with `five_day_delivery` against `baseline`, both without the "
        "distress ladder, whose dates would differ.",
        given="The net saving itself (2.4 bn $, `five_day_saving`, between the two estimates) and that it takes three "
        "years (`five_day_phase_in`): these two are no test of their own. What the market adds is the revenue that is "
        "lost, and whether the accounts of USPS show the saving.",
        readings=(Reading("six_days", postal_years), Reading("five_days", postal_years)),
        compare=compare_five_days,
        because={
            "five_day_net_saving": "Wages grow, parcels that arrive later leave, and both change what the saving of "
            "2011 is worth.",
            "five_day_revenue_lost": "The estimates count mail that is lost; in the model mail answers to prices "
            "alone, and parcels answer a little to a fifth of a day.",
            "five_day_builds_up": "Routes and staff follow with a lag that the estimates do not have.",
        },
    ),
    ExternalTest(
        key="X9",
        title="FedEx takes its parcels home",
        published="FedEx announced in 2019 to deliver itself some 2 million parcels a day that it had handed to USPS, "
        "a fifth of them by August 2019, and did not return; packages of USPS fell by 3.2 % in that quarter, the first "
        "fall in nine years.",
        comparable="Parcels that USPS delivers for FedEx in a free run from January 2018 (no decision is imposed), and "
        "packages of USPS from April to June 2019 on those of a year before.",
        given="What FedEx handed over at the start, total demand of each year, and what Amazon ships. No "
        "decision is imposed, but one figure of the cost of handing over (`access_sorting_spared`) was "
        "chosen in the knowledge that FedEx took nearly all of it home and UPS a third: that parcels go "
        "home is no independent test, that they stay away and what the quarter shows is. The model begins "
        "in its first month, a year before FedEx did.",
        readings=(Reading("free_2018", handed_by_fedex),),
        compare=compare_fedex,
        because={
            "fedex_takes_home": "FedEx of the model hands over {handed_2018:.2f} bn parcels in 2018 and "
            "{handed_2021:.2f} bn in 2021. It compares what a stop costs it with the price of USPS, place by place; "
            "the real decision was about the whole product, its speed and Sunday delivery.",
            "fedex_does_not_return": "Of {handed_2018:.2f} bn parcels of 2018 {handed_2024:.2f} bn are with USPS in "
            "2024: growth and the price of USPS, which follows its lists, make handing over pay again in sparse "
            "places.",
            "usps_quarter_2019": "What FedEx and Amazon take from USPS by then and what grows meanwhile do not "
            "balance as they did.",
        },
        remark="From spring 2018 to spring 2019 FedEx of the model takes {fedex_taken:.0f} million parcels from USPS "
        "and Amazon {amazon_taken:.0f} million: the fall of that quarter has the right sign also because Amazon "
        "leaves.",
    ),
    ExternalTest(
        key="X11",
        title="A postal operator that lost its parcels",
        published="Canada Post, with a universal service as well, fell from 62 to 29 % of its parcel market from 2019 "
        "to 2023.",
        comparable="Share of USPS in parcels delivered, from the start to the fourth year, in the scenario of "
        f"{', '.join(WORST)} in which it falls most.",
        given="That Amazon leaves, in the scenario `withdraw`.",
        readings=tuple(
            reading
            for name in WORST
            for reading in (Reading(name, share_at_start, after=(0,)), Reading(name, share_of_year))
        ),
        compare=compare_share,
        because={
            "incumbent_share_lost": "USPS falls from {before:.0f} to {after:.0f} % in the scenario that is worst for "
            "it.",
        },
    ),
)
