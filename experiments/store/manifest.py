"""What a store was made for: the design, what computed it, its columns."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from experiments.designs.plan import Plan
from experiments.errors import DamagedError, InputError
from experiments.parties import changed_files, parties_of_design
from experiments.storage import dump_json
from experiments.store.schema import columns_of
from experiments.store.shards import storage_error
from model.texts import read_text_file

FILE = "manifest.json"
FORMAT = "lastmile-sweep"
SCHEMA_VERSION = 1
# What may grow in a design whose runs are kept.
_MAY_GROW = ("replications", "size", "rows")


@dataclass(frozen=True)
class Manifest:
    """The head of a store.

    Attributes:
        id: Tells this store from any other.
        design: See `Design.describe`.
        points: Number of points.
        points_checksum: Hash of the keys of the first replication, in order.
        runs: Number of runs.
        environment: See `experiments.designs.plan.environment_of`.
        provenance: Where the results come from, with the commit.
        columns: Columns of the tables.
        format: Always `FORMAT`.
        schema: Version of the layout.
    """

    id: str
    design: dict[str, Any]
    points: int
    points_checksum: str
    runs: int
    environment: dict[str, Any]
    provenance: dict[str, Any]
    columns: dict[str, dict[str, str]]
    format: str = FORMAT
    schema: int = SCHEMA_VERSION

    def write(self, folder: Path) -> None:
        """Put the manifest in place, all or nothing."""
        target, draft = folder / FILE, folder / f".{FILE}"
        try:
            with draft.open("w", encoding="utf-8") as stream:
                stream.write(dump_json(asdict(self)))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(draft, target)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise storage_error(error, folder) from error


def manifest_of(plan: Plan, store_id: str | None = None) -> Manifest:
    """The manifest of a plan."""
    return Manifest(
        id=store_id or uuid.uuid4().hex,
        design=json.loads(json.dumps(plan.design.describe())),
        points=plan.design.n_points,
        points_checksum=points_checksum(plan, plan.design.n_points),
        runs=len(plan),
        environment=json.loads(json.dumps(plan.environment)),
        provenance=json.loads(json.dumps(plan.origin)),
        columns=columns_of(plan),
    )


def points_checksum(plan: Plan, points: int) -> str:
    """Hash of the first points of a plan, through the keys of their first seed."""
    import hashlib

    each = len(plan.design.scenarios) * plan.design.replications
    keys = plan.keys[: points * each : plan.design.replications]
    return hashlib.sha256(b"".join(bytes(key) for key in keys)).hexdigest()


def read_manifest(folder: str | Path) -> Manifest:
    """Read the manifest of a store.

    Raises:
        InputError: The folder is no store, or one of a newer version; a `DamagedError` where it is damaged.
    """
    path = Path(folder) / FILE
    try:
        content = json.loads(read_text_file(path))
    except FileNotFoundError:
        raise InputError(f"{str(folder)!r} holds no sweep: there is no {FILE} in it") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path}: it is damaged") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path}: it is not the manifest of a sweep")
    if content.get("schema") != SCHEMA_VERSION:
        raise InputError(
            f"{path}: its layout has version {content.get('schema')!r}, this lastmile reads version {SCHEMA_VERSION}"
        )
    if not _is_whole(content):
        raise DamagedError(f"{path}: it is damaged")
    return Manifest(**content)


def _is_whole(content: Mapping[str, Any]) -> bool:
    """Whether a manifest has what its readers count on; a damaged one may still be JSON."""
    kinds: dict[str, Any] = {"id": str, "points": int, "runs": int, "points_checksum": str}
    kinds |= dict.fromkeys(("design", "environment", "provenance", "columns"), dict)
    if content.keys() != {one.name for one in fields(Manifest)}:
        return False
    design, columns = content["design"], content["columns"]
    return (
        all(isinstance(content[name], kind) for name, kind in kinds.items())
        and all(isinstance(design.get(name), list) for name in ("scenarios", "outcomes", "monthly"))
        and all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in design["scenarios"])
        and isinstance(design.get("factors"), dict)
        and isinstance(design.get("replications"), int)
        and isinstance(design.get("kind"), str)
        and all(isinstance(columns.get(name), dict) for name in ("runs", "monthly"))
        and isinstance(content["environment"].get("simulate"), str)
    )


def check_same(old: Manifest, plan: Plan, folder: Path) -> None:
    """Refuse to put other runs into a store than those that it was made for; it may grow.

    Raises:
        InputError: What differs.
    """
    new = manifest_of(plan, old.id)
    problems = [*changed_files(old.environment.get("roster", {}), new.environment.get("roster", {}))]
    for name, value in new.environment.items():
        before = old.environment.get(name)
        if before != value and name != "roster":  # who plays whom is part of the design
            problems.append(f"{name} was {_short(before, value)}, now it is {_short(value, before)}")
    then, now = (parties_of_design(design) for design in (old.design, new.design))
    if then != now:
        problems.append(f"{_told(then)} then, {_told(now)} now")
    for name, value in new.design.items():
        if name == "scenarios" and then != now and _without_roster(old.design) == _without_roster(new.design):
            continue
        if name not in _MAY_GROW and old.design.get(name) != value:
            problems.append(
                f"{name} differs: {_short(old.design.get(name), value)} then, {_short(value, old.design.get(name))} now"
            )
    if not problems:
        if new.points < old.points or new.design["replications"] < old.design["replications"]:
            problems.append(f"it has {old.runs} runs, the design only {new.runs}; a store can grow but not shrink")
        elif points_checksum(plan, old.points) != old.points_checksum:
            problems.append("its points are others; points can only be added behind those that are there")
    if problems:
        advice = "choose another folder, or take the code and the design that the store was made with"
        raise InputError([*(f"out: {str(folder)!r} holds another sweep: {problem}" for problem in problems), advice])


def _told(parties: tuple[str, ...]) -> str:
    return ", ".join(parties) or "the usual parties play"


def _without_roster(design: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in one.items() if key != "roster"} for one in design["scenarios"]]


def _short(value: Any, other: Any) -> str:
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        value = {key: one for key, one in value.items() if other.get(key) != one}
    text = json.dumps(value) if not isinstance(value, str) else value
    return text if len(text) <= 60 else f"{text[:57]}..."
