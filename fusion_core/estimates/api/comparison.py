"""Is the difference between two groups more than chance? A test on shared implicates and replicates.

How contrasts are formed and tested is in `fusion_core.estimates.variance.contrasts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import require_type, type_name
from fusion_core.errors import InputError
from fusion_core.estimates.api.analysis import (
    NO_REPLICATES,
    PooledTarget,
    lacking_donor,
    pool_target,
)
from fusion_core.estimates.statistics import (
    Groups,
    GroupSums,
    Question,
    WeightMatrix,
    build_targets,
    checked_implicates,
    ordered_mask,
    row_mask,
    weight_matrix,
)
from fusion_core.estimates.variance import (
    CONTRASTS,
    Contrast,
    DonorError,
    DonorSample,
    GroupEstimates,
    Pooled,
    estimate_linearized,
    estimate_with_replicates,
    holm,
    margin_multiplier,
    paired,
    shared_weight_covariance,
    unpaired,
)
from fusion_core.fusion.implicates import order_of
from fusion_core.summaries import Summarized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import NamedTarget, Rows, Statistic
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.surveys.model import WeightDesign

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
_NUMBERS_OF_A_DIFFERENCE = frozenset(CONTRAST_COLUMNS) - {
    "variable",
    "level",
    "statistic",
    "p_adjusted",
    "differs",
    "assumption",
}
UNTESTED = "One of the two has no margin of error."
_OVERLAP = "The groups share households, which takes replicate weights to compare"


@dataclass(frozen=True, repr=False)
class Difference(Summarized):
    """The difference of a statistic between two groups, and whether it is more than chance.

    Attributes
    ----------
    first, second, first_moe, second_moe
        Estimates of the two groups and their margins of error.
    difference
        First minus second.
    standard_error, moe
        Of the difference.
    degrees_of_freedom
        Of the t distribution of the test; infinite for a normal one.
    p_value
        Two-sided: how often so large a difference would appear if there were none.
    confidence
        Level of the margin and of the decision.
    ratio, ratio_moe
        First over second, and its margin of error.
    assumption
        What was assumed for want of something better; empty when nothing was.
    comparisons
        Among how many comparisons this one was chosen.
    p_adjusted
        The p-value adjusted for that choice (Holm 1979); NaN for one comparison.
    """

    first: float
    second: float
    difference: float
    standard_error: float
    moe: float
    degrees_of_freedom: float
    p_value: float
    confidence: float
    first_moe: float = float("nan")
    second_moe: float = float("nan")
    ratio: float = float("nan")
    ratio_moe: float = float("nan")
    assumption: str = ""
    comparisons: int = 1
    p_adjusted: float = float("nan")

    def _facts(self) -> dict[str, object]:
        return {
            "first": f"{self.first:,.4g} ± {self.first_moe:,.3g}",
            "second": f"{self.second:,.4g} ± {self.second_moe:,.3g}",
            "difference": f"{self.difference:,.4g} ± {self.moe:,.3g}",
            "p-value": f"{self.decisive_p:.3g}",
            "confidence": f"{100 * self.confidence:g} %",
            "assumption": self.assumption,
        }

    @property
    def decisive_p(self) -> float:
        """The p-value that decides: adjusted where this comparison was chosen among several."""
        return self.p_value if self.comparisons == 1 else self.p_adjusted

    @property
    def is_significant(self) -> bool:
        """Whether the difference is more than chance explains, allowing for how it was chosen."""
        return self.decisive_p < 1.0 - self.confidence

    def chosen_among(self, comparisons: int, p_adjusted: float) -> Difference:
        """Return the difference as one that was chosen among several.

        Parameters
        ----------
        comparisons
            Number of comparisons.
        p_adjusted
            The p-value adjusted for their number.
        """
        return replace(self, comparisons=comparisons, p_adjusted=p_adjusted)

    def frame(self, statistic: Statistic) -> pd.DataFrame:
        """Return one row with the columns `CONTRAST_COLUMNS`."""
        row = {name: getattr(self, name, np.nan) for name in CONTRAST_COLUMNS}
        row |= {
            "variable": statistic.variable,
            "level": statistic.level or "",
            "statistic": statistic.kind,
            "p_adjusted": self.decisive_p,
            "differs": self.is_significant,
        }
        return pd.DataFrame([row])


@dataclass(frozen=True)
class Side:
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
    donor: DonorSample | None = None
    sums: GroupSums | None = None

    @cached_property
    def found(self) -> PooledTarget:
        """The groups' own estimates, as `analyze` gives them."""
        error = None
        if self.donor is not None and not self.item.observed:
            sums = self.sums or GroupSums(self.groups, self.weights.values)
            error = DonorError(self.donor, sums, self.weights.full)
        return pool_target(self.item, self.raw, self.groups, self.weights, error=error)

    @property
    def assumption(self) -> str:
        """What had to be assumed of all groups."""
        notes = [self.weights.note, *([] if self.weights.has_replicates else [NO_REPLICATES])]
        if not self.found.complete.all():
            notes.append(lacking_donor(self.raw.estimates.shape[1], self.donor is not None))
        return _joined(notes)


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
        Each group: column values such as ``{"puma": "4100100"}``, or one truth value per row of
        `recipient`. They may overlap if there are replicate weights.
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
    fused = () if implicates is None else checked_implicates(implicates).names
    asked = Question.asked(statistic, weight=weight, design=design, confidence=confidence)
    statistic = only_statistic(asked)
    if donor is not None:
        require_type(
            donor, DonorSample, "donor", fix="Make one with DonorSample.of(model, donor, recipient)"
        )
    keys = [name for group in (first, second) if isinstance(group, Mapping) for name in group]
    recipient = asked.read(recipient, "the recipient", fused=fused, keys=keys)
    given = recipient
    order = None if implicates is None else order_of(implicates.index, given, what="recipient")
    recipient = given if order is None else given.iloc[order]
    donor = None if donor is None else donor.in_order_of(recipient)
    item = only_target(build_targets(statistic, implicates, recipient, len(recipient)), statistic)
    trained = None if implicates is None else implicates.weight
    weights = weight_matrix(
        recipient, len(recipient), weight=weight, design=design, trained=trained
    )
    masks = [
        group_mask(recipient, group)
        if isinstance(group, Mapping)
        else group_mask(recipient, ordered_mask(group, given, order, "A group"))
        for group in (first, second)
    ]
    sides = [estimate_side(item, single_group(mask), weights, donor=donor) for mask in masks]
    return compare_sides(sides[0], sides[1], confidence=confidence)


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


