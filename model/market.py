"""The market: one Mesa model whose step is a table of contents."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet
from numpy.typing import NDArray

from agents.asked import AnswerError
from agents.bargaining import View
from agents.books import CarrierBooks
from agents.calendar import MONTHS_PER_YEAR, Month
from agents.contracts import Contract
from agents.party import Party
from agents.roster import check_kind, find_class, paths_of, travels
from agents.rules.contract_use import OwnContracts
from agents.rules.distress import PostalBooks
from agents.rules.extension import ExtensionCase
from agents.rules.pricing import CostRise, OwnDemand
from agents.shipper_table import Shipper
from model import own_networks
from model.answers import dated
from model.bargains import carriage
from model.bargains.own import own_contracts, own_talks
from model.branching import Stage, branch_off, check_branch, refused
from model.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from model.checks import BalanceError
from model.conditions import read_condition
from model.economy import Economy
from model.elasticities import LongRunDemand
from model.mesa_objects import KeptByMesa, ScenarioLike, read_scenario, read_seed
from model.outcomes import compute_outcomes
from model.phases import accounts, auction, contracts, negotiation, parcels, planning, postal, prices, recording, world
from model.phases.touched import CHANGING, TOUCHED, in_words
from model.records import national_columns
from model.scenario import DEFAULT_SCENARIO, Scenario
from model.seeds import FIRST_SEED, Seed, SeedError, make_seed
from model.start.choice_constants import StartError
from model.start.parties import create_carriers, create_others, create_regulator, create_shippers
from model.start_figures import figures_of_start
from model.statements import payments
from model.tariffs import rival_price_ratio

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a month.

    Attributes:
        name: Its name.
        does: What happens in it, in a few words.
        run: The function that does it.
        reads: Fields of the economy that it looks at, for example "state.tariffs".
        writes: Fields of the economy that it changes.
    """

    name: str
    does: str
    run: Callable[[ParcelMarket], None]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @property
    def reads_in_words(self) -> str:
        """What it looks at of all that changes in the course of a run, for people."""
        return in_words(name for name in self.reads if name in CHANGING)

    @property
    def writes_in_words(self) -> str:
        """What it changes, for people."""
        return in_words(self.writes)


PHASES: tuple[Phase, ...] = tuple(
    Phase(name, does, run, TOUCHED[name].reads, TOUCHED[name].writes)
    for name, does, run in (
        ("update_environment", "Prices in general, wages, season and luck move on", world.update_environment),
        ("commission_capacity", "What was ordered comes into use, what was closed goes", world.commission_capacity),
        ("publish_prices", "Carriers set price lists and surcharges", prices.publish_prices),
        ("advance_contracts", "Contracts begin, are settled, and end", contracts.advance_contracts),
        ("negotiate", "Talks open, pairs meet once, what they agree on is signed", negotiation.negotiate),
        ("auction", "USPS sells access by lot, where a scenario says so", auction.run_auction),
        ("generate_demand", "Shippers, Amazon among them, have parcels to send", parcels.generate_demand),
        ("choose_carriers", "Shippers choose and tender their parcels", parcels.choose_carriers),
        ("source_deliveries", "Carriers and Amazon choose what they deliver themselves", parcels.source_deliveries),
        ("allocate_capacity", "Parcels are accepted, go to others, wait, or are given up", parcels.allocate_capacity),
        ("operate_and_bill", "Parcels are delivered and paid for", accounts.operate_and_bill),
        ("close_books", "Months are closed; the law is applied, USPS in want takes measures", accounts.close_books),
        ("learn_and_plan", "Parties learn, order and close capacity, enter and leave", planning.learn_and_plan),
        ("check_and_record", "What must balance is checked, and the month is recorded", recording.check_and_record),
    )
)


class MarketStoppedError(RuntimeError):
    """The market failed in an earlier step or has reached its end, and does not go on."""


