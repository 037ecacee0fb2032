"""What one can take away from a run: its series, the scenario as TOML, and the Python that makes the view again."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from agents.calendar import Month
from experiments.variants import spelled_options, spelled_value
from model.market import ParcelMarket
from model.scenario import Scenario
from server.choice import Choice, Value, lever_keys, plain

LABELS = ("name", "title", "description", "forced")
ADDED = ("carriers", "shippers")  # tables of a scenario file that hold a party each
SERIES_FORMATS = {"csv": "text/csv;charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def series_of(market: ParcelMarket, kind: str) -> bytes:
    """The monthly series of a run so far as a file; made where the market is."""
    return series_file(market.records.frame(), kind)


def series_file(frame: pd.DataFrame, kind: str) -> bytes:
    """The monthly series of a run as a file.

    Args:
        frame: One row a month, one column a series, named `<actor>_<quantity>_<unit>`.
        kind: "csv" or "parquet".
    """
    buffer = io.BytesIO()
    if kind == "csv":
        frame.to_csv(buffer)
    else:
        frame.to_parquet(buffer)
    return buffer.getvalue()


def scenario_file(choice: Choice) -> str:
    """The scenario as a TOML file that `lastmile run FILE --seed N` takes."""
    settings = choice.settings_at_start()
    changes = settings.changes()
    texts = {"title": settings.title, "description": settings.description, "forced": settings.forced}
    labelled = {"name": settings.name, **{key: value for key, value in texts.items() if value}}
    levers = {key: value for key, value in changes.items() if key in lever_keys()}
    apart = {*LABELS, *levers, "roster", *ADDED}
    parameters = {key: value for key, value in changes.items() if key not in apart}
    lines = [f"# Made by the browser app. Run it with: lastmile run FILE --seed {choice.seed}"]
    lines += [f"# {text}" for text in (*_without_player(choice), *_branch_of(choice))] + _lines(labelled)
    added = [(f"{kind}.{key}", one) for kind in ADDED for key, one in changes.get(kind, {}).items()]
    for table, values in (("levers", levers), ("parameters", parameters), ("roster", settings.roster), *added):
        if values:
            lines += ["", f"[{table}]", *_lines(values)]
    return "\n".join(lines) + "\n"


def script_file(choice: Choice, month: Month | None) -> str:
    """A Python script that runs what is shown and prints its figures of the month.

    Args:
        choice: The run.
        month: The month shown; None runs to the end.
    """
    settings: Scenario = choice.settings()
    until = None if month is None or month == settings.end else str(month)
    arguments = [json.dumps(choice.scenario)]
    past = choice.past
    if overrides := (choice if past is None else past).overrides:
        arguments.append(f"set={dict(overrides)!r}")
    if settings.roster:
        arguments.append(f"roster={settings.roster!r}")
    arguments.append(f"seed={choice.seed}")
    branching = ""
    if past is None:
        arguments += [f'until="{until}"'] if until else []
    else:
        changed = _changed_later(choice)
        limit = f', until="{until}"' if until else ""
        branching = f'\nresult = branch(result, at="{past.left}", set={changed!r}{limit}).result'
    imported = "run" if past is None else "branch, run"
    by_hand = "".join(f"\n\n{text}\n" for text in _without_player(choice))
    told = f"{_comment(settings.title)}{_comment(choice.changed)}, seed {choice.seed}.{by_hand}"
    return f'''"""Made by the browser app: {told}"""

from experiments import {imported}

result = run({", ".join(arguments)}){branching}
last = result.monthly.iloc[-1]

if __name__ == "__main__":
    print(f"{{result.scenario.title}}, {{result.monthly.index[-1]}}")
    for name in ("usps_volume_parcels", "amazon_volume_parcels", "ups_volume_parcels", "fedex_volume_parcels"):
        print(f"{{name:28}} {{last[name]:20,.0f}}")
    for name in ("usps_net_income_usd", "usps_cash_usd", "usps_debt_usd"):
        print(f"{{name:28}} {{last[name]:20,.2f}}")
'''


def file_name(choice: Choice, ending: str) -> str:
    """A name that tells the run: scenario, whether it was changed or, where it holds results, played by hand, seed."""
    changed = "-changed" if choice.overrides or choice.past else ""
    by_hand = "-played-by-hand" if choice.seat and ending in SERIES_FORMATS else ""
    return f"{choice.scenario.replace('_', '-')}{changed}{by_hand}-seed-{choice.seed}.{ending}"


def _without_player(choice: Choice) -> list[str]:
    """What a file that cannot hold a visitor's answers says of them; nothing where none were given."""
    if not choice.seat:
        return []
    return ["On the page somebody answered by hand; this is the same seed without a player, so its figures differ."]


def _changed_later(choice: Choice) -> dict[str, Value]:
    """Levers and parameters that a branch changes, with their values from then on."""
    before, after = choice.settings_at_start(), choice.settings()
    keys = dict.fromkeys(key for key, _ in (*(choice.past.overrides if choice.past else ()), *choice.overrides))
    return {key: plain(after, key) for key in keys if plain(before, key) != plain(after, key)}


def _branch_of(choice: Choice) -> list[str]:
    """What a scenario file says of a branch, which it cannot hold; nothing where there is none."""
    if choice.past is None:
        return []
    told = " ".join(spelled_options({key: spelled_value(value) for key, value in _changed_later(choice).items()}))
    return [f"Until {choice.past.left}; then: lastmile branch RESULT --at {choice.past.left} {told}".rstrip()]


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items()]


def _toml(value: Any) -> str:
    """A TOML value; JSON's texts are TOML's as well, as long as no character is written as a surrogate pair."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _comment(text: str) -> str:
    """Text that cannot end the docstring that it stands in."""
    return text.replace("\\", " ").replace('"', "'")
