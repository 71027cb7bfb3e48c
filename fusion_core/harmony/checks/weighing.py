"""Corrections tried before they are offered: only what leaves less to doubt, or more in common, is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from fusion_core.harmony.checks.findings import Finding, Tally
from fusion_core.harmony.model import Harmony

Trial = Callable[[Harmony], tuple[Sequence[Finding], float | None]]
"""What is found in a corrected harmony, and its similarity where microdata tell."""

TO_GROUP: Final = "level-without-group"
"""The rule about levels left to be grouped: work to do, and no doubt about what is done."""
_ROUNDING: Final = 0.005
"""Difference of two scores that nobody sees, as they are shown with two digits."""


def weighed(
    findings: Sequence[Finding], trial: Trial, similarity: float | None = None
) -> list[Finding]:
    """Return the findings, each correction with what it brings; those that bring nothing are withdrawn.

    A correction is offered if less is in doubt after it and the similarity is no lower, or if the
    similarity is higher and no more is in doubt.

    Parameters
    ----------
    findings
        All that was found in a harmony.
    trial
        Tries a corrected harmony.
    similarity
        Similarity of the harmony as it is, where microdata tell.
    """
    before = tally(findings)
    return [_weighed(item, before, similarity, trial) for item in findings]


def _weighed(finding: Finding, before: Tally, similarity: float | None, trial: Trial) -> Finding:
    fix = finding.fix
    if fix is None:
        return finding
    found, score = trial(fix.harmony)
    after = tally(found)
    if similarity is not None and (score is None or score < similarity - _ROUNDING):
        return replace(finding, fix=None)
    closer = score is not None and similarity is not None and score > similarity + _ROUNDING
    if after.doubts < before.doubts or (closer and after.doubts == before.doubts):
        return replace(finding, fix=replace(fix, similarity=score, tallies=(before, after)))
    return replace(finding, fix=None)


def tally(findings: Iterable[Finding]) -> Tally:
    """Count findings, and what they are about: every level of an error or warning, or one for none."""
    listed = list(findings)
    doubts = [item for item in listed if item.rule != TO_GROUP]
    grave = sum(max(len(item.levels), 1) for item in doubts if item.severity != "hint")
    return Tally(
        findings=len(doubts),
        doubts=(grave, sum(item.severity == "hint" for item in doubts)),
        to_group=sum(len(item.levels) for item in listed if item.rule == TO_GROUP),
    )


__all__ = ["TO_GROUP", "Trial", "tally", "weighed"]
