"""What the printed crosswalk says of one harmony; how it looks is in its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.checks import Finding
from fusion_core.harmony.editing import (
    describe_adjustment,
    describe_condition,
    describe_side,
    group_word,
)
from fusion_core.harmony.model import (
    DROP,
    OTHER_SIDE,
    SIDES,
    Aggregator,
    GroupCode,
    Harmony,
    Side,
    SideName,
    format_number,
    group_colour,
    harmony_outcome,
)
from fusion_core.harmony.previews import HarmonyPreview, LevelPreview
from fusion_core.surveys.model import Dictionary, Variable

LOW_SIMILARITY: Final = 0.8
"""Below it a predictor is left out of fusion unless the user keeps it."""

_WHOLE_LINES: Final = 34
"""Lines of a section or table that still fit on one page and are not split."""

_LONG_ROW: Final = 14
_MANY_TIMES: Final = 4
_SPECIALS: Final = (("outside_universe", "not in universe"), ("missing", "no answer"))
_AGGREGATOR_WORDS: Final[dict[Aggregator, str]] = {
    "automatic": "",
    "reference": "the reference person counts",
    "sum": "added up",
    "minimum": "the lowest counts",
    "maximum": "the highest counts",
    "mean": "averaged",
    "median": "the middle one counts",
    "any": "whether there is one that is not zero",
    "count": "how many are not zero",
}
SEVERITY_WORDS: Final = {"error": "Wrong", "warning": "Probably wrong", "hint": "Note"}
TYPE_WORDS: Final = {
    "nominal": "categories",
    "ordered": "ordered categories",
    "integer": "whole number",
    "continuous": "number",
}


@dataclass(frozen=True)
class Subject:
    """A harmony with what is known of it.

    Attributes
    ----------
    harmony
        The harmony.
    titles, dictionaries
        Title and dictionary of the survey of each side; ``None`` where there is no dictionary.
    preview
        What it does to the data; ``None`` where the surveys are not at hand.
    findings
        What the checker says, where it is to be printed.
    """

    harmony: Harmony
    titles: Mapping[SideName, str]
    dictionaries: Mapping[SideName, Dictionary | None]
    preview: HarmonyPreview | None = None
    findings: Sequence[Finding] = ()

    def variable(self, side: SideName) -> Variable | None:
        """Return the dictionary entry of a side's variable."""
        dictionary = self.dictionaries[side]
        return None if dictionary is None else dictionary.get(self.harmony.side(side).variable)

    def description(self, side: SideName) -> str:
        """Return what a side's variable measures; empty where unknown."""
        variable = self.variable(side)
        return variable.description if variable is not None else ""

    @property
    def similarity(self) -> float | None:
        """How alike both sides are distributed; ``None`` where it is unknown."""
        return self.preview.similarity if self.preview is not None else None

    def said(self, side: SideName) -> str:
        """Say what a side yields."""
        columns: Mapping[str, Variable] = self.dictionaries[side] or {}
        return describe_side(self.harmony, side, self.variable(side), columns=columns)

    @property
    def unfinished(self) -> str:
        """Say what keeps both sides from becoming one thing; empty when nothing does."""
        try:
            harmony_outcome(self.harmony)
        except InputError as error:
            return str(error)
        return ""

    @property
    def outcome(self) -> str:
        """Say what both sides become, where nothing is unfinished."""
        harmony = self.harmony
        if harmony_outcome(harmony) == "number":
            return "Both sides become a number."
        count = len({*harmony.donor.group_codes, *harmony.recipient.group_codes})
        order = "in the order of their codes" if harmony.ordered else "without order"
        return f"Both sides become one of {count} groups, {order}."

    @cached_property
    def settings(self) -> dict[str, dict[SideName, Setting]]:
        """What is done before levels are grouped: for each setting that is used, by side."""
        found: dict[str, dict[SideName, Setting]] = {}
        for side in SIDES:
            for name, setting in _side_settings(self, side):
                found.setdefault(name, {})[side] = setting
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """The groups in the order of their codes, then what is left out or undecided."""
        return _rows(self)

    @property
    def has_shares(self) -> bool:
        """Whether the weighted share of a group is known."""
        return any(share is not None for row in self.rows for share in row.shares.values())

    @property
    def is_whole(self) -> bool:
        """Whether the section is short enough to stay on one page."""
        return 12 + sum(row.lines for row in self.rows) + len(self.findings) <= _WHOLE_LINES

    @property
    def table_classes(self) -> str:
        """How the table of groups is laid out: kept together, and wide where its levels are."""
        donor, recipient = (sum(len(row.members[name]) for row in self.rows) for name in SIDES)
        classes = ["groups"]
        if sum(row.lines for row in self.rows) <= _WHOLE_LINES:
            classes.append("whole")
        if max(donor, recipient) > _WHOLE_LINES:
            if recipient > _MANY_TIMES * donor:
                classes.append("wide-recipient")
            elif donor > _MANY_TIMES * recipient:
                classes.append("wide-donor")
        if self.harmony.group_names:
            classes.append("named")
        return " ".join(classes)

    @property
    def numbers(self) -> list[tuple[str, float | None, float | None]]:
        """Mean and quantiles of a numeric outcome of both sides, where there are microdata."""
        numeric = self.preview.numeric if self.preview is not None else None
        if numeric is None or numeric.donor_quantiles is None:
            return []
        if numeric.recipient_quantiles is None:
            return []
        quantiles = zip(
            numeric.probabilities,
            numeric.donor_quantiles,
            numeric.recipient_quantiles,
            strict=True,
        )
        rows = [(f"{100 * share:g} % are below", own, other) for share, own, other in quantiles]
        return [("mean", numeric.donor_mean, numeric.recipient_mean), *rows]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is done to the rows or values of a side, in words and, if typed, as it was typed."""

    words: str
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A level of a group with its share, or rows without a level that were put into it."""

    words: str
    share: float | None = None
    is_level: bool = True


