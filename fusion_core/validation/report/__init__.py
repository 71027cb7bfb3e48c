"""What a validation says in sentences, and its tables on disk."""

from fusion_core.validation.report import sentences
from fusion_core.validation.report.area_sizes import (
    AreaSizes,
    area_size_finding,
    area_size_findings,
)
from fusion_core.validation.report.run_scores import difference_findings, score_differences
from fusion_core.validation.report.sentences import (
    Finding,
    Tone,
    all_findings,
    out_of_fold_findings,
    out_of_fold_table,
    side_by_side,
)
from fusion_core.validation.report.storage import (
    OUT_OF_FOLD,
    TABLES,
    fingerprint_files,
    has_validation,
    read_facts,
    read_validation,
    write_validation,
)

__all__ = [
    "OUT_OF_FOLD",
    "TABLES",
    "AreaSizes",
    "Finding",
    "Tone",
    "all_findings",
    "area_size_finding",
    "area_size_findings",
    "difference_findings",
    "fingerprint_files",
    "has_validation",
    "out_of_fold_findings",
    "out_of_fold_table",
    "read_facts",
    "read_validation",
    "score_differences",
    "sentences",
    "side_by_side",
    "write_validation",
]
