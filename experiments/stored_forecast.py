"""A forecast as data, so that a page can show it without running anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path

import pandas as pd

from experiments.errors import InputError
from experiments.figures import HEADLINES, split_year
from experiments.foresight import COLUMNS, Forecast
from experiments.provenance import changes
from experiments.settings import shown
from experiments.storage import dump_json, write_text
from experiments.stored import Stored, origin_of
from model.texts import read_text_file

STORED_FILE = "forecast.json"
DIGITS = 6  # significant, more than any band is known to
KEPT = (*COLUMNS, "holds")


@dataclass(frozen=True, eq=False)
class StoredForecast(Stored):
    """Headline outcomes of one scenario by year, with their bands.

    Attributes:
        title: Title of the scenario.
        replications: Runs.
        draws: Name of the parameter draws, None for the parameters as they are.
        residuals_to: Last year whose residuals the bands know, None where they know none.
        table: Index outcome with its year, columns as in `Forecast.table`.
    """

    title: str
    replications: int
    draws: str | None
    residuals_to: int | None
    table: pd.DataFrame = field(repr=False)

    def years(self, stem: str) -> pd.DataFrame:
        """Rows of one outcome by year, "2025"; empty where there is none."""
        return self._by_stem.get(stem, self.table.iloc[:0])

    @cached_property
    def _by_stem(self) -> dict[str, pd.DataFrame]:
        """Made once: a page asks with every picture."""
        years: dict[str, dict[str, str]] = {}
        for name in map(str, self.table.index):
            stem, year = split_year(name)
            if year:
                years.setdefault(stem, {})[name] = year
        return {
            stem: self.table.loc[list(names)].set_axis(list(names.values()), axis=0).sort_index()
            for stem, names in years.items()
        }


def stored_file() -> Path:
    """Where the forecast is that comes with the package."""
    return Path(str(resources.files("experiments") / STORED_FILE))


def command_of(result: Forecast) -> str:
    """What makes a forecast again, with what was set by name."""
    draws = "" if result.draws is None else f" --draws {result.draws['name']}"
    seed = "" if result.seed == 1 else f" --seed {result.seed}"
    changed = {key: value for key, value in changes(result.scenario).items() if not isinstance(value, dict | list)}
    told = "".join(f" --set {key}={shown(value)}" for key, value in changed.items())
    return f"lastmile forecast {result.scenario.name}{draws} --replications {result.replications}{seed}{told} --keep"


def keep_forecast(result: Forecast, command: str, file: Path | None = None) -> Path:
    """Keep the headlines of a forecast by year.

    Args:
        result: The forecast.
        command: What made it.
        file: Where; the file that comes with the package unless told.

    Raises:
        OSError: The file cannot be written there.
    """
    target = file or stored_file()
    here = [name for name in map(str, result.table.index) if split_year(name)[0] in HEADLINES and split_year(name)[1]]
    rows = [
        [name, *(value if isinstance(value, str) else float(f"{value:.{DIGITS}g}") for value in values)]
        for name, values in zip(here, result.table.loc[here, list(KEPT)].to_numpy().tolist(), strict=True)
    ]
    content = {
        **origin_of(command),
        "title": result.scenario.title,
        "replications": result.replications,
        "draws": None if result.draws is None else result.draws["name"],
        "residuals_to": result.discrepancy.last_year,
        "columns": ["outcome", *KEPT],
        "rows": rows,
    }
    write_text(target, dump_json(content))
    return target


def stored_forecast(file: Path | None = None) -> StoredForecast | None:
    """The forecast that comes with the package; None where none has been made.

    Args:
        file: Another file.

    Raises:
        InputError: It cannot be read.
    """
    source = file or stored_file()
    if not source.is_file():
        return None
    try:
        content = json.loads(read_text_file(source))
        table = pd.DataFrame(content.pop("rows"), columns=content.pop("columns")).set_index("outcome")
        return StoredForecast(**content, table=table)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"forecast: {source.name} cannot be read: {str(error).splitlines()[0]}") from error
