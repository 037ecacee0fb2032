"""The market: one Mesa model whose step is a table of contents."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet
from numpy.typing import NDArray

from agents.bargaining import Bargaining
from agents.books import CarrierBooks, PostalBooks
from agents.calendar import Month
from agents.carriers import Carrier
from agents.geography import ZoneTable
from agents.pricing import OwnDemand
from agents.shippers import Shipper, ShipperTable
from model.access import insourcing
from model.carriers import USPS, load_carriers
from model.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from model.checks import BalanceError
from model.contract_book import ContractBook
from model.demand import season_factors
from model.elasticities import LongRunDemand
from model.events import EventLog
from model.history import Paths, fitted_figures, make_paths
from model.measuring.welfare import shipper_surplus
from model.operations import quote_floors, usps_mean_cost
from model.outcomes import compute_outcomes
from model.parameters import ParameterError, Parameters
from model.phases import accounts, auction, contracts, negotiation, parcels, planning, postal, prices, recording, world
from model.postal_accounts import BILLION
from model.records import Records
from model.regulator import Regulator
from model.scenario import DEFAULT_SCENARIO, Scenario
from model.start.assemble import assemble
from model.start.choice_constants import StartError
from model.start.parties import create_carriers
from model.statements import LENDERS, PAYERS, open_ledger, payments
from model.streams import Streams
from model.tariffs import rival_price_ratio
from model.timeline import surepost_end
from model.wages import labour_shares
from model.zones import build_zone_table

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a month.

    Attributes:
        name: Its name.
        reads: What it looks at.
        writes: What it changes.
        run: The function that does it.
    """

    name: str
    reads: str
    writes: str
    run: Callable[[ParcelMarket], None]


PHASES: tuple[Phase, ...] = (
    Phase("update_environment", "calendar, shocks", "prices, wages, season, demand shock", world.update_environment),
    Phase("commission_capacity", "orders, announced plans", "capacity, coverage", world.commission_capacity),
    Phase(
        "publish_prices", "announcements, carriers' plans, measures", "price lists, surcharges", prices.publish_prices
    ),
    Phase("advance_contracts", "contracts, scenario", "contract states, contract volumes", contracts.advance_contracts),
    Phase("negotiate", "private limits, offers so far", "offers, signed contracts", negotiation.negotiate),
    Phase("auction", "slack, values of bidders", "bids, awards, contracts", auction.run_auction),
    Phase("generate_demand", "growth, season, prices paid", "parcels by shipper and zone", parcels.generate_demand),
    Phase("choose_carriers", "prices, perceived quality", "tendered parcels by carrier", parcels.choose_carriers),
    Phase("source_deliveries", "coverage, contracts", "own and bought last mile", parcels.source_deliveries),
    Phase("allocate_capacity", "capacity", "accepted, overflowed, waiting parcels", parcels.allocate_capacity),
    Phase("operate_and_bill", "accepted parcels, routes", "cost, service, invoices", accounts.operate_and_bill),
    Phase("close_books", "ledger", "profit, cash, debt, distress measures, statutory findings", accounts.close_books),
    Phase("learn_and_plan", "own books", "capacity orders", planning.learn_and_plan),
    Phase("check_and_record", "everything", "balance checks, records", recording.check_and_record),
)


class MarketStoppedError(RuntimeError):
    """The market failed in an earlier step or has reached its end, and does not go on."""


