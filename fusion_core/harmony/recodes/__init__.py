"""Groupings with a name: used by several harmonies, changed in one place, and standard ones."""

from fusion_core.harmony.recodes.editing import (
    add_class,
    join_class,
    move_class,
    put_answers,
    put_bins,
    put_starts,
    rename_class,
    with_breakpoints,
)
from fusion_core.harmony.recodes.following import (
    Departure,
    departures,
    detach,
    follow,
    knows,
    unknown_levels,
)
from fusion_core.harmony.recodes.merging import Clash, RecodeMerge, merge_recodes
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
    "Clash",
    "Consequence",
    "Departure",
    "Recode",
    "RecodeMerge",
    "RecodeShelf",
    "Use",
    "add_class",
    "carry_out",
    "consequences",
    "departures",
    "detach",
    "detachments",
    "follow",
    "join_class",
    "knows",
    "left_undecided",
    "merge_recodes",
    "move_class",
    "name_from",
    "put_answers",
    "put_bins",
    "put_starts",
    "read_recode",
    "recode_of_side",
    "recode_record",
    "rename_class",
    "standard_recodes",
    "unknown_levels",
    "updated",
    "uses_of",
    "with_breakpoints",
]
