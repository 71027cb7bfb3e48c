"""Corrections tried on the data: what would make the two surveys less alike is not offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from fusion_core.harmony.checks import Finding
from fusion_core.harmony.model import Harmony

_ROUNDING: Final = 0.005
"""Difference of two scores that nobody sees, as they are shown with two digits."""


def tried_fixes(
    harmony: Harmony,
    findings: Iterable[Finding],
    score: float | None,
    score_of: Callable[[Harmony], float | None],
) -> list[Finding]:
    """Return the findings, each correction with its similarity; harmful ones are withdrawn.

    Parameters
    ----------
    harmony
        What the findings are about.
    findings
        What was found.
    score
        Similarity of the harmony as it is; where there is none, nothing is tried.
    score_of
        Computes that of a corrected harmony.
    """
    return [_tried(harmony, item, score, score_of) for item in findings]


def _tried(
    harmony: Harmony,
    finding: Finding,
    score: float | None,
    score_of: Callable[[Harmony], float | None],
) -> Finding:
    fix = finding.fix
    if fix is None or score is None or _same_numbers(fix.harmony, harmony):
        return finding
    after = score_of(fix.harmony)
    if after is None or after < score - _ROUNDING:
        return replace(finding, fix=None)
    return replace(finding, fix=replace(fix, similarity=after))


def _same_numbers(fixed: Harmony, harmony: Harmony) -> bool:
    """Whether a correction changes only names and order, which no similarity depends on."""
    return (fixed.donor, fixed.recipient) == (harmony.donor, harmony.recipient)


__all__ = ["tried_fixes"]
