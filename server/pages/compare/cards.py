"""From a comparison to what its cards show."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from experiments.figures import HEADLINES, choose, figure, scale_of, split_year, unit_of
from experiments.gains import WHOLE, rows_of
from experiments.reports.words import outcome_meaning
from server import plots
from server.glossary import TERMS
from server.pages.compare.plan import imposes
from server.pages.compare.saying import Gained, gains_of, label_of
from server.pages.compare.work import Compared
from server.plain import TOPICS, plain, plain_outcome, plain_series, topic_of
from server.plots import Plot
from server.tables import Cell, Column, TableData, number_cell
from server.words import MONTH_NAMES

BILLION = 1e9
ADDED_UP = "All together"
INTERVAL = "Likely between (95 % interval)"
# What the chart over time offers first.
FIRST_SERIES = (
    "usps_net_income_usd",
    "usps_cash_usd",
    "usps_debt_usd",
    "usps_volume_parcels",
    "amazon_own_share",
    "amazon_via_usps_share",
    "amazon_delivered_cost_usd",
    "amazon_volume_parcels",
    "ups_volume_parcels",
    "fedex_volume_parcels",
    "ups_profit_usd",
    "fedex_profit_usd",
    "economy_price_per_parcel_usd",
    "rural_mean_transit_days",
)
_HIGHER, _LOWER, _UNCLEAR, _SAME = "▲ higher", "▼ lower", "not clear", "the same"


def labels_of(found: Gained) -> list[str]:
    """Names of the runs in words; where an outcome is imposed they say so."""
    return [f"{label_of(one)} (imposed)" if imposes(one) else label_of(one) for one in found.comparison.scenarios]


def _names_of(found: Gained) -> dict[str, str]:
    """Names of the runs in tables that are taken away: those of the command line; forced ones say so."""
    return {one.name: f"{one.name} (forced)" if imposes(one) else one.name for one in found.comparison.scenarios}


def titles_of(found: Gained) -> str:
    """What is compared with what, by the titles of the scenarios."""
    first, *others = map(label_of, found.comparison.scenarios)
    return f"{' and '.join(f'“{one}”' for one in others)} beside “{first}”"


def span_of(found: Compared) -> str:
    """First and last month in words."""
    first, last = (f"{MONTH_NAMES[int(text[5:]) - 1]} {text[:4]}" for text in (found.months[0], found.months[-1]))
    return f"{first} to {last}"


def paired_runs(found: Compared) -> str:
    """Months, how often, and with which luck, in words."""
    many = found.comparison.replications
    pairs = f"{many} pair{'s' if many > 1 else ''} of runs"
    return f"{span_of(found)} · {pairs}, each pair with the same luck (seeds from {found.comparison.seed})"


def gains_plot(found: Gained) -> Plot:
    """Gains and losses of each actor with intervals."""
    comparison, names = found.comparison, found.comparison.names
    labels = [label_of(one) for one in comparison.scenarios]
    actors = list(dict.fromkeys(found.gains.index.get_level_values("actor")))
    scale, unit = _gain_scale(found)
    series = {
        label: gains_of(found, name).loc[actors].to_numpy(dtype=float) / scale
        for name, label in zip(names[1:], labels[1:], strict=True)
    }
    spoken = [
        f"{label}: {actor} {row[0]:+.2f}"
        for label, rows in series.items()
        for actor, row in zip(actors, rows, strict=True)
    ]
    return Plot(
        title="Who gains and who loses",
        unit=f"{unit} over all months, beside “{labels[0]}”",
        note="Marker: the difference between two runs with the same luck, mean of all pairs; line: where the true mean "
        "lies with 95 % confidence (95 % interval). Carriers: what they "
        "receive less what they pay, capital in use included; USPS: net income; Amazon: less its delivery bill; "
        "shippers, consumers and members: value of prices and service; mail users: postage against inflation; "
        "Treasury: interest of USPS. What all of it adds up to, and why, stands below.",
        summary=f"Gains in {unit}: " + "; ".join(spoken),
        option=plots.whiskers(list(map(plain, actors)), series),
        legend=plots.legend(list(series), [imposes(one) for one in comparison.scenarios[1:]], first=1),
        height=60 + len(actors) * max(30, 20 * len(series)),
        wide=True,
    )


def _gain_scale(found: Gained) -> tuple[float, str]:
    largest = float(found.gains["gain"].abs().max())
    return (BILLION, "billion $") if largest >= 0.2 * BILLION else (1e6, "million $")


def gains_table(found: Compared) -> TableData:
    """The same as figures."""
    scale, unit = _gain_scale(found)
    cells, rows = [], []
    labels, names = dict(zip(found.comparison.names, labels_of(found), strict=True)), _names_of(found)
    for position, row in found.gains.iterrows():
        actor, name = map(str, position)  # type: ignore[call-overload]
        verdict = _verdict(row["gain"], row["low"], row["high"], ("gains", "loses"))
        shown = _signed(row["gain"] / scale)
        cells.append(
            (
                plain(actor),
                labels[name],
                number_cell(shown, row["gain"], "$"),
                _interval(row / scale),
                verdict,
            )
        )
        rows.append((actor, names[name], row["gain"], row["low"], row["high"], verdict))
    frame = pd.DataFrame(rows, columns=["actor", "run", "gain_usd", "low_usd", "high_usd", "verdict"])
    return TableData(
        title="Winners and losers",
        columns=(
            Column("Who"),
            Column("What if"),
            Column(f"Gain, {unit}", number=True, help=TERMS["gain"], term="gain"),
            Column(INTERVAL, number=True),
            Column("Verdict", mark=True),
        ),
        cells=tuple(cells),
        frame=frame,
        note=f"Over the whole run, against “{label_of(found.comparison.scenarios[0])}”. "
        "Not clear: the interval holds zero.",
    )


def parts_table(found: Compared) -> TableData:
    """From what parts each gain comes, and what all gains add up to."""
    scale, unit = _gain_scale(found)
    labels, names = dict(zip(found.comparison.names, labels_of(found), strict=True)), _names_of(found)
    parts = {key: row for key, row in rows_of(found.comparison.gain_parts()).items() if key[1] != WHOLE}
    lines = {(ADDED_UP, *key): row for key, row in rows_of(found.comparison.adding_up()).items()}
    cells, rows = [], []
    for (actor, part, name), values in (parts | lines).items():
        row = pd.Series(dict(zip(("gain", "low", "high"), values, strict=True)))
        shown = number_cell(_signed(values[0] / scale), values[0], "$")
        cells.append((plain(actor), part, labels[name], shown, _interval(row / scale)))
        rows.append((actor, part, names[name], *values))
    return TableData(
        title="Where gains and losses come from",
        columns=(
            Column("Who"),
            Column("From what"),
            Column("What if"),
            Column(f"Gain, {unit}", number=True),
            Column(INTERVAL, number=True),
        ),
        cells=tuple(cells),
        frame=pd.DataFrame(rows, columns=["actor", "part", "run", "gain_usd", "low_usd", "high_usd"]),
        note="Parts of a firm are its statement: what it receives and, below zero, what it pays. What one party pays "
        "another receives, so all gains add up to what customers get more, less what the work costs more.",
    )


def _signed(value: float) -> str:
    """With its sign, and nothing as 0.00."""
    shown = round(value, 2) + 0.0
    return (f"{shown:+,.2f}" if shown else "0.00").replace("-", "−")


def _interval(row: pd.Series) -> Cell:
    if not math.isfinite(row["low"]):
        return ("–", None)
    return f"{_signed(row['low'])} to {_signed(row['high'])}", float(row["high"] - row["low"])


def _verdict(value: float, low: float, high: float, words: Sequence[str]) -> str:
    if not math.isfinite(value):
        return "–"
    if not math.isfinite(low):
        return "one run"
    if low == high == 0:
        return _SAME
    return words[0] if low > 0 else words[1] if high < 0 else _UNCLEAR


def months_plot(found: Compared, series: str, differences: bool) -> Plot:
    """A monthly series of all runs, or its difference to the first, with bands."""
    scale, unit = scale_of(series)
    position = found.series.index(series)
    labels = [label_of(one) for one in found.comparison.scenarios]
    block = found.bands[:, 3:6] if differences else found.bands[:, 0:3]
    values = block[..., position].astype(float) / scale
    first = 1 if differences else 0
    legend = plots.legend(labels[first:], [imposes(one) for one in found.comparison.scenarios[first:]], first)
    drawn = {labels[i]: (values[i, 0], values[i, 1], values[i, 2]) for i in range(first, len(labels))}
    last = "; ".join(f"{name} {middle[-1]:,.3f}" for name, (middle, _, _) in drawn.items())
    what = f"difference to “{labels[0]}”" if differences else "mean of the runs"
    option = plots.lines(found.months, drawn, zero=differences, first=first)
    return Plot(
        title="Month by month",
        unit=f"{plain_series(series)}, {unit}" if unit else plain_series(series),
        note=f"Line: {what}; band: where it lies with 95 % confidence, which holds luck only and not what nobody knows "
        "exactly about the market.",
        summary=f"{plain_series(series)}, {what}, {unit}, {found.months[-1]}: {last}",
        option=option,
        legend=legend,
        height=320,
        wide=True,
    )


def series_choices(found: Compared) -> list[dict[str, str]]:
    """All series with the group that the chart's menu puts them into."""
    first = [name for name in FIRST_SERIES if name in found.series]
    rest = sorted(set(found.series) - set(first), key=lambda name: (TOPICS.index(topic_of(name)), plain_series(name)))
    return [
        *({"name": name, "label": plain_series(name), "group": "Often asked for"} for name in first),
        *({"name": name, "label": plain_series(name), "group": topic_of(name)} for name in rest),
    ]


