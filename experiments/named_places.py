"""Single places, asked for by name or code, and what they are together: a congressional district of counties."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.errors import InputError
from experiments.paired import paired_difference
from model.places import MEASURES, PlaceTable

type Floats = NDArray[np.float64]
TOGETHER = "together"
MOST_NAMED = 6


def find_places(table: PlaceTable, asked: Sequence[str]) -> list[int]:
    """Numbers of places, in the order asked for.

    Args:
        table: All places of a kind.
        asked: Codes (FIPS of a county), names, or parts of a name that only one place has.

    Raises:
        InputError: All that name none, or more than one.
    """
    found: list[int] = []
    problems: list[str] = []
    names = [name.casefold() for name in table.names]
    for text in asked:
        wanted = text.strip().casefold()
        exact = [
            i for i, (code, name) in enumerate(zip(table.ids, names, strict=True)) if wanted in (code.casefold(), name)
        ]
        fits = exact or [i for i, name in enumerate(names) if wanted and wanted in name]
        if len(fits) == 1:
            found += [i for i in fits if i not in found]
        elif fits:
            some = ", ".join(f"{table.names[i]} ({table.ids[i]})" for i in fits[:MOST_NAMED])
            more = f" and {len(fits) - MOST_NAMED} more" if len(fits) > MOST_NAMED else ""
            problems.append(f"place: {text!r} fits {some}{more}; write its code or its whole name")
        else:
            problems.append(f"place: there is no {table.kind} {text!r}; a name or a code, for example {table.ids[0]}")
    if problems:
        raise InputError(problems)
    return found


def told_places(table: PlaceTable, chosen: Sequence[int], values: Floats, names: Sequence[str]) -> pd.DataFrame:
    """Measures of some places, and of all of them together, each place by its households.

    Args:
        table: All places of their kind.
        chosen: Which ones.
        values: Measures by scenario, seed, measure and place, (S, R, M, N).
        names: Scenarios, the reference first.

    Returns:
        One row by place (code, and "together" where there are several), scenario and measure: value, difference to the
        reference and its standard error (nan in the reference, and where there is one seed).
    """
    groups: dict[str, tuple[str, list[int]]] = {table.ids[i]: (table.names[i], [i]) for i in chosen}
    if len(chosen) > 1:
        groups[TOGETHER] = ("Together", list(chosen))
    rows = []
    for code, (name, members) in groups.items():
        here = values[..., members]
        weight = np.where(np.isnan(here), 0.0, table.households[members])
        whole = weight.sum(axis=-1)
        mean = np.divide(
            (np.nan_to_num(here) * weight).sum(axis=-1), whole, out=np.full_like(whole, np.nan), where=whole > 0.0
        )
        for i, scenario in enumerate(names):
            nothing = np.full(len(MEASURES), np.nan)
            difference, error = paired_difference(mean[i], mean[0]) if i else (nothing, nothing)
            told = zip(MEASURES, mean[i].mean(axis=0), difference, error, strict=True)
            rows += [(code, name, scenario, one.name, *numbers) for one, *numbers in told]
    columns = ["id", "name", "scenario", "measure", "value", "difference", "error"]
    return pd.DataFrame(rows, columns=columns)
