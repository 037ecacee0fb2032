"""What a run assumes: levers, switches and parameters, validated once and frozen.

A scenario file is a short TOML that says what it changes against the default: a title, a description, `[levers]` and
`[parameters]`. On the command line and in scripts the same names are set flat (`--set build_limit=0`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from agents.big_shipper import BigShipper
from agents.calendar import Month
from agents.carriers import Carrier
from agents.geography import ECONOMY, SEGMENTS
from agents.party import Party
from agents.regional import RegionalCarrier
from agents.roster import USUAL, find_class, located
from model.big_shippers import BigShipperData, check_big_shippers
from model.carriers import REGIONAL, carrier_names
from model.conditions import ConditionError, read_condition
from model.history.fitting import fitted_symbols
from model.history.shocks import Shock, Shocks
from model.history.table import FIRST_START
from model.newcomers import Newcomer, check_newcomers
from model.parameters import ParameterError, Parameters, short_text
from model.plain_values import plain
from model.records import national_columns
from model.shocks import ALL, DatedShock, overlays, problems_together, read_shocks
from model.toml_files import read_toml, read_toml_file

MAX_MONTHS = 1200
DEFAULT_SCENARIO = "baseline"
_LABELS = ("name", "title", "description", "forced")
CARRIERS_IN_DISPUTE = ("usps", "amazon", "ups", "fedex")


class ScenarioError(ValueError):
    """A scenario cannot be used; the message names each field, its value and what is allowed."""


@dataclass(frozen=True)
class Lever:
    """What a page, a help text or a table needs to offer one lever.

    Attributes:
        key: Name to set.
        owner: Whose choice it is.
        kind: "choice", "month" or "switch".
        unit: Unit of the value.
        choices: Allowed values of a choice, else empty.
        default: Default value as text.
        meaning: One line.
    """

    key: str
    owner: str
    kind: str
    unit: str
    choices: tuple[str, ...]
    default: str
    meaning: str


def _lever(default: Any, meaning: str, owner: str, unit: str = "-") -> Any:
    return Field(default=default, description=meaning, json_schema_extra={"owner": owner, "unit": unit})


class Scenario(BaseModel):
    """One frozen, validated set of assumptions.

    `parameters` holds the sourced figures with this scenario's changes; every other field is a lever or a switch.

    Raises:
        ScenarioError: From `load`, `from_mapping` and `with_changes`: all problems at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    name: str = Field(default=DEFAULT_SCENARIO, description="Name of the scenario")
    title: str = Field(default="", description="One line for people")
    description: str = Field(default="", description="What the scenario assumes, in words")
    forced: bool = Field(default=False, description="Whether an outcome is imposed rather than found by the market")
    start: Month = _lever(Month(2025, 1), "First month of the run", "run", "month")
    end: Month = _lever(Month(2030, 12), "Last month of the run", "run", "month")
    negotiation: bool = _lever(
        True,
        "Amazon, USPS, UPS and FedEx bargain for contracts; off: those in force go on as they are",
        "all",
        "switch",
    )
    enterprise_bargaining: bool = _lever(
        True,
        "Enterprise shippers bargain for rate agreements; off: they sign at the prices quoted",
        "all carriers",
        "switch",
    )
    reopeners: bool = _lever(
        False,
        "Negotiated contracts let either side ask for a new price when published prices move far away",
        "all",
        "switch",
    )
    usps_amazon_volume: Literal["kept", "withdrawn", "partial", "negotiated"] = _lever(
        "negotiated",
        "What happens to the parcels that Amazon hands to USPS: imposed, or left to bargaining",
        "Amazon",
        "choice",
    )
    bargaining: Literal["alternating", "nash", "take_it_or_leave_it", "posted"] = _lever(
        "alternating", "How Amazon and USPS bargain where it is left to them", "Amazon and USPS", "choice"
    )
    price_structure: Literal["bargained", "uniform", "by_zone_type", "by_zone"] = _lever(
        "bargained",
        "Access at USPS has one price, one by density, or one by zone: set, or bargained over with the form",
        "USPS",
        "choice",
    )
    earliest_signature: Month = _lever(
        Month(2026, 1),
        "First month in which a negotiated contract can be signed (talks had failed before)",
        "all",
        "month",
    )
    shortfall_rule: Literal["bargained", "reversion", "take_or_pay", "make_whole", "none"] = _lever(
        "bargained",
        "A missed commitment to USPS costs the published price, a share of the price, its lost margin, or nothing",
        "USPS",
        "choice",
    )
    quantity_promised: bool = _lever(
        False,
        "The form of contracts for access is set: they promise all parcels that both find cheaper to leave with USPS",
        "Amazon and USPS",
        "switch",
    )
    forms_from: Month = _lever(
        Month(2025, 1),
        "First month in which the two can bargain over the form; contracts before had one price and promised nothing",
        "Amazon and USPS",
        "month",
    )
    after_expiry: Literal["asked", "split"] = _lever(
        "asked",
        "When a contract has ended without a new one: both go on making offers, or settle at an even split unasked",
        "all",
        "choice",
    )
    building: Literal["outcomes", "expected_price"] = _lever(
        "outcomes",
        "What Amazon builds for while no contract is signed: all that may come of its talks, or one expected price",
        "Amazon",
        "choice",
    )
    access_talks_start: Month = _lever(
        Month(2026, 1),
        "First month in which USPS talks with other carriers about access: it had withdrawn their discounts in 2024",
        "USPS",
        "month",
    )
    usps_amazon_renewal: Literal["at_expiry", "early"] = _lever(
        "at_expiry", "When the contract between Amazon and USPS is signed anew", "Amazon and USPS", "choice"
    )
    exit_start: Month = _lever(
        Month(2025, 1), "First month in which Amazon takes parcels from USPS, where that is imposed", "Amazon", "month"
    )
    exit_end: Month = _lever(Month(2026, 12), "Month in which an imposed exit is complete", "Amazon", "month")
    exit_at_once: bool = _lever(False, "The whole exit happens in its first month", "Amazon", "switch")
    withdrawal_reach: Literal["everywhere", "where_it_pays", "without_usps"] = _lever(
        "everywhere",
        "Where Amazon delivers itself what a decree takes from USPS: everywhere, where it pays, or so without USPS",
        "Amazon",
        "choice",
    )
    build_limit_applies: bool = _lever(
        True, "Amazon's yearly build limit binds even when it withdraws from USPS", "Amazon", "switch"
    )
    announced_plans: bool = _lever(
        True, "Plans and price lists public by the end of 2025 take effect on their dates", "all", "switch"
    )
    rural_plan: Literal["as_announced", "revealed", "reconsidered"] = _lever(
        "revealed",
        "Amazon's announced rural stations cost what own delivery usually does, or what announcing them reveals; or "
        "they cost the usual and are given up where that does not pay",
        "Amazon",
        "choice",
    )
    make_or_buy: bool = _lever(
        True, "Carriers other than Amazon choose what they deliver themselves and what USPS delivers", "all", "switch"
    )
    entry_and_exit: bool = _lever(
        True,
        "Regional carriers enter neighbouring states where it pays, and after losses they are taken over or leave",
        "all",
        "switch",
    )
    rival_rules: bool = _lever(
        True,
        "UPS gives up contracts with thin margins; FedEx fills spare capacity and merges its networks",
        "UPS and FedEx",
        "switch",
    )
    price_rule: Literal["adaptive", "frozen"] = _lever(
        "adaptive", "Carriers revise their list prices once a year, or never", "all carriers", "choice"
    )
    history_mode: Literal["forced_events", "free_run"] = _lever(
        "forced_events",
        "Before 2025: known contracts, prices and decisions are imposed, or only demand, inflation and statutes",
        "run",
        "choice",
    )
    distress_ladder: bool = _lever(
        True,
        "USPS takes a distress measure each quarter while its cash forecast is below its minimum",
        "USPS",
        "switch",
    )
    labour_stickiness: bool = _lever(True, "USPS staffing follows volume with a lag; off: at once", "USPS", "switch")
    debt_cap: Literal["statutory", "raised"] = _lever(
        "statutory",
        "Whether USPS may owe what the law allows (usps_debt_cap) or more (usps_debt_cap_raised)",
        "Congress",
        "choice",
    )
    five_day_delivery: Literal["forbidden", "in_distress", "at_once"] = _lever(
        "forbidden",
        "Whether USPS may deliver on five days a week: never, as its last distress measure, or from the start",
        "Congress",
        "choice",
    )
    universal_service: bool = _lever(
        True,
        "USPS must serve every address; off: it leaves places that do not pay",
        "Congress",
        "switch",
    )
    mail_trend: Literal["usual", "fast"] = _lever(
        "usual",
        "Whether mail falls as in past years (mail_trend_*) or faster (mail_decline_fast)",
        "the world",
        "choice",
    )
    demand_shock: bool = _lever(
        False,
        "Economy parcels change for some months (demand_shock_economy, demand_shock_months)",
        "the world",
        "switch",
    )
    demand_shock_start: Month = _lever(Month(2026, 1), "First month of the demand shock", "the world", "month")
    fuel_shock: bool = _lever(
        False, "Fuel costs more for some months (fuel_shock_size, fuel_shock_months)", "the world", "switch"
    )
    fuel_shock_start: Month = _lever(Month(2026, 1), "First month of the fuel shock", "the world", "month")
    wage_shock: Literal["none", "private", "usps", "all"] = _lever(
        "none",
        "Whose wages leave their path: private carriers', those of USPS, or all (wage_shock_size, wage_shock_months)",
        "the world",
        "choice",
    )
    wage_shock_start: Month = _lever(Month(2026, 1), "First month of the wage shock", "the world", "month")
    interest_shock: bool = _lever(
        False, "Money costs more from a month on (interest_shock_size)", "the world", "switch"
    )
    interest_shock_start: Month = _lever(Month(2026, 1), "First month of the interest shock", "the world", "month")
    labour_dispute: Literal["none", "usps", "amazon", "ups", "fedex"] = _lever(
        "none",
        "Whose shippers fear a strike for some months (labour_dispute_utility, labour_dispute_months)",
        "the world",
        "choice",
    )
    labour_dispute_start: Month = _lever(Month(2026, 6), "First month of the labour dispute", "the world", "month")
    amazon_opens_network: bool = _lever(
        False,
        "Amazon sells all spare capacity everywhere it covers, at cost and its shipping margin",
        "Amazon",
        "switch",
    )
    access_auction: Literal["none", "pay_as_bid", "uniform_price", "vcg"] = _lever(
        "none",
        "How winners of an auction of last-mile access pay (vcg: what they displace); it ends talks with Amazon",
        "USPS",
        "choice",
    )
    auction_excludes_amazon: bool = _lever(False, "Amazon may not bid in the access auction", "USPS", "switch")
    carriers: dict[str, Newcomer] = Field(
        default_factory=dict, description="Carriers that it adds to the listed ones, by key"
    )
    shippers: dict[str, BigShipperData] = Field(
        default_factory=dict, description="Big shippers that it names among the other shippers, by key"
    )
    roster: dict[str, str] = Field(
        default_factory=dict, description="Classes of one's own that decide for parties: import paths by key"
    )
    shocks: tuple[DatedShock, ...] = Field(
        default=(), description="Dated shocks: kind, whom, size, first and last month (`model.shocks`)"
    )
    stop_when: str = Field(
        default="", description="Condition on the outcomes of a month that ends the run (`model.conditions`)"
    )
    parameters: Parameters = Field(default_factory=Parameters.default, description="Sourced figures")

    @field_validator(
        "start",
        "end",
        "exit_start",
        "exit_end",
        "earliest_signature",
        "forms_from",
        "access_talks_start",
        "demand_shock_start",
        "fuel_shock_start",
        "wage_shock_start",
        "interest_shock_start",
        "labour_dispute_start",
        mode="before",
    )
    @classmethod
    def _read_month(cls, value: object) -> object:
        if isinstance(value, str):
            return Month.parse(value)
        return value

    @model_validator(mode="after")
    def _check_parties(self) -> Self:
        known = carrier_names()
        try:
            check_newcomers(self.carriers, known)
        except ValueError as error:
            raise ValueError(f"carriers: {str(error).removeprefix('roster: ')}") from error
        try:
            check_big_shippers(self.shippers, known | {key: one.name for key, one in self.carriers.items()})
        except ValueError as error:
            raise ValueError(f"shippers: {str(error).removeprefix('roster: ')}") from error
        for field, added in (("carriers", self.carriers), ("shippers", self.shippers)):
            if added and self.start < self.projection_start:
                raise ValueError(
                    f"{field}: {', '.join(added)} cannot be added to a run that starts in {self.start}; allowed: "
                    f"a start in {self.projection_start} or later"
                )
        for key, path in self.roster.items():
            find_class(key, path, self.base_of(key))
        return self

    @model_validator(mode="after")
    def _check_stop(self) -> Self:
        if self.stop_when:
            keys = (*carrier_names(), *self.carriers, *self.shippers)
            try:
                read_condition(self.stop_when, national_columns(keys, tuple(self.shippers)))
            except ConditionError as error:
                raise ValueError("\n".join(f"stop_when: {line}" for line in str(error).splitlines())) from error
        return self

    @model_validator(mode="after")
    def _check_shocks(self) -> Self:
        striking = [*CARRIERS_IN_DISPUTE, *self.carriers]
        if problems := problems_together(self.shocks, self.start, striking):
            raise ValueError("\n".join(problems))
        return self

    def base_of(self, key: str) -> type[Party]:
        """What the class of a party must be a subclass of; `Party` for one that is no carrier."""
        if key in USUAL:
            return USUAL[key]
        if key in self.shippers:
            return BigShipper
        if key in self.carriers:
            return RegionalCarrier if self.carriers[key].kind == REGIONAL else Carrier
        numbered = key.startswith(f"{REGIONAL}_") and key.removeprefix(f"{REGIONAL}_").isdigit()
        return USUAL[REGIONAL] if key in carrier_names() or numbered else Party

    @model_validator(mode="after")
    def _check_dates(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}; it must be the same month or later")
        if self.n_months > MAX_MONTHS:
            raise ValueError(f"{self.start} to {self.end} is {self.n_months} months; at most {MAX_MONTHS} are allowed")
        if self.exit_end < self.exit_start:
            raise ValueError(f"exit_end {self.exit_end} is before exit_start {self.exit_start}")
        first, last = FIRST_START, self.projection_start
        if not first <= self.start <= last:
            raise ValueError(f"start {self.start} is not supported; a run starts in any month from {first} to {last}")
        if self.start < last and (lost := sorted(fitted_symbols() & self.parameters.overrides.keys())):
            raise ValueError(
                f"{', '.join(lost)} cannot be set for a start in {self.start}: figures of that time are used"
            )
        return self

    @property
    def projection_start(self) -> Month:
        """First month after the observed past."""
        return Month(int(self.parameters.projection_start_year), 1)

    @property
    def n_months(self) -> int:
        """Number of months from start to end, both included."""
        return self.end - self.start + 1

    @property
    def overlays(self) -> Shocks:
        """What its shocks change in the world by months from its start: dated ones, and those that levers stand for."""
        return overlays(self.all_shocks())

    def all_shocks(self) -> tuple[tuple[str, str, Shock], ...]:
        """Kind, whom, and by months of the run every shock: dated ones, and those that levers stand for."""
        dated = ((one.kind, one.whom, one.from_start(self.start)) for one in self.shocks)
        return (*self._short_shocks(), *dated)

    def _short_shocks(self) -> Iterator[tuple[str, str, Shock]]:
        """Kind, whom, and the shock itself of every lever that stands for one."""
        p = self.parameters
        if self.fuel_shock:
            yield "fuel", ALL, Shock(p.fuel_shock_size, self.fuel_shock_start - self.start, lasts=p.fuel_shock_months)
        if self.wage_shock != "none":
            rises = int(p.wage_shock_months)
            yield "wages", self.wage_shock, Shock(p.wage_shock_size, self.wage_shock_start - self.start, rises)
        if self.interest_shock:
            yield "interest", ALL, Shock(p.interest_shock_size, self.interest_shock_start - self.start)
        if self.demand_shock:
            begins = self.demand_shock_start - self.start
            economy = SEGMENTS[ECONOMY]
            yield "demand", economy, Shock(p.demand_shock_economy, begins, lasts=p.demand_shock_months)
        if self.labour_dispute != "none":
            begins, lasts = self.labour_dispute_start - self.start, p.labour_dispute_months
            yield "labour_dispute", self.labour_dispute, Shock(p.labour_dispute_utility, begins, lasts=lasts)

    @property
    def own_classes(self) -> dict[str, str]:
        """Import paths of the classes that decide for parties and do not come with the market, by key."""
        return own_classes_in(
            {"carriers": _plain(self.carriers), "shippers": _plain(self.shippers), "roster": self.roster}
        )

    @property
    def debt_ceiling(self) -> float:
        """What USPS may owe at most, bn $."""
        raised = self.debt_cap == "raised"
        return self.parameters.usps_debt_cap_raised if raised else self.parameters.usps_debt_cap

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Read a scenario of the library by name, or a TOML file by path.

        Raises:
            ScenarioError: No such scenario or file, or what it says is not valid.
        """
        source = str(name_or_path)
        content = _read_scenario(source)
        if not content:
            raise ScenarioError(f"scenario file {source}: the scenario is empty; it needs a title or a change")
        flat = _flatten(content, source)
        flat.setdefault("name", Path(str(name_or_path)).stem)
        if source not in scenario_names():
            _locate_classes(flat, Path(source).parent)
        return cls.from_mapping(flat, source)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str = "scenario") -> Self:
        """Build a scenario from a flat mapping of levers and parameter symbols."""
        return cls._validated({}, values, source)

    def with_changes(self, changes: Mapping[str, Any], source: str = "change") -> Self:
        """Return a scenario with some levers or parameters changed; everything is validated again."""
        current = {name: getattr(self, name) for name in {*self.model_fields_set, "parameters"}}
        return type(self)._validated(current, changes, source)

    def __hash__(self) -> int:
        """Equal scenarios have one hash; pydantic's own would stumble over the roster, which is a mapping."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return hash(tuple(tuple(sorted(one.items())) if isinstance(one, dict) else one for one in values))

    @property
    def stated(self) -> frozenset[str]:
        """Levers and parameters that it was told by name, also where it was told the default: what it sets itself."""
        return self.parameters.stated | (self.model_fields_set - {*_LABELS, "parameters"})

    def value(self, name: str) -> Any:
        """Value of a lever or parameter.

        Raises:
            KeyError: There is none of this name.
        """
        is_field = name in type(self).model_fields and name != "parameters"
        return getattr(self, name) if is_field else self.parameters[name]

    @classmethod
    def _validated(cls, current: dict[str, Any], changes: Mapping[str, Any], source: str) -> Self:
        fields = {**current}
        parameters: Parameters = fields.pop("parameters", None) or Parameters.default()
        overrides: dict[str, Any] = {}
        problems: list[str] = []
        for key, value in plain(changes).items():
            if key in cls.model_fields and key != "parameters":
                fields[key] = value
            elif key in parameters:
                overrides[key] = value
            else:
                shown = key if key.isprintable() else short_text(key)
                problems.append(f"{shown}: unknown; {_closest(key, parameters)}")
        try:
            parameters = parameters.with_overrides(overrides)
        except ParameterError as error:
            problems += str(error).splitlines()
        if "shocks" in fields:
            fields["shocks"] = read_shocks(fields["shocks"], problems)
        try:
            scenario = cls(**fields, parameters=parameters)
        except ValidationError as error:
            problems += [line for item in error.errors() for line in _explain(item).splitlines()]
        if problems:
            raise ScenarioError("\n".join(f"{source}: {problem}" for problem in problems))
        return scenario

    def changes(self) -> dict[str, Any]:
        """Return what differs from the default scenario, as plain values that TOML and JSON can hold."""
        default = type(self)()
        changed: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name != "parameters" and value != getattr(default, name):
                changed[name] = _plain(value)
        return {**changed, **self.parameters.overrides}


