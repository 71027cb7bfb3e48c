"""Estimates of finished runs, combinations of them and stored surveys: read once, kept, compared."""

from fusion_core.estimates.runs.estimate_cache import (
    EstimateCache,
    Source,
    recipient_of,
)
from fusion_core.estimates.runs.estimate_data import EstimateData
from fusion_core.estimates.runs.estimate_run import (
    area_draws,
    area_estimates,
    first_estimates,
    is_answered,
    survey_area_estimates,
)
from fusion_core.estimates.runs.outcomes import save_outcome, try_outcome
from fusion_core.estimates.runs.ranking import (
    Ranking,
    area_ranks,
    estimated_side,
)
from fusion_core.estimates.runs.run_comparison import (
    Group,
    compare_each,
    compare_groups,
    compare_in_source,
    compare_sources,
)
from fusion_core.estimates.runs.run_donor import (
    donor_places,
    sample_with_location,
    with_areas,
)
from fusion_core.estimates.runs.years import Series, area_series, years_of

__all__ = [
    "EstimateCache",
    "EstimateData",
    "Group",
    "Ranking",
    "Series",
    "Source",
    "area_draws",
    "area_estimates",
    "area_ranks",
    "area_series",
    "compare_each",
    "compare_groups",
    "compare_in_source",
    "compare_sources",
    "donor_places",
    "estimated_side",
    "first_estimates",
    "is_answered",
    "recipient_of",
    "sample_with_location",
    "save_outcome",
    "survey_area_estimates",
    "try_outcome",
    "with_areas",
    "years_of",
]
