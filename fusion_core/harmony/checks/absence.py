"""Levels that no row of the microdata has, such as Puerto Rico in a survey of the fifty states.

A dictionary lists what could be answered. What nobody answered keeps no harmony from being applied,
so a finding about such levels alone is worth a look and no error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from fusion_core.harmony.checks.findings import Finding
from fusion_core.harmony.model import SideName

_ABOUT_LEVELS: Final = frozenset(
    {"level-without-group", "unmatched-group", "dictionary-level-missing"}
)


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


__all__ = ["soften_absent"]
