"""Any household survey in any table format."""

from fusion_core.ingest.generic.codebook import CodebookEntry, is_range, read_codebook
from fusion_core.ingest.generic.inspection import (
    Choices,
    Inspection,
    parse_missing,
    parse_pairs,
)
from fusion_core.ingest.generic.loading import (
    FORMATS,
    LoadedTable,
    is_text_encoding,
    load_table,
)
from fusion_core.ingest.generic.special import SpecialKind
from fusion_core.ingest.generic.survey_table import inspect_file, read_generic, read_loaded

__all__ = [
    "FORMATS",
    "Choices",
    "CodebookEntry",
    "Inspection",
    "LoadedTable",
    "SpecialKind",
    "inspect_file",
    "is_range",
    "is_text_encoding",
    "load_table",
    "parse_missing",
    "parse_pairs",
    "read_codebook",
    "read_generic",
    "read_loaded",
]
