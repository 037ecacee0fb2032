"""Strategic pairs bargain: talks open, one round a month is played, what is agreed becomes a contract (ODD 7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.asked import AnswerError, told
from agents.bargaining import (
    AlternatingOffers,
    Bargaining,
    Concession,
    NashSplit,
    PostedTariff,
    PriceGroups,
    Side,
    Stakes,
    Strategy,
    TakeItOrLeaveIt,
    Talks,
    as_seen,
    nash_in_nash,
    nash_price,
    private_noise,
)
from agents.calendar import Month
from agents.carriers import QUARTER
from agents.contracts import Contract
from agents.regulator import Filing
from agents.rules.building import TableSeen
from model.bargains.packages import PackageTable, has_packages, package_table, with_form
from model.bargains.pairs import (
    LastMileTables,
    groups_of,
    opens,
    published_for,
    strategic_pairs,
    table_of,
    terms_for,
)
from model.bargains.table import BargainTable, Pair, PairKind
from model.economy import Economy
from model.parameters import Parameters
from model.phases.history import earliest_round, forced
from model.phases.planning import books_at_hand
from model.state import Agreement, TalksState
from model.words import parcels_in_words

Floats = NDArray[np.float64]


def negotiate(market: Economy) -> None:
    """Open talks where a contract's end comes near, play this month's round in all of them, sign what is agreed."""
    if not market.settings.negotiation or forced(market):
        return
    pairs, last_mile = strategic_pairs(market), LastMileTables(market)
    for state in market.state.talks.values():
        if state.package is not None and not _goes_on(state) and state.under_review is None:
            state.package = state.package.as_remembered()
    with books_at_hand(market):
        for pair in pairs:
            _open_if_due(market, pair, last_mile)
        talking = [talks for talks in market.state.talks.values() if talks.pair in pairs and _meets(market, talks)]
        at_rest = _prices_at_rest(market, talking) if market.settings.bargaining == "nash" else {}
        for talks in talking:
            others = {key: price for key, price in at_rest.items() if key != talks.pair.seller}
            _play_round(market, talks, _table(market, talks, others, last_mile))
    decide_reviews(market)  # at once where the regulator takes no time


def _goes_on(talks: TalksState) -> bool:
    return not talks.talks.signed and talks.under_review is None


def _meets(market: Economy, talks: TalksState) -> bool:
    """Whether the two meet this month: after an expiry without a deal only at intervals; a posted price stands."""
    round_ = market.month - talks.opened
    over = round_ > talks.talks.expiry_round and market.settings.bargaining != "posted"
    return _goes_on(talks) and (not over or talks.talks.resumes(round_, int(market.figures.resume_interval)))


def _open_if_due(market: Economy, pair: Pair, last_mile: LastMileTables) -> None:
    """Open talks; after a signature the next ones open when the end of the new contract comes near."""
    state, held = market.state.talks.get(pair.parties), market.book.get(*pair.parties)
    if state is not None and (_goes_on(state) or state.under_review is not None):
        return
    if market.book.upcoming(*pair.parties) is not None or not opens(market, pair, held, last_mile):
        return
    month, groups = market.month, groups_of(market, pair)
    usual = int(market.figures.opening_lead_strategic)
    reopening = held is not None and held.in_force and month < held.expiry + -usual
    lead = (
        max(0, held.expiry - month)
        if held is not None and held.in_force
        else int(market.figures.opening_lead_enterprise)
    )
    owner = f"{pair.seller}-{pair.buyer}"
    normal = market.streams.generator("reservation", month, owner=owner).standard_normal((2, len(groups.names)))
    current = np.full(len(groups.names), _price_in_force(market, pair, held))
    is_access = pair.kind is PairKind.ACCESS
    if state is not None:
        market.state.past_talks.append(state)
    scale = _error_scale(market, pair, held, groups, last_mile)
    talks = Talks.opened(
        groups.names,
        current,
        opening_lead=min(lead, usual),
        build_lead=min(lead_of_own_capacity(market, pair.buyer), lead, usual),
        noise=private_noise(normal, market.figures.reservation_belief_sd, current if scale is None else scale),
        earliest_round=earliest_round(market, held) if is_access and held is not None else 0,
        error_scale=None if scale is None else (scale[0], scale[1]),
    )
    if scale is not None and state is not None:  # what they learned when they last talked both keep
        talks = replace(talks, noise_scale=state.talks.noise_scale).learned(market.figures.belief_gain)
        talks = replace(talks, attempts=0)
    begun = market.state.talks[pair.parties] = TalksState(pair, month, groups, talks, reopening=reopening)
    seller, buyer = market.book.name(pair.seller), market.book.name(pair.buyer)
    what = "carriage" if pair.kind is PairKind.CARRIAGE else "last-mile access"
    text = f"{buyer} and {seller} open talks on {what}"
    market.events.add(month, "talks", (pair.buyer, pair.seller), text, (f"talks:{begun.key}",))


def lead_of_own_capacity(market: Economy, buyer: str) -> int:
    """Months before the end of a contract in which a buyer must order capacity of its own; 0 where it needs none."""
    return int(market.figures.build_lead_months) if market.agent(buyer).must_order_in_time() else 0


def _error_scale(
    market: Economy, pair: Pair, held: Contract | None, groups: PriceGroups, last_mile: LastMileTables
) -> Floats | None:
    """What the private errors are a share of where packages are talked about, $ per parcel, (2, G): buyer, seller.

    A side errs about its own cost, so it is what it has at stake itself: what it would rather pay, or take, than go
    without. None elsewhere, and where nothing is worth a contract: then it is the price in force.
    """
    if not has_packages(market, pair):
        return None
    lag = int(market.figures.regulator_lag)
    begin = market.month + lag if held is None or not held.in_force else max(held.expiry, market.month + lag)
    stakes = table_of(market, pair, begin, groups, last_mile=last_mile).stakes()
    return np.array([stakes.buyer, stakes.seller]) if (stakes.quantity > 0.0).all() else None


def _price_in_force(market: Economy, pair: Pair, held: Contract | None) -> float:
    """Mean price of the contract in force this month, $ per parcel; the published one without a contract."""
    published = published_for(market, pair)
    if held is None or not held.in_force:
        return published
    weights = np.maximum(np.array(held.commitment), 1.0)
    return float(np.average(held.prices_at(market.month, published), weights=weights))


def _begin(market: Economy, talks: TalksState) -> Month:
    """First month of a contract that is agreed now: after the review, not before the one in force ends."""
    held = market.book.get(*talks.pair.parties)
    earliest = market.month + int(market.figures.regulator_lag)
    if held is None or not held.in_force or talks.reopening:
        return earliest
    return max(held.expiry, earliest)


def _table(
    market: Economy,
    talks: TalksState,
    prices: Mapping[str, float] | None = None,
    last_mile: LastMileTables | None = None,
) -> BargainTable:
    """What is at stake today.

    About the form they talk when they begin, Amazon and USPS once a quarter from then on; about the price every month.

    Args:
        market: The market.
        talks: Who talks.
        prices: What UPS and FedEx are paid by Amazon, $ per parcel, where that is not what they have signed.
        last_mile: Tables of the month that are laid already.
    """
    table = table_of(market, talks.pair, _begin(market, talks), talks.groups, prices, last_mile)
    if not has_packages(market, talks.pair):
        return table
    one = talks.talks
    errors = (one.noise_scale * float(one.noise_buyer[0]), one.noise_scale * float(one.noise_seller[0]))
    anew = talks.pair.kind is PairKind.ACCESS and (market.month - talks.opened) % QUARTER == 0
    settled = None if anew else talks.package
    return package_table(market, talks.pair, table, errors, None if settled is None else settled.form)


def on_the_table(market: Economy, talks: TalksState) -> BargainTable:
    """What is at stake today in some talks, at the prices that are signed elsewhere."""
    return _table(market, talks)


def _prices_at_rest(market: Economy, talking: list[TalksState]) -> dict[str, float]:
    """Nash-in-Nash prices of UPS and FedEx with Amazon, $ per parcel; other pairs do not depend on each other's.

    Each pair takes what the other is paid as given; nan where it has no deal.
    """
    p, rivals = market.figures, [talks for talks in talking if talks.pair.kind is PairKind.CARRIAGE]

    def mean(price: Floats) -> float:
        return float(np.nanmean(price)) if np.isfinite(price).any() else float("nan")

    def stakes(index: int, found: tuple[Floats, ...]) -> Stakes:
        given = {other.pair.seller: mean(price) for other, price in zip(rivals, found, strict=True)}
        talks = rivals[index]
        return talks.talks.perceived(_stakes(market, talks.pair, _table(market, talks, given)))

    start = [np.full(len(talks.groups.names), np.nan) for talks in rivals]
    rest = nash_in_nash(stakes, start, p.seller_bargaining_weight, p.nash_tolerance, int(p.nash_max_sweeps))
    return {talks.pair.seller: mean(price) for talks, price in zip(rivals, rest.price, strict=True)}


def _stakes(market: Economy, pair: Pair, table: BargainTable) -> Stakes:
    belief = market.usps.displacement_belief() if pair.kind is PairKind.ACCESS else 0.0
    return table.stakes(belief)


def _play_round(market: Economy, state: TalksState, table: BargainTable) -> None:
    pair, stakes = state.pair, _stakes(market, state.pair, table)
    draw = float(market.streams.generator("breakdown", market.month, owner=f"{pair.seller}-{pair.buyer}").random())
    round_ = market.month - state.opened
    after = _advanced(bargaining_procedure(market, pair), state, round_, stakes, draw)
    if len(after.offers) > len(state.talks.offers):
        for key, other in ((pair.buyer, pair.seller), (pair.seller, pair.buyer)):
            market.agent(key).heard(after.offers[-1], other, stakes.quantity)
    state.talks, state.stakes = after, stakes
    state.package = table.package if isinstance(table, PackageTable) else None
    perceived = after.perceived(stakes)
    state.limits.append((round_, *perceived.limits()))
    state.benchmark.append(nash_price(perceived, market.figures.seller_bargaining_weight))
    if after.signed and table.taken(after.price, market.agent(pair.buyer)).any():
        _agree(market, state, table)
    elif after.signed:
        state.talks = after.fallen_through()
    buyer = market.agent(pair.buyer)
    if buyer.notes_tables and (not state.talks.signed or state.under_review is not None):
        buyer.sees_table(_seen_by_buyer(market, state), pair.seller)


def _advanced(procedure: Bargaining, state: TalksState, round_: int, stakes: Stakes, draw: float) -> Talks:
    """The talks after a round.

    Raises:
        AnswerError: A strategy, or a procedure that a party brought along, answers what is none.
    """
    pair = state.pair
    try:
        after = procedure.advance(state.talks, round_, stakes, draw)
    except AnswerError as error:
        side, _, wrong = str(error).partition(":")
        who = {Side.BUYER: (pair.buyer, pair.seller), Side.SELLER: (pair.seller, pair.buyer)}
        if side not in who:
            raise
        key, other = who[Side(side)]
        raise AnswerError(f"{key}:{wrong}; in its talks with {other}") from error
    if not isinstance(after, Talks):
        raise AnswerError(
            f"{pair.buyer} and {pair.seller}: advance of their {type(procedure).__name__} answers {told(after)}; "
            "allowed: Talks"
        )
    return after


def _seen_by_buyer(market: Economy, state: TalksState) -> TableSeen:
    """What the buyer sees of a table: the other side's limit only as far as its private error lets it."""
    talks, stakes, package = state.talks, state.stakes, state.package
    assert stakes is not None

    weight = np.maximum(stakes.quantity, 1.0)

    def mean(by_thread: Floats | float) -> float:
        return float((by_thread * weight).sum() / weight.sum())

    error = talks.noise_scale * float(talks.noise_buyer[0])
    if package is not None:
        package = replace(package, values=as_seen(package.values, Side.BUYER, error, package.standing))
    share = stakes.seller_error_share * talks.noise_scale * market.figures.reservation_belief_sd
    return TableSeen(
        package=package,
        limit=mean(talks.perceived(stakes).limits()[0]),
        expected=mean(stakes.limits()[1]),
        floor=mean(np.maximum(stakes.statutory_floor, talks.floor)),
        error_sd=mean(share * talks.scale_seller),
        expiry=state.opened + talks.expiry_round,
        agreed=mean(np.where(np.isnan(talks.price), stakes.published, talks.price)) if talks.signed else None,
    )


