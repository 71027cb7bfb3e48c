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
from fusion_core.harmony.overview.vintage_matrix import (
    VintageRow,
    vintage_matrix,
)

__all__ = [
    "CheckResult",
    "Coverage",
    "VintageRow",
    "coverage",
    "donor_reviews",
    "verdict",
    "vintage_matrix",
]
