"""Margins of estimates: implicates pooled, what the figures rest on or lack, and their table."""

from fusion_core.estimates.margins.assumptions import (
    DONOR_UNKNOWN,
    MARGIN_LATER,
    NO_DONOR,
    NO_REPLICATES,
    lacking_donor,
)
from fusion_core.estimates.margins.class_doubt import ClassDoubt, class_doubt, sure_breaks
from fusion_core.estimates.margins.local_knowledge import (
    LocalKnowledge,
    local_knowledge,
)
from fusion_core.estimates.margins.margin_words import (
    freedom_words,
    margin_words,
)
from fusion_core.estimates.margins.pooled_target import (
    PooledTarget,
    pool_target,
)
from fusion_core.estimates.margins.published import (
    estimate_published,
)
from fusion_core.estimates.margins.report import (
    FRECHET_COLUMNS,
    FUSED_MARGINS,
    ResultBlock,
    reliability,
    result_frame,
)
from fusion_core.estimates.margins.two_way import TwoWayClasses, two_way_classes

__all__ = [
    "DONOR_UNKNOWN",
    "FRECHET_COLUMNS",
    "FUSED_MARGINS",
    "MARGIN_LATER",
    "NO_DONOR",
    "NO_REPLICATES",
    "ClassDoubt",
    "LocalKnowledge",
    "PooledTarget",
    "ResultBlock",
    "TwoWayClasses",
    "class_doubt",
    "estimate_published",
    "freedom_words",
    "lacking_donor",
    "local_knowledge",
    "margin_words",
    "pool_target",
    "reliability",
    "result_frame",
    "sure_breaks",
    "two_way_classes",
]
