"""Take a suggestion over, part by part or whole; what a person decided already always stays.

The suggestion's group numbers are its own. Before a level is taken over they are translated: a
suggested group whose levels already are in one of the person's groups is that group, another keeps
its number or, where that is taken, gets the next free one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from fusion_core.harmony.editing import detect_ordered, replace_side, set_ordered
from fusion_core.harmony.matching import propose_groups
from fusion_core.harmony.model import (
    DROP,
    SIDES,
    Aggregator,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
)
from fusion_core.surveys.model import Variable

PartKind = Literal[
    "adjustment", "universe", "missing", "bins", "deflation", "aggregator", "groups", "ordered"
]

_AGGREGATOR_WORDS: Final[Mapping[Aggregator, str]] = {
    "automatic": "collapse persons automatically",
    "reference": "take the reference person",
    "sum": "add up the members",
    "minimum": "take the lowest member",
    "maximum": "take the highest member",
    "mean": "take the mean of the members",
    "median": "take the median of the members",
    "any": "see whether any member counts",
    "count": "count the members",
}


@dataclass(frozen=True, slots=True)
class SuggestedPart:
    """One thing a suggestion would change, which can be taken over alone.

    Attributes
    ----------
    kind, side
        What, and on which side; ``None`` for what both share.
    words
        The part in words, such as 'take the reference person'.
    """

    kind: PartKind
    side: SideName | None
    words: str

    @property
    def name(self) -> str:
        """A name that is unique within a suggestion, such as ``bins:recipient``."""
        return f"{self.kind}:{self.side}" if self.side else self.kind


@dataclass(frozen=True, slots=True)
class SuggestedGroups:
    """The group every level would get, in the order of the levels; ``None`` to leave it."""

    donor: tuple[GroupCode, ...]
    recipient: tuple[GroupCode, ...]

    def side(self, name: SideName) -> tuple[GroupCode, ...]:
        """Return one side by name."""
        return self.donor if name == "donor" else self.recipient

    @property
    def count(self) -> int:
        """Number of levels that would get a group."""
        return sum(code is not None for code in (*self.donor, *self.recipient))


def suggested_groups(
    current: Harmony, suggested: Harmony, donor: Variable, recipient: Variable
) -> SuggestedGroups:
    """Return the groups the levels without one would get.

    Where a person chose other bins than suggested, the labels of both sides are compared afresh.

    Parameters
    ----------
    current, suggested
        The harmony as it stands, and the suggestion.
    donor, recipient
        The two variables.
    """
    if all(_same_labels(current.side(name), suggested.side(name)) for name in SIDES):
        wanted = {name: {i.level: i.group for i in suggested.side(name).levels} for name in SIDES}
    else:
        wanted = _compared(current, donor, recipient)
    codes = _translated(current, wanted)

    def groups(name: SideName) -> tuple[GroupCode, ...]:
        return tuple(
            codes.get(wanted[name].get(item.level)) if item.group is None else None
            for item in current.side(name).levels
        )

    return SuggestedGroups(groups("donor"), groups("recipient"))


def open_parts(
    current: Harmony, suggested: Harmony, donor: Variable, recipient: Variable
) -> tuple[SuggestedPart, ...]:
    """Return what of a suggestion is left to take over.

    Parameters
    ----------
    current, suggested
        The harmony as it stands, and the suggestion.
    donor, recipient
        The two variables.
    """
    parts = [part for name in SIDES for part in _side_parts(name, current, suggested)]
    bins = {part.side for part in parts if part.kind == "bins"}
    count = suggested_groups(current, suggested, donor, recipient).count
    if count and not bins:
        word = "level" if count == 1 else "levels"
        parts.append(SuggestedPart("groups", None, f"groups of {count:,} {word}"))
    if suggested.ordered and not current.ordered and not bins:
        parts.append(SuggestedPart("ordered", None, "groups in order"))
    return tuple(parts)


def take(
    current: Harmony,
    suggested: Harmony,
    donor: Variable,
    recipient: Variable,
    *,
    parts: Collection[str] | None = None,
) -> Harmony:
    """Take over what is left of a suggestion, or some parts of it.

    Parameters
    ----------
    current, suggested
        The harmony as it stands, and the suggestion.
    donor, recipient
        The two variables.
    parts
        Names of the parts to take over; ``None`` for all of them.
    """
    for name in SIDES:
        for part in _side_parts(name, current, suggested):
            if parts is None or part.name in parts:
                current = _with_part(current, suggested, part, name)
                if part.kind == "bins" and parts is not None:
                    # Bins without their groups would be half a step.
                    parts = {*parts, "groups"}
    if parts is None or "groups" in parts:
        found = suggested_groups(current, suggested, donor, recipient)
        every = {name: range(len(current.side(name).levels)) for name in SIDES}
        current = take_levels(current, found, every)
        current = _with_names(current, suggested)
        if parts is not None:
            current = set_ordered(
                current, current.ordered or detect_ordered(current, donor, recipient)
            )
    if (parts is None or "ordered" in parts) and suggested.ordered:
        current = set_ordered(current, True)
    return current


def take_levels(
    current: Harmony, groups: SuggestedGroups, chosen: Mapping[SideName, Collection[int]]
) -> Harmony:
    """Give some levels the groups suggested for them.

    Parameters
    ----------
    current
        The harmony as it stands.
    groups
        What `suggested_groups` says of it.
    chosen
        Positions of the levels to take over, per side.
    """
    for name in SIDES:
        wanted = chosen.get(name, ())
        levels = tuple(
            LevelGroup(item.level, code)
            if code is not None and item.group is None and index in wanted
            else item
            for index, (item, code) in enumerate(
                zip(current.side(name).levels, groups.side(name), strict=True)
            )
        )
        current = replace_side(current, name, levels=levels)
    return current


def _side_parts(name: SideName, current: Harmony, suggested: Harmony) -> list[SuggestedPart]:
    """Return what a suggestion sets on a side where the person has set nothing."""
    own, wanted = current.side(name), suggested.side(name)
    found: list[SuggestedPart] = []

    def add(kind: PartKind, words: str) -> None:
        found.append(SuggestedPart(kind, name, words))

    if wanted.adjustment and not own.adjustment:
        add("adjustment", f"{wanted.variable} as {wanted.adjustment}")
    if wanted.universe and not own.universe:
        add("universe", f"only where {wanted.universe}")
    if wanted.missing is not None and own.missing is None:
        leaves_out = wanted.missing == DROP
        add("missing", "leave missing answers out" if leaves_out else "a group for missing answers")
    if wanted.deflate_to_year and not own.deflate_to_year:
        add("deflation", f"{wanted.variable} in dollars of {wanted.deflate_to_year}")
    if wanted.breakpoints and not own.breakpoints:
        count = len(wanted.levels)
        add("bins", f"{count} bins of {wanted.variable} with their groups")
    if wanted.aggregator != own.aggregator and own.aggregator == "automatic":
        add("aggregator", f"{_AGGREGATOR_WORDS[wanted.aggregator]} of {wanted.variable}")
    return found


def _with_part(
    current: Harmony, suggested: Harmony, part: SuggestedPart, name: SideName
) -> Harmony:
    wanted = suggested.side(name)
    changes: dict[PartKind, dict[str, object]] = {
        "adjustment": {"adjustment": wanted.adjustment},
        "universe": {"universe": wanted.universe, "outside_universe": wanted.outside_universe},
        "missing": {"missing": wanted.missing},
        "deflation": {"deflate_to_year": wanted.deflate_to_year},
        "aggregator": {"aggregator": wanted.aggregator},
        "bins": {
            "breakpoints": wanted.breakpoints,
            "levels": tuple(LevelGroup(item.level) for item in wanted.levels),
        },
    }
    if part.kind == "adjustment" and not current.side(name).breakpoints:
        # An adjustment turns levels into a number: the table of levels goes with it.
        changes["adjustment"]["levels"] = tuple(LevelGroup(item.level) for item in wanted.levels)
    return replace_side(current, name, **changes[part.kind])


def _with_names(current: Harmony, suggested: Harmony) -> Harmony:
    if current.group_names or _codes(current) != _codes(suggested):
        return current
    return replace(current, group_names=suggested.group_names)


def _codes(harmony: Harmony) -> set[float]:
    return {*harmony.donor.group_codes, *harmony.recipient.group_codes}


def _labels(side: Side) -> tuple[str, ...]:
    return tuple(item.level for item in side.levels)


def _same_labels(side: Side, other: Side) -> bool:
    """Whether two sides list the same levels; a borrowed harmony may list them in another order."""
    own, others = _labels(side), _labels(other)
    return own == others or set(own) == set(others)


def _compared(
    current: Harmony, donor: Variable, recipient: Variable
) -> dict[SideName, dict[str, GroupCode]]:
    """Compare the labels as they are listed now, whatever was suggested for others.

    A single group would tell nobody apart, so it is not offered.
    """
    listed = {
        "donor": replace(donor, type="nominal", levels=_labels(current.donor)),
        "recipient": replace(recipient, type="nominal", levels=_labels(current.recipient)),
    }
    found = propose_groups(listed["donor"], listed["recipient"])
    proposed = {item.group for item in (*found.donor, *found.recipient)} - {None, DROP}
    if len(proposed) < 2:  # noqa: PLR2004 - what one group says, none says
        return {"donor": {}, "recipient": {}}
    return {
        "donor": {item.level: item.group for item in found.donor},
        "recipient": {item.level: item.group for item in found.recipient},
    }


def _translated(
    current: Harmony, wanted: Mapping[SideName, Mapping[str, GroupCode]]
) -> dict[GroupCode, GroupCode]:
    """Return the current harmony's code for every suggested one."""
    votes: dict[GroupCode, Counter[GroupCode]] = {}
    for name in SIDES:
        for item in current.side(name).levels:
            code = wanted[name].get(item.level)
            if code is not None and code != DROP:
                votes.setdefault(code, Counter())
                if item.group is not None and item.group != DROP:
                    votes[code][item.group] += 1
    codes: dict[GroupCode, GroupCode] = {DROP: DROP}
    codes |= {code: cast.most_common(1)[0][0] for code, cast in votes.items() if cast}
    taken = _codes(current)
    for code in sorted(
        code for code, cast in votes.items() if isinstance(code, float) and not cast
    ):
        free = code if code not in taken else float(int(max((*taken, *_numbers(votes)))) + 1)
        codes[code] = free
        taken.add(free)
    return codes


def _numbers(codes: Collection[GroupCode]) -> list[float]:
    return [code for code in codes if isinstance(code, float)]


__all__ = [
    "PartKind",
    "SuggestedGroups",
    "SuggestedPart",
    "open_parts",
    "suggested_groups",
    "take",
    "take_levels",
]