def own_classes_in(changes: Mapping[str, Any]) -> dict[str, str]:
    """Import paths of the classes that do not come with the market, by key of a party.

    Args:
        changes: A scenario as `Scenario.changes` tells it; nothing of it is imported.
    """
    stated = {**changes.get("carriers", {}), **changes.get("shippers", {})}
    named = {**{key: one["class"] for key, one in stated.items()}, **changes.get("roster", {})}
    return {key: path for key, path in named.items() if not path.startswith("agents.")}


def _plain(value: Any) -> Any:
    """A value of a field as TOML and JSON can hold it."""
    if isinstance(value, dict):
        return {key: one.plain() if isinstance(one, Newcomer | BigShipperData) else one for key, one in value.items()}
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return str(value) if isinstance(value, Month) else value


def _locate_classes(flat: dict[str, Any], folder: Path) -> None:
    """Let paths of a scenario file start at its folder; what is no text is left for the checks to name."""
    roster = flat.get("roster")
    if isinstance(roster, dict):
        flat["roster"] = {key: located(one, folder) if isinstance(one, str) else one for key, one in roster.items()}
    for field in ("carriers", "shippers"):
        if isinstance(added := flat.get(field), dict):
            flat[field] = {
                key: {**one, "class": located(one["class"], folder)}
                if isinstance(one, dict) and isinstance(one.get("class"), str)
                else one
                for key, one in added.items()
            }