def bargaining_procedure(market: Economy, pair: Pair) -> Bargaining:
    """The procedure that the scenario chose, with the strategies of both parties, or one that a party brings along."""
    buyer, seller = market.agent(pair.buyer), market.agent(pair.seller)
    held = seller.sits_down(_usual_procedure(market, pair), Side.SELLER, pair.buyer)
    return buyer.sits_down(held, Side.BUYER, pair.seller)


def _usual_procedure(market: Economy, pair: Pair) -> Bargaining:
    p, kind = market.figures, market.settings.bargaining
    interval = int(p.resume_interval)
    if kind == "nash":
        return NashSplit(p.seller_bargaining_weight, interval, p.belief_gain)
    if kind == "take_it_or_leave_it":
        return TakeItOrLeaveIt(Side.SELLER, p.reservation_belief_sd, interval, p.belief_gain)
    if kind == "posted":
        return PostedTariff()
    buyer, seller = market.agent(pair.buyer), market.agent(pair.seller)
    return alternating_offers(
        p,
        buyer.bargains(Side.BUYER, pair.seller),
        seller.bargains(Side.SELLER, pair.buyer),
        split_after_expiry=market.settings.after_expiry == "split",
    )


def alternating_offers(
    p: Parameters,
    buyer: Strategy | None = None,
    seller: Strategy | None = None,
    *,
    split_after_expiry: bool = False,
) -> AlternatingOffers:
    """The full protocol.

    Args:
        p: Parameters.
        buyer: How the buyer bargains; with the sourced concession tactics unless told.
        seller: How the seller bargains.
        split_after_expiry: Whether the two settle at the Nash price after an expiry instead of being asked.
    """
    return AlternatingOffers(
        buyer=buyer or Concession(p.concession_exponent_buyer, p.aspiration_gap),
        seller=seller or Concession(p.concession_exponent_seller, p.aspiration_gap),
        breakdown_hazard=p.breakdown_hazard,
        freeze_months=int(p.freeze_months),
        seller_weight=p.seller_bargaining_weight,
        resume_interval=int(p.resume_interval),
        belief_gain=p.belief_gain,
        split_after_expiry=split_after_expiry,
    )


