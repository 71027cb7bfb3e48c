"""The demo's two surveys, drawn from its population, and the true values they estimate."""

from fusion_core.demo.samples.block_groups import BlockGroups, make_block_groups
from fusion_core.demo.samples.codebook import (
    BLOCK,
    FUSION_VARIABLES,
    HOUSEHOLD_QUESTIONS,
    PERSON_QUESTIONS,
    by_name,
)
from fusion_core.demo.samples.donor import (
    INCOME_EDGES,
    QUESTIONS,
    draw_donor,
)
from fusion_core.demo.samples.recipient import (
    draw_recipient,
)
from fusion_core.demo.samples.truth import (
    subgroups,
    true_values,
)

__all__ = [
    "BLOCK",
    "FUSION_VARIABLES",
    "HOUSEHOLD_QUESTIONS",
    "INCOME_EDGES",
    "PERSON_QUESTIONS",
    "QUESTIONS",
    "BlockGroups",
    "by_name",
    "draw_donor",
    "draw_recipient",
    "make_block_groups",
    "subgroups",
    "true_values",
]
