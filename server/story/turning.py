"""Turning points of a run, the headline of each month, who acts in it, and what the gate between Amazon and USPS says.

Rank 1 carries a flag with words and slows the story down; rank 2 has a mark and a headline; rank 3 is only told among
the acts. All is computed from figures and events of the run; a turning point never moves once it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.calendar import MONTHS_PER_YEAR
from model.events import Event
from server.story import words
from server.story.run import AccessTalks, Story, carrier_group, number, ready_from
from server.story.stage import AMAZON, GROUP_KEYS, REGIONAL, USPS
from server.words import event_words

MOST_FLAGS = 10
#: A crossing counts when it has lasted so many months.
LASTS = 3
MOST_ACTS = 4
#: Hand-over of another carrier that is a turning point of rank 2, of rank 1, and a closure of rank 2, millions a year.
HANDED, HANDED_MUCH, CLOSED = 100.0, 500.0, 150.0
#: Net moves between two carriers that are told, as a share of small shippers.
TOLD_SWITCHES = 0.015
MAIN = ("amazon", "usps", "ups", "fedex")
#: What USPS does in distress by rung: words, label, rank.
MEASURES = {
    1: ("puts off pension payments to save cash", "Pensions put off", 2),
    2: ("puts a temporary surcharge on parcels", "Surcharge", 2),
    3: ("cuts what it invests", "Investment cut", 3),
    4: ("slows its service everywhere", "Service slowed", 1),
    5: ("gives up one day of delivery", "Five days", 1),
    6: ("has no cash left: bills stay unpaid", "Cash gone", 1),
}


@dataclass(frozen=True)
class Turn:
    """A turning point.

    Attributes:
        month: Months from the start of the run.
        rank: 1 to 3.
        who: Keys of those who act, the main one first.
        label: A few words.
        text: One sentence.
        kind: What it is about: talks, deal, start, end, deadline, plan, cross, money, merger or capacity.
    """

    month: int
    rank: int
    who: tuple[str, ...]
    label: str
    text: str
    kind: str


def turning_points(story: Story) -> tuple[Turn, ...]:
    """All turning points until the newest month, oldest first; never more than ten of rank 1."""
    found = [*_of_talks(story), *_of_events(story), *_crossings(story)]
    found.sort(key=lambda turn: (turn.month, turn.rank, turn.kind != "deal"))
    flags, ranked = 0, []
    for turn in found:
        flags += turn.rank == 1
        ranked.append(replace(turn, rank=2) if turn.rank == 1 and flags > MOST_FLAGS else turn)
    return tuple(ranked)


def _of_talks(story: Story) -> list[Turn]:
    found, figures, both = [], story.figures, ("amazon", "usps")
    for position, talks in enumerate(story.talks):
        again, left = " again" if position else "", words.months(talks.expiry - talks.opened)
        if talks.opened < story.n:
            text = f"Amazon and the Post Office begin to talk{again} about a new contract; "
            text += f"the one in force has {left} left."
            found.append(
                Turn(
                    talks.opened, 2 if position else 1, both, "Talks again" if position else "Talks open", text, "talks"
                )
            )
        if talks.deadline < min(story.n, talks.expiry) and not talks.agreed_by(talks.deadline):
            bid, ask = talks.latest("amazon", talks.deadline), talks.latest("usps", talks.deadline)
            text = (
                "Amazon's deadline passes without a deal: it now orders vans and stations for what it will not leave."
            )
            if bid and ask:
                text += f" It bids {words.usd(bid.price)}; the Post Office asks {words.usd(ask.price)}."
            found.append(Turn(talks.deadline, 1, ("amazon",), "Amazon's deadline", text, "deadline"))
        if talks.expiry < story.n and not talks.agreed_by(talks.expiry):
            price = words.usd(figures.published[talks.expiry])
            text = f"The contract ends and there is no new one. Amazon pays the list price, {price}, "
            text += "for what it cannot take away at once."
            found.append(Turn(talks.expiry, 1, ("usps", "amazon"), "Contract ends", text, "end"))
    return found


def _of_events(story: Story) -> list[Turn]:
    found: list[Turn] = []
    for month, event in story.events:
        turn = _TOLD.get(event.kind, _nothing)(story, month, event)
        if turn is not None:
            found.append(turn)
    return found


def _nothing(story: Story, month: int, event: Event) -> Turn | None:
    return None


def _agreement(story: Story, month: int, event: Event) -> Turn | None:
    if len(event.actors) != 2:
        return None
    buyer, seller = event.actors
    price, parcels = number(event, "price_usd"), number(event, "parcels") / 1e6
    each = f"{words.parcels(parcels)} parcels a year"
    if (buyer, seller) == ("amazon", "usps"):
        text = f"They agree: Amazon will leave {each} with the Post Office, at {words.usd(price)} each."
        return Turn(month, 1, (buyer, seller), f"Deal at {words.usd(price)}", text, "deal")
    if seller == "usps" and parcels > HANDED:
        name = words.NAMES.get(buyer, words.NAMES[carrier_group(buyer)])
        text = f"{name} will hand {each} to the Post Office for the last mile, at {words.usd(price)} each."
        rank = 1 if parcels > HANDED_MUCH else 2
        return Turn(month, rank, (carrier_group(buyer), seller), f"{name} turns to USPS", text, "deal")
    if buyer == "amazon" and seller in words.NAMES:
        text = f"{words.NAMES[seller]} keeps {each} of Amazon, at {words.usd(price)} each."
        return Turn(month, 3, (seller, buyer), f"{words.NAMES[seller]} keeps Amazon", text, "deal")
    return None


def _contract(story: Story, month: int, event: Event) -> Turn | None:
    if event.actors != ("amazon", "usps") or "into force" not in event.text or month == 0:
        return None
    rural = story.figures.rural[:, USPS]
    text = f"The new contract begins at {words.usd(story.figures.price[month])}. In the countryside the Post Office "
    before, now = round(rural[month - 1]), round(rural[month])
    text += f"goes from {before} to {now} of 100 parcels." if before != now else f"keeps {now} of 100 parcels."
    return Turn(month, 1, ("usps", "amazon"), "New contract", text, "start")


def _distress(story: Story, month: int, event: Event) -> Turn | None:
    rung = int(number(event, "rung"))
    if rung not in MEASURES:
        return Turn(month, 3, ("usps",), "Surcharge off", "The Post Office takes the surcharge off again.", "money")
    does, label, rank = MEASURES[rung]
    # What it expects now is what its face says; the event holds what made it act, before the measure helped.
    before, ahead = (words.cash_ahead(cash) for cash in (number(event, "forecast_usd"), story.cash_expected[month]))
    text = f"The Post Office {does}. It has {words.billions(story.cash[month])} in cash and sees {ahead} in a year"
    text += "." if before == ahead else f"; before this step it saw {before}."
    return Turn(month, rank, ("usps",), label, text, "money")


def _merger(story: Story, month: int, event: Event) -> Turn | None:
    text = event_words(event.text.split(" with ")[0]) + ", which gives up after months of losses."
    return Turn(month, 2, ("regional",), "Merger", text, "merger")


def _closure(story: Story, month: int, event: Event) -> Turn | None:
    closed, who = number(event, "annual_parcels") / 1e6, carrier_group(event.actors[0])
    if closed < CLOSED or len(event.actors) != 1:
        return None
    text = f"{words.NAMES[who]} closes capacity for {words.parcels(closed)} parcels a year."
    return Turn(month, 2, (who,), f"{words.NAMES[who]} closes sites", text, "capacity")


def _fact(story: Story, month: int, event: Event) -> Turn | None:
    if event.actors == ("amazon",) and ": rural network" in event.text:
        text = "Amazon announces more than 200 rural stations for over $4 billion: "
        text += "room for a billion parcels a year by the end of 2026."
        return Turn(month, 1, ("amazon",), "200 rural stations", text, "plan")
    if event.actors == ("usps",) and "solicitation" in event.text and "announced" in event.text:
        text = "The Post Office invites everybody to bid for its last mile."
        return Turn(month, 2, ("usps",), "USPS invites bids", text, "plan")
    return None


_TOLD: dict[str, Callable[[Story, int, Event], Turn | None]] = {
    "agreement": _agreement,
    "contract": _contract,
    "distress": _distress,
    "cash_exhausted": _distress,
    "merger": _merger,
    "closure": _closure,
    "fact": _fact,
}


def _crossings(story: Story) -> list[Turn]:
    """Where season-free figures cross for the first time, and stay across as long as `LASTS` says."""
    figures = story.figures
    found: list[Turn] = []
    if story.n < LASTS:
        return found
    ahead = figures.rural[:, AMAZON] > figures.rural[:, USPS]
    month = _first(ahead)
    if month is not None:
        amazon, usps = round(figures.rural[month, AMAZON]), round(figures.rural[month, USPS])
        text = f"Amazon passes the Post Office in the countryside: it brings {amazon} of 100 rural parcels, "
        found.append(
            Turn(
                month,
                1,
                ("amazon", "usps"),
                "Amazon leads the countryside",
                text + f"the Post Office {usps}.",
                "cross",
            )
        )
    month = _first(figures.total[:, AMAZON] > figures.total[:, USPS])
    if month is not None:
        text = "Amazon becomes the country's largest parcel carrier, ahead of the Post Office."
        found.append(Turn(month, 2, ("amazon",), "Amazon is largest", text, "cross"))
    for share, word, rank in ((0.5, "half", 2), (0.1, "a tenth", 1)):
        month = _first(figures.at_usps < share * figures.at_usps[0])
        if month is not None:
            text = f"Amazon's parcels at the Post Office fall below {word} of what they were: "
            text += f"{words.parcels(figures.at_usps[month])} a year."
            found.append(Turn(month, rank, ("amazon", "usps"), f"Below {word}", text, "cross"))
    return found


def _first(holds: NDArray[np.bool_]) -> int | None:
    """First month, not the very first, from which on something holds for `LASTS` months that did not hold before."""
    values = holds.tolist()
    for month in range(1, len(values) - LASTS + 1):
        if not values[month - 1] and all(values[month : month + LASTS]):
            return month
    return None


def headline(story: Story, turns: tuple[Turn, ...], month: int) -> str:
    """The sentence of a month: its first turning point, else the talks, else how far the countryside has moved."""
    for turn in turns:
        if turn.month == month and turn.rank <= 2:
            return turn.text
    talks, figures = story.talks_at(month), story.figures
    if talks is not None and not talks.agreed_by(month) and month < talks.expiry:
        told = _of_offers(story, talks, month)
        if told:
            return told
    if month == 0:
        at_usps = words.parcels(figures.at_usps[0])
        return f"The Post Office carries {at_usps} parcels a year for Amazon, its largest customer."
    if story.contract("usps", "amazon", month) is None:
        text = (
            f"No contract. The Post Office still has {words.parcels(figures.at_usps[month])} of Amazon's parcels a year"
        )
        return f"{text}, at the list price of {words.usd(figures.published[month])}."
    return _countryside(story, month)


def _of_offers(story: Story, talks: AccessTalks, month: int) -> str:
    bid, ask = talks.latest("amazon", month), talks.latest("usps", month)
    before = month < talks.deadline
    left = (talks.deadline if before else talks.expiry) - month
    clock = f"{words.capital(words.months(left))} {'to Amazon’s deadline' if before else 'until the contract ends'}."
    if bid is None or ask is None:
        first = bid or ask
        if first is None:
            return ""
        who = "Amazon" if first.who == "amazon" else "The Post Office"
        return (
            f"{clock} {who} opens with {words.usd(first.price)}; {words.usd(story.figures.price[month])} is paid today."
        )
    return f"{clock} Amazon bids {words.usd(bid.price)}, the Post Office asks {words.usd(ask.price)}."


def _countryside(story: Story, month: int) -> str:
    rural, ago = story.figures.rural, max(0, month - MONTHS_PER_YEAR)
    now, then = rural[month], rural[ago]
    text = f"Of 100 rural parcels the Post Office brings {now[USPS]:.0f}, Amazon {now[AMAZON]:.0f}."
    if month < LASTS:
        return text
    when = "A year ago" if month >= MONTHS_PER_YEAR else "At the start"
    if (round(now[USPS]), round(now[AMAZON])) == (round(then[USPS]), round(then[AMAZON])):
        return f"{text} {when} it was the same."
    return f"{text} {when} it was {then[USPS]:.0f} and {then[AMAZON]:.0f}."


def acts(story: Story, turns: tuple[Turn, ...], month: int) -> list[tuple[str, str]]:
    """What agents did in a month beside its headline, the most telling first: who, and a sentence."""
    here = [turn for turn in turns if turn.month == month]
    shown = next((turn for turn in here if turn.rank <= 2), None)
    found = [(turn.who[0], turn.text) for turn in here if turn is not shown]
    talks = story.talks_at(month)
    for offer in talks.offers if talks else ():
        if offer.month == month and not (talks and talks.signed == month):
            does = "bids" if offer.who == "amazon" else "asks"
            found.append((offer.who, f"{words.NAMES[offer.who]} {does} {words.usd(offer.price)} a parcel."))
    found += _building(story, month)
    found += _switching(story, month)
    return found[:MOST_ACTS]


def _switching(story: Story, month: int) -> list[tuple[str, str]]:
    """The largest one-way move of small shippers between two carriers, where it is large enough to be told."""
    net = {(one, two): count for one, two, count in story.moves(month)}
    balance = {pair: count - net.get(pair[::-1], 0) for pair, count in net.items()}
    if not balance:
        return []
    (one, two), most = max(balance.items(), key=lambda item: item[1])
    if most < TOLD_SWITCHES * story.n_small:
        return []
    names = [words.NAMES[GROUP_KEYS[place]] for place in (one, two)]
    names = [name if place != REGIONAL else "regional carriers" for name, place in zip(names, (one, two), strict=True)]
    return [("small", f"More small shippers leave {names[0]} for {names[1]} than come back.")]


def _building(story: Story, month: int) -> list[tuple[str, str]]:
    """Who opens, orders and closes capacity in a month, and who changes prices."""
    opens, orders, ready, rest = dict[str, float](), dict[str, float](), dict[str, str](), dict[str, str]()
    for event in story.of_month(month):
        who = event.actors[0] if event.actors else ""
        if who not in MAIN or len(event.actors) != 1:
            continue
        room = number(event, "annual_parcels") / 1e6
        if event.kind == "capacity":
            opens[who] = opens.get(who, 0.0) + room
        elif event.kind == "order":
            orders[who] = orders.get(who, 0.0) + room
            ready[who] = event_words(ready_from(event))
        elif event.kind == "closure" and room < CLOSED:
            rest[who] = f"{words.NAMES[who]} closes capacity for {words.parcels(room)}."
        elif event.kind == "price" and number(event, "list_growth") and who not in rest:
            rest[who] = f"{words.NAMES[who]} {prices_in_words(event)}."
    found = []
    for who in MAIN:
        name = words.NAMES[who]
        if who in opens and who in orders:
            text = f"{name} opens room for {words.parcels(opens[who])} parcels a year and orders "
            found.append((who, text + f"{words.parcels(orders[who])} more for {ready[who]}."))
        elif who in opens:
            found.append((who, f"{name} opens room for {words.parcels(opens[who])} parcels a year."))
        elif who in orders:
            text = f"{name} orders room for {words.parcels(orders[who])} parcels a year, ready in {ready[who]}."
            found.append((who, text))
        if who in rest:
            found.append((who, rest[who]))
    return found


def prices_in_words(event: Event) -> str:
    """What a carrier does to its prices."""
    growth = 100.0 * number(event, "list_growth")
    return f"{'raises' if growth > 0.0 else 'lowers'} its parcel prices by {words.percent(abs(growth), 1)}"


def pills(story: Story, month: int) -> dict[str, str]:
    """A few words beside each card that acts in a month, by key of the card."""
    found: dict[str, str] = {}
    for event in story.of_month(month):
        if len(event.actors) != 1:
            continue
        who, room = carrier_group(event.actors[0]), number(event, "annual_parcels") / 1e6
        growth = 100.0 * number(event, "list_growth")
        if event.kind == "order" and room >= 80.0:
            found[who] = f"orders +{words.brief(room)}"
        elif event.kind == "closure" and room >= 50.0:
            found[who] = f"closes {words.brief(room)}"
        elif event.kind == "distress" and int(number(event, "rung")) in MEASURES:
            found[who] = MEASURES[int(number(event, "rung"))][1].lower()
        elif event.kind == "capacity" and room >= 150.0:
            found.setdefault(who, f"opens +{words.brief(room)}")
        elif event.kind == "price" and abs(growth) >= 0.05 and who in MAIN:
            found.setdefault(who, f"prices {'+' if growth > 0 else '−'}{words.percent(abs(growth), 1)}")
    if any(event.kind == "merger" for event in story.of_month(month)):
        found["regional"] = "one buys another"
    return found