def _agree(market: Economy, state: TalksState, table: BargainTable) -> None:
    """Turn an agreement into terms; those of USPS wait for the regulator, others are signed at once."""
    pair, talks, values = state.pair, state.talks, table.values
    published = published_for(market, pair)
    taken = table.taken(talks.price, market.agent(pair.buyer))
    price = np.where(np.isnan(talks.price), published, talks.price)
    volume = table.by_group(taken)
    begin = _begin(market, state)
    names, package = talks.groups, state.package
    if package is not None:
        level, names = float(talks.price[0]), package.groups.names
        price = package.prices(level)
    contract = terms_for(market, pair, names, price, volume, begin)
    if package is not None:
        contract = with_form(contract, package, level)
    cost = table.by_group(taken, values.attributable_cost)
    mean_cost = np.divide(cost, volume, out=np.zeros_like(cost), where=volume > 0.0)
    by_zone = table.by_zone(taken, market.zones.n_zones)
    agreement = Agreement(contract, taken, by_zone)
    paid = price[table.group[taken]]
    mean = float(np.average(price, weights=np.maximum(volume, 1.0)))
    seller, buyer = market.book.name(pair.seller), market.book.name(pair.buyer)
    market.events.add(
        market.month,
        "agreement",
        (pair.buyer, pair.seller),
        f"{buyer} and {seller} agree on ${mean:.2f} for {parcels_in_words(float(volume.sum()))} a year from {begin}",
        _about(state, contract),
        price_usd=mean,
        parcels=float(volume.sum()),
        round=float(market.month - state.opened),
        buyer_surplus_usd=float((values.volume[taken] * (values.buyer[taken] - paid)).sum()),
        seller_surplus_usd=float((values.volume[taken] * (paid - values.seller[taken])).sum()),
    )
    if market.agent(pair.seller).under_postal_law:
        state.under_review = agreement
        market.book.offer(contract, market.month)
        floor = np.where(volume > 0.0, mean_cost, 0.0)
        market.regulator.file(
            Filing(market.month, pair.seller, pair.buyer, contract.price, tuple(float(value) for value in floor))
        )
    else:
        _sign(market, state, agreement)


