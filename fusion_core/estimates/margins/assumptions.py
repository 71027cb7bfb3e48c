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

    from fusion_core.estimates.statistics import Rows

    Floats = NDArray[np.float64]


NO_REPLICATES = (
    "No replicate weights: sampling error is linearized as if households were drawn independently."
)
ONE_IMPLICATE = "One implicate: the uncertainty of fusion itself is unknown and not counted."
MARGIN_LATER = "The margin of error is still being computed."
NO_DONOR = "The donor's own sampling error cannot be told for this figure and is not contained."
DONOR_UNKNOWN = "The donor's own sampling error is not contained: the donor is not known here."
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


def unknown_margin(count: int, *, fixed: bool, lonely: bool, same: str) -> str:
    """Say why a margin is unknown, where it is."""
    if lonely:
        return ONE_HOUSEHOLD
    if not fixed:
        return ""
    return same if count else NO_HOUSEHOLD


def lost_replicates(count: int) -> str:
    """Say how many replicate weights gave no estimate."""
    if not count:
        return ""
    weights = "replicate weight gives" if count == 1 else "replicate weights give"
    return f"{count:,} {weights} no estimate here."


def without_household(absent: NDArray[np.bool_]) -> str:
    """Say in how many implicates a group is empty."""
    if not absent.any():
        return ""
    count = f"{int(absent.sum())} of {len(absent)} implicates"
    return f"In {count} no household is of this kind; the others are averaged."


@dataclass(frozen=True)
class AnswerNotes:
    """What has to be said of the answers behind a target, group by group."""

    item: NamedTarget
    groups: Groups
    weights: WeightMatrix
    counts: NDArray[np.int_]

    def notes(self, estimate: Floats) -> list[str]:
        """Return why there is no estimate, or what it rests on."""
        target, columns = self.item.target, self.item.columns
        partial = not all(column.complete for column in columns)
        notes = [""] * len(self.groups)
        for place, rows in enumerate(self.groups):
            if np.isnan(estimate[place]):
                notes[place] = self._reason(place, rows)
            elif isinstance(target, TotalTarget) and partial:
                notes[place] = self._answered(rows)
            elif isinstance(target, GiniTarget) and self._has_negative(target, rows):
                notes[place] = NEGATIVE_VALUES
        return notes

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


def lacking_donor(implicates: int, known: bool) -> str:
    """Say what a margin lacks that does not contain the donor's part.

    Parameters
    ----------
    implicates
        Number of implicates.
    known
        Whether the donor is known, but not its part in this figure.
    """
    return _join(ONE_IMPLICATE if implicates == 1 else "", NO_DONOR if known else DONOR_UNKNOWN)


def _join(first: str, second: str) -> str:
    return f"{first} {second}".strip()
