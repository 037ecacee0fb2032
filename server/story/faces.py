"""Faces: what seven parties want, expect, have decided and must do next, from what each of them knows by itself.

What they want and expect comes from their own limits, figures and methods (as recorded when they were asked), what
they decided from the log of events, what is next from their talks, contracts and orders. What the other side must not
know is said to be so, and hidden from a visitor who plays the other side.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.calendar import MONTHS_PER_YEAR
from model.events import Event
from server.story import words
from server.story.run import Held, Story, number
from server.story.stage import FEDEX, GROUP_KEYS, REGIONAL, UPS, Floats
from server.story.turning import MEASURES, prices_in_words
from server.words import event_words

PARTIES = ("amazon", "usps", "ups", "fedex", "regional", "small", "large")
NOT_YET = "Nothing yet."


@dataclass(frozen=True)
class Face:
    """What a party would say of itself in a month.

    Attributes:
        wants: What it is after.
        expects: What it counts on.
        decided: What it decided last, with the month.
        next: What it must do next, or what comes next to it.
    """

    wants: str
    expects: str
    decided: str
    next: str


def faces(story: Story, month: int, hidden: str = "") -> dict[str, Face]:
    """The faces of all seven parties in a month.

    Args:
        story: The run.
        month: Months from its start.
        hidden: Key of the party whose limit is not to be told, because the visitor plays the other side.
    """
    return {
        "amazon": _amazon(story, month, hidden == "amazon"),
        "usps": _usps(story, month, hidden == "usps"),
        "ups": _integrator(story, month, "ups", UPS),
        "fedex": _integrator(story, month, "fedex", FEDEX),
        "regional": _regional(story, month),
        "small": _small(story, month),
        "large": _large(story, month),
    }


def _amazon(story: Story, month: int, hidden: bool) -> Face:
    figures, talks = story.figures, story.talks_at(month)
    talking = talks is not None and not talks.agreed_by(month)
    limits = talks.limits_at(month) if talks is not None and talking else None
    wants = f"To bring a parcel for less than {words.usd(story.amazon_cost[month])}, what one costs it on average now."
    if limits is not None:
        wants = f"To pay USPS at most {words.usd(limits[0])} a parcel. USPS does not know this figure."
        wants = "A lower price. What it would pay at most you do not know." if hidden else wants
    expects = f"To pay USPS {words.usd(figures.expected[month])} in years to come; the list price is "
    expects += f"{words.usd(figures.published[month])}."
    decided = _latest(story, month, "amazon")
    due = _order_due(story, month, "amazon")
    if talks is not None and talking and month <= talks.deadline:
        upcoming = f"It must order capacity by {_until(story, month, talks.deadline)}."
    elif due is not None:
        upcoming = f"Room for {words.parcels(due[1])} parcels a year opens in {_until(story, month, due[0])}."
    else:
        upcoming = _contract_ends(story, month, story.contract("usps", "amazon", month), "Its contract with USPS")
    return Face(wants, expects, decided, upcoming or "Nothing is due.")


def _usps(story: Story, month: int, hidden: bool) -> Face:
    talks, held = story.talks_at(month), story.contract("usps", "amazon", month)
    talking = talks is not None and not talks.agreed_by(month)
    limits = talks.limits_at(month) if talks is not None and talking else None
    wants = f"To keep at least {words.billions(story.least_cash)} of cash; when it sees less coming, it takes measures."
    if limits is not None:
        wants = f"To keep Amazon's parcels for at least {words.usd(limits[1])} each. Amazon does not know this figure."
        wants = "A higher price. What it would take at least you do not know." if hidden else wants
    cash, ahead = story.cash[month], story.cash_expected[month]
    expects = f"Of {words.billions(cash)} in cash now, {words.cash_ahead(ahead)} in a year. "
    expects += f"Letters are at {words.percent(story.mail[month])} of the start."
    if talks is not None and talking and month < talks.expiry:
        upcoming = f"The contract with Amazon ends in {_until(story, month, talks.expiry)}."
    elif held is not None:
        upcoming = _contract_ends(story, month, held, "The contract with Amazon")
    else:
        forbidden = talks is not None and month < talks.earliest
        upcoming = "They still meet; on this road nothing can be signed." if forbidden else "They still meet."
    return Face(wants, expects, _latest(story, month, "usps"), upcoming)


def _integrator(story: Story, month: int, key: str, group: int) -> Face:
    figures, position = story.figures, story.carriers.index(key)
    wants = f"To keep {words.percent(100.0 * story.margins[key])} of what it earns as its margin; "
    wants += f"{words.percent(figures.used[month, group])} of its capacity is used."
    ahead = story.expected_volume[month, position]
    expects = f"To bring {words.parcels(ahead)} parcels in the next year, where its pace is "
    expects += f"{words.parcels(figures.total[month, group])} now."
    carriage, access = story.contract(key, "amazon", month), story.contract("usps", key, month)
    due = _order_due(story, month, key)
    upcoming = ""
    ends = [(one.end, text) for one, text in ((carriage, "Amazon"), (access, "USPS")) if one is not None]
    if due is not None:
        upcoming = f"New room for {words.parcels(due[1])} opens in {_until(story, month, due[0])}."
    elif ends:
        end, other = min(ends)
        upcoming = f"Its contract with {other} ends in {_until(story, month, end)}."
    return Face(wants, expects, _latest(story, month, key), upcoming or "Nothing is due.")


def _regional(story: Story, month: int) -> Face:
    figures = story.figures
    total, ago = figures.total, max(0, month - MONTHS_PER_YEAR)
    share, before = (100.0 * total[one, REGIONAL] / total[one].sum() for one in (month, ago))
    wants = f"To fill what they have: {words.percent(figures.used[month, REGIONAL])} of it is used."
    expects = f"{words.percent(share, 1)} of the market between them"
    expects += f"; a year ago it was {words.percent(before, 1)}." if ago < month else "."
    last = _last_regional(story, month)
    decided = NOT_YET if last is None else f"{words.name(story.when(last[0]))}: {_regional_act(last[1])}."
    room = figures.ordered[month, REGIONAL]
    upcoming = f"Room for {words.parcels(room)} parcels a year is on order." if room >= 0.1 else "Nothing is on order."
    return Face(wants, expects, decided, upcoming)


def _small(story: Story, month: int) -> Face:
    shares, price = _shares(story.figures.small[month]), story.economy_price
    ago = max(0, month - MONTHS_PER_YEAR)
    wants = f"To pay less than {words.usd(price[month])} for an economy parcel"
    wants += f"; a year ago it was {words.usd(price[ago])}." if ago < month else "."
    return Face(wants, _service(story, month), f"{words.name(story.when(month))}: {_switches(story, month)}", shares)


def _large(story: Story, month: int) -> Face:
    made, notices = int(story.agreements[month]), int(story.notices[month])
    decided = f"{words.name(story.when(month))}: {words.count(made)} new rate agreement{'' if made == 1 else 's'}"
    decided += f", {words.count(notices)} ended by the carrier." if notices else "."
    sent = story.figures.large[month].sum()
    wants = f"{words.parcels(sent)} parcels a year brought on time, split over several carriers."
    return Face(words.capital(wants), _service(story, month), decided, _shares(story.figures.large[month]))


def _service(story: Story, month: int) -> str:
    """What shippers have met of the service of the three large carriers."""
    met = {key: story.on_time[month, story.carriers.index(key)] for key in ("usps", "ups", "fedex")}
    told = ", ".join(f"{words.NAMES[key]} {words.percent(share)}" for key, share in met.items())
    return f"Parcels on time as they met them this month: {told}."


def _shares(parcels: Floats) -> str:
    """Which two carriers have most of some parcels, (G,)."""
    values = parcels.tolist()
    total = sum(values) or 1.0
    first, second = sorted(range(len(values)), key=lambda one: -values[one])[:2]
    name = [words.NAMES[GROUP_KEYS[one]] for one in (first, second)]
    part = [words.percent(100.0 * values[one] / total) for one in (first, second)]
    return f"Of their parcels {name[0]} has {part[0]}, {name[1]} {part[1]}; prices change these by the month."


def _switches(story: Story, month: int) -> str:
    changed = int(story.switched[month])
    return f"{changed:,} of {3 * story.n_small:,} choices of a carrier are changed."


def _last_regional(story: Story, month: int) -> tuple[int, Event] | None:
    for when, event in reversed(story.events):
        alone = event.actors and event.actors[0] not in GROUP_KEYS
        if when <= month and event.kind in ("entry", "exit", "merger") and alone:
            return when, event
    return None


def _regional_act(event: Event) -> str:
    text = event_words(event.text)
    return text.split(" with capacity")[0] if event.kind == "entry" else text.split(" with ")[0]


def _latest(story: Story, month: int, who: str) -> str:
    """What a party decided last, with its month."""
    found: list[tuple[int, int, str]] = []  # month, weight where two are of one month, words
    talks = story.talks_at(month)
    if talks is not None and who in ("amazon", "usps"):
        if talks.signed is not None and talks.signed <= month:
            last = [one for one in talks.offers if one.month <= talks.signed][-1]
            found.append((talks.signed, 3, f"signs at {words.usd(last.price)}"))
        own = talks.latest(who, month)
        if own is not None:
            found.append((own.month, 1, f"{'bids' if who == 'amazon' else 'asks'} {words.usd(own.price)} a parcel"))
    event = story.last(month, who, ("order", "closure", "price", "distress", "cash_exhausted", "shed", "fill"))
    if event is not None:
        found.append((event[0], 2, _act(event[1])))
    if not found:
        return NOT_YET
    when, _, text = max(found)
    return f"{words.name(story.when(when))}: {text}."


def _act(event: Event) -> str:
    room, rung = number(event, "annual_parcels") / 1e6, int(number(event, "rung"))
    if event.kind == "order":
        return f"orders room for {words.parcels(room)} parcels a year"
    if event.kind == "closure":
        return f"closes capacity for {words.parcels(room)}"
    if event.kind == "price":
        letters = number(event, "increase")
        return f"raises letter prices by {words.percent(100 * letters, 1)}" if letters else prices_in_words(event)
    if event.kind == "shed":
        return "ends a thin contract with a large shipper"
    if event.kind == "fill":
        return "lowers prices to fill its network" if number(event, "discount") > 0.0 else "stops filling its network"
    return MEASURES[rung][0] if rung in MEASURES else "takes the surcharge off again"


def _order_due(story: Story, month: int, who: str) -> tuple[int, float] | None:
    """The next order of a party to come into use: in which month, and millions of parcels a year."""
    due: dict[int, float] = {}
    for when, key, opens, room in story.orders:
        if when <= month < opens and key == who:
            due[opens] = due.get(opens, 0.0) + room
    return min(due.items()) if due else None


def _until(story: Story, month: int, then: int) -> str:
    left = then - month
    text = words.name(story.when(then))
    return text if left < 0 else f"{text}, {'this month' if left == 0 else f'in {words.months(left)}'}"


def _contract_ends(story: Story, month: int, held: Held | None, name: str) -> str:
    return "" if held is None else f"{name} ends in {_until(story, month, held.end)}."