def estimate_side(
    item: NamedTarget,
    groups: Groups,
    weights: WeightMatrix,
    *,
    donor: DonorSample | None = None,
    sums: GroupSums | None = None,
) -> Side:
    """Estimate a target in some groups for comparisons, keeping it under every weight."""
    if weights.has_replicates:
        factor = weights.design.factor
        raw = estimate_with_replicates(
            groups, weights.values, factor, [item.target], keep_replicates=True, sums=sums
        )
    else:
        raw = estimate_linearized(groups, weights.full, [item.target], len(weights.values))
    return Side(item, groups, weights, raw[0], donor, sums)


def compare_sides(first: Side, second: Side, *, confidence: float = 0.90) -> Difference:
    """Compare one group of each side.

    Raises
    ------
    InputError
        If they share households and there are no replicate weights.
    """
    found = contrast_frame(first, second, confidence=confidence)
    return difference_of(found.iloc[0], confidence=confidence)


def difference_of(row: pd.Series[Any], *, confidence: float) -> Difference:
    """Return a row of `contrast_frame` as a difference of its own, not one of many."""
    numbers: dict[str, Any] = {name: float(row[name]) for name in _NUMBERS_OF_A_DIFFERENCE}
    return Difference(**numbers, confidence=confidence, assumption=str(row["assumption"]))


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
    if not weights.has_replicates and _overlap(first.groups, second.groups, len(weights.values)):
        raise InputError(_OVERLAP, fix="Compare groups without common households")
    own, other = first.found, second.found
    freedom = np.minimum(own.degrees_of_freedom, other.degrees_of_freedom)
    # A group differs from itself by nothing, however uncertain it is.
    same = _same_rows(first.groups, second.groups)
    extra = np.where(same, 0.0, own.extra), np.where(same, 0.0, other.extra)
    effects = None
    if own.effect is not None and other.effect is not None:
        effects = own.effect, other.effect
    difference, ratio = (
        paired(
            first.raw,
            second.raw,
            kind=kind,
            factor=weights.design.factor,
            complete_degrees_of_freedom=freedom,
            extra=extra,
            donor=effects,
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


def _same_rows(first: Groups, second: Groups) -> NDArray[np.bool_]:
    """Return which pairs of groups are the same households."""
    others = list(second)
    if len(others) == 1:
        others *= len(first)
    return np.array(
        [
            np.array_equal(_numbers(rows), _numbers(other))
            for rows, other in zip(first, others, strict=True)
        ]
    )


def _numbers(rows: Rows) -> NDArray[np.intp]:
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _overlap(first: Groups, second: Groups, rows: int) -> bool:
    inside = np.zeros(rows, dtype=bool)
    for group in first:
        inside[group] = True
    return any(bool(inside[group].any()) for group in second)


def group_mask(table: pd.DataFrame, group: Mapping[str, Any] | Mask) -> Mask:
    """Return which rows belong to a group.

    Raises
    ------
    InputError
        If a column or value does not exist or no row belongs to the group.
    """
    if isinstance(group, Mapping):
        mask = np.ones(len(table), dtype=bool)
        for name, value in group.items():
            if name not in table.columns:
                raise InputError.unknown("column", name, map(str, table.columns))
            if not pd.api.types.is_scalar(value):
                raise InputError(
                    f"'{name}' is compared with {type_name(value)}",
                    where="group",
                    fix="Give one value, or one truth value per row for the whole group",
                )
            mask &= _equals(table[name], value).to_numpy(dtype=bool, na_value=False)
        described = ", ".join(f"{name} = {value}" for name, value in group.items())
    else:
        mask, described = row_mask(group, len(table), "A group"), "the group"
    if not mask.any():
        raise InputError(f"No household has {described}", fix="Choose another group")
    return mask


def _equals(column: pd.Series[Any], value: object) -> pd.Series[bool]:
    """Compare a column with a value that may have been typed as text."""
    if isinstance(column.dtype, pd.CategoricalDtype) and value not in column.cat.categories:
        raise InputError.unknown(
            "level", str(value), map(str, column.cat.categories), where=str(column.name)
        )
    if isinstance(value, str) and pd.api.types.is_numeric_dtype(column):
        try:
            return column == float(value)
        except ValueError as error:
            raise InputError(
                f"'{column.name}' is a number and cannot be '{value}'", fix="Write a number"
            ) from error
    return column == value


def single_group(mask: Mask) -> Groups:
    """Return the rows of a mask as one group."""
    return Groups.from_codes(np.where(mask, 0, -1).astype(np.intp), 1)


def _moe(pooled: Pooled, confidence: float) -> Floats:
    return margin_multiplier(pooled.degrees_of_freedom, confidence) * pooled.standard_error


def _joined(notes: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(note for note in notes if note))
