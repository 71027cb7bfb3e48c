"""Places made of small areas, and estimates for them."""

from fusion_core.downscaling.answers.area_estimates import small_area_estimates
from fusion_core.downscaling.answers.comparing import compared_areas
from fusion_core.downscaling.answers.own_places import keep_places, open_places, stored_places
from fusion_core.downscaling.answers.reliability import Limit
from fusion_core.downscaling.answers.shapes import finest_kind, finest_shapes, place_shapes
from fusion_core.downscaling.answers.small_areas import (
    Places,
    places_from_crosswalk,
    places_from_list,
    places_from_polygons,
    places_of_level,
    read_places,
)

__all__ = [
    "Limit",
    "Places",
    "compared_areas",
    "finest_kind",
    "finest_shapes",
    "keep_places",
    "open_places",
    "place_shapes",
    "places_from_crosswalk",
    "places_from_list",
    "places_from_polygons",
    "places_of_level",
    "read_places",
    "small_area_estimates",
    "stored_places",
]