def _about(state: TalksState, contract: Contract) -> tuple[str, ...]:
    """What an event on the outcome of talks speaks of."""
    return f"talks:{state.key}", f"contract:{contract.key}"


def decide_reviews(market: Economy) -> None:
    """The regulator decides on what it has had long enough: the contract is signed or returns to the table."""
    for decision in market.regulator.decide(market.month):
        state = market.state.talks.get((decision.filing.seller, decision.filing.buyer))
        if state is None or state.under_review is None:
            continue  # a party left the market meanwhile
        agreement, state.under_review = state.under_review, None
        if decision.approved:
            _sign(market, state, agreement)
            continue
        level = decision.floor if state.package is None else state.package.least_level(decision.floor)
        state.talks = state.talks.sent_back(level)
        gap = float(np.max(decision.floor - np.array(agreement.contract.price)))
        buyer, seller = market.book.name(decision.filing.buyer), market.book.name(decision.filing.seller)
        market.events.add(
            market.month,
            "regulator",
            (decision.filing.buyer, decision.filing.seller),
            f"The regulator returns the contract of {buyer} with {seller}: a price lies ${gap:.2f} below attributable "
            "cost",
            _about(state, agreement.contract),
            gap_usd=gap,
        )


def _sign(market: Economy, state: TalksState, agreement: Agreement) -> None:
    contract = agreement.contract
    market.book.sign(contract, market.month)
    market.state.agreed_volume[contract.seller, contract.buyer, contract.start] = agreement.by_zone
    for key in state.pair.parties:
        market.agent(key).signed(contract, agreement.taken)
