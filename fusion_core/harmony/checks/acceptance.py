"""Findings that ask for less than they say: accepted ones, and those about levels nobody has.

An accepted finding stays visible but asks for nothing. It comes back when it concerns levels that
were not part of it when it was accepted.

A dictionary lists what could be answered, such as Puerto Rico in a survey of the fifty states. What
nobody answered keeps no harmony from being applied, so a finding about such levels alone is worth a
look and no error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.checks.findings import Finding
from fusion_core.harmony.model import Acceptance, Harmony, SideName

_ABOUT_LEVELS: Final = frozenset(
    {"level-without-group", "unmatched-group", "dictionary-level-missing"}
)


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


def soften_absent(
    findings: Iterable[Finding], answered: Mapping[SideName, Collection[str]]
) -> list[Finding]:
    """Turn findings about levels without rows into hints.

    Parameters
    ----------
    findings
        What the dictionaries led to.
    answered
        Levels or bins that some row of a side's microdata has, where they could be counted.
    """
    return [
        replace(found, severity="hint", sentence=f"{found.sentence}; no row of the data has this")
        if found.rule in _ABOUT_LEVELS and _is_absent(found, answered)
        else found
        for found in findings
    ]


def _is_absent(found: Finding, answered: Mapping[SideName, Collection[str]]) -> bool:
    if found.side == "" or found.side not in answered or found.severity == "hint":
        return False
    return not set(found.levels).intersection(answered[found.side])


__all__ = [
    "accept_finding",
    "mark_accepted",
    "needs_attention",
    "soften_absent",
    "withdraw_acceptance",
]
