"""Estimates of finished runs, combinations of them and stored surveys: read once, kept, compared."""

from fusion_core.estimates.runs.estimate_data import (
    EstimateCache,
    Source,
    recipient_of,
)
from fusion_core.estimates.runs.estimate_run import (
    area_draws,
    area_estimates,
    first_estimates,
    is_answered,
    survey_area_estimates,
)
from fusion_core.estimates.runs.run_comparison import (
    Group,
    compare_each,
    compare_groups,
    compare_in_source,
    compare_sources,
)

__all__ = [
    "EstimateCache",
    "Group",
    "Source",
    "area_draws",
    "area_estimates",
    "compare_each",
    "compare_groups",
    "compare_in_source",
    "compare_sources",
    "first_estimates",
    "is_answered",
    "recipient_of",
    "survey_area_estimates",
]
