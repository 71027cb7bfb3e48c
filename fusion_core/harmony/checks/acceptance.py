"""Findings somebody looked at and leaves as they are: remembered in the harmony, with the reason.

An accepted finding stays visible but asks for nothing. It comes back when it concerns levels that
were not part of it when it was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fusion_core.errors import InputError
from fusion_core.harmony.checks.findings import Finding
from fusion_core.harmony.model import Acceptance, Harmony


def accept_finding(harmony: Harmony, finding: Finding, reason: str) -> Harmony:
    """Return the harmony with a finding accepted as it is.

    Raises
    ------
    InputError
        If no reason is given: a year later nobody could tell why.
    """
    if not reason.strip():
        raise InputError(
            "A finding is accepted with a reason", fix="Say in a few words why it is right as it is"
        )
    kept = tuple(item for item in harmony.accepted if not _same_subject(item, finding))
    new = Acceptance(finding.rule, reason.strip(), finding.side, finding.levels)
    return replace(harmony, accepted=(*kept, new))


def withdraw_acceptance(harmony: Harmony, finding: Finding) -> Harmony:
    """Return the harmony with a finding open again."""
    kept = tuple(item for item in harmony.accepted if not _same_subject(item, finding))
    return replace(harmony, accepted=kept)


def mark_accepted(harmony: Harmony, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, those the harmony accepts marked with their reason."""
    if not harmony.accepted:
        return tuple(findings)
    return tuple(replace(item, accepted=_reason(harmony, item)) for item in findings)


def needs_attention(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the errors and warnings nobody has decided on."""
    return tuple(item for item in findings if item.severity != "hint" and not item.accepted)


def _reason(harmony: Harmony, finding: Finding) -> str:
    for item in harmony.accepted:
        if _same_subject(item, finding) and set(finding.levels) <= set(item.levels):
            return item.reason
    return ""


def _same_subject(item: Acceptance, finding: Finding) -> bool:
    return (item.rule, item.side) == (finding.rule, finding.side)


__all__ = ["accept_finding", "mark_accepted", "needs_attention", "withdraw_acceptance"]
