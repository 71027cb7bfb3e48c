"""What a check yields: findings with a stable rule name, a sentence and, where it helps, a fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import floor
from typing import Final, Literal

from fusion_core.harmony.model import Harmony, Side, SideName, collapses
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, RespondentLevel, Variable

Severity = Literal["error", "warning", "hint"]
SEVERITY_RANK: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "hint": 2}
_SHOWN: Final = 4
TO_GROUP: Final = "level-without-group"
"""The rule about levels left to be grouped: work to do, and no doubt about what is done."""
_ROUNDING: Final = 0.005
"""Difference of two scores that nobody sees, as they are shown with two digits."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How much is found in a harmony.

    Attributes
    ----------
    findings
        Number of findings, without levels left to be grouped.
    doubts
        What is in doubt: levels or settings that errors and warnings are about, and hints.
    to_group
        Levels left to be grouped.
    """

    findings: int
    doubts: tuple[int, int]
    to_group: int


@dataclass(frozen=True, slots=True)
class Fix:
    """A correction that one click applies.

    Attributes
    ----------
    label
        What it does, for the button.
    harmony
        The corrected harmony.
    similarity
        Its similarity, where microdata of both surveys tell.
    tallies
        What is found before and after it, once it was tried.
    """

    label: str
    harmony: Harmony = field(repr=False)
    similarity: float | None = None
    tallies: tuple[Tally, Tally] | None = None


@dataclass(frozen=True, slots=True)
class Finding(Checked):
    """Something a person should look at.

    Attributes
    ----------
    rule
        Stable name of the rule.
    severity
        ``error``: the harmony cannot be applied or is wrong; ``warning``: probably wrong;
        ``hint``: worth a look.
    sentence
        What was found, for people.
    side
        The side concerned, or empty for both.
    levels
        The levels concerned.
    fix
        A correction, where there is an obvious one.
    accepted
        Why somebody leaves it as it is; empty for a finding nobody has decided on.
    """

    rule: str
    severity: Severity
    sentence: str
    side: SideName | Literal[""] = ""
    levels: tuple[str, ...] = ()
    fix: Fix | None = None
    accepted: str = ""


@dataclass(frozen=True)
class Case(Checked):
    """A harmony with what is known of its two surveys.

    Attributes
    ----------
    harmony
        The harmony.
    dictionaries
        Dictionary of each survey, where known.
    respondent
        Level of the output.
    price_years
        Year whose prices the dollar amounts of each survey are in, where known.
    """

    harmony: Harmony
    dictionaries: dict[SideName, Dictionary | None]
    respondent: RespondentLevel
    price_years: dict[SideName, int | None] = field(default_factory=dict)

    def side(self, name: SideName) -> Side:
        """Return one side."""
        return self.harmony.side(name)

    def other(self, name: SideName) -> Side:
        """Return the side opposite."""
        return self.harmony.recipient if name == "donor" else self.harmony.donor

    def variable(self, name: SideName) -> Variable | None:
        """Return the dictionary entry of a side's variable, where known."""
        dictionary = self.dictionaries[name]
        return None if dictionary is None else dictionary.get(self.side(name).variable)

    def collapsed(self, name: SideName) -> bool:
        """Whether the persons of a side become a household value."""
        return collapses(self.harmony, name, self.respondent)


Trial = Callable[[Harmony], tuple[Sequence[Finding], float | None]]
"""What is found in a corrected harmony, and its similarity where microdata tell."""


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


def likeness(similarity: float) -> str:
    """Write a similarity as people see it: not below 0, and never rounded up over a limit."""
    return f"{floor(100 * max(0.0, similarity)) / 100:.2f}"


def count(items: tuple[str, ...], noun: str) -> str:
    """Write ``1 level`` or ``3 levels``."""
    return f"{len(items)} {noun}{'s' if len(items) != 1 else ''}"


def are(items: tuple[str, ...]) -> str:
    """Write ``is`` or ``are``."""
    return "is" if len(items) == 1 else "are"


def listed(items: tuple[str, ...] | list[str], most: int = _SHOWN) -> str:
    """Quote the first items and count the rest."""
    shown = ", ".join(f"'{item}'" for item in items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown


__all__ = [
    "SEVERITY_RANK",
    "Case",
    "Finding",
    "Fix",
    "Severity",
    "Tally",
    "Trial",
    "are",
    "count",
    "likeness",
    "listed",
    "tally",
    "weighed",
]
