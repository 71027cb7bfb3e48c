"""Groupings with a name: used by several harmonies, changed in one place, and standard ones."""

from fusion_core.harmony.recodes.following import (
    Departure,
    departures,
    detach,
    follow,
    knows,
    unknown_levels,
)
from fusion_core.harmony.recodes.recode import (
    TITLE_LIMIT,
    Recode,
    name_from,
    read_recode,
    recode_of_side,
    recode_record,
    updated,
)
from fusion_core.harmony.recodes.shelf import RecodeShelf, standard_recodes
from fusion_core.harmony.recodes.uses import (
    Consequence,
    Use,
    carry_out,
    consequences,
    detachments,
    left_undecided,
    uses_of,
)

__all__ = [
    "TITLE_LIMIT",
    "Consequence",
    "Departure",
    "Recode",
    "RecodeShelf",
    "Use",
    "carry_out",
    "consequences",
    "departures",
    "detach",
    "detachments",
    "follow",
    "knows",
    "left_undecided",
    "name_from",
    "read_recode",
    "recode_of_side",
    "recode_record",
    "standard_recodes",
    "unknown_levels",
    "updated",
    "uses_of",
]
