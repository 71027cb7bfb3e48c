"""The wording of labels as evidence: levels that read like a level of another group."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from math import log, sqrt
from typing import Final

from fusion_core.harmony.checks.findings import Case, Finding, Fix
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels import is_not_asked, quantities, starts_negative
from fusion_core.harmony.model import (
    DROP,
    SIDES,
    Harmony,
    LevelGroup,
    Side,
    as_number,
    is_group,
    side_outcome,
)
from fusion_core.text_similarity import STOP_WORDS, normalise_label

_WORD: Final = re.compile(r"[a-z]+|\d+")
_STEM: Final = 5
_SAME: Final = 0.999
ALIKE: Final = 0.65
"""Similarity from which two labels read alike."""

_UNLIKE: Final = 0.35
_MOST_LEVELS: Final = 150
_TWO: Final = 2


class LabelText:
    """How alike the labels of the two sides of a harmony read.

    A label is the set of its words, cut to five letters so that *managers* meets *managerial*. Words
    that few labels hold count more (inverse document frequency); two labels are compared by the
    cosine of the angle between them, 1 for the same words and 0 for none in common.

    Parameters
    ----------
    labels
        All labels among which words are rare or common.
    """

    def __init__(self, labels: Collection[str]) -> None:
        self._words = {label: stems(label) for label in labels}
        spread = Counter(word for found in self._words.values() for word in found)
        self._weight = {
            word: log(1 + len(self._words) / times) ** 2 for word, times in spread.items()
        }
        self._length = {label: sqrt(self._sum(words)) for label, words in self._words.items()}

    @classmethod
    def of(cls, harmony: Harmony) -> LabelText:
        """Prepare the labels of both sides of a harmony."""
        return _label_text(
            frozenset(item.level for name in SIDES for item in harmony.side(name).levels)
        )

    def alike(self, first: str, second: str) -> float:
        """Return the similarity of two of the labels, between 0 and 1."""
        shared = self._words[first] & self._words[second]
        if not shared:
            return 0.0
        return self._sum(shared) / (self._length[first] * self._length[second])

    def best(self, label: str, others: Collection[str]) -> float:
        """Return the similarity to the label that reads most alike, 0 when there is none."""
        return max((self.alike(label, other) for other in others), default=0.0)

    def _sum(self, words: frozenset[str]) -> float:
        return sum(self._weight[word] for word in words)


@lru_cache(maxsize=64)  # an edit of groups leaves the labels as they are
def _label_text(labels: frozenset[str]) -> LabelText:
    return LabelText(labels)


@lru_cache(maxsize=20_000)
def stems(label: str) -> frozenset[str]:
    """Return the words of a label, cut to their first letters, without stop words."""
    found = _WORD.findall(normalise_label(label))
    return frozenset(word[:_STEM] for word in found if word not in STOP_WORDS)


def labels_closer_to_another_group(case: Case) -> Iterator[Finding]:
    """Find levels whose label reads like one of another group and unlike those of their own.

    Both labels must lack a better counterpart where they are: a *divorced* next to *separated* in
    a group of the formerly married is no mistake.
    """
    if any(
        side_outcome(case.side(name), collapsed=case.collapsed(name)) != "group" for name in SIDES
    ):
        return
    donor, recipient = _groups(case.harmony.donor), _groups(case.harmony.recipient)
    if min(len(donor), len(recipient)) > _MOST_LEVELS or not donor or not recipient:
        return
    found = _swapped(LabelText.of(case.harmony), donor, recipient)
    if not found:
        return
    first, other, same = found[0]
    moved = {level: recipient[label] for level, label, _ in found}
    fixed = case.harmony
    for level, group in moved.items():
        fixed = editing.assign(fixed, "donor", [level], group)
    beside = next(level for level, group in recipient.items() if group == donor[first])
    words = "the same as" if same else "like"
    yield Finding(
        "label-closer-to-another-group",
        "warning",
        f"'{first}' of the donor is in a group with '{beside}', but reads {words} '{other}' in "
        "another group" + (f" ({len(found)} levels in all)" if len(found) > 1 else ""),
        "donor",
        tuple(moved),
        Fix("Move to the group that reads alike", fixed),
    )


def denials_against_affirmations(case: Case) -> Iterator[Finding]:
    """Find two groups of which one holds the *no* of one side and the *yes* of the other.

    Only where the answers of each side split cleanly into denials and others.
    """
    if any(
        side_outcome(case.side(name), collapsed=case.collapsed(name)) != "group" for name in SIDES
    ):
        return
    codes = case.harmony.donor.group_codes
    if len(codes) != _TWO or codes != case.harmony.recipient.group_codes:
        return
    denied = [_denied_group(case.side(name)) for name in SIDES]
    if None in denied or denied[0] == denied[1]:
        return
    swapped = dict(zip(codes, reversed(codes), strict=True))
    levels = tuple(
        LevelGroup(item.level, swapped[float(item.group)])
        if item.group is not None and item.group != DROP
        else item
        for item in case.harmony.donor.levels
    )
    first, second = (
        next(
            i.level
            for i in case.side(name).levels
            if i.group == group and (case.side(name).breakpoints or starts_negative(i.level))
        )
        for name, group in zip(SIDES, denied, strict=True)
    )
    yield Finding(
        "denial-against-affirmation",
        "warning",
        f"'{first}' of the donor is not in one group with '{second}' of the recipient, although both "
        "say no; the groups of one side may be exchanged",
        fix=Fix(
            "Exchange the groups of the donor",
            editing.replace_side(case.harmony, "donor", levels=levels),
        ),
    )


def _denied_group(side: Side) -> float | None:
    """Return the group that holds all denials of a side and nothing else; ``None`` if none does."""
    if side.breakpoints:
        return _group_of_none(side)
    asked = [i for i in side.levels if is_group(i.group) and not is_not_asked(i.level)]
    denials = {as_number(item.group) for item in asked if starts_negative(item.level)}
    others = {as_number(item.group) for item in asked if not starts_negative(item.level)}
    return denials.pop() if len(denials) == 1 and others and not denials & others else None


def _group_of_none(side: Side) -> float | None:
    """Return the group that holds nothing but the numbers below 1 of a count."""
    if side.breakpoints[0] != 1.0 or len(side.levels) != len(side.breakpoints) + 1:
        return None
    none, *some = (as_number(item.group) for item in side.levels)
    return None if none in some else none


def _groups(side: Side) -> dict[str, float]:
    """Return the group of every level whose wording, not its number, tells what it means."""
    if side.breakpoints or quantities(side):
        return {}
    return {item.level: as_number(item.group) for item in side.levels if is_group(item.group)}


def _swapped(
    text: LabelText, donor: Mapping[str, float], recipient: Mapping[str, float]
) -> list[tuple[str, str, bool]]:
    """Return donor levels with the recipient level of another group each reads alike."""
    found = []
    shared = set(donor.values()) & set(recipient.values())
    for level, group in donor.items():
        own = [label for label, code in recipient.items() if code == group]
        others = [label for label, code in recipient.items() if code != group and code in shared]
        if not own or not others:
            continue
        best = max(others, key=lambda label: text.alike(level, label))
        score, here = text.alike(level, best), text.best(level, own)
        partners = [label for label, code in donor.items() if code == recipient[best]]
        if score >= ALIKE and here <= _UNLIKE and text.best(best, partners) <= _UNLIKE + 0.15:
            found.append((level, best, score >= _SAME))
    return found


def better_worded(
    text: LabelText, level: str, here: Collection[str], there: Collection[str]
) -> float:
    """Return how much more a level reads like the labels `there` than like those `here`."""
    return text.best(level, there) - text.best(level, here)


__all__ = [
    "ALIKE",
    "LabelText",
    "better_worded",
    "denials_against_affirmations",
    "labels_closer_to_another_group",
    "stems",
]
