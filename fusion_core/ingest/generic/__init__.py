"""Any household survey in any table format."""

from fusion_core.ingest.generic.inspection import (
    Choices,
    Inspection,
    parse_missing,
    parse_pairs,
)
from fusion_core.ingest.generic.loading import FORMATS, is_text_encoding, load_table
from fusion_core.ingest.generic.survey_table import inspect_file, read_generic

__all__ = [
    "FORMATS",
    "Choices",
    "Inspection",
    "inspect_file",
    "is_text_encoding",
    "load_table",
    "parse_missing",
    "parse_pairs",
    "read_generic",
]
