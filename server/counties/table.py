"""The places of the county map: one for each shape that it draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agents.geography import ZoneTable
from model.places import PlaceTable, county_places
from model.service import LONGEST

NATION = "US"
# The shapes are of 2017; in 2019 Alaska divided one of their areas in two. Old FIPS code and name, and the codes since.
JOINED = {"02261": ("Chugach and Copper River, AK", ("02063", "02066"))}
MOST_TABLES = 4
_tables: dict[tuple[int, float], PlaceTable] = {}


def map_table(zones: ZoneTable) -> PlaceTable:
    """`map_places` and after them the whole country; made once for all runs whose counties have as many households.

    Args:
        zones: The zones of a market.
    """
    key = zones.n_zones, float(zones.households.sum())  # all that it depends on
    if key not in _tables:
        if len(_tables) >= MOST_TABLES:
            _tables.clear()
        _tables[key] = with_nation(map_places(zones))
    return _tables[key]


def map_places(zones: ZoneTable) -> PlaceTable:
    """Counties in FIPS order as the map draws them: those that share a shape are one place.

    Args:
        zones: The zones of a market.
    """
    places = county_places(zones)
    to = {part: code for code, (_, parts) in JOINED.items() for part in parts}
    shape_of = [to.get(code, code) for code in places.ids]
    ids = tuple(sorted(set(shape_of)))
    row = {code: i for i, code in enumerate(ids)}
    joins = sparse.csr_array(
        (np.ones(len(shape_of)), ([row[code] for code in shape_of], np.arange(len(shape_of)))),
        shape=(len(ids), len(shape_of)),
    )
    first = [shape_of.index(code) for code in ids]
    held, (miles, far) = _joined(joins, places)
    return replace(
        places,
        ids=ids,
        names=tuple(JOINED[code][0] if code in JOINED else places.names[i] for code, i in zip(ids, first, strict=True)),
        states=tuple(places.states[i] for i in first),
        position=places.position[first],
        households=np.asarray(held.sum(axis=1)),
        held=held,
        miles=miles,
        far=far,
    )


def _joined(joins: sparse.csr_array, places: PlaceTable) -> tuple[sparse.csr_array, list[NDArray[np.float64]]]:
    """Households of joined places by slice, and the means over them of miles and of who lives far, entry by entry.

    Args:
        joins: Which places (columns) each new one (rows) holds.
        places: The places that are joined.
    """

    def join(each: NDArray[np.float64]) -> sparse.csr_array:  # each above 0: products would leave zeros out
        held = places.held
        found = sparse.csr_array(joins @ sparse.csr_array((each, held.indices, held.indptr), shape=held.shape))
        found.sort_indices()
        return found

    held, miles = join(places.held.data), np.minimum(places.miles, LONGEST)  # beyond it they do not count
    return held, [join(places.held.data * (each + 1.0)).data / held.data - 1.0 for each in (miles, places.far)]


def with_nation(places: PlaceTable) -> PlaceTable:
    """The same with the whole country as one more place, the last one."""
    everywhere = sparse.csr_array(np.ones((1, len(places.ids))))
    whole, means = _joined(everywhere, places)
    miles, far = (np.concatenate([each, mean]) for each, mean in zip((places.miles, places.far), means, strict=True))
    return replace(
        places,
        ids=(*places.ids, NATION),
        names=(*places.names, "United States"),
        states=(*places.states, ""),
        position=np.concatenate([places.position, np.full((1, 2), np.nan)]),
        households=np.append(places.households, places.households.sum()),
        held=sparse.csr_array(sparse.vstack([places.held, whole])),
        miles=miles,
        far=far,
    )
