"""Point estimates and variance: replicate weights, Rubin's rules, derived statistics, tests."""

from fusion_core.estimates.analysis import METHODS, Method, analyze
from fusion_core.estimates.comparison import Difference, compare
from fusion_core.estimates.derived import derive
from fusion_core.estimates.donor_sample import DonorSample
from fusion_core.estimates.pooling import Pooled, pool
from fusion_core.estimates.report import reliability
from fusion_core.estimates.sources import EstimateCache
from fusion_core.estimates.statistic import KINDS, Statistic, StatisticKind
from fusion_core.estimates.survey import survey_estimates

__all__ = [
    "KINDS",
    "METHODS",
    "Difference",
    "DonorSample",
    "EstimateCache",
    "Method",
    "Pooled",
    "Statistic",
    "StatisticKind",
    "analyze",
    "compare",
    "derive",
    "pool",
    "reliability",
    "survey_estimates",
]
