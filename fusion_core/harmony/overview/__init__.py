"""How far the work is: coverage by theme, check results, differences between vintages."""

from fusion_core.harmony.overview.check_results import (
    CheckResult,
    verdict,
)
from fusion_core.harmony.overview.coverage import (
    Coverage,
    coverage,
    donor_reviews,
)
from fusion_core.harmony.overview.targets import (
    TargetColumn,
    TargetGroup,
    TargetPlace,
    TargetRow,
    TargetTable,
    regroup,
    target_table,
    target_variables,
)
from fusion_core.harmony.overview.vintage_matrix import (
    VintageRow,
    vintage_matrix,
)

__all__ = [
    "CheckResult",
    "Coverage",
    "TargetColumn",
    "TargetGroup",
    "TargetPlace",
    "TargetRow",
    "TargetTable",
    "VintageRow",
    "coverage",
    "donor_reviews",
    "regroup",
    "target_table",
    "target_variables",
    "verdict",
    "vintage_matrix",
]
