"""How sure an estimate is: replicate weights, Rubin's rules, the donor's part, contrasts."""

from fusion_core.estimates.variance.area_error import (
    AreaEffect,
    Locality,
    SeenPlaces,
    apart_from_all,
)
from fusion_core.estimates.variance.area_rule import (
    KAPPAS,
    AreaEvidence,
    AreaRule,
    AreaScale,
    area_likelihood,
    area_scale,
)
from fusion_core.estimates.variance.contrasts import (
    CONTRASTS,
    Contrast,
    holm,
    paired,
    shared_weight_covariance,
    unpaired,
)
from fusion_core.estimates.variance.covariates import Covariates, weighted_scale
from fusion_core.estimates.variance.donor_answers import (
    ask_donor,
    ask_donor_values,
    donor_answers,
)
from fusion_core.estimates.variance.donor_effect import DonorEffect, Effect, JointEffect
from fusion_core.estimates.variance.donor_error import DonorError, JointDonorError, donor_error
from fusion_core.estimates.variance.donor_places import (
    DonorPlaces,
    FewPlaces,
    place_differences,
    place_excess,
)
from fusion_core.estimates.variance.donor_sample import DonorSample
from fusion_core.estimates.variance.donors import (
    Donor,
    Donors,
    samples_of,
)
from fusion_core.estimates.variance.pooling import (
    Pooled,
    margin_multiplier,
    pool,
    pool_with_donor,
    with_part,
)
from fusion_core.estimates.variance.ranks import (
    JointError,
    RankSets,
    rank_sets,
)
from fusion_core.estimates.variance.regression import Regression
from fusion_core.estimates.variance.variance import (
    GroupEstimates,
    estimate_each,
)

__all__ = [
    "CONTRASTS",
    "KAPPAS",
    "AreaEffect",
    "AreaEvidence",
    "AreaRule",
    "AreaScale",
    "Contrast",
    "Covariates",
    "Donor",
    "DonorEffect",
    "DonorError",
    "DonorPlaces",
    "DonorSample",
    "Donors",
    "Effect",
    "FewPlaces",
    "GroupEstimates",
    "JointDonorError",
    "JointEffect",
    "JointError",
    "Locality",
    "Pooled",
    "RankSets",
    "Regression",
    "SeenPlaces",
    "apart_from_all",
    "area_likelihood",
    "area_scale",
    "ask_donor",
    "ask_donor_values",
    "donor_answers",
    "donor_error",
    "estimate_each",
    "holm",
    "margin_multiplier",
    "paired",
    "place_differences",
    "place_excess",
    "pool",
    "pool_with_donor",
    "rank_sets",
    "samples_of",
    "shared_weight_covariance",
    "unpaired",
    "weighted_scale",
    "with_part",
]
