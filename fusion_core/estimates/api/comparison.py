"""Is the difference between two groups more than chance? A test on shared implicates and replicates.

How contrasts are formed and tested is in `fusion_core.estimates.variance.contrasts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.api._households import Households
from fusion_core.estimates.api.compared_groups import single_group
from fusion_core.estimates.api.contrast_frame import Side, contrast_frame, estimate_side
from fusion_core.estimates.api.difference import Difference, difference_of
from fusion_core.estimates.statistics import (
    Question,
    checked_implicates,
    restrict,
)
from fusion_core.estimates.variance import (
    DonorSample,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import Condition, NamedTarget, Statistic, WeightMatrix
    from fusion_core.estimates.variance import Donor
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.surveys.weight_design import WeightDesign

    Mask = NDArray[np.bool_]
    Floats = NDArray[np.float64]


def compare(
    implicates: Implicates | None,
    statistic: Statistic,
    first: Mapping[str, Any] | Mask,
    second: Mapping[str, Any] | Mask,
    *,
    recipient: Table,
    weight: str | None = "weight",
    design: WeightDesign | None = None,
    donor: DonorSample | None = None,
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
        Each group: column values such as ``{"puma": "4100100"}``, levels of fused variables such as
        ``{"insecure": "Yes"}``, both, or one truth value per row of `recipient`. They may overlap
        if there are replicate weights.
    recipient
        One row per household, matched to the implicates as in `fusion_core.estimates.analyze`.
    weight, design, donor
        As in `fusion_core.estimates.analyze`.
    confidence
        Of the margin of error and the decision.

    Raises
    ------
    InputError
        If a group has no household, or the groups overlap and there are no replicate weights.
    """
    fused = None if implicates is None else checked_implicates(implicates)
    asked = Question.asked(statistic, weight=weight, design=design, confidence=confidence)
    statistic = only_statistic(asked)
    named = [group for group in (first, second) if isinstance(group, Mapping)]
    known = () if fused is None else fused.names
    keys = [name for group in named for name in group if name not in known]
    households = Households.read(asked, recipient, fused, donor, keys=keys)
    item = only_target(households.targets(), statistic)
    sides = [
        group_side(item, *households.group(group), households.weights, donor=households.donor)
        for group in (first, second)
    ]
    return compare_sides(sides[0], sides[1], confidence=confidence)


def group_side(
    item: NamedTarget,
    mask: Mask,
    within: Condition | None,
    weights: WeightMatrix,
    *,
    donor: Donor | None,
) -> Side:
    """Estimate a target in one group.

    Parameters
    ----------
    item
        The target, of everybody.
    mask
        Households of the group as far as the recipient's own columns tell.
    within
        Those of it that fused variables tell, which differ between implicates.
    weights, donor
        Of all households.

    Raises
    ------
    InputError
        If the group has no household in any implicate.
    """
    if within is not None:
        if not within.mask[mask].any():
            raise InputError("No household is in the group", fix="Choose another group")
        item, mask = restrict(item, within), mask & within.possible
    return estimate_side(item, single_group(mask), weights, donor=donor)


def only_statistic(asked: Question) -> Statistic:
    """Return the one statistic of a question.

    Raises
    ------
    InputError
        If there are several.
    """
    if len(asked.statistics) != 1:
        raise InputError(
            f"{len(asked.statistics)} statistics are to be compared at once",
            fix="Compare them one by one",
        )
    return asked.statistics[0]


def only_target(targets: Sequence[NamedTarget], statistic: Statistic) -> NamedTarget:
    """Return the one target of a statistic.

    Raises
    ------
    InputError
        If the statistic asks for every level of a variable.
    """
    if len(targets) != 1:
        raise InputError(
            f"'{statistic.variable}' has {len(targets)} levels to compare",
            fix="Name one level in the statistic",
        )
    return targets[0]


def compare_sides(first: Side, second: Side, *, confidence: float = 0.90) -> Difference:
    """Compare one group of each side.

    Raises
    ------
    InputError
        If they share households and there are no replicate weights.
    """
    found = contrast_frame(first, second, confidence=confidence)
    return difference_of(found.iloc[0], confidence=confidence)
