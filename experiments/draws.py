"""Stored parameter draws: a small parquet with one row per draw and one column per parameter, and its manifest.

Beside its row each draw has a growth of the market after the observed past: the past tells nothing of it that an
estimation on the past could find, so it is drawn as wide as the market's growth was uncertain (`growth_market_sd`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.special import ndtri

from experiments.errors import DamagedError, InputError
from experiments.settings import shown
from experiments.storage import damage, read_table
from model.history.table import LAST_YEAR
from model.parameters import ParameterError, Parameters
from model.scenario import Scenario, ScenarioError
from model.texts import read_text_file

FOLDER = "posteriors"
GROWTH = ("growth_market", "growth_amazon_demand")  # move together: Amazon's lead on the market is not in question
# What a run depends on besides the values, and how it may be labelled.
_KEPT = ("last_year", "fixed", "forced_runs_leave_out")


@dataclass(frozen=True, eq=False)
class DrawSet:
    """Parameter draws.

    Attributes:
        name: Name of the set.
        values: One row per draw, one column per parameter symbol.
        fixed: Parameters that the whole set changes, by symbol.
        manifest: Where the draws come from.
    """

    name: str
    values: pd.DataFrame = field(repr=False)
    fixed: dict[str, float]
    manifest: dict[str, Any] = field(repr=False)

    def row(self, number: int, forced: bool = False) -> dict[str, float]:
        """Changes of one draw; numbers beyond the last begin anew.

        Args:
            number: Which draw, 0 first.
            forced: Whether the run imposes dated events: then it has the list increases that came.
        """
        drawn = self.values.iloc[number % len(self.values)]
        left_out = self.manifest.get("forced_runs_leave_out", ()) if forced else ()
        fixed = {symbol: value for symbol, value in self.fixed.items() if symbol not in left_out}
        return {**fixed, **{str(symbol): float(value) for symbol, value in drawn.items()}}

    def changes(self, base: Scenario, number: int, taken: Collection[str] = ()) -> dict[str, float]:
        """Changes of one draw in a scenario: its row, and a growth of the market after the observed past.

        The growth stays as it is where the scenario sets it itself (also by `--set growth_market=0.04`), where a
        design varies it, and where the run ends within the past.

        Args:
            base: What is changed.
            number: Which draw, 0 first.
            taken: Names that a design varies.
        """
        row = self.row(number, base.history_mode == "forced_events")
        if base.end.year <= LAST_YEAR or any(name in base.stated or name in taken or name in row for name in GROWTH):
            return row
        shift = growth_shift(number, base.parameters.growth_market_sd)
        return {name: base.parameters[name] + shift for name in GROWTH} | row

    def scenario(self, base: Scenario, number: int) -> Scenario:
        """The scenario with the parameters of one draw.

        Args:
            base: What is changed.
            number: Which draw, 0 first; a run with seed s takes draw s - 1, so that seeds replicate parameters too.

        Raises:
            InputError: The values of the draw make no sense in this scenario, or it sets some of them itself.
        """
        self.check_free([base])
        try:
            return base.with_changes(self.changes(base, number), source=self.name)
        except ScenarioError as error:
            raise InputError(str(error).splitlines()) from error

    def check_free(self, scenarios: Iterable[Scenario], changes: Iterable[str] = ()) -> None:
        """Refuse what the draws set too: one of the two would be lost in silence.

        Args:
            scenarios: What the draws are to change, with all other changes in place.
            changes: Names that `set` or a design changes.

        Raises:
            InputError: All names that come twice, and where.
        """
        changed = [name for name in changes if name in self.row(0)]
        problems = [f"{name}: it is set by the draws {self.name!r}; leave one of both" for name in changed]
        for scenario in scenarios:
            own = self.row(0, scenario.history_mode == "forced_events").keys()
            problems += [
                f"{name}: scenario {scenario.name!r} sets it to {shown(scenario.value(name))} itself, and the draws "
                f"{self.name!r} set it too; leave one of both"
                for name in sorted(own & scenario.stated - {*changed})
            ]
        if problems:
            raise InputError(problems)

    def describe(self) -> dict[str, Any]:
        """The set as plain values, for what is stored with a result; `restore_draws` makes it again."""
        kept = {name: self.manifest[name] for name in _KEPT if name in self.manifest}
        return {"name": self.name, **kept, "values": self.values.to_dict("list")}


def growth_shift(number: int, spread: float) -> float:
    """How far the growth of the market of a draw is from the expected one, a year.

    The first draw has the expected growth and the next ones fill the normal distribution evenly, however many are
    taken (van der Corput's sequence): 1/2, 1/4, 3/4, 1/8, ... of it lie below.

    Args:
        number: Which draw, 0 first.
        spread: Standard deviation, a year.
    """
    below, step, rest = 0.0, 0.5, number + 1
    while rest:
        below, step, rest = below + step * (rest % 2), step / 2.0, rest // 2
    return float(spread * ndtri(below))


def restore_draws(described: Mapping[str, Any]) -> DrawSet:
    """The set that `DrawSet.describe` told of."""
    manifest = {name: described[name] for name in _KEPT if name in described}
    return DrawSet(described["name"], pd.DataFrame(described["values"]), dict(manifest.get("fixed", {})), manifest)


def stored_sets() -> tuple[str, ...]:
    """Names of the sets that come with the package."""
    folder = resources.files("experiments") / FOLDER
    if not folder.is_dir():
        return ()
    return tuple(sorted(item.name.removesuffix(".parquet") for item in folder.iterdir() if item.name.endswith("quet")))


def drawn_name(described: Mapping[str, Any]) -> str:
    """What to write behind `--draws` for a set as a result describes it: its name, or that of a file of one's own."""
    name = str(described["name"])
    return name if name in stored_sets() else f"{name}.parquet"


def load_draws(name_or_path: str | Path) -> DrawSet:
    """Read a set by name, or a parquet file with its manifest beside it.

    Raises:
        InputError: No such set or file, or it does not hold parameter values that are allowed.
    """
    text = str(name_or_path)
    if text in stored_sets():
        path = Path(str(resources.files("experiments") / FOLDER / f"{text}.parquet"))
    else:
        path = Path(text)
        if path.suffix != ".parquet":
            known = ", ".join(stored_sets()) or "none"
            raise InputError(f"draws: {text!r} is neither a stored set ({known}) nor a .parquet file")
    values = _read_values(path, text)
    manifest = _read_manifest(path.with_suffix(".json"), text)
    drawn = DrawSet(path.stem, values, {name: float(value) for name, value in manifest["fixed"].items()}, manifest)
    if values.empty:
        raise InputError(f"draws: {text!r} holds no draws")
    for number in range(len(values)):
        try:
            Parameters(drawn.row(number))
        except (ParameterError, ValueError, TypeError) as error:
            raise InputError(f"draws: {text!r}, row {number}: {str(error).splitlines()[0]}") from error
    return drawn


def seed_draws(
    draws: str | Path | None, scenarios: Sequence[Scenario], changes: Collection[str] = ()
) -> Callable[[Scenario, int], Scenario]:
    """What gives each of some scenarios the draw of a seed; without draws every scenario stays as it is.

    Args:
        draws: A stored set by name, or a parquet file; None for none.
        scenarios: What is run.
        changes: Names that `set` changes.

    Raises:
        InputError: There is no such set, or it sets what the scenarios or `set` set too.
    """
    if draws is None:
        return lambda scenario, seed: scenario
    drawn = load_draws(draws)
    drawn.check_free(scenarios, changes)
    return lambda scenario, seed: drawn.scenario(scenario, seed - 1)


def draws_note(name: str) -> str:
    """What differences between scenarios hold whose seeds take draws, for a reader."""
    return (
        f"Seed s took parameter draw s of {name}: differences hold luck and parameters. What the form of the model "
        "gets wrong is taken to be the same in both; `lastmile forecast` tells it of levels"
    )


def _read_values(path: Path, text: str) -> pd.DataFrame:
    try:
        return read_table(path)
    except DamagedError as error:  # a file that somebody named, and no result of this package
        raise InputError(f"draws: {text!r}: {str(error).removeprefix(f'{path}: ')}") from error


def _read_manifest(path: Path, text: str) -> dict[str, Any]:
    """The manifest beside a set, with an empty table of fixed values where it has none.

    Raises:
        InputError: It is not one.
    """
    try:
        manifest = json.loads(read_text_file(path)) if path.is_file() else {}
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"draws: the manifest of {text!r} {damage(error).removeprefix('it ')}") from error
    if not isinstance(manifest, dict):
        raise InputError(f"draws: the manifest of {text!r} must be an object, not a {type(manifest).__name__}")
    kinds: tuple[tuple[str, type, str], ...] = (
        ("fixed", dict, "a table of parameters and numbers"),
        ("residual_error", dict, "a table of series and numbers"),
        ("forced_runs_leave_out", list, "a list of parameters"),
        ("last_year", int, "a year"),
    )
    problems = [
        f"draws: {name} in the manifest of {text!r} must be {what}"
        for name, kind, what in kinds
        if name in manifest and not (isinstance(manifest[name], kind) and _numbers(manifest[name]))
    ]
    if problems:
        raise InputError(problems)
    return {"fixed": {}, **manifest}


def _numbers(value: object) -> bool:
    """Whether all values of a table are numbers; anything else is fine."""
    numbers = value.values() if isinstance(value, dict) else ()
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