def _explain(item: Any) -> str:
    field = ".".join(str(part) for part in item["loc"])
    message = str(item["msg"]).removeprefix("Value error, ")
    given = "" if not field else f" (given: {short_text(item['input'])})"
    return f"{field + ': ' if field else ''}{message}{given}"


def _closest(key: str, parameters: Parameters) -> str:
    names = [name for name in Scenario.model_fields if name != "parameters"] + list(parameters.symbols)
    close = difflib.get_close_matches(key, names, n=3, cutoff=0.5)
    if close:
        return f"did you mean {', '.join(close)}?"
    return "`lastmile scenarios --levers` and `lastmile parameters` list what can be set"


def _flatten(content: dict[str, Any], source: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    if "shock" in content:  # [[shock]] is one table after the other
        if "shocks" in content:
            raise ScenarioError(f"{source}: shocks are told twice, as shock and as shocks")
        content = {"shocks" if key == "shock" else key: value for key, value in content.items()}
    for key, value in content.items():
        if key in ("levers", "parameters"):
            if not isinstance(value, dict):
                raise ScenarioError(f"{source}: {key} must be a table of names and values, not {short_text(value)}")
            twice = flat.keys() & value.keys()
            if twice:
                raise ScenarioError(f"{source}: {sorted(twice)[0]} is set twice")
            flat.update(value)
        elif key in flat:
            raise ScenarioError(f"{source}: {key} is set twice")
        else:
            flat[key] = value
    return flat


def _read_scenario(name_or_path: str) -> dict[str, Any]:
    if name_or_path in scenario_names():
        return read_toml((_library() / f"{name_or_path}.toml").read_text(encoding="utf-8"))
    path = Path(name_or_path)
    if path.suffix != ".toml":
        close = difflib.get_close_matches(name_or_path, scenario_names(), n=3)
        hint = f"did you mean {', '.join(close)}?" if close else f"there are {', '.join(scenario_names())}"
        raise ScenarioError(f"scenario {name_or_path!r} is neither a name nor a .toml file; {hint}")
    try:
        return read_toml_file(path)
    except ValueError as error:
        raise ScenarioError(f"scenario file {name_or_path}: {error}") from error


def _library() -> Any:
    return resources.files("model") / "scenarios"


@cache
def scenario_names() -> tuple[str, ...]:
    """Return the names of the scenario library, baseline first, then in alphabetical order."""
    names = sorted(item.name.removesuffix(".toml") for item in _library().iterdir() if item.name.endswith(".toml"))
    return tuple(sorted(names, key=lambda name: (name != DEFAULT_SCENARIO, name)))


def levers() -> tuple[Lever, ...]:
    """Return every lever with its owner, kind, unit, choices, default and meaning."""
    found = []
    for key, info in Scenario.model_fields.items():
        extra = info.json_schema_extra
        if not isinstance(extra, dict):
            continue
        unit = str(extra["unit"])
        choices = tuple(str(value) for value in getattr(info.annotation, "__args__", ()))
        kind = unit if unit in ("month", "switch") else "choice"
        found.append(
            Lever(key, str(extra["owner"]), kind, unit, choices, str(info.default), str(info.description or ""))
        )
    return tuple(found)
