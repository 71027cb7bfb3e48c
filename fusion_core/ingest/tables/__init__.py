"""Raw files as tables of text, and every problem found in them."""

from fusion_core.ingest.tables.categories import category_texts
from fusion_core.ingest.tables.columns import (
    EXACT_BELOW,
    LARGEST_INTEGER,
    key_texts,
    keys,
    numbers,
    weights,
    whole_or_real,
)
from fusion_core.ingest.tables.labels import (
    comparable,
    is_ordered,
    not_applicable_level,
    not_applicable_parts,
    tidy,
)
from fusion_core.ingest.tables.layout import (
    Layout,
)
from fusion_core.ingest.tables.number_marks import (
    with_plain_numbers,
)
from fusion_core.ingest.tables.problems import (
    FileProblemsError,
    Problem,
    ProblemLog,
    gathered,
    problem,
)
from fusion_core.ingest.tables.raw_table import (
    RawTable,
    typed_table,
)
from fusion_core.ingest.tables.reading import (
    read_gzip,
    read_parquet,
    read_raw_table,
    require_content,
)
from fusion_core.ingest.tables.workbook import codebook_sheets

__all__ = [
    "EXACT_BELOW",
    "LARGEST_INTEGER",
    "FileProblemsError",
    "Layout",
    "Problem",
    "ProblemLog",
    "RawTable",
    "category_texts",
    "codebook_sheets",
    "comparable",
    "gathered",
    "is_ordered",
    "key_texts",
    "keys",
    "not_applicable_level",
    "not_applicable_parts",
    "numbers",
    "problem",
    "read_gzip",
    "read_parquet",
    "read_raw_table",
    "require_content",
    "tidy",
    "typed_table",
    "weights",
    "whole_or_real",
    "with_plain_numbers",
]
