"""Who is whose customer at the start; solved once for all markets of a process that start alike."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from agents.shipper_table import ShipperTable
from model.start.choice_constants import ChoiceSolution, solve_constants
from model.start.first_customers import give_customers
from model.start.small_rows import ChoiceSetting

Floats = NDArray[np.float64]
# Scenarios that are compared with one seed share a start, and so do all runs of one visitor; a start of 4,000 shippers
# takes 1.3 MB, one of a million is remembered alone.
REMEMBERED_BYTES = 16_000_000


class _Start:
    """A start as it is remembered: most carriers do not reach most places, so zeros of the split are left out."""

    def __init__(self, solution: ChoiceSolution, shippers: ShipperTable) -> None:
        split = solution.enterprise_share
        self._shape, self._has = split.shape, np.packbits(split != 0.0)
        self._split = split[split != 0.0]
        for array in (solution.constants, solution.level):
            array.setflags(write=False)
        self._solution = replace(solution, chance=(), enterprise_share=np.empty(0))
        self._shippers = shippers

    @property
    def bytes(self) -> int:
        """How much memory its arrays take."""
        values = [getattr(owner, field.name) for owner in (self._solution, self._shippers) for field in fields(owner)]
        return sum(value.nbytes for value in (*values, self._has, self._split) if isinstance(value, np.ndarray))

    def unpacked(self) -> tuple[ShipperTable, ChoiceSolution]:
        """Shippers and split of a market's own, with constants and levels that it copies."""
        split = np.zeros(self._shape)
        split[np.unpackbits(self._has, count=split.size).view(bool).reshape(self._shape)] = self._split
        return self._shippers.take(np.arange(len(self._shippers))), replace(self._solution, enterprise_share=split)


_starts: OrderedDict[bytes, _Start] = OrderedDict()


def remember_less(most_bytes: int) -> None:
    """Remember fewer starts in this process from now on, where others of the machine remember them too.

    Args:
        most_bytes: What their arrays may take, bytes.
    """
    global REMEMBERED_BYTES
    REMEMBERED_BYTES = min(REMEMBERED_BYTES, most_bytes)


def settle_customers(
    shippers: ShipperTable, setting: ChoiceSetting, share: Floats, price: Floats, uniform: Floats, order: Floats
) -> tuple[ShipperTable, ChoiceSolution]:
    """Solve the choice constants and give every shipper its carriers.

    Small shippers get theirs so that volumes are exact, enterprise shippers show their largest share. The solution of
    an equal start - the same shippers in the same setting, to the bit - is remembered, so a second scenario or a
    restarted page need not solve it again.

    Args:
        shippers: The population without carriers.
        setting: What it faces.
        share: Volume shares to meet, (S, K).
        price: Mean paid prices to meet, $ per parcel, (S, K).
        uniform: One draw per small shipper and segment, (n, S), in [0, 1): its carrier.
        order: Another one: whose rows are split or moved first to make volumes exact.

    Returns:
        The shippers with their carriers, small rows split where needed; and the solution without the chances of the
        single shippers, which the draw has used up.

    Raises:
        model.start.choice_constants.StartError: A target cannot be reached.
    """
    key = _digest(shippers, setting, share, price, uniform, order)
    start = _starts.pop(key, None)
    if start is None:
        start = _settle(shippers, setting, share, price, uniform, order)
    _starts[key] = start
    while len(_starts) > 1 and sum(each.bytes for each in tuple(_starts.values())) > REMEMBERED_BYTES:
        _starts.popitem(last=False)
    return start.unpacked()


def _settle(
    shippers: ShipperTable, setting: ChoiceSetting, share: Floats, price: Floats, uniform: Floats, order: Floats
) -> _Start:
    solution = solve_constants(shippers, setting, share, price)
    offered = np.isfinite(solution.constants)
    reach = setting.mix_coverage()
    table = give_customers(shippers, solution.chance, setting.national, offered, reach, uniform, order)
    largest = solution.enterprise_share.mean(axis=3).argmax(axis=2)
    table.primary[table.enterprise] = table.fallback[table.enterprise] = largest
    return _Start(solution, table)


def _digest(shippers: ShipperTable, setting: ChoiceSetting, *arrays: Floats) -> bytes:
    """Fingerprint of all that the start follows from."""
    digest = hashlib.blake2b(digest_size=16)
    for owner in (shippers, setting):
        for field in fields(owner):
            value = np.ascontiguousarray(getattr(owner, field.name))
            digest.update(f"{field.name} {value.dtype} {value.shape} ".encode())
            digest.update(value.tobytes())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
