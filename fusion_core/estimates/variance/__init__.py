"""How sure an estimate is: replicate weights, Rubin's rules, the donor's part, contrasts."""

from fusion_core.estimates.variance.contrasts import (
    CONTRASTS,
    Contrast,
    holm,
    paired,
    shared_weight_covariance,
    unpaired,
)
from fusion_core.estimates.variance.donor_error import (
    DonorEffect,
    DonorError,
)
from fusion_core.estimates.variance.donor_sample import (
    DonorSample,
)
from fusion_core.estimates.variance.pooling import (
    Pooled,
    margin_multiplier,
    pool,
    pool_with_donor,
)
from fusion_core.estimates.variance.variance import (
    GroupEstimates,
    estimate_linearized,
    estimate_with_replicates,
)

__all__ = [
    "CONTRASTS",
    "Contrast",
    "DonorEffect",
    "DonorError",
    "DonorSample",
    "GroupEstimates",
    "Pooled",
    "estimate_linearized",
    "estimate_with_replicates",
    "holm",
    "margin_multiplier",
    "paired",
    "pool",
    "pool_with_donor",
    "shared_weight_covariance",
    "unpaired",
]
