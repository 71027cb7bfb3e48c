"""Groups of two sides, contrasted pair by pair.

How contrasts are formed and tested is in `fusion_core.estimates.variance.contrasts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.margins import (
    NO_REPLICATES,
    PooledTarget,
    lacking_donor,
    pool_target,
)
from fusion_core.estimates.statistics import (
    Groups,
    GroupSums,
    NamedTarget,
    Rows,
    WeightMatrix,
)
from fusion_core.estimates.variance import (
    CONTRASTS,
    Contrast,
    Donor,
    GroupEstimates,
    Pooled,
    donor_error,
    estimate_each,
    holm,
    margin_multiplier,
    paired,
    shared_weight_covariance,
    unpaired,
)
from fusion_core.records import Checked

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

CONTRAST_COLUMNS: Final = (
    "variable",
    "level",
    "statistic",
    "first",
    "first_moe",
    "second",
    "second_moe",
    "difference",
    "standard_error",
    "moe",
    "degrees_of_freedom",
    "ratio",
    "ratio_moe",
    "p_value",
    "p_adjusted",
    "differs",
    "assumption",
)
UNTESTED = "One of the two has no margin of error."
_OVERLAP = "The groups share households, which takes replicate weights to compare"


@dataclass(frozen=True)
class Side(Checked):
    """One target in some groups, as one side of comparisons.

    Attributes
    ----------
    item, groups, weights
        What was estimated, of whom, with which weights.
    raw
        Estimates before pooling, under every weight where there are replicate weights.
    donor
        The donor, for its own sampling error.
    sums
        Weighted sums of the groups, where they are known.
    """

    item: NamedTarget
    groups: Groups
    weights: WeightMatrix
    raw: GroupEstimates
    donor: Donor | None = None
    sums: GroupSums | None = None

    @cached_property
    def found(self) -> PooledTarget:
        """The groups' own estimates, as `analyze` gives them."""
        error = None
        if self.donor is not None and not self.item.observed:
            sums = self.sums or GroupSums(self.groups, self.weights.values)
            error = donor_error(self.donor, sums, self.weights.full)
        return pool_target(self.item, self.raw, self.groups, self.weights, error=error)

    @property
    def assumption(self) -> str:
        """What had to be assumed of all groups."""
        notes = [self.weights.note, *([] if self.weights.has_replicates else [NO_REPLICATES])]
        if not self.found.complete.all():
            notes.append(lacking_donor(self.raw.estimates.shape[1], self.donor is not None))
        return _joined(notes)


def estimate_side(
    item: NamedTarget,
    groups: Groups,
    weights: WeightMatrix,
    *,
    donor: Donor | None = None,
    sums: GroupSums | None = None,
) -> Side:
    """Estimate a target in some groups for comparisons, keeping it under every weight."""
    [raw] = estimate_each(groups, weights, [item], keep_replicates=True, sums=sums)
    return Side(item, groups, weights, raw, donor, sums)


def contrast_frame(
    first: Side,
    second: Side,
    *,
    same_source: bool = True,
    same_weights: bool = True,
    confidence: float = 0.90,
) -> pd.DataFrame:
    """Contrast groups pair by pair; a single second group is contrasted with every first one.

    Parameters
    ----------
    first, second
        The two sides.
    same_source
        Whether both come from the same households and implicates.
    same_weights
        Whether both have the replicate weights of the same sample.
    confidence
        Of the margins of error and the decision.

    Returns
    -------
    DataFrame
        One row per pair with the columns `CONTRAST_COLUMNS`. ``differs`` follows from the p-value
        adjusted for the number of rows.

    Raises
    ------
    InputError
        If groups share households and there are no replicate weights.
    """
    contrasts = _paired(first, second) if same_source else _unpaired(first, second, same_weights)
    difference, ratio = contrasts
    count = len(difference.pooled.estimate)
    p_values = difference.p_values
    adjusted = holm(p_values)
    note = _joined([first.assumption, second.assumption])
    notes = [_joined([note, UNTESTED]) if np.isnan(p) else note for p in p_values]
    columns: dict[str, Any] = {
        "variable": first.item.statistic.variable,
        "level": first.item.level,
        "statistic": first.item.statistic.kind,
    }
    for name, pooled in (("first", first.found.pooled), ("second", second.found.pooled)):
        columns[name] = np.broadcast_to(pooled.estimate, count)
        columns[f"{name}_moe"] = np.broadcast_to(_moe(pooled, confidence), count)
    columns |= {
        "difference": difference.pooled.estimate,
        "standard_error": difference.pooled.standard_error,
        "moe": _moe(difference.pooled, confidence),
        "degrees_of_freedom": difference.pooled.degrees_of_freedom,
        "ratio": ratio.pooled.estimate,
        "ratio_moe": _moe(ratio.pooled, confidence),
        "p_value": p_values,
        "p_adjusted": adjusted,
        "differs": adjusted < 1.0 - confidence,
        "assumption": notes,
    }
    return pd.DataFrame(columns, columns=list(CONTRAST_COLUMNS), index=pd.RangeIndex(count))


