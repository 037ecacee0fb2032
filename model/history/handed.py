"""Parcels that UPS and FedEx sold in the past and USPS brought to the door: in the published volumes of both."""

from __future__ import annotations

from model.history.table import LAST_YEAR, History
from model.parameters import Parameters


def handed_over(p: Parameters, history: History, time: float) -> dict[str, float]:
    """Parcels a year that USPS delivered for each of them at a moment, bn.

    Nobody published how many UPS handed over in 2024: the prior of that year sets the level of its series.

    Args:
        p: Figures of the scenario.
        history: The yearly figures.
        time: Calendar year with its fraction.
    """
    level = p.surepost_volume_2024 / history.value("handed_ups", LAST_YEAR)
    return {"ups": level * history.at("handed_ups", time), "fedex": history.at("handed_fedex", time)}
