"""Whole suggested harmonies, taken over part by part."""

from fusion_core.harmony.suggest.declined import (
    decline,
    declined,
)
from fusion_core.harmony.suggest.fitting import (
    COMPARED,
    by_fit,
    candidate_fits,
)
from fusion_core.harmony.suggest.parts import (
    open_parts,
    suggested_groups,
    take,
    take_levels,
)
from fusion_core.harmony.suggest.suggestions import (
    Suggestion,
    SuggestionIndex,
)

__all__ = [
    "COMPARED",
    "Suggestion",
    "SuggestionIndex",
    "by_fit",
    "candidate_fits",
    "decline",
    "declined",
    "open_parts",
    "suggested_groups",
    "take",
    "take_levels",
]
