"""The match: edits of levels, bins and expressions, and what they do."""

from harmony_app.harmonize.match.building import (
    Building,
)
from harmony_app.harmonize.match.consequences import (
    SEVERITIES,
    foreseen_record,
    labels_record,
    preview_record,
    rows_record,
)
from harmony_app.harmonize.match.edits import (
    EDITS,
    apply_edit,
)
from harmony_app.harmonize.match.forms import (
    harmony_form,
)
from harmony_app.harmonize.match.level_work import (
    LevelWork,
)
from harmony_app.harmonize.match.shaping import (
    note,
)

__all__ = [
    "EDITS",
    "SEVERITIES",
    "Building",
    "LevelWork",
    "apply_edit",
    "foreseen_record",
    "harmony_form",
    "labels_record",
    "note",
    "preview_record",
    "rows_record",
]
