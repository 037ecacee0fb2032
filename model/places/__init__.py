"""What people in a county or a zone get, worked out from a market when somebody asks; no phase reads it."""

from model.places.measures import MEASURES, Measure, measure_carriers, measure_places
from model.places.table import PlaceTable, county_places, slice_places, zone_places

__all__ = [
    "MEASURES",
    "Measure",
    "PlaceTable",
    "county_places",
    "measure_carriers",
    "measure_places",
    "slice_places",
    "zone_places",
]
