"""How far the harmonizing of a donor survey is, by what its variables are about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from fusion_core.harmony.model import THEMES, Harmony, themes_of
from fusion_core.harmony.store import PairContents, Review, ReviewStatus
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary

_URGENCY: Final[tuple[ReviewStatus, ...]] = ("needs work", "to review", "reviewed")


@dataclass(frozen=True, slots=True)
class Coverage(Checked):
    """How many donor variables of a theme are harmonized with one recipient.

    Attributes
    ----------
    theme
        One of `themes.THEMES`.
    total
        Variables that could be harmonized.
    harmonized
        Those with a saved harmony.
    set_aside
        Of the others, those somebody decided to leave without one.
    to_review, needs_work
        Of these, those nobody has reviewed since they were saved, and those a reviewer sent back.
    """

    theme: str
    total: int
    harmonized: int
    set_aside: int
    to_review: int
    needs_work: int


def coverage(
    donor: Dictionary, contents: PairContents, decided: Collection[str] = ()
) -> tuple[Coverage, ...]:
    """Count a donor's variables by theme, in the order of `themes.THEMES`; empty themes are left out.

    Parameters
    ----------
    donor
        The donor's dictionary.
    contents
        What is saved for it and one recipient.
    decided
        Donor variables somebody decided to leave without a harmony.
    """
    found = donor_reviews(contents.harmonies.values(), contents.review)
    by_theme: dict[str, list[str]] = {theme: [] for theme in THEMES}
    for name, theme in themes_of(donor).items():
        by_theme[theme].append(name)
    return tuple(
        Coverage(
            theme,
            len(names),
            sum(name in found for name in names),
            sum(name in decided and name not in found for name in names),
            sum(found.get(name) == "to review" for name in names),
            sum(found.get(name) == "needs work" for name in names),
        )
        for theme, names in by_theme.items()
        if names
    )


def donor_reviews(
    harmonies: Iterable[Harmony], review: Callable[[str], Review]
) -> dict[str, ReviewStatus]:
    """Sum the reviews of saved harmonies up per donor variable, the most urgent status first."""
    found: dict[str, ReviewStatus] = {}
    for harmony in harmonies:
        status, donor = review(harmony.key).status, harmony.donor.variable
        found[donor] = min(found.get(donor, status), status, key=_URGENCY.index)
    return found


__all__ = ["Coverage", "coverage", "donor_reviews"]
