"""The pictures of a store: two factors at once, what moves an outcome, sensitivity, and responses."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from experiments.analysis.responses import averaged_over, heat_map, response
from experiments.analysis.sensitivity import sensitivity
from experiments.errors import InputError
from experiments.figures import scale_of
from experiments.intervals import domain_of
from experiments.reports.shares import may_be_chance, rows_of
from experiments.reports.words import factor_meaning, label
from experiments.store.reading import SweepResult
from server import plots
from server.pages.experiments.questions import Question, drivers_for, leading_factors, short_value, unit_in_words
from server.plots import Floats, Plot
from server.words import factor_words, outcome_words
from server.work.sweeps import in_plain_words

MAX_CURVES = 4


def pictures(result: SweepResult, asked: Question) -> list[Plot]:
    """All pictures of what is asked; one that cannot be drawn says why."""
    return [picture for draw in _PICTURES for picture in _drawn(draw, result, asked)]


def _drawn(
    draw: Callable[[SweepResult, str, Question], list[Plot]], result: SweepResult, asked: Question
) -> list[Plot]:
    """The pictures of one kind, or why there is none."""
    assert asked.outcome is not None
    try:
        return draw(result, asked.outcome, asked)
    except InputError as error:
        why = "; ".join(in_plain_words(problem, result.folder) for problem in error.problems)
        return [Plot(_TITLES[draw.__name__], "", "", why, {}, empty=why)]


def _heat(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    if asked.across is None or asked.down is None:
        return []
    table = heat_map(result, outcome, asked.across, asked.down, asked.scenario)
    scale, unit = scale_of(outcome)
    values = table.to_numpy(dtype=float) / scale
    if not np.isfinite(values).any():
        return []
    columns, rows = [short_value(one) for one in table.columns], [short_value(one) for one in table.index]
    high, low = float(np.nanmax(values)), float(np.nanmin(values))
    across, down = factor_words(asked.across), factor_words(asked.down)
    return [
        Plot(
            title=f"{across[:1].upper()}{across[1:]} and {down}",
            unit=unit_in_words(outcome, unit),
            note=f"{_where(result, asked)}{averaged_over(result, outcome, asked.across, asked.down, asked.scenario)} "
            + " ".join(f"{factor_words(name)}: {factor_meaning(name)}." for name in (asked.across, asked.down)),
            summary=f"{outcome_words(outcome)} by {across} and {down}: from {low:,.4g} to {high:,.4g} {unit}",
            option=plots.heat(columns, rows, values, across, down),
            height=170 + 34 * len(rows),
        )
    ]


def _tornado(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    assert asked.scenario is not None
    found = drivers_for(result, outcome, asked.scenario)
    if found.table.empty:
        return [_constant("What moves it", outcome)]
    rows = sorted((row for row in rows_of(found) if row["kind"] == "factor"), key=lambda row: -abs(row["change"]))[:12]
    if not rows:
        return [Plot("What moves it", "", "", " ".join(found.notes), {}, empty=" ".join(found.notes))]
    scale, unit = scale_of(outcome)
    values = np.array([row["change"] for row in rows]) / scale
    names = [factor_words(str(row["source"])) + (" (may be chance)" if may_be_chance(row) else "") for row in rows]
    return [
        Plot(
            title="What moves it",
            unit=unit_in_words(outcome, unit),
            note=f"{_where(result, asked)}Change of the mean from the lowest to the highest value of each factor (of a "
            "choice without order: from the lowest to the highest mean).",
            summary="; ".join(f"{name} {value:+,.3f}" for name, value in zip(names, values, strict=True)),
            option=plots.tornado(names, values, outcome_words(outcome)),
            height=90 + 30 * len(names),
        )
    ]


def _where(result: SweepResult, asked: Question) -> str:
    """The scenario that is shown, where there are several."""
    return f"Scenario {label(result, asked.scenario)}. " if len(result.scenarios) > 1 else ""


def _indices(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    if result.kind not in ("sobol", "morris"):
        return []
    found = sensitivity(result, outcome, asked.scenario)
    if outcome in found.constant:
        return [_constant(_TITLES["_indices"], outcome)]
    table = found.outcome(outcome)
    luck = found.luck[outcome]
    note = "" if math.isnan(luck) else f" Luck makes up {luck:.0%} of the variance of a single run."
    if result.kind == "sobol":
        table = table.sort_values("total", ascending=False).head(12)
        parts = {"alone": "first", "with interactions": "total"}
        series = {
            name: 100 * table[[one, f"{one}_low", f"{one}_high"]].to_numpy(dtype=float) for name, one in parts.items()
        }
        unit = "% of the variance"
        words = "Sobol indices: share of the variance that goes with each factor, and its 95 % interval."
    else:
        table = table.sort_values("effect", ascending=False).head(12)
        scale, unit = scale_of(outcome)
        series = {
            "mean size of the effect": table[["effect", "effect_low", "effect_high"]].to_numpy(dtype=float) / scale
        }
        words = "Morris effects: mean size of the change when one factor goes through its range alone, 95 % interval."
    names = [factor_words(str(name)) for name in table.index]
    first = next(iter(series.values()))
    told = "; ".join(f"{name} {row[0]:,.3g}" for name, row in zip(names, first, strict=True))
    return [
        Plot(
            title=_TITLES["_indices"],
            unit=unit,
            note=_where(result, asked) + words + note,
            summary=f"{unit}: {told}",
            option=plots.whiskers(names, series),
            legend=plots.legend(list(series)),
            height=90 + len(names) * max(30, 22 * len(series)),
        )
    ]


def _responses(result: SweepResult, outcome: str, asked: Question) -> list[Plot]:
    scale, unit = scale_of(outcome)
    assert asked.scenario is not None
    found = []
    for factor in leading_factors(result, outcome, asked.scenario)[:MAX_CURVES]:
        table = response(result, outcome, factor)
        if table.empty:
            continue
        labels = list(dict.fromkeys(table.index.get_level_values(factor)))
        numeric = all(isinstance(one, int | float) and not isinstance(one, bool) for one in labels)
        names = list(dict.fromkeys(table.index.get_level_values("scenario")))
        limits = [end / scale for end in domain_of(outcome)]
        series = {str(name): _with_band(table.loc[name].reindex(labels) / scale, *limits) for name in names}
        forced = [label(result, name) != name for name in names]
        told = (
            "Mean of the points, and one standard deviation between seeds (luck) to both sides."
            if table["low"].isna().all()
            else "Mean over the points with its 95 % interval over seeds; the other factors vary too."
            if result.kind == "grid"
            else "Mean over the points with its 95 % interval; the other factors vary too."
        )
        shown = [float(one) for one in labels] if numeric else [short_value(one) for one in labels]
        middle = series[str(names[0])][0]
        unit_of_factor = str(result.describe_factor(factor)["unit"])
        found.append(
            Plot(
                title=f"Along {factor_words(factor)}",
                unit=unit_in_words(outcome, unit),
                note=f"{factor_meaning(factor)} ({unit_of_factor}). {told}",
                summary=f"{outcome_words(outcome)} along {factor_words(factor)}: "
                + "; ".join(f"{short_value(x)} gives {y:,.4g}" for x, y in zip(labels, middle, strict=True)),
                option=plots.lines(shown, series, zero=False),
                legend=plots.legend(list(series), forced),
                height=250,
            )
        )
    return found


def _with_band(rows: pd.DataFrame, least: float, most: float) -> tuple[Floats, Floats, Floats]:
    """Mean with its interval over the points; where there is one point a value, with the spread of its seeds."""
    middle = rows["mean"].to_numpy(dtype=float)
    if rows["low"].notna().any():
        return middle, rows["low"].to_numpy(dtype=float), rows["high"].to_numpy(dtype=float)
    luck = rows["luck"].to_numpy(dtype=float)
    return middle, np.maximum(middle - luck, least), np.minimum(middle + luck, most)


def _constant(title: str, outcome: str) -> Plot:
    return Plot(
        title, "", "", f"{outcome_words(outcome)} does not vary", {}, empty="This outcome is the same at every point."
    )


_PICTURES = (_heat, _tornado, _indices, _responses)
_TITLES = {
    "_heat": "Two factors at once",
    "_tornado": "What moves it",
    "_indices": "Sensitivity indices",
    "_responses": "Response",
}
