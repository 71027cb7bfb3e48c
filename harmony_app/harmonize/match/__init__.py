"""The match: edits of levels, bins and expressions, and what they do."""

from harmony_app.harmonize.match.builder_records import read_recipe, recipe_record
from harmony_app.harmonize.match.building import Building
from harmony_app.harmonize.match.consequences import (
    SEVERITIES,
    STILL_TO_DO,
    fix_effect,
    foreseen_record,
    labels_record,
    preview_record,
    rows_record,
)
from harmony_app.harmonize.match.editing import Editing, field_of
from harmony_app.harmonize.match.forms import harmony_form
from harmony_app.harmonize.match.level_work import LevelWork

__all__ = [
    "SEVERITIES",
    "STILL_TO_DO",
    "Building",
    "Editing",
    "LevelWork",
    "field_of",
    "fix_effect",
    "foreseen_record",
    "harmony_form",
    "labels_record",
    "preview_record",
    "read_recipe",
    "recipe_record",
    "rows_record",
]
