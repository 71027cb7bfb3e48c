"""Direct estimates of areas that borrow strength from each other: the Fay–Herriot model.

Only where somebody was asked: the recipient's own variables, and a donor's at the places it publishes.
Fused areas are synthetic and share the donor's error, so shrinking them would count strength twice.
"""

from fusion_core.estimates.smoothing.area_model import AreaModel, fewest_areas, fit_area_model
from fusion_core.estimates.smoothing.direct import (
    SMOOTHED_COLUMNS,
    SMOOTHED_KINDS,
    Smoothed,
    smooth_donor,
    smooth_survey,
)
from fusion_core.estimates.smoothing.ensembles import constrained, triple_goal

__all__ = [
    "SMOOTHED_COLUMNS",
    "SMOOTHED_KINDS",
    "AreaModel",
    "Smoothed",
    "constrained",
    "fewest_areas",
    "fit_area_model",
    "smooth_donor",
    "smooth_survey",
    "triple_goal",
]
