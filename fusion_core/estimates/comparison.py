"""Is the difference between two groups real? A test on shared implicates and replicates.

Both groups are estimated under the same replicate weights and from the same implicates, so that
whatever makes them move together – overlapping households, one donor pool, calibration – cancels:
per implicate and replicate the *difference* is formed, then its variance is computed like that of
any other estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.analysis import NO_REPLICATES, ONE_IMPLICATE
from fusion_core.estimates.groups import Groups
from fusion_core.estimates.pooling import margin_multiplier, pool
from fusion_core.estimates.targets import build_targets
from fusion_core.estimates.variance import (
    estimate_linearized,
    estimate_with_replicates,
    replicate_variance,
)
from fusion_core.estimates.weights import WeightMatrix, weight_matrix

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.statistic import Statistic
    from fusion_core.estimates.targets import NamedTarget
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.surveys.model import WeightDesign

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Difference:
    """The difference of a statistic between two groups, and whether it is real.

    Attributes
    ----------
    first, second
        Estimates of the two groups.
    difference
        First minus second.
    standard_error, moe
        Of the difference.
    degrees_of_freedom
        Of the t distribution of the test.
    p_value
        Two-sided: how often so large a difference would appear if there were none.
    confidence
        Level of the margin and of the decision.
    assumption
        What was assumed for want of something better; empty when nothing was.
    """

    first: float
    second: float
    difference: float
    standard_error: float
    moe: float
    degrees_of_freedom: float
    p_value: float
    confidence: float
    assumption: str = ""

    @property
    def is_significant(self) -> bool:
        """Whether the difference is larger than its margin of error."""
        return self.p_value < 1.0 - self.confidence


def compare(
    implicates: Implicates | None,
    statistic: Statistic,
    first: Mapping[str, Any] | Mask,
    second: Mapping[str, Any] | Mask,
    *,
    recipient: pd.DataFrame,
    weight: str | None = "weight",
    design: WeightDesign | None = None,
    confidence: float = 0.90,
) -> Difference:
    """Test whether a statistic differs between two groups of households.

    Parameters
    ----------
    implicates
        Fused variables; ``None`` to compare a variable of the recipient alone.
    statistic
        One statistic; a share or count must name its level.
    first, second
        Each group: column values such as ``{"puma": "4100100"}``, or one truth value per row.
        They may overlap if there are replicate weights.
    recipient
        One row per household.
    weight, design
        As in `fusion_core.estimates.analyze`.
    confidence
        Of the margin of error and the decision.

    Raises
    ------
    InputError
        If a group has no household, or the groups overlap and there are no replicate weights.
    """
    targets = build_targets(statistic, implicates, recipient, len(recipient))
    if len(targets) != 1:
        raise InputError(
            f"'{statistic.variable}' has {len(targets)} levels to compare",
            fix="Name one level in the statistic",
        )
    weights = weight_matrix(recipient, len(recipient), weight=weight, design=design)
    masks = [group_mask(recipient, group) for group in (first, second)]
    return compare_target(targets[0], weights, masks[0], masks[1], confidence=confidence)


def compare_target(
    item: NamedTarget, weights: WeightMatrix, first: Mask, second: Mask, *, confidence: float = 0.90
) -> Difference:
    """Test a target's difference between two groups given as masks; see `compare`."""
    groups = [_single_group(mask) for mask in (first, second)]
    smaller = min(int(groups[0].sizes[0]), int(groups[1].sizes[0]))
    freedom = float(max(smaller - 1, 1))
    if weights.has_replicates:
        freedom = min(freedom, float(weights.design.replicates))
        values = weights.values
        sides = [
            estimate_with_replicates(
                group, values, weights.design.factor, [item.target], keep_replicates=True
            )[0].replicates
            for group in groups
        ]
        if sides[0] is None or sides[1] is None:
            raise TypeError("replicates were asked for")
        spread = sides[0] - sides[1]
        variances, _ = replicate_variance(spread, weights.design.factor)
        estimates = (sides[0][:, 0], sides[1][:, 0])
    else:
        if (first & second).any():
            raise InputError(
                "The two groups share households, which takes replicate weights to compare",
                fix="Compare groups without common households",
            )
        results = [
            estimate_linearized(group, weights.full, [item.target], len(first))[0]
            for group in groups
        ]
        variances = results[0].variances + results[1].variances
        estimates = (results[0].estimates, results[1].estimates)
    pooled = pool(estimates[0] - estimates[1], variances, complete_degrees_of_freedom=freedom)
    notes = [] if weights.has_replicates else [NO_REPLICATES]
    if estimates[0].shape[1] == 1 and not item.observed:
        notes.append(ONE_IMPLICATE)
    error = float(pooled.standard_error[0])
    degrees = float(pooled.degrees_of_freedom[0])
    difference = float(pooled.estimate[0])
    return Difference(
        first=float(estimates[0].mean()),
        second=float(estimates[1].mean()),
        difference=difference,
        standard_error=error,
        moe=float(margin_multiplier(pooled.degrees_of_freedom, confidence)[0]) * error,
        degrees_of_freedom=degrees,
        p_value=_p_value(difference, error, degrees),
        confidence=confidence,
        assumption=" ".join(notes),
    )


def group_mask(table: pd.DataFrame, group: Mapping[str, Any] | Mask) -> Mask:
    """Return which rows belong to a group.

    Raises
    ------
    InputError
        If a column does not exist or no row belongs to the group.
    """
    if isinstance(group, Mapping):
        mask = np.ones(len(table), dtype=bool)
        for name, value in group.items():
            if name not in table.columns:
                raise InputError.unknown("column", name, map(str, table.columns))
            mask &= (table[name] == value).to_numpy(dtype=bool, na_value=False)
        described = ", ".join(f"{name} = {value}" for name, value in group.items())
    else:
        mask, described = np.asarray(group, dtype=bool), "the group"
    if not mask.any():
        raise InputError(f"No household has {described}", fix="Choose another group")
    return mask


def _single_group(mask: Mask) -> Groups:
    return Groups.from_codes(np.where(mask, 0, -1).astype(np.intp), 1)


def _p_value(difference: float, error: float, degrees: float) -> float:
    from scipy import special

    if np.isnan(error):
        return float("nan")
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2.0 * special.stdtr(degrees, -abs(difference) / error))
