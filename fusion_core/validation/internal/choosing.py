"""Which variables form the subsets of a validation when nobody names any.

Every pair of variables forms subsets too, and two that say nearly the same make each subset half as
small as it seems: thresholds then look less strict than they are. So variables are taken one by one,
each for the number of groups it forms that those taken before do not form already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.records import Checked
from fusion_core.validation.internal.dependence import cramers_v
from fusion_core.validation.internal.subsets import MAXIMUM_GROUPS, group_levels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

MAXIMUM_VARIABLES: Final = 4
# Every pair of levels is a subset too, so many unordered levels would make thousands of tiny ones.
MAXIMUM_LEVELS: Final = 12
# What a further variable about the same matter counts, against one about another.
_SAME_THEME: Final = 0.5
# A variable whose groups are nearly those of another adds no subsets.
_MOST_ALIKE: Final = 0.7


@dataclass(frozen=True)
class SubsetChoice(Checked):
    """A variable that forms subsets, and why it was taken.

    Attributes
    ----------
    name
        The variable.
    groups
        Effective number of its groups, the exponential of the entropy of their weighted shares.
    nearest
        The variable taken before that it depends on most; empty for the first.
    dependence
        Cramér's V of the groups of both, 0 (independent) to 1.
    """

    name: str
    groups: float
    nearest: str = ""
    dependence: float = 0.0

    @property
    def words(self) -> str:
        """The variable with the reason in brackets."""
        near = f", Cramér's V {self.dependence:.2f} with {self.nearest}" if self.nearest else ""
        return f"{self.name} ({self.groups:.1f} groups of equal size{near})"


@dataclass(frozen=True)
class _Candidate:
    name: str
    theme: str
    codes: NDArray[np.intp]
    groups: float
    known: float


def choose_subset_variables(
    table: pd.DataFrame,
    themes: Mapping[str, str],
    weights: NDArray[np.float64],
    *,
    most: int = MAXIMUM_VARIABLES,
) -> list[SubsetChoice]:
    """Choose variables that form many groups, are about different matters and hang together little.

    Greedily the variable with the largest ln(groups) · share answered · (1 − V) is taken, V being the
    largest Cramér's V of its groups and those of a variable taken before; one about the same matter
    as another counts half, and one with V above 0.7 is not taken.

    Parameters
    ----------
    table
        Columns that may form subsets.
    themes
        What each of them is about, one word or two, by name; empty or left out where unknown.
    weights
        One weight per row.
    most
        Most variables to choose.

    Returns
    -------
    list of SubsetChoice
        In the order taken; empty where no column forms two groups.
    """
    left = _candidates(table, themes, weights)
    chosen: list[SubsetChoice] = []
    taken: list[_Candidate] = []
    while left and len(chosen) < most:
        scored = [(*_worth(item, taken, weights), item) for item in left]
        worth, nearest, dependence, best = max(scored, key=lambda entry: entry[0])
        if worth <= 0:
            break
        chosen.append(SubsetChoice(best.name, best.groups, nearest, dependence))
        taken.append(best)
        left.remove(best)
    return chosen


def _candidates(
    table: pd.DataFrame, themes: Mapping[str, str], weights: NDArray[np.float64]
) -> list[_Candidate]:
    found = []
    for name in map(str, table.columns):
        column = table[name]
        nominal = isinstance(column.dtype, pd.CategoricalDtype) and not column.cat.ordered
        levels = column.nunique()
        if levels < 2 or (nominal and levels > MAXIMUM_LEVELS):  # noqa: PLR2004 - one is everybody
            continue
        codes, _ = group_levels(column)
        known = codes >= 0
        groups = _effective(codes[known], weights[known])
        share = float(weights[known].sum() / weights.sum())
        if round(groups, 1) > 1.0:
            found.append(_Candidate(name, themes.get(name, ""), codes, groups, share))
    return found


def _effective(codes: NDArray[np.intp], weights: NDArray[np.float64]) -> float:
    shares = np.bincount(codes, weights=weights)
    shares = shares[shares > 0] / shares.sum()
    return min(float(np.exp(-(shares * np.log(shares)).sum())), float(MAXIMUM_GROUPS))


def _worth(
    item: _Candidate, taken: Sequence[_Candidate], weights: NDArray[np.float64]
) -> tuple[float, str, float]:
    """Return what a candidate adds, the variable it is most like and how much."""
    worth = float(np.log(item.groups)) * item.known
    if not taken:
        return worth, "", 0.0
    alike = [(_alike(item, other, weights), other.name) for other in taken]
    dependence, nearest = max(alike)
    if dependence > _MOST_ALIKE:
        return 0.0, nearest, dependence
    same = bool(item.theme) and any(item.theme == other.theme for other in taken)
    return worth * (1.0 - dependence) * (_SAME_THEME if same else 1.0), nearest, dependence


def _alike(first: _Candidate, second: _Candidate, weights: NDArray[np.float64]) -> float:
    both = (first.codes >= 0) & (second.codes >= 0)
    if not both.any():
        return 0.0
    codes: tuple[Any, Any] = first.codes[both], second.codes[both]
    return cramers_v(*codes, weights[both])
