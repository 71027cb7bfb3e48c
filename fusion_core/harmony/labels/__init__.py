"""What words and labels say: concepts, ranges, quantities, parts and sections."""

from fusion_core.harmony.labels.census_codes import NEVER_WORKED, section_starts
from fusion_core.harmony.labels.parts import alternatives, mixtures, named_numbers
from fusion_core.harmony.labels.quantities import Quantity, comparable, quantities, read_quantity
from fusion_core.harmony.labels.ranges import (
    Range,
    are_calendar_years,
    are_durations,
    breakpoints_of,
    overlap,
    read_range,
    read_ranges,
    years_of_durations,
)
from fusion_core.harmony.labels.sections import has_named_sections, label_sections
from fusion_core.harmony.labels.wording import (
    EVERYWHERE,
    answer_words,
    is_negative,
    is_not_asked,
    is_other,
    is_several,
    starts_negative,
    words,
)

__all__ = [
    "EVERYWHERE",
    "NEVER_WORKED",
    "Quantity",
    "Range",
    "alternatives",
    "answer_words",
    "are_calendar_years",
    "are_durations",
    "breakpoints_of",
    "comparable",
    "has_named_sections",
    "is_negative",
    "is_not_asked",
    "is_other",
    "is_several",
    "label_sections",
    "mixtures",
    "named_numbers",
    "overlap",
    "quantities",
    "read_quantity",
    "read_range",
    "read_ranges",
    "section_starts",
    "starts_negative",
    "words",
    "years_of_durations",
]
