"""What estimates and their margins rest on or lack, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.estimates.statistics import (
    GiniTarget,
    Groups,
    NamedTarget,
    TotalTarget,
    WeightMatrix,
    share_of_answers,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.margins._certainty import Doubts
    from fusion_core.estimates.statistics import Rows
    from fusion_core.estimates.variance import GroupEstimates, Pooled

    Floats = NDArray[np.float64]


NO_REPLICATES = (
    "No replicate weights: sampling error is linearized as if households were drawn independently."
)
ONE_IMPLICATE = "One implicate: the uncertainty of fusion itself is unknown and not counted."
MARGIN_LATER = "The margin of error is still being computed."
NO_DONOR = "The donor's own sampling error cannot be computed for this figure and is not included."
DONOR_UNKNOWN = "The donor's own sampling error is not included: the donor is not known here."
ONE_HOUSEHOLD = "One household: sampling error cannot be estimated."
SAME_VALUE = (
    "Every replicate weight and implicate gives the same value, as where many households gave the"
    " same answer: the margin is unknown, not zero."
)
SAME_ANSWER = "All households gave the same answer: the margin is unknown, not zero."
HEAPED = (
    "So many households gave this answer that the interval holds no other: the margin is unknown,"
    " not zero."
)
CONTROLLED = (
    "Every replicate weight gives this number of households, as where weights are adjusted to known"
    " totals."
)
NO_CASE = (
    "No household, or every one, is of this kind: the margin comes from the sample size (Wilson)."
)
NO_HOUSEHOLD = "No household with a weight is in this group."
NO_ANSWER = "No household of this group answered."
NO_DENOMINATOR = "The denominator adds up to 0, or is too near to it, so there is no ratio."
DENOMINATOR_CHANGES_SIGN = (
    "Under some replicate weights the denominator is on the other side of 0: the margin is unknown."
)
NO_INEQUALITY = "The mean is not above 0, so there is no Gini coefficient."
NEGATIVE_VALUES = (
    "Some households have negative values: the Gini coefficient is then larger than one of positive"
    " values, above 1 where they weigh much, and not to be compared with those."
)


@dataclass(frozen=True)
class GroupNotes:
    """What has to be said of a target, group by group.

    Attributes
    ----------
    item, groups, weights
        What was estimated, of whom, with which weights.
    counts
        Households with an answer and a weight per group.
    raw
        The estimates before pooling.
    doubts
        Why a variance was not taken as it came out.
    lacking
        What a margin lacks that is known.
    """

    item: NamedTarget
    groups: Groups
    weights: WeightMatrix
    counts: NDArray[np.int_]
    raw: GroupEstimates
    doubts: Doubts
    lacking: str

    def notes(self, pooled: Pooled) -> list[str]:
        """Return per group what the margin rests on or lacks, and why there is no estimate."""
        notes = []
        for place, rows in enumerate(self.groups):
            # Without an estimate there is nothing to say about its margin.
            absent = bool(np.isnan(pooled.estimate[place]))
            known = bool(np.isfinite(pooled.total[place]))
            margin = () if absent else self._of_margin(place, known=known)
            notes.append(" ".join(filter(None, (*margin, self._of_answers(place, rows, absent)))))
        return notes

    def _of_margin(self, place: int, *, known: bool) -> tuple[str, ...]:
        doubts = self.doubts
        return (
            self.weights.note,
            "" if self.weights.has_replicates else NO_REPLICATES,
            self._unknown(place, known=known),
            DENOMINATOR_CHANGES_SIGN if doubts.sign[place] else "",
            NO_CASE if doubts.certain[place] else "",
            CONTROLLED if doubts.controlled[place] else "",
            _lost_replicates(int(self.raw.lost_replicates[place])),
            _without_household(self.raw.absent[place]),
            self.lacking if known else "",
        )

    def _unknown(self, place: int, *, known: bool) -> str:
        if not known and self.counts[place] == 1:
            return ONE_HOUSEHOLD
        if not self.doubts.fixed[place]:
            return ""
        if not self.counts[place]:
            return NO_HOUSEHOLD
        if self.weights.has_replicates:
            return SAME_VALUE
        return HEAPED if self.item.statistic.kind in {"median", "quantile"} else SAME_ANSWER

    def _of_answers(self, place: int, rows: Rows, absent: bool) -> str:
        target = self.item.target
        if absent:
            return self._reason(place, rows)
        if isinstance(target, TotalTarget) and not self._complete:
            return self._answered(rows)
        if isinstance(target, GiniTarget) and self._has_negative(target, rows):
            return NEGATIVE_VALUES
        return ""

    @property
    def _complete(self) -> bool:
        return all(column.complete for column in self.item.columns)

    def _reason(self, place: int, rows: Rows) -> str:
        if not self.counts[place]:
            inside = self.weights.full[rows] > 0
            if self.item.within is not None:
                inside = inside & self.item.within.mask[rows].any(axis=1)
            return NO_ANSWER if inside.any() else NO_HOUSEHOLD
        if isinstance(self.item.target, GiniTarget):
            return NO_INEQUALITY
        return NO_DENOMINATOR if self.item.divisor is not None else ""

    def _answered(self, rows: Rows) -> str:
        share = share_of_answers(self.item, rows, self.weights.full[rows])
        if share >= 1.0:
            return ""
        return f"{share:.1%} of the households answered; those who did not are not in this figure."

    def _has_negative(self, target: GiniTarget, rows: Rows) -> bool:
        used = self.weights.full[rows] > 0
        return bool((target.column.values[rows][used] < 0).any())


def _lost_replicates(count: int) -> str:
    if not count:
        return ""
    weights = "replicate weight gives" if count == 1 else "replicate weights give"
    return f"{count:,} {weights} no estimate here."


def _without_household(absent: NDArray[np.bool_]) -> str:
    if not absent.any():
        return ""
    count = f"{int(absent.sum())} of {len(absent)} implicates"
    return f"In {count} no household is of this kind; the others are averaged."


def lacking_donor(implicates: int, known: bool) -> str:
    """Say what a margin lacks that does not contain the donor's part.

    Parameters
    ----------
    implicates
        Number of implicates.
    known
        Whether the donor is known, but not its part in this figure.
    """
    donor = NO_DONOR if known else DONOR_UNKNOWN
    return f"{ONE_IMPLICATE} {donor}" if implicates == 1 else donor