class ParcelMarket(mesa.Model, Economy):  # type: ignore[misc]
    """The US parcel market as a Mesa model.

    `ParcelMarket("withdraw", rng=7).run().outcomes()` is a whole experiment. One step is one month.

    Args:
        scenario: A scenario, its name, or the path of its TOML file; or a scenario of Mesa whose entries are levers and
            parameters, see `model.mesa_objects`.
        rng: Seed of the replication: a whole number, or what Mesa and NumPy take for one, None for a new one among it.
            `seed_number` is the number that is made of it, and repeats the run.
        roster: Classes of one's own for some parties, or their import paths, by key; see `agents.roster`. A class that
            no other process could find plays here all the same, but such a market cannot be saved.
        changes: Levers and parameters to change, by name, as parameters of Mesa's `batch_run` and its controls are.

    Raises:
        model.seeds.SeedError: `rng` is no seed.
        model.scenario.ScenarioError: The scenario is not valid.
        agents.roster.RosterError: A class of the roster cannot be the party that it is for.
        model.start.choice_constants.StartError: Its parameters have no start state.
    """

    def __init__(
        self,
        scenario: ScenarioLike = DEFAULT_SCENARIO,
        rng: Seed = FIRST_SEED,
        roster: Mapping[str, type[Party] | str] | None = None,
        **changes: Any,
    ) -> None:
        seed = read_seed(scenario, rng, FIRST_SEED)
        settings = read_scenario(scenario, changes)
        super().__init__(rng=seed)
        self.scenario = KeptByMesa(rng=seed, scenario=settings.name)
        self.phase_seconds = dict.fromkeys((phase.name for phase in PHASES), 0.0)
        self._failure: str | None = None
        self.stopped: str | None = None
        self.descent: tuple[Stage, ...] = ()
        self._demand: tuple[Month, tuple[LongRunDemand, Floats]] | None = None
        settings, own = with_roster(settings, roster or {})
        start = self.open_economy(settings, seed)
        self._create_agents(own)
        self.amazon.opens(start.amazon)
        for carrier in self.carrier_agents:
            carrier.handed = start.handed[carrier.index] / MONTHS_PER_YEAR
        for key in self.hand_over_ended:
            self.agent(key).ends_hand_over()
        contracts.sign_start_contracts(self)
        self.datacollector = mesa.DataCollector(model_reporters=_reporters(self.carriers.keys))
        planning.order_before_start(self)
        self._watch_for_stop()

    # -- running ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Play one month: every phase in order.

        Raises:
            MarketStoppedError: The run is over or has failed before.
        """
        self._refuse_when_stopped()
        try:
            self._demand = None  # whoever looked at demand between two months saw it before this one began
            self.ledger.open_month()
            for phase in PHASES:
                begun = time.perf_counter()
                phase.run(self)
                self.phase_seconds[phase.name] += time.perf_counter() - begun
        except Exception as found:
            error = dated(found, self.month) if isinstance(found, AnswerError) else found
            # Mesa forgets the steps to come: stop for good and say why.
            self._failure = f"{type(error).__name__}: {error}"
            self.running = False
            if error is found:
                raise
            raise error from found
        self.months_done += 1
        self.month = self.settings.start + self.months_done
        if self._stop is not None:
            self.stopped = self._stop.met(self.records.latest)
        self.running = not self.finished
        self.datacollector.collect(self)

    def _advance_time(self, until: float) -> None:
        """Let Mesa's time pass; after an error Mesa would do so in silence, without playing any month."""
        self._refuse_when_stopped()
        super()._advance_time(until)

    def reset_rng(self, rng: Seed = None) -> None:
        """Refuse another seed, which would move nothing: the start was drawn already, with streams of its own.

        Raises:
            SeedError: Another seed than its own is given.
        """
        if rng is not None and make_seed(rng) != self.seed_number:
            raise SeedError(
                f"the luck of a market is drawn from its start on, here with seed {self.seed_number}; for another seed "
                "make another market: ParcelMarket(scenario, rng=...)"
            )
        super().reset_rng(rng)

    def reset_randomizer(self, seed: Seed = None) -> None:
        """As `reset_rng`, by its older name in Mesa."""
        self.reset_rng(seed)

    def _refuse_when_stopped(self) -> None:
        if self._failure is not None:
            raise MarketStoppedError(f"the market stopped: {self._failure}")
        if self.finished:
            why = f": {self.stopped}" if self.stopped is not None else ""
            raise MarketStoppedError(f"the run ended with {self.month + -1}{why}")

    def run(self) -> Self:
        """Play all months that are left."""
        while not self.finished:
            self.step()
        return self

    def branch(
        self,
        changes: Mapping[str, Any] | Scenario | None = None,
        roster: Mapping[str, type[Party] | str] | None = None,
    ) -> Self:
        """Go on from the month that is next under other assumptions; what was played stays as it is.

        Args:
            changes: Levers and parameters to change, or all that it assumes from now on.
            roster: Classes that decide for parties from now on, or their import paths, by key; each takes over what who
                decided before remembers.

        Raises:
            model.scenario.ScenarioError: What is to change is not valid, or acts only at the start, or dates lie in the
                past; all problems at once.
            agents.roster.RosterError: A class of the roster cannot be the party that it is for.
        """
        before = self.settings
        after = changes if isinstance(changes, Scenario) else before.with_changes(changes or {}, "branch")
        after, own = with_roster(after, roster or {})
        named = {key: path for key, path in after.roster.items() if before.roster.get(key) != path}
        classes = {key: find_class(key, path, after.base_of(key)) for key, path in named.items()} | own
        problems = check_branch(before, after, self.month, figures_of_start(before.start))
        if self.months_done == 0:
            problems.append(f"at: {self.month} is the first month; run a scenario of its own instead")
        if self._failure is not None:
            problems.append(f"at: the market stopped: {self._failure}")
        if problems:
            raise refused(problems)
        branch_off(self, after, classes)
        self.descent = (*self.descent, Stage(before, self.month))
        self._settings = after
        self.stopped = None
        self._watch_for_stop()
        self.running = not self.finished
        return self

    def _watch_for_stop(self) -> None:
        """Read the condition that ends the run.

        Raises:
            StartError: It looks at a carrier that takes no part.
        """
        self._stop = read_condition(self.settings.stop_when) if self.settings.stop_when else None
        known = national_columns(self.carriers.keys, tuple(self.settings.shippers))
        if self._stop is not None and (absent := [name for name in self._stop.names if name not in known]):
            raise StartError(f"stop_when: {', '.join(absent)} is of a carrier that takes no part in this run")

    def save(self, path: str | Path) -> Path:
        """Keep the market in a file; `load` goes on with it as if it had never stopped. See `model.checkpoint`.

        Raises:
            model.checkpoint.CheckpointError: It plays with a class of one's own that no other process could find.
        """
        return write_checkpoint(self, path)

    @classmethod
    def load(cls, path: str | Path, roster: bool | Mapping[str, type[Party] | str] = False) -> ParcelMarket:
        """Return the market of a file that `save` wrote.

        Args:
            path: The file.
            roster: Where classes of one's own play in it: these classes or their import paths, by key, or True to
                import those that the file names, which runs their code. False imports nothing.

        Raises:
            model.checkpoint.CheckpointError: It holds none that can go on with this code.
        """
        market = read_checkpoint(path, roster)
        if not isinstance(market, cls):
            raise CheckpointError(f"checkpoint {path}: it holds no {cls.__name__}")
        return market

    @property
    def finished(self) -> bool:
        """Whether all months have been played, or the condition of the scenario has ended the run."""
        return self.stopped is not None or self.months_done >= self.n_months

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

    def own_books(self, carrier: int, month: Month | None = None) -> CarrierBooks:
        """Return a carrier's own accounts, capacity and prices, as in a month (this one unless given)."""
        return planning.own_books(self, carrier, month or self.month)

    def own_contracts_with(self, buyer: str, seller: str, month: Month | None = None) -> OwnContracts:
        """Return what a buyer has signed with a seller, as it knows it in a month (this one unless given)."""
        return contracts.own_contracts_with(self, buyer, seller, month or self.month)

    def postal_books(self) -> PostalBooks:
        """Return what USPS knows of its own cash and debt."""
        return postal.postal_books(self)

    def list_prices(self) -> Floats:
        """Return the public list prices of all carriers, $ per parcel, nan where there is no offer, (S, K)."""
        return np.where(np.isfinite(self.state.choice.constants), self.state.tariffs.level, np.nan)

    def own_contracts(self, party: str) -> tuple[Contract, ...]:
        """Return the contracts in force that a party buys or sells under."""
        return own_contracts(self, party)

    def own_talks(self, party: str) -> dict[str, View]:
        """Return what a party sees of its own talks that go on, by the key of the other side."""
        return own_talks(self, party)

    def rival_price_ratio(self, carrier: int) -> float:
        """Return rivals' price growth since the start over the carrier's own, revenue-weighted by segment."""
        return rival_price_ratio(self.state.tariffs, self.start_segment_revenue, carrier)

    def cost_rise(self, carrier: int) -> CostRise:
        """Return what unexpected prices of fuel and wages add to each of a carrier's parcels, by its own books."""
        return prices.cost_rise(self, carrier)

    def own_demand(self, carrier: int) -> OwnDemand:
        """Return what a carrier knows of the demand for its own parcels, as it stood when the month's plans began."""
        if self._demand is None or self._demand[0] != self.month:
            self._demand = (self.month, prices.demand_and_cost(self))
        demand, cost = self._demand[1]
        return OwnDemand(
            demand.parcels[:, carrier], demand.price[:, carrier], cost[:, carrier], demand.elasticity[:, carrier]
        )

    def amazon_imposed_share(self, month: Month, now: Month | None = None) -> float | None:
        """Return the share of its start volume that Amazon must leave with USPS in a month, None where it is free."""
        return contracts.imposed_share(self, month, now or self.month)

    def shipper_parcels_expected(self, carrier: int, months: int) -> Floats:
        """Return the parcels a year that a big shipper expects to ship some months later, by zone, (Z,)."""
        return own_networks.parcels_expected(self, carrier, months)

    def delivery_case(self, carrier: int, months: int) -> ExtensionCase:
        """Return what a big shipper knows of the parcels that others deliver for it."""
        return own_networks.delivery_case(self, carrier, months)

    def announced_share(self, seller: str, month: Month, now: Month | None = None) -> float:
        """Return the share of Amazon's start volume that a seller's announced plan leaves it in a month."""
        return carriage.announced_share(self, seller, month, now or self.month)

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

    def _create_agents(self, own: Mapping[str, type[Party]]) -> None:
        create_carriers(self, own)
        create_regulator(self, own)
        create_others(self, own)
        create_shippers(self, own)
        self._shippers_are_agents = False  # until somebody asks for the agents: the phases read the table


