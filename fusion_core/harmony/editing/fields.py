"""A harmony taken apart into the things a person decides one by one, and put together again.

Comparing and merging versions need the same view of a harmony: the group of one level, an
adjustment, a name, the bins with their groups.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Literal, TypeVar, cast

from fusion_core.harmony.model import (
    SIDES,
    Acceptance,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
    SideName,
)
from fusion_core.records import Checked

AspectName = Literal[
    "adjustment",
    "universe",
    "outside_universe",
    "missing",
    "deflate_to_year",
    "aggregator",
    "respondent",
    "recode",
    "bins",
    "level",
    "ordered",
    "name",
    "comment",
    "accepted",
]

SIDE_FIELDS: Final[tuple[AspectName, ...]] = (
    "respondent",
    "adjustment",
    "aggregator",
    "universe",
    "outside_universe",
    "missing",
    "deflate_to_year",
    "recode",
)


Item = TypeVar("Item", bound=Hashable)


class Absent(Enum):
    """Stands for a field a version does not have, such as the name of a group it lacks."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Field(Checked):
    """One thing a person decides about a harmony.

    Attributes
    ----------
    name
        What is decided. ``level`` is the group of one level, ``name`` the name of one group,
        ``bins`` the break points together with the list of levels and, where two versions have
        different lists, their groups.
    side
        The side it belongs to; empty for what both share.
    of
        The level, the group code, or the accepted rule.
    """

    name: AspectName
    side: SideName | Literal[""] = ""
    of: Hashable = ""


Values = Mapping[Field, Hashable]


def level_list(side: Side) -> tuple[Hashable, ...]:
    """Return what the list of a side's levels follows from: break points and labels."""
    return (side.breakpoints, tuple(item.level for item in side.levels))


def field_values(harmony: Harmony, *, whole_lists: tuple[SideName, ...] = ()) -> Values:
    """Take a harmony apart.

    Parameters
    ----------
    harmony
        The harmony.
    whole_lists
        Sides whose levels and groups are one field, because the versions to be compared do not
        have the same levels.
    """
    values: dict[Field, Hashable] = {}
    for name in SIDES:
        side = harmony.side(name)
        for field in SIDE_FIELDS:
            values[Field(field, name)] = getattr(side, field)
        if name in whole_lists:
            values[Field("bins", name)] = (side.breakpoints, side.levels)
            continue
        values[Field("bins", name)] = level_list(side)
        for item in side.levels:
            values[Field("level", name, item.level)] = item.group
    values[Field("ordered")] = harmony.ordered
    for code, text in harmony.group_names:
        values[Field("name", "", code)] = text
    values[Field("comment")] = harmony.comment
    for accepted in harmony.accepted:
        values[Field("accepted", accepted.side, accepted.rule)] = accepted
    return values


def put_together(values: Values, like: Harmony) -> Harmony:
    """Make a harmony of its fields; variables and bookkeeping are those of `like`."""
    for name in SIDES:
        like = like.with_side(name, _side(values, name, like.side(name)))
    names = [(a.of, text) for a, text in values.items() if a.name == "name" and text is not ABSENT]
    accepted = [v for a, v in values.items() if a.name == "accepted" and v is not ABSENT]
    return replace(
        like,
        ordered=cast("bool", values[Field("ordered")]),
        comment=cast("str", values[Field("comment")]),
        group_names=_in_order(cast("list[tuple[float, str]]", names), like.group_names),
        accepted=_in_order(cast("list[Acceptance]", accepted), like.accepted),
    )


def _in_order(items: list[Item], like: tuple[Item, ...]) -> tuple[Item, ...]:
    """Keep the order of `like` where nothing changed, so that equal harmonies stay equal."""
    return like if set(items) == set(like) else tuple(sorted(items, key=repr))


def _side(values: Values, name: SideName, like: Side) -> Side:
    fields = {field: values[Field(field, name)] for field in SIDE_FIELDS}
    breakpoints, listed = cast(
        "tuple[tuple[float, ...], tuple[str | LevelGroup, ...]]", values[Field("bins", name)]
    )
    levels = tuple(
        item
        if isinstance(item, LevelGroup)
        else LevelGroup(item, cast("GroupCode", values[Field("level", name, item)]))
        for item in listed
    )
    return replace(like, breakpoints=breakpoints, levels=levels, **fields)  # type: ignore[arg-type]  # each value came from the field of the same name
