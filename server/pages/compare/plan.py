"""From what a visitor filled in to checked scenarios, with everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.comparison import check_comparison
from experiments.errors import InputError
from experiments.settings import check_seeds, gather, prepare_scenario, read_settings
from model.scenario import Scenario, scenario_names
from server.choice import NEVER_FROM_A_PAGE, Choice
from server.parties import ONLY_BY_SERVING, with_house_roster
from server.work.limits import SHIPPERS, size_problems

MAX_RUNS, MAX_REPLICATIONS = 6, 40
MAX_TEXT = 2000
DEFAULT_REPLICATIONS = 5


@dataclass(frozen=True)
class Draft:
    """What a visitor has filled in, as far as it is text and numbers at all.

    Attributes:
        runs: Scenario and changes (one `key = value` a line) of each run, the reference first.
        replications: Seeds per run.
        seed: First seed.
        until: Last month.
        shippers: Number of shippers.
    """

    runs: tuple[tuple[str, str], ...] = (("baseline", ""), ("impasse", ""))
    replications: int = DEFAULT_REPLICATIONS
    seed: int = 1
    until: str = "2030-12"
    shippers: int = SHIPPERS[0]

    def plain(self) -> dict[str, Any]:
        """The draft as a browser gets it."""
        runs = [{"scenario": scenario, "changes": changes} for scenario, changes in self.runs]
        return {
            "runs": runs,
            "replications": self.replications,
            "seed": self.seed,
            "until": self.until,
            "shippers": self.shippers,
        }


@dataclass(frozen=True)
class Plan:
    """A comparison that can be run: scenarios with names of their own, seeds from `seed` on.

    Attributes:
        scenarios: The reference first.
        seed: First seed.
        replications: Seeds per scenario.
    """

    scenarios: tuple[Scenario, ...]
    seed: int
    replications: int

    @property
    def seeds(self) -> range:
        """Seeds of every scenario."""
        return range(self.seed, self.seed + self.replications)

    @property
    def n_months(self) -> int:
        """Months of all runs together."""
        return self.replications * sum(scenario.n_months for scenario in self.scenarios)


def read_draft(values: object) -> Draft:
    """Take a form from a browser; what is of the wrong kind is refused as a whole.

    Raises:
        ValueError: It is no such form.
    """
    if not isinstance(values, Mapping) or not isinstance(values.get("runs"), list):
        raise ValueError("this is not the form of the page")
    runs = []
    for run in values["runs"][: MAX_RUNS + 1]:
        scenario, changes = (run.get("scenario"), run.get("changes")) if isinstance(run, Mapping) else (None, None)
        if not isinstance(scenario, str) or not isinstance(changes, str) or len(scenario + changes) > MAX_TEXT:
            raise ValueError("a run is a scenario and a text of changes")
        runs.append((scenario, changes))
    whole = {name: values.get(name) for name in ("replications", "seed", "shippers")}
    until = values.get("until")
    # What is no whole number is kept as one that the checks refuse with a message.
    numbers = {name: value if type(value) is int else -1 for name, value in whole.items()}
    return Draft(tuple(runs), until=until[:20] if isinstance(until, str) else "", **numbers)


def make_plan(draft: Draft) -> Plan:
    """Check a draft.

    Raises:
        InputError: All problems: unknown scenarios and keys, values out of range, sizes beyond the server's limits.
    """
    problems: list[str] = []
    if not 2 <= len(draft.runs) <= MAX_RUNS:
        problems.append(f"runs: there are {len(draft.runs)}; a comparison has 2 to {MAX_RUNS}")
    if not 1 <= draft.replications <= MAX_REPLICATIONS:
        problems.append(f"replications: it must be a whole number from 1 to {MAX_REPLICATIONS}")
    if draft.shippers not in SHIPPERS:
        problems.append(f"shippers: it must be one of {', '.join(map(str, SHIPPERS))}")
    try:
        check_seeds(draft.seed, max(1, min(draft.replications, MAX_REPLICATIONS)))
    except InputError as error:
        problems += error.problems
    changed = [_read_changes(text, number, problems) for number, (_, text) in enumerate(draft.runs, start=1)]
    names = _names([scenario for scenario, _ in draft.runs], changed)
    size = {"n_shippers": draft.shippers} if draft.shippers in SHIPPERS[1:] else {}
    problems += [
        f"run {number}: n_shippers: the number of shippers is chosen for all runs; leave one of both"
        for number, changes in enumerate(changed, start=1)
        if size and "n_shippers" in changes
    ]
    loads = [
        lambda number=number, name=name, changes=changes, label=label: _scenario(
            number, name, size | changes, draft.until, label
        )
        for number, ((name, _), changes, label) in enumerate(zip(draft.runs, changed, names, strict=True), start=1)
    ]
    chosen: list[Scenario] = gather(*loads, known=problems)
    known = [problem for scenario in chosen for problem in size_problems(scenario)]
    gather(lambda: check_comparison(chosen, None, draft.seed, None, draft.replications, None, 0.25), known=known)
    return Plan(tuple(chosen), draft.seed, draft.replications)


def draft_of(choice: Choice) -> tuple[str, str]:
    """Scenario and changes of the run that one is watching."""
    # The last month is given once for all runs of a comparison.
    lines = [f"{key} = {_toml(value)}" for key, value in choice.overrides if key != "end"]
    return choice.scenario, "\n".join(lines)


def imposes(scenario: Scenario) -> bool:
    """Whether an outcome is imposed: the scenario says so, or a change of the visitor does it."""
    usual = Scenario.model_fields["earliest_signature"].default
    return (
        scenario.forced
        or scenario.usps_amazon_volume != "negotiated"
        or not scenario.negotiation
        or scenario.earliest_signature > max(scenario.end, usual)  # a short run ends before anything could be signed
    )


def _toml(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value!r}"


def _read_changes(text: str, number: int, problems: list[str]) -> dict[str, Any]:
    found: list[str] = []
    changes = read_settings([line.strip() for line in text.splitlines() if line.strip()], found)
    problems += [f"run {number}: {problem.removeprefix('--set ')}".replace("--set ", "") for problem in found]
    problems += [f"run {number}: {key}: {ONLY_BY_SERVING}" for key in sorted(NEVER_FROM_A_PAGE & changes.keys())]
    if "end" in changes:
        problems.append(f"run {number}: end: the last month is given once for all runs")
    return {key: value for key, value in changes.items() if key not in NEVER_FROM_A_PAGE}


def _scenario(number: int, name: str, changes: Mapping[str, Any], until: str, label: str) -> Scenario:
    if name not in scenario_names():
        raise InputError(f"run {number}: scenario must be one of {', '.join(scenario_names())}, not {name!r}")
    try:
        scenario = prepare_scenario(name, {k: v for k, v in changes.items() if k != "end"}, until=until)
    except InputError as error:
        raise InputError([problem.replace("set: ", f"run {number}: ", 1) for problem in error.problems]) from error
    return with_house_roster(scenario).with_changes({"name": label})


def _names(scenarios: Sequence[str], changed: Sequence[Mapping[str, Any]]) -> list[str]:
    """A name for each run that no other one has."""
    found: list[str] = []
    for scenario, changes in zip(scenarios, changed, strict=True):
        told = [f"{key} = {value}" for key, value in changes.items()]
        name = ", ".join([scenario, *told[:2], *([f"+{len(told) - 2}"] if len(told) > 2 else [])])
        count = sum(other == name or other.startswith(f"{name} #") for other in found)
        found.append(f"{name} #{count + 1}" if count else name)
    return found
