"""The table of carriers: who they are, where regional ones reach, what they carried in 2024."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.geography import ZoneTable
from model.big_shippers import BigShipperData
from model.newcomers import Newcomer
from model.parameters import Parameters
from model.tables import DataError, choice, number, read_table, text

CARRIER_FILE = "carriers.csv"
REGIONAL = "regional"
NOBODY = 1e-9  # share of households below which a carrier reaches nobody: parcels over households must stay finite
OWN = "own"
NATIONAL = ("usps", "amazon", "ups", "fedex")  # the first ones on every carrier axis, in this order
USPS, AMAZON, UPS, FEDEX = range(len(NATIONAL))
_CARRIER_COLUMNS = {
    "key": text(),
    "name": text(),
    "kind": choice("national", REGIONAL),
    "footprint": text(required=False),
    "volume_symbol": text(),
    "source_id": text(),
    "confidence": choice("high", "medium", "low", "estimate", "derived"),
    "note": text(required=False),
    "launch": number(1900, 2100, required=False),
}


@dataclass(frozen=True, eq=False)
class CarrierTable:
    """All carriers in the order of every carrier axis: usps, amazon, ups, fedex, regional ones, those of a scenario.

    Attributes:
        keys: Names in code, K.
        names: Names for people, K.
        kinds: "national", "regional", or "own" for the network of a big shipper, K.
        groups: What a carrier is counted as, K: the key of a national carrier, else "regional".
        like: Suffix of the carrier's rows in the parameter table, K: its group, or whom an added carrier starts like.
        household_coverage: (K, Z) float64, share of a zone's households that the carrier reaches. The row of Amazon is
            0: the market sets it.
        volume_2024: (K,) float64, published parcels of 2024 a year; regional carriers by the split of `volume_2024_*`.
        launch: (K,) float64, year in which a regional carrier began in the country; -inf where everybody knows it.
        added: Whether a scenario added the carrier to the listed ones, K.
        owned: Whether it delivers for its owner alone, a big shipper, and sells to nobody, K.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    groups: tuple[str, ...]
    like: tuple[str, ...]
    household_coverage: NDArray[np.float64]
    volume_2024: NDArray[np.float64]
    launch: NDArray[np.float64]
    added: tuple[bool, ...]
    owned: tuple[bool, ...]

    def __post_init__(self) -> None:
        self.household_coverage.setflags(write=False)
        self.volume_2024.setflags(write=False)
        self.launch.setflags(write=False)

    @property
    def n_carriers(self) -> int:
        """Number of carriers, K."""
        return len(self.keys)

    @property
    def partial(self) -> NDArray[np.bool_]:
        """Which carriers reach some states only, (K,)."""
        return np.array([kind == REGIONAL for kind in self.kinds])

    @property
    def integrators(self) -> dict[str, int]:
        """Carriers with networks of their own everywhere that carry for Amazon and sign rate agreements, by key."""
        return {self.keys[index]: index for index in (UPS, FEDEX)}

    @property
    def access_buyers(self) -> tuple[str, ...]:
        """Keys of the carriers that may have USPS deliver parcels of their customers.

        Amazon's are its own, and what a big shipper builds has no customers.
        """
        rows = zip(self.keys, self.owned, strict=True)
        return tuple(key for index, (key, owned) in enumerate(rows) if index not in (USPS, AMAZON) and not owned)

    @property
    def name_of(self) -> dict[str, str]:
        """Names for people by key."""
        return dict(zip(self.keys, self.names, strict=True))


@cache
def carrier_names() -> dict[str, str]:
    """Names of the listed carriers for people, by key: what screens, events and tables call them.

    Raises:
        DataError: The file is wrong.
    """
    return {row["key"]: row["name"] for row in read_table(CARRIER_FILE, _CARRIER_COLUMNS, key=("key",))}


