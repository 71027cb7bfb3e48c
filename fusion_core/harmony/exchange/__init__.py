"""Harmony files into a workspace and out of it, as data and as documentation."""

from fusion_core.harmony.exchange.documentation import (
    DocumentFacts,
    Provenance,
    SurveyFacts,
    preview_harmonies,
    survey_facts,
)
from fusion_core.harmony.exchange.exporting import (
    Exported,
    Format,
    export_harmonies,
    parse_format,
)
from fusion_core.harmony.exchange.from_workspace import (
    ExportOrder,
    NotExported,
    export_pair,
    export_pairs,
)
from fusion_core.harmony.exchange.importing import (
    Outcome,
    PlannedEntry,
    PlannedFile,
    carry_out,
    plan_import,
)

__all__ = [
    "DocumentFacts",
    "ExportOrder",
    "Exported",
    "Format",
    "NotExported",
    "Outcome",
    "PlannedEntry",
    "PlannedFile",
    "Provenance",
    "SurveyFacts",
    "carry_out",
    "export_harmonies",
    "export_pair",
    "export_pairs",
    "parse_format",
    "plan_import",
    "preview_harmonies",
    "survey_facts",
]