@dataclass(slots=True)
class Row:
    """A group with its members on either side."""

    group: GroupCode
    name: str = ""
    members: dict[SideName, list[Member]] = field(
        default_factory=lambda: {name: [] for name in SIDES}
    )
    shares: dict[SideName, float | None] = field(default_factory=lambda: dict.fromkeys(SIDES))

    @property
    def lines(self) -> int:
        """Lines that the row takes at least."""
        return max(1, *(len(items) for items in self.members.values()))

    @property
    def classes(self) -> str:
        """How the row is laid out: split over pages, and marked where it is undecided."""
        long = "long" if self.lines > _LONG_ROW else ""
        return f"{long}{' open' if self.group is None else ''}".strip()

    @property
    def colour(self) -> str:
        """Colour of the group; empty for what is left out or undecided."""
        return group_colour(self.group) if isinstance(self.group, int | float) else ""

    @property
    def badge(self) -> str:
        """What the badge of the group shows."""
        if self.group is None:
            return "?"
        return "×" if self.group == DROP else group_word(self.group)

    def is_many(self, side: SideName) -> bool:
        """Whether a side has so many levels that they are set in columns."""
        return len(self.members[side]) > max(
            _LONG_ROW, _MANY_TIMES * len(self.members[OTHER_SIDE[side]])
        )


def percent(share: float | None) -> str:
    """Write a weighted share; nothing where it is unknown."""
    if share is None:
        return ""
    if 0 < share < 0.0005:  # noqa: PLR2004 - what rounds to 0.0 %
        return "<0.1\xa0%"
    return f"{100 * share:.1f}\xa0%"


def _side_settings(subject: Subject, name: SideName) -> Iterator[tuple[str, Setting]]:
    side = subject.harmony.side(name)
    columns: Mapping[str, Variable] = subject.dictionaries[name] or {}
    if side.universe.strip():
        said = describe_condition(side, side.universe, columns)
        yield "Only rows where", Setting(said, side.universe)
        yield "Other rows", Setting(_placed(subject.harmony, side.outside_universe))
    if side.adjustment.strip():
        yield "Value", Setting(describe_adjustment(side, columns), side.adjustment)
    if side.deflate_to_year is not None:
        yield "Prices", Setting(f"converted to dollars of {side.deflate_to_year}")
    if side.breakpoints:
        shown = ", ".join(format_number(point) for point in side.breakpoints)
        yield "Bins", Setting(f"new bin at {shown} (a value on a limit belongs to the bin above)")
    if side.missing is not None:
        yield "Rows without an answer", Setting(_placed(subject.harmony, side.missing))
    if side.respondent == "person" and side.aggregator != "automatic":
        yield "Persons of a household", Setting(_AGGREGATOR_WORDS[side.aggregator])


def _placed(harmony: Harmony, group: GroupCode) -> str:
    """Say where rows go."""
    if group is None:
        return "not decided"
    if group == DROP:
        return "left out"
    name = dict(harmony.group_names).get(float(group), "")
    return f"group {group_word(group)}{f' ({name})' if name else ''}"


def _rows(subject: Subject) -> list[Row]:
    found: dict[GroupCode, Row] = {}
    names = dict(subject.harmony.group_names)
    for side in SIDES:
        for group, member in _members(subject.harmony.side(side), _level_shares(subject, side)):
            name = names.get(float(group), "") if isinstance(group, int | float) else ""
            found.setdefault(group, Row(group, name)).members[side].append(member)
    for seen in subject.preview.groups if subject.preview is not None else ():
        if seen.code in found:
            found[seen.code].shares["donor"] = seen.donor_share
            found[seen.code].shares["recipient"] = seen.recipient_share
    codes: list[GroupCode] = [*sorted(code for code in found if isinstance(code, int | float))]
    codes += [code for code in (DROP, None) if code in found]
    return [found[code] for code in codes]


def _members(side: Side, shares: Mapping[str, float | None]) -> Iterator[tuple[GroupCode, Member]]:
    for item in side.levels:
        yield item.group, Member(item.level, shares.get(item.level))
    for attribute, words in _SPECIALS:
        group: GroupCode = getattr(side, attribute)
        if group is not None:
            yield group, Member(words, is_level=False)


def _level_shares(subject: Subject, side: SideName) -> dict[str, float | None]:
    if subject.preview is None:
        return {}
    levels: tuple[LevelPreview, ...] = (
        subject.preview.donor_levels if side == "donor" else subject.preview.recipient_levels
    )
    return {item.level: item.share for item in levels}


__all__ = ["LOW_SIMILARITY", "SEVERITY_WORDS", "TYPE_WORDS", "Subject", "percent"]
