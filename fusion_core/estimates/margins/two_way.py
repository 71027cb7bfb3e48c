"""Two variables on one map: the class of every area in both, and where it is uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.margins.class_doubt import elsewhere
from fusion_core.records import Checked

if TYPE_CHECKING:
    Floats = NDArray[np.float64]

NOWHERE: Final = -1
"""Class of an area without an estimate of both variables."""
# Standard errors of a 95 % interval: two of them hold at once with 90 % (Bonferroni).
_NINETY_FIVE: Final = 1.960


@dataclass(frozen=True)
class TwoWayClasses(Checked):
    """Areas in classes of two variables.

    Attributes
    ----------
    first, second
        Class of each area in either variable, from 0; `NOWHERE` where one has no estimate.
    unsure_first, unsure_second
        Whether the area may belong to another class of that variable: its 95 % interval reaches
        beyond a break, or its margin is unknown. An area that is sure in both is so with 90 %.
    expected
        Share of the areas with known margins that is expected to belong elsewhere, taking the errors
        of the two as independent.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    unsure_first: NDArray[np.bool_]
    unsure_second: NDArray[np.bool_]
    expected: float

    @property
    def unsure(self) -> NDArray[np.bool_]:
        """Whether the class of each area is uncertain in either variable."""
        return np.asarray(self.unsure_first | self.unsure_second)

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Whether each area has a class of both variables."""
        return np.asarray(self.first >= 0)

    def counts(self, first: int, second: int) -> tuple[int, int]:
        """Return how many areas are in a cell, and how many of them surely."""
        here = (self.first == first) & (self.second == second)
        return int(here.sum()), int((here & ~self.unsure).sum())

    @property
    def sentence(self) -> str:
        """The doubt in a sentence."""
        areas, unsure = int(self.shown.sum()), int(self.unsure.sum())
        told = f"{unsure:,} of {areas:,} areas may belong to another class of either variable"
        if not np.isfinite(self.expected):
            return told
        return f"{told}; about {self.expected:.0%} do".replace("%", " %")


def two_way_classes(
    first: tuple[Floats, Floats, Floats], second: tuple[Floats, Floats, Floats]
) -> TwoWayClasses:
    """Put areas into classes of two variables at once.

    Parameters
    ----------
    first, second
        Of either variable: the estimates and their standard errors, shape (areas,), and the edges of
        its classes, of which the outermost bound nothing. Areas come in one order.

    Notes
    -----
    An area is in nine cells of three classes each; the doubt of each variable is that of
    `class_doubt` (Sun and Wong 2010), at a level at which both hold together.
    """
    shown = np.isfinite(first[0]) & np.isfinite(second[0])
    codes, unsure, chances = [], [], []
    for values, errors, edges in (first, second):
        place = np.searchsorted(edges[1:-1], values, side="right")
        codes.append(np.where(shown, place, NOWHERE).astype(np.int64))
        known = shown & np.isfinite(errors)
        may = shown & ~known
        outside = np.full(len(values), np.nan)
        may[known], outside[known] = elsewhere(values[known], errors[known], edges, _NINETY_FIVE)
        unsure.append(may)
        chances.append(outside)
    either = 1.0 - (1.0 - chances[0]) * (1.0 - chances[1])
    known = np.isfinite(either)
    return TwoWayClasses(
        first=codes[0],
        second=codes[1],
        unsure_first=unsure[0],
        unsure_second=unsure[1],
        expected=float(either[known].mean()) if known.any() else float("nan"),
    )
