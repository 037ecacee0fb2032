"""Counties of runs side by side: what each run leaves, paired differences, and why a county's differ."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.calendar import Month
from experiments.by_place import CLEAR
from experiments.paired import paired_difference
from model.economy import Economy
from model.history import fitted_figures
from model.places import MEASURES, PlaceTable, measure_places
from model.scenario import Scenario
from model.words import party_name
from model.zones import build_zone_table
from server.counties.causes import EVERYWHERE, MOST, POINT, Cause, Topic, Turn, asked, reached, turn_of
from server.counties.layers import BY_NAME, GAP, KEYS, LAYERS, LEADER, Layer
from server.counties.table import map_table
from server.counties.watched import leaders, spread_of
from server.headline import month_name
from server.words import event_words

type Floats = NDArray[np.float64]
type Singles = NDArray[np.float32]

NAMES = tuple(one.name for one in MEASURES)


@dataclass(frozen=True, eq=False)
class CountyRun:
    """What one run leaves for the map.

    Attributes:
        month: Its last month.
        values: `MEASURES` of that month by county, the whole country last, (M, N + 1).
        carriers: Keys of its carriers.
        coverage: Share of households that their own routes reach in that month, (K, Z).
        turns: What happened that changes what places get, and when first.
    """

    month: Month
    values: Singles
    carriers: tuple[str, ...]
    coverage: Singles
    turns: Mapping[Turn, Month]


@dataclass(frozen=True, eq=False)
class CountyComparison:
    """Scenarios by county; differences are to the first, run by run with the same seed.

    Attributes:
        table: The places, the whole country last.
        month: Month that was looked at: the last one of all runs.
        replications: Seeds per scenario.
        mean: Mean over seeds, (scenarios, M, N + 1).
        difference: Mean paired difference to the first scenario.
        error: Its standard error; nan where there is one seed.
        carriers: Keys of the carriers, by scenario.
        coverage: Coverage of every run, by scenario, (seeds, K, Z).
        turns: What happened in every run, by scenario.
    """

    table: PlaceTable
    month: Month
    replications: int
    mean: Singles
    difference: Singles
    error: Singles
    carriers: tuple[tuple[str, ...], ...]
    coverage: tuple[Singles, ...]
    turns: tuple[tuple[Mapping[Turn, Month], ...], ...]

    def clear(self, scenario: int, layer: Layer) -> NDArray[np.bool_]:
        """Where a difference is more than luck and than the last digit that is shown, (N + 1,)."""
        difference, error = (rows[scenario, NAMES.index(layer.name)] for rows in (self.difference, self.error))
        return np.asarray((np.abs(difference) > CLEAR * error) & (np.abs(difference) >= layer.least))


@dataclass(frozen=True)
class DifferenceRow:
    """One measure of a county in two scenarios.

    Attributes:
        name: Name of the measure.
        reference: Mean of the reference, for people.
        other: Mean of the other scenario.
        difference: Mean paired difference with its standard error.
        verdict: Whether it is more than luck, in a word or two.
        tone: "worse" or "better" for people there where it is clear, else empty.
    """

    name: str
    reference: str
    other: str
    difference: str
    verdict: str
    tone: str


@dataclass(frozen=True)
class DifferenceCard:
    """One county, or the whole country.

    Attributes:
        id: FIPS code; empty for the country.
        name: Its name.
        households: How many live there.
        most: Who delivers most, in the reference and in the other scenario.
        rows: Its measures.
        causes: Why they differ.
    """

    id: str
    name: str
    households: float
    most: tuple[str, str]
    rows: tuple[DifferenceRow, ...]
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class DifferenceView:
    """What the map shows of one measure.

    Attributes:
        values: Difference by county, little-endian float32; nan where it cannot be told from luck.
        span: Difference of the last colour; that of the first is the same below zero.
        less: Counties with clearly less, and their share of all households.
        more: The same for more.
    """

    values: bytes
    span: float
    less: tuple[int, float]
    more: tuple[int, float]


def look_at(market: Economy) -> CountyRun:
    """Take from a market that has reached its end what the map needs."""
    table = map_table(market.zones)
    values = measure_places(market, table)
    turns: dict[Turn, Month] = {}
    for event in market.events:
        turn = turn_of(event)
        if turn is not None:
            turns.setdefault(turn, event.month)
    return CountyRun(
        market.records.months[-1],
        np.stack([values[name] for name in NAMES]).astype(np.float32),
        market.carriers.keys,
        market.state.network.coverage.astype(np.float32),
        turns,
    )


def put_together(scenarios: Sequence[Scenario], replications: int, found: Sequence[CountyRun]) -> CountyComparison:
    """Make a comparison of runs.

    Args:
        scenarios: The reference first.
        replications: Seeds per scenario.
        found: What every run left, by scenario and then by seed.
    """
    first = scenarios[0]
    table = map_table(build_zone_table(fitted_figures(first.parameters, first.start)))
    runs = [found[i * replications : (i + 1) * replications] for i in range(len(scenarios))]
    reference = _values(runs[0])
    shape = len(scenarios), *reference.shape[1:]
    mean, difference, error = (np.empty(shape, dtype=np.float32) for _ in range(3))
    for i, group in enumerate(runs):  # one after the other: all at once would be the most memory of the comparison
        values = _values(group)
        mean[i] = values.mean(axis=0)
        difference[i], error[i] = paired_difference(values, reference)
    return CountyComparison(
        table=table,
        month=found[0].month,
        replications=replications,
        mean=mean,
        difference=difference,
        error=error,
        carriers=tuple(group[0].carriers for group in runs),
        coverage=tuple(np.stack([run.coverage for run in group]) for group in runs),
        turns=tuple(tuple(run.turns for run in group) for group in runs),
    )


def _values(runs: Sequence[CountyRun]) -> Floats:
    return np.stack([run.values for run in runs]).astype(np.float64)


def view_of(found: CountyComparison, scenario: int, layer: Layer) -> DifferenceView:
    """What the map shows of a measure.

    Args:
        found: The comparison.
        scenario: Which one, by its position; not the first.
        layer: Which measure.
    """
    clear = found.clear(scenario, layer)[:-1]
    difference = found.difference[scenario, NAMES.index(layer.name), :-1]
    shown = np.where(clear, difference, np.nan)
    share = found.table.households[:-1] / found.table.households[-1]

    def many(where: NDArray[np.bool_]) -> tuple[int, float]:
        return int(where.sum()), float(share[where].sum())

    _, span = spread_of(layer, shown, change=True)
    return DifferenceView(
        shown.astype("<f4").tobytes(), span, many(clear & (difference < 0.0)), many(clear & (difference > 0.0))
    )


def card_of(found: CountyComparison, scenario: int, county: str) -> DifferenceCard:
    """A county in two scenarios.

    Args:
        found: The comparison.
        scenario: Which one, by its position; not the first.
        county: FIPS code; empty or unknown for the whole country.
    """
    table, last = found.table, len(found.table.ids) - 1
    row = table.ids.index(county) if county in table.ids[:-1] else last
    most = [party_name(KEYS[leaders(dict(zip(NAMES, found.mean[i][:, [row]], strict=True)))[0]]) for i in (0, scenario)]
    return DifferenceCard(
        id="" if row == last else table.ids[row],
        name=table.names[row],
        households=float(table.households[row]),
        most=(most[0], most[1]),
        rows=tuple(_row(found, scenario, layer, row) for layer in LAYERS if layer.name != LEADER),
        causes=() if row == last else causes(found, scenario, row),
    )


def _row(found: CountyComparison, scenario: int, layer: Layer, row: int) -> DifferenceRow:
    measure = NAMES.index(layer.name)
    difference, error = float(found.difference[scenario, measure, row]), float(found.error[scenario, measure, row])
    clear = bool(found.clear(scenario, layer)[row])
    words = layer.words(difference, signed=True)
    if np.isfinite(error):
        words += f" (s.e.{GAP}{layer.words(error, signed=True).lstrip('+').partition(GAP)[0]})"
    same = abs(difference) < layer.least
    verdict = "clear" if clear else "the same" if same else "one pair" if found.replications == 1 else "not clear"
    tone = "" if not clear or not layer.worse else "worse" if difference * layer.worse > 0.0 else "better"
    reference, other = (layer.words(float(found.mean[i, measure, row])) for i in (0, scenario))
    return DifferenceRow(layer.name, reference, other, words, verdict, tone)


def causes(found: CountyComparison, scenario: int, row: int) -> tuple[Cause, ...]:
    """Why what a county gets differs: who reaches it, and what happened in one scenario's runs and not in the other's.

    Args:
        found: The comparison.
        scenario: Which one, by its position; not the first.
        row: Which county.
    """
    changes = {name: float(found.difference[scenario, i, row]) for i, name in enumerate(NAMES)}
    topics = asked(changes, {name: bool(found.clear(scenario, BY_NAME[name])[row]) for name in NAMES})
    told = _events(found, scenario, topics, changes)
    if topics & {"who", "reach"}:
        told += _coverage(found, scenario, row)
    return tuple(cause for _, cause in sorted(told, key=lambda one: one[0], reverse=True)[:MOST])


def _events(
    found: CountyComparison, scenario: int, topics: set[Topic], changes: Mapping[str, float]
) -> list[tuple[float, Cause]]:
    """What happened more often, or in another month, than in the reference."""
    told = []
    for turn in dict.fromkeys(turn for runs in (found.turns[0], found.turns[scenario]) for run in runs for turn in run):
        weight = turn.weight(topics, changes)
        here, there = ([run[turn] for run in found.turns[i] if turn in run] for i in (scenario, 0))
        if weight <= 0.0 or (len(here), _middle(here)) == (len(there), _middle(there)):
            continue
        often, reference = _often(here, found.replications), _often(there, found.replications)
        text = f"{event_words(turn.label)}: {often}; in the reference {reference}"
        told.append((weight, Cause("", text)))
    return told


def _middle(months: Sequence[Month]) -> Month | None:
    return sorted(months)[len(months) // 2] if months else None


def _often(months: Sequence[Month], runs: int) -> str:
    """In how many runs something happened, and when."""
    middle = _middle(months)
    if middle is None:
        return "in no run" if runs > 1 else "not"
    when = f"in {month_name(middle)}"
    if runs == 1:
        return when
    often = "in all runs" if len(months) == runs else f"in {len(months)} of {runs} runs"
    return f"{often}, {when if min(months) == max(months) else f'about {month_name(middle)}'}"


def _coverage(found: CountyComparison, scenario: int, row: int) -> list[tuple[float, Cause]]:
    """Carriers that reach clearly more or fewer households of a county than in the reference."""
    there, here = (
        dict(zip(found.carriers[i], reached(found.table, row, found.coverage[i]).T, strict=True)) for i in (0, scenario)
    )
    nobody = np.zeros(found.replications)
    told = []
    for key in dict.fromkeys([*there, *here]):
        before, now = there.get(key, nobody), here.get(key, nobody)
        difference, error = (float(one) for one in paired_difference(now, before))
        if abs(difference) < POINT or not abs(difference) > CLEAR * error:
            continue
        text = (
            f"{party_name(key)} reaches {now.mean():.0%} of households here on routes of its own; in the reference "
            f"{before.mean():.0%}"
        )
        told.append((max(abs(difference), EVERYWHERE), Cause("", text, f"/inspect?what=carrier:{key}")))
    return told


def file_of(found: CountyComparison, scenario: int, names: tuple[str, str]) -> bytes:
    """All measures of all counties in two scenarios as CSV.

    Args:
        found: The comparison.
        scenario: Which one, by its position; not the first.
        names: Names of the reference and of that one.
    """
    columns: dict[str, object] = {
        "month": str(found.month),
        "reference": names[0],
        "scenario": names[1],
        "county_fips": found.table.ids,
        "county_name": found.table.names,
        "households": found.table.households,
    }
    for i, name in enumerate(NAMES):
        columns |= {
            f"{name}_reference": found.mean[0, i],
            name: found.mean[scenario, i],
            f"{name}_difference": found.difference[scenario, i],
            f"{name}_error": found.error[scenario, i],
        }
    buffer = io.BytesIO()
    pd.DataFrame(columns).iloc[:-1].to_csv(buffer, index=False)
    return buffer.getvalue()
