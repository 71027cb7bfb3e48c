"""What the Validate page looks at: state, the record of a run, and its words."""

from harmony_app.validate.view import words
from harmony_app.validate.view.record import (
    ValidatedRun,
    area_sentences,
    check_note,
    read_validated,
)
from harmony_app.validate.view.shared_records import shared_record
from harmony_app.validate.view.state import (
    EVERY_SUBSET,
    SUBSETS,
    TABS,
    ValidateState,
    families,
    from_query,
    in_family,
    repair,
    to_query,
    toggle_variable,
)
from harmony_app.validate.view.words import (
    DEPENDENCE_HELP,
    DISTRIBUTION_HELP,
    score_phrase,
)

__all__ = [
    "DEPENDENCE_HELP",
    "DISTRIBUTION_HELP",
    "EVERY_SUBSET",
    "SUBSETS",
    "TABS",
    "ValidateState",
    "ValidatedRun",
    "area_sentences",
    "check_note",
    "families",
    "from_query",
    "in_family",
    "read_validated",
    "repair",
    "score_phrase",
    "shared_record",
    "to_query",
    "toggle_variable",
    "words",
]
