"""The economy: all data of a market, and small facts that follow from them. It imports no phase.

Phases read and write it; parties see of it what `agents.world` lets them see. Shapes: K carriers, S segments, Z zones,
R home divisions, G customer groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.amazon import Amazon
from agents.books import CarrierBooks
from agents.calendar import Month
from agents.carriers import Carrier
from agents.geography import ZoneTable
from agents.party import Party
from agents.regulator import Regulator
from agents.rivals import FedEx, Ups
from agents.shipper_table import ShipperTable
from agents.shippers import Shippers
from agents.usps import Usps
from model.carriers import USPS, CarrierTable, load_carriers
from model.consideration import home_rule, home_zones
from model.contract_book import ContractBook
from model.demand import season_factors
from model.events import EventLog
from model.groups import CustomerGroups, customer_groups
from model.history import Paths, fitted_figures, make_paths
from model.ledger import Ledger
from model.measuring.welfare import shipper_surplus
from model.operations import CostModel, amazon_own_cost, own_cost_factor, quote_floors, usps_mean_cost
from model.parameters import ParameterError, Parameters
from model.postal_accounts import BILLION
from model.records import Records
from model.scenario import Scenario
from model.service import ServiceByPlace, service_by_place
from model.start.assemble import Start, assemble
from model.start.choice_constants import StartError
from model.state import MarketState
from model.statements import LENDERS, open_ledger
from model.streams import Streams
from model.timeline import hand_over_ends
from model.wages import labour_shares
from model.zones import build_zone_table

Floats = NDArray[np.float64]


class Economy:
    """Data of one market.

    Attributes:
        settings: What the run assumes; it cannot be assigned, a branch changes it.
        seed_number: Seed of the replication.
        streams: Random streams by name.
        paths: Prices, wages, demand and mail as they go or are expected to go.
        zones: Places.
        carriers: Who delivers, in the order of every carrier axis.
        state: All that changes.
        costs: Cost rates at the wages and prices of the start.
        service: Where carriers deliver later and less punctually than in the mean.
        national: Which carriers serve every address, (K,).
        home: Zones of each division, (R, Z), where carriers can be primary ones where they deliver at home; None where
            the share that they reach decides.
        mix: Destination mix by home division, then by big shipper, without luck, (R, Z).
        amazon_mix: Amazon's destination mix without luck, (1, Z).
        amazon_start_parcels: Parcels a year of Amazon at the start.
        annual_parcels: Parcels a year by shipper and segment, weights included, (n, S).
        month: The month that is being played, or is next.
        months_done: Months that have been played.
        mail_index: Pieces of mail over those of the start.
        worst_parcels: Largest relative gap of a parcel identity so far.
        worst_money: Largest gap of money so far, $.
        start_floor: Floors of quotes at the start, $ per parcel, (S, K).
        start_floor_cost: Costs that they stand for, $ per parcel.
        start_surplus: Value of the choice at the start, real $ per parcel, (n, S).
        start_segment_revenue: Revenue of the year before the start by segment and carrier, $, (S, K).
        labour_share: Share of wages in the cost of routes at the start, (K,).
        ledger: Accounts of all parties.
        groups: Groups of customers.
        payer_of_group: Party that pays for each customer group, (G,).
        party_of_carrier: Party of each carrier, (K,).
        carriage_cost_factor: What Amazon's parcels cost UPS and FedEx over those of others, by key.
        events: What happened.
        book: Contracts.
        records: What is remembered by month.
        carrier_agents: The carriers as agents, in the order of the axis; four of them by name, and the regulator.
        other_parties: Parties of the roster that are no carriers.
    """

    _settings: Scenario
    seed_number: int
    streams: Streams
    paths: Paths
    zones: ZoneTable
    carriers: CarrierTable
    state: MarketState
    costs: CostModel
    service: ServiceByPlace
    national: NDArray[np.bool_]
    home: NDArray[np.bool_] | None
    mix: Floats
    amazon_mix: Floats
    amazon_start_parcels: float
    annual_parcels: Floats
    month: Month
    months_done: int
    mail_index: float
    worst_parcels: float
    worst_money: float
    start_floor: Floats
    start_floor_cost: Floats
    start_surplus: Floats
    start_segment_revenue: Floats
    labour_share: Floats
    ledger: Ledger
    groups: CustomerGroups
    payer_of_group: NDArray[np.int64]
    party_of_carrier: NDArray[np.int64]
    carriage_cost_factor: dict[str, float]
    events: EventLog
    book: ContractBook
    records: Records
    carrier_agents: list[Carrier]
    other_parties: list[Party]
    usps: Usps
    amazon: Amazon
    ups: Ups
    fedex: FedEx
    regulator: Regulator
    population: Shippers
    _figures: Parameters
    _shippers: ShipperTable
    books_at_hand: dict[int, CarrierBooks] | None = None  # own books while all plan or talk, see `phases.planning`
    _route_cost: tuple[tuple[CostModel, float, float, float], Floats] | None = None
    _season: tuple[Parameters, Floats] | None = None
    _capital_charge: tuple[tuple[Parameters, CostModel, float], Floats] | None = None
    _amazon_totals: tuple[tuple[Paths, Month, Month, int], Floats] | None = None

    def open_economy(self, settings: Scenario, seed: int) -> Start:
        """Put the data of the start together; agents and contracts come after.

        Args:
            settings: What the run assumes.
            seed: Seed of the replication.

        Returns:
            The start, with what the parties will remember of it.

        Raises:
            model.start.choice_constants.StartError: The parameters have no start state.
        """
        self._settings, self.seed_number, self.streams = settings, seed, Streams(seed)
        self._take_figures_of_start()
        self.carriers = load_carriers(self.figures, self.zones, settings.carriers, settings.shippers)
        known = settings.announced_plans and settings.start >= settings.projection_start
        plan_from = settings.projection_start if known else None
        named = settings.shippers
        start = assemble(
            self.figures,
            self.zones,
            self.carriers,
            self.streams,
            settings.start,
            plan_from,
            named,
            self.hand_over_ended,
            settings.rural_plan == "revealed",
        )
        self.state, self.costs, self.national = start.state, start.costs, start.national
        self.mix, self.amazon_mix = start.mix, start.amazon_mix
        at_door = self.state.network.annual_volume
        own = np.maximum(at_door[USPS] - start.amazon.flows.usps - start.handed.sum(axis=0), 0.0)
        self.service = service_by_place(self.figures, self.zones, at_door, own)
        self.home = home_rule(self.figures, home_zones(self.zones, len(self.mix), len(named)))
        self._shippers = start.shippers
        self.amazon_start_parcels = float(start.amazon.flows.parcels.sum())
        self.annual_parcels = start.shippers.market_volume
        self.months_done = 0
        self.month = settings.start
        self.mail_index = 1.0
        self.worst_parcels = self.worst_money = 0.0
        self._prepare_floors()
        self.groups = customer_groups(
            self._shippers.n_enterprise - len(settings.shippers), tuple(settings.shippers), self.carriers.keys
        )
        self.labour_share = labour_shares(self.costs, self.zones, self.state.network)
        for network in self.groups.own_networks:  # nothing runs there yet: it will be as where it is like
            self.labour_share[network] = self.labour_share[self.carriers.like.index(self.carriers.like[network])]
        self.start_surplus = shipper_surplus(self.figures, self._shippers, self.state, self.mix, self.national)
        self._open_ledger()
        self.events = EventLog()
        self.book = ContractBook(self.events, self.carriers.name_of)
        self.records = Records(
            settings.n_months, self.carriers.keys, self.zones.n_zones, settings.start, tuple(settings.shippers)
        )
        return start

    def agent(self, key: str) -> Carrier:
        """Return the carrier of a key."""
        return self.carrier_agents[self.carriers.keys.index(key)]

    @property
    def settings(self) -> Scenario:
        """What the run assumes."""
        return self._settings

    @settings.setter
    def settings(self, value: Scenario) -> None:
        raise AttributeError(
            "what a market assumes is not assigned: the start was solved for it, and its provenance would lie; to "
            "go on under other assumptions, branch: market.branch({...}), experiments.branch(...), or `lastmile branch`"
        )

    @property
    def figures(self) -> Parameters:
        """Sourced figures and policy levers in force: those of the scenario, or of the past where the run is there."""
        return self._figures

    def update_figures(self, changes: dict[str, float] | None) -> None:
        """Change figures that everybody knows, for example expected growth; None changes nothing."""
        if changes:
            before = self._figures
            self._figures = before.with_overrides(changes)
            self._figures.used.update(before.used | self.settings.parameters.used)

    @property
    def shippers(self) -> ShipperTable:
        """What each shipper is and with whom it ships; `population` decides for them."""
        return self._shippers

    def amazon_parcels_expected(self, month: Month, now: Month | None = None) -> Floats:
        """Return the parcels a year that Amazon expects to ship in a month, on trend, by zone, (Z,).

        Args:
            month: The month.
            now: Month in which it looks ahead, this one unless given.
        """
        start = self.settings.start
        index = self.paths.amazon_parcels(month - start, (now or self.month) - start)
        return np.asarray(self.amazon_start_parcels * index * self.amazon_mix[0])

    def amazon_totals_expected(self, month: Month, months: int) -> Floats:
        """Return the parcels a year that Amazon expects to ship in a month and in those that follow, on trend, (H,).

        In all its talks of a month it asks for the same months; they are worked out once.

        Args:
            month: The first month.
            months: How many, H.
        """
        asked = (self.paths, self.month, month, months)
        if self._amazon_totals is None or self._amazon_totals[0] != asked:
            first, now = month - self.settings.start, self.month - self.settings.start
            index = np.array([self.paths.amazon_parcels(first + ahead, now) for ahead in range(months)])
            totals = (self.amazon_start_parcels * index[:, None] * self.amazon_mix[0]).sum(axis=1)
            self._amazon_totals = (asked, totals)
        return self._amazon_totals[1]

    def coverage_ordered(self, carrier: int) -> Floats:
        """Return the share of households that a carrier can serve once all that it has ordered stands, (Z,)."""
        return self.state.network.coverage_ordered(carrier)

    def amazon_own_volume(self) -> Floats:
        """Return the deseasonalised parcels a year of its own that Amazon delivers itself, (Z,)."""
        return self.state.network.amazon_own

    def amazon_route_cost(self, parcels: Floats) -> Floats:
        """Return what a parcel costs Amazon on new routes of its own by zone and density cell, $, (Z, P).

        It is worked out once where cost rates, wages, prices and parcels stay as they are.

        Args:
            parcels: All that Amazon ships, parcels a year by zone, (Z,).
        """
        env = self.state.environment
        today = (self.costs, env.wage_other, env.price_level, float(parcels.sum()))
        if self._route_cost is None or self._route_cost[0] != today:
            grid = amazon_own_cost(self.costs, self.zones, parcels, env.wage_other, env.price_level)
            self._route_cost = (today, grid)
        return self._route_cost[1]

    def amazon_capital_charge(self) -> Floats:
        """Return the capital that a parcel costs Amazon where it would have to build, $ by density cell, (Z, P).

        It is worked out once where figures, cost rates and prices stay as they are.
        """
        today = (self.figures, self.costs, self.price_level)
        if self._capital_charge is None or self._capital_charge[0] != today:
            by_zone = self.figures.by_type("capital_charge")[self.zones.zone_type]
            charge = by_zone[:, None] * own_cost_factor(self.costs) * self.price_level
            self._capital_charge = (today, np.broadcast_to(charge, self.zones.density_grid.shape))
        return self._capital_charge[1]

    @property
    def price_level(self) -> float:
        """Prices in general relative to the start."""
        return self.state.environment.price_level

    def season_of(self, month: Month) -> float:
        """Month factor of a month; the factors are worked out once for the figures that are in force."""
        if self._season is None or self._season[0] is not self.figures:
            self._season = (self.figures, season_factors(self.figures))
        return float(self._season[1][month.month - 1])

    def published_access_price(self) -> float:
        """Return what USPS asks everybody for last-mile access, $ per parcel."""
        moved = self.state.tariffs.growth(0, USPS, otherwise=self.state.environment.price_level)
        price = self.usps.access_price(moved)
        if not 0.0 <= price < np.inf:
            raise ValueError(f"usps publishes {price!r} $ per parcel for access; allowed: a number of at least 0")
        return price

    @property
    def hand_over_ended(self) -> tuple[str, ...]:
        """Keys of the carriers that deliver themselves from the first month on what USPS has delivered for them."""
        ends = hand_over_ends() if self.settings.announced_plans else {}
        return tuple(key for key, month in ends.items() if self.settings.start >= month)

    def _take_figures_of_start(self) -> None:
        """Figures in force when the run begins; those of the past follow from the scenario's and may be impossible."""
        p, start = self.settings.parameters, self.settings.start
        try:
            self._figures = fitted_figures(p, start)
            self.paths = make_paths(p, self._figures, start, self.settings.overlays, self.settings.mail_trend == "fast")
            self.update_figures(self.paths.figures(0))
            self.zones = build_zone_table(self.figures)
        except ParameterError as error:
            raise StartError(
                f"figures of {start} that follow from these parameters are not possible: {error}"
            ) from error

    def _prepare_floors(self) -> None:
        """Floors of the start and the costs they stand for, so that floors can follow cost later."""
        self.start_floor = self.state.tariffs.floor.copy()
        mean_usps = usps_mean_cost(self.costs, self.zones, 1.0, 1.0, 1.0)
        network = self.state.network
        self.start_floor_cost = quote_floors(self.costs, network.street, mean_usps, network.annual_volume, 1.0)
        revenue = self.state.books.revenue.sum(axis=0)
        offered = np.isfinite(self.state.choice.constants)
        self.start_segment_revenue = np.where(offered, self.state.tariffs.start_level, 0.0) * revenue

    def _open_ledger(self) -> None:
        self.ledger = open_ledger(self.carriers.keys)
        self.payer_of_group = np.array([self.ledger.index(name) for name in self.groups.payers])
        self.party_of_carrier = np.array([self.ledger.index(key) for key in self.carriers.keys])
        self.ledger.pay("opening", LENDERS, "usps", self.figures.usps_cash_start * BILLION)
