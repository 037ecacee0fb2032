"""A store that is open for reading, as pandas tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from experiments.designs.plan import BALANCES, IDENTITY
from experiments.draws import DrawSet, restore_draws
from experiments.errors import DamagedError, InputError
from experiments.storage import damage
from experiments.store.manifest import Manifest, read_manifest
from experiments.store.schema import arrow_schema
from experiments.store.shards import MONTHLY, RUNS, shard_files
from experiments.store.soundness import damaged_files
from experiments.store.status import Status, status


@dataclass(frozen=True, eq=False)
class SweepResult:
    """A sweep in a folder, finished or not.

    Attributes:
        folder: Where it is.
        manifest: What it was made for and by.
        repairs: What had to be put right when it was last opened for writing, one line each.
    """

    folder: Path
    manifest: Manifest = field(repr=False)
    repairs: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """How far it is."""
        return status(self.folder)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run: what was varied, outcomes, and the error of a failed one; by point, scenario and seed."""
        table = self._read(RUNS)
        order = {name: position for position, name in enumerate(self.scenarios)}
        keys = table.assign(_order=table["scenario"].map(order))
        return table.loc[keys.sort_values(["point", "_order", "seed"]).index].reset_index(drop=True)

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """One row a run and month, for sweeps that keep monthly series.

        Raises:
            InputError: This one does not.
        """
        if not self.manifest.design["monthly"]:
            raise InputError("monthly: the sweep keeps no monthly series; name them in its design")
        return self._read(MONTHLY).sort_values(["point", "scenario", "seed", "month"], ignore_index=True)

    def _read(self, kind: str) -> pd.DataFrame:
        """All rows of a table.

        Raises:
            DamagedError: A file is not as it was written: figures without its runs, or with wrong ones, would not be
                told from right ones.
        """
        damaged = damaged_files(self.folder)
        if damaged:
            raise DamagedError([
                *(f"{self.folder}: {RUNS}/{name} is damaged: {why}" for name, why in damaged.items()),
                "the next sweep into this folder does its runs again",
            ])  # fmt: skip
        try:
            schema = arrow_schema(self.manifest.columns[kind])
            files = [str(path) for path in shard_files(self.folder, kind)]
            if not files:
                empty: pd.DataFrame = schema.empty_table().to_pandas()
                return empty
            for file in files:
                if not pq.read_schema(file).equals(schema):  # else a column that is missing there would be nan
                    raise DamagedError(f"{file}: its columns are not those of the manifest")
            table: pd.DataFrame = ds.dataset(files, schema=schema, format="parquet").to_table().to_pandas()
        except (OSError, KeyError, pa.ArrowException) as error:
            raise DamagedError(f"{self.folder}: {kind}: {damage(error)}") from error
        return table.drop_duplicates(_unique(kind), ignore_index=True)

    @property
    def kind(self) -> str:
        """Kind of its design."""
        return str(self.manifest.design["kind"])

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of its scenarios, in order."""
        return tuple(one["name"] for one in self.manifest.design["scenarios"])

    @property
    def draws(self) -> DrawSet | None:
        """Parameter draws that the seeds took, if any."""
        described = self.manifest.design.get("draws")
        return None if described is None else restore_draws(described)

    @property
    def factors(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(self.manifest.design["factors"])

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes that are kept."""
        known = {*IDENTITY, *BALANCES, *self.factors}
        return tuple(name for name in self.manifest.columns["runs"] if name not in known)

    def check_outcome(self, name: str) -> str:
        """Return the name of an outcome.

        Raises:
            InputError: The sweep does not keep it.
        """
        import difflib

        if name not in self.outcomes:
            close = difflib.get_close_matches(name, self.outcomes, n=3, cutoff=0.4)
            hint = f"did you mean {', '.join(close)}?" if close else f"it keeps {', '.join(self.outcomes[:5])}, ..."
            raise InputError(f"outcome: the sweep does not keep {name!r}; {hint}")
        return name

    def scenario(self, name: str | None) -> str:
        """Return the name of a scenario of the sweep; without one, that of the first.

        Raises:
            InputError: There is none of this name.
        """
        if name is None:
            return self.scenarios[0]
        if name not in self.scenarios:
            raise InputError(f"scenario: {name!r} is not in the sweep; there are {', '.join(self.scenarios)}")
        return name

    def describe_factor(self, name: str) -> dict[str, Any]:
        """What the design says of a factor.

        Raises:
            InputError: It is not varied.
        """
        if name not in self.manifest.design["factors"]:
            raise InputError(f"factor: {name!r} is not varied; the sweep varies {', '.join(self.factors)}")
        return dict(self.manifest.design["factors"][name])


def _unique(kind: str) -> Sequence[str]:
    return ["run"] if kind == RUNS else ["run", "month"]


def open_sweep(folder: str | Path, repairs: tuple[str, ...] = ()) -> SweepResult:
    """Open the store of a sweep for reading; also while it is running.

    Args:
        folder: The store.
        repairs: What was put right just now.

    Raises:
        InputError: The folder holds no sweep.

    Examples:
        >>> found = open_sweep(example.folder)
        >>> found.factors
        ('amazon_via_usps', 'growth_market')
        >>> found.runs.groupby("scenario")["amazon_own_share"].size().to_dict()
        {'withdraw': 8}
    """
    return SweepResult(Path(folder), read_manifest(folder), repairs)
