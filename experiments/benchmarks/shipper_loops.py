"""Shippers that decide one by one in plain Python, as the author of a first agent-based model would write them.

The behaviour needs no framework: `mesa_version` and `agentpy_version` call it from agents of their own.
"""

from __future__ import annotations

from itertools import accumulate
from math import exp, inf
from typing import Any

import numpy as np

from experiments.benchmarks.month import Outcome, ShipperMonth


class World:
    """What all shippers see, as lists, and where they put their parcels."""

    def __init__(self, month: ShipperMonth) -> None:
        self.constants = month.constants.tolist()
        self.known, self.best_known = month.known.tolist(), month.known.max(axis=0).tolist()
        self.level, self.floor, self.other = month.level.tolist(), month.floor.tolist(), month.other_cost.tolist()
        self.surcharge, self.price_level = month.surcharge.tolist(), month.price_level
        self.mean_surcharge = (month.mix @ month.surcharge.T).tolist()
        self.reach = month.reach.tolist()
        self.mean_reach = [(month.mix @ reach.T).tolist() for reach in month.reach]
        self.available = [month.available(s).tolist() for s in range(len(month.constants))]
        self.mix = month.month_mix.tolist()
        self.mean_refused = (month.mix @ month.refused.T).tolist()
        self.national, self.reached_decide = month.national.tolist(), month.reached_decide
        self.hazard, self.refusal_months, self.inertia = month.hazard, month.refusal_months, month.inertia
        self.n_zones = len(self.mix[0])
        groups, (segments, carriers) = len(self.mix) + 1, month.constants.shape
        shape = (groups, segments, carriers)
        self.volume, self.value = (
            [[[[0.0] * self.n_zones for _ in range(shape[2])] for _ in range(shape[1])] for _ in range(shape[0])]
            for _ in range(2)
        )

    def put(self, group: int, segment: int, carrier: int, zone: int, parcels: float, dollars: float) -> None:
        """Tender parcels to a carrier."""
        self.volume[group][segment][carrier][zone] += parcels
        self.value[group][segment][carrier][zone] += dollars


class SmallShipper:
    """Holds one carrier per segment, with a national one for what it does not reach."""

    world: World

    def become(self, month: ShipperMonth, row: int, draws: Any, refusals: Any) -> None:
        """Take on the figures of a row of the table."""
        self.parcels = month.parcels[row].tolist()
        self.discount = float(month.discount[row])
        self.price_coef = month.price_coef[row].tolist()
        self.division = int(month.division[row])
        self.primary, self.fallback = month.primary[row].tolist(), month.fallback[row].tolist()
        self.refused_months = month.refused_months[row].tolist()
        self.draws, self.refusals = draws[row].tolist(), refusals[row].tolist()

    def play_month(self) -> None:
        """Choose where it is time to, ship, and count refusals."""
        world = self.world
        for segment in range(len(self.parcels)):
            struck = self.draws[segment][0] < world.hazard or self.refused_months[segment] >= world.refusal_months
            if struck:
                self.choose(segment)
            self.ship(segment)
            hit = self.refusals[segment] < world.mean_refused[self.division][self.primary[segment]]
            self.refused_months[segment] = self.refused_months[segment] + 1 if hit else 0

    def quote(self, segment: int, carrier: int) -> float:
        """Price before surcharges, $ per parcel."""
        world = self.world
        return float(max(world.floor[segment][carrier], world.level[segment][carrier] * (1.0 - self.discount)))

    def utility(self, segment: int, carrier: int) -> float:
        """Utility of a carrier by itself."""
        world = self.world
        paid = self.quote(segment, carrier) + world.mean_surcharge[self.division][carrier]
        cost = paid / world.price_level + world.other[segment][carrier]
        return float(
            world.constants[segment][carrier] + world.known[self.division][carrier] - self.price_coef[segment] * cost
        )

    def choose(self, segment: int) -> None:
        """Choose a carrier anew."""
        world, fallback = self.world, self.fallback[segment]
        present = self.primary[segment]
        options, order = [], []
        for national_first in (True, False):
            for carrier, national in enumerate(world.national):
                if national != national_first:
                    continue
                order.append(carrier)
                if world.constants[segment][carrier] == -inf:
                    options.append(-inf)
                    continue
                value = self.utility(segment, carrier)
                if not national:
                    if not world.available[segment][self.division][carrier]:
                        options.append(-inf)
                        continue
                    covered = 1.0 if world.reached_decide else world.mean_reach[segment][self.division][carrier]
                    value = covered * value + (1.0 - covered) * self.utility(segment, fallback)
                options.append(value + world.inertia if carrier == present else value)
        best = max(options)
        weights = [exp(option - best) for option in options]
        target = self.draws[segment][1] * sum(weights)
        carrier = order[next(i for i, reached in enumerate(accumulate(weights)) if target < reached)]
        self.primary[segment] = carrier
        if world.national[carrier]:
            self.fallback[segment] = carrier
        self.refused_months[segment] = 0

    def ship(self, segment: int) -> None:
        """Tender this month's parcels, zone by zone."""
        world, primary, fallback = self.world, self.primary[segment], self.fallback[segment]
        price, fallback_price = self.quote(segment, primary), self.quote(segment, fallback)
        reach, parcels = world.reach[segment][primary], self.parcels[segment]
        for zone, share in enumerate(world.mix[self.division]):
            to_zone = parcels * share
            reached = to_zone * reach[zone]
            world.put(self.division, segment, primary, zone, reached, reached * price)
            if reached < to_zone:
                rest = to_zone - reached
                world.put(self.division, segment, fallback, zone, rest, rest * fallback_price)


