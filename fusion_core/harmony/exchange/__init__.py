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
from fusion_core.harmony.exchange.importing import (
    Outcome,
    PlannedEntry,
    PlannedFile,
    carry_out,
    plan_import,
)

__all__ = [
    "DocumentFacts",
    "Exported",
    "Format",
    "Outcome",
    "PlannedEntry",
    "PlannedFile",
    "Provenance",
    "SurveyFacts",
    "carry_out",
    "export_harmonies",
    "parse_format",
    "plan_import",
    "preview_harmonies",
    "survey_facts",
]
