"""What words and labels say: concepts, ranges, quantities, parts and sections."""

from fusion_core.harmony.labels.census_codes import NEVER_WORKED, section_starts
from fusion_core.harmony.labels.code_lists import (
    LISTS,
    Entries,
    covers,
    entries_of,
    entry_of_question,
    lists_about,
    meet,
)
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
from fusion_core.harmony.labels.topics import domains, question_text, topics
from fusion_core.harmony.labels.wording import (
    EVERYWHERE,
    answer_words,
    is_negative,
    is_no_answer,
    is_not_asked,
    is_other,
    is_several,
    starts_negative,
    words,
)

__all__ = [
    "EVERYWHERE",
    "LISTS",
    "NEVER_WORKED",
    "Entries",
    "Quantity",
    "Range",
    "alternatives",
    "answer_words",
    "are_calendar_years",
    "are_durations",
    "breakpoints_of",
    "comparable",
    "covers",
    "domains",
    "entries_of",
    "entry_of_question",
    "has_named_sections",
    "is_negative",
    "is_no_answer",
    "is_not_asked",
    "is_other",
    "is_several",
    "label_sections",
    "lists_about",
    "meet",
    "mixtures",
    "named_numbers",
    "overlap",
    "quantities",
    "question_text",
    "read_quantity",
    "read_range",
    "read_ranges",
    "section_starts",
    "starts_negative",
    "topics",
    "words",
    "years_of_durations",
]