class EnterpriseShipper:
    """Splits its parcels over the carriers in every zone."""

    world: World

    def become(self, month: ShipperMonth, row: int) -> None:
        """Take on the figures of a row of the table."""
        self.parcels = month.parcels[row].tolist()
        self.price_coef, self.division = month.price_coef[row].tolist(), int(month.division[row])
        self.price, self.lagged = month.enterprise_price[row].tolist(), month.lagged[row].tolist()

    def play_month(self) -> None:
        """Split anew and ship."""
        world = self.world
        for segment, parcels in enumerate(self.parcels):
            for zone, share in enumerate(world.mix[self.division]):
                self.ship(segment, zone, parcels * share)

    def ship(self, segment: int, zone: int, parcels: float) -> None:
        """Split the parcels to one zone."""
        world, price, level = self.world, self.price[segment], self.world.price_level
        lagged, reach = self.lagged[segment], world.reach[segment]
        weights = []
        for carrier, constant in enumerate(world.constants[segment]):
            if constant == -inf or reach[carrier][zone] == 0.0:
                weights.append(0.0)
                continue
            cost = (price[carrier] + world.surcharge[carrier][zone]) / level + world.other[segment][carrier]
            liking = constant + world.best_known[carrier] + world.inertia * lagged[carrier][zone]
            weights.append(exp(liking - self.price_coef[segment] * cost))
        total = sum(weights)
        served = [weight / total * reach[carrier][zone] for carrier, weight in enumerate(weights)]
        fallback = sum(share for share, national in zip(served, world.national, strict=True) if national)
        more = 1.0 + (1.0 - sum(served)) / fallback
        for carrier, share in enumerate(served):
            if share > 0.0:
                amount = parcels * (share * more if world.national[carrier] else share)
                world.put(-1, segment, carrier, zone, amount, amount * price[carrier])


def outcome(world: World, month: ShipperMonth, small: list[Any]) -> Outcome:
    """What came out, as arrays."""
    primary, refused = month.primary.copy(), month.refused_months.copy()
    primary[month.n_enterprise :] = [shipper.primary for shipper in small]
    refused[month.n_enterprise :] = [shipper.refused_months for shipper in small]
    return Outcome(primary, refused, np.array(world.volume), np.array(world.value))
