"""What is wrong with a harmony, a file, or a family of years."""

from fusion_core.harmony.checks.acceptance import (
    accept_finding,
    mark_accepted,
    needs_attention,
    soften_absent,
    withdraw_acceptance,
)
from fusion_core.harmony.checks.check import check_harmony, sort_findings, untried_findings
from fusion_core.harmony.checks.data import Evidence, check_data, counts_heads, is_unfinished
from fusion_core.harmony.checks.files import DictionaryOf, check_sets, price_years, sibling_sets
from fusion_core.harmony.checks.findings import (
    SEVERITY_RANK,
    Case,
    Finding,
    Severity,
    count,
    likeness,
    listed,
    weighed,
)
from fusion_core.harmony.checks.siblings import Sibling, siblings_of

__all__ = [
    "SEVERITY_RANK",
    "Case",
    "DictionaryOf",
    "Evidence",
    "Finding",
    "Severity",
    "Sibling",
    "accept_finding",
    "check_data",
    "check_harmony",
    "check_sets",
    "count",
    "counts_heads",
    "is_unfinished",
    "likeness",
    "listed",
    "mark_accepted",
    "needs_attention",
    "price_years",
    "sibling_sets",
    "siblings_of",
    "soften_absent",
    "sort_findings",
    "untried_findings",
    "weighed",
    "withdraw_acceptance",
]
