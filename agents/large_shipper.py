"""A shipper so large that it delivers for itself: what it remembers, leaves with others, takes back and expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import Offer, Side
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.carriers import Carrier
from agents.contracts import Contract
from agents.rules.building import BuildingCase, TableSeen, spared_under, worth_building
from agents.rules.contract_use import ContractPosition, OwnContracts, owed_pace, taken_back
from agents.rules.make_or_buy import updated_price_belief, worth_of_delivering
from agents.rules.sourcing import MonthToSource, Sourcing, cut_slices, source_deliveries, to_total
from agents.shipper_memory import ShipperMemory

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
USPS = "usps"
RIVALS = ("ups", "fedex")  # in the order of `ShipperMemory.with_rivals`


class LargeShipper(Carrier):
    """Weighs own delivery against access, slice by slice of its addresses, and remembers what it agreed on."""

    #: Whether it builds for what may come of its talks; else for one expected price (a scenario may say so).
    weighs_outcomes: bool = True
    hands_over = False  # what it leaves with USPS its contract says
    always_closes = True
    ships = True
    _memory: ShipperMemory

    # -- memory: what it is told, signs and hears ------------------------------------------------------------------

    @property
    def memory(self) -> ShipperMemory:
        """What it remembers; nobody can change it but this party."""
        return self._memory

    def _remember(self, **changes: Any) -> None:
        self._memory = replace(self._memory, **changes)

    def opens(self, memory: ShipperMemory) -> None:
        """Begin with what it knows at the start."""
        self._memory = memory

    def follows_growth(self, parcels: Floats, growth: float, imposed: Mapping[str, float] | None) -> None:
        """Let its parcels grow while a run plays the past.

        A contract over addresses grows with what it ships; what UPS and FedEx carry stays as it was unless imposed.

        Args:
            parcels: All that it ships, parcels a year by zone, (Z,).
            growth: Parcels of this month over those of the last, on trend.
            imposed: Parcels a year that each carrier delivers for it, by key, where dated events impose them.
        """
        flows, slices = replace(self.memory.flows, parcels=parcels), self.memory.slices
        volume = slices.volume * growth
        if imposed is not None:
            volume = to_total(volume, imposed[USPS])
            flows = replace(flows, **{key: to_total(flows.handed_to(key), imposed[key]) for key in RIVALS})
        self._remember(flows=flows, slices=replace(slices, volume=volume))

    def keeps_share(self, share: float, within: float = 1.0) -> None:
        """Leave an imposed share of its volume with USPS, the dearest to serve first.

        Args:
            share: Share of all slices.
            within: Part of it that the contract's cap lets pass.
        """
        self._remember(retained_share=share, retained=self.memory.slices.retained(share) * within)

    def heard(self, offer: Offer, other: str, quantity: Floats) -> None:
        """Expect a price of access nearer to what USPS asks. Rule: ODD 7.1."""
        if other == USPS and offer.side is Side.SELLER:
            weight = np.where(np.isnan(offer.price), 0.0, quantity)
            asked = float(np.nansum(offer.price * weight) / weight.sum()) if weight.sum() > 0.0 else float("nan")
            self.learns_price(asked)

    def learns_price(self, price: float) -> None:
        """Move the price of access that it expects towards one that it meets; nan says nothing."""
        gain = self.world.figures.belief_gain
        self._remember(price_belief=float(updated_price_belief(self.memory.price_belief, price, gain)))

    def sees_table(self, table: TableSeen, other: str) -> None:
        """Remember what lies on the table: what it builds depends on it."""
        self._remember(tables={**self.memory.tables, other: table})

    def signed(self, contract: Contract, taken: Bools) -> None:
        """Remember which slices a contract with USPS carries, and expect its price from then on."""
        self._remember(tables={key: one for key, one in self.memory.tables.items() if key != contract.seller})
        if contract.buyer == self.key and contract.seller == USPS:
            belief = float(np.average(contract.price, weights=np.maximum(contract.commitment, 1.0)))
            self._remember(agreed={**self.memory.agreed, contract.start: taken}, price_belief=belief)

    def won(self, start: Month, by_step: Floats, price: float) -> None:
        """Remember the very slices that it won, cut where a lot took a part of one, and expect their price."""
        memory = self.memory
        slices, old, taken = cut_slices(memory.slices, by_step)
        agreed = {begun: chosen[old] for begun, chosen in memory.agreed.items()}
        back = None if memory.taken_back is None else memory.taken_back[old]
        tables = {
            key: one for key, one in memory.tables.items() if key != USPS
        }  # what lay there was about other slices
        self._remember(
            slices=slices, agreed={**agreed, start: taken}, taken_back=back, price_belief=price, tables=tables
        )

    # -- what a slice costs it ---------------------------------------------------------------------------------------

    def slice_cost(self, zone: Ints, cell: Ints, now: Month | None = None) -> tuple[Floats, Floats, Bools]:
        """Running cost and capital charge by slice, $ per parcel, and whether capacity for it stands or comes.

        It knows its own cost and what it has ordered. Rule: ODD 7.8.

        Args:
            zone: Zone of each slice, (L,).
            cell: Density cell of each slice, (L,).
            now: Month in which it looks, this one unless given.
        """
        covered = self._middle(cell) <= self.coverage_ahead(now or self.world.month)[zone]
        return self._running_cost(zone, cell), self.world.amazon_capital_charge()[zone, cell], covered

    def own_cost(self, zone: Ints, cell: Ints) -> Floats:
        """Long-run cost by slice, $ per parcel, (L,): with capital where it would have to build."""
        own, capital, covered = self.slice_cost(zone, cell)
        return np.where(covered, own, own + capital)

    def coverage_ahead(self, now: Month) -> Floats:
        """Share of households that it reaches once all that is ordered and announced stands, (Z,)."""
        reached, plan = self.world.coverage_ordered(self.index), self.announced_plan()
        if plan is None:
            return reached
        return np.asarray(np.minimum(1.0, reached + plan.covering(now)))

    def saved_by_own_delivery(self) -> float:
        """What it saves by delivering itself, injection and speed, $ per parcel."""
        figures = self.world.figures
        return (figures.injection_cost_amazon + figures.speed_benefit_amazon) * self.world.price_level

    def running_worth(self) -> Floats:
        """Price of access at which it is indifferent this month to running own routes, $ per parcel, by slice (L,).

        It knows its own cost and what own delivery saves it. Rule: ODD 7.8.
        """
        own = self._running_cost(self.memory.slices.zone, self.memory.slices.cell)
        return np.asarray(own - self.saved_by_own_delivery())

    def _running_cost(self, zone: Ints, cell: Ints) -> Floats:
        """Running cost by slice, $ per parcel, (L,)."""
        return self.world.amazon_route_cost(self.memory.flows.parcels)[zone, cell]

    def _middle(self, cell: Ints) -> Floats:
        """Household percentile in the middle of each density cell, (L,)."""
        return np.asarray((cell + 0.5) / self.world.zones.density_grid.shape[1])

    # -- decisions of a month ----------------------------------------------------------------------------------------

    def leaves_with_usps(self, price: float, now: Month | None = None) -> Bools:
        """Slices that it means to leave with USPS at a price when it decides what to build, (L,).

        It knows its own cost; where it would have to build, capital and the hurdle of investment count. Rule:
        ODD 7.8.

        Args:
            price: Of access, $ per parcel.
            now: Month in which it decides, this one unless given.
        """
        slices = self.memory.slices
        own, capital, covered = self.slice_cost(slices.zone, slices.cell, now)
        hurdle = np.where(covered, 0.0, capital * self.world.figures.investment_hurdle)
        worth = worth_of_delivering(price, self.saved_by_own_delivery(), 0.0, hurdle)
        return np.asarray(np.where(covered, own, own + capital) > worth)

    def leaves_open(self, now: Month) -> Bools:
        """Slices that it means to leave with USPS in what it builds for while no contract is signed, (L,).

        It knows its own cost, what lies on the table, and how far its guess of the other side's limit can be wrong.
        Before the talks it counts on a contract at the price that it expects. Rule: ODD 7.8.

        Args:
            now: Month in which it decides.
        """
        memory, slices, published = self.memory, self.memory.slices, self.world.published_access_price()
        worth, table = self.running_worth(), memory.tables.get(USPS)
        _, capital, _ = self.slice_cost(slices.zone, slices.cell, now)
        price = min(memory.price_belief, published)
        spared, chance = np.full(len(worth), price), np.ones(len(worth))
        if table is not None:
            level = min(price, table.limit) if table.agreed is None else table.agreed
            chance[:] = table.chance(now)
            if table.package is None:
                spared[:], chance = level, np.where(worth >= level, chance, 0.0)
            else:
                spared = spared_under(table.package, level, published)
        hurdle = capital * (1.0 + self.world.figures.investment_hurdle)
        return ~worth_building(BuildingCase(worth, spared, published, chance, hurdle))

    def must_order_in_time(self) -> bool:
        """Whether it would have to order capacity before its contract with USPS ends if none followed.

        Else nothing presses it before the end: its deadline in the talks is that of the seller. It knows its own cost
        and the published price. Rule: ODD 7.1.
        """
        if not self.weighs_outcomes:
            return True
        slices, published = self.memory.slices, self.world.published_access_price()
        _, capital, covered = self.slice_cost(slices.zone, slices.cell)
        nothing, hurdle = np.zeros(len(capital)), capital * (1.0 + self.world.figures.investment_hurdle)
        case = BuildingCase(self.running_worth(), nothing, published, nothing, hurdle)
        return bool((worth_building(case) & ~covered).any())

    def leaves_at_published(self, worth: Floats, published: float) -> Bools:
        """Slices outside the contract that it leaves with USPS at the published price this month, (L,).

        It knows its own cost, and the price that USPS publishes. Rule: ODD 7.8.

        Args:
            worth: Price at which it is indifferent to running own routes, $ per parcel, (L,).
            published: What USPS publishes, $ per parcel.
        """
        return worth > published

    def takes_back(self, contracts: OwnContracts, under: Bools, worth: Floats) -> Bools:
        """Slices under the contract with USPS that its own routes take this month, (L,).

        It knows the contract, what it has handed over this contract year, and its running cost. Rule: ODD 7.8: what is
        cheaper on own routes, within the commitment, or beyond it where missing it pays.

        Args:
            contracts: What it has signed with USPS.
            under: Slices under the contract, (L,).
            worth: Price at which it is indifferent to running own routes, $ per parcel, (L,).
        """
        world, held, slices, month = self.world, contracts.held, self.memory.slices, self.world.month
        back = np.zeros(len(under), dtype=np.bool_)
        if not held.in_force or not under.any():
            return back
        published, n_groups = world.published_access_price(), len(held.groups)
        done = (month - held.start) % MONTHS_PER_YEAR
        rest = [world.season_of(month + ahead) for ahead in range(MONTHS_PER_YEAR - done)]
        year_left = sum(rest) / MONTHS_PER_YEAR
        position = ContractPosition(
            price=np.array(held.prices_at(month, published)),
            owed=owed_pace(held, np.array(contracts.delivered), year_left),
            published=published,
            year_left=year_left,
            year_after=min(1.0, max(0, held.expiry - month - len(rest)) / MONTHS_PER_YEAR),
        )
        reachable = self._middle(slices.cell) <= world.own_books(self.index).coverage[slices.zone]
        mine = np.flatnonzero(under)
        group = world.zones.price_groups(n_groups)[slices.zone]
        back[mine] = taken_back(held, position, slices.volume[mine], worth[mine], group[mine], reachable[mine])
        return back

    def uses_contracts(self) -> None:
        """Decide what its contracts carry this month: what they must by decree, or what it does not take back.

        It knows its contracts, its own cost, and what it has handed over this contract year. Rule: ODD 7.8.
        """
        now = self.world.month
        share = self.world.announced_share("ups", now)
        self._remember(ups_share=share, with_rivals=np.array([self.carried_by(key, now, now) for key in RIVALS]))
        imposed = self.world.amazon_imposed_share(now)
        if imposed is None:
            self._uses_its_contract(now)
        elif imposed != self.memory.retained_share:
            self.keeps_share(imposed)

    def _uses_its_contract(self, now: Month) -> None:
        contracts, slices = self.world.own_contracts_with(self.key, USPS), self.memory.slices
        published, worth = self.world.published_access_price(), self.running_worth()
        under, part = self.contract_slices(contracts, now), self.contract_part(contracts, now)
        back = self.takes_back(contracts, under, worth)
        retained, total = slices.zones_of(part * ~back), slices.total
        self._remember(
            taken_back=back,
            retained=retained,
            retained_share=float(retained.sum()) / total if total > 0.0 else 0.0,
            at_published=slices.zones_of((1.0 - part) * self.leaves_at_published(worth, published)),
        )
        if not under.any():  # what it pays meanwhile teaches it what access costs without a contract
            self.learns_price(published)

    def sources(self, case: MonthToSource) -> Sourcing:
        """Place the parcels of a month: contracts first, then itself, then whoever takes the rest.

        It knows what its contracts carry, and what its own network and others can take. Rule: ODD 7.8. Where it is free
        to use USPS, the published price there is the cheapest that is left, and it asks nobody beyond the contracts.
        """
        memory = self.memory
        retained = memory.retained * case.luck
        ups, fedex = memory.with_rivals * case.luck
        return source_deliveries(
            case.parcels,
            retained,
            ups,
            fedex,
            case.own_limit,
            retained * case.usps_room,
            case.spare if case.imposed else np.zeros_like(case.spare),
            memory.at_published * case.luck,
        )

    # -- what it expects ---------------------------------------------------------------------------------------------

    def contract_slices(self, contracts: OwnContracts, month: Month) -> Bools:
        """Slices that signed contracts with USPS carry in a month, (L,)."""
        contract = contracts.of(month)
        everything = np.ones(len(self.memory.slices.volume), dtype=np.bool_)
        if contract is contracts.upcoming:
            return self.memory.agreed[contract.start]
        if contracts.carry(month):
            # A contract that nobody negotiated carries all that USPS delivered at the start.
            return self.memory.agreed.get(contract.start, everything)
        return ~everything

    def contract_part(self, contracts: OwnContracts, month: Month) -> Floats:
        """Share of each slice that signed contracts with USPS carry in a month, (L,): not all beyond their cap."""
        contract, slices = contracts.of(month), self.memory.slices
        under = self.contract_slices(contracts, month)
        group = self.world.zones.price_groups(len(contract.groups))[slices.zone]
        volume = np.bincount(group, weights=slices.volume * under, minlength=len(contract.groups))
        allowed = np.divide(np.array(contract.cap), volume, out=np.ones_like(volume), where=volume > 0.0)
        return np.asarray(under * np.minimum(allowed, 1.0)[group])

    def carried_by(self, seller: str, month: Month, now: Month) -> Floats:
        """Parcels a year that its contract with UPS or FedEx carries in a month, as known in another, (Z,)."""
        contracts = self.world.own_contracts_with(self.key, seller, now)
        if not contracts.carry(month):
            return np.zeros(self.world.zones.n_zones)
        negotiated = contracts.volumes.get(contracts.of(month).start)
        if negotiated is not None:
            return negotiated
        return self.memory.flows.handed_to(seller) * self.world.announced_share(seller, month, now)

    def expected_with(self, seller: str, month: Month, now: Month) -> Floats:
        """Parcels a year that it expects UPS or FedEx to carry in a month, as known in another, (Z,).

        What is signed counts in full, what is open at its chance: all that the seller has of it before they talk.
        """
        carried = self.carried_by(seller, month, now)
        contracts = self.world.own_contracts_with(self.key, seller, now)
        if not self.weighs_outcomes or contracts.carry(month) or contracts.upcoming is not None:
            return carried
        table = self.memory.tables.get(seller)
        chance = 1.0 if table is None else table.chance(now)
        return chance * self.memory.flows.handed_to(seller) * self.world.announced_share(seller, month, now)

    def expected_at_usps(self, month: Month, now: Month) -> Floats:
        """What it expects USPS to carry in a month: imposed or signed volume, and what it would leave there, (Z,).

        After its contract it goes by what may come of the talks, or by one price that it expects, at most the published
        one. Rule: ODD 7.8.
        """
        slices, imposed = self.memory.slices, self.world.amazon_imposed_share(month, now)
        if imposed is not None:
            return slices.retained(imposed)
        return slices.zones_of(self.part_left(month, now))

    def part_left(self, month: Month, now: Month) -> Floats | Bools:
        """Part of each slice that it expects USPS to carry in a month where nothing is imposed, (L,).

        Args:
            month: The month.
            now: Month in which it looks ahead.
        """
        memory = self.memory
        contracts = self.world.own_contracts_with(self.key, USPS, now)
        part, over = self.contract_part(contracts, month), month >= contracts.held.expiry
        all_of_it = bool((part == 1.0).all())
        if memory.taken_back is not None and not over:
            part = part * ~memory.taken_back
        if not over and all_of_it:
            return part
        price = self.world.published_access_price()
        open_ = over and contracts.upcoming is None and not contracts.closed
        if open_ and self.weighs_outcomes:
            return np.asarray(part + (1.0 - part) * self.leaves_open(now))
        if open_:
            price = min(price, memory.price_belief)
        return np.asarray(part + (1.0 - part) * self.leaves_with_usps(price, now))

    def outsourced(self, month: Month, now: Month) -> Floats:
        """Parcels a year that others will carry for it in a month, as known in another, by zone, (Z,)."""
        with_rivals = sum((self.expected_with(key, month, now) for key in RIVALS), np.zeros(self.world.zones.n_zones))
        return np.asarray(self.expected_at_usps(month, now) + with_rivals)