def adjusted_for_number(contrasts: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Adjust the p-values of contrasts for how many there are, and decide by them.

    Parameters
    ----------
    contrasts
        As of `contrast_frame`.
    confidence
        Of the decision.
    """
    adjusted = holm(contrasts["p_value"].to_numpy(dtype=float))
    return contrasts.assign(p_adjusted=adjusted, differs=adjusted < 1.0 - confidence)


def _paired(first: Side, second: Side) -> tuple[Contrast, Contrast]:
    weights = first.weights
    if not weights.has_replicates and _overlap(first, second):
        raise InputError(_OVERLAP, fix="Compare groups without common households")
    own, other = first.found, second.found
    freedom = np.minimum(own.degrees_of_freedom, other.degrees_of_freedom)
    # A group differs from itself by nothing, however uncertain it is.
    same = _same_groups(first, second)
    extra = np.where(same, 0.0, own.extra), np.where(same, 0.0, other.extra)
    effects = None
    if own.effect is not None and other.effect is not None:
        effects = own.effect, other.effect
    areas = None
    if own.areas is not None and other.areas is not None:
        areas = own.areas, other.areas
    difference, ratio = (
        paired(
            first.raw,
            second.raw,
            kind=kind,
            factor=weights.design.factor,
            complete_degrees_of_freedom=freedom,
            extra=extra,
            donor=effects,
            areas=areas,
        )
        for kind in CONTRASTS
    )
    return difference, ratio


def _unpaired(first: Side, second: Side, same_weights: bool) -> tuple[Contrast, Contrast]:
    covariance: Floats | float = 0.0
    if same_weights:
        covariance = shared_weight_covariance(first.raw, second.raw, first.weights.design.factor)
    return (
        unpaired(first.found.pooled, second.found.pooled, kind="difference", covariance=covariance),
        unpaired(first.found.pooled, second.found.pooled, kind="ratio", covariance=covariance),
    )


def _same_groups(first: Side, second: Side) -> NDArray[np.bool_]:
    """Return which pairs of groups are the same households, in every implicate."""
    if _within_key(first) != _within_key(second):
        return np.zeros(len(first.groups), dtype=bool)
    others = list(second.groups)
    if len(others) == 1:
        others *= len(first.groups)
    return np.array(
        [
            np.array_equal(_numbers(rows), _numbers(other))
            for rows, other in zip(first.groups, others, strict=True)
        ]
    )


def _within_key(side: Side) -> object:
    return None if side.item.within is None else side.item.within.key


def _numbers(rows: Rows) -> NDArray[np.intp]:
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _overlap(first: Side, second: Side) -> bool:
    """Whether a household is in a group of either side, in one and the same implicate."""
    return bool((_members(first) & _members(second)).any())


def _members(side: Side) -> NDArray[np.bool_]:
    """Return whether a household is in a group of a side: shape (rows, M), or (rows, 1)."""
    inside = np.zeros((len(side.weights.values), 1), dtype=bool)
    for rows in side.groups:
        inside[rows] = True
    return inside if side.item.within is None else inside & side.item.within.mask


def _moe(pooled: Pooled, confidence: float) -> Floats:
    return margin_multiplier(pooled.degrees_of_freedom, confidence) * pooled.standard_error


def _joined(notes: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(note for note in notes if note))
