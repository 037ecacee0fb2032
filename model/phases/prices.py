"""Price lists: yearly changes, announced or planned, temporary ones, floors and surcharges (ODD 7.5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.calendar import APRIL, JULY
from agents.carriers import Carrier
from agents.geography import SEGMENTS
from agents.rules.pricing import CostRise
from model.answers import checked, checked_number
from model.billing import month_surcharges, peak_weight
from model.carriers import USPS
from model.delivery_areas import mean_where_covered
from model.economy import Economy
from model.elasticities import LongRunDemand, long_run_demand
from model.operations import quote_floors, usps_mean_cost
from model.phases.postal import apply_measures
from model.phases.regulation import review_mail_price
from model.phases.shocks import wages_beyond_path
from model.phases.universal_service import review_service
from model.tariffs import price_cap, set_temporary

Floats = NDArray[np.float64]
_LETTER_MONTHS = {APRIL: "april", JULY: "july"}  # in which letter prices change, as symbols name them


def publish_prices(market: Economy) -> None:
    """Floors, yearly list increases, announced or planned, temporary measures and surcharges of the month."""
    tariffs = market.state.tariffs
    if market.settings.price_rule == "adaptive":
        _follow_cost(market)
        for carrier in market.carrier_agents:
            announced = _announced(market, carrier)
            growth = carrier.price_change(announced)
            if growth is not None:
                change_prices(market, carrier.index, growth, announced=growth is announced)
            if market.month.month == carrier.price_month:
                _close_price_year(market, carrier.index)
        _follow_shocks(market)
    review_service(market)
    apply_measures(market)
    if market.settings.amazon_opens_network:
        for carrier in market.carrier_agents:
            if carrier.opens_network:
                _open_network(market, carrier)
    _change_mail_price(market)
    charges = tariffs.rural[:, None] > 0.0
    area = mean_where_covered(tariffs.area, np.where(charges, market.state.network.coverage, 1.0))
    usual = month_surcharges(tariffs.rural, tariffs.peak, area, peak_weight(market.figures, market.month))
    for index, extra in tariffs.extra.items():
        usual[index] += mean_where_covered(extra, market.state.network.coverage[index : index + 1])[0]
    tariffs.surcharge = usual + tariffs.follows[:, None]


def _open_network(market: Economy, carrier: Carrier) -> None:
    """Ask a carrier at what price it sells what stands empty, and put that on its list level."""
    tariffs, shippers, index = market.state.tariffs, market.shippers, carrier.index
    plain = tariffs.level[:, index] / tariffs.temporary.get(index, 1.0)
    kept = float(np.average(1.0 - shippers.discount, weights=shippers.whole_volume))
    factor = carrier.spare_capacity_price(plain, variable_costs(market)[:, index], kept)
    spare, before = factor is not None, tariffs.temporary.get(index)
    factor = np.ones_like(plain) if factor is None else factor
    set_temporary(tariffs, index, checked(carrier.key, "factor on its list level", factor, plain.shape, 1.0))
    if before is None or spare == bool((before == 1.0).all()):
        what = "sells its spare capacity at cost and margin" if spare else "has no spare capacity to sell"
        market.events.add(market.month, "network", (carrier.key,), f"{carrier.name} {what}")


def variable_costs(market: Economy) -> Floats:
    """What one more parcel costs each carrier this month, $ per parcel, (S, K)."""
    env, network, zones = market.state.environment, market.state.network, market.zones
    mean_usps = usps_mean_cost(market.costs, zones, market.mail_index, env.wage_usps, env.price_level)
    return quote_floors(market.costs, network.street, mean_usps, network.annual_volume, env.price_level)


def demand_and_cost(market: Economy) -> tuple[LongRunDemand, Floats]:
    """Long-run demand at today's prices, and what one more parcel costs, (S, K)."""
    demand = long_run_demand(market.figures, market.shippers, market.state, market.mix, market.national, market.home)
    return demand, variable_costs(market)


def _follow_cost(market: Economy) -> None:
    """Let every carrier's lowest quotes follow its cost, month by month."""
    now = variable_costs(market)
    start = market.start_floor_cost
    growth = np.divide(now, start, out=np.ones_like(now), where=start > 0.0)
    sells = market.state.network.annual_volume.sum(axis=1) > 0.0  # a carrier without parcels has no cost to follow
    tariffs = market.state.tariffs
    # What a surcharge brings a quote need not cover.
    tariffs.floor = np.where(sells, market.start_floor * growth - tariffs.follows, tariffs.floor)


def _follow_shocks(market: Economy) -> None:
    """Ask every carrier for its surcharge on unexpected cost; the lowest quotes move against it."""
    state = market.state
    tariffs, carriers = state.tariffs, market.carrier_agents
    if not (state.books.shock_cost.any() or tariffs.follows.any()):
        return
    now = np.zeros(len(carriers))
    for carrier in carriers:
        if carrier.follows_cost:
            asked = carrier.cost_surcharge()
            now[carrier.index] = checked_number(carrier.key, "surcharge on unexpected cost", asked, ())
    tariffs.floor = tariffs.floor - (now - tariffs.follows)
    tariffs.follows = now


