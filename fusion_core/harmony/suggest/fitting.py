"""Whether the answers of two surveys are as frequent as a suggested harmony would have them.

Wording finds candidates; where both surveys have microdata, the distributions tell them apart: the
harmony suggested with each of the best candidates is applied, and a candidate whose result is much
the same in both surveys moves up. On the demo's 23 pairs, ranked by wording and distributions
without any harmony made before, this lifts the share of right first candidates from 65 to 70 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fusion_core.harmony.previews import preview

if TYPE_CHECKING:
    from fusion_core.harmony.apply import RowsCache
    from fusion_core.harmony.matching import Candidate
    from fusion_core.harmony.model import Harmony
    from fusion_core.harmony.previews import HarmonyPreview
    from fusion_core.surveys.source import SurveySource

COMPARED: Final = 8
"""Candidates whose distributions are compared; those below hardly ever are the right ones."""

_INFLUENCE: Final = 0.3
_UNKNOWN: Final = 0.6
"""Similarity assumed of a candidate whose harmony could not be applied."""
_WORTH_SAYING: Final = 0.9
_SMALLEST_SHARE: Final = 0.01
_FEWEST_GROUPS: Final = 2


def candidate_fits(
    candidates: Iterable[Candidate],
    suggest: Callable[[str], Harmony],
    donor: SurveySource,
    recipient: SurveySource,
    *,
    cache: RowsCache,
) -> dict[str, float]:
    """Return how alike donor and recipient are after the suggested harmony, by recipient variable.

    Parameters
    ----------
    candidates
        Ranked candidates; the first `COMPARED` are looked at.
    suggest
        Returns the harmony suggested with a recipient variable.
    donor, recipient
        The surveys.
    cache
        Prepared rows.

    Returns
    -------
    dict
        Similarity (`fusion_core.harmony.apply.similarity`), 0 where it is negative; candidates are absent
        whose suggested harmony is incomplete, or puts nearly everybody into one group.
    """
    found = {}
    for candidate in list(candidates)[:COMPARED]:
        name = candidate.variable.name
        shown = preview(suggest(name), donor, recipient, cache=cache)
        if shown.similarity is not None and _says_something(shown):
            found[name] = max(shown.similarity, 0.0)
    return found


def by_fit(candidates: tuple[Candidate, ...], fits: Mapping[str, float]) -> tuple[Candidate, ...]:
    """Return the candidates with the scores and the order the distributions give them.

    Parameters
    ----------
    candidates
        Ranked candidates.
    fits
        What `candidate_fits` found.
    """
    if not fits:
        return candidates
    weighed = [_weighed(item, fits.get(item.variable.name)) for item in candidates]
    return tuple(sorted(weighed, key=lambda item: -item.score))


def _weighed(candidate: Candidate, fit: float | None) -> Candidate:
    factor = 1 - _INFLUENCE + _INFLUENCE * (_UNKNOWN if fit is None else fit)
    reason = candidate.reason
    if fit is not None and fit >= _WORTH_SAYING:
        reason = f"{reason}; similar shares" if reason else "similar shares"
    return replace(candidate, score=candidate.score * factor, reason=reason)


def _says_something(shown: HarmonyPreview) -> bool:
    if shown.problems or shown.unmatched:
        return False
    used = [group for group in shown.groups if (group.donor_share or 0.0) > _SMALLEST_SHARE]
    return shown.outcome == "number" or len(used) >= _FEWEST_GROUPS


__all__ = ["COMPARED", "by_fit", "candidate_fits"]
