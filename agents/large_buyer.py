"""What a shipper that delivers for itself would pay others: in talks with USPS, UPS and FedEx, and at an auction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.auction import AccessNeed
from agents.bargaining import BuyerValues, buyer_values, exit_months, stay_weight
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.large_shipper import RIVALS, LargeShipper

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CarriageCase:
    """What lies on the table when it talks with UPS or FedEx.

    Attributes:
        begin: First month of the contract.
        zone: Zone of each slice, (L,).
        cell: Density cell of each slice, (L,).
        volume: Parcels a year, (L,).
        published: What it pays this seller without a contract, $ per parcel.
        other: What it would pay the other of the two, $ per parcel, infinite where there is no such offer.
    """

    begin: Month
    zone: Ints
    cell: Ints
    volume: Floats
    published: float
    other: float


class LargeBuyer(LargeShipper):
    """Pays for access and carriage what it would cost to do without, as far and as soon as it can."""

    moves_price = True

    def values_access(self, begin: Month) -> BuyerValues:
        """What access to each of its slices is worth to it from the first month of a contract on.

        The published price until it could leave, its own cost from then on; where capacity stands or comes already, its
        capital is sunk. It knows its own cost, the published price, and when it could carry what others carry. Rule:
        ODD 7.1.
        """
        figures, slices = self.world.figures, self.memory.slices
        own, term = self.own_cost(slices.zone, slices.cell), int(figures.term_strategic)
        return buyer_values(
            slices.volume,
            own,
            self.world.published_access_price(),
            exit_months(slices.volume, own, self.capacity_after(begin, term)),
            term,
            saved_by_own_delivery=self.saved_by_own_delivery(),
            discount_rate_monthly=figures.discount_rate_monthly,
        )

    def values_carriage(self, case: CarriageCase) -> BuyerValues:
        """What carriage by UPS or FedEx is worth to it: the cheapest of what it could do else, and their channel.

        It knows its own cost and the prices that it could pay elsewhere. Rule: ODD 7.1.
        """
        figures, level, term = self.world.figures, self.world.price_level, int(self.world.figures.term_strategic)
        channel = self.memory.channel_value * level
        own = self.own_cost(case.zone, case.cell) + channel
        return buyer_values(
            case.volume,
            own,
            min(case.published, self.usps_without_contract() + channel, case.other),
            exit_months(case.volume, own, self.capacity_after(case.begin, term)),
            term,
            saved_by_own_delivery=figures.speed_benefit_amazon * level,
            discount_rate_monthly=figures.discount_rate_monthly,
        )

    def access_need(self, begin: Month) -> AccessNeed:
        """What it could hand over under a contract won at auction, and what that would save.

        Own routes, with capital where it has none, or the published price until it could leave. What the parcels cost
        the seller it does not know (0). It knows its own cost and the published price. Rule: ODD 7.2.
        """
        figures, slices, level = self.world.figures, self.memory.slices, self.world.price_level
        own, term = self.own_cost(slices.zone, slices.cell), int(figures.auction_term)
        saved = own - figures.speed_benefit_amazon * level
        leaves = exit_months(slices.volume, own, self.capacity_after(begin, term))
        stays = saved - figures.injection_cost_amazon * level >= self.world.published_access_price()
        stay = stay_weight(np.where(stays, term, leaves), term, figures.discount_rate_monthly)
        return AccessNeed(self.key, slices.zone, slices.volume, saved, np.zeros(len(saved)), stay)

    def knows_channel_value(self) -> None:
        """Find at the start what UPS and FedEx are worth to it beyond the last mile.

        The mean price that it pays them less the cheapest alternative among those parcels (own long-run delivery, USPS
        at the published price); 0 where it pays no more than that. Rule: ODD 7.1.
        """
        figures, flows = self.world.figures, self.memory.flows
        zone, cell, volume = flows.between(flows.ups + flows.fedex, self.world.zones.density_grid.shape[1])
        if volume.sum() <= 0.0:
            return
        paid = sum(flows.handed_to(key).sum() * float(figures[f"price_amazon_{key}"]) for key in RIVALS)
        own = self.own_cost(zone, cell) - figures.speed_benefit_amazon
        cheapest = np.minimum(own, self.usps_without_contract()).min()
        self._remember(channel_value=max(0.0, float(paid / volume.sum() - cheapest)))

    def usps_without_contract(self) -> float:
        """What a parcel costs it at USPS at the published price with injection, $ per parcel."""
        return self.world.published_access_price() + self.world.figures.injection_cost_amazon * self.world.price_level

    def capacity_after(self, begin: Month, term: int) -> Floats:
        """Parcels a year of those that others deliver that it could serve h months after `begin`, h < term, (term,)."""
        memory, month, world = self.memory, self.world.month, self.world
        books, plan = world.own_books(self.index), self.announced_plan()
        lead = int(world.figures.build_lead_months)
        ready = float((books.capacity + books.on_its_way).sum())
        months = np.arange(term)
        building = np.maximum(0, begin - month + months - lead)
        yearly = np.where(building > 0, self.yearly_build_limit() / MONTHS_PER_YEAR, 0.0)
        ordered = yearly * np.maximum(building, 1)
        if plan is not None:
            then = np.minimum(max(0, month - plan.begins) + (begin - month) + months, plan.months)
            ordered = ordered + plan.arrived(plan.done(month), then)
        others = float(np.maximum(books.annual_volume - world.amazon_own_volume(), 0.0).sum())
        elsewhere = float(memory.flows.ups.sum()) * memory.ups_share + float(memory.flows.fedex.sum())
        needed = world.amazon_totals_expected(begin, term)
        spare = ready + ordered - (needed - memory.slices.total - elsewhere + others)
        return np.asarray(np.maximum.accumulate(np.maximum(spare, 0.0)))
