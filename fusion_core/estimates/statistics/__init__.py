"""What is estimated: statistics, groups, weights and the sums and orders behind them."""

from fusion_core.estimates.statistics.answered import (
    answered_rows,
    effective_answers,
    share_of_answers,
    weights_of_answers,
)
from fusion_core.estimates.statistics.columns import (
    Column,
    column_from_series,
)
from fusion_core.estimates.statistics.group_sums import (
    KEPT_BYTES,
    GroupSums,
)
from fusion_core.estimates.statistics.groups import (
    RESULT_COLUMNS,
    Groups,
    Rows,
    check_group_columns,
    group_rows,
)
from fusion_core.estimates.statistics.quantiles import (
    effective_sample_size,
    quantiles_of_draws,
    woodruff_variance,
)
from fusion_core.estimates.statistics.questions import (
    Question,
    checked_implicates,
    ordered_mask,
    row_mask,
)
from fusion_core.estimates.statistics.statistic import (
    KINDS,
    SHARES,
    THRESHOLD_SHARES,
    Statistic,
    StatisticKind,
)
from fusion_core.estimates.statistics.subgroups import (
    Condition,
    DonorAnswers,
)
from fusion_core.estimates.statistics.targets import (
    Answered,
    Constant,
    GiniTarget,
    HasLevel,
    Measure,
    NamedTarget,
    Number,
    Product,
    QuantileTarget,
    RatioTarget,
    Target,
    ThresholdIndicator,
    TotalTarget,
    Within,
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
    "RESULT_COLUMNS",
    "SHARES",
    "THRESHOLD_SHARES",
    "Answered",
    "Column",
    "Condition",
    "Constant",
    "DonorAnswers",
    "GiniTarget",
    "GroupSums",
    "Groups",
    "HasLevel",
    "Measure",
    "NamedTarget",
    "Number",
    "Product",
    "QuantileTarget",
    "Question",
    "RatioTarget",
    "Rows",
    "Statistic",
    "StatisticKind",
    "Target",
    "ThresholdIndicator",
    "TotalTarget",
    "WeightMatrix",
    "Within",
    "answered_rows",
    "build_targets",
    "check_group_columns",
    "checked_implicates",
    "column_from_series",
    "effective_answers",
    "effective_sample_size",
    "group_rows",
    "indicates",
    "ordered_mask",
    "quantiles_of_draws",
    "restrict",
    "row_mask",
    "share_of_answers",
    "weight_matrix",
    "weights_of_answers",
    "woodruff_variance",
]
