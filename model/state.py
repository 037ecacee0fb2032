"""All that changes while the market runs, by whom it belongs to. Shapes: K carriers, S segments, Z zones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.bargaining import PriceGroups, Stakes, Talks
from agents.calendar import Month
from agents.capacity import CapacityOrder, Closure
from agents.contracts import Contract
from agents.distress import Ladder, Measures
from agents.sourcing import AccessSlices, Sourcing
from model.allocation import Allocation, Backlog
from model.auction.awarded import AwardedParcels
from model.auction.round import AuctionRound
from model.bargains.table import Pair
from model.demand import Demand
from model.ledger import Cents
from model.operations import StreetCosts
from model.postal_accounts import PostalStatement
from model.start.amazon_flows import AmazonFlows
from model.tender import Tender

Floats = NDArray[np.float64]
YEAR = 12


@dataclass(slots=True)
class Environment:
    """What no agent decides.

    Attributes:
        price_level: Consumer prices relative to the mean of the start year.
        wage_other: Wages of private carriers, relative likewise.
        wage_usps: Wages of USPS, relative likewise.
        season: Month factor.
        common_shock: Log deviation of demand that all shippers share.
        mail_price: Mail prices relative to the start year, nominal.
    """

    price_level: float = 1.0
    wage_other: float = 1.0
    wage_usps: float = 1.0
    season: float = 1.0
    common_shock: float = 0.0
    mail_price: float = 1.0


@dataclass(slots=True)
class Tariffs:
    """What carriers charge.

    Attributes:
        level: List level before discounts, $ per parcel, (S, K).
        floor: Lowest quote, $ per parcel, (S, K).
        start_level: Level at the start, (S, K).
        rural: Delivery-area surcharge in rural zones, $ per parcel, (K,).
        peak: Peak surcharge, $ per parcel, (K,).
        surcharge: Surcharges of the month, $ per parcel, (K, Z).
        list_growth: Latest yearly list increase, (K,).
        mean_surcharge: Mean of the surcharges over the year at the start, $ per parcel, (K, Z).
        fill: Discount on quotes with which a carrier fills its network, share, (S, K).
        temporary: Factors on the level that will end again, (S,), by carrier.
    """

    level: Floats
    floor: Floats
    start_level: Floats
    rural: Floats
    peak: Floats
    surcharge: Floats
    list_growth: Floats
    mean_surcharge: Floats
    fill: Floats
    temporary: dict[int, Floats] = field(default_factory=dict)

    @property
    def offered(self) -> Floats:
        """Level that quotes start from, $ per parcel, (S, K)."""
        return self.level * (1.0 - self.fill)

    def growth(self, segment: int, carrier: int, otherwise: float) -> float:
        """List level over that of the start; `otherwise` where the carrier sold nothing in the segment then."""
        start = float(self.start_level[segment, carrier])
        return float(self.level[segment, carrier]) / start if start > 0.0 else otherwise


@dataclass(slots=True)
class ChoiceState:
    """What shippers carry from month to month.

    Attributes:
        constants: Carrier constants, (S, K), frozen at the start.
        perceived_on_time: On-time share that shippers believe in, (K,).
        enterprise_share: Split of enterprise shippers last month, (E, S, K, Z).
        enterprise_price: Contract prices of enterprise shippers, $ per parcel, (E, S, K); nan where they take quotes.
        enterprise_weight: Share of the gain that the seller gets in an agreement, inverted at the start, (E, S, K).
        enterprise_sellers: Carriers with which each enterprise shipper has agreements, E.
        price_index: Real mean delivered price relative to the start, last months, newest last, (M, S).
        start_price: Mean delivered price at the start, $, (S,).
        transit_delay: Days that parcels waited last month, by segment, (S,).
        extra_days: Days by which a carrier has slowed its service, (K,) or one number.
        mean_extra_days: Mean of them over last month's parcels, by segment, (S,) or one number.
    """

    constants: Floats
    perceived_on_time: Floats
    enterprise_share: Floats
    enterprise_price: Floats
    price_index: Floats
    start_price: Floats
    transit_delay: Floats
    enterprise_weight: Floats = field(default_factory=lambda: np.empty(0))
    enterprise_sellers: list[tuple[int, ...]] = field(default_factory=list)
    extra_days: Floats | float = 0.0
    mean_extra_days: Floats | float = 0.0

    @property
    def delay_by_carrier(self) -> Floats:
        """Days on top of the usual transit, (S, K)."""
        n_carriers = self.constants.shape[1]
        return np.asarray(self.transit_delay[:, None] + np.broadcast_to(self.extra_days, (n_carriers,)))

    @property
    def demand_delay(self) -> Floats:
        """Days by which parcels arrive later than at the start, mean by segment, (S,)."""
        return np.asarray(self.transit_delay + self.mean_extra_days)


@dataclass(slots=True)
class NetworkState:
    """Capacity, coverage and routes.

    Attributes:
        capacity: Annual parcels of last-mile capacity, (K, Z); inf for USPS.
        start_capacity: Capacity at the start, annual parcels, (K, Z).
        coverage: Share of households that can be served, (K, Z).
        start_coverage: Amazon's coverage at the start, (Z,).
        sorting: National sorting capacity, parcels a month, (K,); inf where only the last mile binds.
        peak_factor: Monthly parcels that one annual parcel of capacity allows.
        pipeline: Orders on their way.
        recent: What came into use since the start: carrier, month, annual parcels (Z,).
        closures: Closures that have been decided and not yet carried out.
        savings: Fixed cost that closures spare: carrier, first month, $ a month at start prices once in full; below 0
            where an entry adds it.
        in_place: Routes and staff in place, deseasonalised dollars a month at current rates, (K, Z).
        annual_volume: Deseasonalised parcels a year delivered, mean of the last quarter, (K, Z).
        recent_volume: The same by month, newest last, (3, K, Z).
        amazon_own: Deseasonalised parcels a year of its own that Amazon delivers, (Z,).
        street: Latest cost of the networks.
        utilisation: Volume over capacity this month, (K, Z).
        on_time: On-time share this month, (K, Z).
    """

    capacity: Floats
    start_capacity: Floats
    coverage: Floats
    start_coverage: Floats
    sorting: Floats
    peak_factor: float
    pipeline: list[CapacityOrder]
    in_place: Floats
    annual_volume: Floats
    recent_volume: Floats
    amazon_own: Floats
    street: StreetCosts
    utilisation: Floats
    on_time: Floats
    recent: list[tuple[int, Month, Floats]] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    savings: list[tuple[int, Month, float]] = field(default_factory=list)

    def closing(self, carrier: int) -> Floats:
        """Annual parcels whose closure a carrier has decided, (Z,)."""
        total = np.zeros(self.capacity.shape[1])
        for closure in self.closures:
            if closure.carrier == carrier:
                total += closure.annual_parcels
        return total

    def locked(self, carrier: int, since: Month) -> Floats:
        """Annual parcels of a carrier that came into use after a month, (Z,)."""
        total = np.zeros(self.capacity.shape[1])
        for owner, month, annual_parcels in self.recent:
            if owner == carrier and month > since:
                total += annual_parcels
        return total

    @property
    def monthly_capacity(self) -> Floats:
        """Parcels that can be delivered in a month, (K, Z)."""
        return self.capacity * self.peak_factor

    def on_its_way(self, carrier: int) -> Floats:
        """Annual parcels ordered by a carrier and not yet in use, (Z,)."""
        total = np.zeros(self.capacity.shape[1])
        for order in self.pipeline:
            if order.carrier == carrier:
                total += order.annual_parcels
        return total


@dataclass(slots=True)
class AccessState:
    """The last mile that carriers other than Amazon buy from USPS.

    Attributes:
        economy: Deseasonalised economy parcels a year of each carrier's customers, of the last month, (K, Z).
        handed: Deseasonalised parcels a year that USPS delivers for each carrier, of the last month, (K,).
        bought: Parcels that USPS delivers for each carrier this month, (K, Z).
        contract: The part of it under a contract, (K, Z).
        kept: Share of households, densest first, to which the carrier delivers economy parcels itself, (K, Z).
        reach: Share of households to which it sells economy, (K, Z).
        extension: Share of the households beyond its routes to which it sells economy, (K, Z).
        paid: What each carrier owes USPS for the month, $, (K,).
        insourced: Share of UPS's economy parcels at USPS in the start year that UPS has taken over since, (Z,).
        learning_since: Month in which a carrier began to deliver itself what it used to buy, by carrier.
    """

    economy: Floats
    handed: Floats
    bought: Floats
    contract: Floats
    kept: Floats
    reach: Floats
    extension: Floats
    paid: Floats
    insourced: Floats
    learning_since: dict[int, Month] = field(default_factory=dict)

    @classmethod
    def opening(cls, economy: Floats, coverage: Floats) -> AccessState:
        """Nothing is bought yet.

        Args:
            economy: Economy parcels a year by carrier, (K, Z).
            coverage: Share of households that each carrier reaches, (K, Z).
        """
        nothing = np.zeros_like(economy)
        carriers, zones = economy.shape
        return cls(
            economy=economy,
            handed=np.zeros(carriers),
            bought=nothing,
            contract=nothing.copy(),
            kept=coverage.copy(),
            reach=coverage.copy(),
            extension=np.zeros_like(coverage),
            paid=np.zeros(carriers),
            insourced=np.zeros(zones),
        )

    def open_month(self) -> None:
        """Forget what was bought last month."""
        self.bought = np.zeros_like(self.bought)
        self.contract = np.zeros_like(self.contract)
        self.kept = self.reach.copy()
        self.paid = np.zeros_like(self.paid)


@dataclass(slots=True)
class RivalState:
    """What rivals remember of their own rules.

    Attributes:
        negative_months: Months in a row of negative cash, seasonally adjusted, (K,).
        shed: Parcels a day of each contract that UPS has ended, with the month of the notice.
        reviewed_until: Month until which UPS looks no further at an enterprise shipper that it has shed, by row.
    """

    negative_months: NDArray[np.int64]
    shed: list[tuple[Month, float]] = field(default_factory=list)
    reviewed_until: dict[int, Month] = field(default_factory=dict)


@dataclass(slots=True)
class TalksState:
    """One negotiation between two parties.

    Attributes:
        pair: Who talks about what.
        opened: Month in which talks opened; rounds count from it.
        groups: Which zones share a price.
        talks: State after the latest round.
        stakes: What was at stake in it, None before the first.
        limits: Limits of buyer and seller by round, with their private noise: (round, (G,), (G,)).
        benchmark: Nash price of each of these rounds at these limits, $ per parcel, (G,); nan without a zone of
            agreement.
        reopening: Whether they talk about the rest of a contract in force, under its clause.
        under_review: What both agreed on while the regulator looks at it, None otherwise.
    """

    pair: Pair
    opened: Month
    groups: PriceGroups
    talks: Talks
    stakes: Stakes | None = None
    limits: list[tuple[int, Floats, Floats]] = field(default_factory=list)
    benchmark: list[Floats] = field(default_factory=list)
    reopening: bool = False
    under_review: Agreement | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """What two parties agreed on.

    Attributes:
        contract: Terms in the state "offered".
        taken: Slices of the table that it carries, (L,).
        by_zone: Parcels a year that it carries, (Z,).
    """

    contract: Contract
    taken: NDArray[np.bool_]
    by_zone: Floats


@dataclass(slots=True)
class AmazonState:
    """Amazon as a shipper.

    Attributes:
        flows: Who delivered its parcels in the start year.
        slices: What USPS delivers for it, sorted by Amazon's own cost.
        retained: Parcels a year that the USPS contract carries this month, (Z,).
        retained_share: The same as a share of the start volume.
        ups_share: Share of the start volume that UPS's announced plan leaves.
        with_rivals: Parcels a year that contracts with UPS and FedEx carry this month, (2, Z).
        channel_value: Worth of what UPS and FedEx do beyond the last mile, $ per parcel at start prices.
        carriage_cost_factor: What its parcels cost UPS and FedEx over those of others, by key.
        plan_monthly: Capacity of the announced rural plan that arrives each month, annual parcels, (Z,).
        plan_coverage: Coverage that the plan adds each month, (Z,).
        plan_months: Months of the plan.
        delivered_cost: Dollars per parcel of the last month.
        sales_cost: Cost of the parcels that it delivered for others in the last month, $.
        price_belief: Price of USPS access that it expects after the contract in force, $ per parcel.
        agreed: Slices under each contract with USPS that was negotiated, (L,), by its first month.
        taken_back: Slices under the contract in force that it delivers itself this month, (L,).
        own_grid: Its running cost by zone and density cell, $ per parcel, (Z, P), and the day that it holds for.
        at_published: Parcels a year outside the contract that Amazon leaves with USPS at the published price, (Z,).
    """

    flows: AmazonFlows
    slices: AccessSlices
    retained: Floats
    retained_share: float
    ups_share: float
    with_rivals: Floats
    plan_monthly: Floats
    plan_coverage: Floats
    plan_months: int
    channel_value: float = 0.0
    carriage_cost_factor: dict[str, float] = field(default_factory=dict)
    delivered_cost: float = 0.0
    sales_cost: float = 0.0
    price_belief: float = 0.0
    agreed: dict[Month, NDArray[np.bool_]] = field(default_factory=dict)
    taken_back: NDArray[np.bool_] | None = None
    own_grid: tuple[tuple[Month, float, float, float], Floats] | None = None
    at_published: Floats | float = 0.0


@dataclass(slots=True)
class Books:
    """Carriers' accounts.

    Attributes:
        fixed_cost: Network cost that volume does not move, $ a month at start prices, (K,).
        institutional_cost: Of USPS, $ a month at start wages.
        revenue: From customers, last twelve months, newest last, $, (12, K).
        cost: Of serving them, last twelve months, $, (12, K); USPS: attributable to parcels; Amazon: of its sales.
        volume: Of their parcels, last twelve months, (12, K).
        utilisation: Last twelve months, (12, K).
        start_utilisation: Mean of the year before the start, (K,).
        last_year_unit_cost: Cost per parcel of the twelve months before the last price plan, $, (K,).
        usps_debt: Dollars.
        usps_borrowed: Dollars borrowed in the fiscal year.
        usps_arrears: Dollars that USPS could not pay.
    """

    fixed_cost: Floats
    institutional_cost: float
    revenue: Floats
    cost: Floats
    volume: Floats
    utilisation: Floats
    start_utilisation: Floats
    last_year_unit_cost: Floats
    usps_debt: float
    usps_borrowed: float = 0.0
    usps_arrears: float = 0.0


@dataclass(slots=True)
class PostalState:
    """USPS in want of money, dollars.

    Attributes:
        underlying_flow: Change of cash by month, last twelve months, without borrowing and measures, (12,).
        ladder: Distress measures taken so far.
        measures: What they do this month.
        deferred: Retirement contributions that were not paid so far.
        owed_before: Debt, arrears and deferred contributions before the month was closed.
        left: Month index since when USPS does not serve a zone, inf where it does, (Z,).
    """

    underlying_flow: Floats
    left: Floats
    ladder: Ladder = field(default_factory=Ladder)
    measures: Measures = field(default_factory=Measures)
    deferred: float = 0.0
    owed_before: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(slots=True)
class MonthFlows:
    """What this month's phases hand to each other; empty when the month begins.

    `access_cost` is what a parcel that carriers hand over costs USPS, $ per parcel, (K, Z).
    """

    demand: Demand | None = None
    tender: Tender | None = None
    sourcing: Sourcing | None = None
    allocation: Allocation | None = None
    invoices: Cents | None = None
    operating_cost: Floats | None = None
    postal: PostalStatement | None = None
    price_paid: Floats | None = None
    awarded: AwardedParcels | None = None
    access_cost: Floats | None = None


@dataclass(slots=True)
class MarketState:
    """Everything that changes, by owner.

    Attributes:
        talks: Latest negotiation of each pair, by seller and buyer.
        past_talks: Negotiations before the latest of their pair, in the order in which the next ones opened.
        agreed_volume: Parcels a year by zone under each negotiated contract, (Z,), by seller, buyer and first month.
        auctions: Access auctions held so far.
    """

    environment: Environment
    tariffs: Tariffs
    choice: ChoiceState
    network: NetworkState
    amazon: AmazonState
    books: Books
    postal: PostalState
    access: AccessState
    rivals: RivalState
    backlog: Backlog | None = None
    flows: MonthFlows = field(default_factory=MonthFlows)
    talks: dict[tuple[str, str], TalksState] = field(default_factory=dict)
    agreed_volume: dict[tuple[str, str, Month], Floats] = field(default_factory=dict)
    auctions: list[AuctionRound] = field(default_factory=list)
    past_talks: list[TalksState] = field(default_factory=list)