class ParcelMarket(mesa.Model):  # type: ignore[misc]
    """The US parcel market as a Mesa model.

    `ParcelMarket("withdraw", rng=7).run().outcomes()` is a whole experiment. One step is one month.

    Args:
        scenario: A scenario, its name, or the path of its TOML file.
        rng: Seed of the replication.
        procedure: A bargaining procedure of one's own for Amazon and USPS, instead of the one that the scenario names.

    Raises:
        model.scenario.ScenarioError: The scenario is not valid.
        model.start.choice_constants.StartError: Its parameters have no start state.
    """

    _figures: Parameters
    paths: Paths
    zones: ZoneTable

    def __init__(
        self, scenario: Scenario | str | Path = DEFAULT_SCENARIO, rng: int = 1, procedure: Bargaining | None = None
    ) -> None:
        super().__init__(rng=rng)
        self.procedure = procedure
        self.settings = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        self.seed_number = int(rng)
        self.streams = Streams(self.seed_number)
        self._take_figures_of_start()
        self.carriers = load_carriers(self.figures, self.zones)
        in_past = self.settings.start < self.settings.projection_start
        start = assemble(self.figures, self.zones, self.carriers, self.streams, planned=not in_past)
        self.state, self.costs, self.national = start.state, start.costs, start.national
        self.mix, self.amazon_mix = start.mix, start.amazon_mix
        self._shippers = start.shippers
        self.amazon_start_parcels = float(start.state.amazon.flows.parcels.sum())
        self.annual_parcels: Floats = start.shippers.market_volume
        self.solution = start.solution
        self.months_done = 0
        self.month: Month = self.settings.start
        self.mail_index = 1.0
        self.worst_parcels = 0.0
        self.worst_money = 0.0
        self.phase_seconds = dict.fromkeys((phase.name for phase in PHASES), 0.0)
        self._failure: str | None = None
        self._demand: tuple[Month, tuple[LongRunDemand, Floats]] | None = None
        self._prepare_floors()
        self.labour_share = labour_shares(self.costs, self.zones, self.state.network)
        self.start_surplus = shipper_surplus(self.figures, self._shippers, self.state, self.mix, self.national)
        self._open_ledger()
        self.events = EventLog()
        self.book = ContractBook(self.events)
        contracts.sign_start_contracts(self)
        self._create_agents()
        self.records = Records(self.settings.n_months, self.carriers.keys, self.zones.n_zones, self.settings.start)
        if self.settings.announced_plans and self.settings.start >= surepost_end():
            insourcing.take_announced_decision(self)
        self.datacollector = mesa.DataCollector(model_reporters=_reporters(self.carriers.keys))
        planning.order_before_start(self)

    # -- running ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Play one month: every phase in order.

        Raises:
            MarketStoppedError: The run is over or has failed before.
        """
        self._refuse_when_stopped()
        try:
            self.ledger.open_month()
            for phase in PHASES:
                begun = time.perf_counter()
                phase.run(self)
                self.phase_seconds[phase.name] += time.perf_counter() - begun
        except Exception as error:
            # Mesa forgets the steps to come: stop for good and say why.
            self._failure = f"{type(error).__name__}: {error}"
            self.running = False
            raise
        self.months_done += 1
        self.month = self.settings.start + self.months_done
        self.running = not self.finished
        self.datacollector.collect(self)

    def _advance_time(self, until: float) -> None:
        """Let Mesa's time pass; after an error Mesa would do so in silence, without playing any month."""
        self._refuse_when_stopped()
        super()._advance_time(until)

    def _refuse_when_stopped(self) -> None:
        if self._failure is not None:
            raise MarketStoppedError(f"the market stopped: {self._failure}")
        if self.finished:
            raise MarketStoppedError(f"the run ended with {self.settings.end}")

    def run(self) -> Self:
        """Play all months that are left."""
        while not self.finished:
            self.step()
        return self

    def save(self, path: str | Path) -> Path:
        """Keep the market in a file; `load` goes on with it as if it had never stopped. See `model.checkpoint`.

        Raises:
            model.checkpoint.CheckpointError: It plays with a bargaining strategy of one's own.
        """
        return write_checkpoint(self, path)

    @classmethod
    def load(cls, path: str | Path) -> ParcelMarket:
        """Return the market of a file that `save` wrote.

        Raises:
            model.checkpoint.CheckpointError: It holds none that can go on with this code.
        """
        market = read_checkpoint(path)
        if not isinstance(market, cls):
            raise CheckpointError(f"checkpoint {path}: it holds no {cls.__name__}")
        return market

    @property
    def finished(self) -> bool:
        """Whether all months have been played."""
        return self.months_done >= self.n_months

    @property
    def n_months(self) -> int:
        """Months of the whole run."""
        return self.settings.n_months

    def outcomes(self) -> dict[str, float]:
        """Return all outcomes of what has been played, by name."""
        return compute_outcomes(self)

    def payments(self) -> pd.DataFrame:
        """Return who paid whom for what in every month so far; see `model.statements`."""
        return payments(self.ledger, self.records.months)

    def balances(self) -> dict[str, float]:
        """Return the worst imbalance of any month: parcels relative, money in dollars."""
        return {"parcels": self.worst_parcels, "money": self.worst_money}

    # -- the narrow door (agents.world.World) ------------------------------------------------------------------------

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
        """All shippers."""
        return self._shippers

    def own_books(self, carrier: int) -> CarrierBooks:
        """Return a carrier's own accounts, capacity and prices."""
        return planning.own_books(self, carrier)

    def postal_books(self) -> PostalBooks:
        """Return what USPS knows of its own cash and debt."""
        return postal.postal_books(self)

    def rival_price_ratio(self, carrier: int) -> float:
        """Return rivals' price growth since the start over the carrier's own, revenue-weighted by segment."""
        return rival_price_ratio(self.state.tariffs, self._start_segment_revenue, carrier)

    def own_demand(self, carrier: int) -> OwnDemand:
        """Return what a carrier knows of the demand for its own parcels, as it stood when the month's plans began."""
        if self._demand is None or self._demand[0] != self.month:
            self._demand = (self.month, prices.demand_and_cost(self))
        demand, cost = self._demand[1]
        return OwnDemand(
            demand.parcels[:, carrier], demand.price[:, carrier], cost[:, carrier], demand.elasticity[:, carrier]
        )

    def amazon_parcels_expected(self, month: Month) -> Floats:
        """Return the parcels a year that Amazon expects to ship in a month, by zone, (Z,)."""
        return contracts.amazon_parcels(self, month)

    def amazon_outsourced(self, month: Month) -> Floats:
        """Return the parcels a year that Amazon's contracts will carry in a month, as known today, (Z,)."""
        return contracts.outsourced(self, month)

    def amazon_at_usps(self, month: Month) -> Floats:
        """Return the part of it that USPS will carry, (Z,)."""
        return contracts.expected_at_usps(self, month)

    def amazon_own_volume(self) -> Floats:
        """Return the deseasonalised parcels a year of its own that Amazon delivers itself, (Z,)."""
        return self.state.network.amazon_own

    # -- Mesa's view of the agents: a million shippers need no Python object each until somebody asks for them ---------

    _shippers_are_agents = True

    @property
    def agents(self) -> AgentSet:
        """All agents, every shipper among them."""
        self._make_shipper_agents()
        return super().agents

    @property
    def agents_by_type(self) -> dict[type, AgentSet]:
        """All agents by type, every shipper among them."""
        self._make_shipper_agents()
        return super().agents_by_type  # type: ignore[no-any-return]

    @property
    def agent_types(self) -> list[type]:
        """Types of all agents."""
        self._make_shipper_agents()
        return super().agent_types  # type: ignore[no-any-return]

    def _make_shipper_agents(self) -> None:
        if not self._shippers_are_agents:
            self._shippers_are_agents = True
            Shipper.create_agents(self, len(self._shippers), list(range(len(self._shippers))))

    # -- small facts that several phases need ------------------------------------------------------------------------

    def season_of(self, month: Month) -> float:
        """Month factor of a month."""
        return float(season_factors(self.figures)[month.month - 1])

    def published_access_price(self) -> float:
        """Published USPS price of last-mile access, $ per parcel: it moves with USPS economy list prices."""
        p = self.figures
        moved = self.state.tariffs.growth(0, USPS, otherwise=self.state.environment.price_level)
        return p.price_access_published_ratio * p.price_access_amazon * moved

    @property
    def surepost_share(self) -> float:
        """Share of USPS economy parcels that were UPS's until the end of the start year."""
        start = self.figures.volume_segment_economy * self.figures.share_economy_usps
        return min(1.0, self.figures.surepost_volume_2024 / start) if start > 0.0 else 0.0

    # -- setting up --------------------------------------------------------------------------------------------------

    def _take_figures_of_start(self) -> None:
        """Figures in force when the run begins; those of the past follow from the scenario's and may be impossible."""
        p, start = self.settings.parameters, self.settings.start
        try:
            self._figures = fitted_figures(p, start)
            self.paths = make_paths(p, self._figures, start)
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
        self._start_segment_revenue = np.where(offered, self.state.tariffs.start_level, 0.0) * revenue

    def _open_ledger(self) -> None:
        self.ledger = open_ledger(self.carriers.keys)
        self.payer_of_group = np.array([self.ledger.index(name) for name in PAYERS])
        self.party_of_carrier = np.array([self.ledger.index(key) for key in self.carriers.keys])
        flow = self.state.postal.underlying_flow
        self.state.postal.underlying_flow = np.roll(flow, 1 - self.month.month)  # the month before the start comes last
        self.ledger.pay("opening", LENDERS, "usps", self.figures.usps_cash_start * BILLION)

    def _create_agents(self) -> None:
        self.usps, self.amazon, self.ups, self.fedex, regional = create_carriers(self)
        self.carrier_agents: list[Carrier] = [self.usps, self.amazon, self.ups, self.fedex, *regional]
        self.regulator = Regulator(self, int(self.figures.regulator_lag))
        self._shippers_are_agents = False  # until somebody asks for the agents: the phases read the table


def _latest(name: str, column: int | None, market: ParcelMarket) -> float:
    """Latest value of a monthly series."""
    values = market.records[name][-1]
    return float(values if column is None else values[column])


def _reporters(keys: tuple[str, ...]) -> dict[str, Callable[[ParcelMarket], float]]:
    """What a Mesa user finds in the data collector: the national figures of the month."""
    # Partial functions, because closures cannot be pickled with the market.
    reporters = {f"{key}_volume_parcels": partial(_latest, "volume_parcels", i) for i, key in enumerate(keys)}
    for name in ("usps_net_income_usd", "usps_cash_usd", "usps_debt_usd", "amazon_delivered_cost_usd"):
        reporters[name] = partial(_latest, name, None)
    return dict(reporters)


__all__ = ["PHASES", "BalanceError", "MarketStoppedError", "ParcelMarket", "Phase"]