def cost_rise(market: Economy, carrier: int) -> CostRise:
    """What unexpected prices of fuel and wages added to a carrier's parcels last month, as its books say."""
    books = market.state.books
    volume = float(books.volume[-1, carrier])
    fuel, wages = books.shock_cost[-1, :, carrier] / volume if volume > 0.0 else (0.0, 0.0)
    parcels = float(books.volume[:, carrier].sum())
    paid = float(books.revenue[:, carrier].sum()) / parcels if parcels > 0.0 else 0.0
    return CostRise(float(fuel), float(wages), float(np.log(wages_beyond_path(market)[carrier])), paid)


def usps_basket_cost(market: Economy, mail_index: float, wage_index: float, price_index: float) -> float:
    """What the parcels of a household at the start cost USPS, $ per parcel: a basket that no mix of parcels changes.

    Args:
        market: The market.
        mail_index: Mail volume relative to the start.
        wage_index: USPS wages relative to the start.
        price_index: Prices relative to the start.
    """
    p, zones, costs = market.figures, market.zones, market.costs
    last_mile = usps_mean_cost(costs, zones, mail_index, wage_index, price_index)
    parcels = p.by_segment("volume_segment") * np.array([p[f"share_{segment}_usps"] for segment in SEGMENTS])
    upstream = float(parcels @ costs.upstream[:, USPS] / parcels.sum())
    return float(np.average(last_mile, weights=zones.households)) + upstream * price_index


def _close_price_year(market: Economy, carrier: int) -> None:
    """Remember the unit cost that the next price plan compares with."""
    books = market.state.books
    volume = float(books.volume[:, carrier].sum())
    if volume > 0.0:
        planned = float(books.cost[:, carrier].sum()) - float(books.shock_cost[:, :, carrier].sum())
        books.last_year_unit_cost[carrier] = planned / volume
    if market.carrier_agents[carrier].under_postal_law:
        env = market.state.environment
        books.last_year_basket = usps_basket_cost(market, market.mail_index, env.wage_usps, env.price_level)


def change_prices(market: Economy, carrier: int, paid_growth: Floats, announced: bool) -> None:
    """Apply one carrier's yearly change: levels and surcharges grow.

    Args:
        market: The market.
        carrier: Index of the carrier.
        paid_growth: Growth of paid prices by segment, (S,).
        announced: Whether it was public before the run.
    """
    p, tariffs = market.figures, market.state.tariffs
    level = tariffs.level[:, carrier] * (1.0 + paid_growth)
    if not announced:
        cap = price_cap(market.carrier_agents[carrier], tariffs)
        level = np.minimum(level, np.maximum(cap, tariffs.level[:, carrier]))
    offered = np.isfinite(market.state.choice.constants[:, carrier])
    if not offered.any():
        return
    mean_growth = float((level[offered] / tariffs.level[offered, carrier]).mean()) - 1.0
    tariffs.level[:, carrier] = level
    tariffs.rural[carrier] *= 1.0 + mean_growth
    tariffs.peak[carrier] *= 1.0 + mean_growth
    # Who pays in the list what a surcharge brought gets no larger discount for it.
    taken_in = 0.0 if announced else market.carrier_agents[carrier].taken_in
    tariffs.list_growth[carrier] = (mean_growth - taken_in) / p.list_to_paid_pass_through + taken_in
    if mean_growth == 0.0:
        return
    may_raise, list_growth = market.carrier_agents[carrier].margin_may_raise(), abs(tariffs.list_growth[carrier])
    market.events.add(
        market.month,
        "price",
        (market.carriers.keys[carrier],),
        f"{market.carriers.names[carrier]} {_moves(mean_growth)} its list prices by {100 * list_growth:.1f} %"
        + (" as announced" if announced else "")
        + (
            ""
            if may_raise or announced or mean_growth < 0.0
            else ", though its margin is no reason: demand would fall too far"
        ),
        margin_may_raise=float(may_raise),
        list_growth=tariffs.list_growth[carrier],
        paid_growth=mean_growth,
    )


def _moves(growth: float) -> str:
    return "raises" if growth > 0.0 else "lowers"


def _announced(market: Economy, carrier: Carrier) -> Floats | None:
    """Announced growth of a carrier's paid prices in this month by segment, None where nothing was announced."""
    past = market.month < market.settings.projection_start
    if not (market.settings.history_mode == "forced_events" if past else market.settings.announced_plans):
        return None
    p, symbols = market.figures, carrier.announced_increases(market.month)
    known = [symbol in p for symbol in symbols]
    if not any(known):
        return None
    growth = [p[symbol] if there else 0.0 for symbol, there in zip(symbols, known, strict=True)]
    return np.array(growth) * p.list_to_paid_pass_through


def _change_mail_price(market: Economy) -> None:
    """What USPS has announced for letters this month; in July else what it may raise by rule."""
    env, p, month = market.state.environment, market.figures, market.month
    if month.month not in _LETTER_MONTHS:
        return
    symbol = f"mail_price_{_LETTER_MONTHS[month.month]}_{month.year}"
    if market.settings.announced_plans and symbol in p:
        increase = p[symbol]
    elif month.month == JULY:
        increase = market.usps.mail_price_increase()
        if increase != 0.0:
            review_mail_price(market, increase)
    else:
        return
    if increase == 0.0:
        return
    env.mail_price *= 1.0 + increase
    verb = "raises" if increase > 0.0 else "lowers"
    text = f"USPS {verb} letter prices by {100 * abs(increase):.1f} %"
    market.events.add(month, "price", ("usps",), text, increase=increase)