def load_carriers(
    parameters: Parameters,
    zones: ZoneTable,
    newcomers: Mapping[str, Newcomer] | None = None,
    owners: Mapping[str, BigShipperData] | None = None,
) -> CarrierTable:
    """Read the carriers.

    With fewer than the listed regional carriers the largest stay. Beyond the listed ones, carriers without footprint or
    volume are added, named regional_9 and so on: they change nothing until they enter a state.

    Args:
        parameters: Number of regional carriers, their volumes and their coverage inside a state.
        zones: The zones.
        newcomers: Carriers that the scenario adds, by key.
        owners: Big shippers of the scenario, by key: the network of each, without any address so far, comes last.

    Raises:
        DataError: The file is wrong, or it or a newcomer names a state or a parameter that does not exist.
    """
    listed = read_table(CARRIER_FILE, _CARRIER_COLUMNS, key=("key",))
    known = {row.symbol for row in parameters.rows()}
    for line, row in enumerate(listed, start=2):
        if row["volume_symbol"] not in known:
            raise DataError(f"{CARRIER_FILE}, line {line}, column volume_symbol: no parameter {row['volume_symbol']!r}")
    national = [row for row in listed if row["kind"] != REGIONAL]
    regional = [row for row in listed if row["kind"] == REGIONAL]
    wanted = int(parameters.n_regional_carriers)
    largest = sorted(regional, key=lambda row: -parameters[row["volume_symbol"]])[:wanted]
    chosen = national + [row for row in regional if row in largest]
    extra = range(len(regional) + 1, wanted + 1)

    coverage = np.zeros((len(chosen) + len(extra), zones.n_zones))
    inside_state = parameters.by_type("regional_household_coverage")[zones.zone_type]
    for k, row in enumerate(chosen):
        if row["kind"] == REGIONAL:
            coverage[k] = np.where(_in_footprint(row, zones), inside_state, 0.0)
        elif row["key"] != "amazon":
            coverage[k] = 1.0
    coverage[coverage < NOBODY] = 0.0
    volumes = [parameters[row["volume_symbol"]] * 1e9 for row in chosen] + [0.0] * len(extra)
    groups = tuple(row["key"] if row["kind"] != REGIONAL else REGIONAL for row in chosen) + (REGIONAL,) * len(extra)
    launch = [-np.inf if row["launch"] is None else row["launch"] for row in chosen]
    new, big = newcomers or {}, owners or {}
    added: list[Newcomer | BigShipperData] = [*new.values(), *big.values()]
    reached = [_where(key, one, zones, inside_state) for key, one in new.items()]
    nowhere = np.zeros((len(big), zones.n_zones))
    return CarrierTable(
        keys=tuple(row["key"] for row in chosen) + tuple(f"regional_{n}" for n in extra) + (*new, *big),
        names=tuple(row["name"] for row in chosen)
        + tuple(f"Regional carrier {n}" for n in extra)
        + tuple(one.name for one in added),
        kinds=tuple(row["kind"] for row in chosen)
        + (REGIONAL,) * len(extra)
        + tuple(one.kind for one in new.values())
        + (OWN,) * len(big),
        groups=groups + tuple(REGIONAL if one.kind == REGIONAL else key for key, one in new.items()) + tuple(big),
        like=groups + tuple(one.like for one in added),
        household_coverage=np.concatenate([coverage, np.reshape(reached, (len(new), zones.n_zones)), nowhere]),
        volume_2024=np.array([*volumes, *(one.volume * 1e9 for one in new.values()), *(0.0 for _ in big)]),
        launch=np.array([*launch, *(-np.inf for _ in (*extra, *added))]),
        added=(False,) * len(groups) + (True,) * (len(new) + len(big)),
        owned=(False,) * (len(groups) + len(new)) + (True,) * len(big),
    )


def _where(key: str, one: Newcomer, zones: ZoneTable, inside_state: NDArray[np.float64]) -> NDArray[np.float64]:
    """(Z,) share of households that a newcomer reaches."""
    if one.kind != REGIONAL:
        return np.ones(zones.n_zones)
    return np.where(_in_states(one.states.split(), zones, f"carriers.{key}.states"), inside_state, 0.0)


def _in_footprint(row: Mapping[str, Any], zones: ZoneTable) -> NDArray[np.bool_]:
    """(Z,) whether a zone lies in the carrier's states; an empty footprint means everywhere."""
    if row["footprint"] is None:
        return np.ones(zones.n_zones, dtype=np.bool_)
    return _in_states(row["footprint"].split(), zones, f"{CARRIER_FILE}, carrier {row['key']!r}, column footprint")


def _in_states(states: Sequence[str], zones: ZoneTable, where: str) -> NDArray[np.bool_]:
    if unknown := sorted(set(states) - set(zones.state.tolist())):
        raise DataError(f"{where}: no state {', '.join(unknown)}")
    return np.isin(zones.state, states)
