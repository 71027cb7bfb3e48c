"""What is estimated: statistics, groups, weights and the sums and orders behind them."""

from fusion_core.estimates.statistics.columns import (
    Column,
    column_from_series,
)
from fusion_core.estimates.statistics.group_sums import (
    KEPT_BYTES,
    GroupSums,
)
from fusion_core.estimates.statistics.groups import (
    Groups,
    Rows,
    group_rows,
)
from fusion_core.estimates.statistics.quantiles import (
    effective_sample_size,
    quantiles_of_draws,
    woodruff_variance,
)
from fusion_core.estimates.statistics.statistic import (
    KINDS,
    SHARES,
    THRESHOLD_SHARES,
    Statistic,
    StatisticKind,
)
from fusion_core.estimates.statistics.targets import (
    Answered,
    Beyond,
    Both,
    GiniTarget,
    HasLevel,
    Measure,
    NamedTarget,
    Number,
    One,
    QuantileTarget,
    RatioTarget,
    Target,
    TotalTarget,
    build_targets,
    indicates,
    restrict,
)
from fusion_core.estimates.statistics.weights import (
    WeightMatrix,
    weight_matrix,
)

__all__ = [
    "KEPT_BYTES",
    "KINDS",
    "SHARES",
    "THRESHOLD_SHARES",
    "Answered",
    "Beyond",
    "Both",
    "Column",
    "GiniTarget",
    "GroupSums",
    "Groups",
    "HasLevel",
    "Measure",
    "NamedTarget",
    "Number",
    "One",
    "QuantileTarget",
    "RatioTarget",
    "Rows",
    "Statistic",
    "StatisticKind",
    "Target",
    "TotalTarget",
    "WeightMatrix",
    "build_targets",
    "column_from_series",
    "effective_sample_size",
    "group_rows",
    "indicates",
    "quantiles_of_draws",
    "restrict",
    "weight_matrix",
    "woodruff_variance",
]
