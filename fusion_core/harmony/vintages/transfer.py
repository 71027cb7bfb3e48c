"""What transferring harmonies to another pair of surveys found: carried, proposed or impossible."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from fusion_core.harmony.editing import group_word
from fusion_core.harmony.meaning import Comparison
from fusion_core.harmony.model import (
    SIDES,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
    SurveyPair,
)
from fusion_core.records import Checked

Status = Literal["identical", "proposed", "impossible"]
LevelChangeKind = Literal["added", "removed", "renamed"]
SettingChangeKind = Literal["prices", "form"]
NO_CHOICES: Final[Mapping[tuple[SideName, str], GroupCode]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class VariableChange(Checked):
    """A variable that has another name in the new survey.

    Attributes
    ----------
    side
        The side of the harmony.
    earlier, variable
        The name in the old and in the new survey.
    score
        How alike the two variables are, between 0 and 1.
    reason
        What they share, for people.
    sure
        Whether the question is worded alike, so that only the name is new.
    """

    side: SideName
    earlier: str
    variable: str
    score: float
    reason: str
    sure: bool = False

    @property
    def sentence(self) -> str:
        """The change in words."""
        return f"{self.earlier} is {self.variable} now ({self.reason})"


@dataclass(frozen=True, slots=True)
class LevelChange(Checked):
    """A level that differs between the old and the new survey.

    Attributes
    ----------
    side
        The side of the harmony.
    kind
        ``renamed``: `earlier` is worded `level` now; ``added``: `level` is new; ``removed``: the
        new survey has no `level`; also for a level of the other side that had to follow.
    level
        The level.
    earlier
        The old wording of a renamed level, or the level an added one was likened to.
    similarity
        How alike `earlier` and `level` are, between 0 and 1.
    group
        The group proposed for it; ``None`` where a person must choose.
    source
        The vintage that groups the level so, where one does.
    sure
        Whether it needs no second look.
    """

    side: SideName
    kind: LevelChangeKind
    level: str
    earlier: str = ""
    similarity: float = 0.0
    group: GroupCode = None
    source: str = ""
    sure: bool = False

    @property
    def sentence(self) -> str:
        """The change in words."""
        if self.kind == "renamed":
            return f"'{self.earlier}' is now '{self.level}'"
        if self.kind == "removed":
            return f"'{self.level}' no longer exists"
        if self.group is None:
            return f"'{self.level}' is new and needs a group"
        if self.source:
            return f"'{self.level}' is new; it goes to the group it has in {self.source}"
        if not self.earlier:
            return f"'{self.level}' is new and gets a group of its own"
        return f"'{self.level}' is new; like '{self.earlier}' it goes to group {group_word(self.group)}"


@dataclass(frozen=True, slots=True)
class SettingChange(Checked):
    """Something apart from levels that is done otherwise for the new pair.

    Attributes
    ----------
    side
        The side of the harmony.
    kind
        ``prices``: a price constant or deflation; ``form``: bins, because brackets became a number,
        a number brackets, or the brackets moved.
    sentence
        The change in words.
    sure
        Whether it needs no second look.
    before
        Adjustment and deflation of the side if the change is refused; ``None`` where the harmony
        could not do without it.
    """

    side: SideName
    kind: SettingChangeKind
    sentence: str
    sure: bool = False
    before: tuple[str, int | None] | None = None


Change = LevelChange | SettingChange


@dataclass(frozen=True, slots=True)
class TransferredHarmony(Checked):
    """What became of one harmony.

    Attributes
    ----------
    original
        The harmony of the old pair.
    status
        ``identical``: it holds as it is; ``proposed``: to be looked at; ``impossible``: see
        `reason`.
    harmony
        The harmony for the new pair with every proposed change made; ``None`` when impossible.
    variables, levels, settings
        The differences, to be accepted one by one.
    reason
        Why it is impossible.
    doubts
        Why even an identical harmony deserves a look, one sentence each.
    existing
        What the new pair has under the same key already.
    comparison
        How `existing` (there) differs from `harmony` (here).
    """

    original: Harmony
    status: Status
    harmony: Harmony | None = None
    variables: tuple[VariableChange, ...] = ()
    levels: tuple[LevelChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    reason: str = ""
    doubts: tuple[str, ...] = ()
    existing: Harmony | None = None
    comparison: Comparison | None = None

    @property
    def key(self) -> str:
        """Key of the harmony in the old pair."""
        return self.original.key

    @property
    def open_levels(self) -> tuple[LevelChange, ...]:
        """The new levels for which a person must choose a group."""
        return tuple(item for item in self.levels if item.kind == "added" and item.group is None)

    @property
    def changes(self) -> tuple[VariableChange | LevelChange | SettingChange, ...]:
        """All differences, in the order people look at them."""
        return (*self.variables, *self.settings, *self.levels)

    @property
    def is_sure(self) -> bool:
        """Whether nothing about the transferred harmony needs a second look."""
        return (
            self.harmony is not None and not self.doubts and all(item.sure for item in self.changes)
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything that differs, in words."""
        found = (*(item.sentence for item in self.changes), *self.doubts)
        return (*found, self.reason) if self.reason else found

    def accept(
        self,
        changes: Collection[Change],
        groups: Mapping[tuple[SideName, str], GroupCode] = NO_CHOICES,
    ) -> Harmony:
        """Return the harmony with only the accepted changes.

        The levels of refused changes stay open; refused prices stay as they were in the old pair.

        Parameters
        ----------
        changes
            The accepted changes, out of `levels` and `settings`.
        groups
            Groups a person chose for single levels, by side and level; they take precedence.

        Raises
        ------
        ValueError
            If the harmony cannot be transferred.
        """
        if self.harmony is None:
            raise ValueError(self.reason)
        sides: dict[SideName, Side] = {name: self.harmony.side(name) for name in SIDES}
        for setting in self.settings:
            if setting not in changes and setting.before is not None:
                adjustment, year = setting.before
                sides[setting.side] = replace(
                    sides[setting.side], adjustment=adjustment, deflate_to_year=year
                )
        decided: dict[tuple[SideName, str], GroupCode] = {
            (change.side, change.level): None
            for change in self.levels
            if change.kind != "removed" and change not in changes
        }
        decided |= groups
        for name, side in sides.items():
            levels = tuple(
                LevelGroup(item.level, decided.get((name, item.level), item.group))
                for item in side.levels
            )
            sides[name] = replace(side, levels=levels)
        return replace(self.harmony, donor=sides["donor"], recipient=sides["recipient"])


@dataclass(frozen=True, slots=True)
class Transfer(Checked):
    """All harmonies of a pair, transferred to another pair.

    Attributes
    ----------
    source, target
        The old and the new pair.
    harmonies
        One entry per harmony of the old pair, in its order.
    """

    source: SurveyPair
    target: SurveyPair
    harmonies: tuple[TransferredHarmony, ...]

    def having(self, status: Status) -> tuple[TransferredHarmony, ...]:
        """Return the harmonies with one status."""
        return tuple(item for item in self.harmonies if item.status == status)


__all__ = [
    "Change",
    "LevelChange",
    "SettingChange",
    "Status",
    "Transfer",
    "TransferredHarmony",
    "VariableChange",
]
