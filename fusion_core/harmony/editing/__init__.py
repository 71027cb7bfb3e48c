"""Edits of a harmony as pure functions: their description, their undoing, their merging."""

from fusion_core.harmony.editing import adjusting, edits, level_grouping
from fusion_core.harmony.editing.adjusting import (
    count_members,
)
from fusion_core.harmony.editing.changes import (
    NOTHING,
    Change,
    bundle_words,
    bundles,
    group_word,
    harmony_changes,
    value_words,
)
from fusion_core.harmony.editing.describe import (
    describe_adjustment,
    describe_aggregator,
    describe_condition,
    describe_side,
)
from fusion_core.harmony.editing.edits import (
    apply_proposal,
    assign,
    detect_ordered,
    next_group,
    recode_groups,
    replace_side,
    set_breakpoints,
    set_ordered,
    start_harmony,
)
from fusion_core.harmony.editing.fields import (
    Field,
)
from fusion_core.harmony.editing.label_bins import (
    bin_by_labels,
    equal_breakpoints,
    is_calendar_year,
    is_in_per_cent,
    quantile_breakpoints,
    ranges_named,
)
from fusion_core.harmony.editing.merging import (
    Choice,
    Difference,
    Merge,
    merge,
)
from fusion_core.harmony.editing.undo_stack import (
    read_trail,
    trail_record,
)

__all__ = [
    "NOTHING",
    "Change",
    "Choice",
    "Difference",
    "Field",
    "Merge",
    "adjusting",
    "apply_proposal",
    "assign",
    "bin_by_labels",
    "bundle_words",
    "bundles",
    "count_members",
    "describe_adjustment",
    "describe_aggregator",
    "describe_condition",
    "describe_side",
    "detect_ordered",
    "edits",
    "equal_breakpoints",
    "group_word",
    "harmony_changes",
    "is_calendar_year",
    "is_in_per_cent",
    "level_grouping",
    "merge",
    "next_group",
    "quantile_breakpoints",
    "ranges_named",
    "read_trail",
    "recode_groups",
    "replace_side",
    "set_breakpoints",
    "set_ordered",
    "start_harmony",
    "trail_record",
    "value_words",
]
