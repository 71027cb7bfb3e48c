"""Point estimates and variance: replicate weights, Rubin's rules, derived statistics, tests."""

from fusion_core.estimates.api import (
    METHODS,
    Difference,
    Method,
    analyze,
    compare,
    derive,
    plot,
    rank,
    survey_estimates,
)
from fusion_core.estimates.margins import reliability
from fusion_core.estimates.runs import EstimateCache
from fusion_core.estimates.statistics import KINDS, Statistic, StatisticKind
from fusion_core.estimates.variance import DonorSample, Pooled, pool

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
    "plot",
    "pool",
    "rank",
    "reliability",
    "survey_estimates",
]
