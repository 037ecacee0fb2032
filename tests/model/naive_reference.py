"""The market's arrays once more, one shipper and one parcel flow at a time, written from the design text.

Plain loops over dictionaries: slow, and meant to be read. It shares no code with the model.
"""

from math import exp, inf


def small_shipper_tender(shippers, mix, coverage):
    """Parcels and dollars that small shippers tender, {(division, segment, carrier, zone): [parcels, dollars]}.

    Args:
        shippers: Dictionaries with division, primary, fallback, parcels, price and price_fallback by segment.
        mix: Destination mix, mix[division][zone].
        coverage: Share of households reached, coverage[carrier][zone].
    """
    tender = {}
    for shipper in shippers:
        division = shipper["division"]
        for segment, parcels in enumerate(shipper["parcels"]):
            for zone, share in enumerate(mix[division]):
                to_zone = parcels * share
                primary, fallback = shipper["primary"][segment], shipper["fallback"][segment]
                reached = to_zone * coverage[primary][zone]
                for carrier, amount, price in (
                    (primary, reached, shipper["price"][segment]),
                    (fallback, to_zone - reached, shipper["price_fallback"][segment]),
                ):
                    cell = tender.setdefault((division, segment, carrier, zone), [0.0, 0.0])
                    cell[0] += amount
                    cell[1] += amount * price
    return tender


def enterprise_shares(constants, price, surcharge, other_cost, price_coef, lagged, inertia, coverage, national):
    """Shares of one enterprise shipper in one segment and zone, by carrier.

    Args:
        constants: By carrier, -inf where it offers nothing.
        price: By carrier, before surcharges.
        surcharge: By carrier, in this zone.
        other_cost: By carrier.
        price_coef: Of the shipper.
        lagged: Shares of last month by carrier.
        inertia: Utility of staying.
        coverage: By carrier, in this zone.
        national: By carrier.
    """
    weight = []
    for k, constant in enumerate(constants):
        if constant == -inf or coverage[k] == 0.0:
            weight.append(0.0)
            continue
        money = price[k] + surcharge[k] + other_cost[k]
        weight.append(exp(constant - price_coef * money + inertia * lagged[k]))
    total = sum(weight)
    chance = [w / total for w in weight]
    shares = [chance[k] if national[k] else chance[k] * coverage[k] for k in range(len(chance))]
    unreached = 1.0 - sum(shares)
    national_chance = sum(chance[k] for k in range(len(chance)) if national[k])
    for k in range(len(chance)):
        if national[k]:
            shares[k] += unreached * chance[k] / national_chance
    return shares


class Flow:
    """Parcels of one group and segment at one carrier in one zone."""

    def __init__(self, group, segment, carrier, zone, priority, parcels, value, age=None):
        self.group, self.segment, self.carrier, self.zone = group, segment, carrier, zone
        self.priority, self.parcels, self.value, self.age = priority, parcels, value, age


def accept(flows, room, sorting):
    """Accept flows class by class, in proportion inside a class: first by zone, then nationally.

    Args:
        flows: What is claimed.
        room: Last-mile capacity left by (carrier, zone); reduced in place.
        sorting: National capacity left by carrier; reduced in place.

    Returns:
        Share accepted of each flow, in order.
    """
    ratio = [0.0] * len(flows)
    for priority in sorted({flow.priority for flow in flows}):
        members = [i for i, flow in enumerate(flows) if flow.priority == priority]
        for carrier in {flows[i].carrier for i in members}:
            own = [i for i in members if flows[i].carrier == carrier]
            by_zone = {}
            for i in own:
                by_zone[flows[i].zone] = by_zone.get(flows[i].zone, 0.0) + flows[i].parcels
            local = {z: min(1.0, room[carrier, z] / claim) if claim > 0.0 else 1.0 for z, claim in by_zone.items()}
            wanted = sum(claim * local[z] for z, claim in by_zone.items())
            national = min(1.0, sorting[carrier] / wanted) if wanted > 0.0 else 1.0
            for i in own:
                ratio[i] = local[flows[i].zone] * national
            for z, claim in by_zone.items():
                room[carrier, z] = max(0.0, room[carrier, z] - claim * local[z] * national)
            sorting[carrier] = max(0.0, sorting[carrier] - wanted * national)
    return ratio


def allocate(tendered, waiting, capacity, sorting, liking, overflow_price, coverage, max_passes, max_months):
    """Ration, offer again and let wait, one flow after the other (section 7).

    Args:
        tendered: Flows of this month.
        waiting: Flows that wait, with their age in months, 0 = since last month.
        capacity: Last-mile capacity by (carrier, zone).
        sorting: National capacity by carrier.
        liking: exp(utility) by (group, segment, carrier).
        overflow_price: Dollars by (group, segment, carrier).
        coverage: By (carrier, zone).
        max_passes: Offers to other carriers.
        max_months: Months after which a waiting parcel is given up.

    Returns:
        Accepted {(group, segment, carrier, zone): [parcels, dollars]}, what waits, unserved {(carrier, zone): parcels}.
    """
    room, left = dict(capacity), dict(sorting)

    def has_room(k, zone):
        """Whether more is left of a capacity than rounding leaves."""
        return all(
            now == inf or now > 1e-12 * total
            for now, total in ((room[k, zone], capacity[k, zone]), (left[k], sorting[k]))
        )

    carriers = sorted(left)
    accepted, unserved, still_waiting, rejected = {}, {}, [], []

    def take(group, segment, carrier, zone, parcels, value):
        cell = accepted.setdefault((group, segment, carrier, zone), [0.0, 0.0])
        cell[0] += parcels
        cell[1] += value

    everything = [*waiting, *tendered]
    for flow, share in zip(everything, accept(everything, room, left), strict=True):
        take(flow.group, flow.segment, flow.carrier, flow.zone, flow.parcels * share, flow.value * share)
        flow.parcels, flow.value = flow.parcels * (1.0 - share), flow.value * (1.0 - share)
        if flow.age is None:
            rejected.append(flow)
        elif flow.age + 1 >= max_months:
            key = (flow.carrier, flow.zone)
            unserved[key] = unserved.get(key, 0.0) + flow.parcels
        else:
            flow.age += 1
            still_waiting.append(flow)

    for _ in range(max_passes):
        offers = []
        for flow in rejected:
            weights = {
                k: liking[flow.group, flow.segment, k] * coverage[k, flow.zone]
                for k in carriers
                if k != flow.carrier and has_room(k, flow.zone) and coverage[k, flow.zone] > 0.0
            }
            total = sum(weights.values())
            if total > 0.0:
                offers += [
                    (flow, Flow(flow.group, flow.segment, k, flow.zone, 0, flow.parcels * w / total, 0.0))
                    for k, w in weights.items()
                ]
        found = {}
        for (flow, offer), share in zip(offers, accept([offer for _, offer in offers], room, left), strict=True):
            parcels = offer.parcels * share
            price = overflow_price[flow.group, flow.segment, offer.carrier]
            take(flow.group, flow.segment, offer.carrier, flow.zone, parcels, parcels * price)
            found[id(flow)] = found.get(id(flow), 0.0) + parcels
        for flow in rejected:
            if flow.parcels > 0.0:
                kept = max(0.0, 1.0 - found.get(id(flow), 0.0) / flow.parcels)
                flow.parcels, flow.value = flow.parcels * kept, flow.value * kept

    for flow in rejected:
        flow.age = 0
        still_waiting.append(flow)
    return accepted, still_waiting, unserved