def outcome_table(found: Compared, everything: bool) -> TableData:
    """Outcomes with differences; the headlines of the last year and of the whole run, or all of them."""
    comparison = found.comparison
    names = list(dict.fromkeys(comparison.table.index.get_level_values("outcome")))
    if not everything:
        chosen = choose(names, HEADLINES)
        years = sorted({split_year(name)[1] for name in chosen} - {""})
        names = [name for name in chosen if split_year(name)[1] in ({years[-1]} if years else {""})]
    labels, downloaded = labels_of(found), _names_of(found)
    table = comparison.table
    cells, rows = [], []
    values = dict(zip(table.index, table.to_numpy(dtype=float), strict=True))
    column = {name: i for i, name in enumerate(table.columns)}
    for name in names:
        base = values[name, comparison.names[0]][column["mean"]]
        for other, label in zip(comparison.names[1:], labels[1:], strict=True):
            row = values[name, other]
            mean, difference, low, high = (row[column[one]] for one in ("mean", "difference", "low", "high"))
            verdict = _verdict(difference, low, high, (_HIGHER, _LOWER))
            unit = unit_of(name)
            span = f"{figure(name, low, True)} to {figure(name, high, True)}" if math.isfinite(low) else "–"
            cells.append(
                (
                    (plain_outcome(name), name, outcome_meaning(name)),
                    unit,
                    label,
                    number_cell(figure(name, base), base),
                    number_cell(figure(name, mean), mean),
                    number_cell(figure(name, difference, True), difference),
                    (span, float(high - low) if math.isfinite(low) else None),
                    verdict,
                )
            )
            rows.append((name, downloaded[other], base, mean, difference, low, high, verdict))
    frame = pd.DataFrame(
        rows, columns=["outcome", "run", "reference_mean", "mean", "difference", "low", "high", "verdict"]
    )
    return TableData(
        title="Outcomes",
        columns=(
            Column("Outcome", explained=True),
            Column("Unit"),
            Column("What if"),
            Column(labels[0], number=True, help="Mean of the runs that all others are compared with (reference)"),
            Column("In this case", number=True, help="Mean of its runs"),
            Column("Difference", number=True, help="Mean of the differences, pair by pair with the same luck"),
            Column(INTERVAL, number=True, help="Of the mean difference; sorts by width"),
            Column("Verdict", mark=True),
        ),
        cells=tuple(_minus(row) for row in cells),
        frame=frame,
        note="Point at a number for all its digits. Not clear: the interval holds zero.",
    )


def _minus(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """A true minus sign in numbers."""
    first, *rest = row
    return first, *(_shown(cell) for cell in rest)


def _shown(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return cell
    return (cell[0].replace("-", "−"), *cell[1:])
