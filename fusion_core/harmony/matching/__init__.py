"""Which variables and which answers of two surveys mean the same."""

from fusion_core.harmony.matching.areas import may_be_area, rank_areas
from fusion_core.harmony.matching.by_lists import entries_on
from fusion_core.harmony.matching.candidates import (
    Candidate,
    CandidateIndex,
    Confidence,
)
from fusion_core.harmony.matching.examples import (
    Example,
    examples_from,
)
from fusion_core.harmony.matching.level_likeness import (
    likeness,
)
from fusion_core.harmony.matching.level_matching import (
    GroupProposal,
    propose_groups,
)

__all__ = [
    "Candidate",
    "CandidateIndex",
    "Confidence",
    "Example",
    "GroupProposal",
    "entries_on",
    "examples_from",
    "likeness",
    "may_be_area",
    "propose_groups",
    "rank_areas",
]
