"""Several people at once: drafts, saving, conflicts, history and review."""

from harmony_app.harmonize.team.deciding import (
    decision_record,
)
from harmony_app.harmonize.team.reviewing import (
    variable_reviews,
)
from harmony_app.harmonize.team.teamwork import (
    Teamwork,
)

__all__ = [
    "Teamwork",
    "decision_record",
    "variable_reviews",
]
