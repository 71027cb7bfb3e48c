"""Suggest to cut a number where the answers of the other side change without naming numbers.

'Is there a refrigerator?' is the number of refrigerators cut at one. Full-time and part-time are
hours of work cut at 35 a week, as the Bureau of Labor Statistics defines them.
"""

from __future__ import annotations

import re
from typing import Final

from fusion_core.harmony.editing import replace_side
from fusion_core.harmony.labels import is_negative, is_not_asked, starts_negative, topics
from fusion_core.harmony.model import OTHER_SIDE, Harmony, LevelGroup, SideName, bin_labels
from fusion_core.harmony.suggest._confidence import Cut
from fusion_core.surveys.model import Variable

_FULL_TIME: Final = 35.0
"""Usual hours a week from which work is full-time (BLS, Concepts and Definitions of the CPS)."""
_HOURS_ARE: Final = "hours worked"
_FULL: Final = re.compile(r"\bfull\W?time\b", re.IGNORECASE)
_PART: Final = re.compile(r"\bpart\W?time\b", re.IGNORECASE)
_NEITHER: Final = re.compile(
    r"\bnot\b|\bdid not\b|\bnever\b|\bun ?employed\b|\bretired\b|\bno\b|\bniu\b", re.IGNORECASE
)
_NONE, _SOME = 1.0, 2.0
"""Groups of nothing and of one or more."""


def cut_at_thresholds(
    harmony: Harmony, side: SideName, number: Variable, labels: Variable
) -> Cut | None:
    """Cut a number by answers that say whether there is any, or full-time and part-time.

    Parameters
    ----------
    harmony
        The harmony of the two variables, nothing set.
    side
        The side that holds the number.
    number, labels
        The dictionary entries of the number and of the other side.

    Returns
    -------
    The harmony, or ``None`` where the answers say neither.
    """
    points: tuple[float, ...]
    if found := _working_time(number, labels):
        # Surveys differ in what they call full-time, and published harmonies even more.
        points, sure = (1.0, _FULL_TIME), False
        reason = f"full-time is {_FULL_TIME:g} hours a week or more"
    elif found := _any_or_none(labels):
        points, sure = (1.0,), True
        reason = f"{number.name} is cut at 1: none, or one and more"
    else:
        return None
    codes = (1.0, *(1.0 + k for k in range(1, len(points) + 1)))
    bins = tuple(
        LevelGroup(label, code) for label, code in zip(bin_labels(points), codes, strict=True)
    )
    levels = tuple(LevelGroup(level, found.get(level)) for level in labels.levels)
    other = OTHER_SIDE[side]
    harmony = replace_side(harmony, other, levels=levels)
    harmony = replace_side(harmony, side, breakpoints=points, levels=bins)
    return Cut(harmony, reason, "likely" if sure else "unsure")


def _working_time(number: Variable, labels: Variable) -> dict[str, float]:
    """Return the groups of none, part-time and full-time where the number is hours of work."""
    if _HOURS_ARE not in topics(number.description):
        return {}
    found: dict[str, float] = {}
    for level in labels.levels:
        full, part = bool(_FULL.search(level)), bool(_PART.search(level))
        if (full and part) or _NEITHER.search(level):
            found[level] = 1.0
        elif full or part:
            found[level] = 3.0 if full else 2.0
    return found if {2.0, 3.0} <= set(found.values()) else {}


def _any_or_none(labels: Variable) -> dict[str, float]:
    """Return the groups of nothing and of some where all answers say one or the other."""
    asked = [level for level in labels.levels if not is_not_asked(level)]
    denies = starts_negative if any(map(starts_negative, asked)) else is_negative
    found = {level: _NONE if denies(level) else _SOME for level in asked}
    return found if set(found.values()) == {_NONE, _SOME} else {}


__all__ = ["cut_at_thresholds"]
