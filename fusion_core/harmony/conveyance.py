"""What conveying harmonies to another pair of surveys found: carried, proposed or impossible."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from fusion_core.harmony.model import (
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
    SurveyPair,
)

Status = Literal["identical", "proposed", "impossible"]
LevelChangeKind = Literal["added", "removed", "renamed"]


@dataclass(frozen=True, slots=True)
class VariableChange:
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
    """

    side: SideName
    earlier: str
    variable: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A level that differs between the old and the new survey.

    Attributes
    ----------
    side
        The side of the harmony.
    kind
        ``renamed``: `earlier` is worded `level` now; ``added``: `level` is new; ``removed``: the
        new survey has no `level`.
    level
        The level.
    earlier
        The old wording of a renamed level, or the level an added one was likened to.
    similarity
        How alike `earlier` and `level` are, between 0 and 1.
    group
        The group proposed for it; ``None`` where a person must choose.
    """

    side: SideName
    kind: LevelChangeKind
    level: str
    earlier: str = ""
    similarity: float = 0.0
    group: GroupCode = None

    @property
    def sentence(self) -> str:
        """The change in words."""
        if self.kind == "renamed":
            return f"'{self.earlier}' is now '{self.level}'"
        if self.kind == "removed":
            return f"'{self.level}' no longer exists"
        if self.group is None:
            return f"'{self.level}' is new and needs a group"
        return f"'{self.level}' is new; like '{self.earlier}' it goes to group {self.group}"


@dataclass(frozen=True, slots=True)
class ConveyedHarmony:
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
    variables, levels
        The differences, to be accepted one by one.
    remarks
        Other changes, such as new price levels, one sentence each.
    reason
        Why it is impossible.
    """

    original: Harmony
    status: Status
    harmony: Harmony | None = None
    variables: tuple[VariableChange, ...] = ()
    levels: tuple[LevelChange, ...] = ()
    remarks: tuple[str, ...] = ()
    reason: str = ""

    @property
    def key(self) -> str:
        """Key of the harmony in the old pair."""
        return self.original.key

    def accept(self, changes: Collection[LevelChange]) -> Harmony:
        """Return the harmony with only the accepted level changes; the other levels stay open.

        Raises
        ------
        ValueError
            If the harmony cannot be conveyed.
        """
        if self.harmony is None:
            raise ValueError(self.reason)
        refused = {
            (change.side, change.level)
            for change in self.levels
            if change.kind != "removed" and change not in changes
        }

        def opened(name: SideName, side: Side) -> Side:
            levels = tuple(
                LevelGroup(item.level, None) if (name, item.level) in refused else item
                for item in side.levels
            )
            return replace(side, levels=levels)

        return replace(
            self.harmony,
            donor=opened("donor", self.harmony.donor),
            recipient=opened("recipient", self.harmony.recipient),
        )


@dataclass(frozen=True, slots=True)
class Conveyance:
    """All harmonies of a pair, conveyed to another pair.

    Attributes
    ----------
    source, target
        The old and the new pair.
    harmonies
        One entry per harmony of the old pair, in its order.
    """

    source: SurveyPair
    target: SurveyPair
    harmonies: tuple[ConveyedHarmony, ...]

    def having(self, status: Status) -> tuple[ConveyedHarmony, ...]:
        """Return the harmonies with one status."""
        return tuple(item for item in self.harmonies if item.status == status)


__all__ = ["Conveyance", "ConveyedHarmony", "LevelChange", "Status", "VariableChange"]
