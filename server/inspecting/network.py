"""Who depends on whom in the last month: who ships with whom, and whose parcels another carrier brings to the door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.carriers import AMAZON, NATIONAL, USPS
from model.market import ParcelMarket
from model.words import group_names, parcels_in_words
from server.headline import month_name
from server.inspecting.report import latest
from server.story.stage import group_matrix
from server.talks.contracts import is_rate_agreement

MILLION = 1e6
#: Parties that ship, by key, in the order of the drawing.
SHIPPERS = {"amazon_ships": "Amazon, as a shipper", "small": "Small shippers", "large": "Large shippers"}
THINGS = {"small": "shippers:small", "large": "shippers:enterprise", "amazon_ships": "carrier:amazon"}


@dataclass(frozen=True)
class Node:
    """A party.

    Attributes:
        key: Its name in the drawing: a shipper of `SHIPPERS` or a carrier group.
        name: For people.
        thing: What of the Inspect page it is; empty where it is several.
        parcels: What it ships, or brings to the door, in the last month, millions.
    """

    key: str
    name: str
    thing: str
    parcels: float


@dataclass(frozen=True)
class Ribbon:
    """Parcels that go from one party to another in the last month.

    Attributes:
        start: Whose they are.
        end: Who takes them.
        parcels: Millions.
        hand_over: Whether one carrier has them brought to the door by another.
        words: The same as a sentence, with the contract that it rests on.
        contract: Whether a contract holds.
    """

    start: str
    end: str
    parcels: float
    hand_over: bool
    words: str
    contract: bool


@dataclass(frozen=True)
class Network:
    """The drawing; no ribbons before the first month."""

    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]


def network(market: ParcelMarket) -> Network:
    """Copy the network of the last month out of a market."""
    if not market.records.n:
        return Network((), ())
    to_group, names = group_matrix(tuple(market.carriers.keys)), group_names()
    groups = tuple(names)
    shipped = {
        "small": latest(market, "small_shippers_parcels"),
        "large": latest(market, "enterprise_shippers_parcels"),
    }
    flows = {key: np.asarray(volume, dtype=float) @ to_group for key, volume in shipped.items()}
    channels = {AMAZON: "own", **{i: f"via_{key}" for i, key in enumerate(NATIONAL) if i != AMAZON}}
    mine = np.zeros(len(groups))
    for group, channel in channels.items():
        mine[group] = float(latest(market, f"amazon_{channel}_parcels").sum())
    flows["amazon_ships"] = mine
    held = _contracts(market)
    ribbons = [
        _ribbon((key, SHIPPERS[key]), (groups[g], names[groups[g]]), flows[key][g], False, held)
        for key in SHIPPERS
        for g in range(len(groups))
    ]
    handed = np.asarray(latest(market, "bought_parcels"), dtype=float) @ to_group
    post = groups[USPS]
    ribbons += [
        _ribbon((key, names[key]), (post, names[post]), handed[g], True, held)
        for g, key in enumerate(groups)
        if g != USPS
    ]
    brought = np.asarray(latest(market, "volume_parcels"), dtype=float) @ to_group
    nodes = [Node(key, name, THINGS[key], float(flows[key].sum()) / MILLION) for key, name in SHIPPERS.items()]
    nodes += [
        Node(key, name, f"carrier:{key}" if key in NATIONAL else "", float(brought[g]) / MILLION)
        for g, (key, name) in enumerate(names.items())
    ]
    return Network(tuple(nodes), tuple(one for one in ribbons if one.parcels > 0.0))


def _contracts(market: ParcelMarket) -> dict[tuple[str, str], str]:
    """Price, promise and term of the contracts in force between strategic parties, by buyer and seller."""
    found = {}
    for one in market.book.in_force():
        if is_rate_agreement(one):
            continue
        weights = np.maximum(np.array(one.commitment), 1.0)
        price = float(np.average([one.price_at(market.month, g) for g in range(len(one.groups))], weights=weights))
        promised = sum(one.commitment)
        promise = f", {parcels_in_words(promised)} a year promised" if promised > 0.0 else ""
        until = month_name((one.ends or one.expiry) + -1)
        found[one.buyer, one.seller] = f"under a contract at ${price:.2f}{promise}, until {until}"
    return found


def _ribbon(
    start: tuple[str, str], end: tuple[str, str], parcels: float, hand_over: bool, held: dict[tuple[str, str], str]
) -> Ribbon:
    (key, name), (to, to_name) = start, end
    buyer = "amazon" if key == "amazon_ships" else key
    contract = held.get((buyer, to), "") if buyer != to else ""
    if buyer == to:
        verb = f"{to_name} brings {parcels_in_words(parcels)} of its own to the door"
    elif hand_over:
        verb = f"{name} hands {parcels_in_words(parcels)} of its customers to {to_name}"
    else:
        verb = f"{name.partition(',')[0]} has {parcels_in_words(parcels)} carried by {to_name}"
    words = f"{verb}, {contract}." if contract else f"{verb}."
    return Ribbon(key, to, float(parcels) / MILLION, hand_over, words, bool(contract))
