"""From microdata to one harmonized column per side, and how alike the two columns are."""

from fusion_core.harmony.apply.apply import (
    HarmonizedPair,
    harmonize_pair,
    harmonize_side,
)
from fusion_core.harmony.apply.group_labels import group_labels
from fusion_core.harmony.apply.grouping import (
    RowProblem,
    SideValues,
    side_values,
)
from fusion_core.harmony.apply.prices import (
    CPI_U,
    deflation_factor,
    price_factor,
    price_years,
    survey_year,
)
from fusion_core.harmony.apply.rows import (
    RowsCache,
    SurveyRows,
)
from fusion_core.harmony.apply.similarity import (
    KEEP_FROM,
    PROBABILITIES,
    code_shares,
    quantile_similarity,
    share_similarity,
    similarity,
)
from fusion_core.harmony.apply.weighted_counts import (
    WeightedCounts,
    count_numbers,
    count_outcomes,
)

__all__ = [
    "CPI_U",
    "KEEP_FROM",
    "PROBABILITIES",
    "HarmonizedPair",
    "RowProblem",
    "RowsCache",
    "SideValues",
    "SurveyRows",
    "WeightedCounts",
    "code_shares",
    "count_numbers",
    "count_outcomes",
    "deflation_factor",
    "group_labels",
    "harmonize_pair",
    "harmonize_side",
    "price_factor",
    "price_years",
    "quantile_similarity",
    "share_similarity",
    "side_values",
    "similarity",
    "survey_year",
]
