"""Density inside a zone: slices of equal households, densest first, that conserve its area; and whose they are.

All functions are pure. Area per household is what is cut and added up: it is additive, density is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from model.density import area_up_to

type Floats = NDArray[np.float64]
type Index = NDArray[np.int64]


def slice_density(households: Floats, area: Floats, slices: int) -> Floats:
    """Households per square mile of slices of equal households, densest first, (slices,).

    Inside each part density falls from that of its denser neighbours to that of its sparser ones.

    Args:
        households: By part of the zone, all above 0, (n,).
        area: Served square miles by part, (n,).
        slices: Number of slices.
    """
    order = np.argsort(area / households, kind="stable")
    people, land = households[order], area[order]
    cuts = np.linspace(0.0, 1.0, slices + 1)
    covered = np.diff(area_up_to(np.concatenate(([0.0], np.cumsum(people) / people.sum())), land, cuts))
    return np.asarray(people.sum() / slices / covered)


def slice_shares(
    households: Floats, area: Floats, place: Index, n_places: int, slices: int, each: Floats | None = None
) -> sparse.csr_array:
    """Households of every place in every slice of a zone, or the sum of something over them, (n_places, slices).

    Args:
        households: By part of the zone, all above 0, (n,).
        area: Served square miles by part, (n,).
        place: Place of each part, (n,).
        n_places: Number of places.
        slices: Number of slices.
        each: What is summed, by household of each part, (n,); 1 unless given. Entries that are 0 stay entries.
    """
    order = np.argsort(area / households, kind="stable")
    people, place = households[order], place[order]
    ends = np.cumsum(people) / people.sum() * slices
    starts = np.concatenate(([0.0], ends[:-1]))
    # A part reaches over all slices between its ends; `step` counts them.
    first, last = np.floor(starts).astype(int), np.minimum(np.ceil(ends).astype(int), slices)
    reach = np.maximum(last - first, 1)
    part = np.repeat(np.arange(people.size), reach)
    step = np.arange(part.size) - np.repeat(np.cumsum(reach) - reach, reach)
    column = np.minimum(first[part] + step, slices - 1)
    inside = np.minimum(ends[part], column + 1.0) - np.maximum(starts[part], column)
    held = np.maximum(inside, 0.0) * people.sum() / slices
    if each is not None:
        held = held * each[order][part]
    return sparse.csr_array(sparse.coo_array((held, (place[part], column)), shape=(n_places, slices)))