def with_roster(settings: Scenario, roster: Mapping[str, type[Party] | str]) -> tuple[Scenario, dict[str, type[Party]]]:
    """Settings that name the classes of a roster which other processes can find, and the other classes by key.

    Args:
        settings: What the run assumes.
        roster: Classes or import paths by key of a party.

    Raises:
        model.scenario.ScenarioError: A path leads to no class that can be this party.
        agents.roster.RosterError: A class cannot be this party.
    """
    stays = {key: one for key, one in roster.items() if not isinstance(one, str) and not travels(one)}
    paths = paths_of({key: one for key, one in roster.items() if key not in stays})
    for key, found in stays.items():
        check_kind(key, found, settings.base_of(key))
    changed = settings.with_changes({"roster": {**settings.roster, **paths}}, "roster") if paths else settings
    return changed, stays


def _latest(name: str, column: int | None, market: ParcelMarket) -> float:
    """Latest value of a monthly series."""
    values = market.records[name][-1]
    return float(values if column is None else values[column])


def _reporters(keys: tuple[str, ...]) -> dict[str, Callable[[ParcelMarket], float] | str]:
    """What a Mesa user finds in the data collector: the seed that was made, and the national figures of the month."""
    # Partial functions, because closures cannot be pickled with the market.
    reporters: dict[str, Callable[[ParcelMarket], float]] = {
        f"{key}_volume_parcels": partial(_latest, "volume_parcels", i) for i, key in enumerate(keys)
    }
    for name in ("usps_net_income_usd", "usps_cash_usd", "usps_debt_usd", "amazon_delivered_cost_usd"):
        reporters[name] = partial(_latest, name, None)
    return {"seed_number": "seed_number", **reporters}


__all__ = ["PHASES", "BalanceError", "MarketStoppedError", "ParcelMarket", "Phase"]
