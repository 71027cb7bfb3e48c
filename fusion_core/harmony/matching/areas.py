"""Which published areas of two surveys are the same: states, and the regions and divisions they form.

Labels of areas are no questions worded alike: ``"AL"`` and ``"Alabama/AL"`` are one state, and
``"Midwest"`` is twelve of them.
"""

from __future__ import annotations

from typing import Final

from fusion_core.harmony.labels import topics
from fusion_core.harmony.matching.candidates import Candidate
from fusion_core.surveys.model import Dictionary, Variable
from fusion_core.us_states import states_of

_WHERE_ONE_LIVES: Final = frozenset({"region"})
_MOSTLY: Final = 0.8
"""Share of the levels that must be known areas; the others are such as 'suppressed' and 'abroad'."""


def area_links(donor: Variable, recipient: Variable) -> list[tuple[int, int]] | None:
    """Return which levels of two areas share a state, by their positions.

    Parameters
    ----------
    donor, recipient
        Two variables.

    Returns
    -------
    list or None
        ``None`` where one of them is no area, or not made of states.
    """
    if recipient.role != "geography" or not may_be_area(donor):
        return None
    left, right = _states(donor), _states(recipient)
    if left is None or right is None:
        return None
    return [(i, j) for i, own in enumerate(left) for j, its in enumerate(right) if own & its]


def may_be_area(variable: Variable) -> bool:
    """Whether a variable says where somebody lives: by its role, or because it asks nothing else."""
    return variable.role == "geography" or topics(variable.description) == _WHERE_ONE_LIVES


def rank_areas(donor: Variable, recipient: Dictionary) -> tuple[Candidate, ...]:
    """Return the recipient's areas that a donor's area can be matched with, the finest first."""
    found = []
    for other in recipient.harmonizable():
        links = area_links(donor, other)
        if links:
            known = len({i for i, _ in links}) / len(donor.levels)
            kept = min(len({i for i, _ in links}), len({j for _, j in links})) / len(other.levels)
            found.append((known * kept, known, other))
    found.sort(key=lambda item: -item[0])
    return tuple(
        Candidate(
            other,
            score,
            f"the same states under {len(donor.levels)} and {len(other.levels)} names",
            1 / len(found),
            "sure" if known >= _MOSTLY else "likely",
            is_worth_a_look=known >= _MOSTLY,
        )
        for score, known, other in found
    )


def _states(variable: Variable) -> list[frozenset[str]] | None:
    """Return the states of each level; ``None`` where most levels are something else."""
    found = [states_of(level) for level in variable.levels]
    known = sum(bool(states) for states in found)
    return found if known > 1 and known >= _MOSTLY * len(found) else None


__all__ = ["area_links", "rank_areas"]
