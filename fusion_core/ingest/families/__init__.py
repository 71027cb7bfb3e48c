"""What readers of several files share: finding, joining and summing them, and reference persons."""

from fusion_core.ingest.families.checking import (
    check_persons,
    has_replicates,
    require_columns,
)
from fusion_core.ingest.families.dictionaries import (
    DictionaryRow,
    described,
    sheet_rows,
    with_dictionary,
)
from fusion_core.ingest.families.joining import (
    check_same_households,
    joined,
    raw_column,
    with_columns,
)
from fusion_core.ingest.families.locating import has_table, table_in, tables_in
from fusion_core.ingest.families.reference_persons import with_reference_first
from fusion_core.ingest.families.summing import (
    RULES,
    SumRule,
    numbers_or_nan,
    read_rules,
    summed,
)

__all__ = [
    "RULES",
    "DictionaryRow",
    "SumRule",
    "check_persons",
    "check_same_households",
    "described",
    "has_replicates",
    "has_table",
    "joined",
    "numbers_or_nan",
    "raw_column",
    "read_rules",
    "require_columns",
    "sheet_rows",
    "summed",
    "table_in",
    "tables_in",
    "with_columns",
    "with_dictionary",
    "with_reference_first",
]
