"""Estimates of variables a survey asked itself: the ACS alone, or the donor alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fusion_core.estimates.api._households import Households
from fusion_core.estimates.api.analysis import estimate_targets
from fusion_core.estimates.margins import result_frame
from fusion_core.estimates.statistics import Question

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Statistic
    from fusion_core.frames import Table
    from fusion_core.surveys.weight_design import WeightDesign


def survey_estimates(
    table: Table,
    design: WeightDesign | None,
    statistics: Statistic | Sequence[Statistic],
    *,
    by: Sequence[str] | str | None = None,
    weight: str | None = "weight",
    confidence: float = 0.90,
    subset: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Estimate statistics of a survey's own variables as its publisher does.

    The variance is factor × Σ_r (θ_r − θ)² over the replicate weights. The margin of error of
    surveys with successive differences uses the normal distribution, 1.645 standard errors at 90 %
    (Census Bureau, *PUMS Accuracy of the Data*), that of others Student's t, see
    `fusion_core.estimates.margins.pooled_target.sampling_degrees_of_freedom`. Published verification figures are
    reproduced exactly.

    Parameters
    ----------
    table
        Household or person microdata: a table of pandas, polars, Arrow or DuckDB.
    design
        Replication design; ``None`` linearizes the sampling variance.
    statistics
        What to estimate.
    by
        Columns whose combinations form the groups.
    weight
        Column of the full-sample weight, ``None`` for weight 1.
    confidence
        Of the margin of error.
    subset
        Rows to estimate from, one truth value per row; the domain of a domain estimate.

    Returns
    -------
    DataFrame
        As `fusion_core.estimates.analyze`.

    Raises
    ------
    InputError
        If a name does not exist or a statistic does not suit its variable.
    """
    asked = Question.asked(statistics, by=by, weight=weight, design=design, confidence=confidence)
    households = Households.read(asked, table, what="the table")
    breakdown = households.breakdown(subset)
    blocks = estimate_targets(
        breakdown.groups, households.weights, households.targets(), wilson_at_bounds=False
    )
    return result_frame(breakdown.keys, blocks, confidence=confidence)
