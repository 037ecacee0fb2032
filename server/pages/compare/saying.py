"""What a comparison found, in a sentence: no names of scenarios, levers or outcomes as the code has them."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from experiments.comparison import Comparison
from experiments.gains import BIG
from model.scenario import Scenario, scenario_names
from model.words import party_name
from server.choice import library_scenario
from server.pages.compare.plan import imposes
from server.plain import plain_warning
from server.words import factor_words, names_in_words

BILLION, MILLION = 1e9, 1e6
SMALLEST_TOLD_USD = 1e5  # less would be shown as nothing
# "If ...": what a scenario of the library supposes.
SUPPOSED = {
    "withdraw": "Amazon leaves",
    "withdraw_refuses": "Amazon leaves and is refused orders",
    "withdraw_selective": "Amazon leaves where that pays",
    "impasse": "Amazon and USPS never agree",
    "partial": "half of Amazon's parcels stay",
    "renew": "the contract is renewed early",
    "standing_still": "everything stands still",
    "baseline": "they bargain freely",
    "placebo": "nothing is changed at all",
}
SPACE = "\N{NO-BREAK SPACE}"


class Gained(Protocol):
    """A comparison as far as its gains are known."""

    @property
    def comparison(self) -> Comparison:
        """Scenarios and seeds."""

    @property
    def gains(self) -> pd.DataFrame:
        """See `experiments.gains.gains`."""


def gains_of(found: Gained, name: str) -> pd.DataFrame:
    """Gain, low and high by actor of one run against the reference."""
    return found.gains[found.gains.index.get_level_values("scenario") == name].droplevel("scenario")


def sentence(found: Gained) -> str:
    """Who gains and who loses most, run by run."""
    return " ".join(_of_run(found, scenario) for scenario in found.comparison.scenarios[1:])


def so_far(found: Gained, pairs: int, of: int) -> str:
    """What the pairs of runs that are done say of USPS."""
    told = []
    for scenario in found.comparison.scenarios[1:]:
        actor = party_name("usps")
        row = _rows(gains_of(found, scenario.name))[actor]
        which = f"{supposed(scenario)}: " if len(found.comparison.scenarios) > 2 else ""
        told.append(f"{which}{actor} {_range(row)}")
    return f"{pairs} of {of} pairs: {'; '.join(told)} so far."


def supposed(scenario: Scenario) -> str:
    """If what, with what is imposed or changed by hand said."""
    base = next((name for name in scenario_names() if scenario.name.split(",")[0].split(" #")[0] == name), "")
    title = scenario.title or scenario.name
    text = f"If {SUPPOSED[base]}" if base in SUPPOSED else f"With “{title}”"
    changed = bool(base) and scenario.title == library_scenario(base).title and ", " in scenario.name
    notes = [*(["imposed"] if imposes(scenario) else []), *(["with changes"] if changed else [])]
    return f"{text} ({', '.join(notes)})" if notes else text


def label_of(scenario: Scenario) -> str:
    """Name of a run in words: the scenario's title, and what a visitor changed in it."""
    text, _, count = scenario.name.partition(" #")
    base, *changes = text.split(", ")
    if base not in scenario_names():
        return names_in_words(scenario.name)
    told = [library_scenario(base).title, *(_change_words(change) for change in changes)]
    return f"{', '.join(told)}{f' #{count}' if count else ''}"


def warning_words(found: Gained, warning: str) -> str:
    """A warning of a comparison, outcomes and runs in words."""
    for scenario in found.comparison.scenarios:
        warning = warning.replace(f" in {scenario.name}, ", f" in “{label_of(scenario)}”, ")
    return plain_warning(names_in_words(warning))


def _change_words(change: str) -> str:
    """A change as the name of a run holds it, such as "build_limit = 0.5" or "+2"."""
    return f"{change[1:]} more" if change.startswith("+") else factor_words(change.replace(" = ", " "))


def _of_run(found: Gained, scenario: Scenario) -> str:
    rows, first = gains_of(found, scenario.name), found.comparison.scenarios[0]
    if set(scenario.shippers) != set(first.shippers):  # bills that one side alone knows by name are nobody's loss
        rows = rows.drop(index=BIG, errors="ignore")
    many = found.comparison.replications > 1
    clear = rows[(rows["low"] > 0) | (rows["high"] < 0)] if many else rows
    parts = [f"{_subject(actor)} {_worth(row, many)}" for actor, row in _told(clear)]
    base = "" if first.name == "baseline" else f", against “{first.title or first.name}”"
    if not parts:
        return f"{supposed(scenario)}{base}, no gain or loss stands out from luck."
    return f"{supposed(scenario)}{base}, {'; '.join(parts)}."


def _subject(actor: str) -> str:
    """An actor with its verb: names of firms as they are, people in the plural."""
    people = any(word[-1] == "s" for word in (actor.split()[0], actor))
    return f"{actor[0].lower()}{actor[1:]} are" if people else f"{actor} is"


def _told(rows: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    """USPS, the largest loss and the largest gain, where there are such."""
    ordered = rows[rows["gain"].abs() >= SMALLEST_TOLD_USD].sort_values("gain")
    chosen = [party_name("usps")] if party_name("usps") in ordered.index else []
    if not ordered.empty:
        chosen += [str(ordered.index[0])] if ordered["gain"].iloc[0] < 0 else []
        chosen += [str(ordered.index[-1])] if ordered["gain"].iloc[-1] > 0 else []
    known = _rows(ordered)
    return [(actor, known[actor]) for actor in dict.fromkeys(chosen)]


def _rows(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Rows of a table of gains by actor."""
    return {str(actor): row for actor, row in table.iterrows()}


def _worth(row: pd.Series, many: bool) -> str:
    better = row["gain"] > 0
    low, high = sorted(abs(row[one]) for one in ("low", "high")) if many else (0.0, 0.0)
    scale, unit = _scale(abs(row["gain"]))
    text = f"${_digits(abs(row['gain']) / scale)}{SPACE}{unit} {'better' if better else 'worse'} off"
    return f"{text}, {_digits(low / scale)} to {_digits(high / scale)}" if many else text


def _range(row: pd.Series) -> str:
    low, high = (row["low"], row["high"]) if pd.notna(row["low"]) else (row["gain"], row["gain"])
    scale, unit = _scale(max(abs(low), abs(high)))
    if max(abs(low), abs(high)) < SMALLEST_TOLD_USD:
        return "neither gains nor loses"
    if low < 0 < high:
        return f"between a loss of ${_digits(-low / scale)} and a gain of ${_digits(high / scale)}{SPACE}{unit}"
    small, large = sorted((abs(low), abs(high)))
    span = _digits(large / scale) if small == large else f"{_digits(small / scale)} to {_digits(large / scale)}"
    return f"{'gains' if low >= 0 and high > 0 else 'loses'} ${span}{SPACE}{unit}"


def _scale(amount: float) -> tuple[float, str]:
    return (BILLION, "billion") if amount >= 0.995 * BILLION else (MILLION, "million")


def _digits(value: float) -> str:
    return f"{value:,.1f}" if value < 9.95 else f"{float(f'{value:.2g}') if value >= 100 else value:,.0f}"
